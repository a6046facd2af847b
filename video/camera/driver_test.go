package camera

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/frame"
	media "github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"

	"parley/video"
	"parley/video/videotest"
)

// fake is a camera that is registered with mediadevices as its own are, with the pattern before its lens. All that it gives
// stands in one buffer, which it writes anew for each picture: the memory is lent.
type fake struct {
	label, name  string
	offers       []prop.Media
	openErr      error
	recordErr    error
	damage       func(n int, data []byte) ([]byte, error) // what becomes of picture n on its way
	hangs        bool                                     // Close waits for ever
	opens, reads atomic.Int32
	running      atomic.Bool
	quit         chan struct{}
	data         []byte
}

func offer(format frame.Format, w, h int, fps float32) prop.Media {
	return prop.Media{Video: prop.Video{Width: w, Height: h, FrameRate: fps, FrameFormat: format}}
}

// plug registers the camera; the returned function pulls it out.
func plug(t *testing.T, f *fake) (pull func()) {
	t.Helper()
	m := driver.GetManager()
	before := m.Query(isCamera)
	if err := m.Register(f, driver.Info{Label: f.label, Name: f.name, DeviceType: driver.Camera}); err != nil {
		t.Fatal(err)
	}
	pull = func() {
		for _, d := range m.Query(isCamera) {
			if !slices.Contains(before, d) && d.Info().Label == f.label {
				m.Delete(d.ID())
			}
		}
	}
	t.Cleanup(pull)
	return pull
}

func (f *fake) Open() error {
	f.opens.Add(1)
	f.quit = make(chan struct{})
	return f.openErr
}

func (f *fake) Close() error {
	if f.hangs && f.running.Load() {
		select {}
	}
	f.running.Store(false)
	close(f.quit)
	return nil
}

func (f *fake) Properties() []prop.Media { return f.offers }

func (f *fake) VideoRecord(p prop.Media) (media.Reader, error) {
	if f.recordErr != nil {
		return nil, f.recordErr
	}
	decoder, err := frame.NewDecoder(p.FrameFormat)
	if err != nil {
		return nil, err
	}
	pattern, err := videotest.NewPattern(p.Width, p.Height, 0)
	if err != nil {
		return nil, err
	}
	f.running.Store(true)
	tick := time.NewTicker(time.Duration(float32(time.Second) / p.FrameRate))
	return media.ReaderFunc(func() (image.Image, func(), error) {
		select {
		case <-f.quit:
			return nil, func() {}, io.EOF
		case <-tick.C:
		}
		n := int(f.reads.Add(1))
		data := coded(pattern, uint32(n), p.FrameFormat)
		if f.damage != nil {
			if data, err = f.damage(n, data); err != nil {
				return nil, func() {}, err
			}
		}
		f.data = append(f.data[:0], data...)
		return decoder.Decode(f.data, p.Width, p.Height)
	}), nil
}

// coded is picture n as a camera sends it.
func coded(pattern *videotest.Pattern, n uint32, format frame.Format) (data []byte) {
	w, h := pattern.Size()
	f, err := new(video.Pool).Get(w, h)
	if err == nil {
		err = pattern.Draw(f, n)
	}
	if err != nil {
		panic(err)
	}
	cw, ch := f.ChromaSize()
	switch format {
	case frame.FormatYUYV:
		for y := range h {
			for x := range cw {
				data = append(data, f.Y[y*f.YStride+2*x], f.U[y/2*f.CStride+x], f.Y[y*f.YStride+2*x+1], f.V[y/2*f.CStride+x])
			}
		}
		return data
	case frame.FormatMJPEG:
		m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
		copyRows(m.Y, m.YStride, f.Y, f.YStride, w, h)
		copyRows(m.Cb, m.CStride, f.U, f.CStride, cw, ch)
		copyRows(m.Cr, m.CStride, f.V, f.CStride, cw, ch)
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, nil); err != nil {
			panic(err)
		}
		return b.Bytes()
	}
	for y := range h {
		data = append(data, f.Y[y*f.YStride:][:w]...)
	}
	for y := range ch {
		for x := range cw { // NV12
			data = append(data, f.U[y*f.CStride+x], f.V[y*f.CStride+x])
		}
	}
	return data
}

func counter(t *testing.T, s video.Source) uint32 {
	t.Helper()
	f, err := s.Read()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Release()
	if f.Captured.IsZero() {
		t.Error("nobody knows when it was taken")
	}
	n, ok := videotest.ReadCounter(f)
	if !ok {
		t.Fatalf("a %dx%d picture without a counter", f.Width, f.Height)
	}
	return n
}

// Pictures of every format come whole, in order, and stay what they are while the driver writes the next.
func TestPicturesOfACamera(t *testing.T) {
	for _, format := range []frame.Format{frame.FormatYUYV, frame.FormatNV12, frame.FormatMJPEG} {
		t.Run(string(format), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{label: "fake;video7", name: "Fake;usb-1", offers: []prop.Media{offer(format, 160, 120, 15), offer(format, 320, 180, 30)}}
				plug(t, f)
				c := New(Config{})
				s, agreed, err := c.Open("fake", video.Format{Width: 1280, Height: 720, FPS: 30})
				if err != nil {
					t.Fatal(err)
				}
				if (agreed != video.Format{Width: 320, Height: 180, FPS: 30}) {
					t.Errorf("agreed to %+v", agreed)
				}
				if _, _, err := c.Open("Fake", video.Format{}); !errors.Is(err, video.ErrCameraBusy) {
					t.Error("opened twice:", err)
				}
				first, err := s.Read()
				if err != nil {
					t.Fatal(err)
				}
				for want := uint32(2); want < 6; want++ {
					if n := counter(t, s); n != want {
						t.Errorf("picture %d, want %d", n, want)
					}
				}
				if n, ok := videotest.ReadCounter(first); n != 1 || !ok {
					t.Error("the first picture has changed")
				}
				first.Release()
				s.Close()
				s.Close()
				if _, err := s.Read(); err != io.EOF {
					t.Error("after Close:", err)
				}
				if f.running.Load() {
					t.Error("the camera is still on")
				}
				again, _, err := c.Open("", video.Format{})
				if err != nil {
					t.Fatal("opened again:", err)
				}
				counter(t, again)
				again.Close()
			})
		})
	}
}

// Levels: a JPEG's white is 255 and video's is 235; all else is left as it is.
func TestLevels(t *testing.T) {
	m := image.NewYCbCr(image.Rect(0, 0, 4, 4), image.YCbCrSubsampleRatio422)
	for i := range m.Y {
		m.Y[i] = []byte{0, 255}[i%2]
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = 0, 255
	}
	var pool video.Pool
	f, err := convert(&pool, m, true)
	if err != nil || f.Y[0] != 16 || f.Y[1] != 235 || f.U[0] != 16 || f.V[0] != 239 {
		t.Errorf("%d %d %d %d, %v", f.Y[0], f.Y[1], f.U[0], f.V[0], err)
	}
	if f, err = convert(&pool, m, false); err != nil || f.Y[1] != 255 || f.U[0] != 0 || f.V[0] != 255 {
		t.Errorf("%d %d %d, %v", f.Y[1], f.U[0], f.V[0], err)
	}
}

// Every kind of chroma becomes that of the same scene, odd sizes too; what lies is refused.
func TestConvert(t *testing.T) {
	var pool video.Pool
	for _, r := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		for _, size := range []image.Point{{64, 48}, {65, 49}, {1, 1}} {
			m := image.NewYCbCr(image.Rectangle{Max: size}, r)
			for y := range size.Y { // a slope across and down
				for x := range size.X {
					m.Y[m.YOffset(x, y)] = byte(x + y)
					m.Cb[m.COffset(x, y)], m.Cr[m.COffset(x, y)] = byte(2*x), byte(2*y)
				}
			}
			f, err := convert(&pool, m, false)
			if err != nil {
				t.Fatalf("%v %v: %v", r, size, err)
			}
			for y := range size.Y {
				for x := range size.X {
					u, v := int(f.U[y/2*f.CStride+x/2]), int(f.V[y/2*f.CStride+x/2])
					if int(f.Y[y*f.YStride+x]) != x+y || u < 2*x-6 || u > 2*x+6 || v < 2*y-4 || v > 2*y+4 {
						t.Fatalf("%v %v: at %d,%d %d %d %d", r, size, x, y, f.Y[y*f.YStride+x], u, v)
					}
				}
			}
			f.Release()
			m.Cr = m.Cr[:len(m.Cr)-1]
			if _, err := convert(&pool, m, false); !errors.Is(err, errPicture) {
				t.Errorf("%v %v, cut short: %v", r, size, err)
			}
		}
	}
	gray := image.NewGray(image.Rect(0, 0, 3, 3))
	gray.Pix[4] = 77
	if f, err := convert(&pool, gray, false); err != nil || f.Y[f.YStride+1] != 77 || f.U[0] != 128 {
		t.Error("gray:", err)
	}
	for _, m := range []image.Image{nil, image.NewYCbCr(image.Rect(0, 0, 0, 4), image.YCbCrSubsampleRatio420), image.NewNRGBA(image.Rect(0, 0, 2, 2)),
		&image.YCbCr{Rect: image.Rect(0, 0, 9000, 9000)}, &image.YCbCr{Rect: image.Rect(0, 0, 8, 8), YStride: 8, CStride: 4}, image.NewYCbCr(image.Rect(1, 1, 4, 4), image.YCbCrSubsampleRatio420)} {
		if _, err := convert(&pool, m, true); err == nil {
			t.Errorf("%T was taken", m)
		}
	}
}

func TestNearest(t *testing.T) {
	usb := []prop.Media{ // a usual one on USB 2
		offer(frame.FormatYUYV, 640, 480, 30), offer(frame.FormatYUYV, 1280, 720, 10), offer(frame.FormatYUYV, 1920, 1080, 5),
		offer(frame.FormatMJPEG, 640, 480, 30), offer(frame.FormatMJPEG, 1280, 720, 30), offer(frame.FormatMJPEG, 1920, 1080, 30),
	}
	for _, tt := range []struct {
		name   string
		offers []prop.Media
		want   video.Format
		got    prop.Media
	}{
		{"720p of a usual camera", usb, standard, usb[4]},
		{"nothing said", usb, video.Format{}, usb[4]},
		{"small", usb, video.Format{Width: 320, Height: 180, FPS: 30}, usb[0]},
		{"large", usb, video.Format{Width: 3840, Height: 2160, FPS: 30}, usb[5]},
		{"without JPEG", usb[:3], standard, usb[0]},
		{"rates above", []prop.Media{offer(frame.FormatYUYV, 1280, 720, 60), offer(frame.FormatYUYV, 1280, 720, 30)}, standard, offer(frame.FormatYUYV, 1280, 720, 30)},
		{"no rate told", []prop.Media{offer(frame.FormatNV12, 1280, 720, 0), usb[0]}, standard, offer(frame.FormatNV12, 1280, 720, 0)},
		{"a depth camera, an odd size, a huge one, none", []prop.Media{
			offer(frame.FormatZ16, 1280, 720, 30), offer(frame.FormatYUYV, 1281, 720, 30), offer(frame.FormatI420, 16384, 16384, 30), offer(frame.FormatI420, 0, 0, 30),
			offer(frame.FormatI420, 160, 120, 30),
		}, standard, offer(frame.FormatI420, 160, 120, 30)},
	} {
		if got, ok := nearest(tt.offers, tt.want); got != tt.got || !ok {
			t.Errorf("%s: %v %v", tt.name, got.Video, ok)
		}
	}
	if _, ok := nearest(usb[:0], standard); ok {
		t.Error("out of nothing")
	}
}

// What is plugged in is listed before the test picture, under a name that can be shown, and gone when it is pulled out.
func TestHotPlug(t *testing.T) {
	c := New(Config{Test: true})
	ids := func() (all []string) {
		for _, d := range c.List() {
			all = append(all, d.ID)
		}
		return all
	}
	nothing := ids()
	if len(nothing) == 0 || nothing[len(nothing)-1] != "pattern" {
		t.Fatalf("at first: %q", nothing)
	}
	evil := "Cam\x1b[2J\u202eera\n\xff " + strings.Repeat("x", 500)
	pull := plug(t, &fake{label: "zz-good;video0", name: evil + ";usb", offers: []prop.Media{offer(frame.FormatYUYV, 640, 480, 30)}})
	plug(t, &fake{label: "zz-metadata", name: "Fake"})                                                                                // offers nothing
	plug(t, &fake{label: "zz-codec", openErr: errors.New("Not a video capture device")})                                              // no camera
	plug(t, &fake{label: "zz-locked", openErr: fmt.Errorf("open: %w", syscall.EACCES), offers: []prop.Media{offer("YUYV", 2, 2, 1)}}) // not for us
	if got, want := ids(), slices.Concat(nothing[:len(nothing)-1], []string{"zz-good", "zz-locked", "pattern"}); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	d, err := c.find("zz-good")
	if err != nil || !utf8.ValidString(d.Name) || utf8.RuneCountInString(d.Name) > maxName || strings.ContainsAny(d.Name, "\x1b\n\u202e") || !strings.HasPrefix(d.Name, "Cam") {
		t.Errorf("%q, %v", d.Name, err)
	}
	if _, _, err := c.Open("zz-locked", standard); !errors.Is(err, syscall.EACCES) {
		t.Error("a camera of somebody else:", err)
	}
	twin := plug(t, &fake{label: "zz-twin;video1", name: evil + ";usb", offers: []prop.Media{offer(frame.FormatYUYV, 640, 480, 30)}})
	if two, err := c.find("zz-twin"); err != nil || two.Name != d.Name+" (2)" {
		t.Errorf("two of one name: %q, %v", two.Name, err)
	}
	twin()
	pull()
	if slices.Contains(ids(), "zz-good") {
		t.Error("it is still there")
	}
	if _, _, err := c.Open("zz-good", standard); !errors.Is(err, video.ErrNoCamera) {
		t.Error("opened what is gone:", err)
	}
}

func TestBusy(t *testing.T) {
	for i, f := range []*fake{
		{openErr: fmt.Errorf("open: %w", syscall.EBUSY)},
		{recordErr: syscall.EBUSY},
		{recordErr: errors.New("Failed to map request buffers: " + syscall.EBUSY.Error())},
	} {
		f.label = fmt.Sprint("busy", i)
		f.offers = []prop.Media{offer(frame.FormatYUYV, 640, 480, 30)}
		plug(t, f)
		c := New(Config{})
		if _, _, err := c.Open(f.label, standard); !errors.Is(err, video.ErrCameraBusy) {
			t.Errorf("%d: %v", i, err)
		}
		f.openErr, f.recordErr = nil, nil // the other program has ended
		s, _, err := c.Open(f.label, standard)
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		s.Close()
	}
	none := &fake{label: "depth", offers: []prop.Media{offer(frame.FormatZ16, 640, 480, 30)}}
	plug(t, none)
	if _, _, err := New(Config{}).Open("depth", standard); !errors.Is(err, errGivesNone) {
		t.Error("a depth camera:", err)
	}
}

// A camera that goes says so; a picture that comes damaged is left out, and only when no good one comes any more it is gone.
func TestGoneAndDamaged(t *testing.T) {
	open := func(t *testing.T, damage func(n int, data []byte) ([]byte, error)) (*fake, video.Source) {
		f := &fake{label: "fragile", offers: []prop.Media{offer(frame.FormatMJPEG, 320, 180, 30)}, damage: damage}
		plug(t, f)
		s, _, err := New(Config{}).Open("fragile", standard)
		if err != nil {
			t.Fatal(err)
		}
		return f, s
	}
	t.Run("gone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f, s := open(t, func(n int, data []byte) ([]byte, error) {
				if n > 3 {
					return nil, fmt.Errorf("ioctl: %w", syscall.ENODEV)
				}
				return data, nil
			})
			for range 3 {
				counter(t, s)
			}
			for range 2 {
				if _, err := s.Read(); !errors.Is(err, video.ErrCameraGone) {
					t.Error(err)
				}
			}
			if n := f.reads.Load(); n != 4 {
				t.Errorf("read %d times", n)
			}
			s.Close()
			if _, err := s.Read(); err != io.EOF {
				t.Error("after Close:", err)
			}
		})
	})
	t.Run("damaged", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			_, s := open(t, func(n int, data []byte) ([]byte, error) {
				if n%3 == 0 || n > 6 {
					return data[:len(data)/2], nil
				}
				return data, nil
			})
			for _, want := range []uint32{1, 2, 4, 5} {
				if n := counter(t, s); n != want {
					t.Errorf("picture %d, want %d", n, want)
				}
			}
			if _, err := s.Read(); !errors.Is(err, video.ErrCameraGone) {
				t.Error(err)
			}
			if d := time.Since(start); d < patience || d > patience+time.Second {
				t.Errorf("gave up after %v", d)
			}
			s.Close()
		})
	})
}

// Close ends a Read that waits, and is not held up by a driver that hangs. (Its goroutine stays as long as the driver does: it is
// let go at the end.)
func TestCloseIsQuick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := &stream{
			reader: media.ReaderFunc(func() (image.Image, func(), error) { <-release; return nil, nil, io.EOF }),
			close:  func() error { <-release; return nil },
			log:    New(Config{}).config.Log, slot: video.NewSlot(), quit: make(chan struct{}), ended: make(chan struct{}),
		}
		go s.run()
		waiting := make(chan error)
		go func() {
			_, err := s.Read()
			waiting <- err
		}()
		synctest.Wait()
		start, closed := time.Now(), make(chan struct{})
		go func() {
			defer close(closed)
			s.Close()
		}()
		if err := <-waiting; err != io.EOF || time.Since(start) != 0 {
			t.Errorf("the read ended with %v after %v", err, time.Since(start))
		}
		<-closed
		s.Close()
		if d := time.Since(start); d > 500*time.Millisecond {
			t.Errorf("took %v", d)
		}
		close(release)
	})
}
