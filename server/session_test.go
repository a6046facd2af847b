package server

import (
	"net"
	"strings"
	"testing"
	"time"

	"parley/identity"
	"parley/wire"
)

func TestResume(t *testing.T) {
	r := start(t)
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	general := ana.channel("General")
	_, a := ana.sit(general)
	_, b := ben.sit(general)
	want[*wire.OK](ana, &wire.PresenceSet{Status: wire.Away})
	ana.events = nil
	ana.conn.Close()

	// What happens meanwhile is not lost, and nobody sees Ana leave. (The client checks that no number is left out.)
	want[*wire.OK](ben, &wire.NeedOffer{Route: wire.Route{To: a, Channel: general}, Generation: 3})
	want[*wire.OK](ben, &wire.VoiceState{Muted: true})
	ana.redial()
	if err := ana.tryResume(); err != nil || !ana.welcome.Resumed {
		t.Fatalf("resume: %v %+v", err, ana.welcome)
	}
	if m := expect[*wire.NeedOffer](ana); m.From != b || m.Generation != 3 {
		t.Errorf("missed: %+v", m)
	}
	if m := expect[*wire.MemberChanged](ana); !m.Member.Muted {
		t.Errorf("missed: %+v", m)
	}
	if roster := want[*wire.Roster](ben, &wire.RosterGet{Channel: general}); len(roster.Members) != 2 {
		t.Errorf("roster: %+v", roster)
	}
	// The answer to a request that the broken connection took with it is there for the repeat.
	ana.write(wire.Envelope{ID: 500, Body: &wire.PresenceSet{Status: wire.Online}})
	expect[*wire.UserChanged](ana)
	ana.redial() // while the old connection still stands
	if err := ana.tryResume(); err != nil {
		t.Fatal(err)
	}
	ana.write(wire.Envelope{ID: 500, Body: &wire.PresenceSet{Status: wire.Online}})
	if _, ok := ana.reply(500).(*wire.OK); !ok {
		t.Error("the repeat was refused")
	}
	for _, e := range ana.events {
		if m, ok := e.Body.(*wire.UserChanged); ok && m.User.ID == ana.id() {
			t.Error("the repeat was done again")
		}
	}
}

// What was acknowledged, or doesn't fit, isn't kept.
func TestResumeTooOld(t *testing.T) {
	r := start(t, withLimits(eager), withLimits(func(l *limits) { l.replayCount = 10 }))
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	seen := func(c *client) { // an event each
		want[*wire.OK](c, &wire.PresenceSet{Status: wire.Away})
		want[*wire.OK](c, &wire.PresenceSet{Status: wire.Online})
	}
	seen(ana)
	ana.write(wire.Envelope{Body: wire.Heartbeat{Seq: ana.lastSeq}})
	for ; ; ana.read() {
		var kept int
		r.inside(func(h *hub) { kept = len(h.sessions[ana.welcome.Session].replay) })
		if kept == 0 {
			break
		}
	}
	again := func() error {
		ana.redial()
		return ana.tryResume()
	}
	ana.conn.Close()
	for range 5 {
		seen(ben)
	}
	if err := again(); err != nil {
		t.Errorf("ten missed: %v", err)
	}
	for ana.events = nil; ana.lastSeq < 10; ana.read() {
	}
	last := ana.lastSeq
	ana.lastSeq = 0
	if code := wire.CodeOf(again()); code != wire.SessionGone {
		t.Errorf("from the beginning: %q", code)
	}
	ana.lastSeq = last + 1000
	if code := wire.CodeOf(again()); code != wire.SessionGone {
		t.Errorf("from the future: %q", code)
	}
	ana.redial()
	if err := ana.tryLogin("Ana", ""); err != nil || len(ana.snap.Users) != 2 {
		t.Errorf("login: %v", err)
	}
}

// Who does not come back is gone, but only then.
func TestLost(t *testing.T) {
	r := start(t, func(c *Config) { c.ResumeFor = 50 * time.Millisecond })
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	_, a := ana.sit(ana.channel("General"))
	ana.conn.Close()
	if m := expect[*wire.MemberLeft](ben); m.Member != a || m.Reason != wire.LeftLost {
		t.Errorf("left: %+v", m)
	}
	if u := expect[*wire.UserChanged](ben).User; u.Status != wire.Offline || u.Channel != "" {
		t.Errorf("user: %+v", u)
	}
	ana.redial()
	if code := wire.CodeOf(ana.tryResume()); code != wire.SessionGone {
		t.Errorf("resume: %q", code)
	}
	// The call went on: the same member is announced again.
	ana.redial()
	if err := ana.tryLogin("Ana", ""); err != nil {
		t.Fatal(err)
	}
	want[*wire.Roster](ana, &wire.VoiceJoin{Channel: ana.channel("General"), Member: a.Member, Nonce: identity.NewChallenge()})
	if m := expect[*wire.MemberJoined](ben); m.Member.Address != a {
		t.Errorf("joined: %+v", m)
	}
}

func TestReplaced(t *testing.T) {
	r := start(t)
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	_, a := ana.sit(ana.channel("General"))
	elsewhere := dial(t, ana.link, ana.key)
	if err := elsewhere.tryLogin("Ana!", ""); err != nil {
		t.Fatal(err)
	}
	if reason := ana.goaway(); reason != wire.ReasonReplaced {
		t.Errorf("the last word was %q", reason)
	}
	if m := expect[*wire.MemberLeft](ben); m.Member != a || m.Reason != wire.LeftLost {
		t.Errorf("left: %+v", m)
	}
	if u := elsewhere.snap.Users; len(elsewhere.snap.Rosters) != 0 || len(u) != 2 {
		t.Errorf("snapshot: %+v", elsewhere.snap)
	}
	ana.redial()
	if code := wire.CodeOf(ana.tryResume()); code != wire.SessionGone {
		t.Errorf("resume: %q", code)
	}
}

func TestHeartbeat(t *testing.T) {
	r := start(t, func(c *Config) { c.Heartbeat = 500 * time.Millisecond })
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	if ana.welcome.HeartbeatMS != 500 {
		t.Errorf("welcome: %+v", ana.welcome)
	}
	ana.write(wire.Envelope{Body: wire.Heartbeat{Seq: ana.lastSeq}})
	if m := expect[*wire.Heartbeat](ana); m.Seq < ana.lastSeq {
		t.Errorf("the server has sent %d, and %d arrived", m.Seq, ana.lastSeq)
	}
	// Ben says nothing and is dropped; Ana is not.
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	dropped := make(chan string)
	go func() { dropped <- ben.goaway() }()
	for {
		select {
		case reason := <-dropped:
			if reason != wire.ReasonSilent {
				t.Errorf("the last word was %q", reason)
			}
			want[*wire.OK](ana, &wire.PresenceSet{Status: wire.Away})
			return
		case <-tick.C:
			ana.write(wire.Envelope{Body: wire.Heartbeat{}})
		}
	}
}

func TestFlood(t *testing.T) {
	r := start(t)
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	done := make(chan string)
	go func() { done <- ana.goaway() }()
	for range 3 * defaultLimits().any.burst {
		if ana.conn.WriteEncoded([]byte(`{"type":"heartbeat","body":{"seq":0}}`)) != nil {
			break
		}
	}
	if reason := <-done; reason != wire.ReasonFlood {
		t.Errorf("the last word was %q", reason)
	}
	want[*wire.OK](ben, &wire.PresenceSet{Status: wire.Away})
}

// More than a class allows is refused, and heals: only the answer of a request that was done is kept.
func TestRates(t *testing.T) {
	clock := newClock()
	r := start(t, clock.use)
	ana := join(t, r, "Ana")
	l := defaultLimits()
	for range l.class[heavy].burst {
		want[*wire.OK](ana, &wire.SnapshotGet{})
		ana.readSnapshot()
	}
	ana.write(wire.Envelope{ID: 777, Body: &wire.SnapshotGet{}})
	if e, ok := ana.reply(777).(*wire.Error); !ok || e.Code != wire.RateLimited {
		t.Errorf("one too many: %v", e)
	}
	want[*wire.OK](ana, &wire.PresenceSet{Status: wire.Away}) // another class
	clock.advance(time.Minute)
	ana.write(wire.Envelope{ID: 777, Body: &wire.SnapshotGet{}})
	if _, ok := ana.reply(777).(*wire.OK); !ok {
		t.Error("still refused after a minute")
	}
}

// Whoever comes back again and again makes work for everyone, and is put off after a while.
func TestEntryRate(t *testing.T) {
	clock := newClock()
	r := start(t, clock.use)
	ana := join(t, r, "Ana")
	n := 0
	for ; ; n++ {
		ana.redial()
		if err := ana.tryLogin("Ana", ""); err != nil {
			if wire.CodeOf(err) != wire.RateLimited {
				t.Fatal(err)
			}
			break
		}
	}
	if n < 10 || n > 30 {
		t.Errorf("%d logins in a row", n)
	}
	ana.redial()
	if code := wire.CodeOf(ana.tryResume()); code != wire.RateLimited {
		t.Errorf("resume: %q", code)
	}
	clock.advance(time.Minute)
	ana.redial()
	if err := ana.tryResume(); err != nil {
		t.Error(err)
	}
}

// narrow is a listener on whose connections little is on its way: the kernel would take megabytes for who does not read.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(streamBuffer)
	}
	return c, err
}

// A client that doesn't read is dropped; who sends to it, and who shares the channel, don't notice.
func TestSlowReader(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, withLimits(eager), withLimits(func(l *limits) { l.queueBytes = 256 << 10 }), func(c *Config) { c.Listener = narrow{l} })
	unharmed(t, r)
	slow, ben, cat := join(t, r, "Slow"), join(t, r, "Ben"), join(t, r, "Cat")
	general := slow.channel("General")
	_, to := slow.sit(general)
	ben.sit(general)
	cat.sit(general)
	var out *outbox
	r.inside(func(h *hub) { out = h.sessions[slow.welcome.Session].out })
	dropped := func() bool {
		out.mu.Lock()
		defer out.mu.Unlock()
		return out.last
	}
	// The kernel takes something before anything waits in the server.
	sdp := strings.Repeat("x", wire.MaxSDP)
	for i := 0; !dropped(); i++ {
		if i == 1000 {
			t.Fatal("30 MB were sent to a client that doesn't read")
		}
		ben.write(wire.Envelope{Body: &wire.Offer{Route: wire.Route{To: to, Channel: general}, SDP: sdp, Signature: make(wire.Bytes, 64)}})
		if i%5 == 0 {
			want[*wire.OK](cat, &wire.VoiceState{Muted: i%10 == 0})
		}
	}
	want[*wire.OK](ben, &wire.VoiceState{Muted: true})
	want[*wire.OK](cat, &wire.VoiceState{Deafened: true})
	if reason := slow.goaway(); reason != wire.ReasonSlow && reason != "" {
		t.Errorf("the last word was %q", reason)
	}
	slow.redial()
	if code := wire.CodeOf(slow.tryResume()); code != wire.SessionGone {
		t.Errorf("resume after megabytes were missed: %q", code)
	}
	slow.redial()
	if err := slow.tryLogin("Slow", ""); err != nil {
		t.Error(err)
	}
}
