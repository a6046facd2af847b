package lab

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	"os"
	"time"

	"parley/video/videotest"
)

// Picture is one that parleyctl has shown.
type Picture struct {
	Number        int64 // of the test pattern; -1: it has none that can be read
	At            time.Time
	Width, Height int
	User          string // whose it is
	Track         string // camera or screen
}

// ReadPictures reads what parleyctl has written with --counters. A last line that is cut is left out.
func ReadPictures(path string) (all []Picture, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("pictures shown: %w", err)
	}
	defer f.Close()
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return all, nil // the end, or a line without one
		}
		var p Picture
		var us int64
		if n, err := fmt.Sscan(line, &p.Number, &us, &p.Width, &p.Height, &p.User, &p.Track); n < 4 {
			return nil, fmt.Errorf("pictures shown: %q: %w", line, err)
		}
		p.At = time.UnixMicro(us)
		all = append(all, p)
	}
}

// ReadNumber reads the number of the test pattern off the screen, where a picture of it fills place, perhaps as a mirror shows it.
// Only the part with the number is grabbed.
func (d *Display) ReadNumber(place image.Rectangle, mirrored bool) (n uint32, ok bool, err error) {
	img, err := d.Image(numberIn(place))
	if err != nil {
		return 0, false, err
	}
	n, ok = videotest.ReadCounterImage(part{img, place, mirrored}, place)
	return n, ok, nil
}

// numberIn is where in a picture the pattern has its number, and some room around it.
func numberIn(place image.Rectangle) image.Rectangle {
	return image.Rect(place.Min.X+place.Dx()/5, place.Min.Y+place.Dy()/12, place.Max.X-place.Dx()/5, place.Min.Y+place.Dy()*7/12)
}

// part is a part of an image that stands for the whole.
type part struct {
	*image.RGBA
	whole    image.Rectangle
	mirrored bool
}

func (p part) Bounds() image.Rectangle { return p.whole }

func (p part) At(x, y int) color.Color {
	if p.mirrored {
		x = p.whole.Min.X + p.whole.Max.X - 1 - x
	}
	return p.RGBAAt(x, y)
}
