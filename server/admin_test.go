package server

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/wire"
)

func (r *running) channelNames() (names []string) {
	r.inside(func(h *hub) {
		for _, c := range h.channels {
			names = append(names, c.name)
		}
	})
	return names
}

func TestChannels(t *testing.T) {
	r := start(t, withLimits(eager), withLimits(func(l *limits) { l.channels = 4 }))
	boss, ben := owner(t, r), join(t, r, "Ben")
	music := want[*wire.ChannelChanged](boss, wire.ChannelAdd{Name: " Mu\u200bsic "}).Channel
	if music.Name != "Music" || music.Position != 2 {
		t.Errorf("added: %+v", music)
	}
	if got := expect[*wire.ChannelChanged](ben).Channel; got != music {
		t.Errorf("Ben sees %+v", got)
	}
	boss.refused(wire.ChannelAdd{Name: "music"}, wire.NameTaken)
	boss.refused(wire.ChannelAdd{Name: "\u200b"}, wire.BadMessage)
	want[*wire.ChannelChanged](boss, wire.ChannelAdd{Name: "Four"})
	boss.refused(wire.ChannelAdd{Name: "Five"}, wire.LimitReached)

	want[*wire.OK](boss, wire.ChannelRename{Channel: music.ID, Name: "MUSIC"})
	boss.refused(wire.ChannelRename{Channel: music.ID, Name: "general"}, wire.NameTaken)
	want[*wire.OK](boss, wire.ChannelMove{Channel: music.ID, Position: 0})
	if got := r.channelNames(); !slices.Equal(got, []string{"MUSIC", "General", "Games", "Four"}) {
		t.Errorf("order: %v", got)
	}
	want[*wire.OK](boss, wire.ChannelMove{Channel: music.ID, Position: 1000})
	if got := r.channelNames(); !slices.Equal(got, []string{"General", "Games", "Four", "MUSIC"}) {
		t.Errorf("order: %v", got)
	}

	_, a := ben.sit(music.ID)
	ben.events = nil
	want[*wire.OK](boss, wire.ChannelRemove{Channel: music.ID})
	if m := expect[*wire.MemberLeft](ben); m.Member != a || m.Reason != wire.LeftRemoved {
		t.Errorf("left: %+v", m)
	}
	if m := expect[*wire.ChannelRemoved](ben); m.Channel != music.ID {
		t.Errorf("removed: %+v", m)
	}
	ben.refused(wire.VoiceLeave{}, wire.NotInChannel)
	boss.refused(wire.ChannelRemove{Channel: music.ID}, wire.NotFound)
	for _, c := range boss.snap.Channels {
		want[*wire.OK](boss, wire.ChannelRemove{Channel: c.ID})
	}
}

func TestInvites(t *testing.T) {
	clock := newClock()
	r := start(t, clock.use, withLimits(eager), withLimits(func(l *limits) { l.invites, l.users = 3, 5 }))
	boss := owner(t, r)
	create := func(m wire.InviteCreate) (string, wire.Invite) {
		t.Helper()
		i := want[*wire.Invites](boss, m).Invites[0]
		return parseLink(t, i.URL).Secret, i
	}
	enter := func(name, secret string) error {
		return dial(t, r.invite(), newKey(t)).tryLogin(name, secret)
	}
	code := func(what string, err error, want wire.Code) {
		t.Helper()
		if wire.CodeOf(err) != want {
			t.Errorf("%s: %v", what, err)
		}
	}
	once, made := create(wire.InviteCreate{Uses: 1})
	if made.Uses != 1 || made.Used != 0 || time.Unix(made.Expires, 0).Sub(clock.now()).Round(time.Minute) != defaultExpires {
		t.Errorf("made: %+v", made)
	}
	code("no invite", enter("A", ""), wire.InviteNeeded)
	code("an unknown invite", enter("A", "nonsense"), wire.InviteInvalid)
	code("an empty name", enter("\u200b", once), wire.BadMessage) // and no use is lost
	code("the first", enter("A", once), "")
	code("the second of one", enter("B", once), wire.InviteUsedUp)

	day, _ := create(wire.InviteCreate{Uses: 5, ExpiresS: 86400})
	revoked, list := create(wire.InviteCreate{})
	want[*wire.OK](boss, wire.InviteRevoke{Invite: list.ID})
	boss.refused(wire.InviteRevoke{Invite: list.ID}, wire.NotFound)
	code("revoked", enter("B", revoked), wire.InviteInvalid)
	code("within a day", enter("B", day), "")
	got := want[*wire.Invites](boss, wire.InviteList{}).Invites
	if len(got) != 2 || got[0].Used != 1 || got[0].URL != "" || got[1].Uses != defaultUses { // and the one of the start
		t.Errorf("list: %+v", got)
	}
	clock.advance(24 * time.Hour)
	code("after a day", enter("C", day), wire.InviteExpired)

	create(wire.InviteCreate{})
	create(wire.InviteCreate{})
	last, _ := create(wire.InviteCreate{})
	boss.refused(wire.InviteCreate{}, wire.LimitReached)
	code("there is room", enter("C", last), "")
	code("there is room", enter("D", last), "")
	code("the house is full", enter("E", last), wire.LimitReached)
}

func TestClaim(t *testing.T) {
	r := start(t)
	ana, ben := join(t, r, "Ana"), join(t, r, "Ben")
	ana.refused(wire.Claim{Secret: "guess"}, wire.ClaimInvalid)
	ana.refused(wire.InviteList{}, wire.NotAllowed)
	want[*wire.OK](ana, wire.Claim{Secret: r.Ready().OwnerClaim})
	want[*wire.Invites](ana, wire.InviteList{})
	ben.refused(wire.Claim{Secret: r.Ready().OwnerClaim}, wire.ClaimInvalid)
	ana.refused(wire.Kick{User: ana.id()}, wire.NotAllowed)
	ana.refused(wire.Kick{User: someUser}, wire.NotFound)
	for {
		if u := expect[*wire.UserChanged](ben).User; u.ID == ana.id() && u.Role == wire.RoleOwner {
			break
		}
	}
	want[*wire.OK](ana, wire.Kick{User: ben.id()})
	if m := expect[*wire.UserRemoved](ana); m.User != ben.id() {
		t.Errorf("removed: %+v", m)
	}
}

// The biggest server that the limits allow still fits into messages.
func TestBigSnapshot(t *testing.T) {
	l := defaultLimits()
	h := &hub{limits: l, users: map[string]*user{}}
	name := cleanName(fmt.Sprintf("%032d", 0))
	long := ""
	for range maxNameRunes {
		long += "\U0001F600"
	}
	if cleanName(long) != long || len(name) != maxNameRunes {
		t.Fatal("the names are not the longest")
	}
	for i := range l.users {
		id := fmt.Sprintf("%032d", i)
		id = string([]byte("abcdefghij")[i%10:i%10+1]) + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		u := &user{id: id, key: make([]byte, 32), name: long, role: wire.RoleMember}
		h.users[fmt.Sprint(i)] = u
	}
	for i := range l.channels {
		c := &channel{id: fmt.Sprintf("channel%05d", i), name: long, seq: 1 << 60}
		for range wire.MaxMembers {
			m := somebody
			m.Name, m.Muted, m.Deafened = long, true, true
			c.members = append(c.members, &member{wire: m})
		}
		h.channels = append(h.channels, c)
	}
	bytes, users, rosters := 0, 0, 0
	parts := h.snapshot()
	for i, p := range parts {
		data, err := wire.Encode(wire.Envelope{Seq: 1 << 60, Body: p})
		if err != nil {
			t.Fatal(err)
		}
		if p.Part != i || p.Last != (i == len(parts)-1) {
			t.Errorf("part %d of %d: %d %v", i, len(parts), p.Part, p.Last)
		}
		bytes += len(data)
		users += len(p.Users)
		rosters += len(p.Rosters)
	}
	if users != l.users || rosters != l.channels {
		t.Errorf("%d users, %d rosters", users, rosters)
	}
	if bytes > l.queueBytes || len(parts) > l.queueCount {
		t.Errorf("%d bytes in %d parts: more than a client's queue holds", bytes, len(parts))
	}
	t.Logf("%d bytes in %d parts", bytes, len(parts))

	var list wire.Invites
	for range l.invites + startInvites {
		list.Invites = append(list.Invites, wire.Invite{ID: newID(), Uses: wire.MaxUses, Used: wire.MaxUses - 1, Expires: 9999999999})
	}
	if _, err := wire.Encode(wire.Envelope{Re: 1 << 31, Body: list}); err != nil {
		t.Error(err)
	}
}
