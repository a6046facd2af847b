package video

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const tick = time.Millisecond

// stream is a sender whose packets go into an assembler one by one, as the test likes.
type stream struct {
	t   *testing.T
	a   *Assembler
	p   *Payloader
	seq uint16
	n   int // pictures made
	now time.Duration
}

func newStream(t *testing.T, codec Codec) *stream {
	p, err := NewPayloader(codec, 3, 100)
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{t: t, a: NewAssembler(codec), p: p, seq: 65530}
	s.a.SetRTT(40 * tick)
	return s
}

// next makes the packets of the next picture, three of them.
func (s *stream) next(key bool) []wirePacket {
	if key {
		s.n = (s.n + 3) / 4 * 4 // the pattern begins
	}
	e := Encoded{Key: key, Layer: []int{0, 2, 1, 2}[s.n%4], Width: 640, Height: 360, Timestamp: uint32(s.n) * 3000}
	e.Data = bytes.Repeat([]byte{byte(s.n)}, 2500)
	e.Data[0] = 0x85
	if key {
		e.Data[0] = 0x82
	}
	s.n++
	list, err := s.p.Payloads(&e)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []wirePacket
	for i, payload := range list {
		out = append(out, wirePacket{s.seq, e.Timestamp, i == len(list)-1, bytes.Clone(payload)})
		s.seq++
	}
	return out
}

func (s *stream) push(list ...wirePacket) {
	for _, p := range list {
		s.a.Push(p.seq, p.ts, p.marker, p.payload, s.now)
	}
}

// out lets time pass and returns the numbers of the pictures that come out meanwhile.
func (s *stream) out(d time.Duration) []int {
	var got []int
	for end := s.now + d; ; s.now += tick {
		for {
			e, ok := s.a.Next(s.now)
			if !ok {
				break
			}
			if len(e.Data) != 2500 || e.Data[1] != byte(e.Timestamp/3000) {
				s.t.Fatalf("picture %d has other bytes", e.Timestamp/3000)
			}
			got = append(got, int(e.Timestamp/3000))
		}
		if s.now >= end {
			return got
		}
	}
}

func (s *stream) want(what string, got []int, want ...int) {
	s.t.Helper()
	if !slices.Equal(got, want) {
		s.t.Errorf("%s: pictures %v, not %v", what, got, want)
	}
}

// TestOneLostPacket loses the middle packet of one picture for good, of each layer in turn.
func TestOneLostPacket(t *testing.T) {
	for _, codec := range []Codec{VP9, VP8} {
		for lost, want := range map[int][]int{
			4:  {0, 1, 2, 3},                           // base: nothing after it
			5:  {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11},    // top, needed by none
			6:  {0, 1, 2, 3, 4, 5, 8, 9, 10, 11},       // middle, needed by the second top one
			7:  {0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11},    // top
			0:  nil,                                    // key
			9:  {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11},    // top, and the last ones come, too
			8:  {0, 1, 2, 3, 4, 5, 6, 7},               // base
			2:  {0, 1, 4, 5, 6, 7, 8, 9, 10, 11},       // middle
			3:  {0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11},    // top
			1:  {0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},    // top
			-1: {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, // none
		} {
			s := newStream(t, codec)
			var got []int
			for i := range 12 {
				packets := s.next(i == 0)
				if i == lost {
					packets = slices.Delete(packets, 1, 2)
				}
				s.push(packets...)
				got = append(got, s.out(33*tick)...)
			}
			got = append(got, s.out(time.Second)...)
			if codec == VP8 && (lost == 1 || lost == 5 || lost == 9) {
				// VP8 can't say that the second top picture needs the middle one alone.
				want = slices.DeleteFunc(slices.Clone(want), func(n int) bool { return n == lost+2 })
			}
			s.want(codec.String(), got, want...)
			base := lost >= 0 && lost%4 == 0
			if asks := s.a.KeyFrame(s.now); asks != base || s.a.Frozen() != base {
				t.Errorf("%v, picture %d lost: asks for a key picture: %v", codec, lost, asks)
			}
			if !base {
				continue
			}
			s.push(s.next(true)...)
			s.want("after the key picture", s.out(0), s.n-1)
		}
	}
}

func TestNacksRepair(t *testing.T) {
	s := newStream(t, VP9)
	key, second := s.next(true), s.next(false)
	s.push(key[0], key[2])
	s.push(second[1:]...)
	missing := []uint16{key[1].seq, second[0].seq}
	ask := func(want ...uint16) {
		t.Helper()
		if got := s.a.Nacks(nil, s.now); !slices.Equal(got, want) {
			t.Errorf("at %v: asks for %v, not %v", s.now, got, want)
		}
	}
	ask() // they may have been overtaken
	s.want("before", s.out(reorderWait))
	ask(missing...)
	ask()
	s.out(54 * tick)
	ask()
	s.out(tick) // RTT and a quarter and 5 ms
	ask(missing...)
	s.push(key[1])
	s.want("repaired", s.out(0), 0)
	s.push(key[1], second[0], second[0])
	s.want("repaired", s.out(0), 1)
	if st := s.a.Stats(); st.Repaired != 2 || st.Missed != 2 || st.Nacks != 4 || st.Late != 1 || st.Duplicates != 1 || st.Lost != 0 || s.a.Waiting() {
		t.Errorf("%+v", st)
	}
	// What never comes is asked for a few times only.
	s.next(false)
	s.push(s.next(false)...)
	asked := 0
	for range 2000 {
		asked += len(s.a.Nacks(nil, s.now))
		s.out(tick)
	}
	if asked == 0 || asked > 3*maxAsks {
		t.Errorf("three packets asked for %d times", asked)
	}
}

// Where much gets lost a question is said twice from the first one on, and elsewhere once it brought nothing; what came is not asked
// for again.
func TestEchoes(t *testing.T) {
	for _, much := range []bool{false, true} {
		s := newStream(t, VP9)
		if s.push(s.next(true)...); much {
			s.a.loss = 2 * lossy
		}
		lost := s.next(false)
		s.push(lost[1:]...)
		var at []time.Duration
		for range 400 {
			if got := s.a.Nacks(nil, s.now); slices.Contains(got, lost[0].seq) {
				at = append(at, s.now)
			}
			s.now += tick
		}
		if len(at) < 4 || (at[1]-at[0] == echoAfter) != much || (at[2]-at[1] == echoAfter) == much || len(at) > maxAsks {
			t.Errorf("much is lost: %v: asked at %v", much, at)
		}
		lost = s.next(false)
		s.push(lost[1:]...)
		s.now += reorderWait
		if got := s.a.Nacks(nil, s.now); !slices.Contains(got, lost[0].seq) {
			t.Fatalf("asked for %v", got)
		}
		s.push(lost[0])
		s.now += echoAfter
		if got := s.a.Nacks(nil, s.now); slices.Contains(got, lost[0].seq) {
			t.Errorf("what came is asked for: %v", got)
		}
	}
}

// TestGarbageIsNotAskedFor: it would only come again.
func TestGarbageIsNotAskedFor(t *testing.T) {
	s := newStream(t, VP9)
	s.push(s.next(true)...)
	s.out(0)
	bad := s.next(false)
	bad[1].payload = []byte{0xff}
	s.push(bad...)
	s.out(100 * tick)
	if got := s.a.Nacks(nil, s.now); len(got) > 0 || s.a.Stats().Garbage != 1 {
		t.Errorf("asks for %v, %+v", got, s.a.Stats())
	}
}

// TestPatience loses a picture that no other needs, for good: the next ones wait for two answers, but not for so long that
// the picture stops, and not at all when an answer takes that long.
func TestPatience(t *testing.T) {
	for rtt, most := range map[time.Duration]time.Duration{40 * tick: 120 * tick, 5 * tick: 50 * tick, 200 * tick: 10 * tick} {
		s := newStream(t, VP9)
		s.a.SetRTT(rtt)
		s.push(s.next(true)...)
		s.want("key", s.out(33*tick), 0)
		s.push(s.next(false)[1:]...)
		s.push(s.next(false)...)
		s.want("too early", s.out(most-tick))
		s.now += tick
		s.want("in time", s.out(0), 2)
	}
}

func TestKeyFrameRequests(t *testing.T) {
	s := newStream(t, VP9)
	s.push(s.next(true)...)
	s.out(33 * tick)
	s.next(false)
	for range 3 {
		s.next(false)
	}
	var asked []time.Duration
	for s.now < 2*time.Second { // a base picture is gone, and more come every 33 ms
		s.push(s.next(false)...)
		for range 33 {
			if s.a.KeyFrame(s.now) {
				asked = append(asked, s.now)
			}
			s.out(tick)
		}
	}
	for i, at := range asked {
		if i > 0 && at-asked[i-1] < keyInterval {
			t.Errorf("asked at %v and %v", asked[i-1], at)
		}
	}
	if len(asked) < 4 || asked[0] > 500*tick {
		t.Errorf("asked at %v", asked)
	}
	// While a key picture comes in slowly, another one would only make it slower.
	key := s.next(true)
	for _, p := range key {
		s.push(p)
		for range 700 {
			s.out(tick)
			if s.a.KeyFrame(s.now) {
				t.Fatal("asked in the middle of a key picture")
			}
		}
	}
	if s.a.Frozen() || s.a.Stats().Keys != 2 {
		t.Errorf("%+v", s.a.Stats())
	}
	s.a.Broken(s.now)
	s.push(s.next(false)...)
	if got := s.out(0); len(got) > 0 || !s.a.Frozen() || !s.a.KeyFrame(s.now) {
		t.Error("after the decoder's error", got)
	}
	// The answer comes soon, and the decoder refuses that, too.
	s.push(s.next(true)...)
	if got := s.out(50 * tick); len(got) != 1 {
		t.Error(got)
	}
	s.a.Broken(s.now)
	if s.a.KeyFrame(s.now) {
		t.Error("asked twice within 50 ms")
	}
	if s.now += keyInterval; !s.a.KeyFrame(s.now) {
		t.Error("not asked again")
	}
}

func TestBeginnings(t *testing.T) {
	t.Run("in the middle", func(t *testing.T) {
		s := newStream(t, VP9)
		s.next(true)
		s.push(s.next(false)...)
		s.want("no key", s.out(0))
		if !s.a.KeyFrame(s.now) {
			t.Error("asks for no key picture")
		}
	})
	t.Run("the first packet overtaken", func(t *testing.T) {
		s := newStream(t, VP9)
		key := s.next(true)
		s.push(key[2])
		s.out(5 * tick)
		s.push(key[1], key[0])
		s.want("reversed", s.out(0), 0)
	})
	t.Run("the first packet lost", func(t *testing.T) {
		s := newStream(t, VP9)
		s.push(s.next(true)[1:]...)
		s.want("beheaded", s.out(700*tick))
		if !s.a.KeyFrame(s.now) {
			t.Error("asks for no key picture")
		}
		s.push(s.next(true)...)
		s.want("whole", s.out(0), 4)
	})
	t.Run("anew", func(t *testing.T) {
		s := newStream(t, VP9)
		s.push(s.next(true)...)
		s.push(s.next(false)[:2]...)
		s.want("first", s.out(0), 0)
		s.seq += 30000
		lost := s.next(false)
		s.push(lost...)
		s.push(s.next(true)...)
		s.want("anew", s.out(0), s.n-1)
		if st := s.a.Stats(); st.Restarts != 1 || st.Garbage != 1 {
			t.Errorf("%+v", st)
		}
	})
	t.Run("a jump", func(t *testing.T) {
		s := newStream(t, VP9)
		s.push(s.next(true)...)
		s.want("before", s.out(0), 0)
		s.seq += 500
		s.push(s.next(false)...)
		s.want("after", s.out(0))
		if st := s.a.Stats(); st.Restarts != 1 {
			t.Errorf("%+v", st)
		}
		if got := s.a.Nacks(nil, s.now+time.Second); len(got) > 0 || !s.a.KeyFrame(s.now+time.Second) {
			t.Error("asks for", got)
		}
	})
}

func TestPaddingIsNoPicture(t *testing.T) {
	s := newStream(t, VP9)
	pad := func(ts uint32) wirePacket { s.seq++; return wirePacket{seq: s.seq - 1, ts: ts} }
	s.push(s.next(true)...)
	s.push(pad(0), pad(0))
	s.push(s.next(false)...)
	s.push(pad(3000))
	s.want("padded", s.out(0), 0, 1)
	if s.a.Waiting() {
		t.Error("waits for something")
	}
}

// TestNoPictureIDs has senders that write the least: a lost packet then costs everything to the next key picture.
func TestNoPictureIDs(t *testing.T) {
	for codec, heads := range map[Codec][2][]byte{
		VP9: {{0x0c, 0x82}, {0x4c, 0x86}},
		VP8: {{0x10, 0x00}, {0x10, 0x01}},
	} {
		a := NewAssembler(codec)
		var got []uint32
		for i := range 10 {
			payload := heads[min(i, 1)]
			if i == 7 {
				payload = heads[0]
			}
			if i != 3 {
				a.Push(uint16(i), uint32(i), true, payload, time.Duration(i)*time.Second)
			}
			for range 2 {
				if e, ok := a.Next(time.Duration(i)*time.Second + 900*tick); ok {
					got = append(got, e.Timestamp)
				}
			}
		}
		if !slices.Equal(got, []uint32{0, 1, 2, 7, 8, 9}) {
			t.Error(codec, got)
		}
	}
}

// TestChromiumPattern follows references that only the structure of the key picture tells.
func TestChromiumPattern(t *testing.T) {
	a := NewAssembler(VP9)
	var got []int
	for i := range 12 {
		payload := append(bytes.Clone(chromiumKey), 0x82, 1)
		if i > 0 {
			h := VP9Header{
				HasPictureID: true, Wide: true, PictureID: 258 + uint16(i), Inter: true, Begin: true, End: true,
				HasLayers: true, Temporal: []uint8{0, 2, 1, 2}[i%4], TL0: 7 + uint8(i/4),
			}
			payload = append(h.AppendTo(nil), 0x86, 1)
		}
		if i == 5 || i == 10 { // a top one costs itself, a middle one also the top one that follows
			continue
		}
		now := time.Duration(i) * 200 * tick
		a.Push(uint16(i), uint32(i), true, payload, now)
		for _, at := range []time.Duration{now, now + 190*tick} {
			for {
				e, ok := a.Next(at)
				if !ok {
					break
				}
				got = append(got, int(e.Timestamp))
			}
		}
	}
	if !slices.Equal(got, []int{0, 1, 2, 3, 4, 6, 7, 8, 9}) {
		t.Error(got)
	}
}

func TestAssemblerAllocatesNothing(t *testing.T) {
	s := newStream(t, VP9)
	packets := s.next(true)
	for range 400 {
		packets = append(packets, s.next(false)...)
	}
	i, shown := 0, 0
	nacks := make([]uint16, 0, maxNacks)
	step := func() {
		for range 3 {
			if i%50 == 49 { // overtaken
				packets[i], packets[i+1] = packets[i+1], packets[i]
			}
			p := packets[i]
			s.a.Push(p.seq, p.ts, p.marker, p.payload, s.now)
			i++
		}
		for {
			if _, ok := s.a.Next(s.now); !ok {
				break
			}
			shown++
		}
		nacks = s.a.Nacks(nacks[:0], s.now)
		s.now += 33 * tick
	}
	for range 20 {
		step()
	}
	if n := testing.AllocsPerRun(300, step); n != 0 {
		t.Errorf("%v allocations a picture", n)
	}
	if shown < 300 {
		t.Errorf("%d pictures", shown)
	}
}

// TestAssemblerMemory fills it with what can't ever be shown.
func TestAssemblerMemory(t *testing.T) {
	a := NewAssembler(VP9)
	payload := make([]byte, maxPacket)
	payload[0] = vp9B // a picture without an end
	payload[1] = 0x82
	for i := range 5 * ringSize {
		if i == 1 {
			payload[0] = 0
		}
		a.Push(uint16(i), 1, false, payload, 0)
		if e, ok := a.Next(0); ok {
			t.Fatal(len(e.Data))
		}
	}
	sound(t, a)
	if st := a.Stats(); st.Restarts+st.Duplicates > 0 {
		t.Errorf("%+v", st)
	}
	held := len(a.spare)
	for i := range a.ring {
		if a.ring[i].place == stored {
			held++
		}
	}
	if held > ringSize {
		t.Errorf("%d buffers", held)
	}
	a.Push(1, 1, true, make([]byte, maxPacket+1), 0)
	if a.Stats().Garbage == 0 {
		t.Error("a packet of any size")
	}
}

func FuzzAssembler(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 0x80, 0x82, 0x10, 0x00, 7})
	f.Fuzz(func(t *testing.T, b []byte) {
		var seed [32]byte
		copy(seed[:], b)
		abuse(t, rand.New(rand.NewChaCha8(seed)), b, 300)
	})
}

// TestAssemblerAbuse is the fuzz test with numbers of its own.
func TestAssemblerAbuse(t *testing.T) {
	for seed := range uint64(40) {
		abuse(t, rand.New(rand.NewPCG(seed, 1)), nil, 2000)
	}
}

// abuse mixes a good stream with garbage, and looks whether the assembler stays sound and then shows a good picture.
func abuse(t *testing.T, r *rand.Rand, garbage []byte, steps int) {
	s := newStream(t, []Codec{VP9, VP8}[r.IntN(2)])
	for range steps {
		list := s.next(s.n == 0 || r.IntN(20) == 0)
		for _, p := range list {
			switch r.IntN(12) {
			case 0:
				p.seq = uint16(r.Uint32())
			case 1:
				p.payload = p.payload[:r.IntN(len(p.payload))]
			case 2:
				for range 3 {
					p.payload[r.IntN(min(12, len(p.payload)))] ^= byte(r.Uint32())
				}
			case 3:
				p.payload = garbage
			case 4:
				p.ts, p.marker = r.Uint32(), !p.marker
			case 5:
				continue
			}
			s.push(p)
		}
		for n := 0; ; n++ {
			if _, ok := s.a.Next(s.now); !ok {
				break
			} else if n > ringSize {
				t.Fatal("no end of pictures")
			}
		}
		if n := len(s.a.Nacks(nil, s.now)); n > maxNacks {
			t.Fatal(n, "numbers in a list")
		}
		s.a.KeyFrame(s.now)
		s.now += time.Duration(r.IntN(40)) * tick
		sound(t, s.a)
	}
	for range 150 { // it comes to itself
		s.now += 100 * tick
		s.push(s.next(true)...)
		for {
			e, ok := s.a.Next(s.now)
			if !ok {
				break
			}
			if e.Timestamp == uint32(s.n-1)*3000 && len(e.Data) == 2500 {
				return
			}
		}
	}
	t.Errorf("shows nothing any more: %+v", s.a.Stats())
}

// sound checks what must be true between two calls.
func sound(t *testing.T, a *Assembler) {
	t.Helper()
	count := 0
	for n := a.next; n <= a.newest; n++ {
		if p := a.at(n); p.place == vacant {
			t.Fatalf("place %d of %d to %d is vacant", n, a.next, a.newest)
		} else if p.place == missing {
			count++
		}
	}
	if count != a.missing || a.newest-a.next >= ringSize {
		t.Fatalf("%d missing, counted %d; from %d to %d", count, a.missing, a.next, a.newest)
	}
}
