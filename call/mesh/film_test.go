package mesh

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/pion/rtp"

	"parley/video"
)

// reel is what a film is written to; it implements webrtc.TrackLocalWriter.
type reel func(h *rtp.Header, payload []byte) error

func (r reel) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	return len(payload), r(h, payload)
}
func (r reel) Write([]byte) (int, error) { return 0, errors.New("not used") }

func on(r reel) *binding {
	return &binding{codec: video.VP9, ssrc: 5, repair: 6, kind: vp9Type, rtx: vp9RepairType, writer: r}
}

// picture is n payloads of a size, each begun with its place.
func picture(n, size int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = make([]byte, size)
		list[i][0] = byte(i)
	}
	return list
}

type written struct {
	header  rtp.Header
	payload []byte
	at      time.Time
}

// rolled lets a peer's film go to a channel, until stopped.
func rolled(t *testing.T, p *peer) chan written {
	out := make(chan written, 2*filmLength)
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.roll(on(func(h *rtp.Header, payload []byte) error {
			out <- written{*h, bytes.Clone(payload), time.Now()}
			return nil
		}))
	}()
	t.Cleanup(func() { p.close(); <-done })
	return out
}

// A picture goes out in order, in small bursts: one of eight bursts or less takes a millisecond for each but the first, and a large
// one eight milliseconds.
func TestPacing(t *testing.T) {
	m, peers := sinks(t, 1)
	out := rolled(t, peers[0])
	var number uint16
	first := true
	for _, c := range []struct {
		packets int
		least   time.Duration
	}{{1, 0}, {burst, 0}, {burst + 1, step}, {6 * burst, 5 * step}, {400, (pace - 1) * step}, {1, 0}} {
		begin := time.Now()
		m.SendPicture(peers[0].id, picture(c.packets, 700), uint32(c.packets), time.Time{})
		for i := range c.packets {
			k := <-out
			if first {
				number, first = k.header.SequenceNumber, false
			}
			if k.header.SequenceNumber != number || k.header.Timestamp != uint32(c.packets) || k.header.PayloadType != vp9Type ||
				k.header.SSRC != 5 || k.header.Marker != (i == c.packets-1) || len(k.payload) != 700 || k.payload[0] != byte(i) {
				t.Fatalf("packet %d of %d: %+v", i, c.packets, k.header)
			}
			number++
			if i == c.packets-1 && k.at.Sub(begin) < c.least {
				t.Errorf("%d packets in %v", c.packets, k.at.Sub(begin))
			}
		}
	}
	if n := (&filmed{index: 399, of: 400}).due(time.Time{}).Sub(time.Time{}); n >= pace*step {
		t.Errorf("the last of 400 packets is due after %v", n)
	}
}

// A peer whose socket is stuck holds up neither SendPicture nor the others; what has no room is left out whole, and a key picture is
// asked for.
func TestStuckFilm(t *testing.T) {
	m, peers := sinks(t, 2)
	stuck, quick := peers[0], peers[1]
	hold := make(chan struct{})
	ended := make(chan struct{})
	go func() { defer close(ended); stuck.roll(on(func(*rtp.Header, []byte) error { <-hold; return nil })) }()
	out := rolled(t, quick)
	for range 20 {
		for _, p := range peers {
			m.SendPicture(p.id, picture(40, 1000), 0, time.Time{})
		}
		for range 40 {
			<-out
		}
	}
	s, _ := m.Stats(stuck.id)
	if waiting := stuck.film.next.Load() - stuck.film.written.Load(); waiting > maxWaiting || waiting%40 != 0 || waiting == 0 {
		t.Errorf("%d packets wait", waiting)
	}
	if s.Picture.LeftOut < 20-maxWaiting/40 || !stuck.control.keyFrame.Load() {
		t.Errorf("%d left out, key picture %v", s.Picture.LeftOut, stuck.control.keyFrame.Load())
	}
	if s, _ := m.Stats(quick.id); s.Picture.LeftOut != 0 || quick.control.keyFrame.Load() {
		t.Errorf("%+v for one that is not stuck", s.Picture)
	}
	stuck.close()
	close(hold)
	<-ended
}

// What waits too long keeps out what is newer, which would come later still.
func TestStaleFilm(t *testing.T) {
	f, now := newFilm(), time.Now()
	if !f.put(picture(1, 1), 1, now, now) || !f.put(picture(1, 1), 2, now, now.Add(staleAfter)) {
		t.Error("no room at first")
	}
	if f.put(picture(1, 1), 3, now, now.Add(staleAfter+1)) {
		t.Error("taken behind a stale one")
	}
	f.written.Store(f.next.Load())
	if !f.put(picture(1, 1), 4, now, now.Add(time.Hour)) {
		t.Error("not taken when all is out")
	}
}

func TestFilmRefusesWhatIsNoPicture(t *testing.T) {
	f, now := newFilm(), time.Now()
	if !f.put(nil, 0, now, now) || f.next.Load() != 0 {
		t.Error("nothing is no picture that is left out")
	}
	for name, p := range map[string][][]byte{
		"an empty packet": {{1}, {}}, "a large packet": picture(1, maxPicturePacket+1), "too many packets": picture(maxWaiting+1, 1),
	} {
		if f.put(p, 0, now, now) {
			t.Errorf("%s is taken", name)
		}
	}
	if !f.put(picture(maxWaiting, maxPicturePacket), 0, now, now) {
		t.Error("the largest picture is not taken")
	}
}

// Whoever asks for packets again and again gets each a few times, no sooner than a round trip could be, and half of the stream
// beside it at most.
func TestRepeats(t *testing.T) {
	_, peers := sinks(t, 1)
	p, f := peers[0], peers[0].film
	var out []written
	b := on(func(h *rtp.Header, payload []byte) error {
		out = append(out, written{header: *h, payload: bytes.Clone(payload)})
		return nil
	})
	send := func(n int) {
		now := time.Now().Add(-time.Minute)
		for range n {
			f.put(picture(1, 9), 77, now, now)
			p.advance(b)
		}
		out = nil
	}
	now := time.Now()
	p.repeat(b, f.number(0), now) // nothing was sent yet
	send(reach + 10)
	f.credit = maxCredit
	last := f.written.Load() - 1
	for _, n := range []uint64{last + 1, last + 2, last - reach, last - reach - 1, last + 1<<15} {
		p.repeat(b, f.number(n), now)
	}
	if len(out) != 0 {
		t.Fatalf("%d packets repeated that are not there", len(out))
	}
	p.repeat(b, f.number(last), now)
	p.repeat(b, f.number(last), now.Add(resendGap-1))
	p.repeat(b, f.number(last-reach+1), now)
	if len(out) != 2 || out[0].header.PayloadType != vp9RepairType || out[0].header.SSRC != 6 || out[0].header.Timestamp != 77 ||
		!bytes.Equal(out[0].payload[:2], []byte{byte(f.number(last) >> 8), byte(f.number(last))}) || len(out[0].payload) != 11 ||
		out[1].header.SequenceNumber != out[0].header.SequenceNumber+1 {
		t.Fatalf("repeated %+v", out)
	}
	for i := range 1000 {
		p.repeat(b, f.number(last), now.Add(time.Duration(i+1)*resendGap))
	}
	if len(out) != 1+maxResends {
		t.Errorf("one packet repeated %d times", len(out)-1)
	}
	f.credit, out = 10, nil
	for n := last - 100; n < last; n++ {
		p.repeat(b, f.number(n), now)
	}
	if len(out) != 10/costOfRepair {
		t.Errorf("%d packets repeated with credit for %d", len(out), 10/costOfRepair)
	}
	p.meters.picture.rtt.store(100)
	send(1)
	f.credit = maxCredit
	newest := f.number(f.written.Load() - 1)
	p.repeat(b, newest, now)
	p.repeat(b, newest, now.Add(49*time.Millisecond))
	p.repeat(b, newest, now.Add(50*time.Millisecond))
	if len(out) != 2 {
		t.Errorf("%d times within a round trip", len(out))
	}
}

// A flood of requests is forgotten where it can't be answered, without blocking whoever notes it.
func TestFloodOfRequests(t *testing.T) {
	m, peers := sinks(t, 1)
	p := peers[0]
	for i := range 100_000 {
		p.film.resend(uint16(i))
	}
	out := rolled(t, p)
	m.SendPicture(p.id, picture(20, 100), 1, time.Time{})
	for range 20 {
		if k := <-out; k.header.SSRC != 5 {
			t.Errorf("%+v", k.header)
		}
	}
}

func TestSendPictureAllocatesNothing(t *testing.T) {
	m, peers := sinks(t, 1)
	sent := make(chan struct{}, filmLength)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		peers[0].roll(on(func(*rtp.Header, []byte) error { sent <- struct{}{}; return nil }))
	}()
	list := picture(20, 1100)
	if a := testing.AllocsPerRun(100, func() {
		m.SendPicture(peers[0].id, list, 1, time.Time{})
		for range list {
			<-sent
		}
	}); a != 0 {
		t.Errorf("%v allocations for a picture", a)
	}
	peers[0].close()
	<-ended
}
