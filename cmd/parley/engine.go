package main

import (
	"parley/audio"
	"parley/call"
	"parley/cmd/internal/setup"
	"parley/cmd/internal/sound"
	"parley/profile"
)

// openEngine makes the engine of the calls, with the sound of this machine, as the profile wants it. A machine without sound
// has a window all the same.
func (p *program) openEngine() error {
	late := sound.NewLate(sound.LateConfig{
		Find: func() (audio.Backend, func() error, error) { return setup.Devices(p.log) },
		Log:  p.log,
	})
	p.closeLater(late.Close)
	s := p.home.Profile.Settings()
	c := call.SoundConfig{Backend: late, Mic: s.Mic, Speaker: s.Speaker, Voice: p.home.Voice()}
	if err := setup.Codecs(&c); err != nil {
		return err
	}
	e, err := call.New(call.Config{
		Key: p.home.Key, People: setup.People{Profile: p.home.Profile}, Sound: c, Log: p.log,
		KnownOnly: s.KnownOnly, RelayOnly: s.AlwaysRelay,
	})
	if err != nil {
		return err
	}
	p.closeLater(func() error { e.Close(); return nil })
	e.Do(call.SetOutputVolume{Gain: float32(s.OutputVolume) / profile.NormalVolume})
	e.Do(call.SetShareSpeaking{On: s.ShareSpeaking})
	p.engine = e
	return nil
}
