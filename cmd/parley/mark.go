package main

import (
	"fyne.io/fyne/v2/theme"

	"parley/ui/kit"
	"parley/video"
	"parley/video/screen"
)

// markedScreens are this machine's screens, of which what is open is marked on the desktop: Parley's own window, with its bar, may
// be an icon meanwhile.
type markedScreens struct{ *screen.Screens }

// Open implements video.Screens.
func (m markedScreens) Open(id string, want video.Format) (video.Source, video.Format, error) {
	source, format, err := m.Screens.Open(id, want)
	stream, ok := source.(*screen.Stream)
	if err != nil || !ok {
		return source, format, err
	}
	// Coral ends things, and the bar's button to stop has it. It is the dark theme's on whatever is on the desktop.
	coral := kit.NewTheme(kit.Dark, 1).Color(theme.ColorNameError, theme.VariantDark)
	return markedStream{stream, m.Mark(id, coral)}, format, nil
}

// markedStream is a stream whose end is its mark's, too.
type markedStream struct {
	*screen.Stream
	mark *screen.Mark
}

// Close implements video.Source.
func (m markedStream) Close() {
	m.mark.Close()
	m.Stream.Close()
}
