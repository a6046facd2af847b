package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"sync"
	"time"

	"parley/call"
	"parley/profile"
	"parley/test/lab"
	"parley/video"
)

// filmed shows a channel in which people have cameras, and one shares a screen, and what one does to share oneself.
func (c *camera) filmed(ctx context.Context) error {
	config := c.harbour.app(self)
	if err := c.acquaint(); err != nil {
		return err
	}
	config.Settings = func(s *profile.Settings) { s.Theme, s.Camera = c.theme, smallPicture }
	err := c.session(ctx, config, []step{
		{"", func(ctx context.Context) error { return c.app.WaitChannels(ctx, c.palette) }},
		{"", func(ctx context.Context) error { return c.app.Enter(ctx, porch, c.palette) }},
		{"", func(ctx context.Context) error { return c.cameras(ctx, true) }},
		{"", c.keys("ctrl+e")},
		{"pictures", c.moving},
		{"", c.shares},
		{"pictures-screen", c.document},
		{"", c.keys("ctrl+shift+e")},
		{"share", c.offered},
		{"", c.keys("Return")},
		{"pictures-sharing", c.stoppable},
	})
	_, left := c.caller.Ask(ctx, call.Leave{})
	return errors.Join(err, left, c.cameras(ctx, false))
}

// cameras switches those of some.
func (c *camera) cameras(ctx context.Context, on bool) error {
	line := "camera off"
	if on {
		line = "camera on"
	}
	return errors.Join(tell(ctx, c.seated["Mara Lind"], line), tell(ctx, c.seated["Ines Vidal"], line))
}

// moving waits for pictures in the first tiles.
func (c *camera) moving(ctx context.Context) error {
	for _, r := range []image.Rectangle{image.Rect(420, 80, 780, 260), image.Rect(620, 520, 960, 700)} {
		err := c.app.WaitFor(ctx, "a picture", r, func(img *image.RGBA) bool { return lab.Colours(img, r) > 300 })
		if err != nil {
			return err
		}
	}
	return c.display.Move(ctx, lab.Anywhere)
}

// shares has Ola come and share a screen.
func (c *camera) shares(ctx context.Context) error {
	for _, channel := range c.caller.Snapshot().Directory.Channels {
		if channel.Name != porch {
			continue
		}
		if _, err := c.caller.Ask(ctx, call.Join{Channel: channel.ID}); err != nil {
			return err
		}
	}
	for c.caller.Snapshot().Place.Phase != call.Joined {
		select {
		case <-c.caller.Changed():
		case <-ctx.Done():
			return fmt.Errorf("join %s: %w", porch, ctx.Err())
		}
	}
	_, err := c.caller.Ask(ctx, call.ShareScreen{Subject: "document"})
	return err
}

var white = color.RGBA{R: 255, G: 255, B: 255, A: 255}

// document waits for the screen that is shared: its page is white.
func (c *camera) document(ctx context.Context) error {
	r := image.Rect(400, 120, 1180, 560)
	return c.app.WaitFor(ctx, "a page", r, func(img *image.RGBA) bool { return lab.Count(img, r, white) > r.Dx()*r.Dy()/2 })
}

// offered waits for what there is to share.
func (c *camera) offered(ctx context.Context) error {
	return c.app.WaitFor(ctx, "something to share", lab.PickerThumb, func(img *image.RGBA) bool {
		return lab.Colours(img, lab.PickerThumb) > 50
	})
}

func (c *camera) stoppable(ctx context.Context) error {
	return c.app.WaitFor(ctx, "the button to stop", lab.ShareBar, func(img *image.RGBA) bool {
		_, there := lab.Filled(img, lab.ShareBar, c.palette.Leave)
		return there
	})
}

// documents is a machine with one screen, on which a page of text stands.
type documents struct{}

var _ video.Screens = documents{}

// List implements video.Screens.
func (documents) List(context.Context) ([]video.Subject, error) {
	return []video.Subject{{ID: "document", Name: "A page", Width: pageWidth, Height: pageHeight, Primary: true}}, nil
}

// Thumbnail implements video.Screens.
func (documents) Thumbnail(context.Context, string, int, int) (*image.RGBA, error) {
	return nil, video.ErrNoScreen // nobody chooses here
}

// Open implements video.Screens.
func (documents) Open(string, video.Format) (video.Source, video.Format, error) {
	return &page{closed: make(chan struct{})}, video.Format{Width: pageWidth, Height: pageHeight, FPS: pageFPS}, nil
}

const (
	pageWidth, pageHeight = 1280, 720
	pageFPS               = 5
)

// page is a picture that stands still.
type page struct {
	pool   video.Pool
	once   sync.Once
	closed chan struct{}
}

// Close implements video.Source.
func (p *page) Close() { p.once.Do(func() { close(p.closed) }) }

// Read implements video.Source.
func (p *page) Read() (*video.Frame, error) {
	select {
	case <-p.closed:
		return nil, io.EOF
	case <-time.After(time.Second / pageFPS):
	}
	f, err := p.pool.Get(pageWidth, pageHeight)
	if err != nil {
		return nil, err
	}
	f.Captured = time.Now()
	for i := range f.U {
		f.U[i], f.V[i] = 128, 128
	}
	for y := range pageHeight {
		row := f.Y[y*f.YStride:][:pageWidth]
		for x := range row {
			row[x] = 235
			if inked(x, y) {
				row[x] = 40
			}
		}
	}
	return f, nil
}

// inked draws words: a heading and paragraphs of letters that are bars.
func inked(x, y int) bool {
	const left, right, line, first = 140, 1140, 26, 130
	if y > 60 && y < 92 {
		return x > left && x < left+420 && x%26 < 19 && (x/26)%7 != 5
	}
	row := (y - first) / line
	if y < first || row > 20 || row%6 == 5 || (y-first)%line > 12 || x < left || x > right-(row*137)%420 {
		return false
	}
	word := (x/11 + row*5) % (6 + row%3)
	return word != 0 && x%11 < 7
}
