package screen

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"parley/video"
	"parley/video/yuv"
)

// sheet is a subject in memory.
type sheet struct {
	size    image.Point
	rows    []byte
	next    sight // what the next look shows besides the size
	err     error
	grabErr error
	grabs   []image.Rectangle
	buf     []byte
	closed  int
}

func newSheet(w, h int) *sheet {
	s := &sheet{size: image.Pt(w, h), rows: make([]byte, 4*w*h)}
	rnd := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	for i := range s.rows {
		s.rows[i] = byte(rnd.Uint32())
	}
	return s
}

func (s *sheet) look() (sight, error) {
	seen := s.next
	seen.size, s.next.dirty = s.size, nil
	return seen, s.err
}

func (s *sheet) grab(r image.Rectangle) ([]byte, error) {
	s.grabs = append(s.grabs, r)
	if !r.In(image.Rectangle{Max: s.size}) || r.Empty() {
		return nil, errors.New("outside")
	}
	if s.grabErr != nil {
		return nil, s.grabErr
	}
	s.buf = s.buf[:0]
	for y := r.Min.Y; y < r.Max.Y; y++ {
		s.buf = append(s.buf, s.rows[4*(y*s.size.X+r.Min.X):][:4*r.Dx()]...)
	}
	return s.buf, nil
}

func (s *sheet) close() { s.closed++ }

// draw paints a rectangle and tells of it.
func (s *sheet) draw(r image.Rectangle, value byte) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			copy(s.rows[4*(y*s.size.X+x):], []byte{value, value, value, 0})
		}
	}
	s.next.dirty = append(s.next.dirty, r)
}

// picture is what has to come of the sheet, with nothing but what yuv does.
func (s *sheet) picture(t *testing.T) *video.Frame {
	t.Helper()
	size := even(s.size)
	f, err := new(video.Pool).Get(size.X, size.Y)
	if err != nil {
		t.Fatal(err)
	}
	if err := yuv.NewConverter().FromBGRA(f, s.rows, 4*s.size.X); err != nil {
		t.Fatal(err)
	}
	return f
}

// equal compares all samples.
func equal(a, b *video.Frame) bool {
	if a.Width != b.Width || a.Height != b.Height {
		return false
	}
	cw, ch := a.ChromaSize()
	for y := range a.Height {
		if !bytes.Equal(a.Y[y*a.YStride:][:a.Width], b.Y[y*b.YStride:][:b.Width]) {
			return false
		}
	}
	for y := range ch {
		if !bytes.Equal(a.U[y*a.CStride:][:cw], b.U[y*b.CStride:][:cw]) || !bytes.Equal(a.V[y*a.CStride:][:cw], b.V[y*b.CStride:][:cw]) {
			return false
		}
	}
	return true
}

var anySize = image.Pt(video.MaxWidth, video.MaxHeight)

// anyCanvas draws cursors.
func anyCanvas() *canvas {
	c := newCanvas(anySize)
	c.cursors = true
	return c
}

// paint makes a picture and fails where there is none.
func paint(t *testing.T, c *canvas, e eye) *video.Frame {
	t.Helper()
	f, err := c.paint(e, true)
	if err != nil || f == nil {
		t.Fatalf("%v, %v", f, err)
	}
	return f
}

// Only what has changed is taken from the display, and the picture is the same as if all had been.
func TestPaintsWhatHasChanged(t *testing.T) {
	s, c := newSheet(641, 479), anyCanvas()
	if f := paint(t, c, s); !equal(f, s.picture(t)) || f.Captured.IsZero() {
		t.Error("the first picture is another")
	}
	s.grabs = nil
	if f, err := c.paint(s, false); f != nil || err != nil {
		t.Errorf("nothing has changed: %v, %v", f, err)
	}
	if f := paint(t, c, s); !equal(f, s.picture(t)) || len(s.grabs) > 0 {
		t.Errorf("the same again: another, or copied: %v", s.grabs)
	}
	rnd := rand.New(rand.NewPCG(8, 9))
	for i := range 60 {
		s.grabs = nil
		pixels := 0
		for range 1 + rnd.IntN(3) {
			at := image.Pt(rnd.IntN(641), rnd.IntN(479))
			r := image.Rectangle{Min: at, Max: at.Add(image.Pt(1+rnd.IntN(40), 1+rnd.IntN(40)))}.Intersect(image.Rectangle{Max: s.size})
			s.draw(r, byte(i))
			pixels += area(r.Inset(-2))
		}
		f, err := c.paint(s, false)
		if err != nil || f == nil || !equal(f, s.picture(t)) {
			t.Fatalf("change %d: %v, %v", i, f, err)
		}
		f.Release()
		for _, r := range s.grabs {
			pixels -= area(r)
		}
		if pixels < -maxParts*slack {
			t.Errorf("change %d: %d pixels too many were copied: %v", i, -pixels, s.grabs)
		}
	}
}

// A display that lies about what has changed gets no further than its edges.
func TestHostileDirt(t *testing.T) {
	s, c := newSheet(64, 48), anyCanvas()
	paint(t, c, s)
	const far = 1 << 40
	s.next.dirty = []image.Rectangle{{Min: image.Pt(-far, -far), Max: image.Pt(far, far)}, {Min: image.Pt(9, 9), Max: image.Pt(3, 3)}, {}, {Min: image.Pt(64, 48), Max: image.Pt(65, 49)}}
	s.next.cursor = cursor{at: image.Rect(-far, -far, far, far), serial: 1}
	if f := paint(t, c, s); !equal(f, s.picture(t)) {
		t.Error("another picture")
	}
}

// The cursor is drawn where it is, and what it covered comes back.
func TestCursorMoves(t *testing.T) {
	s, c := newSheet(200, 100), anyCanvas()
	bare := paint(t, c, s)
	pixels := slices.Repeat([]uint32{0xFFFFFFFF}, 8*8)
	at := func(x, y int, serial uint32) *video.Frame {
		s.next.cursor = cursor{at: image.Rect(0, 0, 8, 8).Add(image.Pt(x, y)), pixels: pixels, serial: serial}
		return paint(t, c, s)
	}
	white := func(f *video.Frame) (n int, box image.Rectangle) {
		for y := range f.Height {
			for x := range f.Width {
				if a, b := f.Y[y*f.YStride+x], bare.Y[y*bare.YStride+x]; a != b {
					box = box.Union(image.Rect(x, y, x+1, y+1))
				}
				if f.Y[y*f.YStride+x] == 235 && image.Pt(x, y).In(s.next.cursor.at) {
					n++
				}
			}
		}
		return n, box
	}
	for _, place := range []image.Point{{10, 10}, {13, 11}, {150, 60}, {-4, -4}, {196, 96}, {150, 61}} {
		f := at(place.X, place.Y, 1)
		n, box := white(f)
		seen := s.next.cursor.at.Intersect(image.Rect(0, 0, 200, 100))
		if n != area(seen) || !box.In(seen) {
			t.Errorf("cursor at %v: %d pixels, what differs lies in %v", place, n, box)
		}
	}
	pixels = slices.Repeat([]uint32{0xFF000000}, 8*8)
	if f := at(150, 61, 2); f.Y[65*f.YStride+154] != 16 {
		t.Errorf("another cursor at the same place: %d", f.Y[65*f.YStride+154])
	}
	s.next.cursor = cursor{}
	if f := paint(t, c, s); !equal(f, bare) {
		t.Error("the cursor is gone, and not what it covered")
	}
	without := newCanvas(anySize)
	s.next.cursor = cursor{at: image.Rect(1, 1, 9, 9), pixels: pixels, serial: 3}
	if f := paint(t, without, s); !equal(f, bare) {
		t.Error("a canvas without cursors has one")
	}
}

// The picture follows the subject's size, has an even one, and no larger one than it may.
func TestSizes(t *testing.T) {
	c := newCanvas(image.Pt(1280, 720))
	for _, size := range [][4]int{
		{640, 480, 640, 480}, {641, 481, 640, 480}, {1, 1, 2, 2}, {3, 1, 2, 2}, {1280, 720, 1280, 720}, {1282, 720, 1280, 718}, {1920, 1080, 1280, 720},
		{300, 1440, 150, 720}, {9000, 2, 1280, 2}, {2, 9000, 2, 720},
	} {
		s := newSheet(size[0], size[1])
		f, err := c.paint(s, false)
		if err != nil || f == nil {
			t.Fatalf("%v: %v, %v", size, f, err)
		}
		if f.Width != size[2] || f.Height != size[3] || f.Check() != nil {
			t.Errorf("%v became %dx%d", size[:2], f.Width, f.Height)
		}
		f.Release()
	}
	for _, size := range []image.Point{{0, 0}, {-5, 7}, {1 << 20, 1 << 20}, {1 << 62, 1 << 62}, {maxSide + 1, 1}, {1, maxSide + 1}, {maxSide, maxSide}} {
		if _, err := c.paint(&sheet{size: size}, true); !errors.Is(err, errTooLarge) {
			t.Errorf("%v: %v", size, err)
		}
	}
}

// A box for a stream is as good upright, where that is a size that a picture may have.
func TestTurns(t *testing.T) {
	for _, c := range [][6]int{
		{1920, 1080, 2160, 3840, 1080, 1920}, {1920, 1080, 3840, 2160, 1920, 1080}, {1080, 1920, 3840, 2160, 1920, 1080},
		{1920, 1080, 2000, 2000, 1080, 1080}, {4096, 2304, 2304, 4096, 1296, 2304}, {1920, 1080, 300, 1440, 300, 1440},
	} {
		v := newCanvas(image.Pt(c[0], c[1]))
		v.turns = true
		f := paint(t, v, &grey{size: image.Pt(c[2], c[3]), rows: make([]byte, 4*maxGrab)})
		if f.Width != c[4] || f.Height != c[5] {
			t.Errorf("%v: %dx%d", c, f.Width, f.Height)
		}
	}
}

// grey is a subject of one colour and any size.
type grey struct {
	size  image.Point
	dirty []image.Rectangle
	rows  []byte
	most  int
}

func (g *grey) look() (sight, error) { return sight{size: g.size, dirty: g.dirty}, nil }
func (g *grey) close()               {}
func (g *grey) grab(r image.Rectangle) ([]byte, error) {
	g.most = max(g.most, area(r))
	return g.rows[:4*area(r)], nil
}

// A screen of 8K is copied in strips, and comes in the largest size that a picture may have.
func TestHugeScreen(t *testing.T) {
	g := &grey{size: image.Pt(7680, 4320), rows: bytes.Repeat([]byte{128}, 4*maxGrab)}
	f := paint(t, anyCanvas(), g)
	if f.Width != 4096 || f.Height != 2304 || g.most > maxGrab {
		t.Errorf("%dx%d, of strips of %d pixels", f.Width, f.Height, g.most)
	}
	for y := range f.Height {
		if row := f.Y[y*f.YStride:][:f.Width]; row[0]/2 != 126/2 || bytes.Count(row, row[:1]) != len(row) {
			t.Fatalf("row %d is not grey: %d", y, row[0])
		}
	}
}

// What is hidden stands still; what was never seen is black. When it is there again all of it is looked at.
func TestHidden(t *testing.T) {
	s, c := newSheet(64, 48), anyCanvas()
	s.next.hidden = true
	if f := paint(t, c, s); !c.hidden || f.Y[5] != 16 || f.U[5] != 128 {
		t.Errorf("never seen: %d, %d", f.Y[5], f.U[5])
	}
	s.next.hidden = false
	seen := paint(t, c, s)
	if c.hidden || !equal(seen, s.picture(t)) {
		t.Error("seen: another picture")
	}
	s.next.hidden = true
	s.draw(image.Rect(0, 0, 64, 48), 7)
	if f, err := c.paint(s, false); f != nil || err != nil {
		t.Errorf("hidden: %v, %v", f, err)
	}
	if f := paint(t, c, s); !equal(f, seen) {
		t.Error("hidden: another picture than the last")
	}
}

// After a copy that failed nothing is believed that stands on the canvas.
func TestFailedGrab(t *testing.T) {
	s, c := newSheet(64, 48), anyCanvas()
	paint(t, c, s)
	broken := errors.New("broken")
	s.draw(image.Rect(3, 3, 20, 20), 9)
	s.grabErr = broken
	if _, err := c.paint(s, true); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	s.grabErr = nil // and nothing is said to have changed since
	if f := paint(t, c, s); !equal(f, s.picture(t)) {
		t.Error("another picture")
	}
	s.err = broken
	if _, err := c.paint(s, true); !errors.Is(err, broken) {
		t.Fatal(err)
	}
}

func TestBlend(t *testing.T) {
	part := image.Rect(10, 20, 14, 23)
	at := func(rows []byte, x, y int) [4]byte { return [4]byte(rows[4*((y-20)*4+x-10):]) }
	for name, c := range map[string]struct {
		pixel uint32
		want  [3]byte // blue, green, red, over 100
	}{
		"opaque":          {0xFF112233, [3]byte{0x33, 0x22, 0x11}},
		"nothing":         {0, [3]byte{100, 100, 100}},
		"half of black":   {0x80000000, [3]byte{50, 50, 50}},
		"half of white":   {0x80808080, [3]byte{178, 178, 178}},
		"light, no cover": {0x00101010, [3]byte{116, 116, 116}},
		"too much":        {0x00FFFFFF, [3]byte{255, 255, 255}},
	} {
		rows := bytes.Repeat([]byte{100}, 4*4*3)
		blend(rows, part, cursor{at: image.Rect(9, 19, 12, 22), pixels: slices.Repeat([]uint32{c.pixel}, 9)})
		for y := 20; y < 23; y++ {
			for x := 10; x < 14; x++ {
				want := [4]byte{100, 100, 100, 100}
				if x < 12 && y < 22 {
					copy(want[:], c.want[:])
				}
				if got := at(rows, x, y); got != want {
					t.Errorf("%s: %d,%d is %v, want %v", name, x, y, got, want)
				}
			}
		}
	}
	rows := bytes.Repeat([]byte{100}, 4*4*3)
	blend(rows, part, cursor{at: part, pixels: []uint32{0xFFFFFFFF}})                                // too few pixels
	blend(rows, part, cursor{at: image.Rect(50, 50, 51, 51), pixels: []uint32{0xFFFFFFFF}})          // elsewhere
	blend(rows[:7], part, cursor{at: part, pixels: slices.Repeat([]uint32{0xFFFFFFFF}, area(part))}) // too few rows
	if !bytes.Equal(rows, bytes.Repeat([]byte{100}, 4*4*3)) {
		t.Error("blended:", rows)
	}
}

// Whatever the rectangles, all of them are covered, by few that begin and end at even places.
func TestMerged(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 3))
	for range 300 {
		bounds := image.Rect(0, 0, 2*(1+rnd.IntN(2000)), 2*(1+rnd.IntN(1200)))
		var list []image.Rectangle
		for range rnd.IntN(40) {
			at := image.Pt(rnd.IntN(4000)-100, rnd.IntN(2400)-100)
			list = append(list, image.Rectangle{Min: at, Max: at.Add(image.Pt(rnd.IntN(300)-10, rnd.IntN(300)-10))})
		}
		parts := merged(list, bounds)
		if len(parts) > maxParts {
			t.Fatalf("%d parts", len(parts))
		}
		for _, p := range parts {
			if p.Empty() || !p.In(bounds) || (p.Min.X|p.Min.Y|p.Max.X|p.Max.Y)&1 != 0 {
				t.Fatalf("part %v in %v", p, bounds)
			}
		}
		for _, r := range list {
			if r = r.Intersect(bounds); !r.Empty() && !slices.ContainsFunc(parts, func(p image.Rectangle) bool { return r.In(p) }) {
				t.Fatalf("%v is in none of %v", r, parts)
			}
		}
	}
	far := merged([]image.Rectangle{image.Rect(0, 0, 10, 10), image.Rect(1900, 1000, 1910, 1010)}, image.Rect(0, 0, 1920, 1080))
	if len(far) != 2 {
		t.Errorf("two corners became %v", far)
	}
}

// A standing picture, and one of which a part changes, allocate next to nothing.
func TestPaintAllocations(t *testing.T) {
	s, c := newSheet(640, 480), anyCanvas()
	paint(t, c, s).Release()
	part := []image.Rectangle{image.Rect(10, 10, 50, 30)}
	if n := testing.AllocsPerRun(20, func() {
		s.grabs = s.grabs[:0]
		s.next.dirty = part
		f, err := c.paint(s, true)
		if err != nil {
			t.Fatal(err)
		}
		f.Release()
	}); n > 6 {
		t.Errorf("%v for a picture", n)
	}
}

// BenchmarkPaint is the share of this side in a picture of 1080p of which all has changed, a line or nothing, and in one of a screen
// that is scaled to it.
func BenchmarkPaint(b *testing.B) {
	for _, size := range []image.Point{{1920, 1080}, {2560, 1440}, {2560, 1600}, {3840, 2160}, {7680, 4320}} {
		g := &grey{size: size, rows: make([]byte, 4*maxGrab)}
		line := image.Rect(200, 500, 900, 520)
		for name, dirty := range map[string][]image.Rectangle{"all": {{Max: size}}, "line": {line}, "none": nil} {
			b.Run(fmt.Sprintf("%dx%d/%s", size.X, size.Y, name), func(b *testing.B) {
				c := newCanvas(image.Pt(standardWidth, standardHeight))
				for b.Loop() {
					g.dirty = dirty
					f, err := c.paint(g, false)
					if err != nil {
						b.Fatal(err)
					}
					f.Release()
				}
			})
		}
	}
}
