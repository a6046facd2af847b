package lab

import (
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// golden is one of the window's own pictures, which its tests draw without a screen.
func golden(t *testing.T, name string) *image.RGBA {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "ui", "testdata", name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds() != image.Rect(0, 0, AppWidth, AppHeight) {
		t.Fatalf("%s is %v", name, img.Bounds())
	}
	rgba := image.NewRGBA(img.Bounds())
	draw.Draw(rgba, rgba.Rect, img, image.Point{}, draw.Src)
	return rgba
}

// The places are those of the window as its pictures show it, in both themes.
func TestPlaces(t *testing.T) {
	for theme, p := range map[string]Palette{"-dark": Dark, "-light": Light} {
		for name, buttons := range map[string][]struct {
			place image.Point
			in    image.Rectangle
		}{
			"welcome": {{InviteButton, InviteCard}},
			"main":    {{LeaveButton, Dock}},
		} {
			img := golden(t, name+theme)
			for _, b := range buttons {
				box, ok := Filled(img, b.in, p.Primary)
				if name == "main" {
					box, ok = Filled(img, b.in, p.Leave)
				}
				if !ok || !b.place.In(box) || box.Dy() < 30 || box.Dy() > 44 || box.Dx() > 140 {
					t.Errorf("%s%s: the button is %v, looked for at %v", name, theme, box, b.place)
				}
			}
		}
		main, muted, link := golden(t, "main"+theme), golden(t, "main-muted"+theme), golden(t, "float-link"+theme)
		if !Lit(main, Seat(0), p) || Lit(main, Seat(1), p) || Lit(main, Seat(4), p) {
			t.Errorf("main%s: not the first alone is lit", theme)
		}
		if n, m := Count(main, Mute, p.Muted), Count(muted, Mute, p.Muted); n != 0 || m < 40 {
			t.Errorf("main%s: %d pixels of a muted microphone, and %d when it is", theme, n, m)
		}
		if n := Count(muted, Stage, p.WarningGround); n < 10000 || Count(main, Stage, p.WarningGround) > n/20 {
			t.Errorf("main%s: the banner has %d pixels", theme, n)
		}
		if Floats(main, p) || !Floats(link, p) {
			t.Errorf("main%s: dialogs are not told from none", theme)
		}
		if box, ok := Filled(link, Dialog, p.Primary); !ok || box.Dx() < 100 {
			t.Errorf("float-link%s: its button is %v", theme, box)
		}
		if n := Count(golden(t, "welcome"+theme), MicBanner, p.WarningGround); n < MicBanner.Dx()*MicBanner.Dy()/2 {
			t.Errorf("welcome%s: %d pixels of the banner without a microphone", theme, n)
		}
	}
}
