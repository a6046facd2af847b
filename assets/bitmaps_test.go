package assets_test

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"strconv"
	"testing"

	"parley/assets"
)

// TestAppIcon draws the app's icon in every size and compares with what is committed.
func TestAppIcon(t *testing.T) {
	for _, px := range []int{16, 24, 32, 48, 64, 128, 256, 512} {
		name := "app"
		if px <= 24 {
			name = "app-16"
		}
		svg, err := assets.Icon(name)
		if err != nil {
			t.Fatal(err)
		}
		want := render(name, svg, px)
		compare(t, "icons/app/"+strconv.Itoa(px)+".png", want, func() ([]byte, error) { return assets.AppIcon(px) })
		if got := ink(want); got < 0.8 || got > 0.99 {
			t.Errorf("at %d px it covers %.0f %% of its square", px, 100*got)
		}
		if want.NRGBAAt(0, 0).A > 128 {
			t.Errorf("at %d px its corners are square", px)
		}
	}
}

// TestAppIconNeverTooSmall asks for sizes that there are not.
func TestAppIconNeverTooSmall(t *testing.T) {
	for ask, want := range map[int]int{-1: 16, 0: 16, 17: 24, 100: 128, 257: 512, 4096: 512} {
		data, err := assets.AppIcon(ask)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := png.DecodeConfig(bytes.NewReader(data)); err != nil || c.Width != want || c.Height != want {
			t.Errorf("asked for %d: %dx%d, want %d (%v)", ask, c.Width, c.Height, want, err)
		}
	}
}

// TestTrayIcons likewise, and that one is told from another where it is shown: at half that size.
func TestTrayIcons(t *testing.T) {
	names := []string{"tray", "tray-live", "tray-muted"}
	for _, dark := range []bool{true, false} {
		colour, suffix := "#E9F0F0", "-light.png"
		if !dark {
			colour, suffix = "#12201F", "-dark.png"
		}
		for _, name := range names {
			svg, err := assets.Icon(name)
			if err != nil {
				t.Fatal(err)
			}
			want := render(name+suffix, tint(svg, colour, assets.TrayPixels), assets.TrayPixels)
			compare(t, "icons/tray/"+name+suffix, want, func() ([]byte, error) { return assets.TrayIcon(name, dark) })
		}
	}
	if _, err := assets.TrayIcon("mic", true); err == nil {
		t.Error("mic is a tray icon")
	}
	plain, live, muted := small(t, names[0]), small(t, names[1]), small(t, names[2])
	for _, pair := range [][2]*image.NRGBA{{plain, live}, {plain, muted}, {live, muted}} {
		differ := 0
		for i := 3; i < len(pair[0].Pix); i += 4 {
			if d := int(pair[0].Pix[i]) - int(pair[1].Pix[i]); d > 128 || d < -128 {
				differ++
			}
		}
		if differ < 12 {
			t.Errorf("two tray icons of 22 px differ in %d pixels", differ)
		}
	}
}

func small(t *testing.T, name string) *image.NRGBA {
	t.Helper()
	svg, err := assets.Icon(name)
	if err != nil {
		t.Fatal(err)
	}
	return render(name+"-small", tint(svg, "#FFFFFF", 22), 22)
}

// compare holds what is committed to what was drawn, pixel by pixel, or writes it.
func compare(t *testing.T, file string, want *image.NRGBA, load func() ([]byte, error)) {
	t.Helper()
	if *update {
		write(t, file, encode(t, want))
		return
	}
	data, err := load()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	got := image.NewNRGBA(img.Bounds())
	draw.Draw(got, got.Rect, img, img.Bounds().Min, draw.Src)
	if got.Rect != want.Rect || !bytes.Equal(got.Pix, want.Pix) {
		t.Errorf("%s is not what its SVG draws", file)
	}
}
