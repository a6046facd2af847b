package aec

import (
	"fmt"
	"testing"
	"parley/audio/audiotest"
)

func TestZ(t *testing.T) {
	const n = 6 * second
	for s := range uint64(4) {
		voice, far := audiotest.Talk(3+10*s, n), audiotest.Talk(4+10*s, n)
		out := run(New(), far, voice)
		for _, w := range [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 5}, {4, 6}} {
			fmt.Printf("headset %d %v: %.1f dB %+.2f\n", s, w, audiotest.SISDR(voice[w[0]*second:w[1]*second], out[w[0]*second:w[1]*second]), audiotest.NearGain(voice[w[0]*second:w[1]*second], out[w[0]*second:w[1]*second]))
		}
	}
	for s := range uint64(4) {
		r := rooms[s]
		far, voice := audiotest.Talk(1+10*s, n), audiotest.Talk(2+10*s, n)
		echo := r.echo(s, far)
		audiotest.ToLevel(voice, audiotest.LevelDBFS(echo)+3)
		mic := sum(echo, voice, audiotest.ToLevel(audiotest.PinkNoise(5, n), r.noise))
		out := run(New(), far, mic)
		for w := range 4 {
			a, b := w*second, (w+1)*second
			fmt.Printf("double from start %s %d: %.1f from %.1f  %+.2f\n", r.name, w, audiotest.SISDR(voice[a:b], out[a:b]), audiotest.SISDR(voice[a:b], mic[a:b]), audiotest.NearGain(voice[a:b], out[a:b]))
		}
	}
}
