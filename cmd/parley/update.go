package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"parley/call"
	"parley/cmd/internal/updates"
	"parley/ui"
	"parley/ui/model"
	"parley/update"
	"parley/wire"
)

// newness is what this start has to do with updates.
type newness struct {
	origin  updates.Origin
	copy    updates.Copy
	current update.Version
	program update.Installation

	onTrial bool   // this is a new version, which somebody waits for to say that it works
	failed  string // the version that this start has tried, and taken back
	trouble string // why this start could not try the one that waited, in a sentence
	keeper  *updates.Keeper
	changed chan struct{} // capacity 1
}

// lookAtUpdates finds out where this program lies and comes from, and whether it is on trial. again: it was, and never said that it works;
// the version before is in its place, and is to be started. Nothing of that keeps anybody from talking: what fails is only said.
func (p *program) lookAtUpdates() (again bool) {
	n := &p.newness
	n.changed = make(chan struct{}, 1)
	path, err := os.Executable()
	if err != nil {
		p.mention("where this program lies is not known", err)
		return false
	}
	n.copy = updates.CopyOf(path, os.Getenv)
	n.program = n.copy.Installation(updates.Folder(p.dir))
	if n.current, err = update.ParseVersion(wire.Release); err != nil {
		p.mention("this program does not know its version", err)
		return false
	}
	if n.origin, err = updates.Find(os.Getenv); err != nil {
		p.mention("where updates come from", err)
	}
	if !n.copy.Itself() {
		return false
	}
	failed := ""
	n.onTrial, failed, err = n.program.Begin(n.current)
	if err != nil {
		p.mention("update", err)
		return false
	}
	return failed != ""
}

// renew starts the version that waits in this one's place, if one does, and tells whether it has come up. It is called by the only Parley
// of this profile, where there is a display, so that nothing but the new version itself can keep it from coming up. The profile is closed
// meanwhile: the new version opens it.
func (p *program) renew() (renewed bool, err error) {
	n := &p.newness
	if _, waits := n.program.Waiting(n.current); !waits || n.onTrial || !n.copy.Itself() {
		return false, nil
	}
	err = p.home.Close()
	if p.home, p.closers = nil, nil; err != nil {
		return false, err
	}
	renewed, n.failed, err = n.program.Renew(context.Background(), n.current, update.HealthyWithin, func() *exec.Cmd {
		command := exec.Command(n.copy.Target, os.Args[1:]...)
		command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
		return command
	})
	if err != nil {
		p.mention("update", err)
		n.trouble = updates.Sentence(err.Error())
	}
	return renewed, nil
}

// works says that this version does: it has a window, which is drawn, and an engine behind it. Whether it reaches a server is not asked: a
// server that is away would take a good version back.
func (n *newness) works() error {
	if !n.onTrial {
		return nil
	}
	if err := n.program.Healthy(); err != nil {
		return err // and the end of the program says it again
	}
	n.onTrial = false
	return nil
}

// openUpdates has newer versions looked for.
func (p *program) openUpdates() error {
	n := &p.newness
	n.keeper = updates.New(updates.Config{
		Origin: n.origin, Copy: n.copy, Current: n.current, Folder: updates.Folder(p.dir), Log: p.log,
		On: func() bool { return p.home.Profile.Settings().Updates }, Busy: func() bool { return talking(p.engine.Snapshot()) },
		Changed: func() {
			select {
			case n.changed <- struct{}{}:
			default:
			}
		},
	})
	n.keeper.Start()
	p.closeLater(n.keeper.Close)
	return nil
}

// talking says whether there is a call, or one is about to be.
func talking(s *call.Snapshot) bool { return s.Place.Phase != call.Idle || s.Ring != nil }

// shown is how it stands, for the window.
func (n *newness) shown() ui.UpdateState {
	s := n.keeper.State()
	w := s.Words(n.current.String(), time.Now())
	u := ui.UpdateState{
		Line: w.Line, Detail: w.Detail, News: s.News, Loading: s.Phase == updates.Downloading, Share: float32(s.Done) / float32(max(s.All, 1)),
		Ready: s.Phase == updates.Ready, Never: s.Phase == updates.NoOrigin,
		Busy: s.Phase == updates.Checking || s.Phase == updates.Downloading || s.Phase == updates.Waiting,
	}
	switch {
	case w.Good:
		u.Tone = model.Good
	case w.Wrong:
		u.Tone = model.Warn
	}
	switch {
	case s.Phase == updates.Ready, s.Phase == updates.Known && s.Problem == "":
		u.Say = w.Line + " The settings say more."
	case s.Phase == updates.Failed && n.failed == s.Version:
		u.Say, u.Detail = w.Line, n.trouble+" "+w.Detail
	case s.Phase == updates.Idle && s.Problem == "" && n.trouble != "": // until it is looked for again
		u.Say, u.Detail, u.Tone = n.trouble, n.trouble, model.Warn
	}
	return u
}

// updates is what the window shows and asks for.
func (n *newness) updates() ui.Updates {
	return ui.Updates{State: n.shown, Changed: n.changed, Check: n.keeper.Check, Switched: n.keeper.Switched}
}

// mention says on the way what nobody has to act on.
func (p *program) mention(what string, err error) {
	fmt.Fprintf(p.people, "parley: %s: %v\n", what, err)
}
