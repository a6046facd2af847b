package lab

import (
	"os"
	"path/filepath"
	"testing"

	"parley/video"
	"parley/video/videotest"
)

// TestClip reads the file that is a browser's camera.
func TestClip(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "clip.y4m")
	must(WriteClip(path, 64, 36, 30, 30))
	f, err := os.Open(path)
	must(err)
	defer f.Close()
	r, err := video.NewY4MReader(f)
	must(err)
	got, err := new(video.Pool).Get(64, 36)
	must(err)
	for n := range uint32(ClipPictures) {
		must(r.Read(got))
		if c, ok := videotest.ReadCounter(got); c != n || !ok {
			t.Fatalf("picture %d reads %d, %v", n, c, ok)
		}
	}
}
