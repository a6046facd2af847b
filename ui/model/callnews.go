package model

import "parley/call"

// calls is what the notices have told of the call that is, by its id.
type calls struct {
	here   string // that rings or has rung here
	joined string // that both have said yes to
}

// ofCall tells of a notice that is about a call, and says whether it was.
func (t *telling) ofCall(n call.Notice) bool {
	sounds := t.in.Settings.Sounds
	switch n.Kind {
	case call.NoticeCallIncoming:
		t.calls = calls{here: n.Channel, joined: t.calls.joined}
		t.alertCall()
	case call.NoticeCallRinging, call.NoticeFirstPicture:
	case call.NoticeCallJoined:
		t.calls.joined = n.Channel
		t.play(SoundJoin, n.AtMS, sounds.JoinLeave)
	case call.NoticeCallEnded:
		t.callEnded(n)
	case call.NoticeCallMissed:
		t.say(n.Seq, "You missed a call from "+whom(n)+".", Plain)
	case call.NoticeJoined, call.NoticeLeft, call.NoticePeerJoined, call.NoticePeerLeft:
		return n.Channel != "" && n.Channel == t.calls.joined // it was told as a call
	default:
		return false
	}
	return true
}

// callEnded says why, where that is not what one has just done oneself, and where a missed call does not say it.
func (t *telling) callEnded(n call.Notice) {
	was := t.calls
	t.calls = calls{}
	own := n.User == t.in.Snapshot.Self.User && n.User != ""
	if why := noPathText(t.in.Snapshot, n.User); n.Code == call.CodeFailed && why != "" && !own {
		t.play(SoundEnded, n.AtMS, t.in.Settings.Sounds.Ended)
		t.say(n.Seq, why, Warn)
		return
	}
	switch {
	case n.Channel == was.joined && n.Channel != "":
		t.play(SoundEnded, n.AtMS, t.in.Settings.Sounds.Ended)
		if !own {
			t.say(n.Seq, endedCall(n.Code, whom(n)), Plain)
		}
	case n.Channel == was.here && n.Channel != "":
		t.calls.joined = was.joined
	case !own:
		t.play(SoundEnded, n.AtMS, t.in.Settings.Sounds.Ended)
		t.say(n.Seq, unanswered(n.Code, whom(n)), Plain)
	}
}

// whom names the person that a notice is about.
func whom(n call.Notice) string {
	if n.Name == "" && n.User == "" {
		return "somebody"
	}
	return personName(n.Name, n.User)
}

// endedCall says why a call that one was in has ended.
func endedCall(code, name string) string {
	switch code {
	case "left":
		return capital(name) + " has hung up."
	case "lost":
		return "The connection to " + name + " is lost, so the call has ended."
	case "kicked":
		return capital(name) + " is no member of this server any more, so the call has ended."
	}
	return "The call with " + name + " has ended."
}

// unanswered says why a call that one made came to nothing.
func unanswered(code, name string) string {
	switch code {
	case "declined":
		return capital(name) + " has declined."
	case "timeout":
		return capital(name) + " did not answer. They see that you called."
	case "cancelled": // not by oneself: two calls have crossed
		return "The call to " + name + " was given up, because somebody is calling you."
	case "lost":
		return capital(name) + " is not connected any more."
	case "kicked":
		return capital(name) + " is no member of this server any more."
	}
	if said := refusedCall(code, name); said != "" {
		return said
	}
	return "The call to " + name + " did not come about."
}

// refusedCall says why the server did not make a call; empty: the code is another one.
func refusedCall(code, name string) string {
	switch code {
	case "user_offline":
		return capital(name) + " is offline. They see that you called."
	case "user_busy", "busy":
		return capital(name) + " is in a call. They see that you called."
	case "user_dnd":
		return capital(name) + " does not want to be disturbed. They see that you called."
	case "in_call":
		return "You are in a call already. Hang up first."
	}
	return ""
}

// capital begins a sentence with whom.
func capital(name string) string {
	if name == "somebody" {
		return "The other one"
	}
	return name
}

// alertCall tells the desktop. It does not wait for the other alerts, but a call that comes again and again is told of seldom.
func (t *telling) alertCall() {
	if !t.begun || !t.in.Settings.Notify || busy(t.in) || !t.rang.IsZero() && t.in.Now.Sub(t.rang) < alertApart {
		return
	}
	t.rang = t.in.Now
	t.view.Alerts = append(t.view.Alerts, alertCall)
}
