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
	if p := s.Pictures[CameraTrack]; p.PacketsSent < 300 || p.BytesSent < 300_000 || p.PacketsReceived < 60*26 || p.BytesReceived < 60*30_000 || p.LeftOut > 0 {
		t.Errorf("%+v", p)
	}
}

// Camera and screen go beside each other, and each is repaired and counted by itself.
func TestTwoTracks(t *testing.T) {
	leakless(t)
	n, r := 0, rand.New(rand.NewPCG(3, 4)) // one in forty of both; each fortieth may be one's alone
	a, b, _, onB := pair(t, 5*time.Millisecond, func() bool { n++; return n > 100 && r.IntN(40) == 0 })
	shared := &screen{at: b, from: id("a"), track: ScreenTrack, start: time.Now(), shown: make(chan uint32, 1<<16)}
	b.config.Picture = func(p Peer, k Picture) {
		onB.take(p, k)
		shared.take(p, k)
	}
	a.w.start()
	defer onB.watch()()
	defer shared.watch()()
	join(a, b, Options{})
	connected(a, b)
	stopCamera, stopScreen := a.filmOn("b", CameraTrack, 5000), a.filmOn("b", ScreenTrack, 9000)
	defer stopCamera()
	defer stopScreen()
	onB.shows(100)
	shared.shows(100)
	_, camera := b.Clocks(id("a"), CameraTrack)
	_, screen := b.Clocks(id("a"), ScreenTrack)
	if !camera.Known || !screen.Known {
		t.Error("no clocks")
	}
	b.AskKeyFrame(id("a"), ScreenTrack)
	for over := timeout(); ; {
		select {
		case f := <-a.feedback:
			if f.KeyFrame && f.Track == CameraTrack {
				t.Error("a key picture of the camera is wanted")
			}
			if !f.KeyFrame {
				continue
			}
		case <-over:
			t.Fatal("no key picture is wanted")
		}
		break
	}
	stopCamera()
	stopScreen()
	ours, _ := a.Stats(id("b"))
	theirs, _ := b.Stats(id("a"))
	for track, size := range map[Track]uint64{CameraTrack: 5000, ScreenTrack: 9000} {
		sent, seen := ours.Pictures[track], theirs.Pictures[track]
		if sent.BytesSent < 100*size || seen.BytesReceived < 95*size || sent.Resent == 0 || seen.Repaired == 0 || sent.PLIs > 1 || (sent.PLIs == 1) != (track == ScreenTrack) {
			t.Errorf("%v: %+v and %+v", track, sent, seen)
		}
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
	sent, seen := s.Pictures[CameraTrack], theirs.Pictures[CameraTrack]
	if sent.Resent < 5 || sent.Nacks < sent.Resent || seen.Repaired == 0 || seen.Repaired > sent.Resent+sent.Padded {
		t.Errorf("%+v and %+v", sent, seen)
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
	a.SendPicture(id("b"), CameraTrack, [][]byte{{1}, {2, 2}, {3}}, 90, time.Time{})
	receive := func() Picture {
		t.Helper()
		select {
		case k := <-got:
			return k
		case <-timeout():
			t.Fatal("nothing comes")
			return Picture{}
		}
	}
	first, third := receive(), receive()
	b.Nack(id("a"), CameraTrack, []uint16{first.Seq + 1})
	k := receive()
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

// A browser's offer has VP8 first, and codecs, kinds of VP9 and numbers that ours has not. In the answer VP9 is first, so that the
// browser uses it.
func TestAnswerPrefersVP9(t *testing.T) {
	const (
		ours   = "SAVPF 98 99 96 97\r\n"
		others = "a=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=42e01f\r\na=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n" +
			"a=rtpmap:100 VP9/90000\r\na=fmtp:100 profile-id=2\r\na=rtpmap:101 rtx/90000\r\na=fmtp:101 apt=100\r\n"
		more = "SAVPF 100 101 96 97 102 103 98 99\r\n"
	)
	renumber := strings.NewReplacer("96", "120", "97", "124", "98", "121", "99", "125")
	for _, c := range []struct {
		name   string
		change func(section string) string
		want   string
	}{
		{"another order", func(s string) string { return strings.Replace(s, ours, "SAVPF 96 97 98 99\r\n", 1) }, ours},
		{"other codecs", func(s string) string {
			return strings.Replace(strings.Replace(s, ours, more, 1), "a=rtpmap", others+"a=rtpmap", 1)
		}, ours},
		{"other numbers", func(s string) string {
			var out []string
			for _, l := range strings.SplitAfter(strings.Replace(s, ours, "SAVPF 96 97 98 99\r\n", 1), "\r\n") {
				for _, prefix := range []string{" 9 UDP/TLS/RTP/SAVPF", "a=rtpmap", "a=fmtp", "a=rtcp-fb"} {
					if strings.HasPrefix(l, prefix) {
						l = renumber.Replace(l)
						break
					}
				}
				out = append(out, l)
			}
			return strings.Join(out, "")
		}, "SAVPF 121 125 120 124\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			leakless(t)
			a, b, onA, onB := pair(t, 0, nil)
			a.w.tamper = func(from, to string, ev Event) []Event {
				if d, ok := ev.(LocalDescription); ok && from == "a" {
					sections := strings.Split(d.SDP, "m=video")
					for i := range sections[1:] {
						sections[i+1] = c.change(sections[i+1])
					}
					d.SDP = strings.Join(sections, "m=video")
					ev = d
				}
				return []Event{ev}
			}
			a.w.start()
			join(a, b, Options{})
			answer := await[LocalDescription](b, "a")
			if n := strings.Count(answer.SDP, c.want); n != 2 {
				t.Errorf("%d sections with VP9 first:\n%s", n, answer.SDP)
			}
			connected(a, b)
			defer a.film("b", 5000)()
			defer b.film("a", 5000)()
			onA.shows(20)
			onB.shows(20)
		})
	}
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
			a.SendPicture(id("b"), CameraTrack, [][]byte{payload}, 0, time.Time{})
			a.AskKeyFrame(id("b"), CameraTrack)
			a.Nack(id("b"), CameraTrack, []uint16{1, 2, 3})
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
	a.SendPicture(id("b"), CameraTrack, [][]byte{payload}, 0, time.Time{})
	a.SendPicture(id("nobody"), CameraTrack, [][]byte{payload}, 0, time.Time{})
	a.AskKeyFrame(id("nobody"), CameraTrack)
	a.Nack(id("nobody"), CameraTrack, []uint16{1})
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
		p.pictures[ScreenTrack].theirs.repair.Store(9)
		p.coded.Store(uint32(video.VP9))
		m.config.Picture = func(_ Peer, k Picture) {
			if len(k.Payload) > len(b)-14 || !k.Repaired || k.Track != ScreenTrack {
				t.Errorf("%+v", k)
			}
		}
		p.repaired(9, b)
		p.repaired(8, b)
	})
}
