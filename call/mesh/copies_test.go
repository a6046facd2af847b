package mesh

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"parley/audio/red"
)

// sent puts packets into an outbox as write does, and returns the last.
func sent(o *outbox, number uint16, timestamp uint32, sizes ...int) (last *packet) {
	for i, size := range sizes {
		k := &packet{header: rtp.Header{Version: 2, SequenceNumber: number + uint16(i), Timestamp: timestamp + uint32(i*960)}, size: size}
		for j := range k.payload[:size] {
			k.payload[j] = byte(i)
		}
		o.keep(k)
		last = k
	}
	return last
}

func TestTogether(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes []int
		depth int
		want  int
	}{
		{"one", []int{160, 161, 162}, 1, 1},
		{"two", []int{160, 161, 162}, 2, 2},
		{"more than there may be", []int{160, 161, 162, 163}, 9, 2},
		{"none wanted", []int{160, 161, 162}, 0, 0},
		{"the first", []int{160}, 2, 0},
		{"the second", []int{160, 161}, 2, 1},
		{"128 kbit/s", []int{310, 310, 310}, 2, 2},
		{"192 kbit/s", []int{480, 480, 480}, 2, 1},
		{"a payload that no path splits", []int{500, 130, 1065}, 2, 1},
		{"no room at all", []int{500, 130, 1066}, 2, 0},
		{"the largest packets", []int{maxSound, maxSound, maxSound}, 2, 0},
	} {
		for _, number := range []uint16{100, 65535} {
			o := newOutbox()
			last := sent(o, number, 1<<32-960, c.sizes...)
			payload, n := o.together(last, c.depth, 111)
			blocks, err := red.Split(payload, nil)
			if n != c.want || err != nil || len(blocks) != n+1 || len(payload) > maxTogether && n > 0 {
				t.Errorf("%s: %d copies, want %d; %d blocks in %d bytes, %v", c.name, n, c.want, len(blocks), len(payload), err)
				continue
			}
			for i, b := range blocks {
				size := c.sizes[len(c.sizes)-1-n+i]
				if b.Kind != 111 || b.Before != uint32(960*(n-i)) || !bytes.Equal(b.Data, bytes.Repeat([]byte{byte(len(c.sizes) - 1 - n + i)}, size)) {
					t.Errorf("%s: block %d is %d bytes of %d before", c.name, i, len(b.Data), b.Before)
				}
			}
		}
	}
}

// Copies stop at a number that was never sent, at a pause that no header can tell of, and where two are of one time.
func TestTogetherStops(t *testing.T) {
	for name, c := range map[string]struct {
		number, timestamp []int
		want              int
	}{
		"a gap":                {[]int{5, 7, 8}, []int{0, 1920, 2880}, 1},
		"a long pause":         {[]int{5, 6, 7}, []int{0, 48000, 48960}, 1},
		"a pause right before": {[]int{5, 6, 7}, []int{0, 960, 960 + red.MaxBefore + 1}, 0},
		"a pause that fits":    {[]int{5, 6, 7}, []int{0, 960, red.MaxBefore}, 2},
		"of one time":          {[]int{5, 6, 7}, []int{960, 960, 1920}, 0},
		"backwards":            {[]int{5, 6}, []int{1920, 960}, 0},
	} {
		o := newOutbox()
		var last *packet
		for i := range c.number {
			last = sent(o, uint16(c.number[i]), uint32(c.timestamp[i]), 100)
		}
		if _, n := o.together(last, 2, 111); n != c.want {
			t.Errorf("%s: %d copies, want %d", name, n, c.want)
		}
	}
}

// soundOn is what a microphone's track is bound to.
func soundOn(r reel) *binding { return &binding{ssrc: 5, kind: opusType, red: redType, writer: r} }

// With nothing lost a packet is what was given to Send; with loss it has copies, and nothing is allocated for that.
func TestCopies(t *testing.T) {
	m, peers := sinks(t, 1)
	p := peers[0]
	out := make(chan written, 1)
	var room [maxTogether]byte
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.write(soundOn(func(h *rtp.Header, payload []byte) error {
			out <- written{header: *h, payload: room[:copy(room[:], payload)]}
			return nil
		}))
	}()
	s := Sound{Payload: make([]byte, 160)}
	say := func() written {
		s.Timestamp += 960
		m.Send(s)
		return <-out
	}
	check := func(what string, kind uint8, size int) {
		t.Helper()
		if k := say(); k.header.PayloadType != kind || len(k.payload) != size || k.header.SSRC != 5 {
			t.Errorf("%s: type %d, %d bytes", what, k.header.PayloadType, len(k.payload))
		}
	}
	say()
	say()
	check("nothing lost", opusType, 160)
	p.loss.depth.Store(2)
	check("no copies wanted", opusType, 160)
	m.Protect(Protection{Copies: true})
	check("two copies", redType, red.Size(2, 3*160))
	if st, _ := m.Stats(p.id); st.Copies != 2 || st.BytesCopied != uint64(red.Size(2, 2*160)) || st.BytesSent == 0 || st.BytesSent%160 != 0 {
		t.Errorf("%+v", st)
	}
	if a := testing.AllocsPerRun(200, func() { say() }); a != 0 {
		t.Errorf("%v allocations for a packet", a)
	}
	p.close()
	<-ended
}

// A far end that does not take them gets none.
func TestNoCopiesWhereNotNegotiated(t *testing.T) {
	m, peers := sinks(t, 1)
	m.Protect(Protection{Copies: true})
	peers[0].loss.depth.Store(2)
	b := soundOn(nil)
	if n := peers[0].copies(b); n != 2 {
		t.Errorf("%d copies", n)
	}
	b.red = 0
	if n := peers[0].copies(b); n != 0 {
		t.Errorf("%d copies", n)
	}
}

// Whoever asks again and again gets a packet a few times, no sooner than a round trip could be, and half of the stream at most.
func TestRepeatedSound(t *testing.T) {
	_, peers := sinks(t, 1)
	p, o := peers[0], peers[0].out
	var out []written
	b := soundOn(func(h *rtp.Header, payload []byte) error {
		out = append(out, written{header: *h, payload: bytes.Clone(payload)})
		return nil
	})
	now := time.Now()
	p.repeatSound(b, 0, now) // nothing was sent yet
	for i := range 100 {
		k := &packet{header: rtp.Header{Version: 2, SequenceNumber: uint16(65500 + i), Timestamp: uint32(i)}, size: 9}
		p.writeSound(b, k)
		o.keep(k)
	}
	out = nil
	for _, number := range []uint16{65500, 64 - kept - 1, 64, 30000} { // the last is 63
		p.repeatSound(b, number, now)
	}
	if len(out) != 0 {
		t.Fatalf("%d packets repeated that are not there", len(out))
	}
	for i := range 10 {
		p.repeatSound(b, 63, now.Add(time.Duration(i)*resendGap/2))
	}
	if len(out) != maxRepeats || out[0].header.SequenceNumber != 63 || out[0].header.Timestamp != 99 || out[0].header.PayloadType != opusType ||
		len(out[0].payload) != 9 {
		t.Fatalf("%+v", out)
	}
	out = nil
	for number := uint16(64 - kept); number < 63; number++ {
		p.repeatSound(b, number, now)
	}
	if len(out) != kept-maxRepeats {
		t.Errorf("%d packets repeated with credit for %d", len(out), kept-maxRepeats)
	}
}

func TestSoundReports(t *testing.T) {
	m, peers := sinks(t, 1)
	p := peers[0]
	nack := &rtcp.TransportLayerNack{MediaSSRC: 7, Nacks: []rtcp.NackPair{{PacketID: 65535, LostPackets: 5}}}
	p.soundReport(nack, 7)
	if len(p.out.asked) != 0 {
		t.Error("repeats that are switched off")
	}
	m.Protect(Protection{Repeats: true})
	p.soundReport(nack, 8)
	if len(p.out.asked) != 0 {
		t.Error("asked for somebody else's")
	}
	p.soundReport(nack, 7)
	for _, want := range []uint16{65535, 0, 2} {
		if got := <-p.out.asked; got != want {
			t.Errorf("%d, want %d", got, want)
		}
	}
	for range 1000 { // forgotten, without blocking
		p.soundReport(nack, 7)
	}
	p.meters.packetsSent.Store(50)
	p.meters.resent.Store(5)
	p.soundReport(&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 7, FractionLost: 64}}}, 7)
	if s, _ := m.Stats(p.id); s.Loss != 0.35 || s.Copies != 2 {
		t.Errorf("loss %v with what was sent once more, %d copies", s.Loss, s.Copies)
	}
}
