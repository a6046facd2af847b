package ui

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"

	"parley/profile"
	"parley/ui/model"
)

var update = flag.Bool("update", false, "write the golden pictures")

// golden holds the whole window against testdata/NAME.png.
func golden(t *testing.T, w *Window, name string) {
	t.Helper()
	got := w.win.Canvas().Capture()
	path := filepath.Join("testdata", name+".png")
	if *update {
		writePNG(t, path, got)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	want, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if n := differing(got, want); n > 0 {
		t.Errorf("%s: %d pixels differ (go test -update writes it anew)", name, n)
	}
}

func writePNG(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func differing(a, b image.Image) (n int) {
	if a.Bounds() != b.Bounds() {
		return a.Bounds().Dx() * a.Bounds().Dy()
	}
	if p := pixels(a); p != nil && bytes.Equal(p, pixels(b)) { // nearly always, and much faster
		return 0
	}
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			r, g, bl, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			if r>>8 != r2>>8 || g>>8 != g2>>8 || bl>>8 != b2>>8 {
				n++
			}
		}
	}
	return n
}

// pixels are the bytes of an opaque picture, which are the same in both of the kinds that come here.
func pixels(i image.Image) []byte {
	switch i := i.(type) {
	case *image.NRGBA:
		return i.Pix
	case *image.RGBA:
		return i.Pix
	}
	return nil
}

// both runs a test in both themes.
func both(t *testing.T, run func(t *testing.T, theme profile.Theme)) {
	for _, theme := range []profile.Theme{profile.DarkTheme, profile.LightTheme} {
		t.Run(string(theme), func(t *testing.T) { run(t, theme) })
	}
}

func TestMainWindowLooks(t *testing.T) {
	both(t, func(t *testing.T, theme profile.Theme) {
		w := testWindow(t, func(s *profile.Settings) { s.Theme = theme })
		for _, c := range []struct {
			name string
			view *model.View
			size fyne.Size
		}{
			{"main", harbour(), fyne.NewSize(1280, 800)},
			{"main-muted", mutedTalking(), fyne.NewSize(1280, 800)},
			{"main-compact", harbour(), fyne.NewSize(800, 500)},
			{"main-wide", harbour(), fyne.NewSize(1920, 1080)},
		} {
			w.resizeForTest(c.size.Width, c.size.Height)
			w.apply(&model.View{Stage: model.Stage{Version: 99}, RowsVersion: 99, PeopleVersion: 99})
			w.apply(c.view)
			golden(t, w, c.name+"-"+string(theme))
		}
	})
}
