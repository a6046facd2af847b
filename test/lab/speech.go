package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// Where Debian's alsa-utils and asterisk-core-sounds-en-g722 put their recorded voices. Synthetic voices are no
// substitute: they mislead noise models.
const (
	alsaSounds     = "/usr/share/sounds/alsa"
	asteriskSounds = "/usr/share/asterisk/sounds/en_US_f_Allison"
)

// prompts are spoken at 48 kHz ("front center", ...). Noise.wav beside them is none.
var prompts = []string{
	"Front_Center", "Front_Left", "Front_Right", "Rear_Center", "Rear_Left", "Rear_Right", "Side_Left", "Side_Right",
}

// sentences are 5 to 30 s each at 16 kHz, one for each person of a full channel.
var sentences = []string{
	"demo-congrats", "demo-instruct", "demo-echotest", "basic-pbx-ivr-main",
	"demo-abouttotry", "demo-moreinfo", "vm-msginstruct", "dir-intro",
}

// Speech is that many seconds of one voice at the full 24 kHz of bandwidth, mostly continuous, RMS near -20 dBFS. The
// eight prompts repeat.
func Speech(seconds float64) ([]float32, error) {
	var all []float32
	for _, name := range prompts {
		s, err := readWAV(filepath.Join(alsaSounds, name+".wav"))
		if err != nil {
			return nil, fmt.Errorf("recorded speech of Debian's alsa-utils (make deps): %w", err)
		}
		all = append(all, dense(s)...)
	}
	return repeat(normalize(all), seconds), nil
}

// Voices is that many seconds of what eight people say: different words by a voice of 8 kHz bandwidth, mostly continuous,
// RMS near -20 dBFS.
func Voices(seconds float64) ([][]float32, error) { return Sentences(seconds, sentences...) }

// Sentences is the same of the recordings so named ("vm-options", ...).
func Sentences(seconds float64, names ...string) ([][]float32, error) {
	var all [][]float32
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(asteriskSounds, name+".g722"))
		if err != nil {
			return nil, fmt.Errorf("recorded speech of Debian's asterisk-core-sounds-en-g722 (make deps): %w", err)
		}
		all = append(all, repeat(normalize(dense(triple(decodeG722(data)))), seconds))
	}
	return all, nil
}

// dense leaves out pauses: runs of 20 ms blocks more than 40 dB below the loudest, but for the first 60 ms of each.
func dense(s []float32) []float32 {
	const block, keep = SampleRate / 50, 3
	loudest := 0.0
	for i := 0; i+block <= len(s); i += block {
		loudest = max(loudest, rms(s[i:i+block]))
	}
	var out []float32
	quiet := keep // a pause at the very start goes as a whole
	for i := 0; i+block <= len(s); i += block {
		if rms(s[i:i+block]) > loudest/100 {
			quiet = 0
		} else {
			quiet++
		}
		if quiet <= keep {
			out = append(out, s[i:i+block]...)
		}
	}
	return out
}

// normalize scales to an RMS of -20 dBFS.
func normalize(s []float32) []float32 {
	gain := float32(0.1 / max(rms(s), 1e-9))
	for i := range s {
		s[i] = max(-0.9, min(0.9, s[i]*gain))
	}
	return s
}

// repeat makes s last that long.
func repeat(s []float32, seconds float64) []float32 {
	n := int(seconds * SampleRate)
	out := make([]float32, 0, n)
	for len(out) < n && len(s) > 0 {
		out = append(out, s[:min(len(s), n-len(out))]...)
	}
	return out
}

func rms(s []float32) float64 {
	var sum float64
	for _, v := range s {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(max(1, len(s))))
}

// triple raises the rate from 16 to 48 kHz: zeros between the samples, then a windowed sinc that ends at 8 kHz.
func triple(s []float32) []float32 {
	const half = 48 // taps on each side
	var taps [2*half + 1]float64
	for i := range taps {
		x := float64(i-half) / 3
		window := 0.5 + 0.5*math.Cos(math.Pi*float64(i-half)/(half+1))
		taps[i] = window
		if x != 0 {
			taps[i] *= math.Sin(math.Pi*x) / (math.Pi * x)
		}
	}
	out := make([]float32, 3*len(s))
	for i := range out {
		var sum float64
		for j := max(0, (i-half+2)/3); j < len(s) && 3*j <= i+half; j++ {
			sum += float64(s[j]) * taps[i-3*j+half]
		}
		out[i] = float32(sum)
	}
	return out
}

// readWAV reads the one kind of file that the prompts are: 16-bit mono PCM at 48 kHz.
func readWAV(path string) ([]float32, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(b) < 44 || string(b[:4]) != "RIFF" || binary.LittleEndian.Uint32(b[24:]) != SampleRate ||
		binary.LittleEndian.Uint16(b[22:]) != 1 || binary.LittleEndian.Uint16(b[34:]) != 16 {
		return nil, errors.New(path + ": not 16-bit mono at 48 kHz")
	}
	return decode16(b[44:], 1)[0], nil
}

// WriteWAV writes 16-bit mono at 48 kHz, readable by everyone (clients may run as another user).
func WriteWAV(path string, samples []float32) error {
	data := encode16(samples)
	h := make([]byte, 0, 44+len(data))
	h = append(h, "RIFF"...)
	h = binary.LittleEndian.AppendUint32(h, uint32(36+len(data)))
	h = append(h, "WAVEfmt "...)
	h = binary.LittleEndian.AppendUint32(h, 16)
	h = binary.LittleEndian.AppendUint16(h, 1) // PCM
	h = binary.LittleEndian.AppendUint16(h, 1) // mono
	h = binary.LittleEndian.AppendUint32(h, SampleRate)
	h = binary.LittleEndian.AppendUint32(h, 2*SampleRate)
	h = binary.LittleEndian.AppendUint16(h, 2)
	h = binary.LittleEndian.AppendUint16(h, 16)
	h = append(h, "data"...)
	h = binary.LittleEndian.AppendUint32(h, uint32(len(data)))
	return os.WriteFile(path, append(h, data...), 0o644)
}
