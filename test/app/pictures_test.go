package app_test

import (
	"crypto/rand"
	"image"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"parley/call"
	"parley/identity"
	"parley/profile"
	"parley/test/lab"
	"parley/video"
	"parley/video/vp9"
	"parley/video/yuv"
)

// seated is Ada's app in the voice channel of a server; her camera is the test picture.
func (w *world) seated() (a *window, invite string) {
	w.Helper()
	invite = w.serve().Ready.Invite
	c := lab.AppConfig{Display: w.display(), Dir: filepath.Join(w.dir, "ada"), Pulse: w.pulse, Settings: func(s *profile.Settings) {
		lab.Person(0, "Ada")(s)
		s.Camera = "pattern:640x360@15"
	}}
	w.must(programs.Member(w.ctx, c, invite))
	a = w.start(c)
	w.must(a.WaitChannels(w.ctx, a.palette))
	w.must(a.Enter(w.ctx, "General", a.palette))
	return a, invite
}

// filmed starts "parleyctl join" for somebody without sound, whose camera is the test picture, and returns where it writes what it
// has been shown.
func (w *world) filmed(name, invite string) (c *lab.Client, shown string) {
	w.Helper()
	shown = filepath.Join(w.dir, name+".shown")
	c, err := programs.Client(lab.Command{
		Env: []string{"HOME=" + w.dir},
		Args: []string{"join", invite, "--channel", "General", "--name", name, "--home", filepath.Join(w.dir, name), "--mic", "none", "--speaker", "none",
			"--video", "--camera", "pattern:320x180@10", "--watch", "camera", "--counters", shown},
	})
	w.must(err)
	w.Cleanup(func() { _ = c.Close() })
	return c, shown
}

// TestFourCameras: four people with cameras in a channel. Ada sees all of them, herself as in a mirror, and the others see her. A
// click makes one of them large, and keys and wheel look at it closely; a key makes all alike again.
func TestFourCameras(t *testing.T) {
	w := newWorld(t, 1)
	a, invite := w.seated()
	shown := ""
	for _, name := range []string{"Bo", "Cleo", "Dan"} {
		var c *lab.Client
		c, shown = w.filmed(name, invite)
		w.await(c, 0, "joined")
	}
	a.key("ctrl+e")
	for i := range 3 {
		a.picture("one of the others", lab.PictureTile(i), false, true)
	}
	a.picture("her own picture", lab.PictureTile(3), true, true)
	a.click(middle(lab.PictureTile(1)))
	a.picture("one who is large", lab.PictureLarge, false, true)
	a.key("F11")
	a.picture("one who fills the screen", lab.CallFilled, false, true)
	a.key("1")
	a.picture("the same, pixel for pixel", centred(lab.CallFilled, 320, 180), false, true)
	w.must(a.Display.Wheel(w.ctx, middle(lab.CallFilled), -3))
	a.picture("and twice as large by the wheel", centred(lab.CallFilled, 625, 352), false, true)
	a.key("Escape")
	a.picture("one who is large again", lab.PictureLarge, false, true)
	a.key("ctrl+g")
	a.picture("all alike", lab.PictureTile(1), false, true)
	w.seesAll(shown, 3)
}

// seesAll waits until somebody has been shown the pictures of so many others.
func (w *world) seesAll(shown string, others int) {
	w.Helper()
	ctx := w.within(20 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		all, err := lab.ReadPictures(shown)
		w.must(err)
		var whose []string
		for _, p := range all {
			if p.Number >= 0 && !slices.Contains(whose, p.User) {
				whose = append(whose, p.User)
			}
		}
		if len(whose) == others {
			return
		}
		select {
		case <-ctx.Done():
			w.Errorf("the last one to come sees %d others, want %d", len(whose), others)
			return
		case <-tick.C:
		}
	}
}

// centred is the middle of a part of the screen.
func centred(r image.Rectangle, width, height int) image.Rectangle {
	at := middle(r).Sub(image.Pt(width/2, height/2))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(width, height))}
}

func middle(r image.Rectangle) image.Point { return r.Min.Add(r.Max).Div(2) }

// witness is Bo, in this process, who looks at Ada's screen.
type witness struct {
	*call.Engine
	w *world
}

func (w *world) witness(invite string) *witness {
	w.Helper()
	key, err := identity.Generate(rand.Reader)
	w.must(err)
	e, err := call.New(call.Config{Key: key, People: strangers{}, Picture: call.PictureConfig{
		NewDecoder: func(codec video.Codec, pool *video.Pool) (video.Decoder, error) {
			return vp9.NewDecoder(codec, pool, 1)
		},
	}})
	w.must(err)
	w.Cleanup(e.Close)
	_, err = e.Ask(w.ctx, call.Connect{Link: invite, Name: "Bo"})
	w.must(err)
	bo := &witness{e, w}
	bo.until("the channels", func(s *call.Snapshot) bool { return s.Link == call.Online && len(s.Directory.Channels) > 0 })
	_, err = e.Ask(w.ctx, call.Join{Channel: e.Snapshot().Directory.Channels[0].ID})
	w.must(err)
	return bo
}

// until waits for something to be so.
func (b *witness) until(what string, is func(*call.Snapshot) bool) {
	b.w.Helper()
	ctx := b.w.within(20 * time.Second)
	for !is(b.Snapshot()) {
		select {
		case <-b.Changed():
		case <-ctx.Done():
			b.w.Fatalf("%s: %v", what, ctx.Err())
		}
	}
}

// screen waits for a picture of somebody's screen of which is says yes.
func (b *witness) screen(what, user string, is func(*image.RGBA) bool) {
	b.w.Helper()
	ctx, slot, c := b.w.within(20*time.Second), b.Picture(user, call.ScreenTrack), yuv.NewConverter()
	var last *image.RGBA
	for {
		select {
		case <-slot.Ready():
			f := slot.Take()
			if f == nil {
				continue
			}
			last = image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
			err := c.Convert(last, f)
			f.Release()
			b.w.must(err)
			if is(last) {
				return
			}
		case <-ctx.Done():
			b.w.Fatalf("%s: %v", what, ctx.Err())
		}
	}
}

// strangers knows and keeps nobody.
type strangers struct{}

func (strangers) Known(string, identity.PublicKey, string) call.Person           { return call.Person{Volume: 1} }
func (strangers) Everybody() map[string]call.Person                              { return nil }
func (strangers) Remember(string, identity.PublicKey, string, call.Person) error { return nil }

// TestShareScreen: Ada shares the whole screen, by keys alone. The button to stop stands in her window, in the settings too, and in
// the picture that Bo gets, and the screen is marked. A click on it ends both, and what Bo sees.
func TestShareScreen(t *testing.T) {
	w := newWorld(t, 1)
	a, invite := w.seated()
	bo := w.witness(invite)
	bo.until("Ada", func(s *call.Snapshot) bool {
		return len(s.Place.Peers) == 1 && s.Place.Peers[0].Phase == call.Connected
	})
	ada := bo.Snapshot().Place.Peers[0].User
	bo.ShowPicture(ada, call.ScreenTrack, true)

	a.key("ctrl+shift+e")
	a.dialog("that asks what to share", true)
	a.see("a small picture of the screen", lab.PickerThumb, func(img *image.RGBA) bool { return lab.Colours(img, lab.PickerThumb) > 50 })
	a.key("Return")
	stop := func(img *image.RGBA) bool {
		box, ok := lab.Filled(img, lab.ShareBar, a.palette.Leave)
		return ok && box.Dx() > 100
	}
	a.see("the button to stop", lab.ShareBar, stop)
	bo.screen("the button to stop, at Bo's", ada, func(img *image.RGBA) bool { return img.Rect.Dx() == lab.AppWidth && stop(img) })
	edge := image.Rect(0, lab.AppHeight-4, lab.AppWidth, lab.AppHeight)
	marked := func(img *image.RGBA) bool { return lab.Count(img, edge, a.palette.Leave) == edge.Dx()*edge.Dy() }
	a.see("the mark at the screen's edge", edge, marked)
	a.key("ctrl+comma")
	a.see("the button to stop, in the settings", lab.ShareBar, stop)
	w.must(a.Press(w.ctx, "the button to stop", lab.ShareBar, a.palette.Leave))
	a.see("no bar", lab.ShareBar, func(img *image.RGBA) bool { return !stop(img) })
	a.see("no mark", edge, func(img *image.RGBA) bool { return lab.Count(img, edge, a.palette.Leave) == 0 })
	bo.until("the end of it", func(s *call.Snapshot) bool { return len(s.Place.Peers) == 1 && !s.Place.Peers[0].Screen })
	if f := bo.Picture(ada, call.ScreenTrack).Take(); f != nil {
		f.Release()
		t.Error("a picture was left to be seen")
	}
}
