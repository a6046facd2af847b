package video

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// noise is a picture of a size with bytes that tell it from others.
func noise(t *testing.T, pool *Pool, width, height, n int) *Frame {
	f, err := pool.Get(width, height)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(uint64(n), 0))
	for _, plane := range [][]byte{f.Y, f.U, f.V} {
		for i := range plane {
			plane[i] = byte(r.Uint32())
		}
	}
	return f
}

// samePicture compares what is seen, not what stands behind the rows.
func samePicture(a, b *Frame) bool {
	return bytes.Equal(raw(a), raw(b))
}

func raw(f *Frame) []byte {
	var b []byte
	cw, ch := f.ChromaSize()
	for y := range f.Height {
		b = append(b, f.Y[y*f.YStride:][:f.Width]...)
	}
	for _, plane := range [][]byte{f.U, f.V} {
		for y := range ch {
			b = append(b, plane[y*f.CStride:][:cw]...)
		}
	}
	return b
}

func TestFilesRoundTrip(t *testing.T) {
	var pool Pool
	for _, size := range [][2]int{{1, 1}, {5, 3}, {64, 48}, {641, 359}} {
		var y4m, i420 bytes.Buffer
		w, err := NewY4MWriter(&y4m, size[0], size[1], 25)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			f := noise(t, &pool, size[0], size[1], n)
			if err := w.Write(f); err != nil {
				t.Fatal(err)
			}
			i420.Write(raw(f))
			f.Release()
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		a, err := NewY4MReader(bytes.NewReader(y4m.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewI420Reader(bytes.NewReader(i420.Bytes()), size[0], size[1], 25)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []*FileReader{a, b} {
			if w, h := r.Size(); w != size[0] || h != size[1] || r.At(50) != 2*time.Second {
				t.Errorf("%dx%d, picture 50 at %v", w, h, r.At(50))
			}
			for range 2 { // again after the end
				f, _ := pool.Get(size[0], size[1])
				for n := range 3 {
					if err := r.Read(f); err != nil || !samePicture(f, noise(t, &pool, size[0], size[1], n)) {
						t.Fatalf("%v: picture %d: %v", size, n, err)
					}
				}
				if err := r.Read(f); err != io.EOF {
					t.Errorf("at the end: %v", err)
				}
				if err := r.Rewind(); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.Read(&Frame{Width: 2, Height: 2}); !errors.Is(err, ErrSize) {
				t.Error("a frame of another size:", err)
			}
		}
	}
}

func TestFilesThatLie(t *testing.T) {
	one := "FRAME\n" + strings.Repeat("x", 6)
	for name, c := range map[string]struct{ file, says string }{
		"nothing":           {"", "empty"},
		"no Y4M":            {"RIFF1234\n", "begin"},
		"no end":            {strings.Repeat("Y", 10000), "without an end"},
		"no newline":        {"YUV4MPEG2 W2 H2", "without an end"},
		"no picture":        {"YUV4MPEG2 W2 H2\n", "no picture"},
		"no size":           {"YUV4MPEG2 F30:1\n" + one, "0x0"},
		"huge":              {"YUV4MPEG2 W16384 H16384\n" + one, "16384x16384"},
		"a number as large": {"YUV4MPEG2 W99999999999999999999 H2\n" + one, "W\"9999"},
		"negative":          {"YUV4MPEG2 W-2 H2\n" + one, "-2x2"},
		"larger":            {"YUV4MPEG2 W4 H2\n" + one + one, "says that its pictures are 4x2"},
		"smaller":           {"YUV4MPEG2 W2 H1\n" + one + one, "says that its pictures are 2x1"},
		"cut":               {"YUV4MPEG2 W2 H2\nFRAME\nxxx", "cut short"},
		"other words":       {"YUV4MPEG2 W2 H2\nFRAMED\nxxxxxx", "2x2"},
		"4:4:4":             {"YUV4MPEG2 W2 H2 C444\n" + one, "4:2:0"},
		"10 bits":           {"YUV4MPEG2 W2 H2 C420p10\n" + one, "4:2:0"},
		"interlaced":        {"YUV4MPEG2 W2 H2 It\n" + one, "interlaced"},
		"no rate":           {"YUV4MPEG2 W2 H2 F0:0\n" + one, "F\"0:0\""},
		"too fast":          {"YUV4MPEG2 W2 H2 F1000000:1\n" + one, "F\"10"},
		"too slow":          {"YUV4MPEG2 W2 H2 F1:1000\n" + one, "F\"1:"},
	} {
		_, err := NewY4MReader(strings.NewReader(c.file))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The third picture is cut: that shows when it is read.
	r, err := NewY4MReader(strings.NewReader("YUV4MPEG2 W2 H2 F30000:1001 C420mpeg2 XSOMETHING\n" + one + one + "FRAME I\nxxx"))
	if err != nil {
		t.Fatal(err)
	}
	f, _ := new(Pool).Get(2, 2)
	for range 2 {
		if err := r.Read(f); err != nil {
			t.Error(err)
		}
	}
	if err := r.Read(f); !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), "picture 2") {
		t.Error(err)
	}
	for _, size := range []int{0, 5, 7} {
		if _, err := NewI420Reader(bytes.NewReader(make([]byte, size)), 2, 2, 30); !errors.Is(err, ErrFile) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if _, err := NewI420Reader(bytes.NewReader(make([]byte, 6)), 16384, 16384, 30); !errors.Is(err, ErrSize) {
		t.Error(err)
	}
	if _, err := NewI420Reader(bytes.NewReader(make([]byte, 6)), 2, 2, 0); !errors.Is(err, ErrFile) {
		t.Error(err)
	}
}

func TestY4MWriterRefuses(t *testing.T) {
	var out bytes.Buffer
	w, _ := NewY4MWriter(&out, 4, 4, 30)
	for _, f := range []*Frame{{Width: 4, Height: 4}, noise(t, new(Pool), 6, 4, 0)} {
		if err := w.Write(f); err == nil {
			t.Error("taken")
		}
	}
	w, err := NewY4MWriter(broken{}, 640, 480, 30)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(noise(t, new(Pool), 640, 480, 0)), w.Flush()); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
	if _, err := NewY4MWriter(&out, 0, 4, 30); !errors.Is(err, ErrSize) {
		t.Error(err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestIVF(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "a.ivf"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := NewIVFWriter(file, VP9, 1280, 720)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []Encoded{
		{Data: []byte{9}, Timestamp: 0xffffe000},
		{Data: []byte{1, 2}, Key: true, Timestamp: 0xfffff000},
		{Data: []byte{3}, Timestamp: 0x1000}, // it wrapped
	} {
		if err := w.Write(&e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	if len(b) != 32+12+2+12+1 || string(b[:4]) != "DKIF" || string(b[8:12]) != "VP90" || le.Uint16(b[12:]) != 1280 ||
		le.Uint16(b[14:]) != 720 || le.Uint32(b[16:]) != ClockRate || le.Uint32(b[20:]) != 1 || le.Uint32(b[24:]) != 2 {
		t.Errorf("header %x", b[:32])
	}
	if le.Uint32(b[32:]) != 2 || le.Uint64(b[36:]) != 0 || b[44] != 1 || le.Uint64(b[50:]) != 0x2000 || b[58] != 3 {
		t.Errorf("pictures %x", b[32:])
	}
	if _, err := NewIVFWriter(file, 0, 1, 1); err == nil {
		t.Error("a file of no codec")
	}
}

func FuzzY4M(f *testing.F) {
	f.Add([]byte("YUV4MPEG2 W2 H2 F30:1 Ip C420jpeg\nFRAME\nxxxxxxFRAME\nxxxxxx"))
	f.Add([]byte("YUV4MPEG2 W4096 H2304\nFRAME\nxxx"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewY4MReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		w, h := r.Size()
		frame, err := new(Pool).Get(w, h)
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; r.Read(frame) == nil; n++ {
			if n > len(b) {
				t.Fatal("more pictures than bytes")
			}
		}
	})
}
