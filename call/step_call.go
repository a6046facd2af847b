package call

import (
	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

// enterCall makes a call the place that one sits in. It is called by the two consents alone: Accept, and the answer to one's own
// Call. A channel is left for it, with the devices left open.
func (t *turn) enterCall(to place, video bool) {
	t.endCheck("")
	t.endEchoTest("")
	to.phase, to.since = Joining, t.now
	if t.place.phase != Idle {
		if t.reachable() {
			t.ask(&wire.VoiceLeave{}, tag{purpose: forNothing})
		}
		t.neverJoined()
		t.closePeers()
		t.letGo()
		t.endPictures()
		t.place, t.next, t.texts = to, place{}, nil
	} else {
		t.place = to
		t.do(setQuiet{t.quiet(), t.self.deafened})
		t.do(openSound{})
		t.listen(false)
	}
	if video {
		t.setCamera(true)
	}
}

// callJoined: both have said yes. The peer is opened by met.
func (t *turn) callJoined(with wire.Member, relay *wire.Turn) {
	t.place.phase, t.place.since, t.place.with = Joined, t.now, with
	t.answerJoin(&t.place, nil)
	t.callRelay(relay)
	t.do(lookUp{with})
}

func (t *turn) callRelay(relay *wire.Turn) {
	if relay != nil {
		t.relayReply(relay)
	} else {
		t.ask(&wire.TurnGet{}, tag{purpose: forRelay})
	}
}

// acceptReply answers a CallAccept; one for a call that was left since is old.
func (t *turn) acceptReply(r replied, failure *wire.Error) {
	if t.place.call == "" || t.place.phase != Joining || r.tag.member != t.place.member {
		return
	}
	m, ok := r.body.(*wire.CallPlaced)
	switch {
	case failure != nil:
	case !ok || m.Call != t.place.call || m.With == nil || !sameMember(*m.With, t.place.with):
		t.refuse()
		failure = errNonsense()
		t.endAtServer(t.place.call, wire.CallLeft)
	default:
		t.callJoined(*m.With, m.Relay)
		return
	}
	made := t.place.made
	t.place.made = 0
	if made != 0 { // else the end of the call says it
		t.finish(made, Reply{}, failure)
	}
	t.endCall(Notice{Code: CodeFailed, Text: failure.Text})
}

// sendHere tells a server that does not know it that one is in a call.
func (t *turn) sendHere() {
	t.ask(&wire.CallHere{Call: t.place.call, Member: t.place.member, Nonce: t.place.nonce, With: t.place.with.Address},
		tag{purpose: forHere, member: t.place.member})
}

// callGap: the end of a call may have been among the events that were lost, and no snapshot has it.
func (t *turn) callGap() {
	if t.place.call != "" && t.place.phase == Joined {
		t.sendHere()
	}
}

// hereReply answers a CallHere. The other one may still be on its way to the server: the media decide.
func (t *turn) hereReply(r replied, failure *wire.Error) {
	if t.place.call == "" || r.tag.member != t.place.member {
		return
	}
	m, ok := r.body.(*wire.CallPlaced)
	switch {
	case failure == nil && (!ok || m.Call != t.place.call || m.With != nil && !sameMember(*m.With, t.place.with)):
		t.refuse()
	case failure == nil && m.With == nil:
		t.place.again = 0
		t.otherMissing()
	case failure == nil:
		t.backAtServer(m.Relay)
	case failure.Code == wire.SessionGone: // linkUp says it again
	case failure.Code == wire.CallGone || failure.Code == wire.NotFound:
		t.endCall(Notice{Code: wire.CallLost, Text: failure.Text})
	default:
		t.place.again = t.now + joinEvery
	}
}

// backAtServer: the server knows both of this call.
func (t *turn) backAtServer(relay *wire.Turn) {
	if t.place.phase != Joined {
		return
	}
	t.place.again = 0
	for _, p := range t.peers {
		p.absent = false
	}
	t.callRelay(relay)
	t.mendAll()
}

// otherMissing: the server does not have the other one. The media may live.
func (t *turn) otherMissing() {
	for id, p := range t.peers {
		t.missing(id, p)
	}
}

// callEnded is the server's word that a call is over.
func (t *turn) callEnded(m *wire.CallEnded) {
	switch r := t.ring; {
	case r != nil && m.Call == r.call:
		t.endRing(Notice{Code: m.Reason})
	case r != nil && r.crossed != nil && m.Call == r.crossed.Call:
		r.crossed = nil
	case t.place.call == "" || m.Call != t.place.call:
		t.refuse()
	case m.Reason == wire.CallLost && t.place.phase == Joined:
		t.otherMissing()
	default:
		t.endCall(Notice{Code: m.Reason})
	}
}

func (t *turn) hangUp(made waiter) {
	var err error
	switch {
	case t.place.call != "":
		t.leaveCall(t.byMe(wire.CallLeft))
	case t.ring != nil && t.ring.out:
		t.cancel(t.byMe(wire.CallCancelled))
	default:
		err = wire.Errorf(wire.CallGone, "You are in no call.")
	}
	t.finish(made, Reply{}, err)
}

// byMe is the end of a call by one's own will.
func (t *turn) byMe(reason string) Notice {
	return Notice{Code: reason, User: identity.UserID(t.me)}
}

// leaveCall ends the call one is in, and lets the server know.
func (t *turn) leaveCall(why Notice) {
	t.endAtServer(t.place.call, wire.CallLeft)
	t.endCall(why)
}

// endCall ends the call one is in: after this step nothing of it leaves, but a word of farewell to the other one, who learns of
// it so without a server too.
func (t *turn) endCall(why Notice) {
	t.overNotice(&why, t.place.call, t.place.with)
	t.farewell()
	t.endPlace()
	t.notify(why)
}

// farewell says past the server that one goes.
func (t *turn) farewell() {
	for id, p := range t.peers {
		if p.phase == Connected || p.phase == Reconnecting {
			t.do(tellPeer{id, word{Type: wordBye}.bytes()})
		}
	}
}

// overNotice completes what is told of a call that is over: User is the one who ended it, or the other one.
func (t *turn) overNotice(n *Notice, call string, with wire.Member) {
	n.Kind, n.Channel, n.Name = NoticeCallEnded, call, with.Name
	if n.User == "" {
		n.User = with.User
	}
}

// tickCall is what time brings about in a call, besides what it does in a channel.
func (t *turn) tickCall() {
	if t.place.call != "" && t.callState() == callConnecting && t.now-t.place.since > goneAfter {
		t.leaveCall(Notice{Code: CodeFailed})
	}
	t.tellUnsaid()
	t.tickWatching()
	t.tickSpeech()
}

// told takes what the other one says over the peer connection.
func (t *turn) told(id mesh.Peer, p *peer, data []byte) {
	w, err := readWord(data)
	if err != nil {
		t.refuse()
		return
	}
	if w.File != nil {
		t.toldFile(id, p, w.Type, *w.File)
		return
	}
	switch w.Type {
	case wordRTC:
		t.relayed(p, w)
	case wordState:
		p.member.Muted, p.member.Deafened = w.Muted || w.Deafened, w.Deafened
		t.toldPictures(id, p, w)
	case wordWatch:
		p.wants, p.unmet = watching{CameraTrack: w.Camera, ScreenTrack: w.Screen}, true
		t.meetWatching(id, p)
	case wordSpeech:
		p.saidSpeech = speech{w.Priority, w.Whisper}
		t.meetSpeech(id, p)
	case wordText:
		t.toldText(id, p, w)
	case wordArrived:
		p.arrived(w.Number)
	case wordBye:
		t.gone(id, p, wire.LeftSelf)
	}
}

// tellState lets the others know how one's switches are: in a channel too, where the server says it as long as there is one.
func (t *turn) tellState() {
	for _, p := range t.peers {
		p.unsaid = true
	}
	t.tellUnsaid()
}

// How often the switches are told: far below what a mesh listens to, so that no word is dropped there, the last one least of all.
// What is above it waits for a tick.
const (
	wordBurst = 8
	wordRate  = 2 // a second
)

func (t *turn) tellUnsaid() {
	w := word{
		Type: wordState, Muted: t.quiet(), Deafened: t.self.deafened,
		Camera: t.camera.On && t.camera.Open, Screen: t.screen.Sharing && t.screen.Open,
	}
	for id, p := range t.peers {
		if p.unsaid && p.phase == Connected && p.words.take(t.now, wordBurst, wordRate) {
			p.unsaid = false
			t.do(tellPeer{id, w.bytes()})
		}
	}
}

// believable says that a member can be another person: the key is the user's, and the ids are not one's own.
func (t *turn) believable(m wire.Member, own string) bool {
	return m.Member != own && m.User != identity.UserID(t.me) && identity.UserID(identity.PublicKey(m.Key)) == m.User
}

func sameMember(a, b wire.Member) bool {
	return a.Address == b.Address && a.Nonce.String() == b.Nonce.String() && a.Key.String() == b.Key.String()
}
