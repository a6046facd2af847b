package calltest

import (
	"runtime"
	"testing"
	"time"

	"parley/audio"
	"parley/call"
)

// joinAll sits everybody down in the hall and waits until everybody hears everybody.
func joinAll(people []*Person) {
	for _, p := range people {
		p.w.t.Helper()
		p.Do(call.Join{Channel: Hall})
	}
	talking(people)
}

// talking waits until everybody is connected to all others, and to nobody else, and hears them.
func talking(people []*Person) {
	for _, p := range people {
		p.w.t.Helper()
		p.With(others(people, p)...)
	}
	for _, p := range people {
		p.Hears(others(people, p)...)
	}
}

func others(people []*Person, but *Person) (out []*Person) {
	for _, p := range people {
		if p != but {
			out = append(out, p)
		}
	}
	return out
}

// leakless fails the test when goroutines are left after the world has ended. It comes before New.
func leakless(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for over := time.After(Patience); runtime.NumGoroutine() > before; {
			select {
			case <-tick.C:
			case <-over:
				b := make([]byte, 1<<20)
				t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, b[:runtime.Stack(b, true)])
			}
		}
	})
}

// Nothing is open and nothing leaves before a join and after a leave.
func TestJoinTalkLeave(t *testing.T) {
	leakless(t)
	w := New(t)
	p := w.Add("Ana", "Ben")
	ana, ben := p[0], p[1]
	ana.Do(call.Join{Channel: Hall})
	ana.Until("joined", func(s *call.Snapshot) bool { return s.Place.Phase == call.Joined })
	if opened, _ := ben.Devices.Counts(audio.Input); opened != 0 || w.Media(ana) != 0 || w.Media(ben) != 0 {
		t.Error("a microphone is open, or sound leaves, with nobody there")
	}
	joinAll(p)
	ana.Do(call.Leave{})
	ben.With()
	w.Until("Ana's microphone is closed", func() bool {
		opened, closed := ana.Devices.Counts(audio.Input)
		return opened > 0 && opened == closed
	})
	sent := w.Media(ana)
	ana.Do(call.Join{Channel: Games})
	ana.Until("in another channel", func(s *call.Snapshot) bool { return s.Place.Phase == call.Joined })
	if _, seen := ana.Peer(ben); seen || w.Media(ana) != sent {
		t.Error("sound goes on to whom one has left")
	}
	if errs := w.Hub.Errors(); len(errs) > 0 {
		t.Error(errs)
	}
}

func TestEightWithLoss(t *testing.T) {
	leakless(t)
	w := New(t)
	p := w.Add("Ana", "Ben", "Cy", "Dee", "Eve", "Fay", "Gus", "Hal")
	w.Lose(20)
	joinAll(p)
	p[3].Do(call.Leave{})
	talking(append(p[:3:3], p[4:]...))
}

func TestPartition(t *testing.T) {
	w := New(t)
	p := w.Add("Ana", "Ben", "Cy")
	joinAll(p)
	w.Part(true)
	for _, x := range p {
		for _, o := range others(p, x) {
			w.Until(x.Name+" misses "+o.Name, func() bool { q, _ := x.Peer(o); return q.Phase == call.Reconnecting })
		}
	}
	w.Part(false)
	talking(p)
}

// The server dies and comes back with an empty memory: the call goes on all the time, and whoever joins later meets all.
func TestServerRestart(t *testing.T) {
	leakless(t)
	w := New(t)
	p := w.Add("Ana", "Ben", "Cy")
	joinAll(p[:2])
	ana, ben, cy := p[0], p[1], p[2]
	w.Hub.Stop()
	for _, x := range p {
		x.Until("the server is lost", func(s *call.Snapshot) bool { return s.Link == call.Lost })
	}
	ana.Hears(ben)
	ben.Hears(ana)
	ana.Do(call.Mute{On: true}) // while nobody can be told
	was, _ := ana.Peer(ben)
	w.Hub.Start()
	for _, x := range p {
		x.Until("online again", func(s *call.Snapshot) bool { return s.Link == call.Online })
	}
	w.Until("both sit there again", func() bool { return len(w.Hub.Roster(Hall).Members) == 2 })
	if !w.Member(ana, Hall).Muted {
		t.Error("the new server does not know that Ana is muted")
	}
	if now, _ := ana.Peer(ben); now.Phase != call.Connected || now.Since != was.Since || now.Member != was.Member {
		t.Errorf("the connection is another one: %+v, before %+v", now, was)
	}
	ana.Do(call.Mute{On: false})
	cy.Do(call.Join{Channel: Hall})
	talking(p)
}

// A connection that breaks is taken up where it was.
func TestCut(t *testing.T) {
	w := New(t)
	p := w.Add("Ana", "Ben", "Cy")
	ana, ben, cy := p[0], p[1], p[2]
	joinAll(p[:2])
	for range 3 {
		w.Hub.Cut(ana.Key.ID())
		ana.Until("lost", func(s *call.Snapshot) bool { return s.Link == call.Lost })
		cy.Do(call.Join{Channel: Hall}) // Ana hears of it later
		ben.With(ana, cy)
		talking(p)
		cy.Do(call.Leave{})
		ana.With(ben)
	}
	if n := len(w.Hub.Errors()); n > 0 {
		t.Error(w.Hub.Errors())
	}
}

// What is set for somebody in no channel holds when they come, from the first sound on.
func TestSetBeforeTheyCome(t *testing.T) {
	w := New(t)
	people := w.Add("ana", "bob")
	ana, bob := people[0], people[1]
	ana.Until("bob is listed", func(s *call.Snapshot) bool { return len(s.Directory.Users) == 2 })
	set := func(c call.Command) {
		t.Helper()
		if _, err := ana.Ask(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	set(call.SetVolume{User: bob.Key.ID(), Volume: 0.1})
	set(call.SetLocalMute{User: bob.Key.ID(), On: true})
	for _, p := range people {
		p.Do(call.Join{Channel: Hall})
	}
	ana.With(bob)
	ana.Hears(bob) // before volume
	if p, _ := ana.Peer(bob); p.Volume != 0.1 || !p.LocalMuted {
		t.Errorf("shown as %+v", p)
	}
	if level := ana.Stats().Playout.Level; level > -60 {
		t.Errorf("muted before he came, he is heard at %.1f dBFS", level)
	}
	set(call.SetLocalMute{User: bob.Key.ID()})
	w.Until("a tenth of the hum is heard", func() bool { // -17 dBFS
		level := ana.Stats().Playout.Level
		return level > -39 && level < -35
	})
}
