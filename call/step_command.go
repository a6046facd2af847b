package call

import (
	"fmt"

	"parley/wire"
)

func (t *turn) command(ev commanded) {
	switch c := ev.cmd.(type) {
	case Connect:
		t.connect(c, ev.made)
	case Disconnect:
		t.depart(wire.LeftSelf)
		t.link, t.ended = Offline, Ended{}
		t.retryAt, t.attempts = 0, 0
		t.do(hangUpServer{})
		t.finish(ev.made, Reply{}, nil)
	case Join:
		t.join(c, ev)
	case Leave:
		t.leave(wire.LeftSelf)
		t.finish(ev.made, Reply{}, nil)
	case Call, Accept, Decline, HangUp:
		t.callCommand(ev)
	case SendFile, AcceptFile, RefuseFile, CancelFile, ForgetTransfer, SetDownloads:
		t.fileCommand(ev)
	case Say:
		t.finish(ev.made, Reply{}, t.write(c.Text))
	case SetCamera, UseCamera, Preview:
		t.cameraCommand(c, ev.made)
	case WatchScreens, ShareScreen, StopShare:
		t.screenCommand(c, ev.made)
	case Mute:
		t.switches(c.On, t.self.deafened && c.On)
		t.finish(ev.made, Reply{}, nil)
	case Deafen:
		t.switches(t.self.muted, c.On)
		t.finish(ev.made, Reply{}, nil)
	case Talk:
		t.do(setTalk{c.Down})
		t.finish(ev.made, Reply{}, nil)
	case Prioritize, Whisper:
		t.speechCommand(c, ev.made)
	case Tune:
		t.do(setVoice{c.Voice})
		t.finish(ev.made, Reply{}, nil)
	case UseDevice:
		t.do(useDevice{c.Output, c.Device})
		t.finish(ev.made, Reply{}, nil)
	case Watch, Listen, Check, StopCheck, EchoTest, StopEchoTest, Play, StopRing, UseRinger, SetOutputVolume:
		t.soundCommand(c)
		t.finish(ev.made, Reply{}, nil)
	case Examine, StopExamine, enter:
		t.examineCommand(c, ev.made)
	case RetryNow:
		t.do(hurryServer{})
		t.finish(ev.made, Reply{}, nil)
	case SetShareSpeaking:
		t.setShare(c.On)
		t.finish(ev.made, Reply{}, nil)
	case SetKnownOnly:
		t.setKnownOnly(c.On)
		t.finish(ev.made, Reply{}, nil)
	case SetRelayOnly:
		t.relayOnly = c.On
		t.finish(ev.made, Reply{}, nil)
	case SetRelayNew:
		t.relayNew = c.On
		t.finish(ev.made, Reply{}, nil)
	case SetVolume, SetLocalMute, Verify, Trust:
		t.personCommand(c, ev.made)
	default:
		t.serverCommand(c, ev.made)
	}
}

func (t *turn) connect(c Connect, made waiter) {
	link, err := wire.ParseLink(c.Link)
	if err != nil {
		t.finish(made, Reply{}, err)
		return
	}
	t.depart(wire.LeftSelf)
	if link.Key.String() != t.address.Key.String() {
		t.forgetExamination()
	}
	t.link, t.address, t.ended = Dialing, link.Server(), Ended{}
	t.retryAt, t.attempts = 0, 0
	t.self.name = c.Name
	if c.Status != "" {
		t.self.status = c.Status
	}
	t.forget()
	t.do(dialServer{link, t.self.name, t.self.status})
	t.finish(made, Reply{}, nil)
}

// switches sets mute and deafen, here at once and for the others by message.
func (t *turn) switches(muted, deafened bool) {
	t.self.muted, t.self.deafened = muted, deafened
	t.do(setQuiet{t.quiet(), deafened})
	if t.quiet() {
		t.letGo()
	}
	t.tellState()
	if t.place.channel != "" && t.reachable() {
		t.ask(&wire.VoiceState{Muted: t.quiet(), Deafened: deafened}, tag{purpose: forNothing})
		t.place.spoken = t.place.spoken && !t.quiet() // that says it
	}
}

// setKnownOnly holds for those who are in the channel already, too.
func (t *turn) setKnownOnly(on bool) {
	t.knownOnly = on
	for id, p := range t.peers {
		switch reason := t.holdReason(p.person); {
		case reason != "" && p.phase != Held:
			t.hold(id, p, reason)
		case reason == "" && p.phase == Held:
			t.open(id, p)
		}
	}
}

// serverCommand turns a command into the request that it is.
func (t *turn) serverCommand(cmd Command, made waiter) {
	if t.link != Online {
		t.finish(made, Reply{}, wire.Errorf(wire.BadOrder, "There is no connection to the server."))
		return
	}
	m, err := requestFor(cmd)
	if err != nil {
		t.finish(made, Reply{}, err)
		return
	}
	switch c := cmd.(type) {
	case ForgetMissed:
		t.missed = nil
	case SetPresence:
		t.self.status = c.Status
		t.do(present{t.self.name, t.self.status})
	case SetName:
		t.self.name = c.Name
		t.do(present{t.self.name, t.self.status})
	}
	t.ask(m, tag{purpose: forCommand, made: made})
}

func requestFor(cmd Command) (wire.Message, error) {
	var m wire.Message
	switch c := cmd.(type) {
	case ForgetMissed:
		m = &wire.CallSeen{}
	case SetPresence:
		m = &wire.PresenceSet{Status: c.Status}
	case SetName:
		m = &wire.NameSet{Name: c.Name}
	case Claim:
		m = &wire.Claim{Secret: c.Secret}
	case AddChannel:
		m = &wire.ChannelAdd{Name: c.Name}
	case RenameChannel:
		m = &wire.ChannelRename{Channel: c.Channel, Name: c.Name}
	case MoveChannel:
		m = &wire.ChannelMove{Channel: c.Channel, Position: c.Position}
	case RemoveChannel:
		m = &wire.ChannelRemove{Channel: c.Channel}
	case CreateInvite:
		m = &wire.InviteCreate{Uses: c.Uses, ExpiresS: int64(c.Expires.Seconds())}
	case ListInvites:
		m = &wire.InviteList{}
	case RevokeInvite:
		m = &wire.InviteRevoke{Invite: c.Invite}
	case KickUser:
		m = &wire.Kick{User: c.User}
	default:
		return nil, fmt.Errorf("unknown command %T", cmd)
	}
	// A field that the wire does not take is the caller's mistake, to be told here and not to end the connection.
	if _, err := wire.Encode(wire.Envelope{Body: m}); err != nil {
		return nil, wire.Errorf(wire.BadMessage, "That can't be sent: %s", err)
	}
	return m, nil
}
