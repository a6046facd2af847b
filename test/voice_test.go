package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/audio/wavdev"
	"parley/test/lab"
	"parley/test/netlab"
)

const second = lab.SampleRate

// TestSpeechIsHeard: what is said into a's microphone comes out of b's loudspeaker, whole, as loud, and nowhere else; as
// this user, and where that is root as an unprivileged one, too.
func TestSpeechIsHeard(t *testing.T) {
	users := map[string]*syscall.Credential{"self": nil}
	if os.Getuid() == 0 {
		users["nobody"] = nobody(t)
	}
	for name, cred := range users {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 2, cred)
			a, b := w.couple(plain()...)
			// The jitter buffer begins long and shortens the sound until it fits: no waveform to compare with.
			w.say(0, w.speech(4))
			r := w.record()
			w.say(0, w.speech(15*soak()))
			w.hear(r, 1)
			w.leave(a, b)
			channels := w.stop(r)
			mouth, ear := channels[lab.Mouth(0)], channels[lab.Ear(1)]
			lag := checkWhole(t, mouth, ear)
			if median, all := audiotest.WindowedSISDR(mouth, ear, second, second); !(median >= 15) {
				t.Errorf("SI-SDR %.1f dB in the median of %.1f, want 15", median, all)
			} else {
				t.Logf("SI-SDR %.1f dB, delay %.1f ms", median, float64(lag)*1000/second)
			}
			if self := audiotest.LevelDBFS(channels[lab.Ear(0)]); self > -80 {
				t.Errorf("a hears something itself: %.1f dBFS", self)
			}
		})
	}
}

// checkWhole wants no gap and the level within 3 dB, and returns how much later ear is.
func checkWhole(t *testing.T, mouth, ear []float32) (lag int) {
	t.Helper()
	lag = audiotest.Align(mouth, ear, second)
	if gaps := audiotest.Gaps(mouth, ear, lag); len(gaps) > 0 {
		t.Errorf("gaps: %v", gaps)
	}
	if in, out := audiotest.LevelDBFS(mouth), audiotest.LevelDBFS(ear); math.Abs(in-out) > 3 {
		t.Errorf("level %.1f dBFS, said at %.1f", out, in)
	}
	return lag
}

// TestMuteIsSilence: sound, then none at all, then sound again in one run.
func TestMuteIsSilence(t *testing.T) {
	w := newWorld(t, 2, nil)
	a, b := w.couple(plain()...)
	r := w.record()
	said := w.saying(0, w.speech(11))
	w.hear(r, 3)
	w.tell(a, "mute on")
	muted := r.Seconds()
	w.hear(r, 3)
	w.tell(a, "mute off")
	unmuted := r.Seconds()
	said()
	w.leave(a, b)
	ear := w.stop(r)[lab.Ear(1)]
	// What had been sent before is still on its way for up to half a second: recording and loudspeaker have buffers.
	if got := level(ear, muted+0.7, unmuted-0.3); got > -80 {
		t.Errorf("muted: %.1f dBFS", got)
	}
	for name, got := range map[string]float64{
		"before": level(ear, muted-2, muted-0.3), "after": level(ear, unmuted+0.7, unmuted+3),
	} {
		if got < -30 {
			t.Errorf("%s it was muted: %.1f dBFS, said at -20", name, got)
		}
	}
}

// TestSuppression: two clients hear the same microphone, one with suppression; a third records each.
func TestSuppression(t *testing.T) {
	w := newWorld(t, 1, nil)
	on := w.client("on", lab.Command{}, "--mic", "mic_a", "--speaker", "none", "--mode", "open", "--bitrate", "64000", "--processing=off", "--ns=on")
	off := w.client("off", lab.Command{}, plain("--mic", "mic_a", "--speaker", "none")...)
	heard := w.listener("ear", lab.Command{}, on, off)

	const pause = 2
	n := int(10 * soak())
	clean := w.speech(float64(n))
	noise := audiotest.PinkNoise(3, len(clean))
	noisy := audiotest.AtSNR(clean, noise, 5)
	var said []float32
	said = append(said, clean...)
	said = append(said, make([]float32, pause*second)...)
	said = append(said, noisy...)
	w.say(0, said)
	files := heard(1)

	with, without := files[0], files[1]
	begin := audiotest.Align(clean, without[:len(without)-(n+pause)*second], len(without))
	cut := func(x []float32, from, seconds int) []float32 {
		from = begin + from*second
		return x[max(0, from):min(len(x), from+seconds*second)]
	}
	cost := audiotest.LevelDBFS(cut(without, 0, n)) - audiotest.LevelDBFS(cut(with, 0, n))
	if cost > 1 {
		t.Errorf("suppression costs clean speech %.1f dB", cost)
	}
	after, _ := audiotest.WindowedSISDR(clean, cut(with, n+pause-1, n+2), second, 2*second)
	before, _ := audiotest.WindowedSISDR(clean, cut(without, n+pause-1, n+2), second, 2*second)
	if !(after-before >= 4) {
		t.Errorf("suppression: SI-SDR %.1f dB, %.1f without: want 4 dB more", after, before)
	}
	t.Logf("suppression: SI-SDR %.1f dB from %.1f; clean speech loses %.2f dB", after, before, cost)
}

// listener starts a client that records each of the others by itself and waits until all are connected. The returned
// function lets it listen for more seconds, ends everybody, and returns what was heard of each.
func (w *world) listener(name string, c lab.Command, others ...*lab.Client) func(seconds float64) [][]float32 {
	w.Helper()
	dir := filepath.Join(w.dir, name+"-heard")
	ear := w.client(name, c, "--mic", "none", "--record-dir", dir, "--stats", dir+".stats")
	for _, o := range others {
		w.await(o, 0, "peer_connected")
	}
	mark := 0
	for range others {
		mark = w.await(ear, mark, "peer_connected").Next
	}
	return func(seconds float64) [][]float32 {
		w.Helper()
		wait(seconds)
		w.leave(append(others, ear)...)
		var files [][]float32
		for _, o := range others {
			samples, err := wavdev.ReadFile(filepath.Join(dir, w.user(o)+".wav"))
			if err != nil {
				w.Fatal(err)
			}
			files = append(files, samples)
		}
		return files
	}
}

// wait lets real time pass: what is under test plays files at the speed of sound.
func wait(seconds float64) { <-time.After(time.Duration(seconds * float64(time.Second))) }

// TestForwardErrorCorrection: two clients say the same over a link that loses a tenth of all packets, one with FEC.
func TestForwardErrorCorrection(t *testing.T) {
	w, net := apart(t, 11)

	speech := w.speech(20)
	wav := filepath.Join(w.dir, "speech.wav")
	if err := lab.WriteWAV(wav, speech); err != nil {
		t.Fatal(err)
	}
	near, far := lab.Command{Netns: net.A.Name}, lab.Command{Netns: net.B.Name}
	args := plain("--play", wav, "--loop", "--speaker", "none", "--red=off", "--nack=off")
	on := w.client("fec", near, append(args, "--fec=on")...)
	off := w.client("nofec", near, append(args, "--fec=off")...)
	heard := w.listener("far", far, on, off)
	net.Set(netlab.Params{Loss: 0.1})
	files := heard(30 * soak())
	_, lost := net.Counts()
	t.Logf("lost on the way back: %+v", lost)

	// The first ten seconds are the sender's to learn of the loss. In half seconds, as in whole ones chance has a say of some dB: between
	// two that lost four packets and eight lie 10 dB.
	with, _ := loopedWindows(speech, files[0][10*second:], second/2)
	without, _ := loopedWindows(speech, files[1][10*second:], second/2)
	if !(with-without >= 4) {
		t.Errorf("FEC: SI-SDR %.1f dB, %.1f without: want 4 dB more", with, without)
	}
	t.Logf("10 %% loss: SI-SDR %.1f dB with FEC, %.1f without", with, without)
}

// TestCopies: of what is said over a link that loses a fifth of all packets, hardly anything is invented.
func TestCopies(t *testing.T) {
	w, net := apart(t, 12)
	wav := filepath.Join(w.dir, "speech.wav")
	if err := lab.WriteWAV(wav, w.speech(20)); err != nil {
		t.Fatal(err)
	}
	args := plain("--play", wav, "--loop", "--speaker", "none")
	on := w.client("all", lab.Command{Netns: net.A.Name}, args...)
	off := w.client("fec", lab.Command{Netns: net.A.Name}, append(args, "--red=off", "--nack=off")...)
	users := []string{w.user(on), w.user(off)}
	heard := w.listener("far", lab.Command{Netns: net.B.Name}, on, off)
	net.Set(netlab.Params{Loss: 0.2, Delay: 15 * time.Millisecond})
	heard(30 * soak())
	var share [2]float64
	for i, user := range users {
		f := w.fate("far", user, 10*soak())
		share[i] = f.heard()
		t.Log(f)
	}
	if share[0] < 0.99 || share[0] < share[1] {
		t.Errorf("%.2f %% decoded or repaired, want 99; %.2f by FEC alone", 100*share[0], 100*share[1])
	}
}

// looped is the median SI-SDR of one-second windows of heard against speech that repeats for ever.
func looped(speech, heard []float32) float64 {
	median, _ := loopedWindows(speech, heard, second)
	return median
}

// loopedWindows is looped for windows of that many samples.
func loopedWindows(speech, heard []float32, window int) (median float64, all []float64) {
	// As much as there is to align by: a voice may say the same thing again within its speech, so that some seconds fit twice.
	start := audiotest.Align(append(append([]float32(nil), speech...), speech...), heard[:min(len(heard), len(speech))], 2*len(speech))
	reference := make([]float32, len(heard))
	for i := range reference {
		at := (i - start) % len(speech)
		reference[i] = speech[(at+len(speech))%len(speech)]
	}
	return audiotest.WindowedSISDR(reference, heard, window, second)
}

// lines are what a client's statistics say of somebody, second by second.
func lines(stats, user string) (out []map[string]any, err error) {
	data, err := os.ReadFile(stats)
	if err != nil {
		return nil, err
	}
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		var line struct {
			Peers []map[string]any `json:"peers"`
		}
		if d.Decode(&line) != nil {
			return out, nil
		}
		for _, p := range line.Peers {
			if p["user"] == user {
				out = append(out, p)
			}
		}
	}
}

// about is the same as text.
func about(stats, user string) string {
	list, err := lines(stats, user)
	if err != nil {
		return err.Error()
	}
	var text []string
	for _, p := range list {
		text = append(text, fmt.Sprint("target ", p["jb_target_ms"], " delay ", p["jb_delay_ms"], " received ", p["received"], " concealed ", p["concealed"],
			" repaired ", p["fec_repaired"], " ", p["red_repaired"], " ", p["nack_repaired"], " stretched ", p["stretched"], " late ", p["late"], " lost ", p["lost"]))
	}
	return strings.Join(text, "\n")
}

// TestEightPeople: each of eight hears each of the seven others.
func TestEightPeople(t *testing.T) {
	w := newWorld(t, 0, nil)
	voices, err := lab.Voices(20)
	if err != nil {
		t.Fatal(err)
	}
	clients := make([]*lab.Client, len(voices))
	dirs := make([]string, len(voices))
	for i, v := range voices {
		name := lab.Letter(i)
		wav := filepath.Join(w.dir, name+".wav")
		if err := lab.WriteWAV(wav, v); err != nil {
			t.Fatal(err)
		}
		dirs[i] = filepath.Join(w.dir, name+"-heard")
		clients[i] = w.client(name, lab.Command{}, plain("--play", wav, "--loop", "--record-dir", dirs[i], "--stats", dirs[i]+".stats")...)
	}
	users := make([]string, len(voices))
	for i, c := range clients {
		users[i] = w.user(c)
		mark := 0
		for range len(voices) - 1 {
			mark = w.await(c, mark, "first_sound").Next
		}
	}
	wait(20 * soak()) // that eight programs were starting must be forgotten
	w.leave(clients...)
	worst := math.Inf(1)
	for i := range clients {
		for j, v := range voices {
			if i == j {
				continue
			}
			x, err := wavdev.ReadFile(filepath.Join(dirs[i], users[j]+".wav"))
			if err != nil {
				t.Error(err)
				continue
			}
			// The last ten seconds: everybody is in by then.
			// In half seconds: one in which the jitter buffer inserts or removes a period is worth nothing by SI-SDR, however well
			// it sounds, and while eight programs settle on two cores there may be one a second.
			got, _ := loopedWindows(v, x[max(0, len(x)-10*second):], second/2)
			worst = min(worst, got)
			if !(got >= 8) {
				t.Errorf("%s hears %s at %.1f dB, want 8\n%s", lab.Letter(i), lab.Letter(j), got, about(dirs[i]+".stats", users[j]))
			}
		}
	}
	t.Logf("worst pair: %.1f dB", worst)
}
