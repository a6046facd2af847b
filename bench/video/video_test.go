package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"parley/video"
	"parley/video/videotest"
	"parley/video/vp9"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestCount: a picture twice is one, what is outside of the time is none, and the ends of the time are looked at, too.
func TestCount(t *testing.T) {
	seen := []moment{{1, 90}, {2, 110}, {3, 140}, {3, 150}, {4, 400}, {5, 430}, {6, 460}, {7, 990}}
	got := count(seen, 100, 700)
	want := shown{Seconds: 0.6, Shown: 5, Freezes: 2, FrozenMS: 260 + 240, Longest: 260}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := count(nil, 0, 1000); got.Shown != 0 || got.Freezes != 1 || got.FrozenMS != 1000 {
		t.Errorf("nothing at all: %+v", got)
	}
}

// TestDelays pairs numbers that come again with their last capture, and refuses pictures that nobody captured.
func TestDelays(t *testing.T) {
	captured := []moment{{7, 0}, {8, 33}, {9, 66}, {7, 5000}, {8, 5033}}
	seen := []moment{{7, 5080}, {8, 5123}, {9, 176}}
	got, err := delays(captured, seen)
	if want := (delay{Median: 90, P95: 110, Pictures: 3}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if got, err := delays(captured, []moment{{7, 4990}, {8, 12}, {9, 176}}); err == nil {
		t.Errorf("two of three without a capture: %+v", got)
	}
	if _, err := delays(captured, nil); err == nil {
		t.Error("nothing was seen, and no error")
	}
}

// TestReadCounters takes the lines of the time that is asked for.
func TestReadCounters(t *testing.T) {
	path := write(t, "counters", "1 1000000 1280 720\n2 1033000 1280 720\n3 1066500 640 360\n-1 2000000 1280 720\n")
	seen, sizes, err := readCounters(path, 1033, 1500)
	if want := []moment{{2, 1033}, {3, 1066.5}}; err != nil || !reflect.DeepEqual(seen, want) || !reflect.DeepEqual(sizes, []string{"1280x720", "640x360"}) {
		t.Errorf("%v %v %v, want %v", seen, sizes, err, want)
	}
	if seen, _, err := readCounters(path, 1500, 3000); err != nil || !reflect.DeepEqual(seen, []moment{{unread, 2000}}) {
		t.Errorf("a picture without a number: %v %v", seen, err)
	}
	if _, _, err := readCounters(write(t, "counters", "1 x\n"), 0, 3000); err == nil {
		t.Error("what is no line: no error")
	}
}

func TestReadStats(t *testing.T) {
	path := write(t, "stats", `{"event":"stats","camera":{"epoch_us":2000},"peers":[{"picture":{"fps_shown":29}}]}
{"event":"stats","camera":{"epoch_us":1000000,"fps":30},"peers":[{"picture":{"fps_shown":30}}]}
{"event":"stats","camera":{"epoch_us":0},"peers":[]}
{"event":"sta`)
	s, err := readStats(path)
	if err != nil || s.Camera.FPS != 30 || !reflect.DeepEqual(s.picture(), map[string]any{"fps_shown": 30.0}) {
		t.Fatalf("%+v %v", s, err)
	}
	got := s.captured(1095, 1140)
	if len(got) != 3 || got[0] != (moment{2, 1000 + 2*1000.0/30}) || got[2].n != 4 {
		t.Errorf("captured: %v", got)
	}
	if _, err := readStats(write(t, "stats", `{"peers":[]}`)); err == nil {
		t.Error("no peer: no error")
	}
}

// frameOf draws a picture of the pattern.
func frameOf(t *testing.T, width, height int, n uint32) *video.Frame {
	t.Helper()
	p, err := videotest.NewPattern(width, height, beeps)
	must(t, err)
	f, err := new(video.Pool).Get(width, height)
	must(t, err)
	must(t, p.Draw(f, n))
	return f
}

// TestJudgeTakesLuma gives it pictures as a page does: a good one, a worse one, and some that are none.
func TestJudgeTakesLuma(t *testing.T) {
	j, err := newJudge(320, 180)
	must(t, err)
	post := func(query string, luma []byte) int {
		w := httptest.NewRecorder()
		j.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/luma?"+query, bytes.NewReader(luma)))
		return w.Code
	}
	f := frameOf(t, 320, 180, 77)
	query := fmt.Sprintf("width=320&height=180&stride=%d", f.YStride)
	if code := post(query, f.Y); code != http.StatusOK {
		t.Errorf("a good picture: %d", code)
	}
	for y := range f.Height {
		for x := range f.Width {
			f.Y[y*f.YStride+x] ^= 1 // off by one: 48.13 dB
		}
	}
	if code := post(query, f.Y); code != http.StatusOK {
		t.Errorf("another: %d", code)
	}
	if db, err := j.mean(); err != nil || db != 73.57 {
		t.Errorf("mean %v %v, want that of 99 and 48.13", db, err)
	}
	for what, query := range map[string]string{
		"half of it": "width=320&height=180&stride=640", "nothing": "", "another size": "width=160&height=90&stride=320", "a huge one": "width=99999&height=1&stride=1",
	} {
		if code := post(query, f.Y); code != http.StatusBadRequest {
			t.Errorf("%s: %d", what, code)
		}
	}
	if _, err := new(judge).mean(); err == nil {
		t.Error("nothing judged, and no error")
	}
}

// TestJudgeReadsIVF codes the pattern into a file and judges it from a picture on.
func TestJudgeReadsIVF(t *testing.T) {
	var file bytes.Buffer
	w, err := video.NewIVFWriter(&file, video.VP9, 320, 180)
	must(t, err)
	e, err := vp9.NewEncoder(vp9.Config{Kbps: 800})
	must(t, err)
	defer e.Close()
	for n := range uint32(20) {
		f := frameOf(t, 320, 180, n)
		f.Timestamp = n * 3000
		coded, err := e.Encode(f)
		must(t, err)
		must(t, w.Write(&coded))
	}
	path := write(t, "x.ivf", file.String()+"cut")
	j, err := newJudge(320, 180)
	must(t, err)
	must(t, j.ivf(path, 5))
	db, err := j.mean()
	if err != nil || len(j.db) != 15 || db < 30 || db > 60 {
		t.Errorf("%d pictures, %.1f dB, %v", len(j.db), db, err)
	}
	if err := j.ivf(write(t, "y.ivf", "DKIF and no more"), 0); err == nil {
		t.Error("no file: no error")
	}
}

// TestClip reads the file that is a browser's camera.
func TestClip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clip.y4m")
	must(t, writeClip(path, 64, 36))
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	r, err := video.NewY4MReader(f)
	must(t, err)
	got, err := new(video.Pool).Get(64, 36)
	must(t, err)
	for n := range uint32(512) {
		must(t, r.Read(got))
		if c, ok := videotest.ReadCounter(got); c != n || !ok {
			t.Fatalf("picture %d reads %d, %v", n, c, ok)
		}
	}
}
