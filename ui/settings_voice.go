package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/profile"
	"parley/ui/kit"
)

// voicePage is when others hear one, and what is done to the voice before they do.
type voicePage struct {
	s    *settings
	root *fyne.Container

	mode    *kit.Segmented
	level   *levelMeter
	hold    fyne.CanvasObject // how long the microphone stays open after a word
	key     *field            // what the key to talk does
	caution fyne.CanvasObject // of a microphone that is always open

	echo    *echoField
	bitrate fyne.CanvasObject // of the voice
	resting *kit.Paragraph    // said while music mode has switched the rest off
	music   fyne.CanvasObject // the music's bitrate
}

func newVoicePage(s *settings) page {
	p := &voicePage{s: s}
	p.root = pageOf(p.when(), p.treated(), p.asItIs())
	p.show()
	return p
}

func (p *voicePage) content() fyne.CanvasObject { return p.root }

func (p *voicePage) leave() {
	p.s.moves(false)
	p.level.leave()
	p.echo.leave()
}

func (p *voicePage) apply() {
	now, snapshot := p.s.now(), p.s.w.c.Engine.Snapshot()
	changed := p.level.apply(snapshot, now)
	changed = p.echo.apply(snapshot) || changed
	p.s.moves(p.level.measure(snapshot, p.s.w.c.Engine.Stats(), now))
	if changed {
		p.s.relay()
	}
}

// modes are what opens the microphone, in the order in which they are offered.
func modes() []profile.Mode {
	return []profile.Mode{profile.VoiceActivity, profile.PushToTalk, profile.AlwaysOpen}
}

const openWarning = "Others hear all that your microphone hears, all the time: your keys, your room, your breath."

func (p *voicePage) when() fyne.CanvasObject {
	now := p.s.w.c.Profile.Settings()
	at := 0
	for i, m := range modes() {
		if m == now.Mode {
			at = i
		}
	}
	p.mode = kit.NewSegmented([]string{"Voice activity", "Push to talk", "Always open"}, at, func(i int) {
		p.s.setVoice(func(s *profile.Settings) { s.Mode = modes()[i] })
		p.s.w.rebind()
		p.show()
		p.s.relay()
	})
	p.level = newLevelMeter(p.s)
	p.level.meter.OnThreshold = func(dbfs float32) {
		p.s.setVoiceSoon("threshold", func(s *profile.Settings) { s.Threshold = float64(dbfs) })
	}
	slider, _ := numbered(50, 2000, 50, now.HoldMS, 64, seconds, func(ms int) {
		p.s.setVoiceSoon("hold", func(s *profile.Settings) { s.HoldMS = ms })
	})
	p.hold = newField("Stay open", "After your last word", slider).root
	p.key = newField("", "", kit.NewButton("Choose keys", "keyboard", kit.PlainButton, func() { p.s.goTo(pageKeys) }))
	p.caution = kit.Pad(0, 8, 0, 0, kit.NewParagraph(openWarning, kit.Body, theme.ColorNameWarning))
	return cardOf("When do others hear you?", p.mode, p.caution, p.key.root, kit.Gap(0, 12), p.level.meter, p.level.root, p.hold)
}

// show shows what belongs to the mode and to music.
func (p *voicePage) show() {
	now := p.s.w.c.Profile.Settings()
	silences := now.Mode == profile.PushToTalk && now.Keys.Does == profile.MuteWhileHeld
	activity := now.Mode == profile.VoiceActivity || silences
	p.level.meter.SetThreshold(float32(now.Threshold), activity)
	setHidden(p.hold, !activity)
	setHidden(p.key.root, now.Mode != profile.PushToTalk)
	setHidden(p.caution, now.Mode != profile.AlwaysOpen)
	p.key.label.SetText(talkSentence(now))
	setHidden(p.bitrate, now.Music)
	setHidden(p.resting, !now.Music)
	setHidden(p.music, !now.Music)
}

// talkSentence says what the key to talk does.
func talkSentence(s profile.Settings) string {
	key := kit.ChordName(s.PTTKey)
	switch s.Keys.Does {
	case profile.TalkByPress:
		return "Press " + key + " to talk, and again to stop"
	case profile.MuteWhileHeld:
		return "Hold " + key + " to be silent; else others hear you when you speak"
	}
	return "Hold " + key + " to talk"
}

// treated is what is done to the voice.
func (p *voicePage) treated() fyne.CanvasObject {
	now := p.s.w.c.Profile.Settings()
	p.echo = newEchoField(p.s)
	toggle := func(label, sub string, of func(*profile.Settings) *bool) fyne.CanvasObject {
		return toggleField(label, sub, *of(&now), func(on bool) {
			p.s.setVoice(func(s *profile.Settings) { *of(s) = on })
			p.echo.forget()
		})
	}
	rate, _ := numbered(16, 128, 8, now.Bitrate/1000, 80, func(k int) string { return kilobits(k * 1000) }, func(k int) {
		p.s.setVoiceSoon("bitrate", func(s *profile.Settings) { s.Bitrate = k * 1000 })
	})
	p.bitrate = newField("Bitrate", "More is clearer, and needs more data", rate).root
	p.resting = kit.NewParagraph("Music mode is on: these three rest.", kit.Caption, theme.ColorNameWarning)
	return cardOf("What is done to your voice", p.resting,
		toggle("Remove echo", "What your speakers play is taken out, so that nobody hears themselves", func(s *profile.Settings) *bool { return &s.Cancellation }),
		p.echo.root,
		toggle("Suppress noise", "Fans, keys and street", func(s *profile.Settings) *bool { return &s.Suppression }),
		toggle("Even loudness", "You are heard alike, near to the microphone and far from it", func(s *profile.Settings) *bool { return &s.Gain }),
		p.bitrate)
}

// musicBitrates are offered for music, in bit/s.
var musicBitrates = []int{96000, 128000, 160000, 192000}

const musicExplained = "For instruments: in stereo, and just as the microphone hears it. Wear headphones, or others hear themselves."

// asItIs is the music mode.
func (p *voicePage) asItIs() fyne.CanvasObject {
	now := p.s.w.c.Profile.Settings()
	var words []string
	at := -1 // another one, which a file may have
	for i, rate := range musicBitrates {
		words = append(words, strconv.Itoa(rate/1000))
		if rate == now.MusicBitrate {
			at = i
		}
	}
	rates := kit.NewSegmented(words, at, func(i int) {
		p.s.setVoice(func(s *profile.Settings) { s.MusicBitrate = musicBitrates[i] })
	})
	p.music = newField("Bitrate", "In kbit/s, to each who hears it", rates).root
	mode := toggleField("Music mode", musicExplained, now.Music, func(on bool) {
		p.s.setVoice(func(s *profile.Settings) { s.Music = on })
		p.echo.forget()
		p.show()
		p.s.relay()
	})
	return cardOf("Music", mode, p.music)
}
