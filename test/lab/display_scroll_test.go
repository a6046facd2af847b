package lab

import (
	"bytes"
	"context"
	"image"
	"testing"
	"time"
)

// TestScroll: the text goes up by even numbers of rows, the other part moves, the rest stands still, and when it is stopped nothing of
// it is left.
func TestScroll(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	const width, height = 1280, 720
	d, err := StartDisplay(ctx, width, height, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	empty, err := d.Image(d.Bounds())
	if err != nil {
		t.Fatal(err)
	}
	stop, err := d.Scroll()
	if err != nil {
		t.Fatal(err)
	}
	text, rest := image.Rect(0, 0, width/2, height), image.Rect(width/2, 0, width, 100)
	first, err := d.Image(d.Bounds())
	if err != nil {
		t.Fatal(err)
	}
	rows := func(m *image.RGBA, r image.Rectangle) (all []byte) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			all = append(all, m.Pix[m.PixOffset(r.Min.X, y):m.PixOffset(r.Max.X, y)]...)
		}
		return all
	}
	top := image.Rect(0, 0, text.Dx(), 200)
	gone := rows(first, top.Add(image.Pt(0, 300)))
	second, err := d.WaitFor(ctx, d.Bounds(), func(m *image.RGBA) bool {
		for up := scrollStep; up <= 300; up += scrollStep {
			if bytes.Equal(rows(m, top.Add(image.Pt(0, 300-up))), gone) {
				return true
			}
		}
		return false
	})
	if err != nil {
		t.Fatalf("the text is not found further up: %v", err)
	}
	if part := image.Rect(width/2+100, 300, width-100, 400); bytes.Equal(rows(first, part), rows(second, part)) {
		t.Error("nothing moves on the right")
	}
	if !bytes.Equal(rows(first, rest), rows(second, rest)) {
		t.Error("what is to stand still does not")
	}
	stop()
	if _, err := d.WaitFor(ctx, d.Bounds(), func(m *image.RGBA) bool { return bytes.Equal(m.Pix, empty.Pix) }); err != nil {
		t.Errorf("something is left: %v", err)
	}
}
