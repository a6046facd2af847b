package mesh

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v4/vnet"
)

// A request for a key picture reaches the far end, and a thousand of them are one each 300 ms. Beside them, pictures go on.
func TestKeyFrameRequests(t *testing.T) {
	leakless(t)
	a, b, onA, onB := pair(t, 0, nil)
	a.w.start()
	join(a, b, Options{})
	connected(a, b)
	defer a.film("b", 3000)()
	defer b.film("a", 3000)()
	onB.shows(3)
	b.AskKeyFrame(id("a"), CameraTrack)
	for f := range a.feedback {
		if f.KeyFrame {
			break
		}
	}
	begin := time.Now()
	from := b.find(id("a"))
	ours := camera(from).theirs.ssrc.Load()
	for i := range 5000 {
		from.writeRTCP(&rtcp.PictureLossIndication{MediaSSRC: ours})
		from.writeRTCP(&rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: ours, SequenceNumber: uint8(i)}}})
		from.writeRTCP(&rtcp.TransportLayerNack{MediaSSRC: ours, Nacks: []rtcp.NackPair{{PacketID: uint16(i), LostPackets: 0xffff}}})
	}
	onA.shows(50)
	onB.shows(30)
	lasted := time.Since(begin)
	wanted := 0
	for len(a.feedback) > 0 {
		if f := <-a.feedback; f.KeyFrame {
			wanted++
		}
	}
	if most := int(lasted/keyFrameGap) + 1; wanted < 1 || wanted > most {
		t.Errorf("%d key pictures wanted in %v", wanted, lasted)
	}
	s, _ := a.Stats(id("b"))
	if p := s.Pictures[CameraTrack]; p.PLIs < 100 || p.Nacks < 256 || p.Resent > p.PacketsSent*maxResends || p.Resent > p.PacketsSent/costOfRepair+maxCredit {
		t.Errorf("%+v", p)
	}
}

// A request that was made before the first packet is made with it.
func TestEarlyRequests(t *testing.T) {
	a, b, _, onB := pair(t, 0, nil)
	a.w.start()
	join(a, b, Options{})
	connected(a, b)
	b.AskKeyFrame(id("a"), CameraTrack)
	defer a.film("b", 3000)()
	onB.shows(1)
	for over := timeout(); ; {
		select {
		case f := <-a.feedback:
			if f.KeyFrame {
				return
			}
		case <-over:
			t.Fatal("no key picture is wanted")
		}
	}
}

// Loss, round trip and the far end's estimate come with its reports.
func TestReportsBecomeFeedback(t *testing.T) {
	t.Parallel()
	const delay = 20 * time.Millisecond
	n := 0
	a, b, _, onB := pair(t, delay, func() bool { n++; return n > 10 && n%5 == 0 })
	a.w.start()
	defer onB.watch()()
	join(a, b, Options{})
	connected(a, b)
	defer a.film("b", 3000)()
	onB.shows(1)
	from := b.find(id("a"))
	for over := timeout(); ; {
		from.writeRTCP(&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 700_000, SSRCs: []uint32{camera(from).theirs.ssrc.Load()}})
		select {
		case f := <-a.feedback:
			if f.Report && f.Loss > 0.1 && f.Loss < 0.3 && f.RTT >= 2*delay && f.RTT < time.Second && math.Abs(float64(f.REMB)-700_000) < 10_000 {
				if s, _ := a.Stats(id("b")); s.Pictures[CameraTrack].Loss == 0 || s.Loss != 0 {
					t.Errorf("%+v", s)
				}
				return
			}
		case <-over:
			t.Fatal("no such feedback")
		}
	}
}

// What is said of another stream, or can't be, is not taken.
func TestPictureReport(t *testing.T) {
	const ours = 7
	about := func(ssrc uint32) []rtcp.ReceptionReport {
		return []rtcp.ReceptionReport{{SSRC: ssrc, FractionLost: 64}}
	}
	nan := float32(math.NaN())
	for _, c := range []struct {
		name               string
		packet             rtcp.Packet
		keyFrame, reported bool
		asked, remb        int
	}{
		{"PLI", &rtcp.PictureLossIndication{MediaSSRC: ours}, true, false, 0, 0},
		{"another's PLI", &rtcp.PictureLossIndication{MediaSSRC: 8, SenderSSRC: ours}, false, false, 0, 0},
		{"FIR", &rtcp.FullIntraRequest{MediaSSRC: 0, FIR: []rtcp.FIREntry{{SSRC: 8}, {SSRC: ours}}}, true, false, 0, 0},
		{"another's FIR", &rtcp.FullIntraRequest{MediaSSRC: ours, FIR: []rtcp.FIREntry{{SSRC: 8}}}, false, false, 0, 0},
		{"empty FIR", &rtcp.FullIntraRequest{MediaSSRC: ours}, false, false, 0, 0},
		{"NACK", &rtcp.TransportLayerNack{MediaSSRC: ours, Nacks: []rtcp.NackPair{{PacketID: 65535, LostPackets: 5}}}, false, false, 3, 0},
		{"another's NACK", &rtcp.TransportLayerNack{MediaSSRC: 8, Nacks: []rtcp.NackPair{{PacketID: 1}}}, false, false, 0, 0},
		{"receiver report", &rtcp.ReceiverReport{Reports: about(ours)}, false, true, 0, 0},
		{"sender report", &rtcp.SenderReport{SSRC: 3, Reports: about(ours)}, false, true, 0, 0},
		{"another's report", &rtcp.ReceiverReport{Reports: about(8)}, false, false, 0, 0},
		{"REMB", &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 5e5, SSRCs: []uint32{8, ours}}, false, false, 0, 5e5},
		{"another's REMB", &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 5e5, SSRCs: []uint32{8}}, false, false, 0, 0},
		{"REMB of nothing", &rtcp.ReceiverEstimatedMaximumBitrate{SSRCs: []uint32{ours}}, false, false, 0, 0},
		{"REMB of no number", &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: nan, SSRCs: []uint32{ours}}, false, false, 0, 0},
		{"negative REMB", &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: -5, SSRCs: []uint32{ours}}, false, false, 0, 0},
		{"endless REMB", &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: math.MaxFloat32, SSRCs: []uint32{ours}}, false, false, 0, maxREMB},
		{"something else", &rtcp.RawPacket{0x80, 204, 0, 0}, false, false, 0, 0},
		{"goodbye", &rtcp.Goodbye{Sources: []uint32{ours}}, false, false, 0, 0},
	} {
		_, peers := sinks(t, 1)
		p := camera(peers[0])
		p.report(c.packet, ours)
		s := p.meters.stats()
		if p.remarks.keyFrame.Load() != c.keyFrame || p.remarks.reported.Load() != c.reported || p.remarks.limited.Load() != (c.remb != 0) || len(p.film.asked) != c.asked ||
			int(p.meters.remb.Load()) != c.remb || int(s.Nacks) != c.asked || (s.PLIs == 1) != c.keyFrame {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}

// Feedback comes at once, and then so often as it may; nothing of it is lost.
func TestFeed(t *testing.T) {
	_, peers := sinks(t, 1)
	p := &peers[0].pictures[ScreenTrack]
	note := p.peer.control.note
	var got []Feedback
	p.peer.mesh.config.Feedback = func(_ Peer, f Feedback) { got = append(got, f) }
	const none = math.MaxInt64
	now := time.Now()
	at := func(after time.Duration, calls int, wait time.Duration) {
		t.Helper()
		if w := p.feed(now.Add(after)); w != wait || len(got) != calls {
			t.Errorf("after %v: %d calls, then a wait of %v", after, len(got), w)
		}
	}
	at(0, 0, none)
	note(&p.remarks.keyFrame)
	at(0, 1, none)
	at(time.Millisecond, 1, none)
	note(&p.remarks.keyFrame)
	note(&p.remarks.keyFrame)
	at(100*time.Millisecond, 1, 200*time.Millisecond)
	note(&p.remarks.reported)
	at(100*time.Millisecond, 2, 200*time.Millisecond)
	note(&p.remarks.reported)
	at(101*time.Millisecond, 2, 19*time.Millisecond)
	at(120*time.Millisecond, 3, 180*time.Millisecond)
	at(300*time.Millisecond, 4, none)
	for i, want := range []Feedback{{KeyFrame: true}, {Report: true}, {Report: true}, {KeyFrame: true}} {
		if want.Track, want.Target = ScreenTrack, startTarget; got[i] != want {
			t.Errorf("call %d: %+v", i, got[i])
		}
	}
	// The loss of a report counts once: what the far end says of its link's room alone is no report.
	p.meters.reported([]rtcp.ReceptionReport{{SSRC: 7, FractionLost: 128}}, 7, p.peer.mesh.steady(now))
	p.report(&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 5e5, SSRCs: []uint32{7}}, 7)
	at(time.Second, 5, none)
	if f := got[4]; f.Report || f.REMB != 5e5 {
		t.Errorf("room alone: %+v", f)
	}
	note(&p.remarks.keyFrame)
	p.peer.close()
	at(time.Hour, 5, none)
}

func TestNacksAreBounded(t *testing.T) {
	c := newControl()
	var w wanted
	for range 3 {
		c.nack(&w, make([]uint16, 100))
	}
	c.nack(&w, make([]uint16, 1000))
	if n := len(w.take(nil)); n != maxNacks {
		t.Errorf("%d wait", n)
	}
	if len(w.take(nil)) != 0 {
		t.Error("taken twice")
	}
	var scattered []uint16
	for i := range uint16(maxNacks) {
		scattered = append(scattered, i*100)
	}
	if pairs := rtcp.NackPairsFromSequenceNumbers(scattered); len(pairs) <= maxPairs {
		t.Error("one packet holds them all, and nothing here says what happens to two")
	}
}

// Reports that can't be read end nothing.
func TestGarbageReports(t *testing.T) {
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	w.start()
	defer e[0].talk()()
	join(e[0], e[1], Options{})
	connected(e[0], e[1])
	e[1].hears("a", 5)
	from, to := e[1].find(id("a")), e[0].find(id("b"))
	for _, ssrc := range []uint32{to.spoken.ssrc.Load(), camera(to).shown.ssrc.Load()} {
		for range 50 {
			raw := rtcp.RawPacket{0x81, 201, 0, 1, 0, 0, 0, 1} // says that it has a report, and has none
			from.writeRTCP(&rtcp.PictureLossIndication{MediaSSRC: ssrc}, &raw)
		}
	}
	from.writeRTCP(&rtcp.PictureLossIndication{MediaSSRC: camera(to).shown.ssrc.Load()})
	for over := timeout(); ; {
		select {
		case f := <-e[0].feedback:
			if f.KeyFrame {
				return
			}
		case <-over:
			t.Fatal("nothing is read any more")
		}
	}
}
