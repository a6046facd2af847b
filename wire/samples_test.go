package wire

import "bytes"

// samples has at least one envelope of each type; testdata/golden.jsonl is how they look on the wire, and PROTOCOL.md shows
// the same lines.
func samples() []Envelope {
	b := func(n int, v byte) Bytes { return bytes.Repeat([]byte{v}, n) }
	const (
		ana, bob   = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
		anas, bobs = "0000000000000000000000000000000a", "0000000000000000000000000000000b"
		general    = "c1"
		call       = "000000000000000000000000000000c1"
	)
	from, to := Address{ana, anas}, Address{bob, bobs}
	member := Member{Address: from, Key: b(32, 1), Name: "Ana", Nonce: b(32, 2), Muted: true}
	user := User{ID: ana, Key: b(32, 1), Name: "Ana", Role: RoleOwner, Status: Online, Channel: general}
	channel := Channel{ID: general, Name: "General", Position: 0}
	out, in := Route{To: to, Channel: general}, Route{To: to, From: from, Channel: general}
	speaking := member
	speaking.Muted, speaking.Speaking, speaking.Web = false, true, true
	relay := Turn{URLs: []string{"stun:198.51.100.7:4400", "turn:198.51.100.7:4400?transport=udp"}, Username: "1790000000:" + ana, Password: "cGFzc3dvcmQ", TTL: 3600}
	turn := relay
	turn.URLs = []string{"stun:198.51.100.7:3478", "turn:198.51.100.7:3478?transport=udp", "turn:198.51.100.7:3478?transport=tcp", "turns:198.51.100.7:4400?transport=tcp"}
	turn.STUN = []string{"stun:198.51.100.7:3478", "stun:198.51.100.7:4400"}
	turn.External = []TurnServer{{URLs: []string{"turn:turn.example.org:3478?transport=udp"}, Username: "1790000000:cHNldWRvbnlt", Password: "c2VjcmV0"}}
	return []Envelope{
		{Body: &Hello{Version: Version, Mode: ModeNative, Nonce: b(32, 3)}},
		{Body: &ServerHello{Version: Version, Software: "parleyd 0.1.0", Name: "Home", Key: b(32, 4), Challenge: b(32, 5), Signature: b(64, 6)}},
		{Body: &Login{Key: b(32, 1), Name: "Ana", Invite: "hL3k9_s-ecret", Status: Online, Signature: b(64, 7)}},
		{Body: &Resume{Key: b(32, 1), Session: "s1", LastSeq: 41, Signature: b(64, 8)}},
		{Body: &Welcome{Session: "s1", User: ana, Role: RoleOwner, Resumed: true, HeartbeatMS: 15000}},
		{Seq: 1, Body: &Snapshot{Part: 0, Last: true, Channels: []Channel{channel}, Users: []User{user}, Rosters: []Roster{{Channel: general, Seq: 7, Members: []Member{member}}}}},
		{ID: 2, Body: &SnapshotGet{}},
		{Body: &Heartbeat{Seq: 42}},
		{Re: 2, Body: &OK{}},
		{Re: 3, Body: Errorf(ChannelFull, "The channel is full: eight people are in it.")},
		{Body: &Goaway{Reason: ReasonShutdown, Text: "The server is restarting.", RetryMS: 1000}},

		{ID: 4, Body: &PresenceSet{Status: Away}},
		{ID: 5, Body: &NameSet{Name: "Ana B."}},
		{Seq: 8, Body: &UserChanged{User: user}},
		{Seq: 9, Body: &UserRemoved{User: bob}},
		{Seq: 10, Body: &ChannelChanged{Channel: channel}},
		{Seq: 11, Body: &ChannelRemoved{Channel: general}},

		{ID: 6, Body: &VoiceJoin{Channel: general, Member: anas, Nonce: b(32, 2), Muted: true, Deafened: true}},
		{ID: 7, Body: &VoiceLeave{}},
		{ID: 8, Body: &VoiceState{Muted: true}},
		{Body: &VoiceSpeaking{On: true}},
		{ID: 9, Body: &RosterGet{Channel: general}},
		{Re: 6, Body: &Roster{Channel: general, Seq: 12, Members: []Member{member}, Relay: &relay}},
		{Seq: 12, Body: &MemberJoined{Channel: general, Seq: 13, Member: speaking}},
		{Seq: 13, Body: &MemberChanged{Channel: general, Seq: 14, Member: member}},
		{Seq: 14, Body: &MemberLeft{Channel: general, Seq: 15, Member: from, Reason: LeftSelf}},
		{Body: &MemberSpeaking{Channel: general, Member: from, On: true}},
		{ID: 10, Body: &TurnGet{Doctor: true}},
		{Re: 10, Body: &turn},

		{ID: 20, Body: &CallRing{Call: call, To: bob, Member: anas, Nonce: b(32, 2), Video: true}},
		{Re: 20, Body: &CallPlaced{Call: call}},
		{Seq: 15, Body: &CallIncoming{Call: call, From: member, Video: true}},
		{ID: 21, Body: &CallAccept{Call: call, Member: bobs, Nonce: b(32, 10), Video: true}},
		{Re: 21, Body: &CallPlaced{Call: call, With: &member, Video: true, Relay: &relay}},
		{Seq: 16, Body: &CallAnswered{Call: call, With: member, Video: true, Relay: &relay}},
		{ID: 22, Body: &CallHere{Call: call, Member: anas, Nonce: b(32, 2), With: to}},
		{ID: 23, Body: &CallEnd{Call: call, Reason: CallDeclined}},
		{Seq: 17, Body: &CallEnded{Call: call, Reason: CallDeclined}},
		{Seq: 18, Body: &CallMissed{All: true, Missed: []Missed{{Call: call, User: ana, Name: "Ana", At: 1790000000, Video: true, Why: CallTimeout}}}},
		{ID: 24, Body: &CallSeen{}},

		{Body: &NeedOffer{Route: out, Generation: 1, Fresh: true}},
		{Body: &Offer{Route: out, Generation: 2, SDP: "v=0\r\n…", Signature: b(64, 9)}},
		{Body: &Answer{Route: in, Generation: 2, SDP: "v=0\r\n…", Signature: b(64, 9)}},
		{Body: &Candidate{Route: in, Generation: 2, Candidate: "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host", Mid: "0"}},
		{Body: &Findings{Route: in, Steps: []StepResult{{"stun", "fail"}, {"turn_tls", "pass"}}}},

		{ID: 11, Body: &Claim{Secret: "r4nd0m"}},
		{ID: 12, Body: &ChannelAdd{Name: "Music"}},
		{ID: 13, Body: &ChannelRename{Channel: general, Name: "Lobby"}},
		{ID: 14, Body: &ChannelMove{Channel: general, Position: 1}},
		{ID: 15, Body: &ChannelRemove{Channel: general}},
		{ID: 16, Body: &InviteCreate{Uses: 5, ExpiresS: 86400}},
		{ID: 17, Body: &InviteList{}},
		{ID: 18, Body: &InviteRevoke{Invite: "i1"}},
		{Re: 16, Body: &Invites{Invites: []Invite{{ID: "i1", URL: "parley://198.51.100.7:4400/?key=BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ#hL3k9_s-ecret", Uses: 5, Used: 1, Expires: 1790000000}}}},
		{ID: 19, Body: &Kick{User: bob}},
	}
}
