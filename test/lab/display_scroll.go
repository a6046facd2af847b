package lab

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jezek/xgb/xproto"
)

// What Scroll draws: pages of text on the left half, and bars that move in a part of the right one.
const (
	scrollFPS  = 30
	scrollStep = 2  // rows of text that go by with each picture
	barStep    = 12 // columns that the bars move by
	lineHeight = 14 // of the font that each X server has, 6x13, and a row
	scrollLeap = 2  // screens of text, until it begins anew
	partWidth  = 480
	partHeight = 270
	bars       = 12
)

// Scroll covers the screen by a window in which text goes by and a smaller part moves, both with each of 30 pictures a second. The first is there when it returns;
// stop ends that.
func (d *Display) Scroll() (stop func(), err error) {
	s, err := d.newScroll()
	if err != nil {
		return nil, fmt.Errorf("draw on the screen: %w", err)
	}
	s.draw(0)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second / scrollFPS)
		defer tick.Stop()
		for n := 1; ctx.Err() == nil; n++ {
			select {
			case <-tick.C:
				s.draw(n)
			case <-ctx.Done():
			}
		}
		xproto.DestroyWindow(d.conn, s.window)
	}()
	return func() {
		cancel()
		<-done
	}, nil
}

// scroll is what is drawn once, in the server's memory, and copied from there again and again: who draws costs next to nothing.
type scroll struct {
	*Display
	window     xproto.Window
	text, part xproto.Pixmap
	gc         xproto.Gcontext
}

func (d *Display) newScroll() (s *scroll, err error) {
	s = &scroll{Display: d}
	width, height := d.screen.WidthInPixels, d.screen.HeightInPixels
	if s.window, err = xproto.NewWindowId(d.conn); err != nil {
		return nil, err
	}
	// Not managed, so that nothing moves it.
	err = xproto.CreateWindowChecked(d.conn, d.screen.RootDepth, s.window, d.screen.Root, 0, 0, width, height, 0, xproto.WindowClassInputOutput,
		d.screen.RootVisual, xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{0xE0E0E0, 1}).Check()
	if err != nil {
		return nil, err
	}
	if s.gc, err = xproto.NewGcontextId(d.conn); err != nil {
		return nil, err
	}
	font, err := xproto.NewFontId(d.conn)
	if err != nil {
		return nil, err
	}
	const fixed = "fixed"
	if err := xproto.OpenFontChecked(d.conn, font, uint16(len(fixed)), fixed).Check(); err != nil {
		return nil, err
	}
	// Without exposures: nobody here reads events, of which only so many may wait.
	err = xproto.CreateGCChecked(d.conn, s.gc, xproto.Drawable(s.window), xproto.GcForeground|xproto.GcBackground|xproto.GcFont|xproto.GcGraphicsExposures,
		[]uint32{0x101010, 0xF8F8F8, uint32(font), 0}).Check()
	if err != nil {
		return nil, err
	}
	if s.text, err = s.newText(width/2, (scrollLeap+1)*height); err != nil {
		return nil, err
	}
	if s.part, err = s.newBars(); err != nil {
		return nil, err
	}
	return s, xproto.MapWindowChecked(d.conn, s.window).Check()
}

func (s *scroll) pixmap(width, height uint16) (p xproto.Pixmap, err error) {
	if p, err = xproto.NewPixmapId(s.conn); err == nil {
		err = xproto.CreatePixmapChecked(s.conn, s.screen.RootDepth, p, xproto.Drawable(s.window), width, height).Check()
	}
	return p, err
}

// newText is pages of words. What the last screen shows is what the first one does, so that it can begin anew.
func (s *scroll) newText(width, height uint16) (xproto.Pixmap, error) {
	p, err := s.pixmap(width, height)
	if err != nil {
		return p, err
	}
	s.fill(p, 0xF8F8F8, 0, 0, width, height)
	xproto.ChangeGC(s.conn, s.gc, xproto.GcForeground, []uint32{0x101010})
	words := rand.New(rand.NewPCG(1, 6))
	const letter = 6 // pixels
	line := func() string {
		var b strings.Builder
		for b.Len() < int(width)/letter-10 {
			for range 2 + words.IntN(8) {
				b.WriteByte(byte('a' + words.IntN(26)))
			}
			b.WriteByte(' ')
		}
		return b.String()[:min(b.Len(), 255)] // a request takes no more
	}
	lines := make([]string, s.period()/lineHeight)
	for i := range lines {
		lines[i] = line()
	}
	for y, i := lineHeight, 0; y < int(height); y, i = y+lineHeight, i+1 {
		text := lines[i%len(lines)]
		if err := xproto.ImageText8Checked(s.conn, byte(len(text)), xproto.Drawable(p), s.gc, letter, int16(y), text).Check(); err != nil {
			return p, err
		}
	}
	return p, nil
}

// period is after how many rows the text begins anew.
func (s *scroll) period() int {
	const whole = lineHeight * scrollStep
	return scrollLeap * int(s.screen.HeightInPixels) / whole * whole
}

// newBars is twice what is seen of them, for the same reason.
func (s *scroll) newBars() (xproto.Pixmap, error) {
	p, err := s.pixmap(2*partWidth, partHeight)
	for i := range uint16(2 * bars) {
		const width = partWidth / bars
		colour := uint32(i%bars) * 0x13579B % 0xFFFFFF
		s.fill(p, colour, int16(i*width), 0, width, partHeight)
		s.fill(p, ^colour&0xFFFFFF, int16(i*width), int16(i%bars*width/2), width, width)
	}
	return p, err
}

func (s *scroll) fill(p xproto.Pixmap, colour uint32, x, y int16, width, height uint16) {
	xproto.ChangeGC(s.conn, s.gc, xproto.GcForeground, []uint32{colour})
	xproto.PolyFillRectangle(s.conn, xproto.Drawable(p), s.gc, []xproto.Rectangle{{X: x, Y: y, Width: width, Height: height}})
}

// draw draws picture n.
func (s *scroll) draw(n int) {
	width, height, to := s.screen.WidthInPixels, s.screen.HeightInPixels, xproto.Drawable(s.window)
	xproto.CopyArea(s.conn, xproto.Drawable(s.text), to, s.gc, 0, int16(n*scrollStep%s.period()), 0, 0, width/2, height)
	xproto.CopyArea(s.conn, xproto.Drawable(s.part), to, s.gc, int16(n*barStep%partWidth), 0, int16(width/2+(width/2-partWidth)/2), int16((height-partHeight)/2), partWidth, partHeight)
}
