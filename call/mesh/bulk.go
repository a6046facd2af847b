package mesh

import (
	"context"
	"errors"
	"fmt"

	"github.com/pion/webrtc/v4"
)

// What SendBulk goes through: data channels beside the one for words, which both sides know of beforehand as well. Nothing in a frame
// depends on its order, so that whoever can may send them unordered; pion sends what was negotiated beforehand in order all the same.
// There are several, and frames take turns: what got lost, and that a second time, holds up only what follows in its own.
//
// SCTP's own control of congestion is left out (smallestWindow): it gives way only when speech has been late or lost for long, and
// takes each packet that a radio loses for a sign of that. How fast, and how much at once, is the caller's part (package rate).
const (
	maxBulk        = 1150      // bytes of a frame: with its headers it is one packet
	smallestWindow = 256 << 10 // bytes: SendBulk has never more under way
	firstBulk      = 1         // the channels' numbers
	bulkChannels   = 4
)

// ErrGone is what SendBulk says where a peer is not there, or not any more.
var ErrGone = errors.New("the peer is gone")

// bulk is what is on its way to the far end beside sound, pictures and words.
type bulk struct {
	channels [bulkChannels]*webrtc.DataChannel // set by setUp; for others only after trusted
	turn     chan struct{}                     // capacity 1: whoever has put something into it may send
	stir     chan struct{}                     // capacity 1: a channel is open now, or there is room
	next     int                               // of who has the turn: the next channel
}

func newBulk() *bulk {
	return &bulk{turn: make(chan struct{}, 1), stir: make(chan struct{}, 1)}
}

func (p *peer) openBulk() error {
	for i := range p.bulk.channels {
		negotiated, ordered, id := true, false, uint16(firstBulk+i)
		channel, err := p.pc.CreateDataChannel("files", &webrtc.DataChannelInit{Negotiated: &negotiated, Ordered: &ordered, ID: &id})
		if err != nil {
			return err
		}
		p.bulk.channels[i] = channel
		channel.OnOpen(func() { poke(p.bulk.stir) })
		channel.OnBufferedAmountLow(func() { poke(p.bulk.stir) })
		channel.OnMessage(p.receiveBulk)
	}
	return nil
}

// underWay is how many bytes have not arrived, and whatever changes that from now on pokes.
func (b *bulk) underWay() (bytes int) {
	for _, c := range b.channels {
		n := c.BufferedAmount()
		c.SetBufferedAmountLowThreshold(n - min(n, 1))
		bytes += int(n)
	}
	return bytes
}

func (p *peer) receiveBulk(k webrtc.DataChannelMessage) {
	select {
	case <-p.trusted:
	case <-p.closing:
		return
	}
	if !k.IsString && len(k.Data) > 0 && len(k.Data) <= maxBulk && !p.isClosing() {
		p.mesh.config.Bulk(p.id, k.Data)
	}
}

// SendBulk gives a frame of at most 1150 bytes to a peer that is connected, where it comes to Config.Bulk: for certain as long as the
// connection lives, but in no order. It waits until there are fewer than budget bytes under way. The frame may be used again when it
// returns.
func (m *Mesh) SendBulk(ctx context.Context, id Peer, frame []byte, budget int) error {
	p := m.alive(id)
	switch {
	case len(frame) == 0 || len(frame) > maxBulk:
		return fmt.Errorf("a frame of %d bytes", len(frame))
	case p == nil || !p.isTrusted():
		return ErrGone
	}
	b := p.bulk
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-p.closing:
		return ErrGone
	case <-ctx.Done():
		return ctx.Err()
	}
	budget = min(max(budget, maxBulk), smallestWindow)
	for {
		c := b.channels[b.next]
		switch c.ReadyState() {
		case webrtc.DataChannelStateClosing, webrtc.DataChannelStateClosed:
			return ErrGone
		case webrtc.DataChannelStateOpen:
			if b.underWay()+len(frame) <= budget {
				b.next = (b.next + 1) % len(b.channels)
				if err := c.Send(frame); err != nil {
					return fmt.Errorf("%w: %w", ErrGone, err)
				}
				return nil
			}
		}
		select {
		case <-b.stir:
		case <-p.closing:
			return ErrGone
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
