package main

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// entries takes an icon apart.
func entries(t *testing.T, icon []byte) (kinds []string, pictures [][]byte) {
	t.Helper()
	if len(icon) < 8 || string(icon[:4]) != "icns" || int(binary.BigEndian.Uint32(icon[4:])) != len(icon) {
		t.Fatalf("%d bytes that begin with %q", len(icon), icon[:min(8, len(icon))])
	}
	for rest := icon[8:]; len(rest) > 0; {
		if len(rest) < 8 {
			t.Fatalf("%d bytes too many", len(rest))
		}
		n := int(binary.BigEndian.Uint32(rest[4:]))
		if n <= 8 || n > len(rest) {
			t.Fatalf("%q has %d bytes of %d", rest[:4], n, len(rest))
		}
		kinds, pictures = append(kinds, string(rest[:4])), append(pictures, rest[8:n])
		rest = rest[n:]
	}
	return kinds, pictures
}

// The app's icon has every size that macOS asks for, up to 512 pixels.
func TestTheAppsIcon(t *testing.T) {
	files, err := filepath.Glob("../../../assets/icons/app/*.png")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	to := filepath.Join(t.TempDir(), "parley.icns")
	if err := run(append([]string{"-o", to}, files...)); err != nil {
		t.Fatal(err)
	}
	icon, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	kinds, pictures := entries(t, icon)
	if want := []string{"icp4", "icp5", "ic11", "ic12", "ic07", "ic08", "ic13", "ic09", "ic14"}; !slices.Equal(kinds, want) {
		t.Errorf("%q, want %q", kinds, want)
	}
	widths := map[string]int{"icp4": 16, "icp5": 32, "ic11": 32, "ic12": 64, "ic07": 128, "ic08": 256, "ic13": 256, "ic09": 512, "ic14": 512}
	for i, kind := range kinds {
		if m, err := png.Decode(bytes.NewReader(pictures[i])); err != nil || m.Bounds().Dx() != widths[kind] || m.Bounds().Dy() != widths[kind] {
			t.Errorf("%s: %v, want %d pixels", kind, err, widths[kind])
		}
	}
	slices.Reverse(files)
	if err := run(append([]string{"-o", to}, files...)); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(to); err != nil || !bytes.Equal(icon, again) {
		t.Errorf("another order of files makes another icon: %v", err)
	}
}

func TestPackRefuses(t *testing.T) {
	small := picture(t, 16, 16)
	for name, pictures := range map[string][][]byte{
		"nothing":         nil,
		"no size of it":   {picture(t, 24, 24)},
		"not square":      {picture(t, 16, 32)},
		"twice":           {small, small},
		"no picture":      {[]byte("icns")},
		"cut off":         {small[:20]},
		"a huge picture":  {append(slices.Clone(small), make([]byte, maxFile)...)},
		"an empty file":   {{}},
		"good and broken": {small, {1, 2, 3}},
	} {
		if icon, err := pack(pictures); err == nil {
			t.Errorf("%s: %d bytes", name, len(icon))
		}
	}
	if err := run(nil); err == nil {
		t.Error("no arguments")
	}
	if err := run([]string{"-o", filepath.Join(t.TempDir(), "x"), "missing.png"}); err == nil {
		t.Error("a file that is not there")
	}
}
