package hotkey

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// system is one whose keys have the truth that a test gives them. Code 1 is F13, 2 F14, 3 ControlLeft, 4 Mouse4.
type system struct {
	*ear
	mu    sync.Mutex
	truly map[uint32]bool
	asked int // about the truth
	begun time.Time
	got   []string
}

func newSystem(t *testing.T, chords ...string) *system {
	s := &system{truly: map[uint32]bool{}, begun: time.Now()}
	keys := map[uint32]Key{1: "F13", 2: "F14", 3: "ControlLeft", 4: "Mouse4", 1001: "F13"}
	s.ear = newEar(func(code uint32) Key { return keys[code] }, func(code uint32) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked++
		return s.truly[code]
	})
	var all []Binding
	for _, c := range chords {
		chord, err := ParseChord(c)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Binding{ID: c, Chord: chord})
	}
	if err := s.bind(all); err != nil {
		t.Fatal(err)
	}
	go func() {
		for e := range s.queue.C() {
			s.mu.Lock()
			s.got = append(s.got, fmt.Sprintf("%s %v %v", e.ID, e.Down, e.At.Sub(s.begun)))
			s.mu.Unlock()
		}
	}()
	return s
}

// key tells of a key. real: so it is in truth, too.
func (s *system) key(code uint32, down, real bool) {
	s.hear(code, down, time.Now())
	if real {
		s.really(code, down)
	}
	synctest.Wait()
}

func (s *system) really(code uint32, down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.truly[code] = down
}

func (s *system) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.got, want) {
		t.Errorf("%q, want %q", s.got, want)
	}
	s.got = nil
}

func TestEarHearsKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystem(t, "F13", "Ctrl+F14", "Mouse4")
		defer s.close()
		s.key(1, true, true)
		time.Sleep(10 * time.Second) // held, without repeats
		s.key(1, true, true)         // a repeat
		s.key(99, true, true)        // not a key of ours
		s.key(1, false, true)
		s.key(1, false, true)
		s.key(2, true, true) // without Ctrl
		s.key(2, false, true)
		s.key(3, true, true)
		s.key(2, true, true)
		time.Sleep(time.Minute)
		s.key(3, false, true)
		s.key(4, true, true)
		s.key(4, false, true)
		s.want(t, "F13 true 0s", "F13 false 10s", "Ctrl+F14 true 10s", "Ctrl+F14 false 1m10s", "Mouse4 true 1m10s", "Mouse4 false 1m10s")
	})
}

// The hook is gone, and with it the release.
func TestEarReleasesWhatIsUpInTruth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystem(t, "F13")
		defer s.close()
		s.key(1, true, true)
		time.Sleep(450 * time.Millisecond)
		s.really(1, false)
		time.Sleep(149 * time.Millisecond)
		s.want(t, "F13 true 0s")
		time.Sleep(time.Millisecond)
		s.want(t, "F13 false 600ms") // the second time it was asked
		time.Sleep(time.Minute)
		s.key(1, false, true)
		s.want(t)
	})
}

// The system's state lags behind its hooks, once.
func TestEarDoesNotBelieveOneDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystem(t, "F13")
		defer s.close()
		s.key(1, true, true)
		time.Sleep(50 * time.Millisecond)
		for range 10 {
			time.Sleep(200 * time.Millisecond)
			s.really(1, false)
			time.Sleep(100 * time.Millisecond)
			s.really(1, true)
		}
		s.want(t, "F13 true 0s")
	})
}

// A program that is asked after us keeps the key to itself, so that it never is down in truth.
func TestEarOfAKeyThatAnotherKeeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystem(t, "F13", "Mouse4")
		defer s.close()
		s.key(1, true, false)
		time.Sleep(time.Second) // the longest time until it repeats
		for range 1000 {
			s.key(1, true, false)
			time.Sleep(33 * time.Millisecond)
		}
		s.want(t, "F13 true 0s")
		s.key(1, false, false)
		s.want(t, "F13 false 34s")
		s.key(4, true, false) // a button never repeats
		time.Sleep(1400 * time.Millisecond)
		s.want(t, "Mouse4 true 34s")
		time.Sleep(100 * time.Millisecond)
		s.want(t, "Mouse4 false 35.5s")
	})
}

// With Num Lock the key has another code, and its truth with it.
func TestEarFollowsTheCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystem(t, "F13")
		defer s.close()
		s.key(1, true, true)
		time.Sleep(time.Second)
		s.really(1, false)
		s.key(1001, true, true)
		time.Sleep(time.Second)
		s.want(t, "F13 true 0s")
		s.key(1001, false, true)
		s.want(t, "F13 false 2s")
	})
}

func TestEarRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystem(t, "F13", "Ctrl+F14")
		defer s.close()
		s.key(1, true, true)
		s.key(3, true, true)
		time.Sleep(time.Second)
		s.release()
		s.release()
		synctest.Wait()
		s.key(2, true, true) // Ctrl is not known of any more
		s.want(t, "F13 true 0s", "F13 false 1s")
	})
}

// While nothing is held, the system is left alone.
func TestEarAsksOnlyWhileAKeyIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystem(t, "F13")
		defer s.close()
		wait := func(want int) {
			t.Helper()
			time.Sleep(10*truthEvery + truthEvery/2)
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.asked != want {
				t.Errorf("asked %d times, not %d", s.asked, want)
			}
		}
		wait(0)
		s.key(1, true, true)
		wait(10)
		s.key(1, false, true)
		wait(10)
		s.key(1, true, true)
		wait(20)
		s.release() // it is down in truth all the while
		wait(20)
	})
}

// More changes come than there is room for: whatever was lost, nothing is stuck, and nothing blocks.
func TestEarOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystem(t, "F13", "Mouse4")
		defer s.close()
		s.key(1, true, true)
		s.key(4, true, true)
		s.mu.Lock() // the system does not answer, so that nobody takes the changes
		time.Sleep(truthEvery)
		for range 2*maxChanges + 1 {
			s.hear(2, true, time.Now())
		}
		s.hear(1, false, time.Now())
		s.hear(4, false, time.Now())
		s.mu.Unlock()
		synctest.Wait()
		s.mu.Lock()
		got := s.got
		s.mu.Unlock()
		slices.Sort(got[2:])
		if want := []string{"F13 true 0s", "Mouse4 true 0s", "F13 false 100ms", "Mouse4 false 100ms"}; !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

func TestEarBindAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSystem(t, "F13")
		s.key(1, true, true)
		time.Sleep(time.Second)
		if err := s.bind([]Binding{{ID: "other", Chord: Chord{Key: "F14"}}}); err != nil {
			t.Error(err)
		}
		s.key(1, false, true)
		s.key(2, true, true)
		s.want(t, "F13 true 0s", "F13 false 1s", "other true 1s")
		s.close()
		s.close()
		if err := s.bind(nil); !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
		for range maxChanges + 1 { // the system's thread may be a little later
			s.hear(1, true, time.Now())
		}
		s.release()
		if _, open := <-s.queue.C(); open {
			t.Error("the events go on")
		}
	})
}

func TestBindsMouse(t *testing.T) {
	button := []Binding{{}, {Chord: Chord{Mods: Ctrl, Key: "Mouse4"}}}
	if bindsMouse(nil) || bindsMouse([]Binding{{Chord: Chord{Key: "KeyM"}}, {}}) || !bindsMouse(button) {
		t.Error("a button of the mouse is taken for none, or the other way round")
	}
}

// Within a hook nothing is allocated, and nothing waits when nobody takes it.
func TestHearAllocates(t *testing.T) {
	e := &ear{heard: make(chan change, maxChanges), upset: make(chan struct{}, 1)}
	now := time.Now()
	if n := testing.AllocsPerRun(4*maxChanges, func() {
		code, down, _ := winKeyboard(wmKeyDown, 'A', 0x1e, false)
		e.hear(code, down, now)
		code, down, _ = winMouse(wmXDown, 1<<16)
		e.hear(code, down, now)
		h := macEvent(macFlagsChanged, 0x3b, 1)
		e.hear(h.code, h.down, now)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if len(e.upset) != 1 {
		t.Error("it was full, and nobody is told")
	}
}
