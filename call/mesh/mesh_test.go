package mesh

import (
	"testing"
	"time"

	"github.com/pion/transport/v4/vnet"
)

func TestSoundArrivesInOrder(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	w.start()
	join(e[0], e[1], Options{})
	connected(e[0], e[1])
	for _, way := range [][2]*end{{e[0], e[1]}, {e[1], e[0]}} {
		stop := way[0].talk()
		got := way[1].hears(way[0].name, 100)
		stop()
		for i, s := range got {
			n := uint32(s.Payload[0])<<16 | uint32(s.Payload[1])<<8 | uint32(s.Payload[2])
			if n != uint32(i) || s.Seq != got[0].Seq+uint16(i) || s.Timestamp != n*960 || s.Marker != (i == 0) || s.SSRC != got[0].SSRC {
				t.Fatalf("packet %d is %+v", i, s)
			}
		}
	}
}

func TestLoopback(t *testing.T) {
	leakless(t)
	w := newLoopback(t)
	e := w.add("a", "b")
	stop := e[0].talk()
	defer stop()
	begin := time.Now()
	join(e[0], e[1], Options{})
	connected(e[0], e[1])
	up := time.Since(begin)
	e[1].hears("a", 1)
	t.Logf("open to connected %v, to first sound %v", up, time.Since(begin))
	s, ok := e[1].Stats(id("a"))
	for n := 0; n < 100 && s.Local == ""; n++ { // which way it goes, pion tells on a goroutine of its own
		e[1].hears("a", 1)
		s, ok = e[1].Stats(id("a"))
	}
	if !ok || s.PacketsReceived == 0 || s.Local == "" || s.Remote == "" || s.Relay {
		t.Errorf("stats %+v", s)
	}
}
