package test

import (
	"path/filepath"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/audio/wavdev"
	"parley/test/lab"
)

// inBrowser is the level, in dB, of the tones of 440 and 660 Hz on the left and on the right of what the browser gets.
const inBrowser = `(async () => {
	const pc = witness.connections.findLast(pc => pc.connectionState === 'connected');
	const context = new AudioContext(), split = context.createChannelSplitter(2);
	await context.resume();
	context.createMediaStreamSource(new MediaStream([pc.getReceivers()[0].track])).connect(split);
	const ears = [0, 1].map(i => {
		const a = context.createAnalyser();
		a.fftSize = 8192;
		split.connect(a, i);
		return a;
	});
	await new Promise(done => setTimeout(done, 3000));
	return ears.map(a => {
		const bins = new Float32Array(a.frequencyBinCount);
		a.getFloatFrequencyData(bins);
		return [440, 660].map(hz => {
			const at = Math.round(hz * a.fftSize / context.sampleRate);
			return Math.max(...bins.slice(at - 2, at + 3), -200);
		});
	});
})()`

// TestBrowserHearsMusic: what is left and right of somebody's music is left and right in a browser.
func TestBrowserHearsMusic(t *testing.T) {
	w := newWorld(t, 2, nil)
	say := filepath.Join(w.dir, "music.wav")
	if err := wavdev.WriteStereo(say, audiotest.Tone(440, 0.25, second), audiotest.Tone(660, 0.25, second)); err != nil {
		t.Fatal(err)
	}
	a := w.client("a", lab.Command{}, "--play", say, "--loop", "--speaker", "none", "--mode", "open", "--music=on")
	w.await(a, 0, "joined")
	b := w.browse(lab.Chromium{})
	b.enter("Gus")
	b.click("#channels button")
	w.await(a, 0, "peer_connected")
	b.until("document.querySelector('.tile .state')?.textContent === ''")
	var ears [2][2]float64
	if err := b.Evaluate(w.within(20*time.Second), inBrowser, &ears); err != nil {
		t.Fatal(err)
	}
	t.Logf("left: 440 Hz %.1f dB, 660 Hz %.1f; right: %.1f, %.1f", ears[0][0], ears[0][1], ears[1][0], ears[1][1])
	if l, r := ears[0][0]-ears[0][1], ears[1][1]-ears[1][0]; l < 20 || r < 20 || ears[0][0] < -60 {
		t.Errorf("apart by %.1f dB on the left, %.1f on the right", l, r)
	}
	w.leave(a)
}
