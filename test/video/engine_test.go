// Package video_test has whole engines show each other pictures through libvpx, over a network in memory.
package video_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/call"
	"parley/call/calltest"
	"parley/video"
	"parley/video/camera"
	"parley/video/videotest"
	"parley/video/vp9"
)

const fps = 30

// house is two people with the pattern as their cameras.
type house struct {
	*calltest.World
	t    *testing.T
	a, b *calltest.Person
	seen map[string]*audience
	evil atomic.Int32 // how Bo's pictures are spoilt
}

// audience is what somebody was shown.
type audience struct {
	mu     sync.Mutex
	epoch  time.Time
	counts []uint32
	delays []time.Duration // from when a picture was due in the pattern to when it was shown
	width  int
}

func (v *audience) shown(_ string, _ call.Track, f *video.Frame) {
	now := time.Now()
	n, ok := videotest.ReadCounter(f)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.width = f.Width
	if ok {
		v.counts = append(v.counts, n)
		v.delays = append(v.delays, now.Sub(v.epoch)-time.Duration(n)*time.Second/fps)
	}
}

// since empties it and returns what was there.
func (v *audience) since() (counts []uint32, delays []time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	counts, delays = v.counts, v.delays
	v.counts, v.delays = nil, nil
	return counts, delays
}

func (v *audience) has(n int) func() bool {
	return func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return len(v.counts) >= n
	}
}

func newHouse(t *testing.T, size string, blind bool) *house {
	h := &house{World: calltest.New(t), t: t, seen: map[string]*audience{}}
	epoch := time.Now()
	h.Equip = func(name string, c *call.Config) {
		v := &audience{epoch: epoch}
		h.seen[name] = v
		c.Picture = call.PictureConfig{
			Cameras: camera.New(camera.Config{Epoch: epoch}), Camera: "pattern:" + size,
			NewEncoder: func(_ call.Track, codec video.Codec) (video.Encoder, error) {
				e, err := vp9.NewEncoder(vp9.Config{Codec: codec})
				if name == "Bo" && err == nil {
					return &spoiler{Encoder: e, how: &h.evil, random: rand.New(rand.NewPCG(1, 2))}, nil
				}
				return e, err
			},
			NewDecoder: func(codec video.Codec, pool *video.Pool) (video.Decoder, error) {
				return vp9.NewDecoder(codec, pool, 1)
			},
		}
		if !blind {
			c.Picture.Record, c.Picture.Watch = v.shown, []call.Track{call.CameraTrack}
		}
	}
	people := h.Add("Ana", "Bo")
	h.a, h.b = people[0], people[1]
	return h
}

func (h *house) do(p *calltest.Person, c call.Command) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), calltest.Patience)
	defer cancel()
	if _, err := p.Ask(ctx, c); err != nil {
		h.t.Fatalf("%s: %T: %v", p.Name, c, err)
	}
}

// call has a ring b, who takes it.
func (h *house) call(video bool) {
	h.t.Helper()
	h.do(h.a, call.Call{User: h.b.Key.ID(), Video: video})
	h.b.Until("it rings", func(s *call.Snapshot) bool { return s.Ring != nil })
	h.do(h.b, call.Accept{Video: video})
	h.a.With(h.b)
	h.b.With(h.a)
}

// The ways to spoil a picture.
const (
	clean   int32 = iota
	flips         // some bits are others
	garbage       // all are
	huge          // key pictures that claim 16384x16384
	sizes         // each has another size
)

// spoiler is an encoder of somebody hostile.
type spoiler struct {
	*vp9.Encoder
	how    *atomic.Int32
	before int32
	random *rand.Rand
	pool   video.Pool
}

// A VP9 key picture of 16384x16384 (VP9 bitstream specification, section 6.2): marker, profile, key, shown, sync code, colours,
// and twice 16 bits of size less one.
var hugeHeader = []byte{0x82, 0x49, 0x83, 0x42, 0x03, 0xff, 0xf3, 0xff, 0xf0}

func (s *spoiler) Encode(f *video.Frame) (video.Encoded, error) {
	how := s.how.Load()
	if how == clean && s.before != clean {
		s.KeyFrame() // what is spoilt and decodes all the same is in all that follows
	}
	s.before = how
	if how == sizes {
		other, err := s.pool.Get(16+s.random.IntN(1200), 16+s.random.IntN(700))
		if err != nil {
			return video.Encoded{}, err
		}
		defer other.Release()
		other.Timestamp = f.Timestamp
		f = other
	}
	e, err := s.Encoder.Encode(f)
	if err != nil || len(e.Data) == 0 {
		return e, err
	}
	switch how {
	case flips:
		for range 1 + s.random.IntN(4) {
			e.Data[s.random.IntN(len(e.Data))] ^= 1 << s.random.IntN(8)
		}
	case garbage:
		for i := range e.Data {
			e.Data[i] = byte(s.random.Uint32())
		}
	case huge:
		copy(e.Data, hugeHeader)
	}
	return e, nil
}

// picture is what somebody's engine says of the other's picture.
func picture(p *calltest.Person) (s call.PeerPictureStats) {
	for _, q := range p.Stats().Peers {
		s = q.Picture
	}
	return s
}

// sent is how many pictures somebody has sent.
func sent(p *calltest.Person) int { return int(p.Stats().Picture.Sent.Pictures) }

// report says how many of so many pictures somebody has been shown, and how late, and whether that is good. Held is for how long
// they waited for their sound.
func (h *house) report(v *audience, sent int, held time.Duration) bool {
	counts, delays := v.since()
	worst, sum := time.Duration(0), time.Duration(0)
	for _, d := range delays {
		worst, sum = max(worst, d), sum+d
	}
	mean := sum / time.Duration(max(len(delays), 1))
	h.t.Logf("%d of %d pictures, %v late in the mean, %v at worst, %v of it for sound",
		len(counts), sent, mean.Round(time.Millisecond), worst.Round(time.Millisecond), held.Round(time.Millisecond))
	return len(counts) > 0 && len(counts) >= sent*95/100-2 && mean-held < 300*time.Millisecond
}

func (h *house) wait(d time.Duration) { <-time.After(d) }

// Two people see each other: nearly every picture, soon, in time with its sound; what is off is gone, and after hanging up nothing
// is open and nothing leaves.
func TestTwoEnginesSeeEachOther(t *testing.T) {
	h := newHouse(t, "320x180@30", false)
	begin := time.Now()
	h.call(true)
	a, b := h.seen["Ana"], h.seen["Bo"]
	h.Until("both see", func() bool { return a.has(1)() && b.has(1)() })
	t.Logf("seen %v after ringing", time.Since(begin).Round(time.Millisecond))
	h.Until("a while has passed", a.has(3*fps))
	a.since()
	b.since()
	for tries := 0; ; tries++ { // a machine that does much else may spoil a few seconds
		before, sentByA, sentByB := picture(h.a), sent(h.a), sent(h.b)
		h.wait(4 * time.Second)
		s := picture(h.a)
		sentByA, sentByB = sent(h.a)-sentByA, sent(h.b)-sentByB
		// Sound that is very late, where the machine makes its packets late, is waited for up to a point only.
		held := time.Duration(s.HeldMS * float64(time.Millisecond))
		inStep := s.LipSyncMS < 40 && s.LipSyncMS > -40 || held > 280*time.Millisecond
		good := h.report(a, sentByB, held) && h.report(b, sentByA, time.Duration(picture(h.b).HeldMS*float64(time.Millisecond)))
		t.Logf("%+v", s)
		if s.Codec != video.VP9 || s.Width != 320 || s.Errors != 0 {
			t.Errorf("%+v", s)
		}
		if good && s.Freezes == before.Freezes && inStep {
			break
		}
		if tries == 4 {
			t.Errorf("not in five times: %+v", s)
			break
		}
	}
	own := h.a.Stats().Picture
	t.Logf("%+v", own)
	if !own.Open || own.Sent.FPS < 5 || own.Sent.Width != 320 || own.Sent.TargetKbps < 150 {
		t.Errorf("own %+v", own)
	}

	h.do(h.b, call.SetCamera{On: false})
	h.a.Until("Bo's camera is off", func(*call.Snapshot) bool { p, ok := h.a.Peer(h.b); return ok && !p.Camera })
	h.Until("the camera is closed", func() bool { return !h.b.Stats().Picture.Open })
	h.wait(400 * time.Millisecond)
	a.since()
	frozen := picture(h.a).Freezes
	h.wait(time.Second)
	if counts, _ := a.since(); len(counts) != 0 || h.a.Picture(h.b.Key.ID(), call.CameraTrack).Take() != nil || picture(h.a).Freezes != frozen {
		t.Errorf("off: %d pictures, %+v", len(counts), picture(h.a))
	}
	h.do(h.b, call.SetCamera{On: true})
	on := time.Now()
	h.Until("it is seen again", a.has(10))
	t.Logf("ten pictures %v after it was switched on", time.Since(on).Round(time.Millisecond))

	h.do(h.a, call.HangUp{})
	over := time.Now()
	h.Until("all is closed", func() bool {
		sa, sb := h.a.Stats(), h.b.Stats()
		return !sa.Picture.Open && !sb.Picture.Open && !sa.Sound && !sb.Sound && len(sa.Peers)+len(sb.Peers) == 0
	})
	if d := time.Since(over); d > 500*time.Millisecond {
		t.Errorf("closed %v after hanging up", d)
	}
	h.wait(100 * time.Millisecond)
	media := h.Media(h.a) + h.Media(h.b)
	h.wait(500 * time.Millisecond)
	if n := h.Media(h.a) + h.Media(h.b) - media; n > 0 {
		t.Errorf("%d packets of media after hanging up", n)
	}
	for _, p := range []*calltest.Person{h.a, h.b} {
		for _, user := range []string{"", h.a.Key.ID(), h.b.Key.ID()} {
			if f := p.Picture(user, call.CameraTrack).Take(); f != nil {
				t.Errorf("%s: a picture of %q is left", p.Name, user)
				f.Release()
			}
		}
	}
}

// At 2 % loss nearly all pictures are shown, and nothing stops.
func TestLossyLink(t *testing.T) {
	h := newHouse(t, "320x180@30", false)
	h.call(true)
	a, b := h.seen["Ana"], h.seen["Bo"]
	h.Until("both see", func() bool { return a.has(fps)() && b.has(fps)() })
	h.Lose(50)
	a.since()
	for tries := 0; ; tries++ {
		before, sentByB := picture(h.a), sent(h.b)
		h.wait(5 * time.Second)
		counts, _ := a.since()
		s := picture(h.a)
		sentByB = sent(h.b) - sentByB
		t.Logf("%d of %d pictures; %+v", len(counts), sentByB, s)
		if len(counts) >= sentByB*95/100-2 && s.Freezes == before.Freezes && s.Repaired > before.Repaired {
			break
		}
		if tries == 4 {
			t.Errorf("not in five times: %d of %d pictures; %+v", len(counts), sentByB, s)
			break
		}
	}
}

// Whatever a peer's pictures are, the call lives, its sound is heard, and pictures go on when they are good again.
func TestHostilePictures(t *testing.T) {
	h := newHouse(t, "320x180@30", false)
	h.call(true)
	a := h.seen["Ana"]
	h.Until("she sees", a.has(fps))
	for _, how := range []int32{flips, garbage, huge, sizes} {
		h.evil.Store(how)
		h.wait(2 * time.Second)
		h.a.Hears(h.b)
		h.evil.Store(clean)
		a.since()
		h.Until("she sees again", a.has(fps))
		t.Logf("after %d: %+v", how, picture(h.a))
		if p, ok := h.a.Peer(h.b); !ok || p.Phase != call.Connected {
			t.Fatalf("the call is over: %+v", p)
		}
	}
	if s := picture(h.a); s.Errors == 0 || s.Requests == 0 || s.Width != 320 {
		t.Errorf("%+v", s)
	}
}

// What is not looked at is not decoded, and is there soon when it is.
func TestNobodyLooks(t *testing.T) {
	h := newHouse(t, "320x180@30", true)
	h.call(true)
	h.Until("pictures come", func() bool { return picture(h.a).Kbps > 100 })
	h.wait(time.Second)
	if s := picture(h.a); s.Pictures+s.KeyFrames != 0 || s.DecodeMS != 0 {
		t.Errorf("%+v", s)
	}
	slot := h.a.Picture(h.b.Key.ID(), call.CameraTrack)
	begin := time.Now()
	h.a.ShowPicture(h.b.Key.ID(), call.CameraTrack, true)
	<-slot.Ready()
	t.Logf("seen %v after looking", time.Since(begin).Round(time.Millisecond))
	f := slot.Take()
	if f == nil {
		t.Fatal("there is nothing in the slot")
	}
	if _, ok := videotest.ReadCounter(f); !ok {
		t.Error("it can't be read")
	}
	f.Release()
	if own := h.a.Picture("", call.CameraTrack); own.Replaced() == 0 {
		t.Error("there is no picture of oneself")
	}
}
