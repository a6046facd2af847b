package assets

import (
	"bytes"
	"encoding/binary"
	"flag"
	"math"
	"os"
	"slices"
	"testing"
	"time"
)

// The recipes of the sounds. Run "go test ./assets -update" after a change of one, and listen.

// A tone is a sine that swells as a raised cosine and decays as exp(-t/decay).
type tone struct {
	at, hz        float64 // when it begins in ms, and its pitch
	glide         float64 // where the pitch gets to in held ms; 0: nowhere
	held          float64 // ms before the decay begins
	attack, decay float64 // ms
	harmonic      float64 // a partial at this multiple of the pitch; 0: none
	share, itsOwn float64 // the partial's amplitude, and its own decay in ms; 0: the same
	release       float64 // how many ms before the sound's end fall to zero, if more than the others'
}

// A recipe is what LOOK's table says of a sound.
type recipe struct {
	name  string
	peak  float64 // dBFS
	ms    int
	tones []tone
}

const tail = 10 // ms at the end of each sound that fall to zero

func recipes() []recipe {
	// bell, tap and slide are what the sounds are made of.
	bell := func(at, hz float64) tone {
		return tone{at: at, hz: hz, attack: 6, decay: 90, harmonic: 2, share: 0.25}
	}
	tap := func(at, hz, decay float64) tone { return tone{at: at, hz: hz, attack: 6, decay: decay} }
	slide := func(from, to float64) []tone {
		return []tone{{hz: from, glide: to, held: 70, attack: 6, decay: 25}}
	}
	ring := func(at, hz float64) tone {
		return tone{at: at, hz: hz, attack: 4, decay: 220, harmonic: 4, share: 0.3, itsOwn: 50}
	}
	back := func(hz float64) tone { return tone{hz: hz, held: 400, attack: 40, decay: 1, release: 40} }
	return []recipe{
		{"join", -18, 320, []tone{bell(0, 523.25), bell(90, 783.99)}},
		{"leave", -20, 320, []tone{bell(0, 783.99), bell(90, 523.25)}},
		{"mute", -22, 110, slide(392, 330)},
		{"unmute", -22, 110, slide(330, 440)},
		{"deafen", -22, 220, []tone{tap(0, 330, 40), tap(90, 262, 40)}},
		{"undeafen", -22, 220, []tone{tap(0, 262, 40), tap(90, 330, 40)}},
		{"ring", -16, 2000, []tone{ring(0, 659.26), ring(180, 783.99), ring(360, 1046.5), ring(720, 1046.5)}},
		{"ringback", -26, 400, []tone{back(440), back(443)}},
		{"ended", -20, 420, []tone{tap(0, 523.25, 70), tap(80, 392, 70), tap(160, 329.63, 70)}},
		{"text", -22, 200, []tone{tap(0, 587.33, 50)}},
		{"new", -18, 380, []tone{tap(0, 698.46, 30), tap(110, 698.46, 30), tap(220, 698.46, 30)}},
	}
}

// mix adds the tones up, lets the end fall to zero and raises the whole to its peak.
func (r recipe) mix() []float64 {
	out := make([]float64, r.ms*SoundRate/1000)
	for _, n := range r.tones {
		n.add(out)
	}
	release := float64(tail)
	for _, n := range r.tones {
		release = max(release, n.release)
	}
	fall := int(release * SoundRate / 1000)
	loudest := 0.0
	for i := range out {
		if left := len(out) - 1 - i; left < fall {
			out[i] *= raised(float64(left) / float64(fall))
		}
		loudest = max(loudest, math.Abs(out[i]))
	}
	for i := range out {
		out[i] *= math.Pow(10, r.peak/20) / loudest
	}
	return out
}

func (n tone) add(out []float64) {
	var phase float64
	for i := int(n.at * SoundRate / 1000); i < len(out); i++ {
		ms := float64(i)*1000/SoundRate - n.at
		hz := n.hz
		if n.glide != 0 {
			hz += (n.glide - n.hz) * min(ms/n.held, 1)
		}
		swell := raised(ms / n.attack)
		over := max(ms-n.held, 0)
		v := math.Sin(phase) * math.Exp(-over/n.decay)
		if n.harmonic != 0 {
			decay := n.decay
			if n.itsOwn != 0 {
				decay = n.itsOwn
			}
			v += n.share * math.Sin(n.harmonic*phase) * math.Exp(-over/decay)
		}
		out[i] += swell * v
		phase += 2 * math.Pi * hz / SoundRate
	}
}

// raised is half a cosine, from 0 at 0 to 1 at 1 and beyond.
func raised(x float64) float64 { return 0.5 - 0.5*math.Cos(math.Pi*min(max(x, 0), 1)) }

func (r recipe) wav() ([]byte, error) {
	samples := r.mix()
	data, err := binary.Append(nil, binary.LittleEndian, newWAVHeader(len(samples)))
	for _, v := range samples {
		data = binary.LittleEndian.AppendUint16(data, uint16(int16(math.Round(v*32768))))
	}
	return data, err
}

// TestSoundsAreTheirRecipes compares what is committed with what the recipes make. Another processor may round the last
// bit of a sine otherwise.
func TestSoundsAreTheirRecipes(t *testing.T) {
	updating := flag.Lookup("update").Value.String() == "true"
	var made []string
	for _, r := range recipes() {
		made = append(made, r.name)
		want, err := r.wav()
		if err != nil {
			t.Fatal(err)
		}
		if updating {
			if err := os.WriteFile("sounds/"+r.name+".wav", want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := sounds.ReadFile("sounds/" + r.name + ".wav")
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) || !bytes.Equal(got[:wavHeaderSize], want[:wavHeaderSize]) {
			t.Errorf("%s: another length or head than its recipe makes", r.name)
			continue
		}
		for i := wavHeaderSize; i < len(got); i += 2 {
			a, b := int16(binary.LittleEndian.Uint16(got[i:])), int16(binary.LittleEndian.Uint16(want[i:]))
			if d := int(a) - int(b); d < -1 || d > 1 {
				t.Errorf("%s: byte %d is not what its recipe makes", r.name, i)
				break
			}
		}
	}
	slices.Sort(made)
	if !updating && !slices.Equal(made, Sounds()) {
		t.Errorf("sounds are %v, recipes %v", Sounds(), made)
	}
}

// TestSoundsAreQuietAndWhole: the peak and the length that the recipe promises, and nothing that clicks at the ends.
func TestSoundsAreQuietAndWhole(t *testing.T) {
	for _, r := range recipes() {
		s, err := Sound(r.name)
		if err != nil {
			t.Fatal(err)
		}
		var peak float64
		for _, v := range s {
			peak = max(peak, math.Abs(float64(v)))
		}
		if db := 20 * math.Log10(peak); math.Abs(db-r.peak) > 0.05 {
			t.Errorf("%s peaks at %.2f dBFS, want %.0f", r.name, db, r.peak)
		}
		if got := time.Duration(len(s)) * time.Second / SoundRate; got != time.Duration(r.ms)*time.Millisecond {
			t.Errorf("%s lasts %v, want %d ms", r.name, got, r.ms)
		}
		if s[0] != 0 || s[len(s)-1] != 0 {
			t.Errorf("%s begins at %v and ends at %v", r.name, s[0], s[len(s)-1])
		}
		// A click is a step: in a quarter of a millisecond at either end nothing reaches a fiftieth.
		for i := range SoundRate / 4000 {
			if v := max(s[i], -s[i], s[len(s)-1-i], -s[len(s)-1-i]); float64(v) > peak/50 {
				t.Errorf("%s clicks: %.4f of its peak at %d samples from an end", r.name, float64(v)/peak, i)
			}
		}
	}
}

// TestPitch hears the first and the last note of what rises and what falls.
func TestPitch(t *testing.T) {
	for name, hz := range map[string][2]float64{
		"join": {523.25, 783.99}, "leave": {783.99, 523.25}, "deafen": {330, 262}, "undeafen": {262, 330}, "ended": {523.25, 329.63},
	} {
		s, err := Sound(name)
		if err != nil {
			t.Fatal(err)
		}
		first, last := s[:70*48], s[len(s)-110*48:]
		if power(first, hz[0]) < 4*power(first, hz[1]) || power(last, hz[1]) < 4*power(last, hz[0]) {
			t.Errorf("%s does not go from %v to %v Hz", name, hz[0], hz[1])
		}
	}
}

// power is that of one frequency in s.
func power(s []float32, hz float64) float64 {
	var re, im float64
	for i, v := range s {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / SoundRate)
		re, im = re+float64(v)*cos, im+float64(v)*sin
	}
	return re*re + im*im
}

func TestNoSuchSound(t *testing.T) {
	for _, name := range []string{"", "nothing", "../icons/mic"} {
		if _, err := Sound(name); err == nil {
			t.Errorf("%q is a sound", name)
		}
	}
}

func FuzzWAV(f *testing.F) {
	for _, r := range recipes()[:3] {
		data, err := r.wav()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)-1])
		f.Add(data[:wavHeaderSize-1])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		samples, err := parseWAV(data)
		if err == nil && len(data) != wavHeaderSize+2*len(samples) {
			t.Errorf("%d samples out of %d bytes", len(samples), len(data))
		}
	})
}
