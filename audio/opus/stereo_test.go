package opus

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
)

const packetSize = 2 * audio.FrameSize

func newStereo(t testing.TB, bitrate int) (*StereoEncoder, *StereoDecoder) {
	t.Helper()
	e, err := NewStereoEncoder(audio.Tuning{Bitrate: bitrate, Complexity: 9, FEC: true})
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewStereoDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close(); d.Close() })
	return e, d
}

// sides of two channels.
func sides(left, right []float32) (mid, side []float32) {
	for i := range left {
		mid, side = append(mid, (left[i]+right[i])/2), append(side, (left[i]-right[i])/2)
	}
	return mid, side
}

// through encodes packet by packet, in stereo where it says so, and decodes what is not lost.
func through(t testing.TB, e *StereoEncoder, d *StereoDecoder, mid, side []float32, stereo, lost func(i int) bool) (left, right []float32) {
	t.Helper()
	out, pcm := make([]byte, audio.MaxPacket), make([]float32, audio.MaxPacketSamples)
	for i := 0; (i+1)*packetSize <= len(mid); i++ {
		m, s := mid[i*packetSize:(i+1)*packetSize], side[i*packetSize:(i+1)*packetSize]
		var p []byte
		var err error
		if stereo(i) {
			p, err = e.EncodeStereo(m, s, out)
		} else {
			p, err = e.Encode(m, out)
		}
		if err != nil || (p[0]&stereoBit != 0) != stereo(i) {
			t.Fatalf("packet %d: first byte %#x, %v", i, p[0], err)
		}
		n := 0
		if lost(i) {
			n, err = d.Conceal(pcm[:packetSize])
		} else {
			n, err = d.Decode(p, pcm)
		}
		if err != nil || n != packetSize || len(d.Side()) != 0 && len(d.Side()) != n {
			t.Fatalf("packet %d: %d samples, %d of its side, %v", i, n, len(d.Side()), err)
		}
		far := append(slices.Clone(d.Side()), make([]float32, n-len(d.Side()))...)
		for k, v := range pcm[:n] {
			left, right = append(left, v+far[k]), append(right, v-far[k])
		}
	}
	return left, right
}

func always(int) bool { return true }

// delayed cuts off what the encoder looks ahead, and the beginning.
func delayed(x []float32) []float32 { return x[4800+312:] }

func TestStereoSeparation(t *testing.T) {
	const n = 2 * audio.SampleRate
	left, right := audiotest.Tone(440, 0.3, n), audiotest.Tone(660, 0.3, n)
	mid, side := sides(left, right)
	for _, test := range []struct {
		bitrate       int
		lost          func(int) bool
		clean, beside float64 // SI-SDR of each channel and of what the other leaves in it, dB
	}{
		{96000, never, 25, -25}, {192000, never, 25, -25},
		{128000, func(i int) bool { return i%20 == 19 }, 8, -25},
	} {
		e, d := newStereo(t, test.bitrate)
		l, r := through(t, e, d, mid, side, always, test.lost)
		for _, side := range [][3][]float32{{left, l, right}, {right, r, left}} {
			own, other := audiotest.SISDR(side[0][4800:], delayed(side[1])), audiotest.SISDR(side[2][4800:], delayed(side[1]))
			if own < test.clean || other > test.beside {
				t.Errorf("%d bit/s: %.1f dB of its own, %.1f of the other", test.bitrate, own, other)
			}
		}
	}
}

// Where nothing is in stereo, all is bit for bit what one encoder and one decoder make.
func TestStereoOfOneChannel(t *testing.T) {
	e, d := newStereo(t, 64000)
	plainE, plainD := newEncoder(t, Config{}), newDecoder(t)
	speech := audiotest.Vowels(3, audio.SampleRate)
	a, b := make([]byte, audio.MaxPacket), make([]byte, audio.MaxPacket)
	x, y := make([]float32, audio.MaxPacketSamples), make([]float32, audio.MaxPacketSamples)
	for i := 0; (i+1)*packetSize <= len(speech); i++ {
		if i == 20 {
			loss := audio.Tuning{Bitrate: 32000, Complexity: 5, FEC: true, LossPercent: 10}
			if err := errors.Join(e.Tune(loss), plainE.Tune(loss)); err != nil {
				t.Fatal(err)
			}
		}
		pcm := speech[i*packetSize : (i+1)*packetSize]
		p, err1 := e.Encode(pcm, a)
		q, err2 := plainE.Encode(pcm, b)
		if err1 != nil || err2 != nil || !bytes.Equal(p, q) {
			t.Fatalf("packet %d differs, %v, %v", i, err1, err2)
		}
		if i%5 == 4 {
			_, err1 = d.Recover(p, x[:packetSize])
			_, err2 = plainD.Recover(p, y[:packetSize])
		} else {
			_, err1 = d.Decode(p, x)
			_, err2 = plainD.Decode(p, y)
		}
		if err1 != nil || err2 != nil || !slices.Equal(x[:packetSize], y[:packetSize]) || d.Side() != nil {
			t.Fatalf("sound %d differs, %v, %v", i, err1, err2)
		}
	}
}

// worst is the lowest SI-SDR of any 10 ms.
func worst(reference, got []float32) float64 {
	low := 100.0
	for i := 0; i+480 <= len(got); i += 480 {
		low = min(low, audiotest.SISDR(reference[i:i+480], got[i:i+480]))
	}
	return low
}

// Changes from one channel to two and back are not heard in what both have, however often they come.
func TestStereoSwitch(t *testing.T) {
	const n = 2 * audio.SampleRate
	left, right := audiotest.Tone(440, 0.3, n), audiotest.Tone(660, 0.3, n)
	mid, side := sides(left, right)
	for _, test := range []struct {
		name   string
		stereo func(int) bool
		least  float64
	}{
		{"never", never, 20}, {"always", always, 20}, {"each half second", func(i int) bool { return i/25%2 == 1 }, 9},
		{"each packet", func(i int) bool { return i%2 == 1 }, 9},
	} {
		e, d := newStereo(t, 128000)
		l, r := through(t, e, d, mid, side, test.stereo, never)
		both, _ := sides(l, r)
		if got := worst(mid[4800:], delayed(both)); got < test.least {
			t.Errorf("%s: %.1f dB in the worst 10 ms", test.name, got)
		} else {
			t.Logf("%s: %.1f dB in the worst 10 ms", test.name, got)
		}
	}
}

// Whatever comes, what goes out are bounded numbers, and as many as it says.
func FuzzStereoDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 8 {
		b := make([]byte, 60)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, d := newStereo(t, 64000)
		pcm := make([]float32, audio.MaxPacketSamples)
		for i := 0; len(b) > 0 && i < 50; i++ {
			p := b[:min(len(b), 1+int(b[0])%20)]
			b = b[len(p):]
			p = slices.Clone(p)
			p[0] ^= byte(i%2) * stereoBit
			n, err := 0, error(nil)
			switch i % 5 {
			case 3:
				n, err = d.Recover(p, pcm[:packetSize])
			case 4:
				n, err = d.Conceal(pcm[:packetSize])
			default:
				n, err = d.Decode(p, pcm)
			}
			if err != nil && d.Side() != nil || n < 0 || n > len(pcm) || len(d.Side()) != 0 && len(d.Side()) != n {
				t.Fatalf("%d samples, %d of the side, %v", n, len(d.Side()), err)
			}
			for _, v := range slices.Concat(pcm[:n], d.Side()) {
				if !(math.Abs(float64(v)) <= loudest) {
					t.Fatalf("sample %v", v)
				}
			}
		}
	})
}

func TestStereoErrors(t *testing.T) {
	e, d := newStereo(t, 64000)
	out, pcm := make([]byte, audio.MaxPacket), make([]float32, audio.MaxPacketSamples)
	if _, err := e.EncodeStereo(pcm[:960], pcm[:480], out); err == nil {
		t.Error("a shorter side was taken")
	}
	if _, err := e.Encode(pcm, out); err == nil {
		t.Error("120 ms were taken")
	}
	if err := e.Tune(audio.Tuning{Bitrate: 1}); err == nil {
		t.Error("1 bit/s was taken")
	}
	for _, p := range [][]byte{nil, {stereoBit | 3, 0xff, 0xff}, {0xff, 0x3f, 1, 2}} {
		if n, err := d.Decode(p, pcm); err == nil || n != 0 || d.stereo {
			t.Errorf("%x: %d samples, %v", p, n, err)
		}
	}
	e.Close()
	d.Close()
	_, err1 := e.EncodeStereo(pcm[:960], pcm[:960], out)
	_, err2 := d.Decode([]byte{0xfc, 1, 2, 3}, pcm)
	if !errors.Is(err1, ErrClosed) || !errors.Is(err2, ErrClosed) {
		t.Errorf("closed: %v, %v", err1, err2)
	}
}

// After Reset nothing is left of what was said before: both ways to begin give the same packets as a new encoder.
func TestStereoReset(t *testing.T) {
	speech := audiotest.Vowels(1, 20*packetSize)
	second := func(e *StereoEncoder) (all []byte) {
		out := make([]byte, audio.MaxPacket)
		for i := range 4 {
			pcm := speech[(10+i)*packetSize : (11+i)*packetSize]
			p, err := e.EncodeStereo(pcm, make([]float32, packetSize), out)
			if i%2 == 1 {
				p, err = e.Encode(pcm, out)
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, p...)
		}
		return all
	}
	used, _ := newStereo(t, 96000)
	fresh, _ := newStereo(t, 96000)
	second(used)
	_, _ = used.Encode(speech[:packetSize], make([]byte, audio.MaxPacket))
	if err := used.Reset(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(second(used), second(fresh)) {
		t.Error("something is left")
	}
}

func TestStereoAllocatesNothing(t *testing.T) {
	e, d := newStereo(t, 128000)
	mid, side := sides(audiotest.Tone(440, 0.3, packetSize), audiotest.Tone(660, 0.3, packetSize))
	out, pcm := make([]byte, audio.MaxPacket), make([]float32, audio.MaxPacketSamples)
	i := 0
	if n := testing.AllocsPerRun(100, func() {
		p, err := e.Encode(mid, out)
		if i++; i%3 > 0 {
			p, err = e.EncodeStereo(mid, side, out)
		}
		if _, err2 := d.Decode(p, pcm); err != nil || err2 != nil {
			t.Error(err, err2)
		}
		if _, err := d.Conceal(pcm[:480]); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestLowDelay: the change from one kind of packets to the other and back keeps the sound, and no more than the difference of what
// they look ahead is lost or heard twice.
func TestLowDelay(t *testing.T) {
	e, err := NewStereoEncoder(audio.Tuning{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	d, err := NewStereoDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	tuning := defaultTuning
	packet, pcm := make([]byte, audio.MaxPacket), make([]float32, audio.MaxPacketSamples)
	in := audiotest.Vowels(3, 3*audio.SampleRate)
	var out []float32
	ahead := map[bool]time.Duration{}
	for at := 0; at < len(in); at += audio.FrameSize {
		if second := at / audio.SampleRate; at%audio.SampleRate == 0 {
			tuning.LowDelay = second == 1
			if err := e.Tune(tuning); err != nil {
				t.Fatal(err)
			}
			if ahead[tuning.LowDelay], err = e.Lookahead(); err != nil {
				t.Fatal(err)
			}
		}
		p, err := e.Encode(in[at:at+audio.FrameSize], packet)
		if err != nil {
			t.Fatal(err)
		}
		n, err := d.Decode(p, pcm)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, pcm[:n]...)
	}
	if ahead[true] != 2500*time.Microsecond || ahead[false] != 6500*time.Microsecond {
		t.Errorf("looks ahead by %v and %v", ahead[true], ahead[false])
	}
	for second := range 3 {
		from, to := second*audio.SampleRate+audio.SampleRate/10, (second+1)*audio.SampleRate-audio.SampleRate/10
		lag := audiotest.Align(in[from:to], out[from:to], audio.FrameSize)
		want := int(ahead[second == 1] * audio.SampleRate / time.Second)
		if got := audiotest.SISDR(in[from:to-lag], out[from+lag:to]); got < 15 || lag < want-4 || lag > want+4 {
			t.Errorf("second %d: %.1f dB, %d samples late, want %d", second, got, lag, want)
		}
	}
	if clicks := audiotest.Clicks(in, out, 312); len(clicks) > 0 {
		t.Errorf("clicks at %v", clicks)
	}
}

// What is told of the lookahead is of the packets that are made: music is not made with the low delay of a voice.
func TestStereoLookahead(t *testing.T) {
	e, _ := newStereo(t, 64000)
	for _, c := range []struct {
		low, stereo bool
		want        time.Duration
	}{{false, false, 6500}, {true, false, 2500}, {true, true, 6500}, {false, true, 6500}} {
		if err := e.Tune(audio.Tuning{Bitrate: 128000, Complexity: 9, LowDelay: c.low, Stereo: c.stereo}); err != nil {
			t.Fatal(err)
		}
		if got, err := e.Lookahead(); got != c.want*time.Microsecond || err != nil {
			t.Errorf("low delay %v, stereo %v: %v, %v", c.low, c.stereo, got, err)
		}
	}
}
