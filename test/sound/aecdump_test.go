package sound

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"parley/audio/aec"
	"parley/audio/audiotest"
)

func TestDump(t *testing.T) {
	i, _ := strconv.Atoi(os.Getenv("ROOM"))
	scene := audiotest.NewEchoScene(audiotest.EchoRooms[i], uint64(i), audiotest.Talk(1, talk+double), audiotest.Talk(2, double), talk)
	c := aec.New()
	for at := 0; at+480 <= len(scene.Mic); at += 480 {
		out := append([]float32(nil), scene.Mic[at:at+480]...)
		c.Far(scene.Far[at : at+480])
		c.Cancel(out)
		f := at / 480
		if f >= 520 && f < 850 {
			near, un, g, l, nf := aec.State(c)
			fmt.Printf("%d far %5.1f echo %5.1f voice %6.1f rest %5.1f out %5.1f | near %.2f un %.2f g %.2f l %.3f r/e %.2f\n", f, audiotest.LevelDBFS(scene.Far[at:at+480]),
				audiotest.LevelDBFS(scene.Echo[at:at+480]), audiotest.LevelDBFS(scene.Voice[at:at+480]), audiotest.LevelDBFS(aec.Debug(c)), audiotest.LevelDBFS(out), near, un, g, l, nf)
		}
	}
}
