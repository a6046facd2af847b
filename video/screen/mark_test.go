package screen

import (
	"image"
	"testing"
)

// TestMarkAround: a mark is outside of a window as long as there is room for it on the window's screen, and never elsewhere.
func TestMarkAround(t *testing.T) {
	left, right := image.Rect(0, 0, 800, 600), image.Rect(800, 100, 1800, 800)
	two := []image.Rectangle{left, right}
	for name, c := range map[string]struct {
		window image.Rectangle
		want   image.Rectangle // the mark's outer edge
	}{
		"in the middle":          {image.Rect(100, 100, 300, 200), image.Rect(96, 96, 304, 204)},
		"fills a screen":         {left, left},
		"fills the other":        {right, right},
		"at a corner":            {image.Rect(0, 0, 300, 200), image.Rect(0, 0, 304, 204)},
		"two pixels from edges":  {image.Rect(2, 2, 798, 598), left},
		"partly outside":         {image.Rect(-100, -50, 300, 200), image.Rect(0, 0, 304, 204)},
		"larger than its screen": {image.Rect(-100, -50, 780, 900), image.Rect(0, 0, 784, 600)},
		"on both screens":        {image.Rect(700, 200, 900, 300), image.Rect(696, 196, 904, 304)},
		"beside both":            {image.Rect(-300, 0, 0, 100), image.Rectangle{}},
		"empty":                  {image.Rect(5, 5, 5, 5), image.Rectangle{}},
		"tiny":                   {image.Rect(10, 10, 11, 11), image.Rect(6, 6, 15, 15)},
		"a pixel is seen":        {image.Rect(-300, -300, 1, 1), image.Rect(0, 0, 5, 5)},
	} {
		t.Run(name, func(t *testing.T) {
			at := around(c.window, two)
			if at != along(c.want) {
				t.Errorf("%v, want that along %v", at, c.want)
			}
			checkSides(t, at, c.want)
		})
	}
	if at := around(left, nil); at != (sides{}) {
		t.Errorf("without a screen: %v", at)
	}
}

// TestMarkAlong: each pixel of an edge is marked once, however small what is within.
func TestMarkAlong(t *testing.T) {
	for w := range 3*thickness + 1 {
		for h := range 3*thickness + 1 {
			r := image.Rect(0, 0, w, h).Add(image.Pt(7, -3))
			checkSides(t, along(r), r)
		}
	}
}

func checkSides(t *testing.T, at sides, outer image.Rectangle) {
	t.Helper()
	inner := outer.Inset(thickness)
	if outer.Dx() < 2*thickness || outer.Dy() < 2*thickness {
		inner = image.Rectangle{}
	}
	for y := outer.Min.Y - 1; y <= outer.Max.Y; y++ {
		for x := outer.Min.X - 1; x <= outer.Max.X; x++ {
			p, n := image.Pt(x, y), 0
			for _, side := range at {
				if p.In(side) {
					n++
				}
			}
			if want := p.In(outer) && !p.In(inner); n > 1 || want != (n == 1) {
				t.Fatalf("%v in %v is marked %d times", p, outer, n)
			}
		}
	}
}
