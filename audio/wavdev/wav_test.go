package wavdev

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"parley/audio"
	"parley/audio/audiotest"
)

// build makes a WAV file in memory.
func build(tag, channels, rate, bits int, extensible bool, sound []byte, extra ...[]byte) []byte {
	le := binary.LittleEndian
	b := []byte("RIFF\x00\x00\x00\x00WAVE")
	for _, chunk := range extra {
		b = append(b, chunk...)
	}
	size, first := 16, tag
	if extensible {
		size, first = 40, tagExtensible
	}
	b = append(b, "fmt "...)
	b = le.AppendUint32(b, uint32(size))
	b = le.AppendUint16(b, uint16(first))
	b = le.AppendUint16(b, uint16(channels))
	b = le.AppendUint32(b, uint32(rate))
	b = le.AppendUint32(b, uint32(rate*channels*bits/8))
	b = le.AppendUint16(b, uint16(channels*bits/8))
	b = le.AppendUint16(b, uint16(bits))
	if extensible {
		b = le.AppendUint16(b, 22)
		b = le.AppendUint16(b, uint16(bits))
		b = le.AppendUint32(b, 0)
		b = le.AppendUint16(b, uint16(tag))
		b = append(b, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
	}
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(len(sound)))
	return append(b, sound...)
}

// encode writes one value in a sample format.
func encode(b []byte, v float64, bits int, float bool) []byte {
	switch {
	case float:
		return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
	case bits == 8:
		return append(b, byte(math.Round(v*127)+128))
	}
	s := uint32(int32(math.Round(v * (1<<31 - 1 - 1<<8))))
	for i := 4 - bits/8; i < 4; i++ {
		b = append(b, byte(s>>(8*i)))
	}
	return b
}

func load(t *testing.T, file []byte) []float32 {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.wav")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	x, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// Every format that we read, with chunks before the sound, one of them of odd length.
func TestFormats(t *testing.T) {
	odd := []byte("LIST\x03\x00\x00\x00abc\x00")
	for _, f := range []struct {
		tag, bits int
		snr       float64
	}{{tagPCM, 8, 38}, {tagPCM, 16, 85}, {tagPCM, 24, 120}, {tagPCM, 32, 120}, {tagFloat, 32, 130}} {
		for _, channels := range []int{1, 2, 6} {
			for _, extensible := range []bool{false, true} {
				want := audiotest.Tone(440, 0.5, 4800)
				var sound []byte
				for _, v := range want {
					for c := range channels { // the mean of the channels is the signal
						w := float64(v) + 0.1*float64(c) - 0.05*float64(channels-1)
						sound = encode(sound, w, f.bits, f.tag == tagFloat)
					}
				}
				got := load(t, build(f.tag, channels, audio.SampleRate, f.bits, extensible, sound, odd))
				if len(got) != len(want) {
					t.Fatalf("%+v %d channels: %d samples", f, channels, len(got))
				}
				if snr := snr(want, got); snr < f.snr {
					t.Errorf("%+v, %d channels, extensible %v: %.1f dB", f, channels, extensible, snr)
				}
			}
		}
	}
}

// snr of got against want without any alignment: time and level must be right.
func snr(want, got []float32) float64 {
	var signal, noise float64
	for i := range min(len(want), len(got)) {
		signal += float64(want[i]) * float64(want[i])
		noise += float64(got[i]-want[i]) * float64(got[i]-want[i])
	}
	return 10 * math.Log10(signal/max(noise, 1e-30))
}

func TestResampling(t *testing.T) {
	for _, rate := range []int{8000, 11025, 16000, 22050, 44100, 44101, 96000, 192000} {
		n := rate / 2
		hz := min(0.4*float64(rate), 0.4*audio.SampleRate)
		var sound []byte
		for i := range n {
			sound = encode(sound, 0.5*math.Sin(2*math.Pi*hz*float64(i)/float64(rate)), 32, true)
		}
		got := load(t, build(tagFloat, 1, rate, 32, false, sound))
		if want := (n*audio.SampleRate + rate - 1) / rate; len(got) != want {
			t.Errorf("%d Hz: %d samples, want %d", rate, len(got), want)
		}
		want := audiotest.Tone(hz, 0.5, len(got))
		edge := audio.SampleRate / 20
		if s := snr(want[edge:len(want)-edge], got[edge:]); s < 75 {
			t.Errorf("%d Hz, tone of %.0f Hz: %.1f dB", rate, hz, s)
		}
	}
}

// What can't be represented at 48 kHz must not come back as something else.
func TestNoAliasing(t *testing.T) {
	const rate = 96000
	var sound []byte
	for i := range rate / 2 {
		sound = encode(sound, 0.5*math.Sin(2*math.Pi*30000*float64(i)/rate), 32, true)
	}
	got := load(t, build(tagFloat, 1, rate, 32, false, sound))
	if l := audiotest.LevelDBFS(got[2400 : len(got)-2400]); l > -85 {
		t.Errorf("a tone of 30 kHz has %.1f dBFS", l)
	}
}

func TestBadFiles(t *testing.T) {
	good := build(tagPCM, 1, 48000, 16, false, make([]byte, 1000))
	change := func(at int, b ...byte) []byte {
		x := bytes.Clone(good)
		copy(x[at:], b)
		return x
	}
	huge := bytes.Clone(good)
	binary.LittleEndian.PutUint32(huge[40:], 0xfffffff0)
	streamed := bytes.Clone(good)
	binary.LittleEndian.PutUint32(streamed[40:], 0xffffffff)
	tests := []struct {
		name string
		file []byte
		want error
	}{
		{"good", good, nil},
		{"written to a pipe", streamed, nil},
		{"empty file", nil, ErrFormat},
		{"text", []byte("hello, this is not a sound file at all"), ErrFormat},
		{"RF64", change(0, 'R', 'F', '6', '4'), ErrFormat},
		{"cut in the header", good[:30], ErrCut},
		{"cut before the sound", good[:40], ErrCut},
		{"cut in the sound", good[:500], ErrCut},
		{"huge sound", huge, ErrCut},
		{"no sound", build(tagPCM, 1, 48000, 16, false, nil), ErrEmpty},
		{"half a sample", build(tagPCM, 1, 48000, 16, false, []byte{1}), ErrEmpty},
		{"no channels", change(22, 0, 0), ErrUnsupported},
		{"999 channels", change(22, 0xe7, 3), ErrUnsupported},
		{"0 Hz", change(24, 0, 0, 0, 0), ErrUnsupported},
		{"4 GHz", change(24, 0xff, 0xff, 0xff, 0xff), ErrUnsupported},
		{"12 bits", change(34, 12), ErrUnsupported},
		{"mu-law", change(20, 7), ErrUnsupported},
		{"wrong block", change(32, 3), ErrFormat},
		{"short format", change(16, 4), ErrFormat},
		{"sound before format", append([]byte("RIFF\x00\x00\x00\x00WAVEdata\x02\x00\x00\x00ab"), good[12:]...), ErrFormat},
		{"endless chunks", append([]byte("RIFF\x00\x00\x00\x00WAVE"), bytes.Repeat([]byte("junk\x00\x00\x00\x00"), 5000)...), ErrFormat},
	}
	for _, test := range tests {
		path := filepath.Join(t.TempDir(), "x.wav")
		if err := os.WriteFile(path, test.file, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ReadFile(path)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		b, err := New(Config{Input: path})
		if !errors.Is(err, test.want) {
			t.Errorf("%s as a microphone: %v, want %v", test.name, err, test.want)
		}
		if b != nil {
			b.Close()
		}
	}
	if _, err := ReadFile(t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
	if _, err := New(Config{Input: filepath.Join(t.TempDir(), "nothing.wav")}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// Whatever the bytes are: no panic, no more sound than the file can hold, nothing that is not a number.
func FuzzRead(f *testing.F) {
	f.Add(build(tagPCM, 1, 48000, 16, false, make([]byte, 64)))
	f.Add(build(tagPCM, 2, 44100, 24, true, make([]byte, 600)))
	f.Add(build(tagFloat, 3, 8000, 32, false, bytes.Repeat([]byte{0xff, 0xff, 0xff, 0x7f}, 60)))
	f.Add(build(tagPCM, 64, 768000, 8, false, make([]byte, 256), []byte("LIST\xff\xff\xff\xff")))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := newReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		total := int64(0)
		out := make([]float32, 1000)
		for {
			n, err := r.read(out, nil)
			for _, v := range out[:n] {
				if v != v || math.Abs(float64(v)) > 1e8 {
					t.Fatal(v)
				}
			}
			if total += int64(n); err != nil || n == 0 {
				break
			}
		}
		if total != r.length() || total > int64(len(file))*audio.SampleRate/minRate+1 {
			t.Errorf("%d samples, announced %d, of %d bytes", total, r.length(), len(file))
		}
	})
}
