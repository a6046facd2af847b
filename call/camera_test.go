package call

import (
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/call/mesh"
	"parley/video"
)

// cameras is a machine with cameras, and peers that count what they get.
type cameras struct {
	t *testing.T
	*picture

	mu      sync.Mutex
	list    []Camera
	open    map[string]*fakeCamera
	opened  int
	fails   error
	blank   bool // pictures of no size
	every   time.Duration
	unmade  error       // of encoders
	stuck   error       // of encoding
	last    CameraState // as told
	shut    int         // times that it was told not to be open any more
	codes   []string    // of what was told since the last pass
	got     map[mesh.Peer]int
	shown   map[mesh.Peer]int // of the screen
	subject ScreenState       // as told last
	ended   []screenEnded
	targets map[video.Codec]int
	keys    int
	coders  int // that are not closed
	layered bool
	behind  time.Duration     // the sending
	ceased  [tracks]int       // times that what was sent was to be forgotten
	room    map[mesh.Peer]int // that there is use for
}

var (
	peerA, peerB = mesh.Peer{User: "a", Member: "1"}, mesh.Peer{User: "b", Member: "2"}
	lens, webcam = Camera{ID: "one", Name: "Lens"}, Camera{ID: "two", Name: "Webcam"}
)

func newCameras(t *testing.T, list ...Camera) *cameras {
	d := &cameras{t: t, list: list, every: time.Second / 30, open: map[string]*fakeCamera{}, got: map[mesh.Peer]int{}, shown: map[mesh.Peer]int{}, targets: map[video.Codec]int{}, room: map[mesh.Peer]int{}}
	d.picture = newPicture(PictureConfig{
		Cameras: d,
		NewEncoder: func(_ Track, c video.Codec) (video.Encoder, error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.unmade != nil {
				return (*fakeEncoder)(nil), d.unmade
			}
			d.coders++
			return &fakeEncoder{all: d, codec: c, key: true}, nil
		},
	}, func(ev event) {
		d.mu.Lock()
		defer d.mu.Unlock()
		switch ev := ev.(type) {
		case cameraSeen:
			if d.last.Open && !ev.camera.Open {
				d.shut++
			}
			d.last = ev.camera
		case screenSeen:
			d.subject = ev.screen
		case screenEnded:
			d.ended = append(d.ended, ev)
		case soundEvent:
			if ev.notice.Kind != NoticeCamera && ev.notice.Kind != NoticeScreen || ev.notice.Text == "" {
				t.Errorf("%+v", ev.notice)
			}
			d.codes = append(d.codes, ev.notice.Code)
		}
	}, slog.New(slog.DiscardHandler))
	d.picture.most = func(to mesh.Peer, bps int) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.room[to] = bps
	}
	d.picture.cease = func(t Track) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.ceased[t]++
	}
	d.picture.backlog = func(mesh.Peer, Track) time.Duration {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.behind
	}
	d.picture.send = func(to mesh.Peer, track Track, _ [][]byte, _ uint32, captured time.Time) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if time.Since(captured) > time.Second {
			t.Error("a picture of long ago")
		}
		if track == ScreenTrack {
			d.shown[to]++
			return
		}
		d.got[to]++
	}
	return d
}

func (d *cameras) List() []Camera {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.list)
}

func (d *cameras) Open(camera string, want video.Format) (video.Source, video.Format, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails != nil {
		return nil, video.Format{}, d.fails
	}
	for _, c := range d.list {
		if camera == "" || c.ID == camera || c.Name == camera {
			d.opened++
			f := &fakeCamera{all: d, id: c.ID, closed: make(chan struct{}), gone: make(chan error, 1)}
			d.open[c.ID] = f
			return f, video.Format{Width: 64, Height: 36, FPS: want.FPS}, nil
		}
	}
	return nil, video.Format{}, video.ErrNoCamera
}

// unplug takes a camera away.
func (d *cameras) unplug(c Camera) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = slices.DeleteFunc(d.list, func(o Camera) bool { return o == c })
	if f := d.open[c.ID]; f != nil {
		f.gone <- video.ErrCameraGone
	}
}

func (d *cameras) plug(c Camera) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, c)
}

// pass lets time pass and returns what peers got, and what was told, since the last pass.
func (d *cameras) pass(t time.Duration) (a, b int, codes []string) {
	<-time.After(t)
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	a, b, codes = d.got[peerA], d.got[peerB], d.codes
	clear(d.got)
	d.codes = nil
	return a, b, codes
}

// state is what was told last.
func (d *cameras) state() CameraState {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}

// spoil has cameras fail from now on.
func (d *cameras) spoil(open error, blank bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fails, d.blank = open, blank
}

func (d *cameras) spoilCoders(making, coding error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unmade, d.stuck = making, coding
}

// using is how many cameras are open.
func (d *cameras) using() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.open)
}

func (d *cameras) reach(peer mesh.Peer, codec video.Codec) {
	d.add(peer)
	d.meshEvent(mesh.Connected{Peer: peer, Codec: codec})
}

func (d *cameras) end() {
	d.shutdown()
	if d.using() != 0 || d.coders != 0 {
		d.t.Errorf("%d cameras and %d encoders are left", d.using(), d.coders)
	}
	if d.slot("", CameraTrack).Take() != nil || d.slot("", ScreenTrack).Take() != nil {
		d.t.Error("the picture of oneself is left")
	}
}

type fakeCamera struct {
	all    *cameras
	id     string
	pool   video.Pool
	once   sync.Once
	closed chan struct{}
	gone   chan error
}

func (c *fakeCamera) Read() (*video.Frame, error) {
	select {
	case <-c.closed:
		return nil, io.EOF
	case err := <-c.gone:
		return nil, err
	case <-time.After(c.all.interval()):
	}
	c.all.mu.Lock()
	blank := c.all.blank
	c.all.mu.Unlock()
	if blank {
		return &video.Frame{}, nil
	}
	f, err := c.pool.Get(64, 36)
	if err == nil {
		f.Captured = time.Now()
	}
	return f, err
}

func (d *cameras) interval() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.every
}

func (c *fakeCamera) Close() {
	c.once.Do(func() {
		close(c.closed)
		c.all.mu.Lock()
		defer c.all.mu.Unlock()
		delete(c.all.open, c.id)
	})
}

type fakeEncoder struct {
	all   *cameras
	codec video.Codec
	key   bool
	kbps  int
	n     int // in the pattern of layers
}

func (e *fakeEncoder) Encode(f *video.Frame) (video.Encoded, error) {
	e.all.mu.Lock()
	defer e.all.mu.Unlock()
	if e.all.stuck != nil {
		return video.Encoded{}, e.all.stuck
	}
	out := video.Encoded{Data: make([]byte, max(e.kbps*1000/8/30, 3)), Key: e.key, Width: f.Width, Height: f.Height, Timestamp: f.Timestamp}
	if e.key {
		e.all.keys++
		e.n = 0
	}
	if e.all.layered {
		out.Layer = []int{0, 2, 1, 2}[e.n%4]
		e.n++
	}
	e.key = false
	return out, nil
}

func (e *fakeEncoder) SetBitrate(kbps int) error {
	e.all.mu.Lock()
	defer e.all.mu.Unlock()
	e.kbps, e.all.targets[e.codec] = kbps, kbps
	return nil
}
func (e *fakeEncoder) KeyFrame() { e.key = true }
func (e *fakeEncoder) Close() {
	e.all.mu.Lock()
	defer e.all.mu.Unlock()
	e.all.coders--
}

// The camera is open while it is on or previewed. A preview is seen by oneself alone, and nothing leaves after off.
func TestCameraOpensAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newCameras(t, lens, webcam)
		defer d.end()
		d.reach(peerA, video.VP9)
		if a, _, _ := d.pass(3 * time.Second); a != 0 || d.opened != 0 || d.coders != 0 {
			t.Fatalf("nobody has asked for it: %d pictures, opened %d times", a, d.opened)
		}
		d.perform(setPreview{true})
		a, _, codes := d.pass(2 * time.Second)
		s := d.state()
		if f := d.slot("", CameraTrack).Take(); f == nil || a != 0 || d.coders != 0 || len(codes) != 0 {
			t.Errorf("a preview: sent %d, told %v", a, codes)
		} else {
			f.Release()
		}
		if !s.Open || s.Name != "Lens" || s.Width != 64 || s.FPS != 30 || len(s.Cameras) != 2 || s.Failed != "" {
			t.Errorf("%+v", s)
		}
		d.perform(setCamera{true})
		if a, _, codes := d.pass(2 * time.Second); a < 58 || a > 61 || d.opened != 1 || len(codes) != 0 {
			t.Errorf("on: sent %d, opened %d times, told %v", a, d.opened, codes)
		}
		d.perform(setPreview{false})
		d.perform(setCamera{false})
		if a, _, _ := d.pass(time.Second); a != 0 || d.using() != 0 || d.coders != 0 || d.state().Open {
			t.Errorf("off: sent %d, %d open, %+v", a, d.using(), d.state())
		}
		d.perform(setCamera{true})
		if a, _, codes := d.pass(2 * time.Second); a < 57 || !slices.Equal(codes, []string{"camera_opened"}) {
			t.Errorf("on again: sent %d, told %v", a, codes)
		}
	})
}

// One encoder for each codec, whatever the number of peers; who comes gets a key picture, who goes gets nothing more.
func TestCameraPeers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newCameras(t, lens)
		defer d.end()
		d.perform(setCamera{true})
		d.reach(peerA, video.VP9)
		d.pass(time.Second)
		d.keys = 0
		d.reach(peerB, video.VP9)
		if a, b, _ := d.pass(time.Second); a < 29 || b < 29 || d.coders != 1 || d.keys != 1 {
			t.Errorf("sent %d and %d by %d encoders with %d key pictures", a, b, d.coders, d.keys)
		}
		d.remove(peerB)
		d.reach(peerB, video.VP8)
		if a, b, _ := d.pass(time.Second); a < 29 || b < 29 || d.coders != 2 {
			t.Errorf("sent %d and %d by %d encoders", a, b, d.coders)
		}
		d.remove(peerB)
		if a, b, _ := d.pass(time.Second); a < 29 || b > 0 || d.coders != 1 {
			t.Errorf("sent %d and %d by %d encoders", a, b, d.coders)
		}
		d.reach(mesh.Peer{User: "c"}, 0) // takes no pictures
		d.pass(time.Second)
	})
}

// can says what the path to a peer carries, again and again for a while.
func (d *cameras) can(t time.Duration, targets map[mesh.Peer]int) (a, b int) {
	for range t / (100 * time.Millisecond) {
		for peer, target := range targets {
			d.feedback(peer, mesh.Feedback{Target: target, Sound: 40_000})
		}
		da, db, _ := d.pass(100 * time.Millisecond)
		a, b = a+da, b+db
	}
	return a, b
}

// The rate follows the worst receiver of a codec down to a floor. Below that it gets fewer layers, then nothing, and begins again with a
// key picture.
func TestCameraRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newCameras(t, lens)
		defer d.end()
		d.layered = true
		d.perform(setCamera{true})
		d.reach(peerA, video.VP9)
		d.reach(peerB, video.VP9)
		if a, b, _ := d.pass(time.Second); a < 28 || b < 28 || d.targets[video.VP9] != startShare*92/100/1000 {
			t.Errorf("at first: sent %d and %d at %d kbit/s", a, b, d.targets[video.VP9])
		}
		for _, c := range []struct {
			b       int // target
			kbps    int
			least   int // pictures to b, in two seconds
			most    int
			seconds time.Duration
		}{
			{300_000, 230, 58, 61, 2}, {2_000_000, 368, 58, 61, 2}, {200_000, 138, 58, 61, 2}, {170_000, 110, 28, 40, 2},
			{120_000, 92, 13, 18, 2}, {100_000, 368, 1, 25, 4}, {100_000, 368, 0, 0, 2}, {180_000, 119, 20, 61, 4}, {200_000, 138, 28, 61, 2},
		} {
			d.keys = 0
			a, b := d.can(c.seconds*time.Second, map[mesh.Peer]int{peerA: 2_000_000, peerB: c.b})
			if a < b || b < c.least || b > c.most || d.targets[video.VP9] != c.kbps || d.keys > 1 {
				t.Errorf("a path of %d: sent %d and %d at %d kbit/s, with %d key pictures", c.b, a, b, d.targets[video.VP9], d.keys)
			}
		}
		d.feedback(mesh.Peer{User: "stranger"}, mesh.Feedback{KeyFrame: true, Target: 5})
		d.remove(peerB)
		d.keys = 0
		d.feedback(peerA, mesh.Feedback{KeyFrame: true})
		d.can(time.Second, map[mesh.Peer]int{peerA: 2_000_000})
		if got := d.targets[video.VP9]; got != 368 || d.keys != 1 {
			t.Errorf("%d kbit/s, %d key pictures", got, d.keys)
		}
	})
}

// Who rests because their path is too narrow gets pictures at once by another connection, before anything is known of its path.
func TestRestEndsWithTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newCameras(t, lens)
		defer d.end()
		d.perform(setCamera{true})
		d.reach(peerA, video.VP9)
		d.can(2*time.Second, map[mesh.Peer]int{peerA: 100_000})
		if a, _ := d.can(time.Second, map[mesh.Peer]int{peerA: 100_000}); a != 0 || d.coders != 0 {
			t.Fatalf("a path of nothing: sent %d by %d encoders", a, d.coders)
		}
		d.meshEvent(mesh.Connected{Peer: peerA, Codec: video.VP9, Renewed: true})
		if a, _, _ := d.pass(time.Second); a < 28 {
			t.Errorf("sent %d", a)
		}
	})
}

// The mesh is told how much there is use for: nothing while nothing is shown, or nobody looks.
func TestUseForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newCameras(t, lens)
		defer d.end()
		d.reach(peerA, video.VP9)
		for _, c := range []struct {
			f     effect
			least int
			most  int
		}{
			{nil, 0, 0}, {setCamera{true}, 400_000, 600_000}, {peerWatches{peerA, CameraTrack, false}, 0, 0},
			{peerWatches{peerA, CameraTrack, true}, 400_000, 600_000}, {setCamera{false}, 0, 0},
		} {
			if c.f != nil {
				d.perform(c.f)
			}
			d.can(time.Second, map[mesh.Peer]int{peerA: 500_000})
			if got := d.room[peerA]; got < c.least || got > c.most {
				t.Errorf("after %+v: use for %d", c.f, got)
			}
		}
	})
}

// An encoder that can't be made, or codes nothing, is told in a sentence, once, and so is its end.
func TestCameraSpoilt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newCameras(t, lens)
		defer d.end()
		d.spoilCoders(io.ErrUnexpectedEOF, nil)
		d.reach(peerA, video.VP9)
		d.perform(setCamera{true})
		if a, _, codes := d.pass(20 * time.Second); a != 0 || !slices.Equal(codes, []string{"camera_failed"}) || d.state().Open || d.state().Failed == "" {
			t.Errorf("none can be made: told %v, %+v", codes, d.state())
		}
		d.spoilCoders(nil, nil)
		if a, _, codes := d.pass(5 * time.Second); a < 100 || !slices.Equal(codes, []string{"camera_opened"}) || !d.state().Open || d.state().Failed != "" {
			t.Errorf("one can be made: %d sent, told %v, %+v", a, codes, d.state())
		}
		d.spoilCoders(nil, io.ErrUnexpectedEOF)
		if _, _, codes := d.pass(20 * time.Second); !slices.Equal(codes, []string{"camera_failed"}) || d.state().Open || d.state().Failed == "" {
			t.Errorf("it codes nothing: told %v, %+v", codes, d.state())
		}
		d.spoilCoders(nil, nil)
		if a, _, codes := d.pass(5 * time.Second); a < 100 || !slices.Equal(codes, []string{"camera_opened"}) || !d.state().Open || d.state().Failed != "" {
			t.Errorf("it codes again: %d sent, told %v, %+v", a, codes, d.state())
		}
	})
}

// Who connects in the moment of closing is not kept.
func TestCameraLatePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newCameras(t, lens)
		defer d.end()
		d.perform(setCamera{true})
		d.reach(peerA, video.VP9)
		d.remove(peerA)
		d.meshEvent(mesh.Connected{Peer: peerA, Codec: video.VP8})
		if d.pass(time.Second); len(d.camera.far) != 0 || d.coders != 0 || len(d.paths.of) != 0 {
			t.Errorf("%d peers, %d encoders, %d paths are left", len(d.camera.far), d.coders, len(d.paths.of))
		}
	})
}

// Who asks for key pictures all the time gets some at once, and then few, where others pay for them; alone, as many as are asked for. One
// that comes later is not forgotten.
func TestKeyPicturesAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newCameras(t, lens)
		defer d.end()
		d.perform(setCamera{true})
		d.reach(peerA, video.VP9)
		d.pass(time.Second)
		ask := func(times int) int {
			d.mu.Lock()
			d.keys = 0
			d.mu.Unlock()
			for range times {
				d.feedback(peerA, mesh.Feedback{Track: CameraTrack, KeyFrame: true, Target: 2_000_000})
				d.pass(time.Second / 3)
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.keys
		}
		if n := ask(60); n < 58 {
			t.Errorf("%d key pictures for one alone", n)
		}
		d.reach(peerB, video.VP9)
		d.pass(time.Second)
		if n := ask(60); n < manyKeys+8 || n > manyKeys+12 {
			t.Errorf("%d key pictures in 20 seconds for one of two", n)
		}
		d.feedback(peerA, mesh.Feedback{Track: CameraTrack, KeyFrame: true, Target: 2_000_000})
		d.pass(3 * time.Second)
		ask(0)
		d.feedback(peerA, mesh.Feedback{Track: CameraTrack, Target: 2_000_000})
		if d.pass(time.Second); d.keys != 0 {
			t.Error("a key picture for one that was made")
		}
		d.feedback(peerB, mesh.Feedback{Track: CameraTrack, KeyFrame: true})
		if d.pass(time.Second); d.keys != 1 {
			t.Errorf("%d key pictures for the other one", d.keys)
		}
	})
}

// A camera that is unplugged in the middle of a call is told once, and used again when it is back; pictures go on.
func TestCameraGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newCameras(t, lens)
		defer d.end()
		d.reach(peerA, video.VP9)
		d.perform(setCamera{true})
		d.pass(time.Second)
		d.unplug(lens)
		a, _, codes := d.pass(20 * time.Second)
		if a != 0 || !slices.Equal(codes, []string{"camera_gone", "camera_none"}) || d.state().Failed == "" || d.state().Open {
			t.Errorf("gone: sent %d, told %v, %+v", a, codes, d.state())
		}
		if d.slot("", CameraTrack).Take() != nil {
			t.Error("the picture of oneself is still there")
		}
		d.plug(lens)
		a, _, codes = d.pass(5 * time.Second)
		if a < 110 || !slices.Equal(codes, []string{"camera_opened"}) || d.state().Failed != "" || !d.state().Open {
			t.Errorf("back: sent %d, told %v, %+v", a, codes, d.state())
		}
	})
}

// One that another program holds, that fails, or that gives nothing that can be used: a sentence, no storm, and it is tried again.
func TestCameraFails(t *testing.T) {
	for code, err := range map[string]error{
		"camera_busy": video.ErrCameraBusy, "camera_none": video.ErrNoCamera, "camera_failed": io.ErrUnexpectedEOF,
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newCameras(t, lens)
			defer d.end()
			d.reach(peerA, video.VP9)
			d.spoil(err, false)
			d.perform(setCamera{true})
			if _, _, codes := d.pass(30 * time.Second); !slices.Equal(codes, []string{code}) || d.state().Failed == "" {
				t.Errorf("%v: told %v, %+v", err, codes, d.state())
			}
			d.spoil(nil, false)
			if a, _, codes := d.pass(10 * time.Second); a < 200 || !slices.Equal(codes, []string{"camera_opened"}) {
				t.Errorf("%v, and then not: sent %d, told %v", err, a, codes)
			}
			d.spoil(nil, true)
			if a, _, codes := d.pass(time.Minute); a > 2 || !slices.Contains(codes, "camera_failed") || len(codes) != 1 || d.state().Open {
				t.Errorf("blank: sent %d, told %v", a, codes)
			}
		})
	}
}

// Another camera takes over in the middle of a call, with a key picture by its size or none: the stream goes on.
func TestCameraChosen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newCameras(t, lens, webcam)
		defer d.end()
		d.reach(peerA, video.VP9)
		d.perform(setCamera{true})
		d.pass(time.Second)
		d.perform(useCamera{"two"})
		a, _, codes := d.pass(2 * time.Second)
		if a < 57 || d.using() != 1 || d.open["two"] == nil || d.state().Name != "Webcam" || !slices.Equal(codes, []string{"camera_opened"}) || d.shut != 0 {
			t.Errorf("sent %d, told %v, shut %d times, %+v", a, codes, d.shut, d.state())
		}
		d.perform(useCamera{"two"})
		if d.pass(time.Second); d.opened != 2 {
			t.Errorf("opened %d times", d.opened)
		}
		d.perform(useCamera{"three"})
		if a, _, codes := d.pass(5 * time.Second); a != 0 || !slices.Equal(codes, []string{"camera_none"}) || d.using() != 0 {
			t.Errorf("one that is not there: sent %d, told %v", a, codes)
		}
	})
}

// What is plugged in and out is seen while somebody watches, and nothing is opened for it.
func TestCameraWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newCameras(t)
		defer d.end()
		d.perform(setWatch{true})
		d.pass(time.Second)
		d.plug(lens)
		if d.pass(2 * time.Second); len(d.state().Cameras) != 1 || d.opened != 0 {
			t.Errorf("%+v, opened %d times", d.state(), d.opened)
		}
		d.unplug(lens)
		d.pass(2 * time.Second)
		d.perform(setWatch{false})
		d.pass(time.Second)
		d.plug(webcam)
		d.pass(5 * time.Second)
		if n := len(d.camera.now.Cameras); n != 0 {
			t.Errorf("%d cameras are seen by nobody", n)
		}
	})
}

// A program without cameras or codecs says so, and lives.
func TestCameraMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newCameras(t, Camera{ID: "pattern", Name: "Test picture", Test: true})
		defer d.end()
		d.config.NewEncoder = nil
		d.reach(peerA, video.VP9)
		d.deliver(peerA, mesh.Picture{Payload: []byte{1}})
		d.perform(setCamera{true})
		_, _, codes := d.pass(10 * time.Second)
		if s := d.state(); s.Failed != "This program was started without pictures." || s.Name != "" || s.Open || len(codes) != 1 {
			t.Errorf("%+v, told %v", s, codes)
		}
	})
}
