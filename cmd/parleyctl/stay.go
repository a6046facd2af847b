package main

import (
	"context"
	"os"
	"time"

	"parley/call"
	"parley/cmd/internal/setup"
	"parley/profile"
)

// errand is what one visits a server for and stays: a channel, a call, whoever calls.
type errand struct {
	take  func(words []string) error                       // what is left of the command line; nil: there may be nothing
	begin func(ctx context.Context, e *call.Engine) error  // asks for it; nil: nothing is asked
	begun func(s *call.Snapshot) bool                      // from when on --duration counts; nil: from the beginning
	rings func(v *visitor, r *call.Ring) bool              // takes a call that rings; nil or false: a line of standard input decides
	over  func(v *visitor, s *call.Snapshot) (bool, error) // it has ended by itself, and how
}

// stay is a visit from the command line to its end.
func (o *visitOptions) stay(ctx context.Context, args []string, j errand) error {
	home, link, rest, err := o.begin(args)
	if err != nil {
		return err
	}
	defer func() { _ = home.Close() }()
	switch {
	case j.take != nil:
		err = j.take(rest)
	case len(rest) > 0:
		err = usageError("%s does not know %q", o.flags.Name(), rest[0])
	}
	if err != nil {
		return err
	}
	seen, err := o.pictures.open(o, home)
	if err != nil {
		return err
	}
	defer seen.close()
	sound, closeSound, err := o.sound(home)
	if err != nil {
		return err
	}
	defer closeSound()
	settings := home.Profile.Settings()
	downloads, err := o.files.folder()
	if err != nil {
		return err
	}
	e, err := call.New(call.Config{
		Key: home.Key, People: setup.People{Profile: home.Profile}, Sound: sound, Picture: seen.config, Log: o.log(), Muted: o.mute,
		KnownOnly: o.knownOnly || settings.KnownOnly, RelayOnly: o.relay || settings.AlwaysRelay,
		RelayNew: o.relayNew || settings.RelayNew, ShareSpeaking: settings.ShareSpeaking, Downloads: downloads,
	})
	if err != nil {
		return err
	}
	defer e.Close()
	k := o.keys(e, home)
	defer func() { _ = k.Close() }()
	e.Do(call.SetOutputVolume{Gain: float32(settings.OutputVolume) / profile.NormalVolume})
	v := &visitor{engine: e, home: home, answer: j.rings, files: o.files, moved: map[string]call.Transfer{}, fresh: map[string]bool{}, pictures: o.pictures, watched: map[string]bool{}}
	if v.watches, err = parseTracks(o.pictures.watch); o.pictures.on && err != nil {
		return err
	}
	return o.sit(ctx, v, link, j, seen)
}

// sit is a visit from the connection to its end.
func (o *visitOptions) sit(ctx context.Context, v *visitor, link string, j errand, seen *pictures) error {
	e := v.engine
	stats, err := openStats(o.stats, o.epoch)
	if err != nil {
		return err
	}
	defer stats.close()
	if err := dial(ctx, e, v.home, link, o.name, o.status, v.show); err != nil {
		return err
	}
	defer v.goodbye()
	if j.begin != nil {
		if err := j.begin(ctx, e); err != nil {
			s := e.Snapshot()
			v.show(s)
			if s.Link != call.Online {
				return v.ended(s)
			}
			return err
		}
	}
	commands, left := make(chan string), make(chan struct{})
	go readCommands(ctx, os.Stdin, commands)
	go v.obey(ctx, commands, left)
	second := time.NewTicker(time.Second)
	defer second.Stop()
	report := time.NewTicker(max(o.statsEvery, 20*time.Millisecond))
	defer report.Stop()
	var late <-chan time.Time
	for {
		s := e.Snapshot()
		v.show(s)
		if over, err := j.over(v, s); over {
			return err
		}
		if late == nil && o.duration > 0 && (j.begun == nil || j.begun(s)) {
			late = time.After(o.duration)
		}
		select {
		case <-e.Changed():
		case <-report.C:
			if err := stats.write(e); err != nil {
				return err
			}
		case <-second.C:
			if err := seen.flush(); err != nil {
				return err
			}
		case <-left:
			return nil
		case <-late:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// goodbye hangs up, so that the other one learns of it at once.
func (v *visitor) goodbye() {
	if s := v.engine.Snapshot(); s.Place.Call != "" || s.Ring != nil && s.Ring.Out {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, _ = v.engine.Ask(ctx, call.HangUp{})
	}
	v.show(v.engine.Snapshot())
}
