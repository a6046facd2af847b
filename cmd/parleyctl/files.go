package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"parley/call"
	"parley/cmd/internal/setup"
	"parley/wire"
)

// fileOptions say what becomes of files that others offer.
type fileOptions struct{ accept, downloads string }

func (o *fileOptions) flags(f *flag.FlagSet) {
	f.StringVar(&o.accept, "accept-files", "", "take files that are offered: all, known (of people met before) or none (default: ask)")
	f.StringVar(&o.downloads, "downloads", "", "folder that they come into (default: the user's own for downloads)")
}

func (o *fileOptions) agree() error { return one("accept-files", o.accept, "all", "known", "none") }

// folder is empty where no file is wanted.
func (o *fileOptions) folder() (string, error) {
	switch {
	case o.accept == "none":
		return "", nil
	case o.downloads != "":
		return filepath.Abs(o.downloads)
	}
	folder, err := setup.Downloads()
	if err != nil && o.accept == "" {
		return "", nil // nobody has asked for any
	}
	return folder, err
}

// offered takes a file that is offered, or asks.
func (v *visitor) offered(s *call.Snapshot, n call.Notice) {
	if v.files.accept == "all" || v.files.accept == "known" && v.met(s, n.User) {
		v.engine.Do(call.AcceptFile{Transfer: n.Channel})
		return
	}
	tell("%s offers the file %s. Type: take %s, or refuse %s", n.Name, n.Text, n.Channel, n.Channel)
}

// met says that somebody who is here was known before they first came: whoever has once been connected with is no longer new.
func (v *visitor) met(s *call.Snapshot, user string) bool {
	at := slices.IndexFunc(s.Place.Peers, func(p call.Peer) bool { return p.User == user })
	return at >= 0 && !s.Place.Peers[at].New && !v.fresh[user]
}

// showFiles prints how files come along, each time that something of one has changed.
func (v *visitor) showFiles(s *call.Snapshot) {
	for _, x := range s.Transfers {
		if v.moved[x.ID] == x {
			continue
		}
		v.moved[x.ID] = x
		emit(map[string]any{
			"event": "file", "transfer": x.ID, "user": x.User, "name": x.Name, "file": x.File, "size": x.Size, "done": x.Done, "incoming": x.Incoming,
			"accepted": x.Accepted, "phase": x.Phase.String(), "rate": x.Rate, "path": x.Path, "text": x.Failed,
		})
	}
	if len(v.moved) > 4*len(s.Transfers)+100 { // of those that are forgotten
		clear(v.moved)
	}
}

// parseFile reads the commands about files. A name has no blank in it here: the id does for those that have.
func (v *visitor) parseFile(words []string) (call.Command, error) {
	rest := strings.Join(words[1:], " ")
	switch words[0] {
	case "send":
		if len(words) < 3 {
			return nil, errors.New("send takes a name or a user id, and a file")
		}
		return call.SendFile{User: words[1], Path: strings.Join(words[2:], " ")}, nil
	case "take":
		return call.AcceptFile{Transfer: rest}, nil
	case "refuse":
		return call.RefuseFile{Transfer: rest}, nil
	case "cancel":
		return call.CancelFile{Transfer: rest}, nil
	}
	return call.ForgetTransfer{Transfer: rest}, nil
}

// send goes to where somebody is, or calls them, sends a file and leaves when it is there.
func send(ctx context.Context, args []string) error {
	o := newVisitOptions("send")
	channel := o.flags.String("channel", "", "meet them in this voice channel (default: the one they sit in, or else by a call)")
	o.mute = true
	d := delivery{}
	agree := o.check
	o.check = func() error {
		if o.mic == "" && o.play == "" {
			o.mic = "none"
		}
		if o.speaker == "" && o.record == "" && o.recordDir == "" {
			o.speaker = "none"
		}
		return agree()
	}
	return o.stay(ctx, args, errand{
		take: func(words []string) error {
			if len(words) != 2 {
				return usageError("send takes a file and a person: a user id, or a name that only one has")
			}
			d.path, d.to = words[0], words[1]
			return nil
		},
		begin: func(ctx context.Context, e *call.Engine) error {
			to, err := findAnybody(e.Snapshot(), d.to)
			if err != nil {
				return unknown("%v", err)
			}
			d.to, d.name = to.User, to.Name
			m := meeting(e.Snapshot(), *channel, d.to)
			if j, ok := m.(call.Join); ok && *channel == "" {
				d.sat = j.Channel
			}
			_, err = ask(ctx, e, m)
			return err
		},
		over: func(v *visitor, s *call.Snapshot) (bool, error) {
			if s.Place.Phase == call.Idle && s.Ring == nil {
				return true, v.ended(s)
			}
			return d.over(ctx, v, s)
		},
	})
}

// meeting is how to get to somebody.
func meeting(s *call.Snapshot, channel, user string) call.Command {
	if channel != "" {
		return call.Join{Channel: channel}
	}
	for c, seats := range s.Directory.Sitting {
		for _, seat := range seats {
			if seat.User == user {
				return call.Join{Channel: c}
			}
		}
	}
	return call.Call{User: user}
}

// delivery is one file on its way.
type delivery struct {
	path, to, name string
	sat            string // the channel that they were met in without an appointment
	begun          bool
}

func (d *delivery) over(ctx context.Context, v *visitor, s *call.Snapshot) (bool, error) {
	if !d.begun {
		for _, p := range s.Place.Peers {
			if p.User == d.to && p.Phase == call.Connected {
				d.begun = true
				_, err := ask(ctx, v.engine, call.SendFile{User: d.to, Path: d.path})
				return err != nil, err
			}
		}
		if d.sat != "" && s.Link == call.Online && s.Directory.Complete && meeting(s, "", d.to) != (call.Join{Channel: d.sat}) {
			return true, &failure{exitLost, wire.LeftSelf, fmt.Errorf("%s has left before the file could be sent", d.name)}
		}
		return false, nil
	}
	for _, x := range s.Transfers {
		switch {
		case x.Incoming || !x.Phase.Over():
		case x.Phase == call.TransferDone:
			return true, nil
		case x.Phase == call.TransferFailed:
			return true, &failure{exitLost, x.Phase.String(), errors.New(x.Failed)}
		default:
			return true, &failure{exitRefused, x.Phase.String(), fmt.Errorf("%s", x.Failed)}
		}
	}
	return false, nil
}
