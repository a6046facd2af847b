package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/identity"
	"parley/wire"
)

func TestChannelHoldsEight(t *testing.T) {
	r := start(t)
	var people []*client
	for i := range wire.MaxMembers + 1 {
		people = append(people, join(t, r, fmt.Sprint("P", i)))
	}
	general := people[0].channel("General")
	for _, p := range people[:wire.MaxMembers] {
		p.sit(general)
	}
	late := people[wire.MaxMembers]
	join := &wire.VoiceJoin{Channel: general, Member: identity.NewMemberID(), Nonce: identity.NewChallenge()}
	late.refused(join, wire.ChannelFull)
	// Who sits there already may join anew: the place is their own.
	if roster, _ := people[3].sit(general); len(roster.Members) != wire.MaxMembers {
		t.Errorf("%d members", len(roster.Members))
	}
	want[*wire.OK](people[0], &wire.VoiceLeave{})
	want[*wire.Roster](late, join)
	late.sit(late.channel("Games"))
}

func TestOnePlace(t *testing.T) {
	r := start(t)
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	general, games := ana.channel("General"), ana.channel("Games")
	_, first := ana.sit(general)
	roster, second := ana.sit(games)
	if len(roster.Members) != 1 || roster.Seq != 1 {
		t.Errorf("Games: %+v", roster)
	}
	if m := expect[*wire.MemberLeft](ben); m.Channel != general || m.Member != first || m.Reason != wire.LeftMoved || m.Seq != 2 {
		t.Errorf("left: %+v", m)
	}
	if m := expect[*wire.MemberJoined](ben); m.Channel != games || m.Member.Address != second {
		t.Errorf("joined: %+v", m)
	}
	if got := want[*wire.Roster](ben, &wire.RosterGet{Channel: general}); len(got.Members) != 0 || got.Seq != 2 || got.Relay != nil {
		t.Errorf("General: %+v", got)
	}
	ben.refused(&wire.RosterGet{Channel: "nowhere"}, wire.NotFound)
	ben.refused(&wire.VoiceJoin{Channel: "nowhere", Member: identity.NewMemberID(), Nonce: identity.NewChallenge()}, wire.NotFound)
}

func TestMemberID(t *testing.T) {
	r := start(t)
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	general := ana.channel("General")
	join := &wire.VoiceJoin{Channel: general, Member: identity.NewMemberID(), Nonce: identity.NewChallenge()}
	want[*wire.Roster](ana, join)
	ana.refused(&wire.VoiceJoin{Channel: general, Member: join.Member, Nonce: identity.NewChallenge()}, wire.MemberTaken)
	ana.refused(&wire.VoiceJoin{Channel: ana.channel("Games"), Member: join.Member, Nonce: join.Nonce}, wire.MemberTaken)
	// The very same join is no news to anybody, but for the switches.
	again := *join
	again.Muted = true
	if roster := want[*wire.Roster](ana, &again); roster.Seq != 2 || len(roster.Members) != 1 || !roster.Members[0].Muted {
		t.Errorf("again: %+v", roster)
	}
	if roster := want[*wire.Roster](ana, &again); roster.Seq != 2 || roster.Relay == nil {
		t.Errorf("once more: %+v", roster)
	}
	ben.sit(general)
}

// Somebody who comes under another's member id, which everyone can see, takes neither their place nor their messages.
func TestBorrowedMemberID(t *testing.T) {
	r := start(t)
	eve, ana, ben := join(t, r, "Eve"), join(t, r, "Ana"), join(t, r, "Ben")
	general := ana.channel("General")
	member := identity.NewMemberID()
	for _, c := range []*client{eve, ana} { // as after a restart, with Eve the faster one
		want[*wire.Roster](c, &wire.VoiceJoin{Channel: general, Member: member, Nonce: identity.NewChallenge()})
	}
	roster, b := ben.sit(general)
	if len(roster.Members) != 3 || roster.Members[1].Address != (wire.Address{User: ana.id(), Member: member}) {
		t.Errorf("roster: %+v", roster)
	}
	for i, c := range []*client{ana, eve} {
		to := wire.Address{User: c.id(), Member: member}
		want[*wire.OK](ben, &wire.NeedOffer{Route: wire.Route{To: to, Channel: general}, Generation: uint32(i)})
		if m := expect[*wire.NeedOffer](c); m.From != b || m.To != to || m.Generation != uint32(i) {
			t.Errorf("%d got %+v", i, m)
		}
	}
	want[*wire.OK](eve, &wire.VoiceLeave{})
	left := expect[*wire.MemberLeft](ben)
	if left.Member.User != eve.id() {
		t.Errorf("left: %+v", left)
	}
	if roster := want[*wire.Roster](ben, &wire.RosterGet{Channel: general}); len(roster.Members) != 2 {
		t.Errorf("roster: %+v", roster)
	}
}

func TestSwitchesAndNames(t *testing.T) {
	r := start(t)
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	ana.refused(&wire.VoiceState{Muted: true}, wire.NotInChannel)
	ana.refused(&wire.VoiceLeave{}, wire.NotInChannel)
	ana.refused(&wire.TurnGet{}, wire.NotInChannel)
	ana.sit(ana.channel("General"))
	if turn := want[*wire.Turn](ana, &wire.TurnGet{}); turn.TTL != 3600 || !strings.HasSuffix(turn.Username, ":"+ana.id()) || len(turn.URLs) != 5 {
		t.Errorf("turn: %+v", turn)
	}
	want[*wire.OK](ana, &wire.VoiceState{Muted: true, Deafened: true})
	if m := expect[*wire.MemberChanged](ben).Member; !m.Muted || !m.Deafened || m.Name != "Ana" {
		t.Errorf("switches: %+v", m)
	}
	want[*wire.OK](ana, &wire.NameSet{Name: " A\u202en\u200ba  B. "})
	if m := expect[*wire.MemberChanged](ben); m.Member.Name != "Ana B." || m.Seq != 3 {
		t.Errorf("name: %+v", m)
	}
	ana.refused(&wire.NameSet{Name: " \u200b\u2066 "}, wire.BadMessage)
	want[*wire.OK](ana, &wire.PresenceSet{Status: wire.Busy})
	for {
		if u := expect[*wire.UserChanged](ben).User; u.Status == wire.Busy {
			if u.Name != "Ana B." || u.Channel != ana.channel("General") {
				t.Errorf("presence: %+v", u)
			}
			break
		}
	}
}

// Messages between peers go to a member of one's own channel, and nowhere else.
func TestRelayed(t *testing.T) {
	r := start(t)
	ana, ben, cat := join(t, r, "Ana"), join(t, r, "Ben"), join(t, r, "Cat")
	general, games := ana.channel("General"), ana.channel("Games")
	_, a := ana.sit(general)
	_, b := ben.sit(general)
	_, c := cat.sit(games)
	to := func(to wire.Address, channel string) *wire.NeedOffer {
		return &wire.NeedOffer{Route: wire.Route{To: to, Channel: channel}, Generation: 7}
	}
	ana.refused(to(c, general), wire.NoPeer)
	ana.refused(to(c, games), wire.NotInChannel)
	ana.refused(to(a, general), wire.NoPeer)
	ana.refused(to(wire.Address{User: a.User, Member: b.Member}, general), wire.NoPeer)
	ana.refused(to(wire.Address{User: b.User, Member: a.Member}, general), wire.NoPeer)
	want[*wire.OK](ana, to(b, general))
	if m := expect[*wire.NeedOffer](ben); m.From != a || m.Generation != 7 {
		t.Errorf("Ben got %+v", m)
	}
	// Without an id nobody waits for an answer, not even for a refusal.
	ana.write(wire.Envelope{Body: to(c, general)})
	ana.write(wire.Envelope{Body: &wire.Offer{Route: wire.Route{To: b, Channel: general}, SDP: "<sdp>", Signature: make(wire.Bytes, 64)}})
	ana.write(wire.Envelope{Body: &wire.Answer{Route: wire.Route{To: b, Channel: general}, SDP: "v=0", Signature: make(wire.Bytes, 64)}})
	want[*wire.OK](ana, &wire.PresenceSet{Status: wire.Away})
	if m := expect[*wire.Offer](ben); m.From != a || m.SDP != "<sdp>" {
		t.Errorf("Ben got %+v", m)
	}
	if m := expect[*wire.Answer](ben); m.From != a {
		t.Errorf("Ben got %+v", m)
	}
	if slices.ContainsFunc(ana.events, func(e wire.Envelope) bool { return e.Seq == 0 }) {
		t.Errorf("Ana got an answer: %+v", ana.events)
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"Ana":                             "Ana",
		"  Ana \t\n Maria  ":              "Ana Maria",
		"A\u0000n\u001b[31ma\u007f":       "An[31ma",
		"\u202eevil\u202c":                "evil",
		"\u2066a\u2069\u200b\u200d\ufeff": "a",
		"\u3164\u115f\u2800\u034f":        "",
		"\u2028x\u2029y":                  "x y",
		"e\u0301\u0301\u0301\u0301\u0301": "é\u0301\u0301",
		"Z\u0316\u0317\u0318\u0319\u031a": "Z\u0316\u0317",
		strings.Repeat("ab", 40):          strings.Repeat("ab", 16),
		strings.Repeat("a", 31) + " b":    strings.Repeat("a", 31),
		"山田 太郎":                           "山田 太郎",
		"\xff\xfe":                        "",
		"<b>&amp;\"'":                     "<b>&amp;\"'",
		"👩\u200d💻\ufe0f":                  "👩💻",
		"\U000e0041\U000e0042tag":         "tag",
		strings.Repeat("\U0001F600", 33):  strings.Repeat("\U0001F600", 32),
		"\ue000private\U000f0000":         "private",
	} {
		if got := cleanName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Who speaks is told to everyone, in no sequence, and forgotten with the connection.
func TestSpeaking(t *testing.T) {
	r := start(t)
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	general := ana.channel("General")
	ana.refused(&wire.VoiceSpeaking{On: true}, wire.NotInChannel)
	_, seat := ana.sit(general)
	say := func(on bool) { ana.write(wire.Envelope{Body: &wire.VoiceSpeaking{On: on}}) }
	heard := func(what string, on bool) {
		t.Helper()
		if m := expect[*wire.MemberSpeaking](ben); m.Channel != general || m.Member != seat || m.On != on {
			t.Errorf("%s: %+v", what, m)
		}
	}
	say(true)
	say(true) // is no news
	heard("begins", true)
	say(false)
	heard("ends", false)
	say(true)
	heard("begins again", true)
	if late := join(t, r, "Cy"); len(late.snap.Rosters) != 1 || !late.snap.Rosters[0].Members[0].Speaking {
		t.Errorf("who comes later sees %+v", late.snap.Rosters)
	}
	want[*wire.OK](ana, &wire.VoiceState{Muted: true})
	if m := expect[*wire.MemberChanged](ben); m.Member.Speaking || !m.Member.Muted || m.Seq != 2 {
		t.Errorf("muted: %+v", m)
	}
	want[*wire.OK](ana, &wire.VoiceSpeaking{On: true}) // while muted: a lie
	want[*wire.OK](ana, &wire.VoiceState{})
	if m := expect[*wire.MemberChanged](ben); m.Member.Speaking || m.Seq != 3 {
		t.Errorf("unmuted: %+v", m)
	}
	say(true)
	heard("after the mute", true)
	ana.conn.Close()
	heard("the connection is gone", false)
	ana.redial()
	if err := ana.tryResume(); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		say(true)
		say(false)
	}
	ana.refused(&wire.VoiceSpeaking{On: true}, wire.RateLimited)
	want[*wire.OK](ana, &wire.VoiceState{Deafened: true}) // its own rate: nothing else suffers
}

// A client that does not read is spared who speaks, and not dropped for it.
func TestSpeakingIsSparedToTheSlow(t *testing.T) {
	o := newOutbox(nil, defaultLimits())
	for range 1000 {
		o.offer([]byte("x"))
	}
	if len(o.queue) != offerLimit || !o.push([]byte("y")) {
		t.Errorf("%d wait", len(o.queue))
	}
}
