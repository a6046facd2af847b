//go:build linux

package netlab

import (
	"encoding/binary"
	"math"
	"net"
	"testing"
	"time"
)

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
	watch := newWatch(t, n)
	got, _ := ping(t, n)
	there, back, wait := watch()
	a, b := n.Counts()
	for _, w := range [][2]Counts{{there, a}, {back, b}} { // the kernel may have sent something before anybody watched
		if seen, all := w[0], w[1]; seen.Passed == 0 || seen.Lost == 0 || seen.Passed > all.Passed || seen.Lost > all.Lost {
			t.Errorf("seen were %+v, counted %+v", seen, all)
		}
	}
	if wait != 0 {
		t.Errorf("a packet waited %v for no bottleneck", wait)
	}
	if got < 40 || got > 88 || a.Lost == 0 || b.Lost == 0 {
		t.Errorf("20 %% loss each way: %d of 100 answered, counted %+v %+v", got, a, b)
	}
	const rate = 100_000
	n.Set(Params{Rate: rate, Queue: time.Second})
	watch = newWatch(t, n)
	ping(t, n)
	if _, _, wait := watch(); wait < 200*time.Millisecond || wait > time.Second {
		t.Errorf("100 packets at once at %d bit/s: the last waits %v", rate, wait)
	}
}

// newWatch begins to watch a link; what it returns ends that, and says what passed and the longest wait.
func newWatch(t *testing.T, n *Net) func() (there, back Counts, wait time.Duration) {
	var ways [2]Counts
	var longest time.Duration
	n.Watch(func(p Passage) {
		way := &ways[0]
		if p.Back {
			way = &ways[1]
		}
		if p.Lost {
			way.Lost++
		} else {
			way.Passed++
		}
		longest = max(longest, p.Wait)
		if version := p.Packet[0] >> 4; version != 4 && version != 6 {
			t.Errorf("no IP packet: %x", p.Packet)
		}
	})
	return func() (there, back Counts, wait time.Duration) {
		n.Watch(nil)
		return ways[0], ways[1], longest
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
