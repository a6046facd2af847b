package aec

import (
	"fmt"
	"testing"

	"parley/audio/audiotest"
)

func TestY(t *testing.T) {
	c := New()
	var far, mic [frame]float32
	for f := range 100 {
		for i := range far {
			v := float32((f*frame+i)/50%2)*2 - 1
			far[i], mic[i] = v, v
		}
		c.Far(far[:])
		c.Cancel(mic[:])
	}
	talk := audiotest.Talk(1, 5*second/2)
	echo := rooms[0].echo(1, talk)
	out := append([]float32(nil), echo...)
	for at := 0; at+frame <= len(out); at += frame {
		c.Far(talk[at : at+frame])
		c.Cancel(out[at : at+frame])
		s := &c.suppressor
		if at/frame%10 == 0 {
			fmt.Printf("%d echo %.1f rest %.1f out %.1f talks %.2f level %.1f speaks %.1f only %.1f uns %.3f offset %d found %v trust %.2f\n", at/frame, audiotest.LevelDBFS(echo[at:at+frame]), audiotest.LevelDBFS(s.rest[size-frame:]),
				audiotest.LevelDBFS(out[at:at+frame]), s.talks, s.level, s.speaks, s.only, s.unsettled, c.offset, c.finder.found, c.trust)
		}
	}
}
