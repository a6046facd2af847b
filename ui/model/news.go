package model

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/call"
)

// How announcements are held together.
const (
	lineShown = 6 * time.Second
	linesMost = 3
	// soundApart: of two joins closer together than this one is heard. So it is with everything else that makes a sound.
	soundApart = 300 * time.Millisecond
	// entering is how long after one's own join others that come were there before.
	entering = time.Second
	// textApart: who writes in short lines is heard once.
	textApart = 3 * time.Second
	// alertApart keeps a stranger who comes and goes from filling the desktop.
	alertApart = 10 * time.Second
)

// Titles and texts of alerts. Nothing of them comes from others.
var (
	alertJoined = Alert{"Parley", "Someone joined your voice channel."}
	alertHeld   = Alert{"Parley", "Someone in your voice channel is held back until you let them in."}
	alertEnded  = Alert{"Parley", "You are no longer in the voice channel."}
	alertCall   = Alert{"Parley", "Somebody is calling you."}
	alertFile   = Alert{"Parley", "Somebody wants to send you a file."}
	alertText   = Alert{"Parley", "Somebody wrote to you."}
)

// news turns notices and switches into what is announced, each once.
type news struct {
	begun    bool
	seq      uint64 // of the last notice that was read
	muted    bool
	deafened bool

	joined  int64           // AtMS of the own join
	sounded map[Sound]int64 // AtMS of the last one of each
	alerted time.Time       // when the last alert was made
	calls   calls
	rang    time.Time         // when the last alert of a call was made
	devices map[string]string // the last one in use: microphone, speaker
	lines   []timedLine
}

type timedLine struct {
	Line
	at time.Time
}

// telling is one reading of the news.
type telling struct {
	*news
	in   Input
	view *View
}

func (n *news) read(in Input, v *View) {
	s := in.Snapshot
	if n.sounded == nil {
		n.sounded, n.devices = map[Sound]int64{}, map[string]string{}
	}
	t := telling{n, in, v}
	for _, notice := range s.Notices {
		if notice.Seq > n.seq {
			n.seq = notice.Seq
			t.notice(notice)
		}
	}
	t.switches()
	if !n.begun { // what happened before the window was there is told, not played
		n.begun, v.Sounds, v.Aside = true, nil, nil
	}
	t.current()
}

func (t *telling) notice(n call.Notice) {
	sounds := t.in.Settings.Sounds
	if t.ofCall(n) {
		return
	}
	switch n.Kind {
	case call.NoticeJoined:
		t.joined = n.AtMS
		t.play(SoundJoin, n.AtMS, sounds.JoinLeave)
	case call.NoticePeerJoined, call.NoticeHeld:
		t.came(n)
	case call.NoticePeerLeft:
		t.play(SoundLeave, n.AtMS, sounds.JoinLeave)
	case call.NoticeLeft:
		t.left(n)
	case call.NoticeDevice, call.NoticeCamera:
		t.device(n)
	case call.NoticeScreen:
		if n.Code != "screen_shown" { // which a bar says for as long as it is
			t.say(n.Seq, n.Text, Warn)
		}
	case call.NoticeFileOffered, call.NoticeFileDone, call.NoticeFileFailed:
		t.file(n)
	case call.NoticeText:
		t.alert(alertText)
		t.aside(n.AtMS)
	case call.NoticeNoPath:
		t.onStage(n.Seq, n.Text, Warn)
	case call.NoticeError:
		t.failed(n)
	}
}

// came is somebody who joins, or is found in the channel at the own join, or is held back from now on.
func (t *telling) came(n call.Notice) {
	sounds, held := t.in.Settings.Sounds, n.Kind == call.NoticeHeld
	before := n.AtMS-t.joined < entering.Milliseconds()
	switch {
	case (n.New || held) && sounds.NewPerson:
		t.play(SoundNew, n.AtMS, true)
	case !before:
		t.play(SoundJoin, n.AtMS, sounds.JoinLeave)
	}
	if held {
		t.say(n.Seq, personName(n.Name, n.User)+" is held back: "+heldLine(n.Code)+".", Fresh)
	}
	switch {
	case before:
	case held:
		t.alert(alertHeld)
	default:
		t.alert(alertJoined)
	}
}

// left is the end of one's own stay. By one's own will it needs no word.
func (t *telling) left(n call.Notice) {
	sounds := t.in.Settings.Sounds
	if n.Code == "left" {
		t.play(SoundLeave, n.AtMS, sounds.JoinLeave)
		return
	}
	t.play(SoundEnded, n.AtMS, sounds.Ended)
	t.alert(alertEnded)
	switch n.Code {
	case "removed":
		t.say(n.Seq, "The channel was removed.", Warn)
	case "moved":
		t.say(n.Seq, "You joined a channel from somewhere else, so this window has left.", Warn)
	}
}

// device tells what happened to a microphone, loudspeaker or camera. That the one is used which was used before is not news, and that
// there is no microphone is a banner's.
func (t *telling) device(n call.Notice) {
	kind, event, _ := strings.Cut(n.Code, "_")
	if event == "plugged" { // of a headset one notice tells both halves
		for half, used := range map[string]string{"microphone": t.in.Snapshot.Sound.Mic, "speaker": t.in.Snapshot.Sound.Speaker} {
			if used == n.Device {
				t.devices[half] = used
			}
		}
	}
	if event == "opened" || event == "fell-back" || event == "returned" {
		before := t.devices[kind]
		t.devices[kind] = n.Device
		if event == "opened" && (before == "" || before == n.Device) {
			return
		}
	}
	tone := Plain
	switch event {
	case "none":
		if kind == "microphone" {
			return
		}
		tone = Warn
	case "lost", "failed", "passed-over", "unplugged", "gone", "busy", "many":
		tone = Warn
	}
	t.say(n.Seq, n.Text, tone)
	t.lines[len(t.lines)-1].Device = true
}

// file tells of one that is offered or over. The stage shows it; who looks elsewhere is told in a line.
func (t *telling) file(n call.Notice) {
	at := slices.IndexFunc(t.in.Snapshot.Transfers, func(one call.Transfer) bool { return one.ID == n.Channel })
	if at < 0 {
		return // it is off the list already
	}
	one := t.in.Snapshot.Transfers[at]
	name, file := whom(n), Inert(one.File)
	switch {
	case n.Kind == call.NoticeFileOffered:
		t.onStage(n.Seq, capital(name)+" wants to send you a file: "+file, Plain)
		t.alert(alertFile)
		t.aside(n.AtMS)
	case n.Kind == call.NoticeFileFailed:
		_, why := failure(one, name)
		t.onStage(n.Seq, file+": "+why, Warn)
	case one.Incoming:
		t.onStage(n.Seq, file+" has arrived.", Good)
	default:
		t.onStage(n.Seq, file+" was sent.", Good)
	}
}

// onStage says what the stage shows too.
func (t *telling) onStage(seq uint64, text string, tone Tone) {
	t.say(seq, text, tone)
	t.lines[len(t.lines)-1].Stage = true
}

func (t *telling) failed(n call.Notice) {
	text := n.Text
	if n.Code == "channel_full" {
		text = fmt.Sprintf("This channel is full (%d). You can join when someone leaves.", perChannel)
	} else if said := refusedCall(n.Code, whom(n)); said != "" {
		text = said
	}
	t.say(n.Seq, text, Warn)
}

// switches plays the own mute and deafen, wherever they were made: by the dock, a key, the tray. Deafening mutes too, and is one
// sound.
func (t *telling) switches() {
	me, sounds := t.in.Snapshot.Self, t.in.Settings.Sounds
	switch {
	case !t.begun:
	case me.Deafened != t.deafened:
		t.add(either(me.Deafened, SoundDeafen, SoundUndeafen), sounds.Deafen)
	case me.Muted != t.muted:
		t.add(either(me.Muted, SoundMute, SoundUnmute), sounds.Mute)
	}
	t.muted, t.deafened = me.Muted, me.Deafened
}

func either(first bool, a, b Sound) Sound {
	if first {
		return a
	}
	return b
}

// play adds a sound, if the same one was not heard just before; at is on the engine's clock, in milliseconds.
func (t *telling) play(s Sound, at int64, on bool) {
	if last, ok := t.sounded[s]; ok && at-last < soundApart.Milliseconds() {
		return
	}
	t.sounded[s] = at
	t.add(s, on)
}

func (t *telling) add(s Sound, on bool) {
	if on && !busy(t.in) {
		t.view.Sounds = append(t.view.Sounds, s)
	}
}

// aside is what is heard of a text or a file.
func (t *telling) aside(at int64) {
	last, before := t.sounded[SoundText]
	if !t.in.Settings.Sounds.Text || busy(t.in) || before && at-last < textApart.Milliseconds() {
		return
	}
	t.sounded[SoundText] = at
	t.view.Aside = append(t.view.Aside, SoundText)
}

func (t *telling) alert(a Alert) {
	if !t.begun || !t.in.Settings.Notify || busy(t.in) || !t.alerted.IsZero() && t.in.Now.Sub(t.alerted) < alertApart {
		return
	}
	t.alerted = t.in.Now
	t.view.Alerts = append(t.view.Alerts, a)
}

func (t *telling) say(seq uint64, text string, tone Tone) {
	if text = sentence(text); text == "" {
		text = "That did not work."
	}
	t.lines = append(t.lines, timedLine{Line{Seq: seq, Text: text, Tone: tone}, t.in.Now})
	t.lines = t.lines[max(0, len(t.lines)-linesMost):]
}

// current shows the lines that are not old yet.
func (t *telling) current() {
	t.lines = slices.DeleteFunc(t.lines, func(l timedLine) bool { return t.in.Now.Sub(l.at) >= lineShown })
	for _, l := range t.lines {
		t.view.Lines = append(t.view.Lines, l.Line)
	}
}
