package video

import "time"

// The assembler:
//
//	1 Push      a packet into its place by sequence number; a jump leaves places that are missed
//	2 Next      the first whole picture whose references are there, waiting for repair as long as that is worth it
//	3 Nacks     which missed packets to ask for (again)
//	4 KeyFrame  whether to ask for a key picture, when something that all later ones need is gone for good
//
// What is waited for. A picture that is whole and needs nothing of a gap before it goes past the gap once repair would
// come too late to be shown smoothly (patience): with three temporal layers a lost packet of the top layer so costs one
// picture at most. If every later picture needs what is missing, the wait is longer (giveUp); then nothing is handed out,
// and the last good picture stays, until a key picture is whole.

// What bounds an Assembler and its patience.
const (
	ringSize    = 1024 // packets, 1.2 MB: four seconds at 2.5 Mbit/s, and the largest picture
	maxPacket   = 1500 // bytes of a payload; more is no packet of a network that we know
	maxGap      = 256  // packets missing in a row that are still asked for; a longer jump is a new beginning
	maxMisorder = 1024 // how far back a number may be to count as late rather than as nonsense: answers to NACKs may be
	maxFirst    = 64   // packets that the first one to come may have overtaken
	maxAsks     = 8    // NACKs for one packet
	lossSpan    = 256  // packets over which loss is smoothed
	maxNacks    = 100  // sequence numbers in one list

	echoAfter   = 8 * time.Millisecond   // before a question is said once more where questions get lost, too
	lossy       = 0.03                   // of packets lost: from there on they do
	reorderWait = 10 * time.Millisecond  // before a missing packet is asked for: it may only have been overtaken
	keyInterval = 300 * time.Millisecond // between two requests for a key picture, at least
	startRTT    = 100 * time.Millisecond // until told better
	maxRTT      = 2 * time.Second
)

// AssemblerStats counts since NewAssembler.
type AssemblerStats struct {
	Packets    uint64 // all that came, bad ones and duplicates too
	Duplicates uint64
	Late       uint64 // came when their time was over
	Garbage    uint64 // descriptors or numbers that cannot be
	Missed     uint64 // places left open in the sequence when a later packet came
	Repaired   uint64 // of those, filled after a NACK
	Lost       uint64 // of those, never filled in time
	Pictures   uint64 // handed out
	Keys       uint64 // of those, key pictures
	Useless    uint64 // whole pictures that needed a lost one
	Nacks      uint64 // sequence numbers asked for
	Requests   uint64 // of a key picture
	Restarts   uint64 // times that the numbers began anew, or jumped far
}

type place uint8

const (
	vacant place = iota
	missing
	stored
)

// packet is one place of the ring.
type packet struct {
	place  place
	asks   uint8 // NACKs sent
	echo   bool  // the last of them is to be said once more
	marker bool
	ts     uint32
	body   int    // where in data the picture's bytes begin
	data   []byte // payload, in a buffer of the assembler's
	info   info
	since  time.Duration // stored: when it came; missing: when that was noticed
	asked  time.Duration // when the last NACK was due
}

// Assembler puts the pictures of one stream together from RTP packets. The clock is passed in, any monotonic one, and
// never goes back. It keeps at most 1.5 MB, allocates nothing in a steady stream and is not safe for concurrent use.
type Assembler struct {
	codec Codec
	rtt   time.Duration

	// The sequence, made 64 bits wide by following it, so that nothing ever wraps.
	ring    [ringSize]packet
	started bool
	fresh   bool    // nothing was handed out or dropped yet: the first packet may not be the first
	next    int64   // the first place that is not over
	newest  int64   // the last stored place
	missing int     // places missing
	loss    float64 // the part of the last few hundred packets that had to be asked for
	suspect uint16
	doubt   bool // suspect is the number that would prove that the sender has begun anew

	refs    references
	intact  bool // the picture that ended before next was handed out
	needKey bool
	askKey  time.Duration // when to ask for a key picture next
	spoken  bool          // asked once already

	spare [][]byte // buffers of the ring
	out   []byte
	stats AssemblerStats
}

// NewAssembler makes one for a stream of which nothing is known.
func NewAssembler(codec Codec) *Assembler {
	return &Assembler{codec: codec, rtt: startRTT, needKey: true}
}

// SetRTT tells how long a question and its answer take. What cannot be is held to 0 ... 2 s.
func (a *Assembler) SetRTT(rtt time.Duration) { a.rtt = min(max(rtt, 0), maxRTT) }

// Stats returns the counters.
func (a *Assembler) Stats() AssemblerStats { return a.stats }

// Frozen says that nothing will be handed out before a key picture is there.
func (a *Assembler) Frozen() bool { return a.needKey }

// Waiting says that time alone may change something: call Next, Nacks and KeyFrame every 10 ms or so, and not only when a
// packet came.
func (a *Assembler) Waiting() bool { return a.started && (a.needKey || a.missing > 0) }

func (a *Assembler) at(n int64) *packet { return &a.ring[uint64(n)%ringSize] }

// Push takes a packet that arrived now; payload is copied. One that was repaired (RTX) comes under its first number.
func (a *Assembler) Push(seq uint16, ts uint32, marker bool, payload []byte, now time.Duration) {
	a.stats.Packets++
	if len(payload) > maxPacket {
		a.stats.Garbage++
		return
	}
	n, ok := a.place(seq, now)
	if !ok {
		return
	}
	p := a.at(n)
	if n > a.newest {
		a.grow(n, now)
	} else if p.place == stored {
		a.stats.Duplicates++
		return
	}
	var err error
	if len(payload) > 0 { // nothing but padding probes the network, and is a part of no picture
		p.body, err = p.info.read(a.codec, payload)
	}
	if err != nil {
		a.stats.Garbage++
		p.asks = maxAsks // it would only come again
		return
	}
	if p.asks > 0 {
		a.stats.Repaired++
	}
	a.missing--
	p.place, p.ts, p.marker, p.since = stored, ts, marker, now
	p.data = append(a.buffer(), payload...)
}

// place widens a sequence number and says whether there is a place for it.
func (a *Assembler) place(seq uint16, now time.Duration) (int64, bool) {
	if !a.started {
		a.restart(seq, now)
	}
	d := int64(int16(seq - uint16(a.newest)))
	n := a.newest + d
	if d > maxGap || n < a.next && d < -max(maxMisorder, a.newest-a.next) {
		// Believed only if the next one follows it (RFC 3550, appendix A.1).
		if !a.doubt || seq != a.suspect {
			a.doubt, a.suspect = true, seq+1
			a.stats.Garbage++
			return 0, false
		}
		a.stats.Restarts++
		a.drop(a.newest + 1)
		a.restart(seq, now)
		return a.next, true
	}
	a.doubt = false
	if n < a.next {
		if !a.fresh || a.newest-n >= maxFirst {
			a.stats.Late++
			return 0, false
		}
		a.open(n, a.next, now)
		a.stats.Missed += uint64(a.next - n - 1)
		a.next = n
	}
	return n, true
}

// restart begins with a sequence number, and with the need for a key picture.
func (a *Assembler) restart(seq uint16, now time.Duration) {
	a.started, a.fresh, a.intact, a.doubt = true, true, false, false
	a.next = 1<<32 + int64(seq)
	a.newest = a.next - 1
	a.refs = references{}
	a.needKey, a.askKey = true, now+keyInterval // it may be on its way
}

// grow makes the places up to n missing, n too. If they don't fit, all that is there goes.
func (a *Assembler) grow(n int64, now time.Duration) {
	if n-a.next >= ringSize {
		a.drop(a.newest + 1)
		a.freeze(now)
	}
	a.stats.Missed += uint64(n - a.newest - 1)
	a.open(a.newest+1, n+1, now)
	a.newest = n
	a.loss -= a.loss / lossSpan
}

// open makes the places from first to before end missing.
func (a *Assembler) open(first, end int64, now time.Duration) {
	for n := first; n < end; n++ {
		*a.at(n) = packet{place: missing, since: now}
	}
	a.missing += int(end - first)
}

func (a *Assembler) buffer() []byte {
	if last := len(a.spare) - 1; last >= 0 {
		b := a.spare[last]
		a.spare = a.spare[:last]
		return b
	}
	return make([]byte, 0, maxPacket)
}

// drop ends all places before end.
func (a *Assembler) drop(end int64) {
	for ; a.next < end; a.next++ {
		p := a.at(a.next)
		switch p.place {
		case missing:
			a.missing--
			a.stats.Lost++
		case stored:
			a.spare = append(a.spare, p.data[:0])
		}
		*p = packet{}
	}
	a.fresh = false
}

// freeze is for when what all later pictures need is gone, or the decoder says so. What came is thrown away up to a key
// picture that may have begun.
func (a *Assembler) freeze(now time.Duration) {
	a.intact = false
	if a.needKey {
		if !a.spoken {
			a.askKey = now // the first thing to come was no key picture
		}
		return
	}
	a.needKey, a.askKey = true, max(now, a.askKey)
	n := a.next
	for n <= a.newest && !a.at(n).beginsKey() {
		n++
	}
	a.drop(n)
}

// Broken tells that the decoder refused a picture: nothing goes to it before a key picture.
func (a *Assembler) Broken(now time.Duration) { a.freeze(now) }

// Asked tells that a key picture was asked for before anything came, so that it is not asked for again at once.
func (a *Assembler) Asked() {
	a.spoken = true
	a.stats.Requests++
}
