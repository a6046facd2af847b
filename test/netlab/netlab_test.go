//go:build linux

package netlab

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

func TestLossIsAsAsked(t *testing.T) {
	for _, p := range []Params{{}, {Loss: 0.1}, {Loss: 0.1, Burst: 4}, {Loss: 0.5, Burst: 2}, {Loss: 1}, {Loss: 1, Burst: 3}} {
		d := direction{rng: rand.New(rand.NewPCG(1, 2))}
		lost, runs, before := 0, 0, false
		const n = 200000
		for range n {
			_, ok := d.pass(p, time.Time{})
			if !ok {
				lost++
				if !before {
					runs++
				}
			}
			before = !ok
		}
		if got := float64(lost) / n; math.Abs(got-p.Loss) > 0.01 {
			t.Errorf("%+v: lost %.3f", p, got)
		}
		if p.Burst > 1 && p.Loss < 1 {
			if got := float64(lost) / float64(runs); math.Abs(got-p.Burst) > 0.1*p.Burst {
				t.Errorf("%+v: mean run %.2f", p, got)
			}
		}
	}
}

func TestDelayAndOrder(t *testing.T) {
	d := direction{rng: rand.New(rand.NewPCG(1, 2))}
	start := time.Unix(1000, 0)
	p := Params{Delay: 30 * time.Millisecond, Jitter: 20 * time.Millisecond}
	q := newQueue()
	for i := range 100 {
		due, ok := d.pass(p, start)
		if wait := due.Sub(start); !ok || wait < 10*time.Millisecond || wait > 50*time.Millisecond {
			t.Fatalf("packet %d: %v %v", i, wait, ok)
		}
		q.put(due, []byte{byte(i)})
	}
	if data, wait, _ := q.next(start); data != nil || wait < 10*time.Millisecond {
		t.Errorf("a packet came out early: %v %v", data, wait)
	}
	overtaken, last := 0, byte(0)
	for range 100 {
		data, _, _ := q.next(start.Add(time.Second))
		if data == nil {
			t.Fatal("a packet is missing")
		}
		if data[0] < last {
			overtaken++
		}
		last = data[0]
	}
	if overtaken == 0 {
		t.Error("jitter of 20 ms changed no order")
	}
}

// TestLink pings through the two namespaces: a clean link, then delay, then loss.
func TestLink(t *testing.T) {
	n, err := New(7)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	if got, _ := ping(t, n); got != 100 {
		t.Errorf("clean link: %d of 100 pings answered", got)
	}
	n.Set(Params{Delay: 20 * time.Millisecond})
	if got, fastest := ping(t, n); got != 100 || fastest < 40 {
		t.Errorf("20 ms each way: %d of 100 answered, the fastest in %.1f ms", got, fastest)
	}
	n.Set(Params{Loss: 0.2})
	got, _ := ping(t, n)
	a, b := n.Counts()
	if got < 40 || got > 88 || a.Lost == 0 || b.Lost == 0 {
		t.Errorf("20 %% loss each way: %d of 100 answered, counted %+v %+v", got, a, b)
	}
}

// ping sends 100 packets from A to B, which echoes them, and returns how many came back and the fastest round trip in
// milliseconds.
func ping(t *testing.T, n *Net) (answered int, fastest float64) {
	t.Helper()
	var a, b net.PacketConn
	listen := func(s Side, c *net.PacketConn) {
		err := s.Do(func() (err error) {
			*c, err = net.ListenPacket("udp", s.IP+":0")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	listen(n.A, &a)
	defer a.Close()
	listen(n.B, &b)
	defer b.Close()
	go func() {
		buf := make([]byte, 100)
		for {
			size, from, err := b.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = b.WriteTo(buf[:size], from)
		}
	}()
	start := time.Now()
	for i := range 100 {
		if _, err := a.WriteTo(binary.BigEndian.AppendUint64([]byte{byte(i)}, uint64(time.Since(start))), b.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	fastest = math.Inf(1)
	buf := make([]byte, 100)
	for ; answered < 100; answered++ {
		if err := a.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		size, _, err := a.ReadFrom(buf)
		if err != nil {
			break // no answer for a second: the rest is lost
		}
		sent := time.Duration(binary.BigEndian.Uint64(buf[1:size]))
		fastest = min(fastest, float64(time.Since(start)-sent)/1e6)
	}
	return answered, fastest
}
