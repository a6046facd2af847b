package main

import (
	"cmp"
	"errors"
	"runtime"

	"parley/audio"
	"parley/audio/device"
	"parley/audio/pulse"
	"parley/call"
	"parley/cmd/internal/setup"
	"parley/cmd/internal/sound"
	"parley/profile"
	"parley/video/camera"
	"parley/video/screen"
)

// openEngine makes the engine of the calls, with the sound and the pictures of this machine, as the profile wants them. A machine
// without has a window all the same.
func (p *program) openEngine() error {
	late := sound.NewLate(sound.LateConfig{Find: p.soundSystems(), Log: p.log})
	p.closeLater(late.Close)
	s := p.home.Profile.Settings()
	c := call.SoundConfig{Backend: late, Mic: s.Mic, Speaker: s.Speaker, Ringer: s.RingSpeaker, Voice: p.home.Voice()}
	p.home.Devices(&c, p.log)
	if err := setup.Codecs(&c); err != nil {
		return err
	}
	pictures := call.PictureConfig{Camera: s.Camera}
	setup.Pictures(&pictures, camera.Config{Log: p.log})
	pictures.Screens = markedScreens{screen.New(screen.Config{Log: p.log})}
	e, err := call.New(call.Config{
		Key: p.home.Key, People: setup.People{Profile: p.home.Profile}, Sound: c, Picture: pictures, Log: p.log,
		KnownOnly: s.KnownOnly, RelayOnly: s.AlwaysRelay, RelayNew: s.RelayNew, Downloads: cmp.Or(s.Downloads, downloads()),
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

// downloads is the user's own folder for what comes from elsewhere; empty: there is none.
func downloads() string {
	dir, err := setup.Downloads()
	if err != nil {
		return ""
	}
	return dir
}

// soundSystems are those of this platform, the best first.
func (p *program) soundSystems() []sound.Finder {
	if runtime.GOOS == "linux" {
		return []sound.Finder{p.soundServer, p.soundCards}
	}
	return []sound.Finder{p.soundCards}
}

// soundServer finds PulseAudio, or what speaks as it does.
func (p *program) soundServer() (audio.Backend, func() error, error) {
	b, err := pulse.New(p.log)
	if err != nil {
		return nil, nil, err
	}
	return b, b.Close, nil
}

// soundCards finds what the system itself has.
func (p *program) soundCards() (audio.Backend, func() error, error) {
	if runtime.GOOS == "linux" && !sound.Cards(sound.CardList) {
		return nil, nil, errors.New("there are no sound cards")
	}
	b, err := device.NewBackend(p.log)
	if err != nil {
		return nil, nil, err
	}
	return b, b.Close, nil
}
