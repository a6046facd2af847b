package test

import (
	"fmt"
	"image"
	"testing"
	"time"

	"parley/test/lab"
	"parley/video"
)

// display starts a screen of that size, with a window manager.
func (w *world) display(width, height int) *lab.Display {
	w.Helper()
	d, err := lab.StartDisplay(w.within(time.Minute), width, height, nil)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		if err := d.Close(); err != nil {
			w.Error(err)
		}
	})
	return d
}

// TestSharedText: a screen with text on it is shared; another text comes up, and a second later it can be read at the other end as
// it stands here. What stands still then costs next to nothing.
func TestSharedText(t *testing.T) {
	w := newWorld(t, 0, nil)
	d := w.display(1920, 1080)
	p := newPage(t, d, "Notes", 760, 560)
	b := w.view("b", lab.Command{})
	a := w.view("a", lab.Command{Env: d.Env()}, "--screen", "screen")
	b.sees(a, "screen", 10)
	wait(3)
	text := image.Rect(60, 80, 60+640, 80+480)
	for n := range uint64(2 * soak()) {
		p.write(n + 1)
		changed := time.Now()
		wait(2.2)
		shot, err := d.Image(text)
		if err != nil {
			t.Fatal(err)
		}
		seen := len(b.shown(a, "screen", time.Time{}, changed.Add(time.Second)))
		quality, i := 0.0, 0
		b.decoded(a, "screen", seen, func(f *video.Frame) {
			if i++; i == seen {
				quality = lumaPSNR(f, shot)
			}
			if f.Width != 1920 || f.Height != 1080 {
				t.Errorf("a picture of %dx%d", f.Width, f.Height)
			}
		})
		t.Logf("page %d: %.1f dB a second after it came up", n, quality)
		if quality < 35 {
			t.Errorf("page %d: %.1f dB a second after it came up, want 35", n, quality)
		}
	}
	wait(2)
	still := a.now()
	wait(2.5 * soak())
	later := a.now()
	seconds := float64(later.AtMS-still.AtMS) / 1000
	rate := float64(later.Screen.Pictures-still.Screen.Pictures) / seconds
	t.Logf("standing still: %.1f pictures a second, %.0f kbit/s", rate, later.Screen.Kbps)
	if rate > 1.5 || later.Screen.Kbps > 100 {
		t.Errorf("standing still: %.1f pictures a second, %.0f kbit/s", rate, later.Screen.Kbps)
	}
	w.leave(a.Client, b.Client)
}

// TestShareInACall: camera and screen at once, in both directions, and a screen that stops while the camera goes on.
func TestShareInACall(t *testing.T) {
	w := newWorld(t, 0, nil)
	d := w.display(800, 600)
	newPage(t, d, "Notes", 640, 480)
	a, b := w.ring(lab.Command{Env: d.Env()}, lab.Command{Env: d.Env()}, "--screen", "Notes", "--screen-fps", "10")
	for _, c := range []*lab.Client{a, b} {
		w.awaitCode(c, 0, "first_picture", "screen", "")
	}
	mark := a.Mark()
	w.tell(b, "share off")
	seen := func() (camera, screen int) {
		all, err := lab.ReadPictures(w.shownFile(0))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			if p.Track == "screen" {
				screen++
			} else {
				camera++
			}
		}
		return camera, screen
	}
	wait(1.5)
	camera, screen := seen()
	wait(3)
	if c, s := seen(); c < camera+30 || s != screen {
		t.Errorf("after the share has ended: %d pictures of the camera, %d of the screen", c-camera, s-screen)
	}
	w.tell(b, "share Notes")
	wait(3)
	if _, s := seen(); s == screen {
		t.Error("a second share is not seen")
	}
	if err := a.Tell("hangup"); err != nil {
		t.Fatal(err)
	}
	w.await(a, mark, "call_ended")
	w.leave(b)
}

// TestSharedWindow: a window that is resized is followed, one that is minimised stands still, and one that is closed ends the share, in
// words. Two share at once.
func TestSharedWindow(t *testing.T) {
	w := newWorld(t, 0, nil)
	d := w.display(1280, 800)
	p := newPage(t, d, "Notes", 640, 480)
	a := w.view("a", lab.Command{Env: d.Env()}, "--screen", "Notes")
	b := w.view("b", lab.Command{Env: d.Env()}, "--screen", "screen", "--screen-fps", "5")
	c := w.view("c", lab.Command{}, "--watch", "screen")
	c.sees(a, "screen", 2)
	c.sees(b, "screen", 2)
	size := func(of *viewer) string {
		for _, p := range c.now().Peers {
			if p.User == of.user {
				return fmt.Sprintf("%dx%d", p.Screen.Width, p.Screen.Height)
			}
		}
		return ""
	}
	if got := size(a) + " " + size(b); got != "640x480 1280x800" {
		t.Errorf("shown in %s", got)
	}
	p.resize(800, 500)
	c.until("another size", func() bool { return size(a) == "800x500" })
	p.minimise()
	wait(1.5)
	c.sees(a, "screen", 1) // the last one, once a second
	p.show()
	p.write(5)
	c.sees(a, "screen", 2)
	mark := a.Mark()
	p.close()
	w.awaitCode(a.Client, mark, "screen", "screen_closed", "Notes")
	wait(1)
	n := c.pictures(a, "screen")
	c.sees(b, "screen", 2)
	if got := c.pictures(a, "screen"); got != n {
		t.Errorf("%d pictures of a window that was closed", got-n)
	}
	if s := a.now().Screen; s.On {
		t.Errorf("%+v", s)
	}
	w.leave(a.Client, b.Client, c.Client)
}

// TestHiddenTile: what one hides is neither decoded there nor sent, beside one who sees it; what nobody sees is not even coded. Who
// looks again sees it soon.
func TestHiddenTile(t *testing.T) {
	w := newWorld(t, 0, nil)
	a := w.view("a", lab.Command{}, "--video", "--camera", "pattern:640x360@15")
	b, c := w.view("b", lab.Command{}), w.view("c", lab.Command{})
	b.sees(a, "camera", 10)
	c.sees(a, "camera", 10)
	w.tell(b.Client, "watch a none")
	wait(1.5)
	hidden, coded := b.pictures(a, "camera"), a.now().Camera.Pictures
	wait(2 * soak())
	of := b.now().Peers
	if len(of) != 2 {
		t.Fatalf("%+v", of)
	}
	for _, p := range of {
		if p.User == a.user && (p.Picture.Pictures != hidden || p.Picture.Kbps != 0) {
			t.Errorf("hidden: %d pictures decoded, %.0f kbit/s come", p.Picture.Pictures-hidden, p.Picture.Kbps)
		}
	}
	c.sees(a, "camera", 10)
	if n := a.now().Camera.Pictures - coded; n < 20 {
		t.Errorf("one hides it: %d pictures coded for the other", n)
	}
	w.tell(c.Client, "watch a screen")
	wait(1.5)
	coded = a.now().Camera.Pictures
	wait(1.5)
	if f := a.now().Camera; f.Pictures != coded || !f.On {
		t.Errorf("nobody sees it: %d pictures coded; %+v", f.Pictures-coded, f)
	}
	looked := time.Now()
	w.tell(b.Client, "watch a camera")
	b.sees(a, "camera", 1)
	t.Logf("seen %v after it was looked at again, within a line of statistics", time.Since(looked).Round(time.Millisecond))
	w.leave(a.Client, b.Client, c.Client)
}

// TestHugeScreen: one of 7680x4320 is shown in the size that is sent at most, and the call lives.
func TestHugeScreen(t *testing.T) {
	w := newWorld(t, 0, nil)
	d := w.display(7680, 4320)
	b := w.view("b", lab.Command{})
	a := w.view("a", lab.Command{Env: d.Env()}, "--screen", "screen", "--screen-fps", "5")
	b.sees(a, "screen", 2)
	for _, p := range b.now().Peers {
		if p.Screen.Width != 1920 || p.Screen.Height != 1080 {
			t.Errorf("%+v", p.Screen)
		}
	}
	w.leave(a.Client, b.Client)
}
