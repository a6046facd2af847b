package test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parley/test/lab"
)

// pages names the environment variable of a folder for pictures of the page, for whoever wants to look at it.
const pages = "PARLEY_PAGES"

// TestBrowserFits: on the screens of phones and computers nothing of the page is out of reach, whatever it shows: all that can be clicked is
// there, is large enough for a finger, and has a name, and nothing is wider than the screen.
func TestBrowserFits(t *testing.T) {
	w := newWorld(t, 0, nil)
	a := w.client("a", lab.Command{}, "--mic", "none", "--speaker", "none")
	w.await(a, 0, "joined")
	c, err := lab.Chromium{Args: append(w.fakeCamera(), believing)}.Open(w.within(time.Minute), "about:blank")
	if err != nil {
		t.Fatal(err)
	}
	b := w.tab(c)
	b.until("document.readyState === 'complete' && !document.getElementById('enter').hidden")
	w.fits(b, c, "start")
	b.enter("Gus, who has a name that is longer than any place for it")
	w.fits(b, c, "channels")
	b.click("#channels button")
	w.await(a, 0, "peer_connected")
	b.click("#camera")
	b.until("document.querySelector('.tile.own video')?.videoWidth > 0")
	b.click("#screen")
	b.until("document.querySelector('.tile.own.screen video')?.videoWidth > 0")
	if err := a.Tell("say " + "Averylongwordthatnobodyhasbrokeninto" + "partsandthatgoesonandon"); err != nil {
		t.Fatal(err)
	}
	b.until("document.querySelector('#texts li')")
	b.until("document.querySelector('#channels li li .badge:not([hidden])')") // whatever the name is
	w.fits(b, c, "channel")
	b.click("#choose")
	w.fits(b, c, "devices")
	b.click("#done")
	b.click("#leave")
	p := w.phone(1, lab.Command{}, "call", "Gus, who has a name that is long", "--video")
	b.until("document.getElementById('ring').open")
	w.fits(b, c, "ring")
	b.click("#acceptVideo")
	w.await(p, 0, "first_picture")
	b.until("document.querySelector('.tile.person:not(.own) video')?.videoWidth > 0 && document.querySelector('.tile.own video')?.videoWidth > 0")
	w.fits(b, c, "call")
}

// fits looks at the page on each screen.
func (w *world) fits(b tab, c *lab.Tab, what string) {
	w.Helper()
	for _, s := range []struct {
		width, height int
		phone         bool
	}{{390, 844, true}, {844, 390, true}, {320, 568, true}, {1280, 800, false}} {
		for _, dark := range []bool{false, true} {
			if err := c.Screen(w.within(20*time.Second), s.width, s.height, s.phone, dark); err != nil {
				w.Fatal(err)
			}
			var wrong []string
			if err := b.Evaluate(w.within(20*time.Second), "witness.fits()", &wrong); err != nil {
				w.Fatal(err)
			}
			for _, text := range wrong {
				w.Errorf("%s, %dx%d: %s", what, s.width, s.height, text)
			}
			if dir := os.Getenv(pages); dir != "" {
				shot, err := c.Screenshot(w.within(20 * time.Second))
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%dx%d-%v.png", what, s.width, s.height, dark)), shot, 0o644)
				}
				if err != nil {
					w.Error(err)
				}
			}
		}
	}
}
