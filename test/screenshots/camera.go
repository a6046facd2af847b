package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"path/filepath"
	"time"

	"parley/profile"
	"parley/test/lab"
)

// camera walks through the window in one theme and takes a picture of each screen.
type camera struct {
	*harbour
	palette lab.Palette
	good    color.RGBA // of the connection's bars
	theme   profile.Theme
	wanted  func(shot string) string // its file, or "" if it is not wanted
	app     *lab.App
}

// firstStart shows what somebody new sees: the question for a name, and the server that they host then.
func (c *camera) firstStart(ctx context.Context) (err error) {
	config := c.harbour.app("first " + string(c.theme))
	config.Settings = func(s *profile.Settings) { s.Theme = c.theme }
	if err := c.key(filepath.Base(config.Dir)); err != nil {
		return err
	}
	return c.session(ctx, config, []step{
		{"", c.typed(self)},
		{"first-start", nil},
		{"", c.click(lab.HostButton)},
		{"host", c.dialog},
	})
}

// crewed shows the main window with its people, and all that opens over it.
func (c *camera) crewed(ctx context.Context) error {
	config := c.harbour.app(self)
	if err := c.acquaint(); err != nil {
		return err
	}
	config.Settings = func(s *profile.Settings) { s.Theme = c.theme }
	first := image.Pt(440, 222) // of the people on the stage
	steps := []step{
		{"", func(ctx context.Context) error { return c.app.WaitChannels(ctx, c.palette) }},
		{"no-channel", nil},
		{"", func(ctx context.Context) error { return c.app.Enter(ctx, porch, c.palette) }},
		{"", c.known},
		{"main", c.lit},
		{"", c.doubleClick(first)},
		{"person", nil},
		{"", c.escape},
		{"", c.click(lab.QualityButton)},
		{"quality", nil},
		{"", c.escape},
		{"", c.keys("ctrl+k")},
		{"switcher", c.typed("o")},
		{"", c.escape},
		{"keys", c.keys("F1")},
		{"", c.escape},
		{"", c.click(lab.ServerMenu)},
		{"server-menu", nil},
		{"", c.keys("Return")},
		{"invite", c.dialog},
		{"", c.escape},
		{"", c.keys("ctrl+t")},
		{"texts", nil},
		{"", c.keys("ctrl+t")},
		{"", c.keys("ctrl+comma")},
	}
	steps = append(steps, step{"settings-sound", c.speaking})
	for i, name := range []string{"", "voice", "camera", "keys", "look", "you", "privacy", "servers", "connection", "files", "updates"} {
		if i > 0 {
			steps = append(steps, step{"", c.click(lab.Page(i))}, step{"settings-" + name, nil})
		}
	}
	steps = append(steps,
		step{"", c.escape},
		step{"", c.keys("ctrl+m")},
		step{"main-muted", c.talking},
		step{"", c.keys("ctrl+m")},
		step{"", c.resize(800, 500)},
		step{"compact", c.lit},
	)
	return c.session(ctx, config, steps)
}

// step does something and then takes a picture, if it has a name.
type step struct {
	shot string
	do   func(context.Context) error
}

// session starts an app, walks the steps, and ends it.
func (c *camera) session(ctx context.Context, config lab.AppConfig, steps []step) (err error) {
	if c.app, err = c.programs.App(ctx, config); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.app.Close()) }()
	if err := c.app.Window.Focus(ctx); err != nil {
		return err
	}
	for i, s := range steps {
		if s.do != nil {
			if err := s.do(ctx); err != nil {
				return fmt.Errorf("step %d %s: %w", i, s.shot, err)
			}
		}
		if s.shot == "" {
			continue
		}
		if err := c.take(ctx, s.shot); err != nil {
			return fmt.Errorf("%s: %w", s.shot, err)
		}
	}
	return nil
}

// take saves the window, a moment after what was done last: people speak, so it is never still. The moment passes where no picture is
// wanted, too: dialogs take no key in their first half second.
func (c *camera) take(ctx context.Context, shot string) error {
	select {
	case <-time.After(700 * time.Millisecond):
	case <-ctx.Done():
		return ctx.Err()
	}
	file := c.wanted(shot)
	if file == "" {
		return nil
	}
	r, err := c.app.Window.Bounds()
	if err != nil {
		return err
	}
	img, err := c.display.Image(r)
	if err != nil {
		return err
	}
	fmt.Println(file)
	return lab.SavePNG(file, img)
}

func (c *camera) typed(text string) func(context.Context) error {
	return func(ctx context.Context) error { return c.display.Type(ctx, text) }
}

func (c *camera) keys(chords ...string) func(context.Context) error {
	return func(ctx context.Context) error { return c.app.Key(ctx, chords...) }
}

func (c *camera) click(at image.Point) func(context.Context) error {
	return func(ctx context.Context) error { return c.app.Click(ctx, at) }
}

func (c *camera) doubleClick(at image.Point) func(context.Context) error {
	return func(ctx context.Context) error { return c.display.DoubleClick(ctx, at) }
}

func (c *camera) resize(width, height int) func(context.Context) error {
	return func(ctx context.Context) error { return c.app.Window.Resize(ctx, width, height) }
}

// escape closes what floats and takes the pointer out of sight, so that nothing hovers in the next picture.
func (c *camera) escape(ctx context.Context) error {
	if err := c.app.Key(ctx, "Escape"); err != nil {
		return err
	}
	return c.display.Move(ctx, lab.Anywhere)
}

func (c *camera) dialog(ctx context.Context) error { return c.app.WaitDialog(ctx, c.palette, true) }

// lit waits for the light of a voice on the stage.
func (c *camera) lit(ctx context.Context) error {
	return c.app.WaitFor(ctx, "somebody who speaks", lab.Stage, func(img *image.RGBA) bool {
		return lab.Count(img, lab.Stage, c.palette.Voice) > 150
	})
}

// known speaks, and waits until the connection is known to be good: who only listens gets no reports of what arrives, and nine
// people who come at once are too much for a small machine for a moment.
func (c *camera) known(ctx context.Context) error {
	if err := c.say(ctx, 3); err != nil {
		return err
	}
	bars := image.Rect(lab.QualityButton.X-80, lab.Dock.Min.Y+8, lab.QualityButton.X+40, lab.Dock.Max.Y-8)
	return c.app.WaitFor(ctx, "four good bars in the dock", bars, func(img *image.RGBA) bool {
		return lab.Count(img, bars, c.good) > 20
	})
}

// speaking has oneself speak for as long as the next picture takes.
func (c *camera) speaking(ctx context.Context) error {
	go func() { _ = c.say(ctx, 4) }() // without it the picture shows a silent meter
	return c.app.WaitFor(ctx, "a meter of somebody who speaks", lab.Stage, func(img *image.RGBA) bool {
		return lab.Count(img, lab.Stage, c.palette.Voice) > 300
	})
}

// say says something into the app's microphone.
func (c *camera) say(ctx context.Context, seconds float64) error {
	speech, err := lab.Speech(seconds)
	if err != nil {
		return err
	}
	return c.pulse.Play(ctx, "inj_a", speech)
}

// talking says something while one is muted, until the window says that nobody hears it.
func (c *camera) talking(ctx context.Context) error {
	if err := c.say(ctx, 2); err != nil {
		return err
	}
	return c.app.WaitFor(ctx, "the banner of the muted", lab.Stage, func(img *image.RGBA) bool {
		return lab.Count(img, lab.Stage, c.palette.WarningGround) > 5000
	})
}
