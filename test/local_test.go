package test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/test/lab"
)

// local starts a command of parleyctl that needs no server, with a's devices.
func (w *world) local(args ...string) *lab.Client {
	w.Helper()
	c := lab.Command{Env: append([]string{"HOME=" + w.dir}, w.pulse.Env()...), Args: append(args, "--home", filepath.Join(w.dir, "alone"))}
	p, err := w.programs.Client(c)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { p.Close() })
	return p
}

// TestCheckIsHeard: what is said into the microphone during a check comes back from one's own loudspeaker afterwards, as others
// would have got it, and the microphone is closed by then.
func TestCheckIsHeard(t *testing.T) {
	w := newWorld(t, 2, nil)
	r := w.record()
	said := w.saying(0, w.speech(7))
	c := w.local("check", "--mic", "mic_a", "--speaker", "spk_a", "--mode", "open", "--processing=off")
	w.await(c, 0, "check")
	w.await(c, 0, "done")
	if status, err := c.Wait(w.within(10 * time.Second)); status != 0 || err != nil {
		t.Errorf("exit %d, %v\n%s", status, err, c.Stderr())
	}
	said()
	channels := w.stop(r)
	mouth, ear := channels[lab.Mouth(0)], channels[lab.Ear(0)]
	from, to := 0, len(ear)
	for from < to && ear[from] == 0 {
		from++
	}
	for to > from && ear[to-1] == 0 {
		to--
	}
	played := ear[from:to]
	if s := float64(len(played)) / second; s < 4 || s > 5.3 {
		t.Fatalf("%.2f s were played", s)
	}
	lag := audiotest.Align(mouth, ear, len(ear))
	median, all := audiotest.WindowedSISDR(played, mouth[max(from-lag, 0):], second, second)
	t.Logf("SI-SDR %.1f dB, played %.1f s later", median, float64(lag)/second)
	if !(median >= 15) {
		t.Errorf("SI-SDR %.1f dB in the median of %.1f, want 15", median, all)
	}
	if level := audiotest.LevelDBFS(channels[lab.Ear(1)]); level > -80 {
		t.Errorf("another's loudspeaker plays at %.1f dBFS", level)
	}
}

// TestDevicesAreWatched: what is plugged in, unplugged or made the default is told within two seconds.
func TestDevicesAreWatched(t *testing.T) {
	w := newWorld(t, 2, nil)
	c := w.local("devices", "--watch")
	w.awaitDevice(c, 0, "there", "spk_b")
	change := func(what, event, device string, do func() error) {
		t.Helper()
		mark, begin := c.Mark(), time.Now()
		if err := do(); err != nil {
			t.Fatal(err)
		}
		w.awaitDevice(c, mark, event, device)
		t.Logf("%s: %v", what, time.Since(begin).Round(time.Millisecond))
	}
	ctx := w.within(time.Minute)
	change("unplugged", "removed", "spk_b", func() error { return w.pulse.Unplug(ctx, "spk_b") })
	change("plugged in", "added", "spk_b", func() error { return w.pulse.Plug(ctx, "spk_b") })
	change("default", "changed", "spk_b", func() error { return w.pulse.SetDefault(ctx, "spk_b") })
}

// awaitDevice waits for a line about a device.
func (w *world) awaitDevice(c *lab.Client, mark int, event, device string) {
	w.Helper()
	_, err := c.Await(w.within(20*time.Second), mark, event, func(e lab.Event) bool {
		d := struct{ ID string }{}
		return json.Unmarshal(e.JSON, &d) == nil && d.ID == device
	})
	if err != nil {
		w.Fatalf("%q of %s: %v\n%s", event, device, err, c.Output())
	}
}
