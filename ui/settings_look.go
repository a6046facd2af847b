package ui

import (
	"parley/call"
	"parley/profile"
	"parley/ui/kit"
)

// themes are the settings' names of the themes, in the order in which they are offered.
func themes() []profile.Theme {
	return []profile.Theme{profile.SystemTheme, profile.DarkTheme, profile.LightTheme}
}

func newLookPage(s *settings) page {
	now := s.w.c.Profile.Settings()
	at := 0
	for i, t := range themes() {
		if t == now.Theme {
			at = i
		}
	}
	theme := kit.NewSegmented([]string{"System", "Dark", "Light"}, at, func(i int) {
		s.change(func(v *profile.Settings) { v.Theme = themes()[i] })
		s.w.retheme()
	})
	scale := percent(80, 150, 5, now.Scale, nil, func(v int) { // before, it would move away under the hand
		s.change(func(now *profile.Settings) { now.Scale = v })
		s.w.retheme()
	})
	return still{pageOf(cardOf("",
		newField("Theme", "", theme).root,
		newField("Scale", "Of all that this window shows", scale).root,
		toggleField("Less motion", "Rings around who speaks stay as they are instead of following the voice", now.LessMotion, func(on bool) {
			s.change(func(v *profile.Settings) { v.LessMotion = on })
		}),
	))}
}

// newPrivacyPage is who learns what.
func newPrivacyPage(s *settings) page {
	now := s.w.c.Profile.Settings()
	return still{pageOf(cardOf("",
		toggleField("Always relay", "Others in your channel never learn this computer's address; the server passes your sound on, encrypted. It takes a little longer. This holds from the next channel on.",
			now.AlwaysRelay, func(on bool) {
				s.change(func(v *profile.Settings) { v.AlwaysRelay = on })
				s.w.do(call.SetRelayOnly{On: on})
			}),
		toggleField("Relay for new people", "People whom you meet for the first time don't learn this computer's address; from the next time on they may",
			now.RelayNew, func(on bool) {
				s.change(func(v *profile.Settings) { v.RelayNew = on })
				s.w.do(call.SetRelayNew{On: on})
			}),
		toggleField("Known people only", "Nothing is sent to people whom you never met before, until you let them in",
			now.KnownOnly, func(on bool) {
				s.change(func(v *profile.Settings) { v.KnownOnly = on })
				s.w.do(call.SetKnownOnly{On: on})
			}),
		toggleField("Tell others when I speak", "The server and everybody on it see when you speak, never what you say",
			now.ShareSpeaking, func(on bool) {
				s.change(func(v *profile.Settings) { v.ShareSpeaking = on })
				s.w.do(call.SetShareSpeaking{On: on})
			}),
	))}
}

// retheme takes theme and scale from the settings. What is open is laid out anew.
func (w *Window) retheme() {
	s := w.c.Profile.Settings()
	w.c.App.Settings().SetTheme(kit.NewTheme(themeMode(s.Theme), float32(s.Scale)/100))
	w.shell.root.Refresh()
	if w.settings != nil {
		w.settings.relay()
	}
}
