package mesh

import "parley/video"

// Event is what a Mesh posts: LocalDescription, LocalCandidate, Connected, Disconnected, Failed, Unrenewed or Told.
type Event interface {
	From() Peer // whom it is about
	event()
}

// LocalDescription is a description to sign and to send to the far end. It holds no candidates; they follow.
type LocalDescription struct {
	Peer       Peer
	Generation uint32
	Kind       string // "offer" or "answer"
	SDP        string
}

// LocalCandidate is a candidate of this side to send to the far end, after the LocalDescription of its generation.
type LocalCandidate struct {
	Peer           Peer
	Generation     uint32
	Candidate, Mid string
}

// Connected: DTLS is up, and the far end's certificate is the one whose fingerprint its signed description holds. From
// now on Send reaches it. After Disconnected it comes again when the path has healed, and after an ICE restart.
type Connected struct {
	Peer    Peer
	Codec   video.Codec // as Mesh.Codec
	Renewed bool        // by Renew: what was under way by the connection before may be lost
	Number  int         // that Renew was given; of Renewed alone
	Healed  bool        // it is the connection that was there before, whose path has healed: of that the far end may not have noticed anything
}

// Disconnected: nothing has come from the far end for a few seconds. It may heal by itself.
type Disconnected struct{ Peer Peer }

// Failed: the peer connection will not go on by itself. Err is one of the package's errors, or wraps one.
type Failed struct {
	Peer Peer
	Err  error
}

// Unrenewed: what Renew began has come to nothing. The connection before is the one again that is negotiated, if no other was begun
// meanwhile.
type Unrenewed struct {
	Peer   Peer
	Number int // that Renew was given
}

// Told is what the far end has told by Tell, up to 32 KiB: bytes of somebody else's. Beyond some twenty, and 64 KiB, a
// second they are lost.
type Told struct {
	Peer Peer
	Data []byte
}

// From is whom the event is about.
func (e LocalDescription) From() Peer { return e.Peer }

// From is whom the event is about.
func (e LocalCandidate) From() Peer { return e.Peer }

// From is whom the event is about.
func (e Connected) From() Peer { return e.Peer }

// From is whom the event is about.
func (e Disconnected) From() Peer { return e.Peer }

// From is whom the event is about.
func (e Failed) From() Peer { return e.Peer }

// From is whom the event is about.
func (e Unrenewed) From() Peer { return e.Peer }

// From is whom the event is about.
func (e Told) From() Peer { return e.Peer }

func (LocalDescription) event() {}
func (LocalCandidate) event()   {}
func (Connected) event()        {}
func (Disconnected) event()     {}
func (Failed) event()           {}
func (Unrenewed) event()        {}
func (Told) event()             {}
