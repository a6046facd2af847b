package server

import (
	"strings"
	"testing"
	"time"

	"parley/identity"
	"parley/wire"
)

func ringFor(d time.Duration) option { return withLimits(func(l *limits) { l.ring = d }) }

func ringTo(to *client) *wire.CallRing {
	return &wire.CallRing{Call: identity.NewMemberID(), To: to.id(), Member: identity.NewMemberID(), Nonce: identity.NewChallenge(), Video: true}
}

func acceptOf(call string) *wire.CallAccept {
	return &wire.CallAccept{Call: call, Member: identity.NewMemberID(), Nonce: identity.NewChallenge()}
}

// rings has one client ring at another, who hears it.
func rings(from, to *client) *wire.CallRing {
	from.t.Helper()
	m := ringTo(to)
	if p := want[*wire.CallPlaced](from, m); p.Call != m.Call || p.With != nil || p.Relay != nil {
		from.t.Errorf("placed: %+v", p)
	}
	in := expect[*wire.CallIncoming](to)
	if in.Call != m.Call || in.From.User != from.id() || in.From.Member != m.Member || string(in.From.Nonce) != string(m.Nonce) || !in.Video {
		from.t.Errorf("incoming: %+v", in)
	}
	return m
}

// calls brings two together; a and b are how they are addressed.
func calls(from, to *client) (call string, a, b wire.Address) {
	from.t.Helper()
	m := rings(from, to)
	yes := acceptOf(m.Call)
	p := want[*wire.CallPlaced](to, yes)
	if p.Call != m.Call || p.With == nil || p.With.User != from.id() || p.With.Member != m.Member || !p.Video || p.Relay == nil {
		from.t.Errorf("placed: %+v", p)
	}
	got := expect[*wire.CallAnswered](from)
	if got.Call != m.Call || got.With.User != to.id() || got.With.Member != yes.Member || string(got.With.Nonce) != string(yes.Nonce) || got.Video || got.Relay == nil {
		from.t.Errorf("answered: %+v", got)
	}
	return m.Call, p.With.Address, got.With.Address
}

// again is what a client says of its call to a server that doesn't know it any more.
func again(call string, own, with wire.Address, nonce wire.Bytes) *wire.CallHere {
	return &wire.CallHere{Call: call, Member: own.Member, Nonce: nonce, With: with}
}

func needOffer(to wire.Address, place string) *wire.NeedOffer {
	return &wire.NeedOffer{Route: wire.Route{To: to, Channel: place}, Generation: 7}
}

// told is which calls and peers a client has heard of by now, and of which users' changes.
func (c *client) told() (out []string) {
	c.t.Helper()
	want[*wire.Roster](c, &wire.RosterGet{Channel: c.channel("General")}) // the answer comes behind all events
	for _, e := range c.events {
		k := wire.Kind(e.Body)
		if m, ok := e.Body.(*wire.CallMissed); ok && m.All { // of the login
			continue
		}
		if strings.HasPrefix(k, "call.") || strings.HasPrefix(k, "rtc.") || k == "user.changed" {
			out = append(out, k)
		}
	}
	c.events = nil
	return out
}

func (c *client) hears(call, reason string) {
	c.t.Helper()
	if m := expect[*wire.CallEnded](c); m.Call != call || m.Reason != reason {
		c.t.Errorf("ended: %+v, want %s", m, reason)
	}
}

func (c *client) misses(call, why string) {
	c.t.Helper()
	m := expect[*wire.CallMissed](c)
	for m.All { // of the login
		m = expect[*wire.CallMissed](c)
	}
	if len(m.Missed) != 1 || m.Missed[0].Call != call || m.Missed[0].Why != why || m.Missed[0].Name == "" || m.Missed[0].At == 0 {
		c.t.Errorf("missed: %+v, want %s", m, why)
	}
}

func end(call string) *wire.CallEnd { return &wire.CallEnd{Call: call, Reason: wire.CallLeft} }

func TestCall(t *testing.T) {
	r := start(t)
	ana, ben, cat := join(t, r, "Ana"), join(t, r, "Ben"), join(t, r, "Cat")
	ana.told()
	ben.told()
	m := rings(ana, ben)
	for _, c := range []*client{ana, ben} {
		c.refused(&wire.TurnGet{}, wire.NotInChannel)
		c.refused(needOffer(wire.Address{User: ana.id(), Member: m.Member}, m.Call), wire.NotInChannel)
	}
	yes := acceptOf(m.Call)
	p := want[*wire.CallPlaced](ben, yes)
	if p.With == nil || p.With.Key.String() != wire.Bytes(ana.key.Public()).String() {
		t.Fatalf("placed: %+v", p)
	}
	a, b := p.With.Address, expect[*wire.CallAnswered](ana).With.Address
	if again := want[*wire.CallPlaced](ben, yes); again.With == nil || again.With.Address != a {
		t.Errorf("once more: %+v", again)
	}
	if again := want[*wire.CallPlaced](ana, m); again.With == nil || again.With.Address != b {
		t.Errorf("once more: %+v", again)
	}
	for _, x := range []struct {
		from, to *client
		a, b     wire.Address
	}{{ana, ben, a, b}, {ben, ana, b, a}} {
		want[*wire.OK](x.from, needOffer(x.b, m.Call))
		if got := expect[*wire.NeedOffer](x.to); got.From != x.a || got.Channel != m.Call {
			t.Errorf("got %+v", got)
		}
		x.from.refused(needOffer(x.a, m.Call), wire.NoPeer)
		x.from.refused(needOffer(wire.Address{User: x.b.User, Member: x.a.Member}, m.Call), wire.NoPeer)
		want[*wire.Turn](x.from, &wire.TurnGet{})
	}
	want[*wire.OK](ben, end(m.Call))
	ana.hears(m.Call, wire.CallLeft)
	for _, c := range []*client{ana, ben} {
		c.refused(&wire.TurnGet{}, wire.NotInChannel)
		c.refused(needOffer(a, m.Call), wire.NotInChannel)
		c.refused(end(m.Call), wire.CallGone)
	}
	if told := cat.told(); len(told) != 0 {
		t.Errorf("Cat was told: %v", told)
	}
	r.inside(func(h *hub) {
		if len(h.relay.seats) != 0 {
			t.Errorf("the relay still has %v", h.relay.seats)
		}
	})
}

// Whom one can't ring at, and what they see of it.
func TestCallRefused(t *testing.T) {
	r := start(t, withLimits(eager))
	ana, ben, cat, dan := join(t, r, "Ana"), join(t, r, "Ben"), join(t, r, "Cat"), join(t, r, "Dan")
	stranger := &client{t: t, key: newKey(t)}
	ana.refused(ringTo(stranger), wire.NotFound)
	ana.refused(ringTo(ana), wire.NotFound)

	try := func(code wire.Code, why string) {
		t.Helper()
		m := ringTo(ben)
		ana.refused(m, code)
		ben.misses(m.Call, why)
	}
	want[*wire.OK](ben, &wire.PresenceSet{Status: wire.Busy})
	try(wire.UserDND, wire.MissedDND)
	want[*wire.OK](ben, &wire.PresenceSet{Status: wire.Away})
	m := rings(cat, ben)
	try(wire.UserBusy, wire.MissedBusy)
	ben.refused(ringTo(dan), wire.InCall)
	cat.refused(ringTo(dan), wire.InCall)
	cat.refused(acceptOf(m.Call), wire.CallGone)
	ben.refused(&wire.CallAccept{Call: m.Call, Member: m.Member, Nonce: identity.NewChallenge()}, wire.MemberTaken)
	ben.refused(acceptOf(identity.NewMemberID()), wire.CallGone)
	yes := acceptOf(m.Call)
	want[*wire.CallPlaced](ben, yes)
	ben.refused(acceptOf(m.Call), wire.CallGone) // another member than the one who took it
	try(wire.UserBusy, wire.MissedBusy)
	ben.refused(ringTo(dan), wire.InCall)
	cat.refused(ringTo(ben), wire.InCall)
	want[*wire.OK](cat, end(m.Call))
	calls(ana, ben)

	if err := dan.conn.Finish(); err != nil {
		t.Fatal(err)
	}
	for expect[*wire.UserChanged](cat).User.Status != wire.Offline {
	}
	off := ringTo(dan)
	cat.refused(off, wire.UserOffline)
	dan.redial()
	if err := dan.tryLogin("Dan", ""); err != nil {
		t.Fatal(err)
	}
	if m := expect[*wire.CallMissed](dan); !m.All || len(m.Missed) != 1 || m.Missed[0].Call != off.Call || m.Missed[0].Why != wire.MissedOffline || m.Missed[0].Name != "Cat" || !m.Missed[0].Video {
		t.Errorf("missed: %+v", m)
	}
	rings(cat, dan)
}

// The ways in which a call ends, and who is told what.
func TestCallEnds(t *testing.T) {
	const (
		caller = 0
		callee = 1
	)
	hangUp := func(_ *client, c *client, call string) {
		c.told()
		want[*wire.OK](c, end(call))
		for _, k := range c.told() {
			if k == "call.ended" {
				t.Error("who ended the call was told so")
			}
		}
	}
	logOut := func(_ *client, c *client, _ string) { _ = c.conn.Finish() }
	vanish := func(_ *client, c *client, _ string) { c.conn.Close() }
	kicked := func(boss *client, c *client, _ string) { want[*wire.OK](boss, &wire.Kick{User: c.id()}) }
	elsewhere := func(_ *client, c *client, _ string) {
		if err := dial(c.t, c.link, c.key).tryLogin("Again", ""); err != nil {
			c.t.Fatal(err)
		}
	}
	for _, x := range []struct {
		name   string
		taken  bool
		who    int
		how    func(boss, c *client, call string)
		reason string // for the other
		missed string // by the callee; empty: no
	}{
		{"cancelled", false, caller, hangUp, wire.CallCancelled, wire.CallCancelled},
		{"caller logs out", false, caller, logOut, wire.CallCancelled, wire.CallCancelled},
		{"caller is lost", false, caller, vanish, wire.CallLost, wire.CallLost},
		{"caller comes elsewhere", false, caller, elsewhere, wire.CallLost, wire.CallLost},
		{"caller is kicked", false, caller, kicked, wire.CallKicked, ""},
		{"declined", false, callee, hangUp, wire.CallDeclined, ""},
		{"callee logs out", false, callee, logOut, wire.CallLost, wire.CallLost},
		{"callee is lost", false, callee, vanish, wire.CallLost, wire.CallLost},
		{"callee comes elsewhere", false, callee, elsewhere, wire.CallLost, wire.CallLost},
		{"callee is kicked", false, callee, kicked, wire.CallKicked, ""},
		{"caller hangs up", true, caller, hangUp, wire.CallLeft, ""},
		{"callee hangs up", true, callee, hangUp, wire.CallLeft, ""},
		{"one logs out", true, caller, logOut, wire.CallLeft, ""},
		{"one is lost", true, callee, vanish, wire.CallLost, ""},
		{"one comes elsewhere", true, caller, elsewhere, wire.CallLost, ""},
		{"one is kicked", true, callee, kicked, wire.CallKicked, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := start(t, func(c *Config) { c.ResumeFor = 30 * time.Millisecond })
			boss, two := owner(t, r), [2]*client{join(t, r, "Ana"), join(t, r, "Ben")}
			var call string
			if x.taken {
				call, _, _ = calls(two[caller], two[callee])
			} else {
				call = rings(two[caller], two[callee]).Call
			}
			x.how(boss, two[x.who], call)
			other := two[1-x.who]
			other.hears(call, x.reason)
			if x.missed != "" && x.who == caller {
				other.misses(call, x.missed)
			}
			r.inside(func(h *hub) {
				list, err := h.store.missed(two[callee].id())
				if err != nil || (len(list) == 1) != (x.missed != "") || len(list) == 1 && list[0].Why != x.missed {
					t.Errorf("kept: %+v %v", list, err)
				}
			})
			// A call that was taken has a half left when one is lost, and no other way.
			if half := x.taken && x.reason == wire.CallLost; half {
				want[*wire.Turn](other, &wire.TurnGet{})
				want[*wire.OK](other, end(call))
			} else {
				other.refused(end(call), wire.CallGone)
			}
			calls(boss, other)
		})
	}
}

func TestCallTimeout(t *testing.T) {
	r := start(t, ringFor(30*time.Millisecond))
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	m := rings(ana, ben)
	ana.hears(m.Call, wire.CallTimeout)
	ben.hears(m.Call, wire.CallTimeout)
	ben.misses(m.Call, wire.CallTimeout)
	ben.refused(acceptOf(m.Call), wire.CallGone)
	ana.refused(end(m.Call), wire.CallGone)
	if d := defaultLimits().ring; d != 45*time.Second {
		t.Errorf("a call rings for %v", d)
	}
}

// Two who ring at each other have one call: the first.
func TestCallsCross(t *testing.T) {
	r := start(t, withLimits(eager))
	ana, ben, cat := join(t, r, "Ana"), join(t, r, "Ben"), join(t, r, "Cat")
	first, second := rings(ana, ben), ringTo(ana)
	same := *second
	same.Member = first.Member
	ben.refused(&same, wire.MemberTaken)
	p := want[*wire.CallPlaced](ben, second)
	if p.Call != first.Call || p.With == nil || p.With.Member != first.Member || p.Relay == nil || !p.Video {
		t.Errorf("placed: %+v", p)
	}
	if again := want[*wire.CallPlaced](ben, second); again.Call != first.Call || again.With == nil {
		t.Errorf("once more: %+v", again)
	}
	got := expect[*wire.CallAnswered](ana)
	if got.Call != first.Call || got.With.Member != second.Member {
		t.Errorf("answered: %+v", got)
	}
	want[*wire.OK](ben, needOffer(p.With.Address, first.Call))
	ben.refused(needOffer(p.With.Address, second.Call), wire.NotInChannel)
	cat.refused(end(second.Call), wire.CallGone)
	ana.refused(end(second.Call), wire.CallGone) // whom nobody has told of it
	want[*wire.OK](ben, end(second.Call))        // who hung up before the answer came
	ana.hears(first.Call, wire.CallLeft)
}

// A user sits in one place: taking a call leaves the channel, and joining one leaves the call.
func TestCallIsAPlace(t *testing.T) {
	r := start(t, withLimits(eager))
	ana, ben, cat := join(t, r, "Ana"), join(t, r, "Ben"), join(t, r, "Cat")
	general := ana.channel("General")
	_, a := ana.sit(general)
	_, b := ben.sit(general)
	cat.told()
	m := rings(ana, ben)
	want[*wire.OK](ana, needOffer(b, general)) // it only rings
	if told := cat.told(); len(told) != 0 {
		t.Errorf("Cat was told: %v", told)
	}
	want[*wire.CallPlaced](ben, acceptOf(m.Call))
	for _, seat := range []wire.Address{a, b} {
		if left := expect[*wire.MemberLeft](cat); left.Member != seat || left.Reason != wire.LeftMoved {
			t.Errorf("left: %+v", left)
		}
		if u := expect[*wire.UserChanged](cat).User; u.ID != seat.User || u.Channel != "" {
			t.Errorf("user: %+v", u)
		}
	}
	ana.refused(&wire.VoiceLeave{}, wire.NotInChannel)
	ana.refused(needOffer(b, general), wire.NotInChannel)
	want[*wire.Turn](ana, &wire.TurnGet{})
	// What is refused ends nothing.
	ana.refused(&wire.VoiceJoin{Channel: "nowhere", Member: identity.NewMemberID(), Nonce: identity.NewChallenge()}, wire.NotFound)
	want[*wire.Turn](ben, &wire.TurnGet{})
	ana.sit(general) // as one does who has not heard of the answer yet
	ana.hears(m.Call, wire.CallLeft)
	ben.hears(m.Call, wire.CallLeft)
	want[*wire.Turn](ana, &wire.TurnGet{})
	ben.refused(&wire.TurnGet{}, wire.NotInChannel)
	// Whom it rings at may join a channel; then they are in both, and taking it is a move.
	m = rings(ben, ana)
	ana.sit(ana.channel("Games"))
	want[*wire.CallPlaced](ana, acceptOf(m.Call))
	if roster := want[*wire.Roster](cat, &wire.RosterGet{Channel: ana.channel("Games")}); len(roster.Members) != 0 {
		t.Errorf("still in the channel: %+v", roster)
	}
}

// A third person, who even knows the call's id and both addresses, neither comes in nor learns that there is such a call. What
// is refused to them is allowed to one of the two.
func TestCallThird(t *testing.T) {
	r := start(t, withLimits(eager))
	ana, ben, eve := join(t, r, "Ana"), join(t, r, "Ben"), join(t, r, "Eve")
	m := rings(ana, ben)
	none := identity.NewMemberID()
	for _, id := range []string{m.Call, none} {
		eve.refused(acceptOf(id), wire.CallGone)
		eve.refused(end(id), wire.CallGone)
	}
	yes := acceptOf(m.Call)
	p := want[*wire.CallPlaced](ben, yes)
	a, b := p.With.Address, wire.Address{User: ben.id(), Member: yes.Member}
	for _, id := range []string{m.Call, none} {
		eve.refused(acceptOf(id), wire.CallGone)
		eve.refused(end(id), wire.CallGone)
		eve.refused(needOffer(a, id), wire.NotInChannel)
		for _, own := range []string{identity.NewMemberID(), b.Member} {
			here := &wire.CallHere{Call: id, Member: own, Nonce: yes.Nonce, With: a}
			if p := want[*wire.CallPlaced](eve, here); p.With != nil || p.Relay != nil {
				t.Errorf("here: %+v", p)
			}
			eve.refused(needOffer(a, id), wire.NoPeer)
			eve.refused(needOffer(b, id), wire.NoPeer)
			want[*wire.OK](eve, end(id))
		}
	}
	want[*wire.OK](ben, needOffer(a, m.Call))
	if got := expect[*wire.NeedOffer](ana); got.From != b {
		t.Errorf("from: %+v", got)
	}
	if told := append(ana.told(), eve.told()...); len(told) != 0 {
		t.Errorf("told: %v", told)
	}
	// Nor when one of the two is away.
	r.inside(func(h *hub) { h.end(h.users[ben.id()].session, wire.LeftLost) })
	ana.hears(m.Call, wire.CallLost)
	want[*wire.CallPlaced](eve, again(m.Call, b, a, yes.Nonce))
	eve.refused(needOffer(a, m.Call), wire.NoPeer)
	ana.refused(needOffer(wire.Address{User: eve.id(), Member: b.Member}, m.Call), wire.NoPeer)
	ben.redial()
	if err := ben.tryLogin("Ben", ""); err != nil {
		t.Fatal(err)
	}
	if p := want[*wire.CallPlaced](ben, again(m.Call, b, a, yes.Nonce)); p.With == nil || p.With.Address != a {
		t.Errorf("Ben is back: %+v", p)
	}
	want[*wire.OK](ben, needOffer(a, m.Call))
}

// A call outlives the server: both say that they are in it.
func TestCallRestart(t *testing.T) {
	checkLeaks(t)
	dir := t.TempDir()
	r := startIn(t, dir)
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	call, a, b := calls(ana, ben)
	ana.conn.Close()
	ben.conn.Close()
	r.stop()

	r = startIn(t, dir, withLimits(eager))
	back := func(c *client, name string) {
		t.Helper()
		c.link = r.invite()
		c.redial()
		if err := c.tryLogin(name, ""); err != nil {
			t.Fatal(err)
		}
	}
	back(ana, "Ana")
	back(ben, "Ben")
	nonceA, nonceB := wire.Bytes(identity.NewChallenge()), wire.Bytes(identity.NewChallenge())
	ana.refused(again(call, a, wire.Address{User: strings.Repeat("a", 32), Member: b.Member}, nonceA), wire.NotFound)
	ana.refused(again(call, a, a, nonceA), wire.NotFound)
	ana.refused(again(call, a, wire.Address{User: b.User, Member: a.Member}, nonceA), wire.MemberTaken)
	for range 2 { // the same word once more is no other
		if p := want[*wire.CallPlaced](ana, again(call, a, b, nonceA)); p.With != nil || p.Relay != nil {
			t.Errorf("the first: %+v", p)
		}
	}
	want[*wire.Turn](ana, &wire.TurnGet{})
	ana.refused(needOffer(b, call), wire.NoPeer)
	ana.refused(again(call, a, b, nonceB), wire.InCall)
	ana.refused(again(identity.NewMemberID(), a, b, nonceA), wire.InCall)
	other := wire.Address{User: b.User, Member: identity.NewMemberID()}
	for what, m := range map[string]*wire.CallHere{
		"another id":        again(identity.NewMemberID(), b, a, nonceB),
		"another member":    again(call, other, a, nonceB),
		"with another seat": again(call, b, wire.Address{User: a.User, Member: other.Member}, nonceB),
	} {
		if p := want[*wire.CallPlaced](ben, m); p.With != nil {
			t.Errorf("%s: %+v", what, p)
		}
		ben.refused(needOffer(a, m.Call), wire.NoPeer)
		want[*wire.OK](ben, end(m.Call))
	}
	p := want[*wire.CallPlaced](ben, again(call, b, a, nonceB))
	if p.With == nil || p.With.Address != a || string(p.With.Nonce) != string(nonceA) || p.Relay == nil {
		t.Fatalf("the second: %+v", p)
	}
	if m := expect[*wire.CallAnswered](ana); m.Call != call || m.With.Address != b || string(m.With.Nonce) != string(nonceB) || m.Relay == nil {
		t.Errorf("the first was told %+v", m)
	}
	want[*wire.OK](ana, needOffer(b, call))
	want[*wire.OK](ben, needOffer(a, call))

	// The same when only one was lost; then the nonce is known.
	r.inside(func(h *hub) { h.end(h.users[ben.id()].session, wire.LeftLost) })
	ana.hears(call, wire.CallLost)
	back(ben, "Ben")
	if p := want[*wire.CallPlaced](ben, again(call, b, a, nonceA)); p.With != nil {
		t.Errorf("another nonce: %+v", p)
	}
	want[*wire.OK](ben, end(call))
	if p := want[*wire.CallPlaced](ben, again(call, b, a, nonceB)); p.With == nil {
		t.Errorf("back: %+v", p)
	}
	expect[*wire.CallAnswered](ana)
	// Who hangs up meanwhile is not waited for.
	r.inside(func(h *hub) { h.end(h.users[ben.id()].session, wire.LeftLost) })
	want[*wire.OK](ana, end(call))
	back(ben, "Ben")
	ben.refused(again(call, b, a, nonceB), wire.CallGone)
	calls(ben, ana)
}

// Somebody who is in a call, and has not said so yet, is rung at by another.
func TestCallHereWhileItRings(t *testing.T) {
	r := start(t)
	ana, ben, cat := join(t, r, "Ana"), join(t, r, "Ben"), join(t, r, "Cat")
	m := rings(cat, ben)
	a, b := wire.Address{User: ana.id(), Member: identity.NewMemberID()}, wire.Address{User: ben.id(), Member: identity.NewMemberID()}
	cat.refused(again(identity.NewMemberID(), wire.Address{Member: identity.NewMemberID()}, a, identity.NewChallenge()), wire.InCall)
	general := ben.channel("General")
	ben.sit(general)
	want[*wire.CallPlaced](ben, again(someCall, b, a, identity.NewChallenge()))
	cat.hears(m.Call, wire.MissedBusy)
	ben.misses(m.Call, wire.MissedBusy)
	ben.refused(&wire.VoiceLeave{}, wire.NotInChannel)
	// Whom the other half waits for is gone for good.
	boss := owner(t, r)
	want[*wire.OK](boss, &wire.Kick{User: ana.id()})
	ben.hears(someCall, wire.CallKicked)
	calls(ben, cat)
}

// Who has lost events asks: it tells whether it rings here still, and how the call stands that was made here.
func TestCallAfterAGap(t *testing.T) {
	r := start(t, withLimits(eager))
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	m := rings(ana, ben)
	for _, c := range []*client{ana, ben} {
		c.told()
		want[*wire.OK](c, &wire.SnapshotGet{})
	}
	if in := expect[*wire.CallIncoming](ben); in.Call != m.Call || in.From.Member != m.Member || !in.Video {
		t.Errorf("incoming: %+v", in)
	}
	if p := want[*wire.CallPlaced](ana, m); p.With != nil {
		t.Errorf("placed: %+v", p)
	}
	want[*wire.OK](ben, end(m.Call))
	ana.refused(m, wire.CallGone)
	for _, c := range []*client{ana, ben} {
		c.told()
		want[*wire.OK](c, &wire.SnapshotGet{})
	}
	if told := append(ana.told(), ben.told()...); len(told) != 0 {
		t.Errorf("told %v", told)
	}
	call, _, _ := calls(ana, ben)
	want[*wire.OK](ben, end(call))
	m = ringTo(ben)
	m.Call = call
	ana.refused(m, wire.CallGone)
	rings(ana, ben)
}

// A connection that breaks changes nothing: it rings when the client is back, and the answer waits for the caller.
func TestCallResume(t *testing.T) {
	r := start(t)
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	expect[*wire.CallMissed](ana)
	expect[*wire.CallMissed](ben)
	ana.told()
	ben.told()
	ben.conn.Close()
	m := ringTo(ben)
	want[*wire.CallPlaced](ana, m)
	resume := func(c *client) {
		t.Helper()
		c.redial()
		if err := c.tryResume(); err != nil || !c.welcome.Resumed {
			t.Fatalf("resume: %v", err)
		}
	}
	resume(ben)
	if in := expect[*wire.CallIncoming](ben); in.Call != m.Call {
		t.Errorf("incoming: %+v", in)
	}
	ana.conn.Close()
	want[*wire.CallPlaced](ben, acceptOf(m.Call))
	resume(ana)
	if got := expect[*wire.CallAnswered](ana); got.Call != m.Call {
		t.Errorf("answered: %+v", got)
	}
	for _, c := range []*client{ana, ben} {
		for _, k := range c.told() {
			if k == "call.missed" {
				t.Error("missed calls were told after a resume")
			}
		}
	}
}

// Nobody is rung to death, and who rings too much can still do anything else.
func TestCallRate(t *testing.T) {
	clock := newClock()
	r := start(t, clock.use)
	ana, ben, cat := join(t, r, "Ana"), join(t, r, "Ben"), join(t, r, "Cat")
	n := 0
	for ; n < 20; n++ {
		m := ringTo(ben)
		if e, ok := ana.ask(m).(*wire.Error); ok {
			if e.Code != wire.RateLimited {
				t.Fatal(e)
			}
			break
		}
		want[*wire.OK](ana, end(m.Call))
	}
	if n != 5 {
		t.Errorf("%d rings in a row", n)
	}
	m := rings(cat, ana)
	want[*wire.CallPlaced](ana, acceptOf(m.Call))
	want[*wire.OK](ana, end(m.Call))
	clock.advance(6 * time.Second)
	want[*wire.CallPlaced](ana, ringTo(ben))
}

func TestCallSeen(t *testing.T) {
	checkLeaks(t)
	dir := t.TempDir()
	r := startIn(t, dir, withLimits(eager))
	boss, ben := owner(t, r), join(t, r, "Ben")
	if m := expect[*wire.CallMissed](ben); !m.All || len(m.Missed) != 0 {
		t.Errorf("a new member has missed %+v", m)
	}
	want[*wire.OK](ben, &wire.PresenceSet{Status: wire.Busy})
	var first, last string
	for i := range wire.MaxMissed + 1 {
		m := ringTo(ben)
		boss.refused(m, wire.UserDND)
		if last = m.Call; i == 1 {
			first = m.Call
		}
	}
	want[*wire.OK](boss, &wire.NameSet{Name: "Olga II"})
	boss.conn.Close()
	ben.conn.Close()
	r.stop()

	r = startIn(t, dir)
	login := func() *wire.CallMissed {
		t.Helper()
		ben.link = r.invite()
		ben.redial()
		if err := ben.tryLogin("Ben", ben.link.Secret); err != nil {
			t.Fatal(err)
		}
		return expect[*wire.CallMissed](ben)
	}
	m := login()
	if n := len(m.Missed); !m.All || n != wire.MaxMissed || m.Missed[0].Call != first || m.Missed[n-1].Call != last || m.Missed[0].Name != "Olga II" {
		t.Errorf("after a restart: %d %+v", n, m)
	}
	want[*wire.OK](ben, &wire.CallSeen{})
	if m := login(); !m.All || len(m.Missed) != 0 {
		t.Errorf("what was seen came again: %+v", m)
	}
	// Who is removed, and comes back, has missed nothing.
	boss.link = r.invite()
	boss.redial()
	if err := boss.tryLogin("Olga", ""); err != nil {
		t.Fatal(err)
	}
	want[*wire.OK](ben, &wire.PresenceSet{Status: wire.Busy})
	boss.refused(ringTo(ben), wire.UserDND)
	want[*wire.OK](boss, &wire.Kick{User: ben.id()})
	invite := want[*wire.Invites](boss, &wire.InviteCreate{}).Invites[0]
	ben.link = parseLink(t, invite.URL)
	ben.redial()
	if err := ben.tryLogin("Ben", ben.link.Secret); err != nil {
		t.Fatal(err)
	}
	if m := expect[*wire.CallMissed](ben); len(m.Missed) != 0 {
		t.Errorf("missed before the removal: %+v", m)
	}
}
