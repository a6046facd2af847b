package mesh

import (
	"bytes"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/transport/v4/vnet"

	"parley/video"
)

// screen puts pictures of one track together from what comes from one far end, and asks for what they lack.
type screen struct {
	at    *end
	from  Peer
	track Track
	start time.Time

	mu       sync.Mutex
	codec    video.Codec
	pictures *video.Assembler
	shown    chan uint32 // number of each picture that came whole
	bad      int         // pictures of other bytes than were sent
	repaired int
}

func (s *screen) take(p Peer, k Picture) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p != s.from || k.Track != s.track {
		return
	}
	if s.pictures == nil {
		s.codec = s.at.Codec(p)
		s.pictures = video.NewAssembler(s.codec)
	}
	if k.Repaired {
		s.repaired++
	}
	s.pictures.Push(k.Seq, k.Timestamp, k.Marker, k.Payload, time.Since(s.start))
	s.show()
}

func (s *screen) show() {
	now := time.Since(s.start)
	for {
		e, ok := s.pictures.Next(now)
		if !ok {
			break
		}
		if !bytes.Equal(e.Data, coded(s.codec, e.Timestamp/step90, len(e.Data)).Data) {
			s.bad++
		}
		s.shown <- e.Timestamp / step90
	}
	if list := s.pictures.Nacks(nil, now); len(list) > 0 {
		s.at.Nack(s.from, s.track, list)
	}
	if s.pictures.KeyFrame(now) {
		s.at.AskKeyFrame(s.from, s.track)
	}
}

// watch lets time pass on the screen, until stopped.
func (s *screen) watch() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			s.mu.Lock()
			if s.pictures != nil {
				s.show()
			}
			s.mu.Unlock()
		}
	}()
	return sync.OnceFunc(func() { close(done); <-ended })
}

const step90 = 900 // of the timestamp: a picture each 10 ms

// coded is picture number n in size bytes; the first of all is a key picture, and every one after it needs the one before.
func coded(codec video.Codec, n uint32, size int) *video.Encoded {
	e := &video.Encoded{Key: n == 0, Width: 64, Height: 64, Timestamp: n * step90, Data: make([]byte, size)}
	for i := range e.Data {
		e.Data[i] = byte(n) + byte(i/100)
	}
	switch { // what their own headers say of it (VP9 6.2, RFC 6386 section 9.1)
	case codec == video.VP9 && e.Key:
		e.Data[0] = 0x82
	case codec == video.VP9:
		e.Data[0] = 0x86
	case e.Key:
		e.Data[0] = 0x10
	default:
		e.Data[0] = 0x11
	}
	return e
}

// film sends pictures, one each 10 ms, until stopped. Wanted key pictures are not made: the tests count those that need none.
func (e *end) film(to string, size int) (stop func() (sent int)) {
	return e.filmOn(to, CameraTrack, size)
}

func (e *end) filmOn(to string, t Track, size int) (stop func() (sent int)) {
	done, ended := make(chan struct{}), make(chan int)
	codec := e.Codec(id(to))
	payloader, err := video.NewPayloader(codec, 1, 7)
	if err != nil {
		e.w.t.Fatal(err)
	}
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := uint32(0); ; n++ {
			list, err := payloader.Payloads(coded(codec, n, size))
			if err != nil {
				e.w.t.Error(err)
			}
			e.SendPicture(id(to), t, list, n*step90, time.Now())
			select {
			case <-tick.C:
			case <-done:
				ended <- int(n) + 1
				return
			}
		}
	}()
	return sync.OnceValue(func() int { close(done); return <-ended })
}

// shows waits until n pictures of a screen came whole and in order, and returns their numbers.
func (s *screen) shows(n int) []uint32 {
	s.at.w.t.Helper()
	over := timeout()
	var got []uint32
	for len(got) < n {
		select {
		case number := <-s.shown:
			if len(got) > 0 && number <= got[len(got)-1] {
				s.at.w.t.Fatalf("picture %d after %d", number, got[len(got)-1])
			}
			got = append(got, number)
		case <-over:
			s.at.w.t.Fatalf("%d of %d pictures", len(got), n)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bad > 0 {
		s.at.w.t.Errorf("%d pictures of other bytes", s.bad)
	}
	return got
}

// pair is two ends with screens for each other; lost says which packets of a camera don't arrive.
func pair(t *testing.T, delay time.Duration, lost func() bool) (a, b *end, onA, onB *screen) {
	w := newWorld(t, vnet.RouterConfig{MinDelay: delay})
	var mu sync.Mutex
	w.router.AddChunkFilter(func(c vnet.Chunk) bool {
		d := c.UserData()
		if lost == nil || len(d) < 12 || d[0]>>6 != 2 || !isCamera(d[1]&127) {
			return true
		}
		mu.Lock()
		defer mu.Unlock()
		return !lost()
	})
	screens := map[string]*screen{}
	for name, from := range map[string]string{"a": "b", "b": "a"} {
		screens[name] = &screen{from: id(from), start: time.Now(), shown: make(chan uint32, 1<<16)}
	}
	a = w.addWith("a", Config{Picture: screens["a"].take, hasty: true})
	b = w.addWith("b", Config{Picture: screens["b"].take, hasty: true})
	screens["a"].at, screens["b"].at = a, b
	return a, b, screens["a"], screens["b"]
}

func isCamera(kind byte) bool {
	return slices.Contains([]byte{vp9Type, vp9RepairType, vp8Type, vp8RepairType}, kind)
}
