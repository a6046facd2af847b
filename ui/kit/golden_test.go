package kit

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// golden draws an object on the stage's ground in both themes, and compares the pixels with testdata/NAME-dark.png and
// NAME-light.png. UPDATE=1 writes them; whoever does so has to look at them.
func golden(t *testing.T, name string, obj fyne.CanvasObject, w, h float32) {
	t.Helper()
	goldenAt(t, name, obj, w, h, 1, 1)
}

// goldenAt does so at a scale of the theme, and at so many pixels a unit.
func goldenAt(t *testing.T, name string, obj fyne.CanvasObject, w, h, scale, pixels float32) {
	t.Helper()
	for _, look := range []struct {
		name string
		mode Mode
	}{{"dark", Dark}, {"light", Light}} {
		picture := paint(t, obj, NewTheme(look.mode, scale), fyne.NewSize(w, h), pixels)
		compare(t, filepath.Join("testdata", name+"-"+look.name+".png"), picture)
	}
}

// paint draws an object as an app with that theme would.
func paint(t *testing.T, obj fyne.CanvasObject, look *Theme, size fyne.Size, pixels float32) image.Image {
	t.Helper()
	app := fyne.CurrentApp()
	app.Settings().SetTheme(look)
	window := app.NewWindow("")
	defer window.Close()
	window.SetPadded(false)
	window.Canvas().(test.WindowlessCanvas).SetScale(pixels)
	ground := canvas.NewRectangle(Color(theme.ColorNameBackground))
	window.SetContent(&fyne.Container{Layout: stack{}, Objects: []fyne.CanvasObject{ground, obj}})
	window.Resize(size)
	// Fyne tells widgets of another theme or canvas by refreshing them all.
	app.Settings().SetTheme(look)
	return window.Canvas().Capture()
}

func compare(t *testing.T, file string, got image.Image) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		write(t, file, got)
		return
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (UPDATE=1 draws it)", err)
	}
	want, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if n := different(got, want); n != 0 {
		drawn := filepath.Join(os.TempDir(), "parley-kit-"+filepath.Base(file))
		write(t, drawn, got)
		t.Errorf("%s: %d pixels differ; what was drawn is in %s", file, n, drawn)
	}
}

// different counts the pixels that are not the same.
func different(a, b image.Image) (n int) {
	if a.Bounds() != b.Bounds() {
		return a.Bounds().Dx()*a.Bounds().Dy() + 1
	}
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			ar, ag, ab, aa := a.At(x, y).RGBA()
			br, bg, bb, ba := b.At(x, y).RGBA()
			if ar != br || ag != bg || ab != bb || aa != ba {
				n++
			}
		}
	}
	return n
}

func write(t *testing.T, file string, picture image.Image) {
	t.Helper()
	var data bytes.Buffer
	if err := png.Encode(&data, picture); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
