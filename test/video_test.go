package test

import (
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/test/lab"
	"parley/test/netlab"
	"parley/video/videotest"
)

// phone starts "parleyctl call" or "answer" for person i, on the sound server's devices or on none, with the pattern of the smaller
// size as the camera: what is looked at here does not depend on the size.
func (w *world) phone(i int, c lab.Command, command string, args ...string) *lab.Client {
	w.Helper()
	name := lab.Letter(i)
	c.Env = append(c.Env, "HOME="+w.dir)
	mic, speaker := "none", "none"
	if w.pulse != nil {
		c.Env = append(c.Env, w.pulse.Env()...)
		mic, speaker = "mic_"+name, "spk_"+name
	}
	devices := []string{"--speaker", speaker}
	if !slices.Contains(args, "--play") {
		devices = append(devices, "--mic", mic)
	}
	c.Args = slices.Concat([]string{command, w.server.Ready.Invite, "--name", name, "--home", filepath.Join(w.dir, name),
		"--camera", "pattern:640x360@30", "--counters", w.shownFile(i), "--stats", w.statsFile(i)}, devices, args)
	p, err := w.programs.Client(c)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { p.Close() })
	return p
}

func (w *world) shownFile(i int) string { return filepath.Join(w.dir, lab.Letter(i)+".shown") }
func (w *world) statsFile(i int) string { return filepath.Join(w.dir, lab.Letter(i)+".stats") }

// ring lets a call b, who says yes at once, both with video, and waits until each sees the other.
func (w *world) ring(near, far lab.Command, args ...string) (a, b *lab.Client) {
	w.Helper()
	b = w.phone(1, far, "answer", append([]string{"--auto", "--video"}, args...)...)
	w.await(b, 0, "online")
	a = w.phone(0, near, "call", append([]string{"b", "--video"}, args...)...)
	w.await(a, 0, "first_picture")
	w.await(b, 0, "first_picture")
	return a, b
}

// shown is what person i has seen between two times.
func (w *world) shown(i int, from, to time.Time) []lab.Picture {
	w.Helper()
	all, err := lab.ReadPictures(w.shownFile(i))
	if err != nil {
		w.Fatal(err)
	}
	return slices.DeleteFunc(all, func(p lab.Picture) bool { return p.At.Before(from) || p.At.After(to) })
}

// checkPictures wants numbers that go up, no faster than the clock does, and that share of all that were sent. A picture whose
// number can't be read is none. At the beginning, when nothing is known of the path, they may be small.
func checkPictures(t *testing.T, who string, seen []lab.Picture, from, to time.Time, share float64) {
	t.Helper()
	const fps = 30
	sent := to.Sub(from).Seconds() * fps
	longest, last := time.Duration(0), from
	seen = slices.DeleteFunc(seen, func(p lab.Picture) bool { return p.Number < 0 })
	for i, p := range seen {
		if p.Width*9 != p.Height*16 || p.At.Sub(from) > 5*time.Second && p.Height != 360 {
			t.Fatalf("%s: picture %d: %+v", who, i, p)
		}
		if i > 0 && p.Number <= seen[i-1].Number {
			t.Errorf("%s: picture %d comes after %d", who, p.Number, seen[i-1].Number)
		}
		longest, last = max(longest, p.At.Sub(last)), p.At
	}
	if len(seen) > 0 {
		if n := float64(seen[len(seen)-1].Number - seen[0].Number); math.Abs(n-sent) > fps {
			t.Errorf("%s: the numbers went up by %.0f, sent were %.0f", who, n, sent)
		}
	}
	if got := float64(len(seen)) / sent; got < share {
		t.Errorf("%s: %.1f %% of the pictures were seen, want %.0f", who, 100*got, 100*share)
	} else {
		t.Logf("%s: %.1f %% of the pictures were seen, the longest wait was %v", who, 100*got, longest.Round(time.Millisecond))
	}
}

// TestVideoCall: both see each other's pictures with their numbers, b hears what a says as it was said, and when a hangs up nothing
// of it comes any more. The server is gone by then.
func TestVideoCall(t *testing.T) {
	w := newWorld(t, 2, nil)
	a, b := w.ring(lab.Command{}, lab.Command{}, "--processing=off", "--mode", "open", "--bitrate", "64000")
	w.say(0, w.speech(4)) // until the jitter buffer fits
	r := w.record()
	from := time.Now()
	w.say(0, w.speech(12*soak()))
	w.hear(r, 1)
	to := time.Now()

	markA, markB := a.Mark(), b.Mark()
	if err := w.server.Kill(); err != nil {
		t.Fatal(err)
	}
	w.await(a, markA, "lost")
	w.await(b, markB, "lost")
	said := w.saying(0, w.speech(6))
	w.hear(r, 2)
	if n, err := w.pulse.Listening(w.within(10 * time.Second)); n != 2 || err != nil {
		t.Errorf("in the call %d microphones are open, %v", n, err)
	}
	hung, at := time.Now(), r.Seconds()
	if err := a.Tell("hangup"); err != nil {
		t.Fatal(err)
	}
	w.awaitCode(b, markB, "call_ended", "left", "")
	w.awaitCode(a, markA, "call_ended", "left", "")
	w.closed(hung)
	w.hear(r, 2)
	said()
	w.leave(b)
	channels := w.stop(r)

	for i, who := range []string{"a", "b"} {
		checkPictures(t, who, w.shown(i, from, to), from, to, 0.9)
	}
	if late := w.shown(1, hung.Add(100*time.Millisecond), time.Now()); len(late) > 0 {
		t.Errorf("b saw %d pictures more than 100 ms after a had hung up, the last %v after", len(late), late[len(late)-1].At.Sub(hung))
	}
	mouth, ear := channels[lab.Mouth(0)], channels[lab.Ear(1)]
	talk := to.Sub(from).Seconds()
	if median, all := audiotest.WindowedSISDR(part(mouth, 0, talk), part(ear, 0, talk), second, second); !(median >= 15) {
		t.Errorf("SI-SDR %.1f dB in the median of %.1f, want 15", median, all)
	} else {
		t.Logf("SI-SDR %.1f dB", median)
	}
	audible(t, "a, without a server", level(ear, at-1.2, at-0.2))
	silent(t, "a has hung up", level(ear, at+0.6, at+1.8)) // loudspeaker and recording have buffers
}

// closed wants both microphones closed within half a second of a moment.
func (w *world) closed(hung time.Time) {
	w.Helper()
	for {
		n, err := w.pulse.Listening(w.within(10 * time.Second))
		if err != nil {
			w.Fatal(err)
		}
		took := time.Since(hung)
		if n == 0 {
			w.Logf("no microphone is open %v after the call", took.Round(time.Millisecond))
			return
		}
		if took > 500*time.Millisecond {
			w.Errorf("%d microphones are open %v after the call", n, took)
			return
		}
	}
}

// TestLipSync: the beep that belongs to some of the pictures comes out of b's loudspeaker when they are seen.
func TestLipSync(t *testing.T) {
	w := newWorld(t, 2, nil)
	a, b := w.ring(lab.Command{}, lab.Command{}, "--processing=off", "--mode", "open", "--play", "beep")
	r := w.record()
	w.hear(r, 14*soak())
	began := r.Began()
	w.leave(a, b)
	ear := w.stop(r)[lab.Ear(1)]
	const every, settled = 30, 4.0
	var off []float64
	onsets := videotest.Onsets(ear, second)
	for _, p := range w.shown(1, began, time.Now()) {
		seen := p.At.Sub(began).Seconds()
		if p.Number%every != 0 || seen < settled || seen > float64(len(ear))/second-1 {
			continue
		}
		nearest := math.Inf(1)
		for _, o := range onsets {
			if d := seen - float64(o)/second; math.Abs(d) < math.Abs(nearest) {
				nearest = d
			}
		}
		off = append(off, 1000*nearest)
	}
	if len(off) < 5 {
		t.Fatalf("%d pictures with a beep were seen, %d beeps heard", len(off), len(onsets))
	}
	median := audiotest.Median(off)
	t.Logf("pictures come %.1f ms after their beeps in the median of %d: %.0f", median, len(off), off)
	if math.Abs(median) > 40 {
		t.Errorf("pictures come %.1f ms after their beeps, want 40 at most", median)
	}
}

// TestVideoOverABadLink: pictures get through a network that loses some of the packets, and the call lives.
func TestVideoOverABadLink(t *testing.T) {
	for _, c := range []struct {
		name        string
		loss, share float64
		seconds     float64
	}{{"2 percent", 0.02, 0.95, 15}, {"10 percent", 0.10, 0.7, 12}} {
		t.Run(c.name, func(t *testing.T) {
			w, net := apart(t, 23)
			a, b := w.ring(lab.Command{Netns: net.A.Name}, lab.Command{Netns: net.B.Name})
			net.Set(netlab.Params{Loss: c.loss})
			from := time.Now()
			wait(c.seconds * soak())
			to := time.Now()
			wait(1.2) // what was seen is written each second
			_, lost := net.Counts()
			for i, who := range []string{"a", "b"} {
				checkPictures(t, who, w.shown(i, from, to), from, to, c.share)
			}
			t.Logf("passed and lost on the way back: %+v", lost)
			w.leave(a, b)
		})
	}
}

// TestNobodyAnswers: a call that was declined, one that was given up, and that the second stays to be seen.
func TestNobodyAnswers(t *testing.T) {
	w := newWorld(t, 0, nil)
	b := w.phone(1, lab.Command{}, "answer")
	w.await(b, 0, "online")
	a := w.phone(0, lab.Command{}, "call", "b", "--video")
	mark := w.await(b, 0, "call_incoming").Next
	w.tell(b, "decline")
	w.awaitCode(a, 0, "call_ended", "declined", "")
	a.Close()

	a = w.phone(0, lab.Command{}, "call", "b")
	mark = w.await(b, mark, "call_incoming").Next
	if err := a.Tell("hangup"); err != nil {
		t.Fatal(err)
	}
	w.awaitCode(b, mark, "call_ended", "cancelled", "")
	e := w.await(b, mark, "call_missed")
	var missed struct{ User, Name, Code string }
	if err := json.Unmarshal(e.JSON, &missed); err != nil || missed.Name != "a" {
		t.Errorf("missed: %s, %v", e.JSON, err)
	}
	for i := range 2 {
		if all, err := lab.ReadPictures(w.shownFile(i)); err == nil && len(all) > 0 {
			t.Errorf("%s saw %d pictures without a call", lab.Letter(i), len(all))
		}
	}
	w.leave(b)
}
