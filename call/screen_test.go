package call

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/call/mesh"
	"parley/video"
)

// displays is a machine with screens and windows, whose pictures are those of its cameras.
type displays struct {
	*cameras
	all  []Subject
	err  error
	want video.Format
}

var (
	monitor = Subject{ID: "screen:1", Name: "Monitor", Width: 1920, Height: 1080, Primary: true}
	editor  = Subject{ID: "window:1", Window: true, Name: "Notes", Application: "Editor", Width: 640, Height: 480}
	twin    = Subject{ID: "window:2", Window: true, Name: "Notes", Application: "Editor", Width: 640, Height: 480}
)

// newDisplays has what can be shown as cameras of the same id.
func newDisplays(t *testing.T, all ...Subject) *displays {
	d := &displays{cameras: newCameras(t), all: all}
	for _, s := range all {
		d.cameras.list = append(d.cameras.list, Camera{ID: s.ID, Name: s.Name})
	}
	d.config.Screens = d
	return d
}

func (d *displays) List(context.Context) ([]Subject, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.all), d.err
}

func (d *displays) Thumbnail(context.Context, string, int, int) (*image.RGBA, error) {
	return nil, video.ErrNoSubject
}

func (d *displays) Open(id string, want video.Format) (video.Source, video.Format, error) {
	d.mu.Lock()
	d.want = want
	d.mu.Unlock()
	return d.cameras.Open(id, want)
}

// give lets time pass and returns how many pictures of the screen peers got, and what was told.
func (d *displays) give(t time.Duration) (a, b int, codes []string) {
	_, _, codes = d.pass(t)
	d.mu.Lock()
	defer d.mu.Unlock()
	a, b = d.shown[peerA], d.shown[peerB]
	clear(d.shown)
	return a, b, codes
}

func (d *displays) seen() ScreenState {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.subject
}

// A screen is open while it is shared, and nothing leaves before and after.
func TestScreenOpensAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplays(t, monitor, editor)
		defer d.end()
		d.reach(peerA, video.VP9)
		d.reach(peerB, video.VP8)
		d.perform(listScreens{true})
		if a, _, _ := d.give(3 * time.Second); a != 0 || d.opened != 0 || d.coders != 0 || !slices.Equal(d.seen().Subjects, d.all) {
			t.Fatalf("nobody shares: %d pictures, opened %d times, %+v", a, d.opened, d.seen())
		}
		d.perform(listScreens{false})
		d.perform(shareScreen{1, editor.ID, 20})
		a, b, codes := d.give(2 * time.Second)
		if s := d.seen(); a < 57 || b < 57 || !s.Open || s.Subject != editor || s.Width != 64 || s.FPS != 20 || !slices.Equal(codes, []string{"screen_shown"}) {
			t.Errorf("sent %d and %d, %+v, told %v", a, b, s, codes)
		}
		if d.want != (video.Format{Width: 1920, Height: 1080, FPS: 20}) || d.coders != 2 {
			t.Errorf("wanted %+v, %d encoders", d.want, d.coders)
		}
		if f := d.slot("", ScreenTrack).Take(); f == nil {
			t.Error("one's own screen is not to be seen")
		} else {
			f.Release()
		}
		d.perform(shareScreen{2, monitor.Name, 15}) // in its place, by its name
		if a, _, _ := d.give(2 * time.Second); a < 55 || d.using() != 1 || d.seen().Subject != monitor {
			t.Errorf("another: sent %d, %d open, %+v", a, d.using(), d.seen())
		}
		d.perform(stopShare{})
		if a, _, _ := d.give(time.Second); a != 0 || d.using() != 0 || d.coders != 0 || d.seen().Open || len(d.ended) != 0 {
			t.Errorf("stopped: sent %d, %d open, %+v", a, d.using(), d.seen())
		}
	})
}

// What was opened by one consent does not leave by another: a window that is no longer to be seen, while the next one opens.
func TestScreenOfAnotherConsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplays(t, monitor, editor)
		defer d.end()
		d.reach(peerA, video.VP9)
		d.perform(shareScreen{1, editor.ID, 15})
		d.give(time.Second)
		ceased := d.ceased
		d.screen.permit(1)
		if d.ceased != ceased {
			t.Error("what goes by a consent that stays has ceased")
		}
		d.screen.permit(2)
		if ceased[ScreenTrack]++; d.ceased != ceased {
			t.Errorf("what was given to the mesh goes on: %v, not %v", d.ceased, ceased)
		}
		if a, _, _ := d.give(time.Second); a != 0 {
			t.Errorf("sent %d of the one before", a)
		}
		d.perform(shareScreen{2, monitor.ID, 15})
		if a, _, _ := d.give(time.Second); a < 25 {
			t.Errorf("sent %d of the next", a)
		}
	})
}

// Camera and screen are at once, each by itself.
func TestScreenBesideCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplays(t, monitor)
		defer d.end()
		d.reach(peerA, video.VP9)
		d.perform(setCamera{true})
		d.perform(shareScreen{1, monitor.ID, 15})
		d.pass(time.Second)
		d.give(0)
		camera, _, _ := d.pass(2 * time.Second)
		if screen, _, _ := d.give(0); camera < 58 || screen < 58 || d.coders != 2 {
			t.Errorf("sent %d of the camera and %d of the screen, %d encoders", camera, screen, d.coders)
		}
		d.perform(setCamera{false})
		d.pass(time.Second)
		d.give(0)
		camera, _, _ = d.pass(time.Second)
		if screen, _, _ := d.give(0); camera != 0 || screen < 29 {
			t.Errorf("camera off: sent %d of it and %d of the screen", camera, screen)
		}
	})
}

// What nobody looks at is not sent, nor coded where nobody at all looks; who looks again gets a key picture.
func TestNobodyWatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplays(t, monitor)
		defer d.end()
		d.reach(peerA, video.VP9)
		d.reach(peerB, video.VP9)
		d.perform(shareScreen{1, monitor.ID, 15})
		d.give(time.Second)
		d.perform(peerWatches{peerA, ScreenTrack, false})
		d.give(time.Second / 10)
		if a, b, _ := d.give(time.Second); a != 0 || b < 29 || d.coders != 1 {
			t.Errorf("one looks away: sent %d and %d by %d encoders", a, b, d.coders)
		}
		d.keys = 0
		d.meshEvent(mesh.Connected{Peer: peerA, Codec: video.VP9, Renewed: true})
		if a, b, _ := d.give(time.Second); a != 0 || b < 29 || d.keys != 0 {
			t.Errorf("by another connection: sent %d and %d, %d key pictures", a, b, d.keys)
		}
		d.perform(peerWatches{peerB, ScreenTrack, false})
		d.perform(peerWatches{mesh.Peer{User: "stranger"}, ScreenTrack, false})
		d.give(time.Second / 10)
		if a, b, _ := d.give(time.Second); a+b != 0 || d.coders != 0 || !d.seen().Open {
			t.Errorf("both do: sent %d and %d by %d encoders", a, b, d.coders)
		}
		d.perform(peerWatches{peerB, ScreenTrack, true})
		d.give(time.Second / 10)
		d.keys = 0
		d.perform(peerWatches{peerA, ScreenTrack, true})
		if a, b, _ := d.give(time.Second); a < 28 || b < 28 || d.coders != 1 || d.keys != 1 {
			t.Errorf("and look again: sent %d and %d, %d key pictures", a, b, d.keys)
		}
		d.perform(peerWatches{peerA, ScreenTrack, false})
		d.remove(peerA)
		d.reach(peerA, video.VP9) // by another connection, on which nothing was said
		if a, _, _ := d.give(time.Second); a < 28 {
			t.Errorf("anew: sent %d", a)
		}
	})
}

// Who begins to look at a screen that stands still sees it at once, whether others look or not.
func TestStillScreenIsSeenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplays(t, monitor)
		defer d.end()
		d.every = time.Minute
		d.reach(peerA, video.VP9)
		d.reach(peerB, video.VP9)
		for _, p := range []mesh.Peer{peerA, peerB} {
			d.perform(peerWatches{p, ScreenTrack, false})
		}
		d.perform(shareScreen{1, monitor.ID, 15})
		d.give(time.Minute + time.Second) // the first and only picture
		d.perform(peerWatches{peerA, ScreenTrack, true})
		if a, b, _ := d.give(50 * time.Millisecond); a == 0 || b != 0 {
			t.Errorf("the first: sent %d and %d", a, b)
		}
		d.perform(peerWatches{peerB, ScreenTrack, true})
		if _, b, _ := d.give(time.Second / 2); b == 0 {
			t.Error("the second sees nothing")
		}
	})
}

// The rate that a peer is good for is that of those who look.
func TestWatchingRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newCameras(t, lens)
		defer d.end()
		d.perform(setCamera{true})
		d.reach(peerA, video.VP9)
		d.reach(peerB, video.VP9)
		paths := map[mesh.Peer]int{peerA: 2_000_000, peerB: 250_000}
		if d.can(time.Second, paths); d.targets[video.VP9] != 184 {
			t.Errorf("%d kbit/s", d.targets[video.VP9])
		}
		d.perform(peerWatches{peerB, CameraTrack, false})
		if d.can(time.Second, paths); d.targets[video.VP9] != 368 {
			t.Errorf("%d kbit/s where the slow one does not look", d.targets[video.VP9])
		}
	})
}

// A window that is closed, a screen that is gone, one that never was, one that can't be coded: the share ends, once and in words.
func TestScreenEnds(t *testing.T) {
	for _, c := range []struct {
		code, want string
		spoil      func(d *displays)
	}{
		{"screen_closed", editor.ID, func(d *displays) { d.open[editor.ID].gone <- fmt.Errorf("it: %w", video.ErrWindowClosed) }},
		{"screen_gone", editor.ID, func(d *displays) { d.open[editor.ID].gone <- video.ErrScreenGone }},
		{"screen_failed", editor.ID, func(d *displays) { d.open[editor.ID].gone <- errors.New("a flood") }},
		{"screen_failed", editor.ID, func(d *displays) { d.spoilCoders(nil, errors.New("it can't")) }},
		{"screen_failed", editor.ID, func(d *displays) { d.spoil(nil, true) }},
		{"screen_unknown", "window:77", nil},
		{"screen_failed", twin.Name, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDisplays(t, editor, twin)
			defer d.end()
			d.reach(peerA, video.VP9)
			d.perform(shareScreen{7, c.want, 15})
			d.give(time.Second)
			if c.spoil != nil {
				c.spoil(d)
			}
			d.give(5 * time.Second)
			if len(d.ended) != 1 || d.ended[0].share != 7 || d.ended[0].notice.Code != c.code || d.ended[0].notice.Kind != NoticeScreen || d.ended[0].notice.Text == "" || strings.Contains(d.ended[0].notice.Text, "camera") {
				t.Errorf("%s: %+v", c.code, d.ended)
			}
			d.perform(stopShare{}) // as the engine does then
			if a, _, _ := d.give(time.Second); a != 0 || d.using() != 0 {
				t.Errorf("%s: sent %d", c.code, a)
			}
		})
	}
}

// What is chosen is what was meant, whatever windows call themselves.
func TestScreenChosen(t *testing.T) {
	liar := Subject{ID: "window:3", Window: true, Name: monitor.ID}
	all := []Subject{liar, {ID: "window:4", Window: true, Name: monitor.ID}, editor, twin, monitor}
	for want, c := range map[string]struct {
		found Subject
		err   error
	}{
		monitor.ID: {monitor, nil}, monitor.Name: {monitor, nil}, liar.ID: {liar, nil}, editor.Name: {Subject{ID: editor.Name}, errSeveral},
		"window:5": {Subject{ID: "window:5"}, video.ErrNoSubject},
	} {
		if found, err := choose(all, want); found != c.found || !errors.Is(err, c.err) {
			t.Errorf("%q: %+v, %v", want, found, err)
		}
	}
}

// A machine that can't show anything says why, and what it can show all the same.
func TestScreenUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplays(t)
		defer d.end()
		d.err = fmt.Errorf("%w: there is no display", video.ErrNoScreen)
		d.perform(listScreens{true})
		d.give(time.Second)
		if s := d.seen(); s.Unavailable != "No screen or window can be shown: there is no display." || len(s.Subjects) != 0 {
			t.Errorf("%+v", s)
		}
		d.mu.Lock()
		d.err, d.all = video.ErrWayland, []Subject{editor}
		d.mu.Unlock()
		d.give(2 * time.Second)
		if s := d.seen(); s.Unavailable == "" || !slices.Equal(s.Subjects, d.all) {
			t.Errorf("%+v", s)
		}
		d.perform(shareScreen{1, monitor.ID, 15})
		d.give(time.Second)
		if len(d.ended) != 1 || d.ended[0].notice.Code != "screen_none" {
			t.Errorf("%+v", d.ended)
		}
		d.mu.Lock()
		d.err = nil
		d.mu.Unlock()
		if d.give(2 * time.Second); d.seen().Unavailable != "" {
			t.Errorf("%+v", d.seen())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		d := newDisplays(t)
		defer d.end()
		d.config.Screens = nil
		d.perform(listScreens{true})
		d.perform(shareScreen{1, monitor.ID, 15})
		if d.give(time.Second); d.seen().Unavailable == "" || len(d.ended) != 1 || d.ended[0].notice.Text != "This program was started without pictures." {
			t.Errorf("%+v, %+v", d.seen(), d.ended)
		}
	})
}

// A window that gets another size keeps the rung of its pictures: who drags its edge begins nothing anew.
func TestWindowOfAnotherSize(t *testing.T) {
	const carries = 600_000
	k, now := &coder{}, time.Duration(0)
	step := func(pixels int, rate int, times int) (fps int) {
		for range times {
			now += 100 * time.Millisecond
			k.climb(ScreenTrack, video.VP9, 480, pixels)
			fps = k.ladder.Step(now, rate).FPS
		}
		return fps
	}
	step(0, carries, 1)
	if fps := step(640*480, carries, 1); fps != 30 {
		t.Fatalf("%d a second at first", fps)
	}
	if fps := step(640*480, carries/6, 10); fps != 15 {
		t.Fatalf("%d a second on a narrow path", fps)
	}
	for i := range 20 {
		if fps := step(640*(480+i), carries, 1); fps != 15 {
			t.Fatalf("%d a second with the %d. size", fps, i)
		}
	}
	most := k.most
	if fps := step(1920*1080, carries, 10); fps > 15 || k.most < 4*most {
		t.Errorf("%d a second of the whole screen, %d bit/s, not %d", fps, k.most, most)
	}
}
