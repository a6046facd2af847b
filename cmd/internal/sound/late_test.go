package sound

import (
	"errors"
	"testing"
	"time"

	"parley/audio"
)

// system is a sound system that the test switches on, fills and empties.
type system struct {
	on     bool
	list   []audio.Info
	found  int
	closed int
	opened int
}

func (s *system) find() (audio.Backend, func() error, error) {
	s.found++
	if !s.on {
		return nil, nil, errors.New("nobody answers")
	}
	return s, func() error { s.closed++; return nil }, nil
}

func (s *system) Devices() ([]audio.Info, error) {
	if !s.on {
		return nil, errors.New("connection lost")
	}
	return s.list, nil
}

func (s *system) Open(r audio.Request, _ func([]float32)) (audio.Device, error) {
	if r.ID == "none" {
		return nil, errors.New("no such device")
	}
	s.opened++
	return s, nil
}

func (s *system) Latency() time.Duration { return time.Millisecond }
func (s *system) Close() error           { s.opened--; return nil }

// late makes a Late on s, and a clock that is moved by hand.
func late(s *system) (*Late, *time.Time) {
	now := time.Unix(0, 0)
	return NewLate(LateConfig{Find: []Finder{s.find}, Now: func() time.Time { return now }}), &now
}

func count(t *testing.T, l *Late) int {
	t.Helper()
	list, err := l.Devices()
	if err != nil {
		t.Error(err)
	}
	return len(list)
}

func TestASoundServerThatStartsLater(t *testing.T) {
	s := &system{list: []audio.Info{{Name: "Headset"}}}
	l, now := late(s)
	if count(t, l) != 0 || s.found != 1 {
		t.Errorf("asked %d times", s.found)
	}
	if _, err := l.Open(audio.Request{}, nil); !errors.Is(err, ErrNone) {
		t.Errorf("open: %v", err)
	}
	s.on = true
	*now = now.Add(again - 1)
	if count(t, l) != 0 || s.found != 1 {
		t.Errorf("asked again too soon: %d times", s.found)
	}
	*now = now.Add(1)
	if count(t, l) != 1 || s.found != 2 {
		t.Errorf("it is there, and was asked for %d times", s.found)
	}
	*now = now.Add(time.Hour)
	if count(t, l) != 1 || s.found != 2 || s.closed != 0 {
		t.Error("one that works was given up")
	}
	if err := l.Close(); err != nil || s.closed != 1 {
		t.Errorf("closed %d times: %v", s.closed, err)
	}
	*now = now.Add(time.Hour)
	if count(t, l) != 0 || s.found != 2 {
		t.Error("found again after the end")
	}
	if err := l.Close(); err != nil || s.closed != 1 {
		t.Errorf("closed %d times: %v", s.closed, err)
	}
}

// One that has nothing is given up for another, but not while a device of it is open.
func TestASystemWithNothing(t *testing.T) {
	s := &system{on: true, list: []audio.Info{{Name: "Headset"}}}
	l, now := late(s)
	if _, err := l.Open(audio.Request{ID: "none"}, nil); err == nil {
		t.Error("opened what there is not")
	}
	d, err := l.Open(audio.Request{}, nil)
	if err != nil || d.Latency() != time.Millisecond {
		t.Fatal(err)
	}
	s.list = nil
	*now = now.Add(again)
	if count(t, l) != 0 || s.closed != 0 {
		t.Error("given up under an open device")
	}
	for range 2 { // closing twice counts once
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if count(t, l) != 0 || s.closed != 1 || s.found != 2 {
		t.Errorf("closed %d times, found %d times", s.closed, s.found)
	}
	s.on = false // what is lost is given up, too, and told of as empty
	*now = now.Add(again)
	if count(t, l) != 0 || s.closed != 2 {
		t.Errorf("closed %d times", s.closed)
	}
}

// An error is told until it is time to look again.
func TestALostSystem(t *testing.T) {
	s := &system{on: true}
	l, _ := late(s)
	s.on = false
	if _, err := l.Devices(); err == nil {
		t.Error("an error was not told")
	}
}

// The bare hardware answers first; the sound server that would hold it comes a moment later, as at a login.
func TestABetterSystemComes(t *testing.T) {
	server := &system{list: []audio.Info{{Name: "Headset"}, {Name: "Speaker"}}}
	bare := &system{on: true, list: []audio.Info{{Name: "hw:0"}}}
	now := time.Unix(0, 0)
	l := NewLate(LateConfig{Find: []Finder{server.find, bare.find}, Now: func() time.Time { return now }})
	if count(t, l) != 1 {
		t.Error("the hardware is not taken")
	}
	d, err := l.Open(audio.Request{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	server.on = true
	now = now.Add(again)
	if count(t, l) != 1 || server.found != 1 {
		t.Error("looked for another one in the middle of a call")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if count(t, l) != 2 || bare.closed != 1 || bare.found != 1 {
		t.Errorf("the server is not taken: the hardware was closed %d times, found %d times", bare.closed, bare.found)
	}
	now = now.Add(again)
	if count(t, l) != 2 || server.found != 2 {
		t.Errorf("the best was left: looked for %d times", server.found)
	}
}

// One of the lower rank that works is kept open while a better one is looked for.
func TestTheLesserSystemIsKept(t *testing.T) {
	server, bare := &system{}, &system{on: true, list: []audio.Info{{Name: "hw:0"}}}
	now := time.Unix(0, 0)
	l := NewLate(LateConfig{Find: []Finder{server.find, bare.find}, Now: func() time.Time { return now }})
	for range 3 {
		now = now.Add(again)
		if count(t, l) != 1 {
			t.Error("it is gone")
		}
	}
	if server.found != 4 || bare.found != 1 || bare.closed != 0 {
		t.Errorf("server looked for %d times, hardware %d times and closed %d times", server.found, bare.found, bare.closed)
	}
}
