package app_test

import (
	"bytes"
	"image"
	"path/filepath"
	"testing"
	"time"

	"parley/test/lab"
)

// TestCrowd looks through both lists of a server of 1000 channels and 5000 people, from end to end by mouse and keys, and for some of
// them by name, while that server gives those in sight other names without end. The window's own work has to leave room in each
// frame; how long frames take as a whole another program of a busy machine decides too (see bench/app).
func TestCrowd(t *testing.T) {
	const frame = 33 // ms
	w := newWorld(t, 0)
	crowd, err := lab.StartCrowd(1000, 5000)
	w.must(err)
	t.Cleanup(func() { _ = crowd.Close() })
	c := lab.AppConfig{Display: w.display(), Dir: filepath.Join(w.dir, "ada"), Settings: lab.Person(0, "Ada"), Env: []string{lab.FramesEnv}}
	w.must(programs.Member(w.ctx, c, crowd.Link.String()))
	c.Settings = nil
	a := w.start(c)
	w.must(a.WaitChannels(w.ctx, a.palette))
	crowd.Rename(50 * time.Millisecond)
	for _, list := range []image.Rectangle{lab.List, lab.People} {
		before, err := a.Display.Image(list)
		w.must(err)
		a.see("other names", list, func(img *image.RGBA) bool { return !bytes.Equal(img.Pix, before.Pix) })
	}
	begin := time.Now()
	for _, way := range lab.Ways {
		if way.Name == "wheel" {
			continue // what it shows the keys show, too, and faster
		}
		from := time.Now()
		w.must(way.Go(a.App, w.ctx))
		var f lab.Frames
		a.see("frames in the log", lab.Dock, func(*image.RGBA) bool {
			f, err = a.Frames(from)
			return err != nil || f.Len() > 20
		})
		w.must(err)
		t.Logf("%s: %d frames: median %d ms, 99 %% within %d, longest %d (%s); the window's own work: 99 %% within %d, longest %d",
			way.Name, f.Len(), f.Quantile(0.5), f.Quantile(0.99), f.Longest(), f.Parts, f.Own.Quantile(0.99), f.Own.Longest())
	}
	f, err := a.Frames(begin)
	w.must(err)
	if own := f.Own.Quantile(0.99); own > frame || f.Len() < 150 {
		t.Errorf("%d frames, of which one in a hundred takes %d ms of the processor's time in the window's thread alone: want %d at most", f.Len(), own, frame)
	}
}
