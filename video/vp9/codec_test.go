//go:build cgo

package vp9

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"parley/video"
)

// A clock under which coding takes no time, so that no level changes by what else the machine does.
func still() time.Time { return time.Time{} }

func TestQualityAndRate(t *testing.T) {
	const frames, kbps = 150, 240
	pictures := patterns(320, 180, frames)
	for _, c := range []Config{
		{Layers: 1}, {Layers: 2}, {Layers: 3}, {Layers: 3, Threads: 2}, {Layers: 1, Screen: true}, {Layers: 1, Level: Levels},
		{Layers: 1, Codec: video.VP8}, {Layers: 2, Codec: video.VP8}, {Layers: 3, Codec: video.VP8}, {Codec: video.VP8, Screen: true},
	} {
		t.Run(fmt.Sprintf("%v layers %d threads %d screen %v level %d", max(c.Codec, video.VP9), c.Layers, c.Threads, c.Screen, c.Level), func(t *testing.T) {
			c.Kbps, c.now = kbps, still
			e := newEncoder(t, c)
			d := newDecoder(t, max(c.Codec, video.VP9))
			var sum, worst float64 = 0, 99
			bytes := 0
			for n, picture := range pictures {
				out := encode(t, e, picture)
				if out.Key != (n == 0) || out.Width != 320 || out.Height != 180 || out.Timestamp != picture.Timestamp {
					t.Errorf("frame %d: %+v", n, out)
				}
				f := decode(t, d, out.Data) // each shows its picture at once: no delay
				db := psnr(picture, f)
				sum, worst = sum+db, min(worst, db)
				f.Release()
				if n >= frames/5 { // the key frame is paid off by then
					bytes += len(out.Data)
				}
			}
			got := float64(bytes*8) * 30 / 1000 / (frames - frames/5)
			t.Logf("%.1f dB, worst %.1f, %.0f kbit/s", sum/frames, worst, got)
			if sum/frames < 42 || worst < 34 {
				t.Error("a bad picture")
			}
			if got < kbps*0.9 || got > kbps*1.1 {
				t.Errorf("not %d kbit/s", kbps)
			}
		})
	}
}

func TestBitrateFollows(t *testing.T) {
	pictures := patterns(320, 180, 60)
	for _, codec := range codecs {
		e := newEncoder(t, Config{Codec: codec, now: still})
		at := 0
		kbps := func(frames int) float64 {
			bytes := 0
			for range frames {
				f := pictures[at%len(pictures)]
				f.Timestamp = uint32(at) * step
				at++
				out, err := e.Encode(f)
				if err != nil {
					t.Fatal(err)
				}
				bytes += len(out.Data)
			}
			return float64(bytes*8) * 30 / 1000 / float64(frames)
		}
		for _, want := range []int{600, 200, 400} {
			if err := e.SetBitrate(want); err != nil {
				t.Fatal(err)
			}
			kbps(45) // what is stored in the rate control's buffer goes
			got := kbps(90)
			t.Logf("%v: %d kbit/s gave %.0f", codec, want, got)
			if got < float64(want)*0.9 || got > float64(want)*1.1 {
				t.Errorf("%v: %d kbit/s gave %.0f", codec, want, got)
			}
		}
		if e.Stats().KeyFrames != 1 {
			t.Errorf("%v: a rate needs no key frame", codec)
		}
		for _, bad := range []int{0, -1, MaxKbps + 1} {
			if err := e.SetBitrate(bad); !errors.Is(err, ErrRange) {
				t.Errorf("%d kbit/s: %v", bad, err)
			}
		}
	}
}

func TestKeyFrameOnRequest(t *testing.T) {
	pictures := patterns(320, 180, 40)
	for _, codec := range codecs {
		for layers := 1; layers <= 3; layers++ {
			e := newEncoder(t, Config{Codec: codec, Layers: layers, now: still})
			asked := map[int]bool{0: true, 5: true, 10: true, 15: true, 19: true, 20: true} // at each phase of the pattern
			phase := 0
			for n, picture := range pictures {
				if asked[n] {
					e.KeyFrame()
					phase = 0
				}
				out := encode(t, e, picture)
				want := [][]int{{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 2, 1, 2}}[layers-1][phase%4]
				phase++
				if out.Key != asked[n] || out.Layer != want {
					t.Errorf("%v, %d layers: frame %d is key %v and of layer %d, not %d", codec, layers, n, out.Key, out.Layer, want)
				}
				if out.Key {
					f := decode(t, newDecoder(t, codec), out.Data) // who comes now can start here
					if db := psnr(picture, f); db < 22 {
						t.Errorf("%v: a newcomer sees %.1f dB", codec, db)
					}
				}
			}
		}
	}
}

// TestLayersAreIndependent holds what Encoder promises, to the bit: whatever upper layers are left out, and from wherever on
// they come again, each picture is the same as if all had come.
func TestLayersAreIndependent(t *testing.T) {
	const frames, layers = 48, 3
	pictures := patterns(320, 180, frames)
	for _, codec := range codecs {
		e := newEncoder(t, Config{Codec: codec, Layers: layers, now: still})
		all := newDecoder(t, codec)
		var coded []video.Encoded
		var want []uint64
		for n, picture := range pictures {
			if n == 22 {
				e.KeyFrame()
			}
			out := encode(t, e, picture)
			f := decode(t, all, out.Data)
			coded, want = append(coded, out), append(want, sum(f))
			f.Release()
		}
		for name, send := range map[string]func(n int) bool{
			"base":            func(n int) bool { return coded[n].Layer == 0 },
			"two":             func(n int) bool { return coded[n].Layer < 2 },
			"base, then all":  func(n int) bool { return coded[n].Layer == 0 || n >= 9 },
			"base, then two":  func(n int) bool { return coded[n].Layer == 0 || n >= 6 && coded[n].Layer < 2 },
			"one top lost":    func(n int) bool { return n != 13 && n != 31 },
			"one middle lost": func(n int) bool { return n != 14 && n != 15 }, // with the one that needs it
		} {
			d := newDecoder(t, codec)
			for n := range coded {
				if !send(n) {
					continue
				}
				f := decode(t, d, coded[n].Data)
				if sum(f) != want[n] {
					t.Fatalf("%v, %s: frame %d of layer %d is another picture", codec, name, n, coded[n].Layer)
				}
				f.Release()
			}
		}
		// The test can fail: without a frame of the base the next is another.
		d := newDecoder(t, codec)
		decode(t, d, coded[0].Data).Release()
		if f := decode(t, d, coded[8].Data); sum(f) == want[8] {
			t.Error("nothing depends on the base")
		}
	}
}

func TestSizeChangesOnTheWay(t *testing.T) {
	for _, codec := range codecs {
		e, d := newEncoder(t, Config{Codec: codec, Kbps: 600, now: still}), newDecoder(t, codec)
		at := uint32(0)
		for _, size := range [][2]int{{320, 180}, {640, 360}, {160, 90}, {641, 361}, {33, 17}, {16, 16}, {1, 1}, {2, 3}, {320, 180}} {
			for n := range 5 {
				picture := pattern(size[0], size[1], n)
				picture.Timestamp = at
				at += step
				out := encode(t, e, picture)
				if out.Key != (n == 0) || out.Width != size[0] {
					t.Errorf("%v %v: frame %d is key: %v", codec, size, n, out.Key)
				}
				f := decode(t, d, out.Data)
				if f.Width != size[0] || f.Height != size[1] || size[0] > 32 && psnr(picture, f) < 25 {
					t.Errorf("%v %v: %dx%d, %.1f dB", codec, size, f.Width, f.Height, psnr(picture, f))
				}
				f.Release()
			}
		}
	}
}

func TestEncoderRefuses(t *testing.T) {
	for _, c := range []Config{{Kbps: 1}, {Kbps: -1}, {Layers: 4}, {Threads: 17}, {Level: Levels + 1}, {Codec: 3}} {
		if _, err := NewEncoder(c); !errors.Is(err, ErrRange) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	e := newEncoder(t, Config{})
	short := pattern(64, 64, 0)
	short.V = short.V[:10]
	for _, f := range []*video.Frame{{}, {Width: 16384, Height: 16384}, short} {
		if _, err := e.Encode(f); err == nil {
			t.Errorf("a frame of %dx%d was taken", f.Width, f.Height)
		}
	}
	encode(t, e, pattern(64, 64, 1)) // it lives
	e.Close()
	e.Close()
	if _, err := e.Encode(pattern(64, 64, 2)); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := e.SetBitrate(100); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// TestExcessIsLeftOut gives an encoder what it can't code at its rate: the rate holds, and frames pay for it.
func TestExcessIsLeftOut(t *testing.T) {
	const kbps, frames = 60, 150
	noise := pattern(640, 360, 0)
	grain := uint32(1)
	for _, codec := range codecs {
		e := newEncoder(t, Config{Codec: codec, Kbps: kbps, now: still})
		bits, sent := 0, 0
		for n := range frames {
			for i := range noise.Y {
				grain = grain*1664525 + 1013904223
				noise.Y[i] = byte(grain >> 24)
			}
			noise.Timestamp = uint32(n) * step
			out, err := e.Encode(noise)
			if err != nil {
				t.Fatal(err)
			}
			if bits += 8 * len(out.Data); len(out.Data) > 0 {
				sent++
			}
		}
		s := e.Stats()
		t.Logf("%v: %d of %d frames, %d kbit in 5 s", codec, sent, frames, bits/1000)
		if s.LeftOut == 0 || int(s.LeftOut)+sent != frames || s.Frames != uint64(sent) || sent < 8 {
			t.Errorf("%v: %+v and %d sent", codec, s, sent)
		}
	}
}

func TestSteadyStreamAllocatesNothing(t *testing.T) {
	pictures := patterns(320, 180, 30)
	for _, codec := range codecs {
		e, d := newEncoder(t, Config{Codec: codec, now: still}), newDecoder(t, codec)
		n := 0
		once := func() {
			f := pictures[n%len(pictures)]
			f.Timestamp = uint32(n) * step
			n++
			out, err := e.Encode(f)
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.Decode(out.Data)
			if err != nil {
				t.Fatal(err)
			}
			got.Release()
		}
		for range 60 { // buffers grow
			once()
		}
		if allocs := testing.AllocsPerRun(60, once); allocs != 0 {
			t.Errorf("%v: %v allocations", codec, allocs)
		}
	}
}

// TestLevelReachesTheCodec lets a clock make frames slow: libvpx is told to work less, and does, with layers and without.
func TestLevelReachesTheCodec(t *testing.T) {
	pictures := patterns(320, 180, 40)
	for _, c := range []Config{{Layers: 1}, {Layers: 3}, {Codec: video.VP8}} {
		var at time.Time
		slow := false
		c.now = func() time.Time {
			if slow {
				at = at.Add(interval)
			}
			return at
		}
		e := newEncoder(t, c)
		c.Level = 3 // where it starts with so small a picture: level 2
		fixed := newEncoder(t, c)
		same := true
		for n, picture := range pictures {
			slow = n >= 10
			a, b := encode(t, e, picture), encode(t, fixed, picture)
			if equal := string(a.Data) == string(b.Data); n <= 10 && !equal {
				t.Fatalf("%+v: frame %d differs before any change", c, n)
			} else if !equal {
				same = false
			}
		}
		if s := e.Stats(); same || s.CPUUsed != cpuUsed[e.cfg.Codec][Levels-1] || fixed.Stats().CPUUsed == s.CPUUsed {
			t.Errorf("%+v: told %d, and the stream is the same: %v", c, s.CPUUsed, same)
		}
	}
}

func TestThreadsAndLevels(t *testing.T) {
	for _, c := range []struct{ w, h, processors, first, most int }{
		{1280, 720, 16, 1, 1}, {1920, 1080, 16, 1, 2}, {1920, 1080, 1, 1, 1}, {3840, 2160, 16, 4, 4}, {3840, 2160, 2, 2, 2}, {1, 1, 1, 1, 1},
	} {
		if first, most := threadsFor(c.w, c.h, c.processors); first != c.first || most != c.most {
			t.Errorf("%+v: %d threads, and %d", c, first, most)
		}
	}
	if bestLevel(160, 90) > bestLevel(640, 360) || bestLevel(640, 360) > bestLevel(1280, 720) {
		t.Error("the larger, the more work")
	}
}
