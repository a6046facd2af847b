package keys

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/call"
	"parley/cmd/internal/control"
	"parley/identity"
	"parley/profile"
)

// served is keys with a socket, in no bubble.
type served struct {
	*testing.T
	*Keys
	engine *engine
	dir    string
}

func serve(t *testing.T, s profile.Settings) *served {
	t.Helper()
	r := &served{T: t, engine: &engine{}, dir: t.TempDir()}
	r.engine.sit("games")
	s.Keys.DelayMS = 0
	r.Keys = New(Config{Engine: r.engine, Settings: func() profile.Settings { return s }, Dir: r.dir})
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func pushToTalk() profile.Settings {
	s := profile.DefaultSettings()
	s.Mode = profile.PushToTalk
	return s
}

// send says a line in the background. What it holds is held until the returned function is called.
func (s *served) send(line string) (sent <-chan error, stop func()) {
	ctx, cancel := context.WithCancel(s.Context())
	back := make(chan error, 1)
	go func() { back <- control.Send(ctx, s.dir, line, time.Now()) }()
	s.Cleanup(cancel)
	return back, cancel
}

func (s *served) must(line string) {
	s.Helper()
	if err := control.Send(s.Context(), s.dir, line, time.Now()); err != nil {
		s.Errorf("%s: %v", line, err)
	}
}

// told waits until the engine was told these things.
func (s *served) told(want ...string) {
	s.Helper()
	var told []string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		s.engine.mu.Lock()
		told = slices.Clone(s.engine.told)
		if len(told) >= len(want) {
			s.engine.told = nil
		}
		s.engine.mu.Unlock()
		if len(told) >= len(want) {
			break
		}
	}
	if !slices.Equal(told, want) {
		s.Errorf("the engine was told %q, want %q", told, want)
	}
}

// What a program holds is let go of with its connection, by "up", and with the place; then it is told.
func TestSocket(t *testing.T) {
	for name, end := range map[string]func(s *served, stop func()){
		"the program has gone": func(_ *served, stop func()) { stop() },
		"up":                   func(s *served, _ func()) { s.must("ptt up") },
		"toggle":               func(s *served, _ func()) { s.must("ptt toggle") },
		"another place":        func(s *served, _ func()) { s.engine.sit("music") },
	} {
		s := serve(t, pushToTalk())
		sent, stop := s.send("ptt down")
		s.told(talks)
		end(s, stop)
		s.told(silent)
		if err := <-sent; err != nil && (name != "the program has gone" || !errors.Is(err, context.Canceled)) {
			t.Errorf("%s: the program ended by %v", name, err)
		}
		s.must("ptt toggle")
		s.told(talks)
		s.must("ptt up")
		s.told(silent)
	}
}

// Holding is holding, whatever the person's own key does.
func TestSocketHolds(t *testing.T) {
	toggles := pushToTalk()
	toggles.Keys.Does = profile.TalkByPress
	s := serve(t, toggles)
	_, stop := s.send("ptt down")
	s.told(talks)
	stop()
	s.told(silent)
	_, stop = s.send("whisper Bob")
	s.told(toBob)
	stop()
	s.told(toAll)
	_, stop = s.send("priority")
	s.told(first)
	stop()
	s.told(notFirst)
	s.must("mute")
	s.must("mute off")
	s.must("deafen on")
	s.must("deafen")
	s.told("Mute{On:true}", "Mute{On:false}", "Deafen{On:true}", "Deafen{On:false}")
}

// What can't be done is said in words, and changes nothing.
func TestSocketRefuses(t *testing.T) {
	s := serve(t, profile.DefaultSettings())
	refused := func(line, why string) {
		t.Helper()
		err := control.Send(t.Context(), s.dir, line, time.Now())
		if !errors.Is(err, control.ErrRefused) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %s", line, err, why)
		}
	}
	refused("ptt down", "opens without a key")
	refused("ptt toggle", "opens without a key")
	refused("whisper Ada", `nobody here is called "Ada"`)
	refused("whisper Eve", "several people")
	refused("whisper Hal", "held back")
	refused("whisper u-held", "held back")
	id := strings.Repeat("a", 32)
	if !identity.ValidUserID(id) {
		t.Fatal("no id")
	}
	s.engine.comes(call.Peer{User: "u-liar", Name: id, Phase: call.Connected})
	refused("whisper "+id, "nobody here")
	_, stop := s.send("whisper u-eve")
	s.told("Whisper{To:[u-eve]}")
	stop()
	s.told(toAll)
	s.engine.sit("")
	refused("priority", "in no channel and no call")
	s.told()
}

// The hand's key whispers to those who were chosen for it, and another program's whisper goes to whom that one named.
func TestTwoWhispers(t *testing.T) {
	bubble(t, func(r *rig) { r.settings.Keys.DelayMS = 0 }, func(r *rig) {
		toEve := "Whisper{To:[u-eve]}"
		press := func() {
			t.Helper()
			if err := (controls{r.Keys}).Press(control.Whisper, "u-eve"); err != nil {
				t.Error(err)
			}
		}
		press()
		r.told("a program's", toEve)
		r.source.key(whisperID, true)
		r.told("the hand's besides", toBob)
		r.source.key(whisperID, false)
		r.told("the program's again", toEve)
		controls{r.Keys}.Release(control.Whisper)
		r.told("none", toAll)
		r.source.key(whisperID, true)
		press()
		r.told("the hand's first", toBob)
		controls{r.Keys}.Release(control.Whisper)
		r.source.key(whisperID, false)
		r.told("and none", toAll)
	})
}

// Another program that floods, says nonsense or only sits there changes nothing, and whoever holds goes on.
func TestSocketFlood(t *testing.T) {
	s := serve(t, pushToTalk())
	_, stop := s.send("ptt down")
	s.told(talks)
	for i := range 12 {
		conn, err := net.Dial("unix", filepath.Join(s.dir, "control.sock"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for range 200 {
			_ = conn.SetDeadline(time.Now().Add(time.Second))
			if _, err := fmt.Fprintf(conn, "%s\n", strings.Repeat("ptt\x00down", i)); err != nil {
				break
			}
		}
	}
	s.told()
	stop()
	s.told(silent)
}

// The end lets go, and says so to those who come later.
func TestSocketEnds(t *testing.T) {
	s := serve(t, pushToTalk())
	sent, _ := s.send("ptt down")
	s.told(talks)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s.told(silent)
	if err := <-sent; !errors.Is(err, control.ErrLost) {
		t.Errorf("the program ended by %v", err)
	}
	if err := control.Send(t.Context(), s.dir, "ptt down", time.Now()); !errors.Is(err, control.ErrNobody) {
		t.Error(err)
	}
	if err := (controls{s.Keys}).Press(control.Talk, ""); err == nil {
		t.Error("pressed after the end")
	}
}
