package server

import (
	"testing"
	"time"

	"parley/identity"
	"parley/wire"
)

// Who may send a type of message.
const (
	opening  = "opening"  // in the handshake only
	members  = "members"  // everyone who is logged in
	owners   = "owners"   // owners only
	nobody   = "nobody"   // the server's own
	whenever = "whenever" // logged in, and no request
)

// access is what the server must hold to, written down apart from its own table. Nothing in it exists, so what is allowed
// is answered by something else than bad_order and not_allowed.
var access = map[string]struct {
	who    string
	sample wire.Message
}{
	"hello":        {opening, wire.Hello{Version: wire.Version, Mode: wire.ModeNative, Nonce: make(wire.Bytes, 32)}},
	"login":        {opening, wire.Login{Key: make(wire.Bytes, 32), Name: "X", Status: wire.Online, Signature: make(wire.Bytes, 64)}},
	"resume":       {opening, wire.Resume{Key: make(wire.Bytes, 32), Session: "x", Signature: make(wire.Bytes, 64)}},
	"server_hello": {nobody, wire.ServerHello{Key: make(wire.Bytes, 32), Challenge: make(wire.Bytes, 32), Signature: make(wire.Bytes, 64)}},
	"welcome":      {nobody, wire.Welcome{Session: "x", User: someUser, Role: wire.RoleOwner, HeartbeatMS: 1000}},
	"ok":           {nobody, wire.OK{}},
	"error":        {nobody, wire.Errorf(wire.Internal, "x")},
	"goaway":       {nobody, wire.Goaway{Reason: wire.ReasonShutdown}},
	"snapshot":     {nobody, wire.Snapshot{}},
	"heartbeat":    {whenever, wire.Heartbeat{}},

	"snapshot.get":    {members, wire.SnapshotGet{}},
	"presence.set":    {members, wire.PresenceSet{Status: wire.Away}},
	"name.set":        {members, wire.NameSet{Name: "New"}},
	"user.changed":    {nobody, wire.UserChanged{User: wire.User{ID: someUser, Key: make(wire.Bytes, 32), Role: wire.RoleOwner, Status: wire.Online}}},
	"user.removed":    {nobody, wire.UserRemoved{User: someUser}},
	"channel.changed": {nobody, wire.ChannelChanged{Channel: wire.Channel{ID: "x", Name: "X"}}},
	"channel.removed": {nobody, wire.ChannelRemoved{Channel: "x"}},

	"voice.join":      {members, wire.VoiceJoin{Channel: "x", Member: someMember, Nonce: make(wire.Bytes, 32)}},
	"voice.leave":     {members, wire.VoiceLeave{}},
	"voice.state":     {members, wire.VoiceState{}},
	"voice.speaking":  {members, &wire.VoiceSpeaking{On: true}},
	"roster.get":      {members, wire.RosterGet{Channel: "x"}},
	"turn.get":        {members, wire.TurnGet{}},
	"roster":          {nobody, wire.Roster{Channel: "x"}},
	"member.joined":   {nobody, wire.MemberJoined{Channel: "x", Member: somebody}},
	"member.changed":  {nobody, wire.MemberChanged{Channel: "x", Member: somebody}},
	"member.speaking": {nobody, wire.MemberSpeaking{Channel: "x", Member: somebody.Address}},
	"member.left":     {nobody, wire.MemberLeft{Channel: "x", Member: somebody.Address, Reason: wire.LeftSelf}},
	"turn":            {nobody, wire.Turn{}},

	"call.ring":     {members, wire.CallRing{Call: someCall, To: someUser, Member: someMember, Nonce: make(wire.Bytes, 32)}},
	"call.placed":   {nobody, wire.CallPlaced{Call: someCall}},
	"call.incoming": {nobody, wire.CallIncoming{Call: someCall, From: somebody}},
	"call.accept":   {members, wire.CallAccept{Call: someCall, Member: someMember, Nonce: make(wire.Bytes, 32)}},
	"call.answered": {nobody, wire.CallAnswered{Call: someCall, With: somebody}},
	"call.here":     {members, wire.CallHere{Call: someCall, Member: someMember, Nonce: make(wire.Bytes, 32), With: somebody.Address}},
	"call.end":      {members, wire.CallEnd{Call: someCall, Reason: wire.CallLeft}},
	"call.ended":    {nobody, wire.CallEnded{Call: someCall, Reason: wire.CallLeft}},
	"call.missed":   {nobody, wire.CallMissed{}},
	"call.seen":     {members, wire.CallSeen{}},

	"rtc.need_offer": {members, &wire.NeedOffer{Route: nowhere}},
	"rtc.offer":      {members, &wire.Offer{Route: nowhere, SDP: "v=0", Signature: make(wire.Bytes, 64)}},
	"rtc.answer":     {members, &wire.Answer{Route: nowhere, SDP: "v=0", Signature: make(wire.Bytes, 64)}},
	"rtc.candidate":  {members, &wire.Candidate{Route: nowhere}},
	"rtc.findings":   {members, &wire.Findings{Route: nowhere}},

	"claim":          {members, wire.Claim{Secret: "wrong"}},
	"channel.add":    {owners, wire.ChannelAdd{Name: "Music"}},
	"channel.rename": {owners, wire.ChannelRename{Channel: "x", Name: "Y"}},
	"channel.move":   {owners, wire.ChannelMove{Channel: "x"}},
	"channel.remove": {owners, wire.ChannelRemove{Channel: "x"}},
	"invite.create":  {owners, wire.InviteCreate{}},
	"invite.list":    {owners, wire.InviteList{}},
	"invite.revoke":  {owners, wire.InviteRevoke{Invite: "x"}},
	"invites":        {nobody, wire.Invites{}},
	"kick":           {owners, wire.Kick{User: someUser}},
}

const (
	someUser   = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	someMember = "0000000000000000000000000000000a"
	someCall   = "000000000000000000000000000000c1"
)

var (
	somebody = wire.Member{Address: wire.Address{User: someUser, Member: someMember}, Key: make(wire.Bytes, 32), Nonce: make(wire.Bytes, 32)}
	nowhere  = wire.Route{To: somebody.Address, Channel: "x"}
)

func TestAccessIsComplete(t *testing.T) {
	for _, k := range wire.Kinds() {
		if row, ok := access[k]; !ok {
			t.Errorf("%s: decide who may send it", k)
		} else if wire.Kind(row.sample) != k {
			t.Errorf("%s: its sample is a %s", k, wire.Kind(row.sample))
		}
	}
	for k := range requests {
		if who := access[k].who; who != members && who != owners {
			t.Errorf("%s is served, and is for %s", k, who)
		}
	}
}

// Before the login nothing is answered but the handshake, in its order.
func TestAccessUnauthenticated(t *testing.T) {
	r := start(t)
	link := parseLink(t, r.Ready().URL)
	for k, row := range access {
		c := dial(t, link, newKey(t)) // after hello
		c.write(wire.Envelope{ID: 5, Body: row.sample})
		code := wire.CodeOf(c.entered())
		if want := map[bool]wire.Code{true: wire.BadSignature, false: wire.BadOrder}[k == "login" || k == "resume"]; code != want {
			t.Errorf("%s after hello: %q, want %s", k, code, want)
		}
		if _, err := c.conn.Read(time.Now().Add(patience)); err == nil {
			t.Errorf("%s after hello: the connection went on", k)
		}
		c.conn.Close()
		if k == "hello" {
			continue
		}
		c.rawDial()
		c.write(wire.Envelope{ID: 5, Body: row.sample})
		if code := wire.CodeOf(c.entered()); code != wire.BadOrder {
			t.Errorf("%s first: %q, want bad_order", k, code)
		}
		c.conn.Close()
	}
}

func TestAccessMemberAndOwner(t *testing.T) {
	r := start(t, withLimits(eager))
	member, owner := join(t, r, "Mia"), owner(t, r)
	for k, row := range access {
		for who, c := range map[string]*client{members: member, owners: owner} {
			var code wire.Code
			if e, ok := c.ask(row.sample).(*wire.Error); ok {
				code = e.Code
			}
			var want wire.Code
			switch {
			case row.who == nobody || row.who == opening:
				want = wire.BadOrder
			case row.who == owners && who == members:
				want = wire.NotAllowed
			case code != wire.BadOrder && code != wire.NotAllowed:
				want = code
			}
			if code != want {
				t.Errorf("%s by %s: %q, want %q", k, who, code, want)
			}
		}
	}
}

// After a kick nothing is done for the old session, though its connection may last a moment longer.
func TestAccessKicked(t *testing.T) {
	r := start(t, withLimits(eager))
	link := parseLink(t, r.Ready().Invite)
	boss, kim := owner(t, r), join(t, r, "Kim")
	var s *session
	r.inside(func(h *hub) { s = h.sessions[kim.welcome.Session] })
	want[*wire.OK](boss, wire.Kick{User: kim.id()})
	if reason := kim.goaway(); reason != wire.ReasonKicked {
		t.Errorf("the last word was %q", reason)
	}
	for k, row := range access {
		r.inside(func(h *hub) {
			seq, users, channels := s.seq, len(h.users), len(h.channels)
			h.serve(s, wire.Envelope{ID: 9, Body: row.sample})
			if s.seq != seq || len(s.replies) != 0 || len(h.users) != users || len(h.channels) != channels {
				t.Errorf("%s was served", k)
			}
		})
	}
	kim.redial()
	if code := wire.CodeOf(kim.tryResume()); code != wire.SessionGone {
		t.Errorf("resume: %q", code)
	}
	kim.redial()
	if code := wire.CodeOf(kim.tryLogin("Kim", "")); code != wire.InviteNeeded {
		t.Errorf("login: %q", code)
	}
	// The invite by which Kim came is open for others, not for Kim.
	kim.redial()
	if code := wire.CodeOf(kim.tryLogin("Kim", link.Secret)); code != wire.InviteInvalid {
		t.Errorf("login by the old invite: %q", code)
	}
	join(t, r, "Lea")
	made := want[*wire.Invites](boss, wire.InviteCreate{})
	kim.redial()
	if err := kim.tryLogin("Kim", parseLink(t, made.Invites[0].URL).Secret); err != nil {
		t.Errorf("login by a new invite: %v", err)
	}
}

// A request that repeats an id is answered as before and not done again; a broken one leaves the session whole.
func TestRequestIDs(t *testing.T) {
	r := start(t, withLimits(eager))
	boss := owner(t, r)
	boss.write(wire.Envelope{ID: 900, Body: wire.ChannelAdd{Name: "Music"}})
	first := boss.reply(900).(*wire.ChannelChanged)
	boss.write(wire.Envelope{ID: 900, Body: wire.ChannelAdd{Name: "Music"}})
	if again, ok := boss.reply(900).(*wire.ChannelChanged); !ok || again.Channel != first.Channel {
		t.Errorf("the repeat was answered by %v", again)
	}
	r.inside(func(h *hub) {
		if len(h.channels) != 3 {
			t.Errorf("%d channels", len(h.channels))
		}
	})
	// Only the last answers are kept: an old id is a new request.
	for range defaultLimits().replies {
		want[*wire.OK](boss, wire.PresenceSet{Status: wire.Away})
	}
	boss.write(wire.Envelope{ID: 900, Body: wire.ChannelAdd{Name: "Music"}})
	if e, ok := boss.reply(900).(*wire.Error); !ok || e.Code != wire.NameTaken {
		t.Errorf("after many others: %v", e)
	}

	boss.write(wire.Envelope{Body: wire.PresenceSet{Status: wire.Online}})
	if e, ok := boss.reply(0).(*wire.Error); !ok || e.Code != wire.BadMessage {
		t.Errorf("a request without an id: %v", e)
	}
	for text, code := range map[string]wire.Code{
		`{"type":"presence.set","id":77,"body":{"status":"asleep"}}`: wire.BadMessage,
		`{"type":"dance","id":77}`:                                   wire.UnknownType,
	} {
		if err := boss.conn.WriteEncoded([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if e, ok := boss.reply(77).(*wire.Error); !ok || e.Code != code {
			t.Errorf("%s: %v", text, e)
		}
	}
	if err := boss.conn.WriteEncoded([]byte(`{`)); err != nil {
		t.Fatal(err)
	}
	if e, ok := boss.reply(0).(*wire.Error); !ok || e.Code != wire.BadMessage {
		t.Errorf("half a message: %v", e)
	}
	want[*wire.OK](boss, wire.PresenceSet{Status: wire.Online})
}

// A login or resume is good for the connection that it was signed for, and for nothing else.
func TestSignatures(t *testing.T) {
	r := start(t)
	link := parseLink(t, r.Ready().Invite)
	key := newKey(t)
	other := dial(t, link, key)
	login := func(change func(c *client, l *identity.Login)) error {
		c := dial(t, link, key)
		l := c.statement()
		change(c, &l)
		sig := l.Sign(c.key)
		if sig == nil { // a statement that an honest client doesn't sign
			sig = make([]byte, 64)
		}
		c.write(wire.Envelope{ID: 2, Body: wire.Login{Key: wire.Bytes(l.User), Name: "Ana", Invite: link.Secret, Status: wire.Online, Signature: sig}})
		return c.entered()
	}
	for name, change := range map[string]func(*client, *identity.Login){
		"the connection of a man in the middle": func(_ *client, l *identity.Login) { l.Binding = other.proof.binding },
		"another challenge":                     func(_ *client, l *identity.Login) { l.Challenge = other.proof.challenge },
		"another server":                        func(_ *client, l *identity.Login) { l.Server = newKey(t).Public() },
		"another mode":                          func(_ *client, l *identity.Login) { l.Mode, l.Binding = identity.Web, []byte("https://"+link.Host) },
		"no key of anybody":                     func(_ *client, l *identity.Login) { l.User = make([]byte, 32) },
	} {
		if code := wire.CodeOf(login(change)); code != wire.BadSignature {
			t.Errorf("signed for %s: %q", name, code)
		}
	}
	if err := login(func(*client, *identity.Login) {}); err != nil {
		t.Errorf("the same, rightly signed: %v", err)
	}

	ana := dial(t, link, key)
	if err := ana.tryLogin("Ana", ""); err != nil {
		t.Fatal(err)
	}
	resume := func(change func(r *identity.Resume)) error {
		c := dial(t, link, key)
		s := identity.Resume{Login: c.statement(), Session: ana.welcome.Session}
		change(&s)
		c.write(wire.Envelope{ID: 2, Body: wire.Resume{Key: wire.Bytes(s.User), Session: ana.welcome.Session, LastSeq: ana.lastSeq, Signature: s.Sign(c.key)}})
		return c.entered()
	}
	for name, change := range map[string]func(*identity.Resume){
		"another connection": func(r *identity.Resume) { r.Binding = other.proof.binding },
		"another session":    func(r *identity.Resume) { r.Session = "x" },
	} {
		if code := wire.CodeOf(resume(change)); code != wire.BadSignature {
			t.Errorf("resume signed for %s: %q", name, code)
		}
	}
	if err := resume(func(*identity.Resume) {}); err != nil {
		t.Errorf("the same, rightly signed: %v", err)
	}
	// Somebody else can't take a session, however well they sign.
	key = newKey(t)
	if code := wire.CodeOf(resume(func(*identity.Resume) {})); code != wire.SessionGone {
		t.Errorf("another's session: %q", code)
	}
}
