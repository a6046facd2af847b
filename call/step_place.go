package call

import (
	"time"

	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

func (t *turn) linkUp(ev linkUp) {
	t.link, t.serverName, t.serverKey = Online, ev.serverName, ev.serverKey
	t.retryAt, t.attempts = 0, 0
	t.place.unsure = true
	t.self.role = ev.welcome.Role
	t.entered()
	t.notify(Notice{Kind: NoticeOnline, Text: ev.serverName})
	if t.ring != nil && !ev.welcome.Resumed {
		t.endRing(Notice{Code: wire.CallLost}) // with the session that it was of
	}
	switch {
	case t.place.phase == Idle:
	case ev.welcome.Resumed: // what was asked meanwhile is asked again by the gateway
		t.ask(&wire.TurnGet{}, tag{purpose: forRelay})
		t.mendAll()
	default: // the server may have restarted: say again where we are
		t.place.synced = false
		t.sayWhere()
		if t.next.phase != Idle {
			t.sendJoin(t.next)
		}
	}
}

// sayWhere tells a server that has restarted where one sits.
func (t *turn) sayWhere() {
	switch {
	case t.place.call == "":
		t.sendJoin(t.place)
	case t.place.phase == Joined:
		t.sendHere()
	default: // what rang, rings no more
		t.endCall(Notice{Code: wire.CallLost})
	}
}

func (t *turn) linkDown(ev linkDown) {
	n := Notice{Text: ev.err.Error(), Code: failureCode(ev.err)}
	t.retryAt, t.attempts = t.now+ev.wait, t.attempts+1
	t.notEntered(ev.err)
	t.failedAt, t.asked = t.now, ev.asked
	switch {
	case ev.final:
		t.depart(n.Code)
		t.link, n.Kind = Offline, NoticeOffline
		t.retryAt, t.attempts, t.ended = 0, 0, Ended{n.Code, n.Text}
	case t.link == Online:
		t.link, n.Kind = Lost, NoticeLost
		n.Text = "The connection to the server was lost. The call goes on; Parley is connecting again."
	default:
		n.Kind = NoticeRetry
	}
	t.notify(n)
}

// join enters a channel. This is the local consent: from here on devices open and peers are connected. Who sits in another
// channel stays there until the server has let them into the new one.
func (t *turn) join(c Join, ev commanded) {
	channel, err := t.findChannel(c.Channel)
	if err == nil && t.next.phase != Idle {
		err = wire.Errorf(wire.BadOrder, "You are on your way to another channel already.")
	}
	if err != nil || t.place.phase != Idle && t.place.channel == channel {
		t.finish(ev.made, Reply{}, err)
		return
	}
	if t.place.call != "" {
		t.leaveCall(t.byMe(wire.CallLeft))
	}
	t.endCheck("")
	t.endEchoTest("")
	to := place{phase: Joining, channel: channel, member: ev.member, nonce: ev.nonce, made: ev.made}
	if t.place.phase != Idle {
		t.next = to
	} else {
		t.place = to
		t.do(setQuiet{t.quiet(), t.self.deafened})
		t.do(openSound{}) // while the server thinks; nothing is sent before a peer is verified
		t.listen(false)
	}
	t.sendJoin(to)
}

func (t *turn) sendJoin(to place) {
	t.ask(&wire.VoiceJoin{
		Channel: to.channel, Member: to.member, Nonce: to.nonce, Muted: t.quiet(), Deafened: t.self.deafened,
	}, tag{purpose: forJoin, member: to.member})
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

// joinReply answers a VoiceJoin; one for a place that was left since is old.
func (t *turn) joinReply(r replied, failure *wire.Error) {
	roster, ok := r.body.(*wire.Roster)
	if failure == nil && !ok {
		failure = wire.Errorf(wire.BadMessage, "The server's answer makes no sense.")
	}
	switch {
	case failure != nil && failure.Code == wire.SessionGone:
		return // linkUp joins again, or linkDown has ended it
	case t.next.phase != Idle && r.tag.member == t.next.member:
		t.switched(failure)
	case t.place.phase == Idle || r.tag.member != t.place.member:
		return
	case failure != nil:
		t.notJoined(failure)
	}
	if failure == nil {
		t.joined(roster)
	}
}

func (t *turn) joined(roster *wire.Roster) {
	if t.place.phase == Joining {
		t.place.phase, t.place.since = Joined, t.now
		t.notify(Notice{Kind: NoticeJoined, Channel: t.place.channel, Text: t.channels[t.place.channel].Name})
	}
	t.place.again, t.place.refusal = 0, ""
	t.answerJoin(&t.place, nil)
	if roster.Relay != nil {
		t.relayReply(roster.Relay)
	} else {
		t.ask(&wire.TurnGet{}, tag{purpose: forRelay})
	}
	t.mendAll()
	t.roster(roster)
}

// switched goes to the next place, or stays where one is.
func (t *turn) switched(failure *wire.Error) {
	if failure != nil {
		t.refusedJoin(&t.next, failure)
		t.next = place{}
		return
	}
	t.closePeers()
	t.letGo()
	t.endPictures()
	t.next.since = t.now
	t.answerJoin(&t.place, wire.Errorf(wire.NotInChannel, "The channel was left before the server answered."))
	t.place, t.next, t.texts = t.next, place{}, nil
}

// notJoined: a first join that is refused ends; one that was made again because the server has restarted is tried on, unless
// the channel is gone: the media live.
func (t *turn) notJoined(failure *wire.Error) {
	if t.place.phase == Joined && failure.Code != wire.NotFound {
		t.place.again = t.now + joinEvery
		if t.place.refusal != failure.Code {
			t.place.refusal = failure.Code
			t.notify(Notice{Kind: NoticeError, Code: string(failure.Code), Text: failure.Text})
		}
		return
	}
	t.refusedJoin(&t.place, failure)
	t.endPlace()
}

func (t *turn) refusedJoin(at *place, failure *wire.Error) {
	if at.made != 0 { // who waits is told by answerJoin; the others see it all the same
		t.notify(Notice{Kind: NoticeError, Code: string(failure.Code), Text: failure.Text})
	}
	t.answerJoin(at, failure)
}

// answerJoin tells whoever waits for a join how it went, once.
func (t *turn) answerJoin(at *place, failure *wire.Error) {
	made := at.made
	at.made = 0
	switch {
	case failure != nil && (made != 0 || at.phase == Joining):
		t.finish(made, Reply{}, failure)
	case failure == nil:
		t.finish(made, Reply{}, nil)
	}
}

// depart ends everything there is at this server.
func (t *turn) depart(reason string) {
	t.dropRing(reason)
	t.leave(reason)
	t.missed = nil
}

// leave ends the place by one's own will, or because the session has ended.
func (t *turn) leave(reason string) {
	switch {
	case t.place.phase == Idle:
		return
	case t.place.call != "" && reason == wire.LeftSelf:
		t.leaveCall(t.byMe(wire.CallLeft))
		return
	case t.place.call != "":
		t.endCall(Notice{Code: reason})
		return
	}
	if t.reachable() && reason == wire.LeftSelf {
		t.ask(&wire.VoiceLeave{}, tag{purpose: forNothing})
	}
	if t.link != Online || reason == wire.LeftSelf {
		t.farewell() // a server that is gone says nothing, and that it is gone may not have been noticed yet
	}
	t.endPlace()
	t.notify(Notice{Kind: NoticeLeft, Code: reason})
}

// reachable says whether a request makes sense: while the connection is Lost the gateway keeps it for the same session.
func (t *turn) reachable() bool { return t.link == Online || t.link == Lost }

// endPlace closes what a place has opened. Peers first: after this step nothing of the microphone can leave.
func (t *turn) endPlace() {
	t.neverJoined()
	t.closePeers()
	t.letGo()
	t.endCheck("")
	t.endPictures()
	t.place, t.next, t.texts = place{}, place{}, nil
	t.ice, t.iceUntil = nil, 0
	t.do(closeSound{})
}

// neverJoined tells who waits for the place, or for the next one, that nothing comes of it.
func (t *turn) neverJoined() {
	left := wire.Errorf(wire.NotInChannel, "The channel was left before the server answered.")
	if made := t.place.made; t.place.call != "" {
		if t.place.made = 0; made != 0 { // to the others the end of the call says it
			t.finish(made, Reply{}, wire.Errorf(wire.CallGone, "The call was over before the server answered."))
		}
		return
	}
	t.answerJoin(&t.place, left)
	t.answerJoin(&t.next, left)
}

func (t *turn) closePeers() {
	for id := range t.peers {
		t.dropPeer(id)
	}
}

func (t *turn) relayReply(body wire.Message) {
	m, ok := body.(*wire.Turn)
	if !ok || t.place.phase == Idle {
		return
	}
	t.ice = iceServers(m, t.serverKey)
	t.exam.relay, t.exam.relayUntil = m, t.now+time.Duration(m.TTL)*time.Second
	t.iceUntil = 0
	if m.TTL > 0 {
		t.iceUntil = t.now + time.Duration(m.TTL)*time.Second*4/5
	}
}

// iceServers is what a peer connection is told of what a server says of relays.
func iceServers(m *wire.Turn, server identity.PublicKey) (list []mesh.ICEServer) {
	if len(m.URLs) > 0 {
		list = append(list, mesh.ICEServer{URLs: m.URLs, Username: m.Username, Password: m.Password, Key: server})
	}
	for _, e := range m.External {
		if len(e.URLs) > 0 {
			list = append(list, mesh.ICEServer{URLs: e.URLs, Username: e.Username, Password: e.Password})
		}
	}
	return list
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
	switch {
	case reason == wire.LeftLost:
		t.sendJoin(t.place) // we are here, whatever the server thinks
		return
	case reason == wire.LeftMoved && (t.next.phase != Idle || t.ring != nil && t.ring.out):
		return // by our own wish: the answer to it follows
	}
	t.endPlace()
	t.notify(Notice{Kind: NoticeLeft, Code: reason})
}

// inSequence says whether a change is of one's own channel, and repairs a gap by asking for the whole roster.
func (t *turn) inSequence(channel string, seq uint64) bool {
	if t.place.phase == Idle || channel != t.place.channel || !t.place.synced {
		return false // before the answer to the join: that has the whole roster
	}
	if seq <= t.place.seq {
		return false // a repeat: the roster is newer
	}
	if seq > t.place.seq+1 {
		t.ask(&wire.RosterGet{Channel: channel}, tag{purpose: forRoster})
	}
	t.place.seq = max(t.place.seq, seq)
	return true
}

func peerID(a wire.Address) mesh.Peer { return mesh.Peer{User: a.User, Member: a.Member} }
