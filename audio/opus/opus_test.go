package opus

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"parley/audio"
	"parley/audio/audiotest"
)

func newEncoder(t testing.TB, c Config) *Encoder {
	t.Helper()
	e, err := NewEncoder(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func newDecoder(t testing.TB) *Decoder {
	t.Helper()
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// encodeAll cuts pcm into packets.
func encodeAll(t testing.TB, e *Encoder, pcm []float32, frame int) (packets [][]byte) {
	t.Helper()
	for ; len(pcm) >= frame; pcm = pcm[frame:] {
		p, err := e.Encode(pcm[:frame], make([]byte, audio.MaxPacket))
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, p)
	}
	return packets
}

// decodeAll is what a receiver does: a lost packet is rebuilt from the next one if that is there, else invented.
func decodeAll(t testing.TB, packets [][]byte, frame int, lost func(i int) bool, fec bool) (all []float32) {
	t.Helper()
	d := newDecoder(t)
	pcm := make([]float32, audio.MaxPacketSamples)
	for i, p := range packets {
		var n int
		var err error
		switch {
		case !lost(i):
			n, err = d.Decode(p, pcm)
		case fec && i+1 < len(packets) && !lost(i+1):
			n, err = d.Recover(packets[i+1], pcm[:frame])
		default:
			n, err = d.Conceal(pcm[:frame])
		}
		if err != nil || n != frame {
			t.Fatalf("packet %d: %d samples, %v", i, n, err)
		}
		all = append(all, pcm[:n]...)
	}
	return all
}

func never(int) bool { return false }

// quality of what came out against what went in.
func quality(in, out []float32) float64 {
	median, _ := audiotest.WindowedSISDR(in, out, audio.SampleRate, audio.SampleRate/10)
	return median
}

func TestRoundTrip(t *testing.T) {
	voice := audiotest.Vowels(1, 5*audio.SampleRate)
	for _, c := range []struct {
		app     Application
		bitrate int
		frame   int
		least   float64
	}{
		{Audio, 24000, 960, 12}, {Audio, 64000, 960, 20}, {Audio, 64000, 480, 18}, {Audio, 96000, 960, 22}, {LowDelay, 64000, 480, 15}, {Audio, 8000, 960, 0}, {Audio, 192000, 480, 25},
	} {
		e := newEncoder(t, Config{Application: c.app, Tuning: audio.Tuning{Bitrate: c.bitrate, Complexity: 9}})
		packets := encodeAll(t, e, voice, c.frame)
		bytes := 0
		for _, p := range packets {
			bytes += len(p)
		}
		rate := float64(bytes*8) / 5
		got := quality(voice, decodeAll(t, packets, c.frame, never, false))
		t.Logf("application %d, %d bit/s asked, %.0f made, frames of %d: SI-SDR %.1f dB", c.app, c.bitrate, rate, c.frame, got)
		if got < c.least || rate > 1.3*float64(c.bitrate) {
			t.Errorf("application %d at %d bit/s: under %.0f dB or too many bits", c.app, c.bitrate, c.least)
		}
	}
}

func TestLookahead(t *testing.T) {
	for app, want := range map[Application]float64{Audio: 6.5, VoIP: 6.5, LowDelay: 2.5} {
		got, err := newEncoder(t, Config{Application: app}).Lookahead()
		if err != nil || got.Seconds()*1000 != want {
			t.Errorf("application %d: %v, %v; want %v ms", app, got, err, want)
		}
	}
}

// TestForwardErrorCorrection holds what the package says: under which settings the packets carry redundancy.
func TestForwardErrorCorrection(t *testing.T) {
	voice := audiotest.Vowels(2, 10*audio.SampleRate)
	for _, c := range []struct {
		app            Application
		bitrate, frame int
		loss           int
		fec            bool
		helps          bool
	}{
		{Audio, 64000, 960, 10, true, true},
		{Audio, 64000, 960, 1, true, true},
		{Audio, 64000, 480, 10, true, true},
		{Audio, 64000, 480, 1, true, true},
		{Audio, 24000, 960, 10, true, true},
		{Audio, 96000, 960, 10, true, true},
		{Audio, 192000, 960, 10, true, true},
		{VoIP, 64000, 960, 10, true, true},
		{Audio, 64000, 960, 0, true, false},
		{Audio, 64000, 960, 10, false, false},
		{Audio, 16000, 960, 10, true, false},
		{LowDelay, 64000, 960, 10, true, false},
	} {
		e := newEncoder(t, Config{Application: c.app, Tuning: audio.Tuning{Bitrate: c.bitrate, Complexity: 9, FEC: c.fec, LossPercent: c.loss}})
		packets := encodeAll(t, e, voice, c.frame)
		rnd := rand.New(rand.NewPCG(3, 3))
		gone := make([]bool, len(packets))
		for i := range gone {
			gone[i] = i > 5 && rnd.Float64() < 0.1
		}
		lost := func(i int) bool { return gone[i] }
		clean := decodeAll(t, packets, c.frame, never, false)
		plc, fec := snr(clean, decodeAll(t, packets, c.frame, lost, false)), snr(clean, decodeAll(t, packets, c.frame, lost, true))
		t.Logf("application %d, %d bit/s, frames of %d, FEC %v at %d %%: %.1f dB concealed, %.1f dB recovered", c.app, c.bitrate, c.frame, c.fec, c.loss, plc, fec)
		if c.helps != (fec >= plc+4) {
			t.Errorf("FEC helped: %v, want %v", !c.helps, c.helps)
		}
	}
}

// snr of two recordings that are aligned by their making.
func snr(want, got []float32) float64 {
	var s, n float64
	for i, v := range want {
		d := float64(got[i] - v)
		s += float64(v) * float64(v)
		n += d * d
	}
	return 10 * math.Log10(s/n)
}

func TestDTX(t *testing.T) {
	e := newEncoder(t, Config{Tuning: audio.Tuning{Bitrate: 24000, Complexity: 5, DTX: true}})
	tiny := 0
	for _, p := range encodeAll(t, e, make([]float32, 100*960), 960) {
		if len(p) <= 2 {
			tiny++
		}
	}
	if tiny < 50 {
		t.Errorf("%d of 100 silent packets say so", tiny)
	}
	for i, p := range encodeAll(t, e, audiotest.Vowels(1, 50*960), 960)[1:] {
		if len(p) <= 2 {
			t.Fatalf("packet %d of a voice has %d bytes", i, len(p))
		}
	}
}

func TestRanges(t *testing.T) {
	good := audio.Tuning{Bitrate: 64000, Complexity: 9}
	e := newEncoder(t, Config{Tuning: good})
	for name, change := range map[string]func(*audio.Tuning){
		"bit rate low":  func(t *audio.Tuning) { t.Bitrate = 7999 },
		"bit rate high": func(t *audio.Tuning) { t.Bitrate = 192001 },
		"complexity":    func(t *audio.Tuning) { t.Complexity = 11 },
		"negative":      func(t *audio.Tuning) { t.Complexity = -1 },
		"loss":          func(t *audio.Tuning) { t.LossPercent = 101 },
	} {
		bad := good
		change(&bad)
		if err := e.Tune(bad); !errors.Is(err, ErrRange) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := NewEncoder(Config{Tuning: bad}); !errors.Is(err, ErrRange) {
			t.Errorf("new encoder, %s: %v", name, err)
		}
	}
	for _, edge := range []audio.Tuning{{Bitrate: 8000}, {Bitrate: 192000, Complexity: 10, LossPercent: 100, FEC: true, DTX: true}} {
		if err := e.Tune(edge); err != nil {
			t.Error(err)
		}
	}
	if _, err := NewEncoder(Config{Channels: 3}); !errors.Is(err, ErrRange) {
		t.Errorf("three channels: %v", err)
	}
	if _, err := NewEncoder(Config{Application: 1}); !errors.Is(err, ErrRange) {
		t.Errorf("an unknown application: %v", err)
	}
}

func TestBuffers(t *testing.T) {
	e, d := newEncoder(t, Config{}), newDecoder(t)
	out, pcm := make([]byte, audio.MaxPacket), make([]float32, audio.MaxPacketSamples)
	packet, err := e.Encode(pcm[:480], out)
	if err != nil || len(packet) == 0 {
		t.Fatal(err)
	}
	calls := map[string]func() error{
		"encode nothing":       func() error { _, err := e.Encode(nil, out); return err },
		"encode 481":           func() error { _, err := e.Encode(pcm[:481], out); return err },
		"encode 600":           func() error { _, err := e.Encode(pcm[:600], out); return err },
		"encode 120 ms":        func() error { _, err := e.Encode(pcm, out); return err },
		"encode into nothing":  func() error { _, err := e.Encode(pcm[:480], nil); return err },
		"decode nothing":       func() error { _, err := d.Decode(nil, pcm); return err },
		"decode into nothing":  func() error { _, err := d.Decode(packet, nil); return err },
		"decode into too less": func() error { _, err := d.Decode(packet, pcm[:479]); return err },
		"recover from nothing": func() error { _, err := d.Recover(nil, pcm[:480]); return err },
		"recover 481":          func() error { _, err := d.Recover(packet, pcm[:481]); return err },
		"conceal nothing":      func() error { _, err := d.Conceal(nil); return err },
		"conceal 481":          func() error { _, err := d.Conceal(pcm[:481]); return err },
	}
	for name, call := range calls {
		if err := call(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if n, err := d.Decode(packet, pcm); n != 480 || err != nil {
		t.Errorf("afterwards: %d, %v", n, err)
	}
}

func TestClosed(t *testing.T) {
	e, err := NewEncoder(Config{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]float32, 480)
	packet, err := e.Encode(pcm, make([]byte, 100))
	if err != nil {
		t.Fatal(err)
	}
	e.Close()
	e.Close()
	d.Close()
	d.Close()
	calls := map[string]func() error{
		"encode":        func() error { _, err := e.Encode(pcm, make([]byte, 100)); return err },
		"tune":          func() error { return e.Tune(audio.Tuning{Bitrate: 64000}) },
		"lookahead":     func() error { _, err := e.Lookahead(); return err },
		"reset encoder": e.Reset,
		"decode":        func() error { _, err := d.Decode(packet, pcm); return err },
		"recover":       func() error { _, err := d.Recover(packet, pcm); return err },
		"conceal":       func() error { _, err := d.Conceal(pcm); return err },
		"reset decoder": d.Reset,
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s after close: %v", name, err)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	e, d := newEncoder(t, Config{}), newDecoder(t)
	voice, out, pcm := audiotest.Vowels(1, 960), make([]byte, audio.MaxPacket), make([]float32, audio.MaxPacketSamples)
	if n := testing.AllocsPerRun(50, func() {
		p, err := e.Encode(voice, out)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = d.Recover(p, pcm[:960])
		_, _ = d.Decode(p, pcm)
		_, _ = d.Conceal(pcm[:480])
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func FuzzDecode(f *testing.F) {
	e := newEncoder(f, Config{Tuning: audio.Tuning{Bitrate: 64000, Complexity: 5, FEC: true, LossPercent: 10}})
	for _, p := range encodeAll(f, e, audiotest.Vowels(1, 5*960), 960) {
		f.Add(p)
	}
	f.Add([]byte{0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, packet []byte) { decodeHostile(t, newDecoder(t), packet) })
}

// decodeHostile checks that whatever a packet holds, the results are in bounds.
func decodeHostile(t *testing.T, d *Decoder, packet []byte) {
	pcm := make([]float32, audio.MaxPacketSamples+1)
	const guard = 12345
	pcm[audio.MaxPacketSamples] = guard
	room := pcm[:audio.MaxPacketSamples]
	n, err := d.Decode(packet, room)
	if err == nil && (n <= 0 || n > len(room)) || err != nil && n != 0 {
		t.Fatalf("%d samples, %v", n, err)
	}
	if n, err := d.Recover(packet, room[:960]); err == nil && n != 960 {
		t.Fatalf("recovered %d samples", n)
	}
	for i, v := range room[:max(n, 960)] {
		if v != v || math.Abs(float64(v)) > 2 {
			t.Fatalf("sample %d is %v", i, v)
		}
	}
	if pcm[audio.MaxPacketSamples] != guard {
		t.Fatal("written past the end")
	}
}

// TestGarbage sends one decoder random packets, and good ones with flipped bits, and then a good one.
func TestGarbage(t *testing.T) {
	e := newEncoder(t, Config{})
	good := encodeAll(t, e, audiotest.Vowels(1, 50*960), 960)
	d, rnd := newDecoder(t), rand.New(rand.NewPCG(1, 1))
	for i := range 2000 {
		packet := make([]byte, rnd.IntN(300))
		if i%2 == 0 {
			packet = append([]byte(nil), good[i%len(good)]...)
		}
		for k := range packet {
			if i%2 == 1 || rnd.IntN(50) == 0 {
				packet[k] ^= byte(rnd.Uint32())
			}
		}
		decodeHostile(t, d, packet)
	}
	pcm := make([]float32, audio.MaxPacketSamples)
	if n, err := d.Decode(good[10], pcm); n != 960 || err != nil {
		t.Errorf("a good packet afterwards: %d, %v", n, err)
	}
}

func BenchmarkEncode(b *testing.B) {
	voice, out := audiotest.Vowels(1, 100*960), make([]byte, audio.MaxPacket)
	for _, complexity := range []int{5, 7, 8, 9, 10} {
		b.Run("complexity "+string(rune('0'+complexity/10))+string(rune('0'+complexity%10)), func(b *testing.B) {
			e := newEncoder(b, Config{Tuning: audio.Tuning{Bitrate: 64000, Complexity: complexity, FEC: true, LossPercent: 1}})
			for i := 0; b.Loop(); i++ {
				at := i % 100 * 960
				_, _ = e.Encode(voice[at:at+960], out)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	packets := encodeAll(b, newEncoder(b, Config{}), audiotest.Vowels(1, 100*960), 960)
	d, pcm := newDecoder(b), make([]float32, audio.MaxPacketSamples)
	for i := 0; b.Loop(); i++ {
		_, _ = d.Decode(packets[i%100], pcm)
	}
}
