package lab

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"parley/video"
	"parley/video/videotest"
)

// TestNumberOnAScreen reads a number out of that part of a screen which is grabbed for it, and in a mirror.
func TestNumberOnAScreen(t *testing.T) {
	const n = 0xabcde
	p, err := videotest.NewPattern(688, 387, 0)
	if err != nil {
		t.Fatal(err)
	}
	f, err := new(video.Pool).Get(688, 387)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Draw(f, n); err != nil {
		t.Fatal(err)
	}
	place := image.Rect(300, 200, 988, 587)
	for _, mirrored := range []bool{false, true} {
		screen := image.NewRGBA(image.Rect(0, 0, 1280, 800))
		for y := range f.Height {
			for x := range f.Width {
				v, at := f.Y[y*f.YStride+x], x
				if mirrored {
					at = f.Width - 1 - x
				}
				screen.SetRGBA(place.Min.X+at, place.Min.Y+y, color.RGBA{v, v, v, 255})
			}
		}
		grabbed, _ := screen.SubImage(numberIn(place)).(*image.RGBA)
		if got, ok := videotest.ReadCounterImage(part{grabbed, place, mirrored}, place); got != n || !ok {
			t.Errorf("mirrored %v: %#x %v", mirrored, got, ok)
		}
		if got, ok := videotest.ReadCounterImage(part{grabbed, place, !mirrored}, place); ok {
			t.Errorf("mirrored %v reads %#x the other way", mirrored, got)
		}
	}
}

func TestReadPictures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shown")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("7 1000000 1280 720 ana camera\n-1 1033333 640 360\n9 10666")
	got, err := ReadPictures(path)
	want := []Picture{
		{7, time.UnixMicro(1000000), 1280, 720, "ana", "camera"},
		{Number: -1, At: time.UnixMicro(1033333), Width: 640, Height: 360},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %v, want %v", got, err, want)
	}
	write("7 x 1280 720\n")
	if got, err := ReadPictures(path); err == nil {
		t.Errorf("what is no line: %v", got)
	}
	if _, err := ReadPictures(path + "?"); err == nil {
		t.Error("no file: no error")
	}
}
