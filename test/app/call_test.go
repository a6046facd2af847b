package app_test

import (
	"encoding/json"
	"image"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"parley/profile"
	"parley/test/lab"
)

// called is Ada's app, online on a server, with the test picture as her camera, and the server's invite.
func (w *world) called(env ...string) (a *window, invite string) {
	w.Helper()
	invite = w.serve().Ready.Invite
	c := lab.AppConfig{Display: w.display(), Dir: filepath.Join(w.dir, "ada"), Pulse: w.pulse, Env: env, Settings: func(s *profile.Settings) {
		lab.Person(0, "Ada")(s)
		s.Camera = "pattern"
	}}
	w.must(programs.Member(w.ctx, c, invite))
	a = w.start(c)
	w.must(a.WaitChannels(w.ctx, a.palette))
	return a, invite
}

// caller starts "parleyctl call Ada" for Bo.
func (w *world) caller(invite string, args ...string) *lab.Client {
	w.Helper()
	return w.phone("call", invite, append([]string{"Ada"}, args...)...)
}

// phone starts "parleyctl call" or "answer" for Bo, whose camera is the test picture.
func (w *world) phone(command, invite string, args ...string) *lab.Client {
	w.Helper()
	c, err := programs.Client(lab.Command{
		Env: append(w.pulse.Env(), "HOME="+w.dir),
		Args: append([]string{command, invite, "--name", "Bo", "--home", filepath.Join(w.dir, "bo"), "--mic", "mic_b", "--speaker", "spk_b",
			"--camera", "pattern:1280x720@30", "--counters", w.shownFile(), "--processing=off", "--mode", "open", "--bitrate", "64000"}, args...),
	})
	w.must(err)
	w.Cleanup(func() { _ = c.Close() })
	return c
}

func (w *world) shownFile() string { return filepath.Join(w.dir, "bo.shown") }

// ended waits until a call has ended for Bo, and why.
func (w *world) ended(bo *lab.Client, code string) {
	w.Helper()
	e, err := bo.Await(w.within(20*time.Second), 0, "call_ended", nil)
	w.must(err)
	if got := codeOf(e); got != code {
		w.Errorf("the call ended by %q, want %q", got, code)
	}
}

// number reads the test picture's off the screen.
func (a *window) number(place image.Rectangle, mirrored bool) (n uint32, ok bool) {
	a.w.Helper()
	n, ok, err := a.Display.ReadNumber(place, mirrored)
	a.w.must(err)
	return n, ok
}

// picture waits until there is one with a number in a place, or none.
func (a *window) picture(what string, place image.Rectangle, mirrored, there bool) {
	a.w.Helper()
	a.see(what, lab.Rail, func(*image.RGBA) bool {
		_, ok := a.number(place, mirrored)
		return ok == there
	})
}

// mirrored wants her own picture as in a mirror. One number in 256 reads as another one the wrong way round.
func (a *window) mirrored() {
	a.w.Helper()
	readable := 0
	for range 5 {
		<-time.After(100 * time.Millisecond)
		if _, ok := a.number(lab.CallOwn, false); ok {
			readable++
		}
	}
	if readable > 2 {
		a.w.Errorf("her own picture is not mirrored%s", a.Shot("mirrored"))
	}
}

// advances wants the numbers in a place to go up as a clock does that ticks thirty times a second.
func (a *window) advances(what string, place image.Rectangle, mirrored bool) {
	a.w.Helper()
	a.picture(what, place, mirrored, true)
	first, begin := a.read(place, mirrored)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	distinct, last, now := 0, first, begin
	for now.Sub(begin) < 3*time.Second {
		<-tick.C
		n, at := a.read(place, mirrored)
		if n < last {
			a.w.Errorf("%s: %d after %d", what, n, last)
		}
		if n != last {
			distinct++
		}
		last, now = n, at
	}
	ticks := now.Sub(begin).Seconds() * 30
	if got := float64(last - first); got < ticks-15 || got > ticks+15 {
		a.w.Errorf("%s: the numbers went up by %.0f, the camera's by %.0f%s", what, got, ticks, a.Shot("numbers"))
	}
	if distinct < 15 {
		a.w.Errorf("%s: %d pictures in 60 looks%s", what, distinct, a.Shot("numbers"))
	}
	a.w.Logf("%s: %d different pictures in 60 looks", what, distinct)
}

// read reads a number that is there; one that can't be read while it is drawn is read again.
func (a *window) read(place image.Rectangle, mirrored bool) (n uint32, at time.Time) {
	a.w.Helper()
	a.see("a number", lab.Rail, func(*image.RGBA) (ok bool) {
		n, ok = a.number(place, mirrored)
		return ok
	})
	return n, time.Now()
}

// TestVideoCall: Bo's call rings, a click takes it with video, and each sees the other's picture, with the number that the other's
// camera has come to. A double click has it fill the window. A click hangs up: the picture goes, and Bo knows.
func TestVideoCall(t *testing.T) {
	w := newWorld(t, 2)
	a, invite := w.called()
	bo := w.caller(invite, "--video")
	w.await(bo, 0, "call_ringing")
	w.must(a.TakeCall(w.ctx, a.palette, lab.AsAsked))
	a.advances("Bo's picture", lab.CallTile, false)
	a.advances("her own picture, as in a mirror", lab.CallOwn, true)
	a.mirrored()
	w.await(bo, 0, "first_picture")
	said := w.saying(0, w.speech(8))
	r := w.record()
	w.hear(r, 6)
	channels := w.stop(r)
	audible(t, "Ada at Bo's", level(channels[lab.Ear(1)], 2, 5))
	said()

	w.listening("in a call", 2)
	a.fill()
	a.picture("Bo's picture all over the window", lab.CallFilled, false, true)
	a.key("Escape")
	a.picture("Bo's picture in the call's view", lab.CallTile, false, true)

	hung := time.Now()
	w.must(a.Press(w.ctx, "the button to hang up", lab.Dock, a.palette.Leave))
	w.ended(bo, "left")
	a.picture("no picture", lab.CallTile, false, false)
	w.listening("after the call", 0)
	a.see("the channels again", lab.List, func(img *image.RGBA) bool { return lab.HasChannels(img, a.palette) })
	w.must(bo.Close())
	w.mirrored(hung)
}

// fill is a double click on the picture.
func (a *window) fill() {
	a.w.Helper()
	a.clickTwice(middle(lab.CallTile))
}

// mirrored looks at what Bo saw of Ada: her pictures, as they are and not as in her mirror, until she hung up.
func (w *world) mirrored(hung time.Time) {
	w.Helper()
	all, err := lab.ReadPictures(w.shownFile())
	w.must(err)
	all = slices.DeleteFunc(all, func(p lab.Picture) bool { return p.Number < 0 })
	for i, p := range all {
		switch {
		case i > 0 && p.Number <= all[i-1].Number:
			w.Errorf("Bo saw picture %d after %d", p.Number, all[i-1].Number)
		case p.At.Sub(hung) > time.Second: // the click takes its time, too
			w.Errorf("Bo saw a picture %v after Ada hung up", p.At.Sub(hung))
		}
	}
	if len(all) < 60 {
		w.Errorf("Bo saw %d pictures with numbers", len(all))
	}
}

// TestCallFromTheList: Ada calls Bo by the menu of his line, with video. Bo hangs up.
func TestCallFromTheList(t *testing.T) {
	w := newWorld(t, 2)
	a, invite := w.called()
	bo := w.phone("answer", invite, "--auto", "--video")
	w.await(bo, 0, "online")
	a.see("Bo among the people", lab.People, func(img *image.RGBA) bool {
		r := image.Rectangle{Min: lab.PersonRow(1), Max: lab.PersonRow(1)}.Inset(-12).Sub(image.Pt(81, 0)) // his avatar
		return lab.Count(img, r, a.palette.Sidebar) < r.Dx()*r.Dy()/2
	})
	w.must(a.Display.Click(w.ctx, lab.PersonRow(1), lab.RightButton))
	a.see("the menu of his line", lab.People, func(img *image.RGBA) bool {
		return lab.Count(img, lab.People, a.palette.Raised) > lab.People.Dx()*40
	})
	w.must(a.Display.Key(w.ctx, "Down", "Return"))
	a.picture("Bo's picture", lab.CallTile, false, true)
	a.picture("her own", lab.CallOwn, true, true)
	w.await(bo, 0, "first_picture")
	w.must(bo.Tell("hangup"))
	a.picture("no picture", lab.CallTile, false, false)
	w.listening("after the call", 0)
}

// TestCallsThatAreNotTaken: one that Ada declines, and one that Bo gives up, which she can see later that she missed. No microphone
// is open while it rings.
func TestCallsThatAreNotTaken(t *testing.T) {
	w := newWorld(t, 2)
	a, invite := w.called()
	head, err := a.Still(w.ctx, lab.Missed)
	w.must(err)
	bo := w.caller(invite, "--video")
	w.await(bo, 0, "call_ringing")
	w.must(a.TakeCall(w.ctx, a.palette, lab.Decline))
	w.ended(bo, "declined")
	w.must(bo.Close())

	bo = w.caller(invite)
	w.await(bo, 0, "call_ringing")
	_, err = a.AwaitRing(w.ctx, a.palette)
	w.must(err)
	w.listening("a call that rings", 0)
	w.must(bo.Tell("hangup"))
	a.dialog("of a call that does not ring any more", false)
	a.see("that she has missed a call", lab.Missed, func(img *image.RGBA) bool { return string(img.Pix) != string(head.Pix) })
	a.click(lab.Missed.Min.Add(lab.Missed.Max).Div(2))
	a.see("the list of missed calls", lab.People, func(img *image.RGBA) bool {
		return lab.Count(img, lab.People, a.palette.Raised) > lab.People.Dx()*60
	})
}

// listening waits until so many microphones are open, and says what it would be after two seconds.
func (w *world) listening(when string, want int) {
	w.Helper()
	ctx := w.within(2 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		n, err := w.pulse.Listening(w.ctx)
		w.must(err)
		if n == want {
			return
		}
		select {
		case <-ctx.Done():
			w.Errorf("%s: %d microphones are open, want %d", when, n, want)
			return
		case <-tick.C:
		}
	}
}

// codeOf is an event's code.
func codeOf(e lab.Event) string {
	var f struct{ Code string }
	_ = json.Unmarshal(e.JSON, &f) // what has none has an empty one
	return f.Code
}
