package main

import (
	"bytes"
	"image"
	"image/color"
	"testing"
)

func TestBMP(t *testing.T) {
	p := image.NewRGBA(image.Rect(0, 0, 2, 2))
	p.SetRGBA(0, 0, color.RGBA{1, 2, 3, 255})
	p.SetRGBA(1, 1, color.RGBA{4, 5, 6, 255})
	got := bmp(p)
	want := []byte{0, 0, 0, 6, 5, 4, 0, 0 /**/, 3, 2, 1, 0, 0, 0, 0, 0}
	if len(got) != 54+16 || string(got[:2]) != "BM" || int(got[2]) != len(got) || !bytes.Equal(got[54:], want) {
		t.Errorf("%v", got)
	}
}

// The icon stands on its own colour: there is no edge to be seen.
func TestPicture(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"../../../assets/icons/app/128.png"}, &out); err != nil {
		t.Fatal(err)
	}
	if want := 54 + height*((3*width+3)/4*4); out.Len() != want {
		t.Errorf("%d octets instead of %d", out.Len(), want)
	}
	if err := run([]string{"main.go"}, &out); err == nil {
		t.Error("a text was an icon")
	}
	if err := run(nil, &out); err == nil {
		t.Error("nothing was an icon")
	}
}
