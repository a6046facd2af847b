package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/assets"
	"parley/call"
	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// soundPage is microphone, loudspeaker and the program's own sounds. One meter shows what the microphone hears: in a channel, in a
// check, and where the person asks for it by a click. Nothing else opens the microphone, and whatever ends that, it stays ended. The
// other one shows what the loudspeaker plays, whatever that is.
type soundPage struct {
	s    *settings
	root *fyne.Container

	mic, speaker, ringer *deviceField

	meter *kit.Meter
	level *field // "Show my level"; hidden in a channel, where the meter moves anyway
	show  *kit.Button
	mode  *kit.Segmented
	key   *field
	check *checkField

	played *kit.Meter // of the loudspeaker

	heard   time.Time // when a meter last moved
	notices deviceNotices
}

const (
	// settles is how long a meter takes to be dark after the last sound.
	settles = 2 * time.Second
)

func newSoundPage(s *settings) page {
	p := &soundPage{s: s, notices: deviceNotices{s: s, seen: s.w.c.Engine.Snapshot().LastNotice}}
	p.root = pageOf(p.microphone(), p.loudspeaker(), p.sounds())
	return p
}

func (p *soundPage) content() fyne.CanvasObject { return p.root }

// leave closes the microphone. It asks the engine for that in any case: what the snapshot has may be older than the last click.
func (p *soundPage) leave() {
	p.s.w.pump.moves.Store(false)
	p.s.w.do(call.Listen{On: false})
	if p.s.w.c.Engine.Snapshot().Sound.Check.Phase != call.CheckIdle {
		p.s.w.do(call.StopCheck{})
	}
}

func (p *soundPage) apply() {
	now, snapshot := p.s.now(), p.s.w.c.Engine.Snapshot()
	if p.s.alone(now) && snapshot.Sound.Listening {
		p.s.w.do(call.Listen{On: false})
	}
	changed := p.applyLevel(snapshot)
	changed = p.mic.apply(snapshot) || changed
	changed = p.speaker.apply(snapshot) || changed
	changed = p.ringer.apply(snapshot) || changed
	changed = p.check.apply(snapshot, now) || changed
	changed = p.notices.apply(snapshot, now) || changed
	p.measure(snapshot, now)
	if changed {
		p.s.relay()
	}
}

const levelExplained = "Opens the microphone. Nothing is sent."

// applyLevel tells whether something was shown or hidden.
func (p *soundPage) applyLevel(snapshot *call.Snapshot) bool {
	wide := p.show.MinSize()
	text, why := "Show my level", levelExplained
	if snapshot.Sound.Listening {
		text, why = "Stop showing", "The microphone is open. Nothing is sent."
	}
	p.show.SetText(text)
	changed := p.level.explain(why, theme.ColorNamePlaceHolder)
	return setHidden(p.level.root, snapshot.Place.Phase != call.Idle) || changed || p.show.MinSize() != wide
}

func (p *soundPage) toggleLevel() {
	p.s.w.do(call.Listen{On: !p.s.w.c.Engine.Snapshot().Sound.Listening})
}

// measure moves the meters where somebody is to see them move, and has the pump tick for that.
func (p *soundPage) measure(snapshot *call.Snapshot, now time.Time) {
	stats := p.s.w.c.Engine.Stats()
	on := snapshot.Sound.Listening || snapshot.Sound.Check.Phase != call.CheckIdle || snapshot.Place.Phase != call.Idle
	if on && stats.Sound {
		p.meter.Set(stats.Capture.Level, stats.Capture.Speaking, now)
		p.heard = now
	} else {
		p.meter.Set(-60, false, now)
	}
	plays := snapshot.Sound.Speaker != ""
	if p.played.Set(stats.Playout.Level, true, now); plays {
		p.heard = now
	}
	ticks := on || plays || now.Sub(p.heard) < settles || p.s.banner.Visible()
	if p.s.w.pump.moves.Swap(ticks) != ticks {
		p.s.w.pump.wake()
	}
}

func (p *soundPage) microphone() fyne.CanvasObject {
	now := p.s.w.c.Profile.Settings()
	p.mic = newDeviceField(p.s, microphones())
	p.meter = kit.NewMeter()
	p.meter.OnThreshold = p.setThreshold
	p.show = kit.NewButton("Show my level", "mic", kit.PlainButton, p.toggleLevel)
	p.level = newField("Your level", levelExplained, p.show)
	p.mode = kit.NewSegmented([]string{"Voice activity", "Push to talk"}, modeIndex(now.Mode), p.setMode)
	p.key = newField("Key to hold", "While this window has the keyboard", keyField(p.s, func() {}))
	suppress := toggleField("Suppress noise", "Fans, keys and street", now.Suppression, func(on bool) {
		p.s.setVoice(func(s *profile.Settings) { s.Suppression = on })
	})
	p.check = newCheckField(p.s)
	p.showMode(now)
	when := newField("When do others hear you?", "", p.mode)
	return cardOf("Microphone", p.mic.root, p.mic.none, kit.Gap(0, 8), p.meter, p.level.root, when.root, p.key.root, suppress, p.check.root)
}

func modeIndex(m profile.Mode) int {
	switch m {
	case profile.VoiceActivity:
		return 0
	case profile.PushToTalk:
		return 1
	}
	return -1 // always open, which parleyctl can set
}

func (p *soundPage) setMode(i int) {
	mode := profile.VoiceActivity
	if i == 1 {
		mode = profile.PushToTalk
	}
	p.s.setVoice(func(s *profile.Settings) { s.Mode = mode })
	p.showMode(p.s.w.c.Profile.Settings())
	p.s.relay()
}

// showMode shows what belongs to a mode: a threshold on the meter, or a key.
func (p *soundPage) showMode(now profile.Settings) {
	p.meter.SetThreshold(float32(now.Threshold), now.Mode == profile.VoiceActivity)
	p.key.root.Hidden = now.Mode != profile.PushToTalk
}

// setThreshold holds at once; it is written down when the knob rests.
func (p *soundPage) setThreshold(dbfs float32) {
	edit := func(s *profile.Settings) { s.Threshold = float64(dbfs) }
	now := p.s.w.c.Profile.Settings()
	edit(&now)
	p.s.w.do(call.Tune{Voice: p.s.w.c.Voice(now)})
	p.s.soon("threshold", edit, nil)
}

// setVoice keeps a change of how the microphone is treated, and makes it.
func (s *settings) setVoice(edit func(*profile.Settings)) {
	s.change(edit)
	s.w.do(call.Tune{Voice: s.w.voice()})
}

// keyField chooses the key to hold, and says that there is another one.
func keyField(s *settings, chosen func()) *kit.KeyField {
	k := kit.NewKeyField(s.w.c.Profile.Settings().PTTKey, func(key string) {
		s.change(func(now *profile.Settings) { now.PTTKey = key })
		chosen()
	})
	k.OnResized = s.relay
	return k
}

func (p *soundPage) loudspeaker() fyne.CanvasObject {
	p.speaker = newDeviceField(p.s, loudspeakers())
	p.ringer = newDeviceField(p.s, ringers())
	p.played = kit.NewMeter()
	try := kit.NewButton("Play", "speaker-channel", kit.PlainButton, p.try)
	volume := percent(0, profile.MaxVolume, 5, p.s.w.c.Profile.Settings().OutputVolume, func(v int) {
		p.s.w.do(call.SetOutputVolume{Gain: float32(v) / 100})
		p.s.soon("output", func(s *profile.Settings) { s.OutputVolume = v }, nil)
	}, nil)
	return cardOf("Speaker", p.speaker.root, p.speaker.none, kit.Gap(0, 8), p.played,
		newField("Test sound", "Two seconds, as loud as people are", try).root, newField("Volume", "Of everybody together", volume).root, p.ringer.root)
}

// try lets hear, and see, that the loudspeaker works: by the longest of the sounds.
func (p *soundPage) try() {
	if samples, err := assets.Sound(string(model.SoundRing)); err == nil {
		p.s.w.do(call.Play{Samples: samples, Gain: float32(p.s.w.c.Profile.Settings().OutputVolume) / 100})
	}
}

// sounds are the program's own.
func (p *soundPage) sounds() fyne.CanvasObject {
	now := p.s.w.c.Profile.Settings()
	volume := percent(0, profile.MaxVolume, 5, now.SoundVolume, func(v int) {
		p.s.soon("sounds", func(s *profile.Settings) { s.SoundVolume = v }, p.sample)
	}, nil)
	rows := []fyne.CanvasObject{newField("Volume", "Of Parley's own sounds", volume).root}
	for _, g := range soundGroups() {
		rows = append(rows, toggleField(g.label, g.sub, *g.of(&now.Sounds), func(on bool) {
			p.s.change(func(s *profile.Settings) { *g.of(&s.Sounds) = on })
		}))
	}
	rows = append(rows, toggleField("Notifications", "On the desktop, while this window is not in front. They never say who or what.", now.Notify, func(on bool) {
		p.s.change(func(s *profile.Settings) { s.Notify = on })
	}))
	return cardOf("Sounds", rows...)
}

// sample lets hear how loud the sounds are now.
func (p *soundPage) sample() {
	now := p.s.w.c.Profile.Settings()
	if samples, err := assets.Sound(string(model.SoundJoin)); err == nil && now.Status != profile.DoNotDisturb {
		p.s.w.do(call.Play{Samples: samples, Gain: float32(now.SoundVolume) / 100})
	}
}

// soundGroup is a switch of profile.SoundSwitches.
type soundGroup struct {
	label, sub string
	of         func(*profile.SoundSwitches) *bool
}

func soundGroups() []soundGroup {
	return []soundGroup{
		{"Somebody comes or goes", "In your channel", func(s *profile.SoundSwitches) *bool { return &s.JoinLeave }},
		{"Mute and unmute", "", func(s *profile.SoundSwitches) *bool { return &s.Mute }},
		{"Deafen and undeafen", "", func(s *profile.SoundSwitches) *bool { return &s.Deafen }},
		{"Somebody new to you", "A key that you never met before joins your channel", func(s *profile.SoundSwitches) *bool { return &s.NewPerson }},
		{"A call", "That rings here, and the tone while you call somebody", func(s *profile.SoundSwitches) *bool { return &s.Ring }},
		{"A text or a file", "That somebody sends, while this window is not in front", func(s *profile.SoundSwitches) *bool { return &s.Text }},
		{"Hung up or cut off", "A call has ended, you were removed, or the channel is gone", func(s *profile.SoundSwitches) *bool { return &s.Ended }},
	}
}

// deviceNotices shows for bannerStays what happened to a device, as a banner over the page.
type deviceNotices struct {
	s     *settings
	seen  uint64 // Seq of the last notice that was looked at
	until time.Time
}

const bannerStays = 5 * time.Second

// apply tells whether the banner has come or gone.
func (d *deviceNotices) apply(snapshot *call.Snapshot, now time.Time) bool {
	banner, was := d.s.banner, d.s.banner.Visible()
	for _, n := range snapshot.Notices {
		if n.Seq <= d.seen || n.Kind != call.NoticeDevice && n.Kind != call.NoticeCamera || strings.HasSuffix(n.Code, "_opened") { // it was opened from this page
			continue
		}
		icon, tone := deviceTone(n.Code)
		banner.Set(icon, model.Inert(n.Text), tone, "", nil)
		banner.Show()
		d.until = now.Add(bannerStays)
	}
	d.seen = max(d.seen, snapshot.LastNotice)
	if banner.Visible() && now.After(d.until) {
		banner.Hide()
	}
	return banner.Visible() != was
}

// deviceTone says whether a notice is good news.
func deviceTone(code string) (icon string, tone kit.Tone) {
	switch code[strings.LastIndexByte(code, '_')+1:] {
	case "plugged", "returned":
		return "check", kit.Good
	case "failed", "none", "gone", "busy":
		return "warning", kit.Warn
	}
	if strings.HasPrefix(code, "camera") {
		return "camera", kit.Plain
	}
	return "speaker-channel", kit.Plain
}
