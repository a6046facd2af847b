package assets_test

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	_ "fyne.io/fyne/v2/test" // the software canvas wants an app

	"parley/assets"
)

// Run "go test ./assets -update" after a change of an icon's source or a sound's recipe, and look at what git says.
var (
	update = flag.Bool("update", false, "make assets/icons/app and assets/sounds anew")
	sheet  = flag.String("sheet", "", "write a picture of all icons to this file")
)

// tint is how an icon is drawn: its colour, and a stroke in pixels, which oksvg does not scale.
func tint(svg []byte, colour string, px int) []byte {
	s := strings.ReplaceAll(string(svg), "#000000", colour)
	width := strconv.FormatFloat(float64(px)/12, 'f', 3, 64)
	return []byte(strings.ReplaceAll(s, `stroke-width="2"`, `stroke-width="`+width+`"`))
}

// render draws a picture as the window does: through Fyne and oksvg.
func render(name string, svg []byte, px int) *image.NRGBA {
	img := canvas.NewImageFromResource(fyne.NewStaticResource(name+"-"+strconv.Itoa(px)+".svg", svg))
	img.FillMode = canvas.ImageFillContain
	img.SetMinSize(fyne.NewSquareSize(float32(px)))
	c := software.NewTransparentCanvas()
	c.SetPadded(false)
	c.SetContent(img)
	c.Resize(fyne.NewSquareSize(float32(px)))
	out := image.NewNRGBA(image.Rect(0, 0, px, px))
	draw.Draw(out, out.Rect, c.Capture(), image.Point{}, draw.Src)
	return out
}

// ink is the share of a picture that is covered.
func ink(img *image.NRGBA) float64 {
	var sum int
	for i := 3; i < len(img.Pix); i += 4 {
		sum += int(img.Pix[i])
	}
	return float64(sum) / 255 / float64(img.Rect.Dx()*img.Rect.Dy())
}

// edge is the largest cover of the outermost pixels: a stroke that is cut off reaches it in full.
func edge(img *image.NRGBA) (most uint8) {
	last := img.Rect.Dx() - 1
	for i := range last + 1 {
		for _, at := range [][2]int{{i, 0}, {i, last}, {0, i}, {last, i}} {
			most = max(most, img.NRGBAAt(at[0], at[1]).A)
		}
	}
	return most
}

func TestEveryIconDraws(t *testing.T) {
	names := assets.Icons()
	var sizes = []int{16, 20, 72}
	all := image.NewNRGBA(image.Rect(0, 0, 8*130, (len(names)+7)/8*80))
	draw.Draw(all, all.Rect, image.NewUniform(color.NRGBA{0x1D, 0x29, 0x2F, 0xFF}), image.Point{}, draw.Src)
	for i, name := range names {
		svg, err := assets.Icon(name)
		if err != nil {
			t.Fatal(err)
		}
		x, y := i%8*130, i/8*80
		for _, px := range sizes {
			img := render(name, tint(svg, "#E9F0F0", px), px)
			if got := ink(img); got < 0.03 || got > 0.5 && !strings.HasPrefix(name, "app") {
				t.Errorf("%s at %d px covers %.0f %% of its square", name, px, 100*got)
			}
			if got := edge(img); got > 200 && !strings.HasPrefix(name, "app") {
				t.Errorf("%s at %d px is cut off at the edge", name, px)
			}
			draw.Draw(all, image.Rect(x, y, x+px, y+px), img, image.Point{}, draw.Over)
			x += px + 4
		}
	}
	if *sheet != "" {
		write(t, *sheet, encode(t, all))
	}
}

// TestIconsAreDrawnAlike holds the sources to what whoever colours and scales them by their text relies on.
func TestIconsAreDrawnAlike(t *testing.T) {
	for _, name := range assets.Icons() {
		data, err := assets.Icon(name)
		if err != nil {
			t.Fatal(err)
		}
		svg := string(data)
		for _, bad := range []string{"transform", "<style", "<text", "<image", "href", "Gradient"} {
			if strings.Contains(svg, bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
		if strings.Count(svg, "<rect") != strings.Count(svg, ` ry="`) {
			t.Errorf("%s: oksvg wants rx and ry", name)
		}
		if strings.HasPrefix(name, "app") {
			continue
		}
		head := `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">` + "\n" +
			`<g fill="none" stroke="#000000" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">`
		if !strings.HasPrefix(svg, head) {
			t.Errorf("%s begins differently", name)
		}
		if strings.Count(svg, "#") != strings.Count(svg, "#000000") || strings.Count(svg, "stroke-width") != 1 {
			t.Errorf("%s has a colour or a width that nobody replaces", name)
		}
		// A slash tells "off", and it is the same everywhere: from top left to bottom right.
		off := strings.HasSuffix(name, "-off") || strings.HasSuffix(name, "-muted")
		if off != strings.Contains(svg, `<path d="M4 4l16 16"/>`) {
			t.Errorf("%s: slashed: %v", name, !off)
		}
	}
}

func TestNoSuchIcon(t *testing.T) {
	for _, name := range []string{"", "nothing", "../assets", "app/16"} {
		if _, err := assets.Icon(name); err == nil {
			t.Errorf("%q is an icon", name)
		}
	}
}

func encode(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
