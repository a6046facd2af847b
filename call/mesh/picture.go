package mesh

import (
	"time"

	"parley/video"
)

// Picture is one RTP packet of a far end's camera or screen, in the codec that Mesh.Codec names. One that was repaired (RTX, RFC 4588) comes
// under its first number, with Repaired set.
type Picture struct {
	Track     Track
	Payload   []byte // with the codec's descriptor; empty where it was padding alone. Valid during the call
	Seq       uint16
	Timestamp uint32 // 90 kHz
	Marker    bool   // the picture's last packet
	SSRC      uint32
	Repaired  bool
}

// Feedback is what a far end says of our pictures of one track. What is not known yet is zero.
type Feedback struct {
	Track    Track
	KeyFrame bool          // a key picture is wanted: by a PLI or a FIR, or because one of ours found no room; at most one in 300 ms
	Report   bool          // Loss is a new one, and RTT may be; REMB may be new by itself
	Loss     float64       // the part (0 to 1) of our packets that the far end missed, in its last report; repairs don't count
	REMB     int           // what it believes the path can carry, bit/s
	Target   int           // what the path carries of all tracks together beside repairs, bit/s with all headers; told some times a second while there are pictures
	Sound    int           // how much of that sound takes now; 0: it is not in it
	RTT      time.Duration // from its last report
}

// SenderClock says when a far end's RTP clock stood where: from its sender reports (RFC 3550, section 6.4.1). Two tracks of one far
// end are in time with each other by it; its wall clock is its own, and need not be right.
type SenderClock struct {
	NTP       time.Time // by the far end's clock
	Timestamp uint32
	Rate      int // ticks in a second
	Known     bool
}

// SendPicture gives one picture's payloads, each of at most 1200 bytes, to a peer by that track; they are copied. They go out under its next
// numbers and the timestamp (90 kHz), as fast as the path carries them, those of a screen first, and are kept for a while for when
// they get lost. Captured is when
// the picture was taken; zero: now. If the path or the peer's socket is so slow that there is no room, the whole picture is left
// out, and Feedback asks for a key picture when there is some again.
func (m *Mesh) SendPicture(id Peer, t Track, payloads [][]byte, ts uint32, captured time.Time) {
	p := m.alive(id)
	if p == nil || !p.sending.Load() {
		return
	}
	if q := &p.pictures[t]; q.bound != nil && !q.film.put(payloads, ts, captured, time.Now(), p.flow.pace()) {
		q.film.lacks.Store(true)
		q.makeUp() // if all went out in this moment
	}
}

// Cease ends what SendPicture was given of that track, for all peers: when it has returned, nothing of it is sent any more, neither what
// waits nor what is asked for again or asks the path for more; but one packet for each peer, which is being written in this moment.
func (m *Mesh) Cease(t Track) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.peers {
		p.pictures[t].film.cease()
		if before := p.tenure.before.Load(); before != nil { // what it was given is on its way yet
			before.pictures[t].film.cease()
		}
	}
}

// Backlog is how long it takes until a picture of that track that is given to SendPicture now begins to go out: whoever waits so long
// with making it makes it as good as the path allows. It is 0 where the peer's socket is stuck: nobody else is to wait for that.
func (m *Mesh) Backlog(id Peer, t Track) (wait time.Duration) {
	if p := m.alive(id); p != nil && !p.flow.stuck() {
		pace := p.flow.pace()
		for i := range p.pictures[t:] { // those of a screen go first
			wait += p.pictures[int(t)+i].film.lasts(pace)
		}
	}
	return wait
}

// AskKeyFrame asks a peer for a key picture of that track of its: a PLI (RFC 4585, section 6.3.1).
func (m *Mesh) AskKeyFrame(id Peer, t Track) {
	if p := m.alive(id); p != nil {
		p.control.note(&p.pictures[t].remarks.askKey)
	}
}

// Nack asks a peer for packets of that track of its that got lost (RFC 4585, section 6.2.1).
func (m *Mesh) Nack(id Peer, t Track, seqs []uint16) {
	if p := m.alive(id); p != nil {
		p.control.nack(&p.pictures[t].remarks.missing, seqs)
	}
}

// Codec is what pictures are coded with, those for this peer and those of it: VP9 where both sides can, else VP8. It is zero before
// Connected, and where the far end takes no pictures.
func (m *Mesh) Codec(id Peer) video.Codec {
	if p := m.alive(id); p != nil {
		return p.codec()
	}
	return 0
}

// Clocks returns the clocks of a peer's microphone and of that track of its pictures.
func (m *Mesh) Clocks(id Peer, t Track) (sound, picture SenderClock) {
	if p := m.alive(id); p != nil {
		return p.heard.read(), p.pictures[t].seen.read()
	}
	return sound, picture
}

// Tell sends up to 32 KiB of text to the far end, in order and repaired where it gets lost, once the far end is trusted: there it is a
// Told. One that is longer is not sent; of too many at once the oldest are lost.
func (m *Mesh) Tell(id Peer, text []byte) {
	if p := m.find(id); p != nil && p.words.put(text) {
		p.enqueue(p.sayWords)
	}
}

// steady makes a wall clock's time out of one of this process that no change of the wall clock has moved: sender reports of a call
// belong together.
func (m *Mesh) steady(t time.Time) time.Time { return m.start.Add(t.Sub(m.start)) }
