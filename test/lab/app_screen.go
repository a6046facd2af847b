package lab

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"time"

	"github.com/jezek/xgb/xproto"
)

// Palette is what of the window's colours has a meaning.
type Palette struct {
	Ground, Sidebar, Card, Raised color.RGBA
	Primary                       color.RGBA // what can be pressed; the channel one is in
	Voice                         color.RGBA // a live voice and nothing else
	Muted                         color.RGBA // oneself is
	Leave                         color.RGBA // also what went wrong
	WarningGround                 color.RGBA // of a banner
}

// The two themes.
var (
	Dark  = Palette{rgb(0x151F24), rgb(0x10191E), rgb(0x1D292F), rgb(0x24323A), rgb(0x4CC9B4), rgb(0xFFC24B), rgb(0xFF9AA2), rgb(0xFF7A85), rgb(0x322F2C)}
	Light = Palette{rgb(0xF3F7F6), rgb(0xE5EDEC), rgb(0xFFFFFF), rgb(0xFFFFFF), rgb(0x0A7466), rgb(0xA65E00), rgb(0xAE2E3C), rgb(0xB92B3B), rgb(0xFBE9DB)}
)

func rgb(c uint32) color.RGBA {
	return color.RGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: 0xFF}
}

// tolerance is how far a pixel of a colour may be off.
const tolerance = 10

// Count is how many pixels in r have a colour.
func Count(img *image.RGBA, r image.Rectangle, c color.RGBA) int {
	n, _ := Find(img, r, c, tolerance)
	return n
}

// Colours is how many there are in r, of a ninth of its pixels: a picture has many more of them than what the window draws itself.
func Colours(img *image.RGBA, r image.Rectangle) int {
	seen := map[color.RGBA]bool{}
	for y := r.Min.Y; y < r.Max.Y; y += 3 {
		for x := r.Min.X; x < r.Max.X; x += 3 {
			seen[img.RGBAAt(x, y)] = true
		}
	}
	return len(seen)
}

// Lit says whether a ring is lit around an avatar: more of the voice's colour than letters or a corner of something could
// have.
func Lit(img *image.RGBA, avatar image.Rectangle, p Palette) bool {
	return Count(img, avatar, p.Voice) > avatar.Dx()/2
}

// Filled is the topmost box in r that is filled with a colour, as a button is: at least 48 by 20 pixels, with words on it.
func Filled(img *image.RGBA, r image.Rectangle, c color.RGBA) (box image.Rectangle, ok bool) {
	const width, edge = 48, 4 // above and below the words its rows are filled from side to side
	r = r.Intersect(img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		left, right := run(img, y, r, c)
		if right-left < width {
			if box.Dy() > edge {
				return grow(img, box, r, c), true
			}
			box = image.Rectangle{}
			continue
		}
		box = box.Union(image.Rect(left, y, right, y+1))
	}
	return box, box.Dy() > edge
}

// run is the longest run of a colour in a row.
func run(img *image.RGBA, y int, r image.Rectangle, c color.RGBA) (left, right int) {
	start := r.Min.X
	for x := r.Min.X; x <= r.Max.X; x++ {
		if x < r.Max.X && Near(img.RGBAAt(x, y), c, tolerance) {
			continue
		}
		if x-start > right-left {
			left, right = start, x
		}
		start = x + 1
	}
	return left, right
}

// grow follows a box's left edge down, past the words on it.
func grow(img *image.RGBA, box, r image.Rectangle, c color.RGBA) image.Rectangle {
	for box.Max.Y < r.Max.Y && Near(img.RGBAAt(box.Min.X+4, box.Max.Y), c, tolerance) {
		box.Max.Y++
	}
	return box
}

// Floats says whether a dialog stands over the window, which is darker around it. It looks within Floating.
func Floats(img *image.RGBA, p Palette) bool {
	return Count(img, beside, p.Ground) == 0 && Count(img, Dialog, p.Raised) > Dialog.Dx()*40
}

func middle(r image.Rectangle) image.Point { return r.Min.Add(r.Max).Div(2) }

// WaitFor looks at r of the window until ok says yes to it. what is for the error, which has a picture of the display saved.
func (a *App) WaitFor(ctx context.Context, what string, r image.Rectangle, ok func(*image.RGBA) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := a.Display.WaitFor(ctx, r, ok); err != nil {
		return fmt.Errorf("%s: %w%s", what, err, a.Shot("failed"))
	}
	return nil
}

// Press waits for a button of that colour in r and clicks on it. There has to be one filled box at most.
func (a *App) Press(ctx context.Context, what string, r image.Rectangle, c color.RGBA) error {
	var box image.Rectangle
	err := a.WaitFor(ctx, what, r, func(img *image.RGBA) (ok bool) {
		box, ok = Filled(img, r, c)
		return ok
	})
	if err != nil {
		return err
	}
	return a.Click(ctx, middle(box))
}

// Still waits until nothing of r has moved for a while, and returns it.
func (a *App) Still(ctx context.Context, r image.Rectangle) (*image.RGBA, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	img, err := a.Display.WaitStill(ctx, r, 300*time.Millisecond)
	if err != nil {
		return nil, fmt.Errorf("wait until nothing moves: %w%s", err, a.Shot("failed"))
	}
	return img, nil
}

// Shot saves what the display shows as NAME-N.png into the folder that the environment variable PARLEY_SHOTS names, and tells where.
// Without that variable it does nothing.
func (a *App) Shot(name string) string {
	dir := os.Getenv("PARLEY_SHOTS")
	if dir == "" {
		return ""
	}
	img, err := a.Display.Image(a.Display.Bounds())
	if err != nil {
		return "; no picture: " + err.Error()
	}
	file := filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, time.Now().UnixMilli()))
	if err := SavePNG(file, img); err != nil {
		return "; " + err.Error()
	}
	return "; seen: " + file
}

// Iconic says whether the window is minimised (ICCCM 4.1.3.1).
func (w *Window) Iconic() (bool, error) {
	const iconic = 3
	state, err := w.d.property(xproto.Window(w.ID), "WM_STATE")
	if err != nil {
		return false, err
	}
	return len(state) >= 4 && binary.LittleEndian.Uint32(state) == iconic, nil
}
