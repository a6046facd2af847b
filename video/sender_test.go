package video

import (
	"errors"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// studio is a tape whose feed goes to a sender and to the slot of oneself.
type studio struct {
	t     *testing.T
	tape  *tape
	feed  *Feed
	codec *numbers
	*Sender
	self  *Slot
	began int
	ended []error
	n     uint32

	sent  []uint32 // timestamps
	bytes int
	full  atomic.Bool // there is no room
}

func newStudio(t *testing.T, codec *numbers) *studio { return newStillStudio(t, codec, false) }

// newStillStudio has pictures that may stand still, or not.
func newStillStudio(t *testing.T, codec *numbers, still bool) *studio {
	s := &studio{t: t, tape: newTape(), codec: codec, self: NewSlot()}
	s.feed = StartFeed(s.tape, NewClock(), func() { s.began++ }, func(err error) { s.ended = append(s.ended, err) })
	var err error
	s.Sender, err = NewSender(SenderConfig{Codec: VP9, Encoder: codec, Kbps: 1000, Still: still, Full: s.full.Load, Emit: func(list [][]byte, _ int, ts uint32, _ time.Time) {
		s.sent = append(s.sent, ts)
		for _, p := range list {
			s.bytes += len(p)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.feed.Give(s.self)
	s.feed.Give(s.Slot())
	return s
}

func (s *studio) end() {
	s.feed.Close()
	s.Sender.Close()
	s.self.Clear()
	if s.codec.closed != 1 {
		s.t.Errorf("the encoder was closed %d times", s.codec.closed)
	}
}

// film gives n pictures at 30 a second.
func (s *studio) film(n, width, height int) {
	for range n {
		s.tape.pictures <- frame(s.t, &s.tape.pool, width, height, s.n)
		s.n++
		wait(interval(30))
	}
}

// Every picture is sent once, in order, on one line of time, and seen by oneself too.
func TestSenderSendsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t, &numbers{takes: ms(5), size: 5000})
		defer s.end()
		seen := 0
		for range 90 {
			s.film(1, 64, 36)
			if f := s.self.Take(); f != nil && number(f) == s.n-1 {
				seen++
				f.Release()
			}
		}
		if len(s.sent) != 90 || len(s.codec.coded) != 90 || seen != 90 || s.began != 1 {
			t.Errorf("%d sent, %d coded, %d seen by oneself", len(s.sent), len(s.codec.coded), seen)
		}
		for i := range s.sent[1:] {
			if d := s.sent[i+1] - s.sent[i]; d < 2990 || d > 3010 {
				t.Fatalf("a step of %d", d)
			}
		}
		st := s.Stats()
		if st.FPS < 28 || st.FPS > 31 || st.KeyFrames != 1 || st.LeftOut != 0 || st.EncodeMS != 5 || st.Width != 64 ||
			st.Kbps < 1150 || st.Kbps > 1280 || st.Pictures != 90 || st.TargetKbps != 1000 {
			t.Errorf("%+v", st)
		}
		if f := s.feed.Stats(); f.Width != 64 || f.Height != 36 || f.FPS < 28 || f.FPS > 31 {
			t.Errorf("%+v", f)
		}
	})
}

// A slow encoder codes the newest there is, and holds up neither the camera nor the picture of oneself.
func TestSenderSlowEncoder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t, &numbers{takes: ms(90)})
		defer s.end()
		s.film(90, 64, 36)
		wait(time.Second)
		got := s.codec.coded
		if n := len(got); n < 32 || n > 35 || got[n-1] != 89 || !slices.IsSorted(got) {
			t.Errorf("%d coded: %v", n, got)
		}
		if st := s.Stats(); st.LeftOut != 90-uint64(len(got)) {
			t.Errorf("%+v", st)
		}
	})
}

// What there is no room for is not coded and is counted once; then the newest goes on, and of what stands still that is the last.
func TestSenderFull(t *testing.T) {
	for _, still := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStillStudio(t, &numbers{size: 20}, still)
			defer s.end()
			s.codec.small.Store(true)
			s.film(30, 64, 36)
			before := s.Stats()
			s.full.Store(true)
			s.film(30, 64, 36)
			s.KeyFrame()
			wait(time.Second)
			if st := s.Stats(); st.Pictures != before.Pictures || st.LeftOut-before.LeftOut != 30 {
				t.Errorf("still %v: %d coded without room, %d left out", still, st.Pictures-before.Pictures, st.LeftOut-before.LeftOut)
			}
			s.full.Store(false)
			wait(time.Second / 10)
			last := s.codec.coded[len(s.codec.coded)-1]
			if want := map[bool]uint32{false: 29, true: 59}[still]; last != want {
				t.Errorf("still %v: picture %d is what is seen", still, last)
			}
			s.film(30, 64, 36)
			if st := s.Stats(); st.Pictures < before.Pictures+30 || st.KeyFrames != before.KeyFrames+1 {
				t.Errorf("still %v, when there is room: %d coded, %d key pictures", still, st.Pictures-before.Pictures, st.KeyFrames-before.KeyFrames)
			}
		})
	}
}

// A thousand requests of a key picture a second make three a second, and one alone is served with the next picture.
func TestSenderKeyFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t, &numbers{})
		defer s.end()
		s.film(30, 64, 36)
		s.KeyFrame()
		s.film(1, 64, 36)
		if st := s.Stats(); st.KeyFrames != 2 {
			t.Errorf("after one request: %+v", st)
		}
		s.film(30, 64, 36)
		for range 90 {
			for range 33 {
				s.KeyFrame()
			}
			s.film(1, 64, 36)
		}
		s.film(30, 64, 36)
		if st := s.Stats(); st.KeyFrames < 2+9 || st.KeyFrames > 2+12 || st.Requests != 1+90*33 {
			t.Errorf("after thousands: %+v", st)
		}
	})
}

// The target reaches the encoder once for each change; size changes and odd sizes go through; errors end nothing.
func TestSenderChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &numbers{}
		s := newStudio(t, c)
		defer s.end()
		s.film(3, 64, 36)
		s.SetTarget(400)
		s.film(3, 63, 35)
		if !slices.Equal(c.kbps, []int{1000, 400}) {
			t.Errorf("targets %v", c.kbps)
		}
		if st := s.Stats(); st.Width != 63 || st.Height != 35 {
			t.Errorf("%+v", st)
		}
		c.fails = errGarbage
		s.film(5, 64, 36)
		c.fails = nil
		s.film(2, 64, 36)
		if st := s.Stats(); st.Errors != 5 || st.Pictures != 8 || st.KeyFrames != 2 {
			t.Errorf("%+v", st)
		}
	})
}

// After Close nothing is emitted.
func TestSenderClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t, &numbers{takes: ms(20)})
		s.film(3, 64, 36)
		s.Sender.Close()
		before := len(s.sent)
		s.film(3, 64, 36)
		if len(s.sent) != before {
			t.Error("pictures were sent after Close")
		}
		s.Slot().Clear()
		s.end()
	})
}

// Pictures that are none are left out; a camera that gives nothing else ends, and one that is gone says so, once.
func TestFeedBadCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t, &numbers{})
		s.film(2, 64, 36)
		for range maxBad - 1 {
			s.tape.pictures <- &Frame{}
		}
		s.tape.pictures <- frame(t, &s.tape.pool, 64, 36, 7)
		synctest.Wait()
		if got := s.feed.Stats(); got.Bad != maxBad-1 || len(s.ended) != 0 {
			t.Fatalf("%+v, ended %v", got, s.ended)
		}
		for range maxBad {
			s.tape.pictures <- &Frame{Width: 16384, Height: 16384}
		}
		synctest.Wait()
		if len(s.ended) != 1 || !errors.Is(s.ended[0], ErrSize) {
			t.Errorf("ended %v", s.ended)
		}
		s.end()

		s = newStudio(t, &numbers{})
		s.film(2, 64, 36)
		s.tape.gone <- ErrCameraGone
		synctest.Wait()
		s.end()
		if len(s.ended) != 1 || !errors.Is(s.ended[0], ErrCameraGone) {
			t.Errorf("ended %v", s.ended)
		}
		s = newStudio(t, &numbers{})
		s.end()
		if len(s.ended) != 0 {
			t.Errorf("closed, and ended %v", s.ended)
		}
	})
}

// A driver whose clock makes no sense, or stands still, makes no timestamps that go back.
func TestFeedClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t, &numbers{})
		defer s.end()
		still := time.Now()
		for i, captured := range []time.Time{{}, time.Now(), time.Now().Add(time.Hour), time.Now().Add(-time.Hour), still, still, time.Now()} {
			f := frame(t, &s.tape.pool, 64, 36, uint32(i))
			f.Captured = captured
			s.tape.pictures <- f
			wait(interval(30))
		}
		for i := range s.sent[1:] {
			if d := int32(s.sent[i+1] - s.sent[i]); d <= 0 || d > 90000 {
				t.Errorf("step %d is %d: %v", i, d, s.sent)
			}
		}
		if len(s.sent) != 7 {
			t.Errorf("%d sent", len(s.sent))
		}
	})
}

// Clock counts through the turnover of 32 bits, a day and more.
func TestClock(t *testing.T) {
	c := Clock{start: time.Unix(0, 0), first: 0xfffffff0}
	for _, d := range []time.Duration{0, time.Second, 25 * time.Hour, 300 * time.Hour} {
		want := uint32(0xfffffff0 + uint64(d/time.Millisecond)*90)
		if got := c.Timestamp(c.start.Add(d)); got != want {
			t.Errorf("%v: %d, want %d", d, got, want)
		}
	}
}

// From the camera to the payloads nothing is allocated by the pipeline.
func TestSenderAllocates(t *testing.T) {
	c := &still{out: make([]byte, 5000)}
	s := &Sender{config: SenderConfig{Encoder: c, Emit: func([][]byte, int, uint32, time.Time) {}}, slot: NewSlot(), start: time.Now()}
	s.payloads, _ = NewPayloader(VP9, Layers, 1)
	feed := &Feed{clock: NewClock(), start: time.Now()}
	feed.Give(s.slot)
	var pool Pool
	turn := func() {
		feed.give(frame(t, &pool, 64, 36, 1))
		f := s.slot.Take()
		s.turn(f)
		f.Release()
	}
	for range 10 {
		turn()
	}
	if n := testing.AllocsPerRun(100, turn); n > 0 {
		t.Errorf("%v allocations for a picture", n)
	}
	runtime.KeepAlive(feed)
}

// still codes each picture to the same bytes.
type still struct {
	out []byte
	n   int
}

func (c *still) Encode(f *Frame) (Encoded, error) {
	c.n++
	return Encoded{Data: c.out, Key: c.n == 1, Width: f.Width, Height: f.Height, Timestamp: f.Timestamp}, nil
}
func (c *still) SetBitrate(int) error { return nil }
func (c *still) KeyFrame()            {}
