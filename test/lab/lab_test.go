package lab

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
	"syscall"
	"testing"
	"time"
)

// TestG722 decodes noise-like bytes, which reach every table entry, and compares with what FFmpeg 5.1 makes of them.
func TestG722(t *testing.T) {
	code := make([]byte, 4000)
	x := uint32(1)
	for i := range code {
		x = x*1664525 + 1013904223
		code[i] = byte(x >> 24)
	}
	var raw []byte
	for _, v := range decodeG722(code) {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(int16(v*32768)))
	}
	if len(raw) != 16000 || crc32.ChecksumIEEE(raw) != ffmpegG722 {
		t.Errorf("%d bytes with CRC %#x, want 16000 with %#x", len(raw), crc32.ChecksumIEEE(raw), uint32(ffmpegG722))
	}
}

const ffmpegG722 = 0xf82dd752

func TestSpeechIsDense(t *testing.T) {
	speech, err := Speech(20)
	if err != nil {
		t.Fatal(err)
	}
	voices, err := Voices(20)
	if err != nil {
		t.Fatal(err)
	}
	if len(voices) != MaxPeople {
		t.Fatalf("%d voices, want %d", len(voices), MaxPeople)
	}
	for i, s := range append(voices, speech) {
		if len(s) != 20*SampleRate {
			t.Errorf("voice %d: %d samples", i, len(s))
		}
		if db := 20 * math.Log10(rms(s)); math.Abs(db+20) > 1 {
			t.Errorf("voice %d: RMS %.1f dBFS, want -20", i, db)
		}
		quiet := 0
		for w := range slices.Chunk(s, SampleRate) {
			if rms(w) < 0.01 {
				quiet++
			}
		}
		if quiet > 0 {
			t.Errorf("voice %d: %d seconds below -40 dBFS", i, quiet)
		}
	}
}

// TestTriple raises the rate of a sine and looks for it where it belongs.
func TestTriple(t *testing.T) {
	low := make([]float32, 1600)
	for i := range low {
		low[i] = float32(math.Sin(2 * math.Pi * 1000 * float64(i) / 16000))
	}
	for i, v := range triple(low)[300:4500] {
		want := math.Sin(2 * math.Pi * 1000 * float64(i+300) / 48000)
		if math.Abs(float64(v)-want) > 0.01 {
			t.Fatalf("sample %d is %.4f, want %.4f", i+300, v, want)
		}
	}
}

// TestPulse says something into one microphone, as root and as a user, and looks that it is heard there and nowhere else.
func TestPulse(t *testing.T) {
	nobody, err := Nobody()
	if err != nil {
		t.Fatal(err)
	}
	speech, err := Speech(1)
	if err != nil {
		t.Fatal(err)
	}
	users := map[string]*syscall.Credential{"self": nil}
	if syscall.Getuid() == 0 {
		users["nobody"] = nobody
	}
	for name, cred := range users {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			p, err := StartPulse(ctx, 2, cred)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { p.Close() })
			r, err := p.Record(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Play(ctx, "inj_b", speech); err != nil {
				t.Fatal(err)
			}
			if err := p.Unplug(ctx, "spk_b"); err != nil {
				t.Fatal(err)
			}
			if err := p.Unplug(ctx, "spk_b"); err == nil {
				t.Error("a device was unplugged twice")
			}
			if err := p.Plug(ctx, "spk_b"); err != nil {
				t.Fatal(err)
			}
			channels, err := r.Stop()
			if err != nil {
				t.Fatal(err)
			}
			if ahead := time.Since(r.Began()).Seconds() - r.Seconds(); ahead < 0 || ahead > 1 {
				t.Errorf("%.2f s were recorded in %.2f", r.Seconds(), time.Since(r.Began()).Seconds())
			}
			for i, c := range channels {
				if loud := rms(c) > 0.03; loud != (i == Mouth(1)) {
					t.Errorf("channel %d: RMS %.4f", i, rms(c))
				}
			}
		})
	}
}
