package ui

import (
	"fmt"
	"os"
	"testing"

	"fyne.io/fyne/v2/test"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/call"
	"parley/call/calltest"
	"parley/identity"
	"parley/profile"
	"parley/ui/model"
)

// bench is a window with an engine that has devices, to open settings in.
type bench struct {
	*Window
	t       *testing.T
	devices *audiotest.Backend
	folder  string
}

func newBench(t *testing.T, edit func(*profile.Settings)) *bench {
	t.Helper()
	app := test.NewTempApp(t)
	b := &bench{t: t, folder: t.TempDir(), devices: audiotest.NewBackend(
		audio.Info{Kind: audio.Input, ID: "usb", Name: "USB headset", Default: true}, audio.Info{Kind: audio.Input, ID: "cam", Name: "Webcam microphone"},
		audio.Info{Kind: audio.Output, ID: "built-in", Name: "Built-in audio, stereo", Default: true})}
	p, _, err := profile.Open(b.folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	if err := p.Update(func(s *profile.Settings) {
		s.Name, s.Theme, s.Threshold = "Sam Reyes", profile.DarkTheme, -38
		if edit != nil {
			edit(s)
		}
	}); err != nil {
		t.Fatal(err)
	}
	key, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := call.New(call.Config{Key: key, People: nobody{}, Sound: call.SoundConfig{
		Backend: b.devices, Voice: call.Voice{Mode: "vad", FrameMS: 20},
		NewEncoder: func() (audio.Encoder, error) { return calltest.Codec{}, nil },
		NewDecoder: func() (audio.Decoder, error) { return calltest.Codec{}, nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	b.Window = newWindow(Config{
		App: app, Engine: e, Profile: p, Key: key.Public(),
		Voice: func(s profile.Settings) call.Voice {
			return call.Voice{Mode: string(s.Mode), ThresholdDBFS: float32(s.Threshold), Suppression: s.Suppression, FrameMS: 20}
		},
		Safety: func([]byte) string { return safety },
	})
	b.resizeForTest(1280, 800)
	v := harbour()
	v.Rail[0].Active = false
	b.apply(v)
	return b
}

func TestSettingsDraft(t *testing.T) {
	both(t, func(t *testing.T, theme profile.Theme) {
		b := newBench(t, func(s *profile.Settings) { s.Theme = theme })
		b.do(call.Watch{On: true})
		for i, p := range settingsPages() {
			b.showSettings(p.name)
			b.settings.apply()
			for _, size := range [][2]float32{{1280, 800}, {800, 500}} {
				b.resizeForTest(size[0], size[1])
				writePNG(t, fmt.Sprintf("%s/draft/%d-%s-%v.png", os.TempDir(), i, theme, size[0]), b.win.Canvas().Capture())
			}
			b.resizeForTest(1280, 800)
		}
	})
	_ = model.View{}
}
