package server

import (
	"testing"

	"parley/identity"
	"parley/wire"
)

// The whole way: two people come by an invite, meet in a channel, and pass each other a message.
func TestTwoMeet(t *testing.T) {
	r := start(t)
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	if ana.hello.Name != "Test" || ana.welcome.User != ana.id() || ana.welcome.Role != wire.RoleMember {
		t.Errorf("welcome: %+v", ana.welcome)
	}
	if u := expect[*wire.UserChanged](ana).User; u.Name != "Ben" || u.Status != wire.Online {
		t.Errorf("Ana sees %+v", u)
	}
	if len(ben.snap.Users) != 2 || len(ben.snap.Channels) != 2 || ben.snap.Channels[1].Name != "Games" {
		t.Errorf("Ben's snapshot: %+v", ben.snap)
	}

	general := ana.channel("General")
	roster, a := ana.sit(general)
	if roster.Seq != 1 || len(roster.Members) != 1 || roster.Relay == nil || roster.Relay.Username == "" {
		t.Errorf("Ana's roster: %+v", roster)
	}
	roster, b := ben.sit(general)
	if len(roster.Members) != 2 || roster.Members[0].Address != a || roster.Members[1].Name != "Ben" {
		t.Errorf("Ben's roster: %+v", roster)
	}
	if m := expect[*wire.MemberJoined](ana); m.Member.Address != a || m.Seq != 1 {
		t.Errorf("Ana's own joining: %+v", m)
	}
	if m := expect[*wire.MemberJoined](ana); m.Member.Address != b || m.Seq != 2 || m.Member.Key.String() != identity.FormatKey(ben.key.Public()) {
		t.Errorf("Ana sees %+v join", m)
	}

	// A false sender is overwritten.
	ben.write(wire.Envelope{Body: &wire.Candidate{Route: wire.Route{To: a, From: a, Channel: general}, Candidate: "x", Mid: "0"}})
	if m := expect[*wire.Candidate](ana); m.From != b || m.Candidate != "x" {
		t.Errorf("relayed: %+v", m)
	}
	want[*wire.OK](ben, &wire.VoiceLeave{})
	if m := expect[*wire.MemberLeft](ana); m.Member != b || m.Reason != wire.LeftSelf || m.Seq != 3 {
		t.Errorf("Ana sees %+v leave", m)
	}
	r.stop()
	if reason := ana.goaway(); reason != wire.ReasonShutdown {
		t.Errorf("the last word was %q", reason)
	}
}
