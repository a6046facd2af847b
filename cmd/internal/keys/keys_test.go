package keys

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/call"
	"parley/hotkey"
	"parley/profile"
)

// engine is what the keys work. It keeps what it is told, and does mute and deafen.
type engine struct {
	mu   sync.Mutex
	told []string
	view call.Snapshot
}

func (e *engine) Do(c call.Command) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.told = append(e.told, strings.TrimPrefix(fmt.Sprintf("%T%+v", c, c), "call."))
	switch c := c.(type) {
	case call.Mute:
		e.view.Self.Muted = c.On
		e.view.Self.Deafened = e.view.Self.Deafened && c.On
	case call.Deafen:
		e.view.Self.Deafened = c.On
	}
}

func (e *engine) Snapshot() *call.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.view
	return &s
}

func (e *engine) sit(channel string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.view.Place, e.view.Self.User = call.Place{}, "u-self"
	e.view.Directory = &call.Directory{Users: []call.User{{ID: "u-self"}, {ID: "u-far"}}}
	if channel != "" {
		e.view.Place = call.Place{Phase: call.Joined, Channel: channel, Peers: []call.Peer{
			{User: "u-hal", Name: "Bob", Phase: call.Held}, {User: "u-held", Name: "Hal", Phase: call.Held}, {User: "u-bob", Name: "Bob", Phase: call.Connected},
			{User: "u-eve", Name: "Eve", Phase: call.Connected}, {User: "u-eve2", Name: "Eve", Phase: call.Connected}, {User: "u-eve2", Name: "Eve", Phase: call.Connected},
		}}
	}
}

func (e *engine) comes(p call.Peer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.view.Place.Peers = append(slices.Clone(e.view.Place.Peers), p)
}

// source is a keyboard that is heard everywhere.
type source struct {
	events chan hotkey.Event
	mu     sync.Mutex
	bound  []string
	err    error
	closed int
}

func newSource() *source { return &source{events: make(chan hotkey.Event)} }

func (s *source) Bind(all []hotkey.Binding) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bound = nil
	for _, b := range all {
		s.bound = append(s.bound, b.ID+"="+b.Chord.String())
	}
	return s.err
}

func (s *source) Events() <-chan hotkey.Event { return s.events }

func (s *source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed++; s.closed == 1 {
		close(s.events)
	}
	return nil
}

func (s *source) key(id string, down bool) {
	s.events <- hotkey.Event{ID: id, Down: down, At: time.Now()}
	synctest.Wait()
}

// rig is keys in a bubble, with somebody in a channel.
type rig struct {
	*testing.T
	*Keys
	engine *engine
	source *source

	mu       sync.Mutex
	settings profile.Settings
	opens    error
	opened   int
	whisper  []string
	ahead    atomic.Int64 // of the wall's clock, ns
}

// bubble runs a test with keys in push-to-talk.
func bubble(t *testing.T, change func(*rig), test func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, engine: &engine{}, source: newSource(), settings: profile.DefaultSettings(), whisper: []string{"u-held", "u-bob"}}
		r.settings.Mode = profile.PushToTalk
		r.settings.Keys.Mute, r.settings.Keys.Deafen = "Ctrl+M", "Mouse4"
		r.settings.Keys.Priority, r.settings.Keys.Whisper = "F9", "F10"
		r.engine.sit("games")
		if change != nil {
			change(r)
		}
		r.Keys = New(Config{
			Engine: r.engine, Whisper: func() []string { return r.whisper },
			Settings: func() profile.Settings {
				r.mu.Lock()
				defer r.mu.Unlock()
				return r.settings
			},
			Open: func(*slog.Logger) (hotkey.Source, error) {
				r.opened++
				if r.opens != nil {
					return nil, r.opens
				}
				return r.source, nil
			},
			wall: func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) },
		})
		synctest.Wait()
		test(r)
		for range 2 {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// told wants the engine to have been told these things since the last time, and no others.
func (r *rig) told(when string, want ...string) {
	r.Helper()
	synctest.Wait()
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	if !slices.Equal(r.engine.told, want) {
		r.Errorf("%s: the engine was told %q, want %q", when, r.engine.told, want)
	}
	r.engine.told = nil
}

func (r *rig) change(f func(*profile.Settings)) {
	r.mu.Lock()
	f(&r.settings)
	r.mu.Unlock()
	r.Rebind()
	synctest.Wait()
}

func (r *rig) state(want string, ok bool) {
	r.Helper()
	synctest.Wait()
	if text, good := r.Status(); !strings.Contains(text, want) || want == "" && text != "" || good != ok {
		r.Errorf("the status is %q, %v; want %q, %v", text, good, want, ok)
	}
}

const (
	talks    = "Talk{Down:true}"
	silent   = "Talk{Down:false}"
	first    = "Prioritize{On:true}"
	notFirst = "Prioritize{On:false}"
	toBob    = "Whisper{To:[u-bob]}"
	toAll    = "Whisper{To:[]}"
)

const delay = 200 * time.Millisecond // the settings' default

func TestHold(t *testing.T) {
	bubble(t, nil, func(r *rig) {
		r.state(everywhere, true)
		r.source.key(talkID, true)
		r.told("pressed", talks)
		time.Sleep(time.Hour)
		r.told("held")
		r.source.key(talkID, false)
		time.Sleep(delay - 1)
		r.told("in the delay")
		time.Sleep(1)
		r.told("after it", silent)
		time.Sleep(time.Hour)
		r.told("at rest")
	})
}

func TestToggle(t *testing.T) {
	bubble(t, func(r *rig) { r.settings.Keys.Does = profile.TalkByPress }, func(r *rig) {
		for range 2 {
			r.source.key(talkID, true)
			r.source.key(talkID, false)
			time.Sleep(time.Hour)
			r.told("pressed", talks)
			r.source.key(talkID, true)
			r.told("pressed again", silent)
			r.source.key(talkID, false)
			r.told("and let go")
		}
	})
}

func TestPushToMute(t *testing.T) {
	bubble(t, func(r *rig) { r.settings.Keys.Does = profile.MuteWhileHeld }, func(r *rig) {
		r.told("at rest")
		r.source.key(talkID, true)
		r.told("held", talks) // which is silence there
		r.source.key(talkID, false)
		r.told("let go", silent)
	})
}

// Priority and whispers are for whoever talks by voice, too. A whisper's end is heard by nobody else.
func TestPriorityAndWhisper(t *testing.T) {
	bubble(t, func(r *rig) { r.settings.Mode = profile.VoiceActivity }, func(r *rig) {
		if want := []string{"mute=Ctrl+KeyM", "deafen=Mouse4", "priority=F9", "whisper=F10"}; !slices.Equal(r.source.bound, want) {
			t.Errorf("bound: %q, want %q", r.source.bound, want)
		}
		r.source.key(priorityID, true)
		r.told("priority", first)
		r.source.key(priorityID, false)
		time.Sleep(delay)
		r.told("and no more", notFirst)
		r.source.key(whisperID, true)
		r.told("whisper", toBob)
		r.source.key(whisperID, false)
		time.Sleep(delay)
		r.told("and no more", toAll)
		r.change(func(s *profile.Settings) { s.Mode = profile.PushToTalk })
		r.source.key(whisperID, true)
		r.source.key(whisperID, false)
		time.Sleep(delay)
		r.told("by push-to-talk", toBob, toAll)
		r.whisper = []string{"u-held", "u-self"}
		r.source.key(whisperID, true)
		r.source.key(whisperID, false)
		time.Sleep(delay)
		r.told("to nobody who can be whispered to")
		r.whisper = []string{"u-else", "u-far"}
		r.source.key(whisperID, true)
		r.told("to somebody elsewhere, and to one who is not of this server", "Whisper{To:[u-far u-else]}")
		r.engine.sit("")
		time.Sleep(lookEvery)
		r.told("without a place", toAll)
		r.source.key(whisperID, true)
		r.source.key(priorityID, true)
		r.told("in no place")
	})
}

func TestMuteAndDeafen(t *testing.T) {
	bubble(t, nil, func(r *rig) {
		for _, want := range []string{"Mute{On:true}", "Mute{On:false}"} {
			r.source.key(muteID, true)
			r.source.key(muteID, false)
			r.told("mute", want)
		}
		r.source.key(deafenID, true)
		r.source.key(deafenID, false)
		r.source.key(muteID, true)
		r.told("deafened, and then not silent", "Deafen{On:true}", "Mute{On:false}")
	})
}

// The window counts where no source hears keys, and only there.
func TestWindow(t *testing.T) {
	bubble(t, nil, func(r *rig) {
		r.Window("F8", true)
		r.Window("F8", false)
		time.Sleep(time.Hour)
		r.told("while a source works")
	})
	for name, why := range map[string]error{
		"no program can hear keys everywhere. Bind `parleyctl ptt down`": fmt.Errorf("%w: no portal", hotkey.ErrUnsupported),
		"answered with no. Bind `":                                       fmt.Errorf("%w: the desktop's question was answered with no", hotkey.ErrDenied),
		"allows no more.":                                                hotkey.ErrDenied,
	} {
		bubble(t, func(r *rig) { r.opens = why }, func(r *rig) {
			r.state(name, false)
			r.state(windowOnly, false)
			r.Window("F8", true)
			r.told("F8", talks)
			r.Window("F8", false)
			time.Sleep(delay)
			r.told("no F8", silent)
			r.Window("LeftControl", true)
			r.Window("M", true)
			r.told("a chord", "Mute{On:true}")
			r.Window("M", false)
			r.Window("LeftControl", false)
			r.Window("F8", true)
			r.told("F8", talks)
			r.Lift()
			r.told("without the keyboard", silent)
			r.Window("F8", false)
			r.Window("\x00", true)
			r.Window("", true)
			r.told("nonsense")
		})
	}
}

// What others have is said, and other keys are tried at once.
func TestTaken(t *testing.T) {
	bubble(t, func(r *rig) {
		r.settings.Keys = profile.Keys{}
		r.source.err = fmt.Errorf("bind: %w", hotkey.ErrTaken)
	}, func(r *rig) {
		r.state("F8 belongs to another program", false)
		r.Window("F8", true)
		r.told("in the window", talks)
		r.source.mu.Lock()
		r.source.err = nil
		r.source.mu.Unlock()
		r.change(func(s *profile.Settings) { s.PTTKey = "Shift+Return" })
		r.told("another key lets go", silent)
		r.state(everywhere, true)
		if !slices.Equal(r.source.bound, []string{"talk=Shift+Enter"}) || r.opened != 1 {
			t.Errorf("bound: %q, opened %d times", r.source.bound, r.opened)
		}
		r.source.key(talkID, true)
		r.told("it works", talks)
		r.change(func(s *profile.Settings) { s.PTTKey = "Fx" })
		r.state(`"Fx" is no key`, false)
	})
}

// Nothing is listened to before a key is bound to something.
func TestNoKeys(t *testing.T) {
	bubble(t, func(r *rig) { r.settings = profile.DefaultSettings() }, func(r *rig) {
		r.state("", true)
		if r.opened > 0 {
			t.Error("keys are heard though none is bound")
		}
		r.change(func(s *profile.Settings) { s.Mode = profile.PushToTalk })
		r.state(everywhere, true)
		select {
		case <-r.Changed():
		default:
			t.Error("nobody is told that the keys work")
		}
		r.change(func(s *profile.Settings) { s.Mode = profile.AlwaysOpen })
		r.state("", true)
		if len(r.source.bound) > 0 {
			t.Errorf("bound: %q", r.source.bound)
		}
	})
}

// Nothing sticks: whatever ends ends all of it, what is locked as well.
func TestEverythingEnds(t *testing.T) {
	ends := map[string]func(*rig){
		"another place":   func(r *rig) { r.engine.sit("music") },
		"no place":        func(r *rig) { r.engine.sit("") },
		"sleep":           func(r *rig) { r.ahead.Add(int64(time.Minute)) },
		"another mode":    func(r *rig) { r.change(func(s *profile.Settings) { s.Mode = profile.VoiceActivity }) },
		"the source ends": func(r *rig) { _ = r.source.Close() },
		"the end":         func(r *rig) { _ = r.Close() },
	}
	for name, end := range ends {
		for _, does := range []profile.KeyUse{profile.TalkWhileHeld, profile.TalkByPress} {
			bubble(t, func(r *rig) { r.settings.Keys.Does = does }, func(r *rig) {
				r.source.key(talkID, true)
				if does == profile.TalkByPress {
					r.source.key(talkID, false)
				}
				r.told(name, talks)
				end(r)
				time.Sleep(lookEvery)
				r.told(name+", "+string(does), silent)
				time.Sleep(time.Hour)
				r.told(name + ", later")
			})
		}
	}
}

// After the end of a source other keys make a new one.
func TestAnotherSource(t *testing.T) {
	bubble(t, nil, func(r *rig) {
		_ = r.source.Close()
		r.state("no program can hear", false)
		r.source = newSource()
		r.change(func(s *profile.Settings) { s.PTTKey = "F7" })
		r.state(everywhere, true)
		r.source.key(talkID, true)
		r.told("by the new one", talks)
	})
}

// A clock that is set a little, or while nothing is held, is no sleep.
func TestNoSleep(t *testing.T) {
	bubble(t, nil, func(r *rig) {
		r.ahead.Add(int64(time.Hour))
		r.source.key(talkID, true)
		r.told("after a long time at rest", talks)
		r.ahead.Add(int64(sleptAfter - lookEvery))
		time.Sleep(time.Minute)
		r.ahead.Add(-int64(time.Hour))
		time.Sleep(time.Minute)
		r.told("held")
	})
}

// Another key that is chosen while a desktop still asks about the one before is the one that counts, and nothing is opened twice.
func TestAnotherKeyMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer, s, opened := make(chan struct{}), newSource(), 0
		var key atomic.Value
		key.Store("F8")
		k := New(Config{
			Engine: &engine{},
			Settings: func() profile.Settings {
				return profile.Settings{Mode: profile.PushToTalk, PTTKey: key.Load().(string)}
			},
			Open: func(*slog.Logger) (hotkey.Source, error) { opened++; <-answer; return s, nil },
		})
		synctest.Wait()
		for _, another := range []string{"F7", "F6"} {
			key.Store(another)
			k.Rebind()
		}
		close(answer)
		synctest.Wait()
		if text, ok := k.Status(); text != everywhere || !ok {
			t.Errorf("%q, %v", text, ok)
		}
		if !slices.Equal(s.bound, []string{"talk=F6"}) || opened != 1 || s.closed > 0 {
			t.Errorf("bound: %q, opened %d times, closed %d times", s.bound, opened, s.closed)
		}
		_ = k.Close()
	})
}

// A desktop that asks its person holds nobody up, not at the end either.
func TestSlowDesktop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan struct{})
		s := newSource()
		k := New(Config{
			Engine: &engine{}, Settings: func() profile.Settings { return profile.Settings{Mode: profile.PushToTalk, PTTKey: "F8"} },
			Open: func(*slog.Logger) (hotkey.Source, error) { <-answer; return s, nil },
		})
		synctest.Wait()
		k.Window("F8", true)
		k.Rebind()
		if text, ok := k.Status(); !strings.Contains(text, "is asked") || ok {
			t.Errorf("%q, %v", text, ok)
		}
		if err := k.Close(); err != nil {
			t.Error(err)
		}
		k.Window("F8", false)
		k.Lift()
		close(answer)
		synctest.Wait()
		if s.closed == 0 {
			t.Error("a source that came too late is still there")
		}
	})
}
