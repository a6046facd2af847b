package call

import (
	"time"

	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

func (t *turn) linkUp(ev linkUp) {
	t.link, t.serverName, t.serverKey = Online, ev.serverName, ev.serverKey
	t.self.role = ev.welcome.Role
	t.notify(Notice{Kind: NoticeOnline, Text: ev.serverName})
	if t.place.phase == Idle {
		return
	}
	// The credentials and the session may be of a server that has restarted: say again where we are.
	if !ev.welcome.Resumed {
		t.place.synced = false
		t.sendJoin(true, t.place.made)
		t.place.made = 0
		return
	}
	t.ask(&wire.TurnGet{}, tag{purpose: forRelay})
}

func (t *turn) linkDown(ev linkDown) {
	if !ev.final {
		if t.link == Online {
			t.notify(Notice{Kind: NoticeLost, Text: "The connection to the server was lost. The call goes on; Parley is connecting again."})
		} else {
			t.notify(Notice{Kind: NoticeRetry, Text: ev.err.Error(), Code: string(wire.CodeOf(ev.err))})
		}
		if t.link == Online {
			t.link = Lost
		}
		return
	}
	t.leave(wire.LeftKicked)
	t.link = Offline
	t.notify(Notice{Kind: NoticeOffline, Text: ev.err.Error(), Code: failureCode(ev.err)})
}

// join enters a channel. This is the local consent: from here on devices open and peers are connected.
func (t *turn) join(c Join, ev commanded) {
	channel, err := t.findChannel(c.Channel)
	if err != nil {
		t.finish(ev.made, Reply{}, err)
		return
	}
	if t.place.phase != Idle && t.place.channel == channel {
		t.finish(ev.made, Reply{}, nil)
		return
	}
	t.closePeers()
	t.place = place{phase: Joining, channel: channel, member: ev.member, nonce: ev.nonce}
	t.do(setQuiet{t.quiet(), t.self.deafened})
	t.do(openSound{}) // while the server thinks; nothing is sent before a peer is verified
	t.sendJoin(false, ev.made)
}

func (t *turn) sendJoin(again bool, made waiter) {
	t.ask(&wire.VoiceJoin{
		Channel: t.place.channel, Member: t.place.member, Nonce: t.place.nonce,
		Muted: t.quiet(), Deafened: t.self.deafened, Again: again,
	}, tag{purpose: forJoin, member: t.place.member, made: made})
}

func (t *turn) findChannel(want string) (string, error) {
	if t.link != Online {
		return "", wire.Errorf(wire.BadOrder, "There is no connection to the server.")
	}
	if _, ok := t.channels[want]; ok {
		return want, nil
	}
	found := ""
	for id, c := range t.channels {
		if c.Name != want {
			continue
		}
		if found != "" {
			return "", wire.Errorf(wire.NotFound, "There are several channels of that name: use the id.")
		}
		found = id
	}
	if found == "" {
		return "", wire.Errorf(wire.NotFound, "There is no channel %.64q on this server.", want)
	}
	return found, nil
}

// joinReply answers the VoiceJoin of this member id; one for a place that was left since is old.
func (t *turn) joinReply(r replied, failure *wire.Error) {
	if r.tag.member != t.place.member || t.place.phase == Idle {
		t.finish(r.tag.made, Reply{}, wire.Errorf(wire.NotInChannel, "The channel was left before the server answered."))
		return
	}
	roster, ok := r.body.(*wire.Roster)
	switch {
	case failure != nil && failure.Code == wire.SessionGone:
		t.place.made = r.tag.made // linkUp joins again
		return
	case failure != nil || !ok:
		if failure == nil {
			failure = wire.Errorf(wire.BadMessage, "The server's answer makes no sense.")
		}
		t.endPlace()
		t.finish(r.tag.made, Reply{}, failure)
		if r.tag.made != 0 {
			t.notify(Notice{Kind: NoticeError, Code: string(failure.Code), Text: failure.Text})
		}
		return
	}
	if t.place.phase == Joining {
		t.place.phase = Joined
		t.notify(Notice{Kind: NoticeJoined, Channel: t.place.channel, Text: t.channels[t.place.channel].Name})
	}
	t.finish(r.tag.made, Reply{}, nil)
	if roster.Relay != nil {
		t.relayReply(roster.Relay)
	} else {
		t.ask(&wire.TurnGet{}, tag{purpose: forRelay})
	}
	t.roster(roster)
}

// leave ends the place by one's own will, or because the session has ended.
func (t *turn) leave(reason string) {
	if t.place.phase == Idle {
		return
	}
	if t.link == Online && reason == wire.LeftSelf {
		t.ask(&wire.VoiceLeave{}, tag{purpose: forNothing})
	}
	t.endPlace()
	t.notify(Notice{Kind: NoticeLeft, Code: reason})
}

// endPlace closes what a place has opened. Peers first: after this step nothing of the microphone can leave.
func (t *turn) endPlace() {
	t.closePeers()
	if t.place.made != 0 {
		t.finish(t.place.made, Reply{}, wire.Errorf(wire.NotInChannel, "The channel was left before the server answered."))
	}
	t.place = place{}
	t.ice, t.iceUntil = nil, 0
	t.do(closeSound{})
}

func (t *turn) closePeers() {
	for id := range t.peers {
		t.dropPeer(id)
	}
}

func (t *turn) channelRemoved(id string) {
	delete(t.channels, id)
	delete(t.rosters, id)
	t.version++
	if t.place.phase != Idle && t.place.channel == id {
		t.endPlace()
		t.notify(Notice{Kind: NoticeLeft, Code: wire.LeftRemoved, Text: "The channel was removed."})
	}
}

func (t *turn) relayReply(body wire.Message) {
	m, ok := body.(*wire.Turn)
	if !ok || t.place.phase == Idle {
		return
	}
	t.ice = nil
	if len(m.URLs) > 0 {
		t.ice = []mesh.ICEServer{{URLs: m.URLs, Username: m.Username, Password: m.Password}}
	}
	t.iceUntil = 0
	if m.TTL > 0 {
		t.iceUntil = t.now + time.Duration(m.TTL)*time.Second*4/5
	}
}

// snapshotPart takes one part of the server's state; the first one empties what was there.
func (t *turn) snapshotPart(m *wire.Snapshot) {
	if m.Part == 0 {
		clear(t.channels)
		clear(t.users)
		clear(t.rosters)
	}
	for _, c := range m.Channels {
		t.channelChanged(c)
	}
	for _, u := range m.Users {
		t.userChanged(u)
	}
	for i := range m.Rosters {
		t.roster(&m.Rosters[i])
	}
	t.version++
}

func (t *turn) channelChanged(c Channel) {
	if _, known := t.channels[c.ID]; !known && len(t.channels) >= maxChannels {
		t.refuse()
		return
	}
	t.channels[c.ID] = c
	t.version++
}

// userChanged takes a user whose id is the hash of the key; any other is a lie.
func (t *turn) userChanged(u User) {
	_, known := t.users[u.ID]
	if identity.UserID(identity.PublicKey(u.Key)) != u.ID || !known && len(t.users) >= maxUsers {
		t.refuse()
		return
	}
	t.users[u.ID] = u
	t.version++
	if u.ID == identity.UserID(t.me) {
		t.self.role = u.Role
	}
}

// roster takes a channel's whole roster.
func (t *turn) roster(m *wire.Roster) {
	if _, known := t.channels[m.Channel]; !known {
		t.refuse()
		return
	}
	t.version++
	t.rosters[m.Channel] = append([]wire.Member(nil), m.Members...)
	if t.place.phase == Idle || m.Channel != t.place.channel {
		return
	}
	t.place.seq, t.place.synced = m.Seq, true
	here := map[mesh.Peer]bool{}
	for _, member := range m.Members {
		here[peerID(member.Address)] = true
		t.admit(member)
	}
	for id, p := range t.peers {
		if !here[id] {
			t.missing(id, p)
		}
	}
}

// memberHere takes a joined or changed member.
func (t *turn) memberHere(channel string, seq uint64, member wire.Member) {
	if _, known := t.channels[channel]; !known {
		t.refuse()
		return
	}
	list := t.rosters[channel]
	replaced := false
	for i := range list {
		if list[i].User == member.User {
			list[i], replaced = member, true
		}
	}
	if !replaced && len(list) < wire.MaxMembers {
		t.rosters[channel] = append(list, member)
	}
	t.version++
	if t.inSequence(channel, seq) {
		t.admit(member)
	}
}

// memberLeft ends a peer at once where it left by will or was sent away. Where only its connection to the server is lost, or
// the server says nothing believable, the media decide.
func (t *turn) memberLeft(m *wire.MemberLeft) {
	list := t.rosters[m.Channel]
	for i := range list {
		if list[i].Address == m.Member {
			t.rosters[m.Channel] = append(list[:i:i], list[i+1:]...)
			break
		}
	}
	t.version++
	if !t.inSequence(m.Channel, m.Seq) {
		return
	}
	id := peerID(m.Member)
	if m.Member.Member == t.place.member && m.Member.User == identity.UserID(t.me) {
		t.sentAway(m.Reason)
		return
	}
	p := t.peers[id]
	switch {
	case p == nil:
	case m.Reason == wire.LeftLost:
		t.missing(id, p)
	default:
		t.gone(id, p, m.Reason)
	}
}

// sentAway is one's own leaving by another's hand: moved elsewhere, kicked, the channel removed.
func (t *turn) sentAway(reason string) {
	if reason == wire.LeftLost {
		t.sendJoin(true, 0) // we are here, whatever the server thinks
		return
	}
	t.endPlace()
	t.notify(Notice{Kind: NoticeLeft, Code: reason})
}

// inSequence says whether a change is of one's own channel, and repairs a gap by asking for the whole roster.
func (t *turn) inSequence(channel string, seq uint64) bool {
	if t.place.phase == Idle || channel != t.place.channel {
		return false
	}
	if t.place.synced && seq > t.place.seq+1 {
		t.ask(&wire.RosterGet{Channel: channel}, tag{purpose: forRoster})
	}
	if t.place.synced && seq <= t.place.seq {
		return false // a repeat: the roster is newer
	}
	t.place.seq = max(t.place.seq, seq)
	return true
}

func peerID(a wire.Address) mesh.Peer { return mesh.Peer{User: a.User, Member: a.Member} }
