package call

import (
	"sync"
	"sync/atomic"
	"time"

	"parley/call/mesh"
	"parley/video"
)

// local is what camera and screen have in common: a source of one's own pictures that is open or not, what codes them, and who gets
// them.
//
//	Source ─► Feed ─► Slot of oneself
//	           └────► coder of each codec in use ─► all peers that take it, and look
type local struct {
	p     *picture
	track Track
	owner owner
	work  *serial
	clock video.Clock

	exitMu    sync.Mutex // around the last look at the next two, together with the sending
	permitted int        // which consent there is; 0: none
	open      int        // which one the source was opened by

	farMu  sync.Mutex
	far    map[mesh.Peer]*far
	shown  bool                                   // there are pictures for the peers
	most   int                                    // bit/s
	coders atomic.Pointer[map[video.Codec]*coder] // replaced, never changed

	feed atomic.Pointer[video.Feed] // nil: it is closed

	// Of the work goroutine alone.
	on     bool      // its pictures are for the peers
	opens  int       // so many times it was opened
	opened time.Time // the last of them
	spoilt *coder    // one that can't code the pictures; nil: none
}

// owner is the camera or the screen. It is told on the work goroutine.
type owner interface {
	began()     // the first picture is there, or they can be coded again
	lost(error) // the source has ended by itself, and is closed
	fail(error) // the pictures can't be coded
}

func (l *local) init(p *picture, track Track, most int, o owner) {
	l.p, l.track, l.most, l.owner = p, track, most, o
	l.work, l.clock, l.far = newSerial(), video.NewClock(), map[mesh.Peer]*far{}
	l.coders.Store(&map[video.Codec]*coder{})
}

// permit is the last gate. When it has returned no picture leaves but by this consent, whatever was made by another one and waits, or
// gets lost; 0: none at all.
func (l *local) permit(consent int) {
	l.exitMu.Lock()
	defer l.exitMu.Unlock()
	if l.permitted != consent {
		l.permitted = consent
		l.p.cease(l.track)
	}
}

// serve says by which consent the source is opened.
func (l *local) serve(consent int) {
	l.exitMu.Lock()
	defer l.exitMu.Unlock()
	l.open = consent
}

// begin reads a source that was opened.
func (l *local) begin(source video.Source) {
	l.opened = time.Now()
	l.opens++
	opens := l.opens
	feed := video.StartFeed(source, l.clock,
		func() { l.work.do(func() { l.first(opens) }) },
		func(err error) { l.work.do(func() { l.ended(opens, err) }) })
	l.feed.Store(feed)
	feed.Give(l.p.slot("", l.track))
	for _, k := range *l.coders.Load() {
		l.give(feed, k)
	}
}

// give leaves the pictures to a coder; a screen's, which was opened to be sent, begin with the one that stands there.
func (l *local) give(feed *video.Feed, k *coder) {
	if l.track == ScreenTrack {
		feed.GiveNow(k.sender.Slot())
		return
	}
	feed.Give(k.sender.Slot())
}

// first is for the first picture.
func (l *local) first(opens int) {
	if l.feed.Load() == nil || l.opens != opens || l.spoilt != nil {
		return // it was closed since, or is of no use
	}
	l.aim() // its size is known now
	l.owner.began()
}

// ended is for a source that has ended by itself.
func (l *local) ended(opens int, err error) {
	if l.opens == opens && l.end() {
		l.owner.lost(err)
	}
}

// end closes the source, if one is open.
func (l *local) end() bool {
	feed := l.feed.Swap(nil)
	if feed == nil {
		return false
	}
	feed.Close()
	l.p.slot("", l.track).Clear()
	return true
}

// reached is for a peer that can be sent to from now on, for the first time or again: if it looks, it needs a key picture. What was
// known of the path is not so of this one.
func (l *local) reached(peer mesh.Peer, codec video.Codec) {
	l.farMu.Lock()
	defer l.farMu.Unlock()
	if (*l.p.peers.Load())[peer] == nil { // closed in this moment
		return
	}
	f := l.far[peer]
	if f == nil || f.codec != codec {
		f = newFar(codec)
		l.far[peer] = f
	}
	f.share, f.rests = startShare, false
	f.away.Store(false)
	if f.watches {
		l.work.do(func() { l.refresh(codec) })
	}
}

// miss is for a peer of which nothing comes any more: nobody waits for it.
func (l *local) miss(peer mesh.Peer) {
	l.farMu.Lock()
	defer l.farMu.Unlock()
	if f := l.far[peer]; f != nil {
		f.away.Store(true)
	}
}

// refresh takes in a peer that needs a key picture.
func (l *local) refresh(codec video.Codec) {
	known := (*l.coders.Load())[codec]
	l.direct()
	if known != nil {
		known.sender.KeyFrame()
	}
}

// watch takes whether a peer looks. At first it does.
func (l *local) watch(peer mesh.Peer, on bool) {
	l.farMu.Lock()
	defer l.farMu.Unlock()
	f := l.far[peer]
	if f == nil || f.watches == on {
		return
	}
	f.watches = on
	if codec := f.codec; on {
		l.work.do(func() { l.refresh(codec) })
	} else {
		l.work.do(l.direct)
	}
}

// forget is for a peer that is closed.
func (l *local) forget(peer mesh.Peer) {
	l.farMu.Lock()
	defer l.farMu.Unlock()
	if l.far[peer] != nil {
		delete(l.far, peer)
		l.work.do(l.direct)
	}
}

func (l *local) stats() (s PictureStats) {
	if feed := l.feed.Load(); feed != nil {
		s.Open, s.Source = true, feed.Stats()
	}
	most := 0
	for codec, k := range *l.coders.Load() {
		if n := len(*k.peers.Load()); n > most {
			most, s.Codec, s.Sent = n, codec, k.sender.Stats()
		}
	}
	return s
}
