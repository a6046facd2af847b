package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"parley/bench/internal/measure"
	"parley/bench/internal/picture"
	"parley/test/netlab"
)

// ipv4 is a UDP packet with options of the header that are so many bytes long.
func ipv4(options int, payload ...byte) []byte {
	ip := make([]byte, 20+options+8)
	ip[0], ip[9] = byte(0x40+5+options/4), 17
	return append(ip, payload...)
}

func TestKindOf(t *testing.T) {
	rtp := func(kind byte) []byte { return append([]byte{0x90, kind}, make([]byte, 10)...) }
	tcp := ipv4(0, rtp(98)...)
	tcp[9] = 6
	for name, c := range map[string]struct {
		packet []byte
		want   kind
	}{
		"Opus":                 {ipv4(0, rtp(111)...), sound},
		"Opus with the marker": {ipv4(0, rtp(111|0x80)...), sound},
		"RED":                  {ipv4(4, rtp(63)...), sound},
		"VP9":                  {ipv4(0, rtp(98)...), pictures},
		"VP9 with the marker":  {ipv4(40, rtp(98|0x80)...), pictures},
		"VP8, once more":       {ipv4(0, rtp(97)...), pictures},
		"a sender report":      {ipv4(0, rtp(200)...), other},
		"feedback":             {ipv4(0, rtp(205)...), other},
		"STUN":                 {ipv4(0, append([]byte{0, 1}, make([]byte, 18)...)...), other},
		"DTLS":                 {ipv4(0, append([]byte{22, 98}, make([]byte, 18)...)...), other},
		"TCP":                  {tcp, other},
		"IPv6":                 {append([]byte{0x60}, make([]byte, 60)...), other},
		"nothing":              {nil, other},
		"half a header":        {ipv4(0, rtp(98)...)[:19], other},
		"half of RTP":          {ipv4(0, rtp(98)[:11]...), other},
		"options that are not": {append([]byte{0x4f, 0, 0, 0, 0, 0, 0, 0, 0, 17}, make([]byte, 30)...), other},
	} {
		if got := kindOf(c.packet); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

var begin = time.Unix(1000, 0)

func after(seconds float64) time.Time {
	return begin.Add(time.Duration(seconds * float64(time.Second)))
}

// flow is packets of 1000 bytes at rates in kbit/s, each for a second.
func flow(k kind, kbps ...int) (t traffic) {
	for second, rate := range kbps {
		n := rate / 8
		for i := range n {
			t = append(t, packet{at: after(float64(second) + float64(i)/float64(n)), kind: k, size: 1000})
		}
	}
	return t
}

func TestRates(t *testing.T) {
	both := append(flow(pictures, 800, 1600, 800), flow(sound, 80, 80, 80)...)
	if got := both.rate(pictures, after(0), after(2)); got != 1_200_000 {
		t.Errorf("pictures: %v", got)
	}
	if got := both.rates(after(1), after(3)); got != (rates{1200, 80}) {
		t.Errorf("%+v", got)
	}
	for name, c := range map[string]struct {
		kbps []int
		want float64
	}{
		"at once":               {[]int{240, 240, 240, 240}, 0},
		"after two seconds":     {[]int{2400, 2400, 240, 240}, 2},
		"not in the last":       {[]int{240, 240, 240, 480}, never.Seconds()},
		"not for long":          {[]int{2400, 240, 400, 240, 240}, 2.6}, // the seconds from 2.6 on have less than 304 on average
		"never":                 {[]int{400, 400, 400}, never.Seconds()},
		"nothing is sent":       {[]int{0, 0, 0}, 0},
		"that of sound, so not": {nil, 0},
	} {
		all := append(flow(pictures, c.kbps...), flow(sound, 800, 800, 800)...)
		length := max(3, len(c.kbps))
		if got := all.under(pictures, 304_000, begin, after(float64(length))).Seconds(); got != c.want {
			t.Errorf("%s: under the cap after %v, want %v", name, got, c.want)
		}
	}
	for name, c := range map[string]struct {
		kbps []int
		want float64
	}{
		"at once":    {[]int{2400, 2400}, 1},
		"by and by":  {[]int{240, 800, 1600, 2400}, 3.5}, // half of 1600 and half of 2400
		"not at all": {[]int{240, 800, 1600}, never.Seconds()},
	} {
		if got := flow(pictures, c.kbps...).reaches(pictures, 2_000_000, begin, after(float64(len(c.kbps)))).Seconds(); got != c.want {
			t.Errorf("%s: back after %v, want %v", name, got, c.want)
		}
	}
}

func TestQueueing(t *testing.T) {
	var all traffic
	for i := range 100 {
		all = append(all, packet{at: after(float64(i) / 100), wait: time.Duration(i) * time.Millisecond, lost: i >= 80})
	}
	if got, want := all.queueing(begin, after(1)), (queueing{39, 75, 20}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := all.queueing(after(2), after(3)); got != (queueing{}) {
		t.Errorf("nothing: %+v", got)
	}
}

// TestWire sees what a sends, and what came of it.
func TestWire(t *testing.T) {
	var w wire
	w.see(netlab.Passage{At: after(0), Packet: ipv4(0, append([]byte{0x80, 98}, make([]byte, 72)...)...), Wait: time.Second, Lost: true})
	w.see(netlab.Passage{At: after(1), Packet: ipv4(0, 0x80), Back: true})
	if got := w.all(); len(got) != 1 || got[0] != (packet{after(0), pictures, 102, time.Second, true}) {
		t.Errorf("%+v", got)
	}
	var r stepped
	at := fall{low: after(5), high: after(10), end: after(15)}
	if err := r.wire(w.all(), at); err == nil {
		t.Error("no sound on the wire, and no error")
	}
	kbps := []int{2000, 2000, 2000, 2000, 2000, 1000, 240, 240, 240, 240, 240, 800, 1600, 2000, 2000}
	if err := r.wire(append(flow(pictures, kbps...), flow(sound, 80, 80)...), at); err != nil || r.Before.Pictures != 2000 || r.Low.Pictures != 240 || r.Under < 0.9 || r.Under > 1 || r.Back != 3 || len(r.Seconds) != 15 || r.Seconds[5].Pictures != 1000 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestReport: ours has limits, Chromium's figures are the others, and who fails is said.
func TestReport(t *testing.T) {
	var out bytes.Buffer
	b := &bench{out: json.NewEncoder(&out), peers: true}
	b.reportSteps("x", parleyName, stepped{Under: 4.1, Back: 20, Silence: 500})
	b.reportSteps("x", chromiumName, stepped{Under: 60, Back: 60, Silence: 5000})
	frozen := func(n int, ms float64) lossy { return lossy{Shown: picture.Shown{Freezes: n, FrozenMS: ms}} }
	b.compareLoss("y", frozen(2, 900), frozen(3, 800))
	b.compareLoss("z", frozen(1, 300), frozen(1, 300))
	b.compareLoss("none", frozen(0, 0), frozen(0, 0))
	sharing := func(a, b float64, shown int, sizes ...string) shared {
		return shared{
			Usage: map[string]measure.Usage{"a": {Cores: a}, "b": {Cores: b}}, Shown: picture.Shown{Seconds: 10, Shown: shown, Sizes: sizes},
		}
	}
	b.reportScreen("s", parleyName, sharing(0.3, 0.2, 290, "1920x1080"))
	b.reportScreen("t", parleyName, sharing(0.3, 0.2, 270, "1280x720", "1920x1080"))
	b.reportScreen("s", chromiumName, sharing(1, 1, 10, "64x64"))
	b.compareScreen("s", sharing(0.3, 0.2, 290), sharing(0.5, 0.51, 290))
	b.compareScreen("t", sharing(0.3, 0.2, 290), sharing(0.5, 0.49, 290))
	b.reportGuest("g", first{[]float64{100, 601, 700}, []float64{100, 600, 700}})
	within := map[string]bool{
		"s, parley, pictures shown": true, "s, parley, pictures of another size": true, "s, CPU, parley by chromium": true,
		"t, parley, pictures shown": false, "t, parley, pictures of another size": false, "t, CPU, parley by chromium": false,
		"g, first picture in the browser": false, "g, first picture in parley": true,
		"x, parley, longest silence": true, "x, parley, pictures under the cap": false, "x, parley, pictures back": true,
		"y, freezes, parley's, fewer than chromium's": true, "y, frozen, parley's, at most chromium's": false,
		"z, freezes, parley's, fewer than chromium's": false, "z, frozen, parley's, at most chromium's": true,
		"none, freezes, parley's, fewer than chromium's": true, "none, frozen, parley's, at most chromium's": true,
	}
	if held, err := measure.Held(&out); err != nil || !maps.Equal(held, within) {
		t.Errorf("%v, %v, want %v", held, err, within)
	}
}

// TestBeside: what fails is an error, and does not keep the other from being measured; only two that did not are held together.
func TestBeside(t *testing.T) {
	for name, c := range map[string]struct {
		peers             bool
		fails             int // the first, the second; 0: none
		reports, compares int
	}{
		"both": {true, 0, 2, 1}, "ours alone": {false, 0, 1, 0}, "ours fails": {true, 1, 1, 0}, "theirs fails": {true, 2, 1, 0},
	} {
		var out bytes.Buffer
		b := &bench{out: json.NewEncoder(&out), peers: c.peers}
		reports, compares := 0, 0
		run := func(n int) func() (int, error) {
			return func() (int, error) {
				if n == c.fails {
					return 0, errors.New("it does not start")
				}
				return n, nil
			}
		}
		err := beside(b, name, run(1), run(2), func(string, int) { reports++ }, func(int, int) { compares++ })
		if (err != nil) != (c.fails > 0) || strings.Contains(out.String(), "it does not start") != (c.fails > 0) || reports != c.reports || compares != c.compares {
			t.Errorf("%s: %v, %d reports, %d compared: %s", name, err, reports, compares, out.String())
		}
	}
}
