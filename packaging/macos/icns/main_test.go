package main

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
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
	want := []string{"is32", "s8mk", "il32", "l8mk", "ic11", "ic12", "ic07", "ic08", "ic13", "ic09", "ic14"}
	if !slices.Equal(kinds, want) {
		t.Fatalf("%q, want %q", kinds, want)
	}
	small := map[string]string{"is32": "16", "il32": "32"}
	widths := map[string]int{"ic11": 32, "ic12": 64, "ic07": 128, "ic08": 256, "ic13": 256, "ic09": 512, "ic14": 512}
	for i, kind := range kinds {
		if file, ok := small[kind]; ok {
			shows(t, "../../../assets/icons/app/"+file+".png", unpack(t, pictures[i]), pictures[i+1])
		} else if want, ok := widths[kind]; ok {
			if m, err := png.Decode(bytes.NewReader(pictures[i])); err != nil || m.Bounds().Dx() != want || m.Bounds().Dy() != want {
				t.Errorf("%s: %v, want %d pixels", kind, err, want)
			}
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

// unpack is the other way of runs.
func unpack(t *testing.T, packed []byte) (out []byte) {
	t.Helper()
	for len(packed) > 0 {
		n := int(packed[0])
		switch {
		case n < 128 && len(packed) >= n+2:
			out, packed = append(out, packed[1:n+2]...), packed[n+2:]
		case n >= 128 && len(packed) >= 2:
			out, packed = append(out, bytes.Repeat(packed[1:2], n-125)...), packed[2:]
		default:
			t.Fatalf("cut off at %d", n)
		}
	}
	return out
}

// shows holds planes against the file that they were made of.
func shows(t *testing.T, file string, colours, mask []byte) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	if len(mask) != w*h || len(colours) != 3*w*h {
		t.Fatalf("%s: %d bytes of colours and %d of mask", file, len(colours), len(mask))
	}
	for i := range mask {
		got := color.NRGBA{colours[i], colours[w*h+i], colours[2*w*h+i], mask[i]}
		if want := color.NRGBAModel.Convert(m.At(i%w, i/w)); got != want {
			t.Fatalf("%s: pixel %d is %v, want %v", file, i, got, want)
		}
	}
}

func TestRuns(t *testing.T) {
	var mixed []byte
	for i := range 400 {
		mixed = append(mixed, bytes.Repeat([]byte{byte(i)}, i%7)...)
	}
	noRun := make([]byte, 300)
	for i := range noRun {
		noRun[i] = byte(i % 2)
	}
	nines := bytes.Repeat([]byte{9}, 1000)
	for _, data := range [][]byte{nil, {1}, {1, 1}, {1, 1, 1}, nines[:130], nines[:131], nines, noRun, mixed} {
		if packed := runs(data); !bytes.Equal(unpack(t, packed), data) {
			t.Errorf("%d bytes are not the same after %d", len(data), len(packed))
		}
	}
	if got := runs([]byte{7, 7, 7, 7, 1, 2, 2}); !bytes.Equal(got, []byte{129, 7, 2, 1, 2, 2}) {
		t.Errorf("%v", got)
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
