package mesh

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/transport/v4/vnet"

	"parley/video"
)

// screen puts pictures together from what comes from one far end, and asks for what they lack.
type screen struct {
	at    *end
	from  Peer
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
	if p != s.from {
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
		s.at.Nack(s.from, list)
	}
	if s.pictures.KeyFrame(now) {
		s.at.AskKeyFrame(s.from)
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
			e.SendPicture(id(to), list, n*step90, time.Now())
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
	a = w.addWith("a", Config{Picture: screens["a"].take})
	b = w.addWith("b", Config{Picture: screens["b"].take})
	screens["a"].at, screens["b"].at = a, b
	return a, b, screens["a"], screens["b"]
}

func isCamera(kind byte) bool {
	return slices.Contains([]byte{vp9Type, vp9RepairType, vp8Type, vp8RepairType}, kind)
}

func TestPicturesBothWays(t *testing.T) {
	leakless(t)
	a, b, onA, onB := pair(t, 0, nil)
	a.w.start()
	defer a.talk()()
	join(a, b, Options{})
	if c := await[Connected](a, "b"); c.Codec != video.VP9 {
		t.Errorf("in %v", c.Codec)
	}
	await[Connected](b, "a")
	stopA, stopB := a.film("b", 5000), b.film("a", 30_000)
	defer stopA()
	defer stopB()
	for _, s := range []*screen{onA, onB} {
		for i, n := range s.shows(60) {
			if n != uint32(i) {
				t.Fatalf("picture %d is number %d", i, n)
			}
		}
	}
	b.hears("a", 20)
	stopA()
	stopB()
	s, _ := a.Stats(id("b"))
	if p := s.Picture; p.PacketsSent < 300 || p.BytesSent < 300_000 || p.PacketsReceived < 60*26 || p.BytesReceived < 60*30_000 || p.LeftOut > 0 {
		t.Errorf("%+v", p)
	}
}

// One packet in fifty gets lost, repairs too; nearly all pictures come whole, and in order, without one key picture more.
func TestLostPicturesAreRepaired(t *testing.T) {
	leakless(t)
	r := rand.New(rand.NewPCG(1, 2))
	n := 0
	a, b, _, onB := pair(t, 15*time.Millisecond, func() bool {
		n++
		return n > 20 && r.IntN(50) == 0 // the first picture begins the stream: what goes before it nobody misses
	})
	a.w.start()
	defer onB.watch()()
	join(a, b, Options{})
	connected(a, b)
	stop := a.film("b", 5000)
	got := onB.shows(250)
	stop()
	if last := got[len(got)-1]; last > 253 {
		t.Errorf("%d pictures shown of %d", len(got), last+1)
	}
	s, _ := a.Stats(id("b"))
	theirs, _ := b.Stats(id("a"))
	if s.Picture.Resent < 5 || s.Picture.Nacks < s.Picture.Resent || theirs.Picture.Repaired == 0 || theirs.Picture.Repaired > s.Picture.Resent {
		t.Errorf("%+v and %+v", s.Picture, theirs.Picture)
	}
	onB.mu.Lock()
	defer onB.mu.Unlock()
	if stats := onB.pictures.Stats(); stats.Repaired == 0 || stats.Garbage > 0 {
		t.Errorf("%+v", stats)
	}
}

// A packet that is the last for a while is repaired all the same: nothing has to come after the repair for it to be seen.
func TestRepairInAPause(t *testing.T) {
	got := make(chan Picture, 16)
	w := newWorld(t, vnet.RouterConfig{})
	a := w.addWith("a", Config{})
	b := w.addWith("b", Config{Picture: func(_ Peer, k Picture) {
		k.Payload = slices.Clone(k.Payload)
		got <- k
	}})
	var mu sync.Mutex
	n := 0
	w.router.AddChunkFilter(func(c vnet.Chunk) bool {
		d := c.UserData()
		mu.Lock()
		defer mu.Unlock()
		if d[0]>>6 == 2 && d[1]&127 == vp9Type {
			n++
			return n != 2
		}
		return true
	})
	w.start()
	join(a, b, Options{})
	connected(a, b)
	a.SendPicture(id("b"), [][]byte{{1}, {2, 2}, {3}}, 90, time.Time{})
	first, third := <-got, <-got
	b.Nack(id("a"), []uint16{first.Seq + 1})
	k := <-got
	if third.Seq != first.Seq+2 || k.Seq != first.Seq+1 || !bytes.Equal(k.Payload, []byte{2, 2}) || !k.Repaired ||
		k.Timestamp != 90 || k.Marker || !third.Marker || k.SSRC != first.SSRC {
		t.Errorf("%+v, %+v, %+v", first, third, k)
	}
}

// without takes a codec out of a description: its payload type and its repairs'.
func without(sdp string, kinds ...string) string {
	var out []string
	for _, l := range strings.SplitAfter(sdp, "\r\n") {
		if strings.HasPrefix(l, "m=video") {
			var fields []string
			for _, f := range strings.Fields(l) {
				if !slices.Contains(kinds, f) {
					fields = append(fields, f)
				}
			}
			l = strings.Join(fields, " ") + "\r\n"
		}
		drop := false
		for _, k := range kinds {
			drop = drop || strings.HasPrefix(l, "a=rtpmap:"+k+" ") || strings.HasPrefix(l, "a=fmtp:"+k+" ") || strings.HasPrefix(l, "a=rtcp-fb:"+k+" ")
		}
		if !drop {
			out = append(out, l)
		}
	}
	return strings.Join(out, "")
}

// A far end without VP9 gets and gives VP8, whoever offers; one without repair streams gets repairs under the first number.
func TestFallback(t *testing.T) {
	for _, c := range []struct {
		name  string
		kinds []string // that the far end lacks
		codec video.Codec
	}{
		{"no VP9", []string{"98", "99"}, video.VP8},
		{"no VP8", []string{"96", "97"}, video.VP9},
		{"no repairs", []string{"97", "99"}, video.VP9},
	} {
		t.Run(c.name, func(t *testing.T) {
			leakless(t)
			n := 0
			a, b, onA, onB := pair(t, 0, func() bool { n++; return n%40 == 0 })
			a.w.tamper = func(from, to string, ev Event) []Event {
				if d, ok := ev.(LocalDescription); ok {
					d.SDP = without(d.SDP, c.kinds...)
					ev = d
				}
				return []Event{ev}
			}
			a.w.start()
			defer onA.watch()()
			defer onB.watch()()
			join(a, b, Options{})
			for _, ev := range []Connected{await[Connected](a, "b"), await[Connected](b, "a")} {
				if ev.Codec != c.codec {
					t.Fatalf("in %v", ev.Codec)
				}
			}
			if a.Codec(id("b")) != c.codec || b.Codec(id("a")) != c.codec {
				t.Fatal("Codec says something else")
			}
			defer a.film("b", 5000)()
			defer b.film("a", 5000)()
			onA.shows(40)
			onB.shows(40)
		})
	}
}

// A browser's offer has VP8 first. In the answer VP9 is, so that the browser uses it.
func TestAnswerPrefersVP9(t *testing.T) {
	a, b, onA, onB := pair(t, 0, nil)
	a.w.tamper = func(from, to string, ev Event) []Event {
		if d, ok := ev.(LocalDescription); ok && from == "a" {
			d.SDP = strings.ReplaceAll(d.SDP, "SAVPF 98 99 96 97", "SAVPF 96 97 98 99")
			ev = d
		}
		return []Event{ev}
	}
	a.w.start()
	join(a, b, Options{})
	answer := await[LocalDescription](b, "a")
	if n := strings.Count(answer.SDP, "SAVPF 98 99 96 97"); n != 2 {
		t.Errorf("%d sections with VP9 first:\n%s", n, answer.SDP)
	}
	connected(a, b)
	defer a.film("b", 5000)()
	defer b.film("a", 5000)()
	onA.shows(20)
	onB.shows(20)
}

// What browsers are to send stands in the description.
func TestFeedbackIsOffered(t *testing.T) {
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	w.start()
	join(e[0], e[1], Options{})
	for _, sdp := range []string{await[LocalDescription](e[0], "b").SDP, await[LocalDescription](e[1], "a").SDP} {
		for _, want := range []string{"98 nack", "98 nack pli", "98 ccm fir", "98 goog-remb", "96 nack pli", "96 goog-remb"} {
			if !strings.Contains(sdp, "a=rtcp-fb:"+want+"\r\n") {
				t.Errorf("no %s", want)
			}
		}
	}
}

// Before the far end is trusted no picture leaves; nor after Close.
func TestPicturesOnlyWhileConnected(t *testing.T) {
	leakless(t)
	a, b, _, onB := pair(t, 0, nil)
	early := make(chan int, 1)
	a.w.tamper = func(from, to string, ev Event) []Event {
		if _, ok := ev.(Connected); ok && from == "a" {
			early <- a.w.mediaFrom(a)
		}
		return []Event{ev}
	}
	a.w.start()
	payload := coded(video.VP9, 0, 500).Data
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			a.SendPicture(id("b"), [][]byte{payload}, 0, time.Time{})
			a.AskKeyFrame(id("b"))
			a.Nack(id("b"), []uint16{1, 2, 3})
		}
	}()
	join(a, b, Options{})
	<-done
	connected(a, b)
	if n := <-early; n != 0 {
		t.Errorf("%d packets left early", n)
	}
	stop := a.film("b", 5000)
	onB.shows(5)
	a.Close(id("b"))
	a.SendPicture(id("b"), [][]byte{payload}, 0, time.Time{})
	a.SendPicture(id("nobody"), [][]byte{payload}, 0, time.Time{})
	a.AskKeyFrame(id("nobody"))
	a.Nack(id("nobody"), []uint16{1})
	if a.Codec(id("nobody")) != 0 {
		t.Error("a codec for nobody")
	}
	stop()
	awaitLeft(b, "a")
}

// Garbage on the repair stream is no packet, and no crash.
func FuzzRepaired(f *testing.F) {
	good := binary.BigEndian.AppendUint16([]byte{0x80, vp9RepairType, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9}, 77)
	f.Add(append(good, 1, 2, 3))
	f.Add(good)
	f.Add(good[:12])
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Add(append([]byte{0xbf}, make([]byte, 100)...))
	m, err := New(Config{Post: func(Event) {}, Sound: func(Peer, Sound) {}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p := newPeer(m, id("x"), Options{}, *m.certificate)
		p.theirs.repair.Store(9)
		p.coded.Store(uint32(video.VP9))
		m.config.Picture = func(_ Peer, k Picture) {
			if len(k.Payload) > len(b)-14 || !k.Repaired {
				t.Errorf("%+v", k)
			}
		}
		p.repaired(9, b)
		p.repaired(8, b)
	})
}
