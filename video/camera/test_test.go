package camera

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/video"
	"parley/video/videotest"
)

// The counter follows the clock: it tells when its picture was taken, in any program of the machine, and is one more for each
// interval. Who comes late gets the newest.
func TestPatternFollowsTheClock(t *testing.T) {
	for _, id := range []string{"pattern", "Test picture", "pattern:641x359@24", "pattern:64x64@240"} {
		synctest.Test(t, func(t *testing.T) {
			<-time.After(12345678 * time.Microsecond) // the bubble's clock is at a round time
			c := New(Config{Test: true})
			s, format, err := c.Open(id, video.Format{Width: 320, Height: 240, FPS: 5})
			if err != nil {
				t.Fatal(err)
			}
			read := func() uint32 {
				f, err := s.Read()
				if err != nil {
					t.Fatal(err)
				}
				defer f.Release()
				n, ok := videotest.ReadCounter(f)
				if age := time.Since(f.Captured); !ok || f.Width != format.Width || f.Height != format.Height || age < 0 || age > time.Second/24 {
					t.Errorf("%s: %d %v, %dx%d, %v old", id, n, ok, f.Width, f.Height, age)
				}
				since := f.Captured.Sub(Epoch(time.Now())).Seconds() * format.FPS
				if want := uint32(math.Round(since)) & (1<<24 - 1); n != want || math.Abs(since-math.Round(since)) > 0.001 {
					t.Errorf("%s: the counter says %d, the clock %d", id, n, want)
				}
				return n
			}
			first := read()
			for i := range uint32(50) {
				if n := read(); n != first+1+i {
					t.Fatalf("%s: picture %d after %d", id, n, first+i)
				}
			}
			<-time.After(time.Second)
			if n := read(); n != first+50+uint32(format.FPS) {
				t.Errorf("%s: late by a second, %d, was %d", id, n, first+50)
			}
			s.Close()
			s.Close()
			if _, err := s.Read(); err != io.EOF {
				t.Error(err)
			}
		})
	}
}

// Epoch is the same for all who ask in a day, and a whole second.
func TestEpoch(t *testing.T) {
	want := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for _, d := range []time.Duration{0, 13*time.Hour + 123456789, 24*time.Hour - 1} {
		if e := Epoch(want.Add(d).In(time.FixedZone("", 3600))); !e.Equal(want) {
			t.Errorf("%v later: %v", d, e)
		}
	}
}

// write makes a file of pictures of the pattern.
func write(t *testing.T, name string, width, height, rate, count int) (path string, y4m []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := videotest.NewPattern(width, height, 0)
	if err != nil {
		t.Fatal(err)
	}
	w, err := video.NewY4MWriter(file, width, height, rate)
	if err != nil {
		t.Fatal(err)
	}
	var pool video.Pool
	for n := range count {
		f, _ := pool.Get(width, height)
		if err := errors.Join(p.Draw(f, uint32(n)), w.Write(f)); err != nil {
			t.Fatal(err)
		}
		f.Release()
	}
	if err := errors.Join(w.Flush(), file.Close()); err != nil {
		t.Fatal(err)
	}
	if y4m, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return path, y4m
}

// headers takes the text out of a Y4M file, so that raw pictures are left.
func headers(t *testing.T, y4m []byte) string {
	t.Helper()
	_, rest, _ := strings.Cut(string(y4m), "\n")
	return strings.ReplaceAll(rest, "FRAME\n", "")
}

func TestFilesAreLooped(t *testing.T) {
	path, data := write(t, "clip.y4m", 322, 241, 25, 4)
	rawPath := filepath.Join(t.TempDir(), "with:colon.yuv")
	if err := os.WriteFile(rawPath, []byte(headers(t, data)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"file:" + path, "i420:" + rawPath + ":322x241@25"} {
		synctest.Test(t, func(t *testing.T) {
			c := New(Config{})
			if err := c.Check(id); err != nil {
				t.Fatal(err)
			}
			s, format, err := c.Open(id, standard)
			if err != nil || format != (video.Format{Width: 322, Height: 241, FPS: 25}) {
				t.Fatalf("%s: %+v, %v", id, format, err)
			}
			counter(t, s)
			start := time.Now()
			for n := range uint32(10) {
				if got := counter(t, s); got != (n+1)%4 {
					t.Errorf("%s: picture %d, want %d", id, got, (n+1)%4)
				}
			}
			if d := time.Since(start); d != 400*time.Millisecond {
				t.Errorf("%s: ten pictures in %v", id, d)
			}
			<-time.After(100 * time.Millisecond) // two and a half pictures
			if got := counter(t, s); got != (10+2)%4 {
				t.Errorf("%s: late, picture %d", id, got)
			}
			s.Close()
			if _, err := s.Read(); err != io.EOF {
				t.Error(err)
			}
		})
	}
}

// A name that is no camera's is refused with a reason, by Check as by Open; so are files that are not what they say, of which
// the second picture shows it only when it is read.
func TestRefusals(t *testing.T) {
	good, data := write(t, "good.y4m", 64, 48, 25, 2)
	put := func(name string, data []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	lie := func(from, to string) []byte { return []byte(strings.Replace(string(data), from, to, 1)) }
	c := New(Config{Test: true})
	for id, want := range map[string]error{
		"nonsense": video.ErrNoCamera, "": video.ErrNoCamera, "pattern:": errFormat, "pattern:0x0@30": errFormat, "pattern:-1x5@30": errFormat, "pattern:640x360": errFormat,
		"pattern:640x360@0": errFormat, "pattern:640x360@1000": errFormat, "pattern:16384x16384@30": errFormat, "pattern:axb@c": errFormat, "pattern:1e3x360@30": errFormat,
		"file:": os.ErrNotExist, "file:/nowhere": os.ErrNotExist, "file:" + t.TempDir(): nil, "i420:": errFormat, "i420:/nowhere": errFormat,
		"i420:" + good + ":64x48@25": video.ErrFile, "i420:/nowhere:64x48@25": os.ErrNotExist,
		"file:" + put("empty.y4m", nil):                                        video.ErrFile,
		"file:" + put("text.y4m", []byte("hello\n")):                           video.ErrFile,
		"file:" + put("larger.y4m", lie("W64 H48", "W640 H480")):               video.ErrFile,
		"file:" + put("smaller.y4m", lie("W64", "W62")):                        video.ErrFile,
		"file:" + put("huge.y4m", lie("W64 H48", "W999999999 H999999999")):     video.ErrFile,
		"file:" + put("zero.y4m", lie("W64", "W0")):                            video.ErrFile,
		"file:" + put("cut.y4m", data[:len(data)/3]):                           video.ErrFile,
		"file:" + put("garbage.y4m", []byte(strings.Repeat("\x00\xff", 9999))): video.ErrFile,
	} {
		s, _, err := c.Open(id, standard)
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", id, err, want)
		}
		if s != nil {
			t.Errorf("%q: a source besides", id)
		}
		if check := c.Check(id); fmt.Sprint(check) != fmt.Sprint(err) {
			t.Errorf("%q: Open says %v, Check %v", id, err, check)
		}
	}
	for _, id := range []string{"pattern", "pattern:1x1@1", "pattern:1920x1080@240", "file:" + good} {
		if err := c.Check(id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s, _, err := c.Open("file:"+put("late.y4m", data[:len(data)-9]), standard)
		if err != nil {
			t.Fatal(err)
		}
		counterless, err := s.Read()
		if err != nil {
			t.Fatal(err)
		}
		counterless.Release()
		if _, err := s.Read(); !errors.Is(err, video.ErrFile) {
			t.Error("the second picture is cut short:", err)
		}
		s.Close()
	})
}

// A steady stream of test pictures allocates next to nothing.
func TestPatternAllocations(t *testing.T) {
	s, _, err := New(Config{}).Open("pattern:64x64@240", standard)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n := testing.AllocsPerRun(20, func() {
		f, err := s.Read()
		if err != nil {
			t.Fatal(err)
		}
		f.Release()
	}); n > 4 { // the timer
		t.Errorf("%v for a picture", n)
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"pattern:640x360@30", "i420:a:b:2x2@9", "file:x", ":::@x", "pattern:999999999999999999999x1@1"} {
		f.Add(s)
	}
	c := New(Config{})
	f.Fuzz(func(t *testing.T, id string) {
		got, ok, err := c.test(id)
		if ok && err == nil && got.kind != y4m && (video.CheckSize(got.format.Width, got.format.Height) != nil || got.format.FPS < 1 || got.format.FPS > maxRate) {
			t.Errorf("%q: %+v", id, got)
		}
	})
}
