package app_test

import (
	"bytes"
	"crypto/sha256"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parley/profile"
	"parley/test/lab"
)

// arrived waits until a file of that content lies in a folder.
func (a *window) arrived(what, folder string, content []byte) {
	a.w.Helper()
	a.see(what, lab.Rail, func(*image.RGBA) bool {
		list, err := os.ReadDir(folder)
		if err != nil {
			return false
		}
		for _, f := range list {
			if got, err := os.ReadFile(filepath.Join(folder, f.Name())); err == nil && bytes.Equal(got, content) {
				return true
			}
		}
		return false
	})
}

// file makes one of bytes that no pattern repeats.
func (w *world) file(name string, size int) (path string, content []byte) {
	w.Helper()
	for block := sha256.Sum256([]byte(name)); len(content) < size; block = sha256.Sum256(block[:]) {
		content = append(content, block[:]...)
	}
	path = filepath.Join(w.dir, name)
	w.must(os.WriteFile(path, content, 0o600))
	return path, content
}

// TestFilesAndTexts: a file that Ada drops on Bo's tile is in his folder. One of his waits in her window, without a byte of it on her
// disk, until she accepts it by a click. What he writes she reads, and he what she does.
func TestFilesAndTexts(t *testing.T) {
	w := newWorld(t, 2)
	invite := w.serve().Ready.Invite
	hers, his := filepath.Join(w.dir, "hers"), filepath.Join(w.dir, "his")
	c := lab.AppConfig{Display: w.display(), Dir: filepath.Join(w.dir, "ada"), Pulse: w.pulse, Settings: func(s *profile.Settings) {
		lab.Person(0, "Ada")(s)
		s.Downloads = hers
	}}
	w.must(programs.Member(w.ctx, c, invite))
	a := w.start(c)
	w.must(a.WaitChannels(w.ctx, a.palette))
	w.must(a.Enter(w.ctx, "General", a.palette))
	bo := w.guest(1, "Bo", invite, "--downloads", his, "--accept-files", "all")
	w.await(bo, 0, "peer_connected")
	tile := lab.TileAvatar(0, 2)
	a.see("Bo on the stage", tile, func(img *image.RGBA) bool { return lab.Count(img, tile, a.palette.Card) < tile.Dx()*tile.Dy()*9/10 })

	path, content := w.file("tide tables, spring & autumn.csv", 300_000)
	w.must(a.Window.Drop(w.within(20*time.Second), tile.Min.Add(tile.Max).Div(2), path))
	a.arrived("the file that was dropped on Bo", his, content)

	path, content = w.file("a song.ogg", 200_000)
	w.must(bo.Tell("send Ada " + path))
	var button image.Rectangle
	a.see("the offer", lab.Files, func(img *image.RGBA) (ok bool) {
		button, ok = lab.Filled(img, lab.Files, a.palette.Primary)
		return ok
	})
	if list, err := os.ReadDir(hers); err == nil && len(list) > 0 {
		t.Errorf("%d files came before a word", len(list))
	}
	_, err := a.Still(w.ctx, lab.Files) // what has just come is not pressed
	w.must(err)
	<-time.After(time.Second)
	a.click(button.Min.Add(button.Max).Div(2))
	a.arrived("the file that Bo sent", hers, content)

	mark := bo.Mark()
	a.key("ctrl+t")
	a.see("the panel of texts", lab.Texts, func(img *image.RGBA) bool {
		return lab.Count(img, lab.Texts, a.palette.Sidebar) > lab.Texts.Dx()*lab.Texts.Dy()*9/10
	})
	before, err := a.Still(w.ctx, lab.Texts)
	w.must(err)
	w.must(bo.Tell("say the ferry leaves at seven"))
	a.see("what Bo wrote", lab.Texts, func(img *image.RGBA) bool {
		return lab.Count(img, lab.Texts, a.palette.Sidebar) < lab.Count(before, lab.Texts, a.palette.Sidebar)-300
	})
	a.typeText("thanks")
	a.key("Return")
	w.await(bo, mark, "text")
}

// TestConnectionPage: Ctrl+K finds the check of the connection, which runs to its end on her own server while she speaks, and finds
// nothing wrong.
func TestConnectionPage(t *testing.T) {
	w := newWorld(t, 1)
	a, _ := w.hosting()
	said := w.saying(0, w.speech(16))
	a.key("ctrl+k")
	a.dialog("to find something to do", true)
	a.typeText("check")
	a.key("Return")
	good, page := color.RGBA{0x6F, 0xD6, 0x9E, 0xFF}, image.Rect(304, 52, 1280, 736)
	a.see("the end of the check", page, func(img *image.RGBA) bool {
		_, again := lab.Filled(img, page, a.palette.Primary)
		return again && lab.Count(img, page, good) > 100
	})
	for range 2 { // the upper half of the page, and the lower one
		img, err := a.Still(w.ctx, page)
		w.must(err)
		if n := lab.Count(img, page, a.palette.Leave); n > 0 {
			t.Errorf("a step failed on a machine that has all: %d pixels%s", n, a.Shot("connection"))
		}
		a.key("Next")
	}
	said()
}
