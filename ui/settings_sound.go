package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"parley/assets"
	"parley/call"
	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// soundPage is microphone, loudspeaker and the program's own sounds. One meter shows what the microphone hears, the other one what the
// loudspeaker plays, whatever that is.
type soundPage struct {
	s    *settings
	root *fyne.Container

	mic, speaker, ringer *deviceField

	level  *levelMeter
	check  *checkField
	played *kit.Meter // of the loudspeaker
	delay  *delayCard

	heard   time.Time // when the loudspeaker's meter last moved
	notices deviceNotices
}

func newSoundPage(s *settings) page {
	p := &soundPage{s: s, notices: deviceNotices{s: s, seen: s.w.c.Engine.Snapshot().LastNotice}, delay: newDelayCard()}
	p.root = pageOf(p.microphone(), p.loudspeaker(), p.delay.root, p.sounds())
	return p
}

func (p *soundPage) content() fyne.CanvasObject { return p.root }

// leave closes the microphone.
func (p *soundPage) leave() {
	p.s.moves(false)
	p.level.leave()
	if p.s.w.c.Engine.Snapshot().Sound.Check.Phase != call.CheckIdle {
		p.s.w.do(call.StopCheck{})
	}
}

func (p *soundPage) apply() {
	now, snapshot, stats := p.s.now(), p.s.w.c.Engine.Snapshot(), p.s.w.c.Engine.Stats()
	changed := p.level.apply(snapshot, now)
	changed = p.mic.apply(snapshot) || changed
	changed = p.speaker.apply(snapshot) || changed
	changed = p.ringer.apply(snapshot) || changed
	changed = p.check.apply(snapshot, now) || changed
	changed = p.delay.apply(snapshot, stats, now) || changed
	changed = p.notices.apply(snapshot, now) || changed
	moves := p.level.measure(snapshot, stats, now)
	plays := snapshot.Sound.Speaker != ""
	if p.played.Set(stats.Playout.Level, true, now); plays {
		p.heard = now
	}
	p.s.moves(moves || plays || now.Sub(p.heard) < settles || p.s.banner.Visible())
	if changed {
		p.s.relay()
	}
}

func (p *soundPage) microphone() fyne.CanvasObject {
	p.mic = newDeviceField(p.s, microphones())
	p.level = newLevelMeter(p.s)
	p.check = newCheckField(p.s)
	return cardOf("Microphone", p.mic.root, p.mic.none, kit.Gap(0, 8), p.level.meter, p.level.root, p.check.root)
}

func (p *soundPage) loudspeaker() fyne.CanvasObject {
	p.speaker = newDeviceField(p.s, loudspeakers())
	p.ringer = newDeviceField(p.s, ringers())
	p.played = kit.NewMeter()
	try := kit.NewButton("Play", "speaker-channel", kit.PlainButton, p.s.w.testSound)
	now := p.s.w.c.Profile.Settings()
	volume := percent(0, profile.MaxVolume, 5, now.OutputVolume, func(v int) {
		p.s.w.do(call.SetOutputVolume{Gain: float32(v) / 100})
		p.s.soon("output", func(s *profile.Settings) { s.OutputVolume = v }, nil)
	}, nil)
	level := toggleField("All at the same loudness", "Who speaks quietly is heard as well as who is loud", now.LevelPeople, func(on bool) {
		p.s.setVoice(func(s *profile.Settings) { s.LevelPeople = on })
	})
	return cardOf("Speaker", p.speaker.root, p.speaker.none, kit.Gap(0, 8), p.played,
		newField("Test sound", "Two seconds, as loud as people are", try).root, newField("Volume", "Of everybody together", volume).root, level, p.ringer.root)
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
