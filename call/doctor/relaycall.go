package doctor

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync/atomic"
	"time"

	"parley/audio"
	"parley/call/mesh"
	"parley/probe"
	"parley/wire"
)

const (
	packetTime  = 20 * time.Millisecond
	packetSize  = 160 // bytes, as 64 kbit/s
	packetTicks = 960 // of the 48 kHz clock
	arriveTime  = 500 * time.Millisecond
	muchLoss    = 0.05
)

// The two ends of a call with oneself.
var (
	here  = mesh.Peer{User: "here", Member: "1"}
	there = mesh.Peer{User: "there", Member: "2"}
)

// talk is a call with oneself. What is said is noise that nobody decodes.
type talk struct {
	mesh      *mesh.Mesh
	connected chan mesh.Peer
	failed    chan error
	arrived   atomic.Int64
}

// relayCall makes a call of talkTime from this computer through the relay and back.
func (r *run) relayCall(ctx context.Context, relay *wire.Turn) Finding {
	t := &talk{connected: make(chan mesh.Peer, 8), failed: make(chan error, 1)}
	m, err := mesh.New(mesh.Config{Post: t.post, Sound: t.hear, Net: r.config.Net})
	if err != nil {
		return probe.Failed("no_socket", "This computer lets no call begin. See that a security program does not forbid it to Parley.")
	}
	t.mesh = m
	defer m.Shutdown()
	options := r.config.Peer(relay)
	options.RelayOnly = true
	m.Open(here, options)
	m.Open(there, options)
	m.Offer(here, 1, false, options.ICE)
	if !t.connect(ctx) {
		return probe.Failed("no_path", "The relay answers, but nothing comes through it: the server's firewall or router keeps its relay's UDP ports closed. Tell whoever runs the server.")
	}
	sent, ok := t.speak(ctx)
	stats, _ := m.Stats(here)
	far, _ := m.Stats(there)
	arrived := int(t.arrived.Load())
	switch {
	case !ok:
		return probe.Omitted("") // the examination has ended
	case arrived == 0:
		return probe.Failed("silent", "A connection through the relay comes about, but no sound. Tell whoever runs the server.")
	}
	f := Finding{Result: Pass, RTTMS: stats.RTT, JitterMS: far.Jitter, Loss: max(0, 1-float64(arrived)/float64(sent))}
	f.Text = fmt.Sprintf("A call through the relay (by %s) works: %.0f ms there and back, %.1f %% of the packets lost, jitter %.0f ms.",
		wayWords[stats.RelayBy], f.RTTMS, 100*f.Loss, f.JitterMS)
	if f.Loss > muchLoss {
		f.Code = "lossy"
		f.Text += " That much is heard: use a cable in place of the radio, and see that nothing else fills the line."
	}
	return f
}

var wayWords = map[string]string{"udp": "UDP", "tcp": "TCP", "tls": "TLS"}

// post carries what one end has for the other.
func (t *talk) post(ev mesh.Event) {
	other := there
	if ev.From() == there {
		other = here
	}
	switch ev := ev.(type) {
	case mesh.LocalDescription:
		t.mesh.Remote(other, ev.Generation, ev.Kind, ev.SDP, nil)
	case mesh.LocalCandidate:
		t.mesh.Candidate(other, ev.Generation, ev.Candidate, ev.Mid)
	case mesh.Connected:
		select {
		case t.connected <- ev.Peer:
		default:
		}
	case mesh.Failed:
		select {
		case t.failed <- ev.Err:
		default:
		}
	}
}

func (t *talk) hear(at mesh.Peer, s mesh.Sound) {
	if at == there && s.By == audio.Own {
		t.arrived.Add(1)
	}
}

// connect waits for both ends.
func (t *talk) connect(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	up := map[mesh.Peer]bool{}
	for len(up) < 2 {
		select {
		case p := <-t.connected:
			up[p] = true
		case <-t.failed:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// speak sends a packet every packetTime, and waits for the last to arrive.
func (t *talk) speak(ctx context.Context) (sent int, ok bool) {
	payload := make([]byte, packetSize)
	_, _ = rand.Read(payload) // never fails
	ticker := time.NewTicker(packetTime)
	defer ticker.Stop()
	for end := time.Now().Add(talkTime - arriveTime); time.Now().Before(end); sent++ {
		t.mesh.Send(mesh.Sound{Payload: payload, Timestamp: uint32(sent * packetTicks)})
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return sent, false
		}
	}
	last := time.NewTimer(arriveTime)
	defer last.Stop()
	select {
	case <-last.C:
	case <-ctx.Done():
		return sent, false
	}
	return sent, true
}
