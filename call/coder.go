package call

import (
	"sync/atomic"
	"time"

	"parley/call/mesh"
	"parley/call/rate"
	"parley/video"
)

// far is a peer that takes pictures. All but the last three is guarded by farMu.
type far struct {
	codec   video.Codec
	watches bool          // somebody looks there
	share   int           // of what its path carries, bit/s with all headers
	rests   bool          // it has no room for any
	fed     time.Duration // when it last had some
	keys    bucket        // of the key pictures that it asks for
	owed    bool          // one of those, which comes later

	away   atomic.Bool  // nothing comes of it
	layers atomic.Int32 // temporal ones that it is to get, 1 to 3
	gets   int32        // that it does; of the coder's goroutine
}

func newFar(codec video.Codec) *far {
	f := &far{codec: codec, watches: true, share: startShare, fed: -hunger}
	f.layers.Store(video.Layers)
	return f
}

// coder codes for all peers of one codec.
type coder struct {
	sender *video.Sender
	peers  atomic.Pointer[[]receiver]

	// Guarded by farMu.
	ladder *rate.Ladder
	pixels int // that the ladder is for; 0: it is not known yet
	most   int // bit/s that its pictures can do with
	strain strain
	fps    int // of the rung
}

// receiver is a peer of a coder.
type receiver struct {
	peer mesh.Peer
	*far
}

// What a source's pictures may take, in bit/s.
const (
	startShare = 220_000   // until something is known of the path
	minBitrate = 100_000   // for those who get less, layers are left out
	maxBitrate = 4_000_000 // of what is coded

	mostUnknown = 2_500_000 // while it is not known how large the source's pictures are

	hunger = 2500 * time.Millisecond // more than after what time the Allocator lets pictures go on

	maxBacklog = 150 * time.Millisecond // of what is coded and has not gone out

	ownPart = 0.92 // of what goes there; the rest are headers, and what a coder exceeds its rate by
)

// leastWants are what each track's pictures are not worth looking at without, and what is enough while there is the other one.
var leastWants = [tracks]rate.Want{CameraTrack: {Least: 65_000, Enough: 250_000}, ScreenTrack: {Least: 150_000, Enough: 500_000}}

// direct has a coder for each codec that a peer takes who looks and has room, while pictures are sent.
func (l *local) direct() {
	want := l.receivers()
	old, next := *l.coders.Load(), map[video.Codec]*coder{}
	for codec, peers := range want {
		k := old[codec]
		if k == nil {
			k = l.newCoder(codec)
		}
		if k != nil {
			k.peers.Store(&peers)
			next[codec] = k
		}
	}
	l.coders.Store(&next)
	l.p.share()
	if len(want) == 0 {
		l.spoilt = nil
	}
	for codec, k := range old {
		if next[codec] == nil {
			l.endCoder(k)
		}
	}
	l.aim()
}

// receivers are the peers that get pictures.
func (l *local) receivers() map[video.Codec][]receiver {
	want := map[video.Codec][]receiver{}
	l.farMu.Lock()
	defer l.farMu.Unlock()
	l.shown = l.on && l.p.config.NewEncoder != nil
	for id, f := range l.far {
		if l.shown && f.watches && !f.rests {
			want[f.codec] = append(want[f.codec], receiver{id, f})
		}
	}
	return want
}

func (l *local) newCoder(codec video.Codec) *coder {
	k := &coder{}
	k.peers.Store(&[]receiver{})
	if err := l.startCoder(k, codec); err != nil {
		l.spoilt = k
		l.owner.fail(err)
		return nil
	}
	if l.spoilt != nil && !l.has(l.spoilt) { // it was one that could not be made
		l.spoilt = nil
		l.first(l.opens)
	}
	if feed := l.feed.Load(); feed != nil {
		l.give(feed, k)
	}
	return k
}

func (l *local) startCoder(k *coder, codec video.Codec) error {
	encoder, err := l.p.config.NewEncoder(l.track, codec)
	if err != nil {
		return err
	}
	k.sender, err = video.NewSender(video.SenderConfig{
		Codec: codec, Encoder: encoder, Kbps: startShare / 1000, Still: l.track == ScreenTrack, Scale: l.scaler(), Full: func() bool { return l.full(k) }, Log: l.p.log,
		Emit: func(payloads [][]byte, layer int, timestamp uint32, captured time.Time) {
			l.emit(k, payloads, layer, timestamp, captured)
		},
		Failed: func(err error) { l.work.do(func() { l.spoil(k, err) }) },
	})
	if e, ok := encoder.(interface{ Close() }); ok && err != nil {
		e.Close()
	}
	return err
}

func (l *local) scaler() func(dst, src *video.Frame) error {
	if l.p.config.NewScaler == nil {
		return nil
	}
	return l.p.config.NewScaler()
}

func (l *local) endCoder(k *coder) {
	if feed := l.feed.Load(); feed != nil {
		feed.Withhold(k.sender.Slot())
	}
	k.sender.Close()
	l.spoil(k, nil)
}

// spoil is for a coder that makes nothing of the pictures, or does so again: nil.
func (l *local) spoil(k *coder, err error) {
	switch {
	case err != nil && l.has(k):
		l.spoilt = k
		l.owner.fail(err)
	case err != nil || l.spoilt != k:
		return
	default:
		l.spoilt = nil
		l.first(l.opens)
	}
}

// has says whether a coder is in use.
func (l *local) has(k *coder) bool {
	for _, o := range *l.coders.Load() {
		if o == k {
			return true
		}
	}
	return false
}

// emit is on the way of each picture, on its coder's goroutine. A peer gets more layers from a picture of the base on.
func (l *local) emit(k *coder, payloads [][]byte, layer int, timestamp uint32, captured time.Time) {
	l.exitMu.Lock()
	defer l.exitMu.Unlock()
	if l.permitted == 0 || l.permitted != l.open {
		return
	}
	for _, r := range *k.peers.Load() {
		if layers := r.layers.Load(); layer == 0 || layers < r.gets {
			r.gets = layers
		}
		if layer < int(r.gets) {
			l.p.send(r.peer, l.track, payloads, timestamp, captured)
		}
	}
}

// full says whether what was made last is still on its way out to somebody: more of it would only come later.
func (l *local) full(k *coder) bool {
	for _, r := range *k.peers.Load() {
		if !r.away.Load() && l.p.backlog(r.peer, l.track) > maxBacklog {
			return true
		}
	}
	return false
}

// wanted is for a peer that wants a key picture.
func (l *local) wanted(peer mesh.Peer) {
	l.farMu.Lock()
	defer l.farMu.Unlock()
	if f := l.far[peer]; f != nil && f.watches && !f.rests {
		if k := (*l.coders.Load())[f.codec]; k != nil {
			f.owed = true
			l.pay(k, f, time.Since(l.p.start))
		}
	}
}

// How many key pictures a peer may ask for where the others pay for them: some at once, and then one in two seconds.
const (
	manyKeys = 8
	keysRate = 0.5
)

// pay makes a key picture that a peer is owed, as soon as it may have one.
func (l *local) pay(k *coder, f *far, now time.Duration) {
	if f.owed && (len(*k.peers.Load()) <= 1 || f.keys.take(now, manyKeys, keysRate)) {
		f.owed = false
		k.sender.KeyFrame()
	}
}

// wants is what a peer's part of the pictures could do with; zero: it gets none.
func (l *local) wants(peer mesh.Peer) rate.Want {
	l.farMu.Lock()
	defer l.farMu.Unlock()
	f := l.far[peer]
	if f == nil || !f.watches || !l.shown {
		return rate.Want{}
	}
	w := leastWants[l.track]
	most := mostUnknown
	if k := (*l.coders.Load())[f.codec]; k != nil && k.most > 0 {
		most = k.most
	}
	w.Most = min(int(float64(l.most)/ownPart), most)
	return w
}

// allot is a peer's share. Who has had none begins with a key picture; who is to have none now gets the least for a while, as a queue is
// cut short by giving up more than there has to be, and that is soon over.
func (l *local) allot(peer mesh.Peer, share int, wanted bool) {
	l.farMu.Lock()
	defer l.farMu.Unlock()
	f := l.far[peer]
	if f == nil {
		return
	}
	now, rested := time.Since(l.p.start), f.rests
	switch {
	case !wanted:
		share, f.rests = startShare, false
	case share > 0:
		f.rests, f.fed = false, now
	case now-f.fed < hunger:
		share = leastWants[l.track].Least
	default:
		f.rests = true
	}
	f.share = share
	switch codec := f.codec; {
	case f.rests && !rested:
		l.work.do(l.direct)
	case rested && !f.rests:
		l.work.do(func() { l.refresh(codec) })
	}
}

// aim has each coder make what its peers have room for: at the rate of the slowest of them, down to a floor, below which they get fewer
// layers.
func (l *local) aim() {
	now := time.Since(l.p.start)
	height, pixels := l.size()
	l.farMu.Lock()
	defer l.farMu.Unlock()
	var room [maxShares]int
	for codec, k := range *l.coders.Load() {
		shares := room[:0]
		for _, f := range l.far {
			if f.codec == codec && f.watches && !f.rests && !f.away.Load() && len(shares) < maxShares {
				shares = append(shares, f.share)
				l.pay(k, f, now)
			}
		}
		lines := height
		if most := k.strain.look(now, k.sender.Stats(), float64(k.fps)); most > 0 && l.track == CameraTrack {
			lines = min(lines, most)
		}
		k.climb(l.track, codec, lines, pixels)
		if len(shares) == 0 {
			continue // it is about to end
		}
		most := min(int(float64(l.most)/ownPart), k.most)
		coded := rate.Coded(min(minBitrate, most), most, shares...)
		k.sender.SetTarget(min(int(ownPart*float64(coded)), l.most) / 1000)
		rung := k.ladder.Step(now, coded)
		k.fps = rung.FPS
		k.sender.SetLimit(rung.Height, rung.FPS)
		for _, f := range l.far {
			if f.codec == codec {
				f.layers.Store(int32(max(rate.Layers(coded, f.share, int(f.layers.Load())), 1)))
			}
		}
	}
}

// maxShares is more than there are peers.
const maxShares = 64

// size is that of the source's pictures: the lines of the shorter side, and how many pixels; zero as long as there were none.
func (l *local) size() (lines, pixels int) {
	if feed := l.feed.Load(); feed != nil {
		s := feed.Stats()
		return min(s.Width, s.Height), s.Width * s.Height
	}
	return 0, 0
}

// climb has the ladder that is right for the source.
func (k *coder) climb(t Track, codec video.Codec, height, pixels int) {
	rungs, cost := rate.CameraRungs, 1.0
	if codec == video.VP8 {
		cost = 1.5
	}
	if t == ScreenTrack {
		if rungs = rate.ScreenRungs; pixels > 0 {
			cost *= float64(pixels) / (1920 * 1080)
		}
	}
	switch {
	case k.ladder == nil, k.pixels == 0 && pixels > 0:
		k.ladder, k.pixels = rate.NewLadder(rungs, cost), pixels
	case pixels > 0 && k.pixels != pixels: // a window has another size
		k.ladder.SetCost(cost)
		k.pixels = pixels
	}
	if height > 0 {
		k.ladder.SetSource(height)
	}
	k.most = k.ladder.Most()
}
