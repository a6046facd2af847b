package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"parley/call"
	"parley/identity"
	"parley/profile"
	"parley/test/lab"
)

// harbour is the server of the pictures, with its people in their places.
type harbour struct {
	programs lab.Programs
	display  *lab.Display
	pulse    *lab.Pulse
	server   *lab.Server
	dir      string
	caller   *call.Engine
	seated   map[string]*lab.Client // by name
	closers  []func() error
}

const (
	self      = "Sam Reyes"
	harbourIs = "Harbour Crew"
	porch     = "Front porch"
	caller    = "Ola"
)

// sailor is one of the people.
type sailor struct {
	name, channel string   // without a channel they are online and no more
	status        string   // of those
	speaks        bool     // and so on, without an end
	told          []string // to parleyctl, once they sit
	known         bool     // to the one who looks
	verified      bool
}

var crew = []sailor{
	{name: "Mara Lind", channel: porch, speaks: true, known: true, verified: true},
	{name: "Teo Okafor", channel: porch, known: true, verified: true},
	{name: "Juniper", channel: porch, told: []string{"deafen on"}, known: true},
	{name: "Ines Vidal", channel: porch, told: []string{"mute on"}},
	{name: "Kofi", channel: "Workshop", speaks: true, known: true},
	{name: "Wren Hale", channel: "Workshop", told: []string{"mute on"}, known: true},
	{name: "Ola", status: "online", known: true},
	{name: "Petra N", status: "away", known: true},
	{name: "Bo", status: "dnd", known: true},
}

func newHarbour(ctx context.Context, bin string) (_ *harbour, err error) {
	h := &harbour{seated: map[string]*lab.Client{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	if h.dir, err = lab.TempDir(nil); err != nil {
		return nil, err
	}
	if h.programs.Dir, err = filepath.Abs(bin); err != nil {
		return nil, err
	}
	if h.pulse, err = lab.StartPulse(ctx, 1, nil); err != nil {
		return nil, err
	}
	if h.display, err = lab.StartDisplay(ctx, lab.AppWidth, lab.AppHeight, nil); err != nil {
		return nil, err
	}
	for _, name := range append([]string{self}, names()...) {
		if err := h.key(name); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"Paper Kites", "Late Train"} {
		if err := h.visited(ctx, name); err != nil {
			return nil, err
		}
	}
	if h.server, err = h.serve(ctx, harbourIs); err != nil {
		return nil, err
	}
	if err := h.build(ctx); err != nil {
		return nil, err
	}
	return h, h.man(ctx)
}

func names() (all []string) {
	for _, s := range crew {
		all = append(all, s.name)
	}
	return all
}

func (h *harbour) home(name string) string { return filepath.Join(h.dir, name, "profile") }

// key gives somebody the same key, and so the same colour, in each run.
func (h *harbour) key(name string) error {
	seed := sha256.Sum256([]byte("a sample key for pictures: " + name))
	k, err := identity.Generate(bytes.NewReader(seed[:]))
	if err != nil {
		return err
	}
	const passphrase = "only for pictures"
	block, err := identity.Export(k, passphrase)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(h.home(name), 0o700); err != nil {
		return err
	}
	_, _, err = identity.Import(profile.KeyPath(h.home(name)), block, passphrase, false)
	return err
}

func (h *harbour) serve(ctx context.Context, name string) (*lab.Server, error) {
	return h.programs.Serve(ctx, "127.0.0.1:0", filepath.Join(h.dir, name), lab.Command{Args: []string{"--name", name}})
}

// visited puts a server into the rail that is not asked any more.
func (h *harbour) visited(ctx context.Context, name string) error {
	s, err := h.serve(ctx, name)
	if err != nil {
		return err
	}
	return errors.Join(h.programs.Member(ctx, h.app(self), s.Ready.Invite), s.Close())
}

// app is somebody's window.
func (h *harbour) app(name string) lab.AppConfig {
	return lab.AppConfig{Display: h.display, Pulse: h.pulse, Dir: filepath.Join(h.dir, name)}
}

// build makes the channels, and their owner.
func (h *harbour) build(ctx context.Context) error {
	if err := h.programs.Member(ctx, h.app(self), h.server.Ready.Invite); err != nil {
		return err
	}
	if err := h.ctl(ctx, "claim", h.server.Ready.Invite, h.server.Ready.OwnerClaim); err != nil {
		return err
	}
	for _, words := range [][]string{
		{"rename", "General", porch}, {"rename", "Games", "Workshop"}, {"add", "Night shift"}, {"add", "Rehearsal"},
	} {
		if err := h.ctl(ctx, append([]string{"channels", h.server.Ready.Invite}, words...)...); err != nil {
			return err
		}
	}
	return nil
}

// ctl runs a command of the owner.
func (h *harbour) ctl(ctx context.Context, args ...string) error {
	out, status, err := h.programs.Run(ctx, "parleyctl", lab.Command{Args: append(args, "--home", h.home(self))})
	if err == nil && status != 0 {
		err = fmt.Errorf("parleyctl %s ended with %d: %s", args[0], status, out)
	}
	return err
}

// acquaint has the one who looks know most of the others already, and nobody else: whom the first round met is new to the second one, too.
func (h *harbour) acquaint() (err error) {
	if err := os.RemoveAll(filepath.Join(h.home(self), "people.json")); err != nil {
		return err
	}
	p, _, err := profile.Open(h.home(self))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	for _, s := range crew {
		k, err := identity.Load(profile.KeyPath(h.home(s.name)))
		if err != nil {
			return err
		}
		if !s.known {
			continue
		}
		err = p.Keep(profile.Person{ID: k.ID(), Key: k.Public(), Name: s.name, Verified: s.verified, Volume: profile.NormalVolume})
		if err != nil {
			return err
		}
	}
	return p.Update(func(s *profile.Settings) { s.Name = self })
}

// man has everybody come, in the order of the list.
func (h *harbour) man(ctx context.Context) error {
	voices, err := lab.Voices(60)
	if err != nil {
		return err
	}
	for i, s := range crew {
		wav := filepath.Join(h.dir, s.name+".wav")
		if err := lab.WriteWAV(wav, voices[i%len(voices)]); err != nil {
			return err
		}
		if s.channel == "" {
			err = h.online(ctx, s)
		} else {
			err = h.seat(ctx, s, wav)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// seat lets somebody sit in a channel.
func (h *harbour) seat(ctx context.Context, s sailor, wav string) error {
	args := []string{"join", h.server.Ready.Invite, "--channel", s.channel, "--name", s.name, "--home", h.home(s.name), "--speaker", "none", "--camera", smallPicture, "--watch", "none"}
	if s.speaks {
		args = append(args, "--play", wav, "--loop", "--mode", "open", "--processing=off")
	} else {
		args = append(args, "--mic", "none")
	}
	c, err := h.programs.Client(lab.Command{Args: args})
	if err != nil {
		return err
	}
	h.closers = append(h.closers, c.Close)
	h.seated[s.name] = c
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_, err = c.Await(ctx, 0, "joined", nil)
	for _, line := range s.told {
		if err == nil {
			err = tell(ctx, c, line)
		}
	}
	return err
}

// tell has somebody do something.
func tell(ctx context.Context, c *lab.Client, line string) error {
	mark := c.Mark()
	if err := c.Tell(line); err != nil {
		return err
	}
	_, err := c.Await(ctx, mark, "done", nil)
	return err
}

// online lets somebody be there and sit nowhere, which parleyctl has no use for.
func (h *harbour) online(ctx context.Context, s sailor) error {
	k, err := identity.Load(profile.KeyPath(h.home(s.name)))
	if err != nil {
		return err
	}
	e, err := call.New(call.Config{Key: k, People: strangers{}, Sound: sound(), Picture: pictures()})
	if err != nil {
		return err
	}
	h.closers = append(h.closers, func() error { e.Close(); return nil })
	if s.name == caller {
		h.caller = e
	}
	if _, err := e.Ask(ctx, call.Connect{Link: h.server.Ready.Invite, Name: s.name, Status: s.status}); err != nil {
		return err
	}
	for e.Snapshot().Link != call.Online {
		select {
		case <-e.Changed():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// strangers knows and keeps nobody.
type strangers struct{}

func (strangers) Known(string, identity.PublicKey, string) call.Person           { return call.Person{Volume: 1} }
func (strangers) Everybody() map[string]call.Person                              { return nil }
func (strangers) Remember(string, identity.PublicKey, string, call.Person) error { return nil }

func (h *harbour) close() error {
	var errs []error
	for _, f := range h.closers {
		errs = append(errs, f())
	}
	if h.server != nil {
		errs = append(errs, h.server.Close())
	}
	if h.display != nil {
		errs = append(errs, h.display.Close())
	}
	if h.pulse != nil {
		errs = append(errs, h.pulse.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(h.dir))...)
}
