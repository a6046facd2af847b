package lab

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"time"

	"github.com/jezek/xgb/xproto"
)

// Bounds is the whole screen.
func (d *Display) Bounds() image.Rectangle {
	return image.Rect(0, 0, int(d.screen.WidthInPixels), int(d.screen.HeightInPixels))
}

// Image is what the screen shows in r, without the pointer. Its pixels keep the screen's coordinates; what is outside of
// the screen is cut off.
func (d *Display) Image(r image.Rectangle) (*image.RGBA, error) {
	r = r.Intersect(d.Bounds())
	if r.Empty() {
		return nil, errors.New("grab screen: nothing of it is on the screen")
	}
	reply, err := xproto.GetImage(d.conn, xproto.ImageFormatZPixmap, xproto.Drawable(d.screen.Root),
		int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), ^uint32(0)).Reply()
	if err != nil {
		return nil, fmt.Errorf("grab screen: %w", err)
	}
	img := image.NewRGBA(r)
	if len(reply.Data) < len(img.Pix) {
		return nil, fmt.Errorf("grab screen: %d bytes for %v", len(reply.Data), r)
	}
	for i := 0; i < len(img.Pix); i += 4 { // blue first, and nothing in the fourth
		b := reply.Data[i : i+4 : i+4]
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = b[2], b[1], b[0], 0xFF
	}
	return img, nil
}

// frame is how often a changing screen is looked at.
const frame = 33 * time.Millisecond

// WaitFor grabs r again and again until ok says yes to it. The last picture comes back with an error, too, for a look.
func (d *Display) WaitFor(ctx context.Context, r image.Rectangle, ok func(*image.RGBA) bool) (*image.RGBA, error) {
	tick := time.NewTicker(frame)
	defer tick.Stop()
	for {
		img, err := d.Image(r)
		if err != nil {
			return nil, err
		}
		if ok(img) {
			return img, nil
		}
		select {
		case <-ctx.Done():
			return img, fmt.Errorf("wait for the screen: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// WaitStill waits until nothing in r has changed for that long, and returns it.
func (d *Display) WaitStill(ctx context.Context, r image.Rectangle, still time.Duration) (*image.RGBA, error) {
	var last *image.RGBA
	var since time.Time
	return d.WaitFor(ctx, r, func(img *image.RGBA) bool {
		if last == nil || string(last.Pix) != string(img.Pix) {
			last, since = img, time.Now()
			return false
		}
		return time.Since(since) >= still
	})
}

// SavePNG writes a picture to a file.
func SavePNG(file string, img image.Image) error {
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("save picture: %w", err)
	}
	if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
		return fmt.Errorf("save picture: %w", err)
	}
	return nil
}

// Near tells whether no channel of two colours differs by more than that.
func Near(a, b color.RGBA, tolerance int) bool {
	for _, d := range [3]int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
		if d > tolerance || d < -tolerance {
			return false
		}
	}
	return true
}

// Average is the mean colour in r, black where that is empty.
func Average(img *image.RGBA, r image.Rectangle) color.RGBA {
	r = r.Intersect(img.Rect)
	var sum [3]int
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := img.Pix[img.PixOffset(r.Min.X, y):img.PixOffset(r.Max.X, y)]
		for i := 0; i < len(row); i += 4 {
			sum[0], sum[1], sum[2] = sum[0]+int(row[i]), sum[1]+int(row[i+1]), sum[2]+int(row[i+2])
		}
	}
	n := max(1, r.Dx()*r.Dy())
	return color.RGBA{R: uint8(sum[0] / n), G: uint8(sum[1] / n), B: uint8(sum[2] / n), A: 0xFF}
}

// Find looks in r for pixels that are Near a colour: how many there are, and the smallest rectangle around them.
func Find(img *image.RGBA, r image.Rectangle, c color.RGBA, tolerance int) (n int, box image.Rectangle) {
	r = r.Intersect(img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if Near(img.RGBAAt(x, y), c, tolerance) {
				n++
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return n, box
}
