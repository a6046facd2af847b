package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"parley/bench/internal/picture"
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

// frameOf draws a picture of the pattern.
func frameOf(t *testing.T, width, height int, n uint32) *video.Frame {
	t.Helper()
	p, err := videotest.NewPattern(width, height, picture.Beeps)
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
