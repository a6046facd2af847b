package mesh

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"parley/call/rate"
	"parley/video"
)

// reel is what a film is written to; it implements webrtc.TrackLocalWriter.
type reel func(h *rtp.Header, payload []byte) error

func (r reel) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	return len(payload), r(h, payload)
}
func (r reel) Write([]byte) (int, error) { return 0, errors.New("not used") }

// camera is a peer's track of that.
func camera(p *peer) *pictures { return &p.pictures[CameraTrack] }

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

// rolled lets the film of a peer's camera go to a channel, until stopped.
func rolled(t *testing.T, p *peer) chan written {
	out := make(chan written, 2*filmLength)
	rolls(t, p, func(h *rtp.Header, payload []byte) error {
		out <- written{*h, bytes.Clone(payload), time.Now()}
		return nil
	})
	return out
}

// rolls lets it go to r.
func rolls(t *testing.T, p *peer, r reel) {
	done := make(chan struct{})
	camera(p).bound = on(r)
	go func() {
		defer close(done)
		p.roll()
	}()
	t.Cleanup(func() { p.close(); <-done })
}

// Pictures go out in order, and no faster than the path carries them.
func TestPacing(t *testing.T) {
	m, peers := sinks(t, 1)
	p := peers[0]
	out := make(chan written, 2*filmLength)
	p.flow.begin(true)
	b := on(func(h *rtp.Header, payload []byte) error {
		out <- written{*h, bytes.Clone(payload), time.Now()}
		return nil
	})
	b.flow, camera(p).bound = &p.flow, b
	done := make(chan struct{})
	go func() { defer close(done); p.roll() }()
	defer func() { p.close(); <-done }()
	var number uint16
	sent, begin := 0, time.Now()
	for n, packets := range []int{1, 5, 2, 30, 1} {
		m.SendPicture(p.id, CameraTrack, picture(packets, 700), uint32(n), time.Time{})
		for i := range packets {
			k := <-out
			if sent == 0 {
				number = k.header.SequenceNumber
			}
			if k.header.SequenceNumber != number || k.header.Timestamp != uint32(n) || k.header.PayloadType != vp9Type ||
				k.header.SSRC != 5 || k.header.Marker != (i == packets-1) || len(k.payload) != 700 || k.payload[0] != byte(i) {
				t.Fatalf("packet %d of %d: %+v", i, packets, k.header)
			}
			number++
			sent++
		}
	}
	// The first may go at once, and what timers are late by is made up for.
	least := time.Duration(8*(sent-2)*(700+rtpHeader+outerHeaders)) * time.Second / (2 * startTarget)
	if took := time.Since(begin); took < least-10*time.Millisecond {
		t.Errorf("%d packets in %v, not %v", sent, took, least)
	}
}

// What a screen shows goes before what a camera sees, and what is asked for once more before both; padding only where nothing waits.
func TestOrderOfPictures(t *testing.T) {
	_, peers := sinks(t, 1)
	p, now := peers[0], time.Now()
	var out []uint8
	for i, kind := range []uint8{vp9Type, vp8Type} {
		b := on(func(h *rtp.Header, _ []byte) error { out = append(out, h.PayloadType); return nil })
		b.kind, b.flow = kind, &p.flow
		p.pictures[i].bound = b
		p.pictures[i].film.put(picture(2, 500), 1, now, now, 0)
	}
	p.advance()
	p.pictures[CameraTrack].film.resend(p.pictures[CameraTrack].film.number(0))
	p.pictures[ScreenTrack].film.put(picture(1, 500), 2, now, now, 0)
	p.pictures[CameraTrack].film.credit = maxCredit
	p.advance()
	p.flow.spread.Begin(rate.Probe{Rate: 1e9, Bytes: 1000})
	p.advance()
	want := []uint8{vp8Type, vp8Type, vp9Type, vp9Type, vp9RepairType, vp8Type, vp9RepairType, vp9RepairType}
	if !slices.Equal(out, want) {
		t.Errorf("%v, not %v", out, want)
	}
	if n := p.pictures[ScreenTrack].meters.padded.Load(); n != 2 {
		t.Errorf("%d for the path", n)
	}
}

// A peer whose socket is stuck holds up neither SendPicture nor the others, and nobody is to wait for it; what has no room is left out
// whole, and one key picture is asked for when there is room again.
func TestStuckFilm(t *testing.T) {
	m, peers := sinks(t, 2)
	stuck, quick := peers[0], peers[1]
	hold := make(chan struct{})
	ended := make(chan struct{})
	begun := make(chan struct{}, filmLength)
	camera(stuck).bound = on(func(*rtp.Header, []byte) error { begun <- struct{}{}; <-hold; return nil })
	camera(stuck).bound.flow = &stuck.flow
	stuck.flow.spread.SetRate(startTarget)
	go func() { defer close(ended); stuck.roll() }()
	out := rolled(t, quick)
	for range 20 {
		for _, p := range peers {
			m.SendPicture(p.id, CameraTrack, picture(40, 1000), 0, time.Time{})
		}
		for range 40 {
			<-out
		}
	}
	s, _ := m.Stats(stuck.id)
	if waiting := camera(stuck).film.next.Load() - camera(stuck).film.written.Load(); waiting > maxWaiting || waiting%40 != 0 || waiting == 0 {
		t.Errorf("%d packets wait", waiting)
	}
	if s.Pictures[CameraTrack].LeftOut < 20-maxWaiting/40 || camera(stuck).remarks.keyFrame.Load() {
		t.Errorf("%d left out, key picture %v", s.Pictures[CameraTrack].LeftOut, camera(stuck).remarks.keyFrame.Load())
	}
	if s, _ := m.Stats(quick.id); s.Pictures[CameraTrack].LeftOut != 0 || camera(quick).remarks.keyFrame.Load() {
		t.Errorf("%+v for one that is not stuck", s.Pictures)
	}
	<-begun
	if stuck.flow.stuck() || m.Backlog(stuck.id, CameraTrack) == 0 {
		t.Error("given up at once")
	}
	stuck.flow.start = stuck.flow.start.Add(-staleAfter - time.Millisecond)
	if wait := m.Backlog(stuck.id, CameraTrack); wait != 0 {
		t.Errorf("the others wait %v for one that is stuck", wait)
	}
	stuck.flow.mu.Lock()
	stuck.flow.hasty = true
	stuck.flow.mu.Unlock()
	close(hold)
	for over := timeout(); !camera(stuck).remarks.keyFrame.Load(); {
		select {
		case <-stuck.control.wake:
		case <-over:
			t.Fatal("no key picture when there is room again")
		}
	}
	if camera(stuck).film.waits() || stuck.flow.stuck() {
		t.Error("a key picture is asked for while there is no room")
	}
	stuck.close()
	<-ended
}

// What waits too long keeps out what is newer, which would come later still.
func TestStaleFilm(t *testing.T) {
	f, now := newFilm(make(chan struct{}, 1)), time.Now()
	if !f.put(picture(1, 1), 1, now, now, 0) || !f.put(picture(1, 1), 2, now, now.Add(staleAfter), 0) {
		t.Error("no room at first")
	}
	if f.put(picture(1, 1), 3, now, now.Add(staleAfter+1), 0) {
		t.Error("taken behind a stale one")
	}
	f.written.Store(f.next.Load())
	if !f.put(picture(1, 1), 4, now, now.Add(time.Hour), 0) {
		t.Error("not taken when all is out")
	}
}

func TestFilmRefusesWhatIsNoPicture(t *testing.T) {
	f, now := newFilm(make(chan struct{}, 1)), time.Now()
	if !f.put(nil, 0, now, now, 0) || f.next.Load() != 0 {
		t.Error("nothing is no picture that is left out")
	}
	for name, p := range map[string][][]byte{
		"an empty packet": {{1}, {}}, "a large packet": picture(1, maxPicturePacket+1), "too many packets": picture(maxWaiting+1, 1),
	} {
		if f.put(p, 0, now, now, 0) {
			t.Errorf("%s is taken", name)
		}
	}
	if !f.put(picture(maxWaiting, maxPicturePacket), 0, now, now, 0) {
		t.Error("the largest picture is not taken")
	}
}

// Whoever asks for packets again and again gets each a few times, no sooner than a round trip could be, and half of the stream
// beside it at most.
func TestRepeats(t *testing.T) {
	_, peers := sinks(t, 1)
	p, f := camera(peers[0]), camera(peers[0]).film
	var out []written
	b := on(func(h *rtp.Header, payload []byte) error {
		out = append(out, written{header: *h, payload: bytes.Clone(payload)})
		return nil
	})
	p.bound, p.peer.flow.hasty = b, true
	send := func(n int) {
		now := time.Now().Add(-time.Minute)
		for range n {
			f.put(picture(1, 9), 77, now, now, 0)
			p.write()
		}
		out = nil
	}
	now := time.Now()
	p.repeat(f.number(0), now) // nothing was sent yet
	send(reach + 10)
	f.credit = maxCredit
	last := f.written.Load() - 1
	for _, n := range []uint64{last + 1, last + 2, last - reach, last - reach - 1, last + 1<<15} {
		p.repeat(f.number(n), now)
	}
	if len(out) != 0 {
		t.Fatalf("%d packets repeated that are not there", len(out))
	}
	p.repeat(f.number(last), now)
	p.repeat(f.number(last), now.Add(resendGap-1))
	p.repeat(f.number(last-reach+1), now)
	if len(out) != 2 || out[0].header.PayloadType != vp9RepairType || out[0].header.SSRC != 6 || out[0].header.Timestamp != 77 ||
		!bytes.Equal(out[0].payload[:2], []byte{byte(f.number(last) >> 8), byte(f.number(last))}) || len(out[0].payload) != 11 ||
		out[1].header.SequenceNumber != out[0].header.SequenceNumber+1 {
		t.Fatalf("repeated %+v", out)
	}
	for i := range 1000 {
		p.repeat(f.number(last), now.Add(time.Duration(i+1)*resendGap))
	}
	if len(out) != 1+maxResends {
		t.Errorf("one packet repeated %d times", len(out)-1)
	}
	f.credit, out = 10, nil
	for n := last - 100; n < last; n++ {
		p.repeat(f.number(n), now)
	}
	if len(out) != 10/costOfRepair {
		t.Errorf("%d packets repeated with credit for %d", len(out), 10/costOfRepair)
	}
	p.meters.rtt.store(100)
	send(1)
	f.credit = maxCredit
	newest := f.number(f.written.Load() - 1)
	p.repeat(newest, now)
	p.repeat(newest, now.Add(49*time.Millisecond))
	p.repeat(newest, now.Add(50*time.Millisecond))
	if len(out) != 2 {
		t.Errorf("%d times within a round trip", len(out))
	}
}

// A spare repair goes along where much is lost with what later pictures need, and elsewhere with what is asked for a second time; not
// where the path is full, nor of what is left for others.
func TestSpares(t *testing.T) {
	base, top := []byte{0xa0, 5, 0, 1, 9}, []byte{0xa0, 5, 2 << 5, 1, 9} // VP9 with a picture's number and layers, not flexible
	for _, c := range []struct {
		name    string
		payload []byte
		loss    float64
		credit  int
		times   int // asked for
		crowded bool
		want    int
	}{
		{"little loss", base, 0.01, maxCredit, 1, false, 1},
		{"little loss, again", top, 0.01, maxCredit, 2, false, 3},
		{"much loss", base, 0.1, maxCredit, 1, false, 2},
		{"much loss, top layer", top, 0.1, maxCredit, 1, false, 1},
		{"much loss, again", base, 0.1, maxCredit, 2, false, 4},
		{"little credit", base, 0.1, maxCredit/2 - 1, 2, false, 2},
		{"a full path", base, 0.1, maxCredit, 2, true, 2},
		{"too often", base, 0.1, maxCredit, 100, false, maxResends},
	} {
		_, peers := sinks(t, 1)
		p := peers[0]
		q, n := camera(p), 0
		q.bound = on(func(*rtp.Header, []byte) error { n++; return nil })
		p.flow.hasty = true
		if c.crowded {
			p.flow.controller = rate.NewController(leastTarget, startTarget, mostTarget)
			p.flow.crowded = p.flow.now()
		}
		now := time.Now()
		q.film.put([][]byte{c.payload}, 1, now, now, 0)
		q.write()
		q.meters.loss.store(c.loss)
		q.film.credit, n = c.credit, 0
		for i := range c.times {
			at := now.Add(time.Duration(i) * resendGap)
			q.repeat(q.film.number(0), at)
			if q.spare(at.Add(spareAfter - 1)) {
				t.Errorf("%s: at once", c.name)
			}
			q.spare(at.Add(spareAfter))
		}
		if n != c.want || len(q.film.spares) > 0 {
			t.Errorf("%s: %d repairs, not %d", c.name, n, c.want)
		}
	}
	_, peers := sinks(t, 1)
	q, now := camera(peers[0]), time.Now()
	spares := 0
	for peers[0].flow.repair(1000, true) {
		spares++
	}
	if most := startTarget / 8 / repairPart / 1000 / 2 / 2; spares == 0 || spares > most || !peers[0].flow.repair(1000, false) {
		t.Errorf("%d spare ones, of at most %d, or nothing left for what is asked for", spares, most)
	}
	q.bound = on(func(*rtp.Header, []byte) error { return nil })
	q.meters.loss.store(0.5)
	for range maxWaiting {
		q.film.put([][]byte{base}, 1, now, now, 0)
		q.write()
	}
	peers[0].flow.hasty = true
	for n := range uint64(maxWaiting) {
		q.film.credit = maxCredit
		q.repeat(q.film.number(n), now)
	}
	if len(q.film.spares) != maxSpare {
		t.Errorf("%d wait", len(q.film.spares))
	}
}

// A flood of requests is forgotten where it can't be answered, without blocking whoever notes it.
func TestFloodOfRequests(t *testing.T) {
	m, peers := sinks(t, 1)
	p := peers[0]
	for i := range 100_000 {
		camera(p).film.resend(uint16(i))
	}
	out := rolled(t, p)
	m.SendPicture(p.id, CameraTrack, picture(20, 100), 1, time.Time{})
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
	b := on(func(*rtp.Header, []byte) error { sent <- struct{}{}; return nil })
	b.flow, camera(peers[0]).bound = &peers[0].flow, b
	b.widen(webrtc.RTPCodecParameters{RTPCodecCapability: vp9}, 3)
	peers[0].flow.wide = true
	go func() {
		defer close(ended)
		peers[0].roll()
	}()
	list := picture(20, 1100)
	if a := testing.AllocsPerRun(100, func() {
		m.SendPicture(peers[0].id, CameraTrack, list, 1, time.Time{})
		for range list {
			<-sent
		}
	}); a != 0 {
		t.Errorf("%v allocations for a picture", a)
	}
	peers[0].close()
	<-ended
}

// What has ceased is not sent any more: not what waits, not what is asked for, and not to ask the path for more; nor by the connection
// before, which is still to be emptied.
func TestCease(t *testing.T) {
	m, peers := sinks(t, 2)
	p, before := peers[0], peers[1]
	m.mu.Lock()
	delete(m.peers, before.id)
	m.publishLocked()
	m.mu.Unlock()
	p.tenure.before.Store(before)
	var out []uint32 // timestamps
	now := time.Now()
	for _, p := range peers {
		p.flow.hasty = true
		for i := range p.pictures {
			q := &p.pictures[i]
			q.bound = on(func(h *rtp.Header, _ []byte) error { out = append(out, h.Timestamp); return nil })
			q.bound.flow = &p.flow
			q.film.put(picture(8, 500), uint32(i), now, now, 0)
			for range 4 {
				q.write()
			}
			q.film.credit = maxCredit
		}
	}
	out = nil
	m.Cease(ScreenTrack)
	for _, p := range peers {
		q := &p.pictures[ScreenTrack]
		for n := range uint64(8) {
			q.film.resend(q.film.number(n))
		}
		if wait := p.advance(); wait != never || len(q.film.asked) != 0 {
			t.Errorf("%v more", wait)
		}
		if q.again(2) {
			t.Error("a packet that has ceased is sent again")
		}
		p.flow.spread.Begin(rate.Probe{Rate: 1e9, Bytes: 20_000})
		p.advance()
		if q.film.waiting.Load() != 0 || q.film.waits() || q.remarks.keyFrame.Load() || q.meters.padded.Load() != 0 {
			t.Errorf("%d bytes wait, key picture %v, padded %d", q.film.waiting.Load(), q.remarks.keyFrame.Load(), q.meters.padded.Load())
		}
		if p.pictures[CameraTrack].meters.padded.Load() == 0 {
			t.Error("nothing asks the path for more")
		}
	}
	if len(out) < 2*4 || slices.Contains(out, uint32(ScreenTrack)) {
		t.Errorf("sent %v", out)
	}
	out = nil
	m.SendPicture(p.id, ScreenTrack, picture(3, 500), 7, time.Time{})
	p.advance()
	q := &p.pictures[ScreenTrack]
	for n := range uint64(11) {
		q.repeat(q.film.number(n), time.Now().Add(time.Second))
	}
	for range 40 {
		q.pad()
	}
	if len(out) != 3+3+40 || slices.ContainsFunc(out, func(ts uint32) bool { return ts != 7 }) {
		t.Errorf("%d packets of the next share: %v", len(out), out)
	}
}
