package server

import (
	"strings"
	"testing"
	"time"

	"parley/wire"
)

// A session whose time is up in the very moment in which its client comes back goes on.
func TestResumeAtTheLastMoment(t *testing.T) {
	r := start(t, func(c *Config) { c.ResumeFor = time.Millisecond })
	ana := join(t, r, "Ana")
	await := func(what string, reached func() bool) {
		tick, over := time.NewTicker(time.Millisecond), time.After(patience)
		defer tick.Stop()
		for !reached() {
			select {
			case <-tick.C:
			case <-over:
				t.Fatalf("the timer has not %s", what)
			}
		}
	}
	fired := func() bool { return strings.Contains(ours(), "(*Server).later.func") }
	r.inside(func(h *hub) {
		s := h.sessions[ana.welcome.Session]
		out := s.out
		h.detach(s, out)
		await("fired", fired) // and waits for the lock, which this has
		s.attach(out)
	})
	await("ended", func() bool { return !fired() })
	r.inside(func(h *hub) {
		if h.sessions[ana.welcome.Session] == nil {
			t.Fatal("the session has ended")
		}
	})
	want[*wire.OK](ana, &wire.PresenceSet{Status: wire.Away})
}
