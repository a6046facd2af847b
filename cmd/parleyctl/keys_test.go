package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"parley/cmd/internal/control"
	"parley/cmd/internal/setup"
	"parley/profile"
)

// pressed is what another program has pressed.
type pressed struct {
	did  chan string
	deny error
}

func (p *pressed) Press(_ control.Key, to string) error {
	p.did <- strings.TrimSpace("press " + to)
	return p.deny
}
func (p *pressed) Release(control.Key)         { p.did <- "release" }
func (p *pressed) Mute(control.Switch) error   { p.did <- "mute"; return p.deny }
func (p *pressed) Deafen(control.Switch) error { p.did <- "deafen"; return p.deny }

func press(t *testing.T, line string) error {
	t.Helper()
	name, rest, _ := strings.Cut(line, " ")
	for _, c := range subcommands() {
		if c.name == name {
			return c.run(t.Context(), strings.Fields(rest))
		}
	}
	t.Fatalf("there is no %s", name)
	return nil
}

func exits(t *testing.T, line string, want int, words string) {
	t.Helper()
	f := &failure{}
	if err := press(t, line); !errors.As(err, &f) || f.status != want || !strings.Contains(err.Error(), words) {
		t.Errorf("%s: %v (%d), want %d and %q", line, err, f.status, want, words)
	}
}

func TestPressing(t *testing.T) {
	dir := t.TempDir()
	home := " --home " + dir
	exits(t, "mute"+home, exitConnect, "no Parley runs with the profile in "+dir)
	p := &pressed{did: make(chan string, 10)}
	s, err := control.Listen(dir, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	did := func(want ...string) {
		t.Helper()
		for _, w := range want {
			if got := <-p.did; got != w {
				t.Errorf("%q, want %q", got, w)
			}
		}
	}
	for line, want := range map[string]string{"mute": "mute", "mute on": "mute", "deafen off": "deafen", "ptt toggle": "press"} {
		if err := press(t, line+home); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		did(want)
	}
	held := make(chan error, 1)
	go func() { held <- press(t, "whisper Bob the Builder"+home) }()
	did("press Bob the Builder")
	if err := press(t, "ptt up"+home); err != nil {
		t.Error(err)
	}
	did("release", "release")
	if err := <-held; err != nil {
		t.Error(err)
	}
	for line, words := range map[string]string{
		"ptt": "down, up or toggle", "ptt sideways": "down, up or toggle", "whisper": "a name", "mute maybe": "on, off or nothing", "priority now": "nothing",
	} {
		exits(t, line+home, exitUsage, words)
	}
	p.deny = errors.New("you are in no channel and no call")
	exits(t, "priority"+home, exitRefused, "you are in no channel and no call")
	did("press")
}

// Whoever ends a program that holds a key lets go of it, and that is no failure.
func TestPressingEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := pressFailure(ctx, "", context.Canceled); err != nil {
		t.Error(err)
	}
}

func TestWithMode(t *testing.T) {
	own := profile.DefaultSettings()
	own.Mode, own.Keys.Does = profile.PushToTalk, profile.MuteWhileHeld
	for mode, want := range map[string]string{"": "ptm", "ptt": "ptt", "ptm": "ptm", "vad": "vad", "open": "open"} {
		if got := setup.VoiceOf(withMode(own, mode)).Mode; got != want {
			t.Errorf("--mode %q: %s, want %s", mode, got, want)
		}
	}
}
