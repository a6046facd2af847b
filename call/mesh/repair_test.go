package mesh

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/transport/v4/vnet"

	"parley/audio"
)

// losing lets packets of somebody's microphone get lost that drop names by their place, counted from when it is first called.
func (w *world) losing(from *end, drop func(n int, kind byte) bool) {
	var mu sync.Mutex
	n := 0
	w.router.AddChunkFilter(func(c vnet.Chunk) bool {
		b := c.UserData()
		if host(c.SourceAddr()) != from.address || len(b) < 12 || b[0] != 0x80 || b[1]&0x7f != opusType && b[1]&0x7f != redType {
			return true
		}
		mu.Lock()
		defer mu.Unlock()
		n++
		return !drop(n, b[1]&0x7f)
	})
}

// whole waits for that many packets of a talk, and returns how they came; each number once, whatever the order.
func (e *end) whole(from string, n int) (by map[audio.Source]int) {
	e.w.t.Helper()
	by = map[audio.Source]int{}
	var numbers []uint16
	for _, s := range e.hears(from, n) {
		by[s.By]++
		numbers = append(numbers, s.Seq)
		if text := uint32(s.Payload[0])<<16 | uint32(s.Payload[1])<<8 | uint32(s.Payload[2]); len(s.Payload) != 4 || text*960 != s.Timestamp {
			e.w.t.Fatalf("packet %d at %d by way %d", text, s.Timestamp, s.By)
		}
	}
	slices.SortFunc(numbers, func(a, b uint16) int { return int(int16(a - b)) })
	for i, number := range numbers[1:] {
		if number != numbers[i]+1 && i >= kept && i < n-kept { // the first may be repeats, and the last still on their way
			e.w.t.Fatalf("%d follows %d at %d of %d", number, numbers[i], i, n)
		}
	}
	return by
}

// What gets lost comes with the next packets; two ends that both can do it agree on that.
func TestCopiesArrive(t *testing.T) { synctest.Test(t, copiesArrive) }

func copiesArrive(t *testing.T) {
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	w.losing(e[0], func(n int, kind byte) bool { return kind == redType && (n%5 == 0 || n%5 == 1) })
	defer w.parted.Store(true) // a bubble ends so: see calltest.World.Part
	w.start()
	e[0].Protect(Protection{Copies: true})
	join(e[0], e[1], Options{})
	connected(e[0], e[1])
	e[0].find(id("b")).loss.depth.Store(2)
	defer e[0].talk()()
	by := e[1].whole("a", 500)
	if by[audio.Redundant] < 150 || by[audio.Own] < 250 || by[audio.Resent] > 20 {
		t.Errorf("by way %v", by)
	}
}

// What gets lost is asked for, and comes once more.
func TestRepeatsArrive(t *testing.T) { synctest.Test(t, repeatsArrive) }

func repeatsArrive(t *testing.T) {
	w := newWorld(t, vnet.RouterConfig{MinDelay: 5 * time.Millisecond})
	e := w.add("a", "b")
	w.losing(e[0], func(n int, _ byte) bool { return n > 300 && n%20 == 0 })
	defer w.parted.Store(true)
	w.start()
	e[0].Protect(Protection{Repeats: true})
	stop := e[0].talk()
	defer stop()
	defer e[1].talk()() // so that b learns of the round trip from reports
	join(e[0], e[1], Options{})
	connected(e[0], e[1])
	e[0].hears("b", 500)
	e[1].forget()
	by := e[1].whole("a", 800)
	if by[audio.Resent] < 10 || by[audio.Redundant] > 0 {
		t.Errorf("by way %v", by)
	}
	s, _ := e[1].Stats(id("a"))
	r, _ := e[0].Stats(id("b"))
	if s.Asked < 10 || r.Resent < 10 {
		t.Errorf("%d asked for, %d sent once more", s.Asked, r.Resent)
	}
}

// olden makes a description one of the time before there were copies and repeats.
func olden(sdp string) string {
	for old, new := range map[string]string{
		"SAVPF 111 63\r\n": "SAVPF 111\r\n", "a=rtpmap:63 red/48000/2\r\n": "", "a=fmtp:63 111/111\r\n": "", "a=rtcp-fb:111 nack \r\n": "",
		"a=rtcp-fb:111 nack\r\n": "",
	} {
		sdp = strings.ReplaceAll(sdp, old, new)
	}
	return sdp
}

// A far end that can't, talks as ever, whichever of the two offers.
func TestOldFarEnd(t *testing.T) { synctest.Test(t, oldFarEnd) }

func oldFarEnd(t *testing.T) {
	for _, old := range []string{"a", "b"} {
		w := newWorld(t, vnet.RouterConfig{})
		e := w.add("a", "b")
		w.tamper = func(from, _ string, ev Event) []Event {
			d, ok := ev.(LocalDescription)
			if !ok || from != old {
				return []Event{ev}
			}
			text := olden(d.SDP)
			if strings.Contains(text, "red/") || strings.Contains(text, "rtcp-fb:111 nack") || text == d.SDP && from == "a" {
				t.Errorf("not an old one:\n%s", text)
			}
			d.SDP = text
			return []Event{d}
		}
		defer w.parted.Store(true)
		w.start()
		join(e[0], e[1], Options{})
		connected(e[0], e[1])
		for i, x := range e {
			other := e[1-i]
			if x.name != old {
				x.Protect(Protection{Copies: true, Repeats: true})
				x.find(id(other.name)).loss.depth.Store(2)
			}
			stop := x.talk()
			for _, s := range other.hears(x.name, 50) {
				if s.By != audio.Own || s.Cover != 0 {
					t.Fatalf("%s has an old far end and sends %+v", x.name, s)
				}
			}
			stop()
			if s, _ := x.Stats(id(other.name)); s.BytesCopied > 0 {
				t.Errorf("%d bytes of copies to an old far end", s.BytesCopied)
			}
		}
	}
}

// testdata/chromium.sdp has an offer's form as Chromium 120 makes it, without a video encoder's whole list.
func TestChromiumTakesCopies(t *testing.T) {
	text, err := os.ReadFile("testdata/chromium.sdp")
	if err != nil {
		t.Fatal(err)
	}
	offer := strings.ReplaceAll(string(text), "\n", "\r\n")
	for _, c := range []struct {
		name, sdp string
		section   string // how the answer's first one begins
		nack      bool
		want      ear
	}{
		{"as it is", offer, "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n", false, ear{opus: 111, red: 63}},
		{"with nack asked for", strings.ReplaceAll(offer, "a=rtcp-fb:111 transport-cc", "a=rtcp-fb:111 nack"), "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n", true, ear{111, 63, true}},
		{"RED preferred", strings.ReplaceAll(offer, "SAVPF 111 63", "SAVPF 63 111"), "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n", false, ear{opus: 111, red: 63}},
		{"without RED", olden(strings.ReplaceAll(offer, "SAVPF 111 63 9 0 8 13 110 126", "SAVPF 111 9 0 8 13 110 126")), "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", false, ear{opus: 111}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, vnet.RouterConfig{})
			e := w.add("a")[0]
			w.start()
			e.Open(id("browser"), Options{})
			e.Remote(id("browser"), 1, "offer", c.sdp, nil)
			answer := await[LocalDescription](e, "browser").SDP
			_, media, _ := strings.Cut(answer, c.section)
			media, _, _ = strings.Cut(media, "m=video")
			if media == "" || strings.Contains(media, "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n") != (c.want.red != 0) ||
				strings.Contains(media, "a=rtcp-fb:111 nack") != c.nack {
				t.Errorf("the answer:\n%s", answer)
			}
			got, ok := earOf(e.find(id("browser")).microphone.Receiver().GetParameters().Codecs)
			if !ok || got != c.want {
				t.Errorf("negotiated %+v, not %+v", got, c.want)
			}
		})
	}
}
