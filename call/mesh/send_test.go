package mesh

import (
	"errors"
	"testing"

	"github.com/pion/rtp"
)

// sinks is a mesh with n peers that are connected as far as Send knows.
func sinks(t testing.TB, n int) (*Mesh, []*peer) {
	m, err := New(Config{Post: func(Event) {}, Sound: func(Peer, Sound) {}})
	if err != nil {
		t.Fatal(err)
	}
	var peers []*peer
	for i := range n {
		p := newPeer(m, Peer{User: string(rune('a' + i))}, Options{}, *m.certificate)
		p.sending.Store(true)
		m.peers[p.id] = p
		peers = append(peers, p)
	}
	m.publishLocked()
	return m, peers
}

func TestSendAllocatesNothing(t *testing.T) {
	for _, n := range []int{0, 1, 7} {
		m, peers := sinks(t, n)
		written := make(chan struct{}, 100)
		for _, p := range peers {
			go p.write(on(func(*rtp.Header, []byte) error { written <- struct{}{}; return nil }))
		}
		s := Sound{Payload: make([]byte, 160)}
		if a := testing.AllocsPerRun(200, func() {
			m.Send(s)
			for range peers {
				<-written
			}
		}); a != 0 {
			t.Errorf("%d peers: %v allocations for a packet", n, a)
		}
		for _, p := range peers {
			p.close()
		}
	}
}

// A peer whose socket is stuck loses packets; the others don't, and Send does not wait.
func TestSendDoesNotWait(t *testing.T) {
	m, peers := sinks(t, 2)
	stuck, quick := peers[0], peers[1]
	hold, sent := make(chan struct{}), make(chan rtp.Packet)
	go stuck.write(on(func(*rtp.Header, []byte) error { <-hold; return nil }))
	go quick.write(on(func(h *rtp.Header, payload []byte) error {
		sent <- rtp.Packet{Header: *h, Payload: payload}
		return nil
	}))
	const n = 50
	var first uint16
	for i := range n {
		m.Send(Sound{Payload: []byte{byte(i)}, Timestamp: uint32(i)})
		k := <-sent
		if i == 0 {
			first = k.SequenceNumber
		}
		if k.SequenceNumber != first+uint16(i) || k.Payload[0] != byte(i) || k.Timestamp != uint32(i) {
			t.Fatalf("packet %d is %v", i, k)
		}
	}
	if d := stuck.out.dropped.Load(); d < n-backlog-1 || d > n-backlog {
		t.Errorf("%d of %d dropped", d, n)
	}
	if d := quick.out.dropped.Load(); d != 0 {
		t.Errorf("%d dropped for a peer that is not stuck", d)
	}
	close(hold)
	stuck.close()
	quick.close()
}

func TestSendRefusesWhatIsNoPacket(t *testing.T) {
	m, peers := sinks(t, 1)
	m.Send(Sound{})
	m.Send(Sound{Payload: make([]byte, maxSound+1)})
	if len(peers[0].out.full) != 0 {
		t.Error("it went out")
	}
	m.Send(Sound{Payload: make([]byte, maxSound)})
	if len(peers[0].out.full) != 1 {
		t.Error("the largest packet did not go out")
	}
	peers[0].sending.Store(false)
	m.Send(Sound{Payload: []byte{1}})
	if len(peers[0].out.full) != 1 {
		t.Error("a packet went to a peer that is not connected")
	}
}

func TestFailedWritesAreCounted(t *testing.T) {
	m, peers := sinks(t, 1)
	p := peers[0]
	n := 0
	go p.write(on(func(*rtp.Header, []byte) error {
		if n++; n == 3 {
			p.close()
		}
		return errors.New("no route")
	}))
	for range 3 {
		m.Send(Sound{Payload: []byte{1}})
	}
	<-p.closing
	if d := p.out.dropped.Load(); d < 2 {
		t.Errorf("%d dropped", d)
	}
}

func TestFirstNumber(t *testing.T) {
	for range 100 {
		if firstNumber() >= 1<<15 {
			t.Fatal("the first turnover could be missed")
		}
	}
}
