package mesh

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// BenchmarkJoin is the time from Open on both sides to Connected on both, and to the first sound, over the real loopback.
// Sound is given to Send every 4 ms.
func BenchmarkJoin(b *testing.B) {
	w := newLoopback(b)
	e := []*end{w.addWith("a", Config{}), w.addWith("b", Config{})}
	defer e[0].talk()()
	var up, sound time.Duration
	for range b.N {
		begin := time.Now()
		join(e[0], e[1], Options{})
		connected(e[0], e[1])
		up += time.Since(begin)
		e[1].hears("a", 1)
		sound += time.Since(begin)
		e[0].Close(id("b"))
		e[1].Close(id("a"))
		e[0].quiet()
		e[1].quiet()
		e[1].forget()
	}
	b.ReportMetric(float64(up.Microseconds())/1000/float64(b.N), "ms-connected")
	b.ReportMetric(float64(sound.Microseconds())/1000/float64(b.N), "ms-sound")
}

// BenchmarkMemory is what one peer connection (half of a pair) holds while sound goes both ways. It runs once, whatever b.N.
func BenchmarkMemory(b *testing.B) {
	w := newLoopback(b)
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	var ends []*end
	for _, n := range names {
		e := w.addWith(n, Config{})
		defer e.talk()()
		ends = append(ends, e)
	}
	before, goroutines := memory(), runtime.NumGoroutine()
	peers := 0
	for i, x := range ends {
		for _, y := range ends[i+1:] {
			join(x, y, Options{})
			peers += 2
		}
	}
	for i, x := range ends {
		for _, y := range ends[i+1:] {
			connected(x, y)
		}
	}
	for _, x := range ends {
		x.hears(names[(int(x.name[0]-'a')+1)%len(names)], 200)
	}
	after := memory()
	b.ReportMetric(float64(after.HeapInuse-before.HeapInuse)/1024/float64(peers), "KB-heap/peer")
	b.ReportMetric(float64(after.StackInuse-before.StackInuse)/1024/float64(peers), "KB-stack/peer")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/float64(peers), "goroutines/peer")
}

func memory() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

// BenchmarkFlood is what it costs to take one packet that asks for a key picture, and one that asks for 3400 packets once more.
func BenchmarkFlood(b *testing.B) {
	for name, packet := range map[string]rtcp.Packet{
		"pli":  &rtcp.PictureLossIndication{MediaSSRC: 7},
		"nack": &rtcp.TransportLayerNack{MediaSSRC: 7, Nacks: slices.Repeat([]rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}}, maxPairs)},
	} {
		b.Run(name, func(b *testing.B) {
			_, peers := sinks(b, 1)
			b.ReportAllocs()
			for b.Loop() {
				peers[0].pictures[CameraTrack].report(packet, 7)
			}
		})
	}
}
