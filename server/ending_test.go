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
	fired := func() bool { return strings.Contains(strings.Join(ours(), "\n"), "(*Server).later.func") }
	r.inside(func(h *hub) {
		s := h.sessions[ana.welcome.Session]
		out := s.out
		h.detach(s, out, false)
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

// Who closes the websocket in order has logged out, and is gone at once; what was asked before is done. After any other end
// the session is kept.
func TestGoodbye(t *testing.T) {
	r := start(t)
	boss, ben := owner(t, r), join(t, r, "Ben")
	_, o := boss.sit(boss.channel("General"))
	boss.write(wire.Envelope{ID: 700, Body: wire.ChannelAdd{Name: "Music"}})
	if err := boss.conn.Finish(); err != nil {
		t.Fatal(err)
	}
	expect[*wire.ChannelChanged](ben)
	if m := expect[*wire.MemberLeft](ben); m.Member != o || m.Reason != wire.LeftSelf {
		t.Errorf("left: %+v", m)
	}
	if u := expect[*wire.UserChanged](ben).User; u.ID != boss.id() || u.Status != wire.Offline || u.Channel != "" {
		t.Errorf("user: %+v", u)
	}
	if reason := boss.goaway(); reason != "" {
		t.Errorf("the last word was %q", reason)
	}
	boss.redial()
	if code := wire.CodeOf(boss.tryResume()); code != wire.SessionGone {
		t.Errorf("resume: %q", code)
	}
	boss.redial()
	if err := boss.tryLogin("Olga", ""); err != nil {
		t.Fatal(err)
	}
	boss.conn.Close() // no goodbye
	boss.redial()
	if err := boss.tryResume(); err != nil {
		t.Errorf("resume after a break: %v", err)
	}
}

// A client that was hung up on answers the close with the same code. It has not logged out by that: it may resume.
func TestAnswerIsNoGoodbye(t *testing.T) {
	r := start(t)
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	ana.sit(ana.channel("General"))
	r.inside(func(h *hub) {
		h.sessions[ana.welcome.Session].hangUp(wire.Goaway{Reason: wire.ReasonSlow})
	})
	if reason := ana.goaway(); reason != wire.ReasonSlow { // reads, and answers, the close
		t.Errorf("the last word was %q", reason)
	}
	ana.redial()
	if err := ana.tryResume(); err != nil {
		t.Errorf("resume: %v", err)
	}
	want[*wire.OK](ana, &wire.PresenceSet{Status: wire.Away})
	if roster := want[*wire.Roster](ben, &wire.RosterGet{Channel: ben.channel("General")}); len(roster.Members) != 1 {
		t.Errorf("roster: %+v", roster)
	}
}
