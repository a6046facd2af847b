package call

import (
	"sync/atomic"
	"time"

	"parley/call/mesh"
	"parley/call/rate"
	"parley/video"
)

// far is a peer that takes pictures.
type far struct {
	codec video.Codec
	rate  *rate.Rate
}

// coder codes for all peers of one codec.
type coder struct {
	sender *video.Sender
	peers  atomic.Pointer[[]mesh.Peer]
}

// What a camera's pictures may take, in bit/s.
const (
	minBitrate   = 150_000
	startBitrate = 1_000_000
	maxBitrate   = 2_500_000
)

// direct has a coder for each codec that a peer takes, while pictures are sent.
func (c *camera) direct() {
	want := map[video.Codec][]mesh.Peer{}
	if c.on && c.possible() {
		c.farMu.Lock()
		for id, f := range c.far {
			want[f.codec] = append(want[f.codec], id)
		}
		c.farMu.Unlock()
	}
	old, next := *c.coders.Load(), map[video.Codec]*coder{}
	for codec, peers := range want {
		k := old[codec]
		if k == nil {
			k = c.newCoder(codec)
		}
		if k != nil {
			k.peers.Store(&peers)
			next[codec] = k
		}
	}
	c.coders.Store(&next)
	if len(want) == 0 {
		c.spoilt = nil
	}
	for codec, k := range old {
		if next[codec] == nil {
			c.endCoder(k)
		}
	}
	c.aim()
}

func (c *camera) newCoder(codec video.Codec) *coder {
	k := &coder{}
	k.peers.Store(&[]mesh.Peer{})
	if err := c.startCoder(k, codec); err != nil {
		c.spoilt = k
		c.fail(err)
		return nil
	}
	if c.spoilt != nil && !c.has(c.spoilt) { // it was one that could not be made
		c.spoilt = nil
		c.began(c.opens)
	}
	if feed := c.feed.Load(); feed != nil {
		feed.Give(k.sender.Slot())
	}
	return k
}

func (c *camera) startCoder(k *coder, codec video.Codec) error {
	encoder, err := c.p.config.NewEncoder(codec)
	if err != nil {
		return err
	}
	k.sender, err = video.NewSender(video.SenderConfig{
		Codec: codec, Encoder: encoder, Kbps: startBitrate / 1000, Log: c.p.log,
		Emit: func(payloads [][]byte, timestamp uint32, captured time.Time) {
			c.emit(k, payloads, timestamp, captured)
		},
		Failed: func(err error) { c.work.do(func() { c.spoil(k, err) }) },
	})
	if e, ok := encoder.(interface{ Close() }); ok && err != nil {
		e.Close()
	}
	return err
}

func (c *camera) endCoder(k *coder) {
	if feed := c.feed.Load(); feed != nil {
		feed.Withhold(k.sender.Slot())
	}
	k.sender.Close()
	c.spoil(k, nil)
}

// spoil is for a coder that makes nothing of the camera's pictures, or does so again: nil.
func (c *camera) spoil(k *coder, err error) {
	switch {
	case err != nil && c.has(k):
		c.spoilt = k
		c.fail(err)
	case err != nil || c.spoilt != k:
		return
	default:
		c.spoilt = nil
		c.began(c.opens)
	}
	c.tell()
}

// has says whether a coder is in use.
func (c *camera) has(k *coder) bool {
	for _, o := range *c.coders.Load() {
		if o == k {
			return true
		}
	}
	return false
}

// emit is on the way of each picture, on its coder's goroutine.
func (c *camera) emit(k *coder, payloads [][]byte, timestamp uint32, captured time.Time) {
	c.exitMu.Lock()
	defer c.exitMu.Unlock()
	if !c.sending {
		return
	}
	for _, id := range *k.peers.Load() {
		c.p.send(id, payloads, timestamp, captured)
	}
}

// reached is for a peer that can be sent to from now on, for the first time or again: it needs a key picture.
func (c *camera) reached(peer mesh.Peer, codec video.Codec) {
	most := c.p.config.MaxBitrate
	c.farMu.Lock()
	if (*c.p.peers.Load())[peer] == nil { // closed in this moment
		c.farMu.Unlock()
		return
	}
	if f := c.far[peer]; f == nil || f.codec != codec {
		c.far[peer] = &far{codec, rate.New(min(minBitrate, most), min(startBitrate, most), most)}
	}
	c.farMu.Unlock()
	c.work.do(func() {
		known := (*c.coders.Load())[codec]
		c.bring()
		if known != nil {
			known.sender.KeyFrame()
		}
	})
}

// forget is for a peer that is closed.
func (c *camera) forget(peer mesh.Peer) {
	c.farMu.Lock()
	defer c.farMu.Unlock()
	if c.far[peer] != nil {
		delete(c.far, peer)
		c.work.do(c.bring)
	}
}

// feedback is of a peer's reader goroutine.
func (c *camera) feedback(peer mesh.Peer, f mesh.Feedback) {
	c.farMu.Lock()
	to := c.far[peer]
	if to == nil {
		c.farMu.Unlock()
		return
	}
	to.rate.REMB(f.REMB)
	k := (*c.coders.Load())[to.codec]
	if f.Report && (f.Loss > 0 || k != nil && k.fills(to.rate.Target())) {
		to.rate.Report(f.Loss, f.RTT, time.Since(c.p.start))
	}
	c.farMu.Unlock()
	c.aim()
	if k != nil && f.KeyFrame {
		k.sender.KeyFrame()
	}
}

// fills says whether so much is sent that nothing lost says something: of a quarter of the target it says nothing of the rest.
func (k *coder) fills(target int) bool { return k.sender.Stats().Kbps*1000 > float64(target)/2 }

// aim has each coder at the rate of the slowest of its peers.
func (c *camera) aim() {
	c.farMu.Lock()
	defer c.farMu.Unlock()
	for codec, k := range *c.coders.Load() {
		least := c.p.config.MaxBitrate
		for _, f := range c.far {
			if f.codec == codec {
				least = min(least, f.rate.Target())
			}
		}
		k.sender.SetTarget(least / 1000)
	}
}
