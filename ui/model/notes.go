package model

import (
	"fmt"
	"net/url"
	"time"

	"parley/call"
)

// noMicShown is how long a call says that there is no microphone: there a picture is to be seen.
const noMicShown = 10 * time.Second

// checkConnection is what the button of an examination says.
const checkConnection = "Check connection"

// slowDial is after how long of connecting the window asks whether there is a server at all.
const slowDial = 8 * time.Second

// message is the stage of whoever sits in no channel.
func (m *Model) message(in Input) (StageKind, Note) {
	s := in.Snapshot
	waited := in.Now.Sub(m.waits.linkAt)
	switch s.Link {
	case call.Offline:
		if in.Starting {
			return StageBusy, Note{Heading: "Starting your server.", Button: "Cancel", Action: Cancel}
		}
		return StageMessage, offlineNote(in)
	case call.Dialing, call.Lost:
		if code := trouble(s); code == call.CodeServerKey || code == call.CodeProtocol {
			return StageMessage, endedNote(in, call.Ended{Code: code})
		}
		if s.Link == call.Dialing && s.Retry.Attempts == 0 {
			return StageBusy, connecting(s, waited)
		}
		if s.Link == call.Dialing || waited >= grace {
			return StageMessage, noAnswer(s)
		}
	}
	return StageMessage, pickChannel(s)
}

func connecting(s *call.Snapshot, waited time.Duration) Note {
	n := Note{Heading: "Connecting to " + hostOf(s) + ".", Button: "Cancel", Action: Cancel}
	if waited >= slowDial {
		n.Text = "This takes longer than usual. Is the server running?"
		n.Second, n.SecondA = checkConnection, Examine
	}
	return n
}

func noAnswer(s *call.Snapshot) Note {
	return Note{
		Icon: "warning", Tone: Warn, Heading: hostOf(s) + " does not answer.",
		Text:   "Ask whoever runs it, or wait: Parley keeps trying.",
		Button: "Try now", Action: TryNow, Second: checkConnection, SecondA: Examine, Third: "Cancel", ThirdA: Cancel,
	}
}

func pickChannel(s *call.Snapshot) Note {
	if d := directoryOf(s); d.Complete && len(d.Channels) == 0 {
		n := Note{Icon: "speaker-channel", Heading: "There are no channels yet."}
		if n.Text = "Its owner can add some."; s.Self.Role == roleOwner {
			n.Text = "Add the first one with the plus in the list."
		}
		return n
	}
	return Note{Icon: "speaker-channel", Heading: "Pick a channel to talk.", Text: "Your microphone stays off until you do."}
}

func offlineNote(in Input) Note {
	switch s := in.Snapshot; {
	case s.Ended != call.Ended{}:
		return endedNote(in, s.Ended)
	case len(in.Servers) == 0:
		return Note{
			Icon: "speaker-channel", Heading: "No servers yet.", Text: "Paste an invite, or host one here.",
			Button: "Add a server", Action: AddServer,
		}
	case s.Address == "":
		return Note{Icon: "speaker-channel", Heading: "Not connected.", Text: "Pick a server on the left."}
	}
	return Note{
		Icon: "speaker-channel", Heading: "Not connected.", Text: "You left " + serverName(in) + ".",
		Button: "Connect again", Action: Reconnect,
	}
}

// endedNote says why a session has ended, or can't be made. No button of it passes by a key that is not the right one.
func endedNote(in Input, e call.Ended) Note {
	name := serverName(in)
	again := Note{Icon: "warning", Tone: Warn, Button: "Try again", Action: Reconnect}
	if in.Snapshot.Link != call.Offline {
		again.Button, again.Action = "Try now", TryNow
	}
	switch e.Code {
	case "kicked":
		return Note{
			Icon: "hang-up", Tone: Bad, Heading: "You were removed by the owner of " + name + ".",
			Text: "To come back you need a new invite.", Button: "Forget this server", Action: ForgetServer,
		}
	case "replaced":
		again.Icon, again.Tone, again.Heading = "people", Plain, "You are connected from somewhere else."
		again.Text, again.Button = "One session at a time: the newer one has taken over.", "Connect here"
	case call.CodeServerKey:
		again.Icon, again.Tone, again.Heading = "key", Bad, "This server's key is not the one in your invite."
		again.Text = "Do not join before you asked its owner."
	case "bad_version":
		again.Heading, again.Text = "This server needs another version of Parley.", "Get the update."
		if text := Inert(e.Text); text != "" {
			again.Text = text + " Get the update."
		}
	case call.CodeProtocol:
		again.Heading, again.Text = "This is no Parley server.", "Something else answers at "+hostOf(in.Snapshot)+". Check the invite."
	case "invite_needed", "invite_invalid", "invite_expired", "invite_used_up":
		return inviteNote(name, e.Code)
	default:
		again.Heading, again.Text = "The connection to "+name+" has ended.", Inert(e.Text)
	}
	return again
}

func inviteNote(name, code string) Note {
	heading := map[string]string{
		"invite_needed":  name + " lets in whoever has an invite.",
		"invite_invalid": "This invite does not work any more.",
		"invite_expired": "This invite has expired.",
		"invite_used_up": "This invite was used up.",
	}[code]
	return Note{
		Icon: "link", Tone: Warn, Heading: heading, Text: "Ask its owner for a new one.", Button: "Use another invite", Action: AddServer,
	}
}

// trouble is the code of what went wrong with the last try to reach the server, empty since it is there.
func trouble(s *call.Snapshot) string {
	if s.Retry.Attempts == 0 {
		return "" // what there is was said of another server
	}
	for i := len(s.Notices) - 1; i >= 0; i-- {
		switch s.Notices[i].Kind {
		case call.NoticeRetry:
			return s.Notices[i].Code
		case call.NoticeOnline, call.NoticeLost:
			return ""
		}
	}
	return ""
}

// hostOf is where the server is, for people.
func hostOf(s *call.Snapshot) string {
	if u, err := url.Parse(s.Address); err == nil {
		if host := Inert(u.Hostname()); host != "" {
			return host
		}
	}
	return "The server"
}

// banner is the line over the tiles.
func (m *Model) banner(in Input) *Banner {
	s := in.Snapshot
	switch {
	case s.Ring != nil && s.Ring.Out:
		text := "Calling " + m.other.name + "…"
		if s.Ring.Placed {
			text = "Ringing at " + m.other.name + "…"
		}
		return &Banner{Icon: "phone", Text: text, Button: "Cancel", Action: StopCalling}
	case m.murmur.on && s.Self.Deafened:
		return &Banner{
			Icon: "headphones-off", Tone: Warn, Text: "You are deafened, but talking. Nobody hears you.", Button: "Undeafen", Action: TurnOffDeafen,
		}
	case m.murmur.on:
		return &Banner{Icon: "mic-off", Tone: Warn, Text: "You are muted, but talking. Nobody hears you.", Button: "Unmute", Action: Unmute}
	case s.Link == call.Lost && trouble(s) == call.CodeServerKey:
		return &Banner{
			Icon: "key", Tone: Warn, Button: "Try now", Action: TryNow,
			Text: "Another server than yours answers now. Your call goes on; nothing was sent there.",
		}
	case s.Link == call.Lost:
		return &Banner{
			Icon: "warning", Tone: Warn, Text: "Server connection lost. Your call goes on. " + countdown(in), Button: "Try now", Action: TryNow,
			Second: "Check", SecondA: Examine,
		}
	case m.noPathBanner(s) != nil:
		return m.noPathBanner(s)
	case s.Place.Phase == call.Joined && !m.waits.mic:
		waited := in.Now.Sub(latest(m.waits.micAt, m.waits.placeAt))
		if waited >= grace && (!inCall(s) || waited < noMicShown) {
			return &Banner{Icon: "mic-off", Tone: Warn, Text: "No microphone found. You can join and listen; plug one in at any time."}
		}
	}
	return nil
}

// countdown says when the next try is.
func countdown(in Input) string {
	left := in.Snapshot.Retry.At.Sub(in.Now)
	if in.Snapshot.Retry.At.IsZero() || left <= 0 {
		return "Trying again now."
	}
	return fmt.Sprintf("Trying again in %d s.", (left+time.Second-1)/time.Second)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
