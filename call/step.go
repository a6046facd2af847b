package call

import (
	"time"

	"parley/wire"
)

// step is the whole logic of the engine: what happens to it, and what it does then. It knows no clock and does nothing
// itself; now is the time since the engine's start. It gives up s and returns the next state.
func step(s state, now time.Duration, ev event) (state, []effect) {
	t := turn{state: s, now: now}
	switch ev := ev.(type) {
	case commanded:
		t.command(ev)
	case linkUp:
		t.linkUp(ev)
	case linkDown:
		t.linkDown(ev)
	case received:
		t.receive(ev.body)
	case gapSeen:
		t.ask(&wire.SnapshotGet{}, tag{purpose: forSnapshot})
		t.ringGap()
		t.callGap()
	case replied:
		t.reply(ev)
	case met:
		t.met(ev)
	case peerEvent:
		t.peerEvent(ev.Event)
	case peerHeard:
		t.heard(ev.peer)
	case soundEvent:
		t.notify(ev.notice)
	case devicesSeen:
		t.devicesSeen(ev)
	case checkHeard:
		t.checkHeard(ev)
	case peerSeen:
		t.seen(ev.peer, ev.track)
	case cameraSeen:
		t.cameraSeen(ev.camera)
	case screenSeen:
		t.screenSeen(ev)
	case screenEnded:
		t.screenEnded(ev)
	case looked:
		t.looked(ev)
	case examined:
		t.examined(ev)
	case checkPlayed:
		t.endCheck(t.noSpeaker())
	case echoTested:
		t.echoTested(ev)
	case fileOpened, fileReady, fileAnew, fileMoved, fileFinished, fileBroken:
		t.fileEvent(ev)
	case tick:
		t.tick(ev)
	case networkChanged:
		t.networkChanged(ev)
	}
	t.followFiles()
	return t.state, t.effects
}

// turn is one step under way.
type turn struct {
	state
	now     time.Duration
	effects []effect
	beside  bool // what is taken came over a peer connection, past the server
}

func (t *turn) do(e effect) { t.effects = append(t.effects, e) }

func (t *turn) ask(m wire.Message, g tag) { t.do(ask{m, g}) }

func (t *turn) notify(n Notice) { t.do(notify{n}) }

// refuse counts what does not belong here; a stranger can make any number of these, so each is a number and no notice.
func (t *turn) refuse() { t.refused++ }

func (t *turn) finish(made waiter, reply Reply, err error) {
	if made != 0 {
		t.do(finish{made, reply, err})
	}
	if err != nil && made == 0 {
		t.notify(Notice{Kind: NoticeError, Code: string(wire.CodeOf(err)), Text: err.Error()})
	}
}

func (t *turn) receive(body wire.Message) {
	switch m := body.(type) {
	case *wire.Snapshot:
		t.snapshotPart(m)
	case *wire.UserChanged:
		t.userChanged(m.User)
	case *wire.UserRemoved:
		t.userRemoved(m.User)
	case *wire.ChannelChanged:
		t.channelChanged(m.Channel)
	case *wire.ChannelRemoved:
		t.channelRemoved(m.Channel)
	case *wire.Roster:
		t.roster(m)
	case *wire.MemberJoined:
		t.memberHere(m.Channel, m.Seq, m.Member)
	case *wire.MemberChanged:
		t.memberHere(m.Channel, m.Seq, m.Member)
	case *wire.MemberLeft:
		t.memberLeft(m)
	case *wire.MemberSpeaking:
		t.memberSpeaking(m)
	case *wire.NeedOffer, *wire.Offer, *wire.Answer, *wire.Candidate:
		t.negotiate(m)
	case *wire.Findings:
		t.findings(m)
	case *wire.CallIncoming:
		t.incoming(m)
	case *wire.CallAnswered:
		t.callAnswered(m)
	case *wire.CallEnded:
		t.callEnded(m)
	case *wire.CallMissed:
		t.callsMissed(m)
	case *wire.Heartbeat, *wire.OK:
	default:
		t.refuse()
	}
}

func (t *turn) reply(r replied) {
	failure, _ := r.body.(*wire.Error)
	switch r.tag.purpose {
	case forJoin:
		t.joinReply(r, failure)
	case forRing:
		t.ringReply(r, failure)
	case forAccept:
		t.acceptReply(r, failure)
	case forHere:
		t.hereReply(r, failure)
	case forRelay:
		t.relayReply(r.body)
	case forRoster:
		if m, ok := r.body.(*wire.Roster); ok {
			t.roster(m)
		}
	case forEnter:
		t.enterReply(r, failure)
	case forCommand:
		t.commandReply(r, failure)
	}
}

func (t *turn) commandReply(r replied, failure *wire.Error) {
	if failure != nil {
		t.finish(r.tag.made, Reply{}, failure)
		return
	}
	var reply Reply
	switch m := r.body.(type) {
	case *wire.Invites:
		reply.Invites = m.Invites
	case *wire.ChannelChanged:
		reply.Channel = m.Channel
	}
	t.finish(r.tag.made, reply, nil)
}
