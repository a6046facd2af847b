package shell_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/audio/wavdev"
	"parley/test/lab"
	"parley/video"
	"parley/video/videotest"
	"parley/video/vp9"
)

// clip writes a Y4M file of so many pictures of the pattern.
func (w *world) clip(name string, width, height, rate, count int) (path string) {
	w.Helper()
	path = w.path(name)
	f, err := os.Create(path)
	if err != nil {
		w.Fatal(err)
	}
	out, err := video.NewY4MWriter(f, width, height, rate)
	if err != nil {
		w.Fatal(err)
	}
	p, err := videotest.NewPattern(width, height, 0)
	if err != nil {
		w.Fatal(err)
	}
	frame, err := new(video.Pool).Get(width, height)
	if err != nil {
		w.Fatal(err)
	}
	for n := range count {
		if err := errors.Join(p.Draw(frame, uint32(n)), out.Write(frame)); err != nil {
			w.Fatal(err)
		}
	}
	if err := errors.Join(out.Flush(), f.Close()); err != nil {
		w.Fatal(err)
	}
	return path
}

// y4m reads what --record-video has written, decoded.
func (w *world) y4m(path string) (frames []*video.Frame) {
	w.Helper()
	f, err := os.Open(path)
	if err != nil {
		w.Fatal(err)
	}
	defer f.Close()
	r, err := video.NewY4MReader(f)
	if err != nil {
		w.Fatal(err)
	}
	width, height := r.Size()
	for {
		frame, err := new(video.Pool).Get(width, height)
		if err != nil {
			w.Fatal(err)
		}
		if err := r.Read(frame); errors.Is(err, io.EOF) {
			return frames
		} else if err != nil {
			w.Fatal(err)
		}
		frames = append(frames, frame)
	}
}

// ivf reads what it has written as it came, and decodes it.
func (w *world) ivf(path string) (width, height int, frames []*video.Frame) {
	w.Helper()
	data, err := os.ReadFile(path)
	if err != nil || len(data) < 32 || string(data[:4]) != "DKIF" || string(data[8:12]) != "VP90" {
		w.Fatalf("%s: %d bytes, %v", path, len(data), err)
	}
	le := binary.LittleEndian
	width, height = int(le.Uint16(data[12:])), int(le.Uint16(data[14:]))
	d, err := vp9.NewDecoder(video.VP9, nil, 1)
	if err != nil {
		w.Fatal(err)
	}
	defer d.Close()
	count, last := le.Uint32(data[24:]), uint64(0)
	for data = data[32:]; len(data) >= 12; count-- {
		size, at := int(le.Uint32(data)), le.Uint64(data[4:])
		f, err := d.Decode(data[12 : 12+size])
		if err != nil || at < last {
			w.Fatalf("%s: picture %d, at %d after %d: %v", path, len(frames), at, last, err)
		}
		frames, last, data = append(frames, f), at, data[12+size:]
	}
	if count != 0 {
		w.Errorf("%s: there are %d pictures less than it says", path, count)
	}
	return width, height, frames
}

// pictures reads what p has written with --counters.
func (p *person) pictures() []lab.Picture {
	p.w.Helper()
	all, err := lab.ReadPictures(p.w.path(p.name + ".shown"))
	if err != nil {
		p.w.Fatal(err)
	}
	return all
}

// sees waits until p is shown so many more pictures, and returns them.
func (p *person) sees(count int) []lab.Picture {
	p.w.Helper()
	before := len(p.pictures())
	p.w.until("pictures come", func() bool { return len(p.pictures()) >= before+count })
	return p.pictures()[before:]
}

// TestVideoCall: pictures of an odd size out of a file one way, the test picture the other way; the files that record them have them
// whole, and the sound is what was said. The camera goes off, on, and becomes another one.
func TestVideoCall(t *testing.T) {
	w := newWorld(t)
	speech, err := lab.Speech(30)
	if err != nil {
		t.Fatal(err)
	}
	say, ear := w.path("say.wav"), w.path("ear.wav")
	if err := wavdev.WriteFile(say, speech); err != nil {
		t.Fatal(err)
	}
	clip := w.clip("clip.y4m", 321, 241, 25, 50)
	ben := w.phone("Ben", "answer", "--auto", "--video", "--camera", "pattern:640x360@30", "--mic", "none", "--bitrate", "64000", "--for", "1",
		"--record", ear, "--record-video", w.path("ben.y4m"), "--counters", w.path("Ben.shown"))
	ana := w.phone("Ana", "call", "Ben", "--video", "--camera", "file:"+clip, "--play", say, "--bitrate", "64000", "--speaker", "none", "--video-kbps", "700",
		"--record-video", w.path("ana.ivf"), "--counters", w.path("Ana.shown"), "--stats", w.path("Ana.stats"))
	for _, p := range []*person{ana, ben} {
		p.awaits(0, "first_picture", nil)
		p.awaits(0, "camera", func(l line) bool { return l.Code == "camera_opened" })
	}
	for _, l := range ben.sees(100) {
		if l.Width != 321 || l.Height != 241 || l.Number >= 50 {
			t.Fatalf("Ben sees %+v", l)
		}
	}
	w.sane(w.path("Ana.stats"))
	if l := ana.tell("camera off"); l.Camera {
		t.Errorf("camera off: %+v", l)
	}
	<-time.After(1500 * time.Millisecond) // what was on its way, and the file, which is written each second
	if n := len(ben.pictures()); true {
		ana.sees(60)
		if more := len(ben.pictures()) - n; more > 0 {
			t.Errorf("%d pictures of a camera that is off", more)
		}
	}
	ana.untold("camera")
	ana.tell("camera use pattern:160x120@15")
	ana.tell("camera on")
	if p := ben.sees(20)[0]; p.Width != 160 || p.Height != 120 { // what was shown before is in the file by now
		t.Errorf("the other camera: %+v", p)
	}
	ana.tell("hangup")
	ana.ends(done, "")
	ben.ends(done, "")
	for l := range strings.Lines(ana.Output() + "\n" + ben.Output()) {
		if !json.Valid([]byte(l)) { // codecs have been known to talk
			t.Fatalf("standard output: %q", l)
		}
	}

	seen := w.y4m(w.path("ben.y4m")) // those of the first size
	sent := w.y4m(clip)
	numbers := w.numbers("Ben's file", seen)
	for i, n := range numbers {
		if i > 0 && (n-numbers[i-1]+50)%50 > 25 { // it wraps
			t.Fatalf("Ben's picture %d has number %d after %d", i, n, numbers[i-1])
		}
	}
	for i, f := range seen[min(len(seen), 50):] { // the rate has settled
		if n, ok := videotest.ReadCounter(f); ok {
			if d := videotest.PSNR(sent[n], f); d < 28 {
				t.Errorf("picture %d: %.1f dB", i+50, d)
			}
		}
	}
	if len(seen) < 100 {
		t.Errorf("%d pictures are recorded", len(seen))
	}
	width, height, came := w.ivf(w.path("ana.ivf"))
	if width != 640 || height != 360 || len(came) < len(ana.pictures())*9/10 || len(came) < 150 {
		t.Errorf("%d pictures of %dx%d came, %d were shown", len(came), width, height, len(ana.pictures()))
	}
	if numbers := w.numbers("Ana's file", came); !slices.IsSorted(numbers) {
		t.Errorf("pictures came in another order: %d", numbers)
	}
	w.same(speech, ear)
}

// TestCameraFails: a file that is cut short ends the pictures, says why, and nothing else; another camera takes its place.
func TestCameraFails(t *testing.T) {
	w := newWorld(t)
	clip := w.clip("clip.y4m", 160, 120, 10, 20)
	info, err := os.Stat(clip)
	if err == nil {
		err = os.Truncate(clip, info.Size()-100)
	}
	if err != nil {
		t.Fatal(err)
	}
	ben := w.phone("Ben", append([]string{"answer", "--auto", "--counters", w.path("Ben.shown")}, none...)...)
	ana := w.phone("Ana", append([]string{"call", "Ben", "--video", "--camera", "file:" + clip}, none...)...)
	ben.awaits(0, "first_picture", nil)
	if l := ana.awaits(0, "camera", func(l line) bool { return l.Code == "camera_failed" }); !strings.Contains(l.Text, "160x120") {
		t.Errorf("why: %q", l.Text)
	}
	mark := ana.Mark()
	ana.tell("camera use garbage")
	ana.awaits(mark, "camera", func(l line) bool { return l.Code == "camera_none" })
	ana.tell("camera use pattern:80x60@30")
	w.until("the other camera is seen", func() bool {
		all := ben.pictures()
		return len(all) > 0 && all[len(all)-1].Width == 80
	})
	ana.tell("mute") // the call lives
	ana.tell("hangup")
	ana.ends(done, "")
	ben.over(0, "left")
	ben.leaves()
}

// numbers reads those of pictures. In a few it may be blurred: the upper layers are coded roughly.
func (w *world) numbers(who string, frames []*video.Frame) (numbers []uint32) {
	w.Helper()
	for _, f := range frames {
		if n, ok := videotest.ReadCounter(f); ok {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) < len(frames)*97/100 {
		w.Errorf("%s: of %d pictures only %d can be read", who, len(frames), len(numbers))
	}
	return numbers
}

// same wants that a recording has the speech as it was said.
func (w *world) same(said []float32, recording string) {
	w.Helper()
	heard, err := wavdev.ReadFile(recording)
	if err != nil {
		w.Fatal(err)
	}
	const second = lab.SampleRate
	heard = heard[3*second : len(heard)-second] // the jitter buffer begins long, and at last nobody speaks
	lag := audiotest.Align(said, heard, 8*second)
	from := max(0, -lag)
	said = said[from:min(len(said), from+len(heard))]
	// In half seconds: one in which a period is inserted or removed is worth nothing by SI-SDR, and beside the other tests there are some.
	if median, all := audiotest.WindowedSISDR(said, heard[max(0, lag):], second/2, second); !(median >= 12) {
		w.Errorf("SI-SDR %.1f dB in the median of %.1f, want 12", median, all)
	} else {
		w.Logf("SI-SDR %.1f dB", median)
	}
}

// sane looks at the last whole line of statistics.
func (w *world) sane(path string) {
	w.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		w.Fatal(err)
	}
	var s struct {
		Camera struct {
			On         bool
			Name       string
			Codec      string
			Width      int
			FPS        float64
			KBPS       float64
			Target     int     `json:"target_kbps"`
			EncodeMS   float64 `json:"encode_ms"`
			KeyFrames  int     `json:"key_frames"`
			EpochMicro int64   `json:"epoch_us"`
		}
		Peers []struct {
			Picture struct {
				Width    int
				Received float64 `json:"fps_received"`
				Shown    float64 `json:"fps_shown"`
				DecodeMS float64 `json:"decode_ms"`
				Keys     int     `json:"key_frames"`
				Layer    int
				LipSync  *float64 `json:"lip_sync_ms"`
				Freezes  *int
				Frozen   *float64 `json:"frozen_ms"`
				Nacks    *int
				PLIs     *int
				Resent   *int
			}
		}
	}
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	for i := len(lines) - 1; i >= 0 && json.Unmarshal(lines[i], &s) != nil; i-- {
		continue
	}
	c := s.Camera
	if len(s.Peers) != 1 || !c.On || c.Name == "" || c.Codec != "VP9" || c.Width != 321 || c.FPS < 10 || c.FPS > 30 || c.KBPS < 20 || c.Target < 150 || c.Target > 700 ||
		c.EncodeMS <= 0 || c.KeyFrames < 1 || time.Since(time.UnixMicro(c.EpochMicro)) > 25*time.Hour {
		w.Fatalf("the camera: %+v", s)
	}
	p := s.Peers[0].Picture
	if p.Width != 640 || p.Received < 10 || p.Shown < 10 || p.Shown > 35 || p.DecodeMS <= 0 || p.Keys < 1 || p.Layer != 2 ||
		p.LipSync == nil || p.Freezes == nil || p.Frozen == nil || p.Nacks == nil || p.PLIs == nil || p.Resent == nil {
		w.Errorf("what comes: %+v", p)
	}
}
