package wire

import "errors"

// Route says where a message between two peers goes. The client sets To; From is the server's word, whatever the client wrote.
// The server relays only between two members of the same channel, or the two of a call that was taken.
type Route struct {
	To      Address `json:"to"`
	From    Address `json:"from,omitzero"`
	Channel string  `json:"channel"` // or the call's id
}

// NeedOffer asks the side whose part it is (the smaller member id) for an offer of a later generation.
type NeedOffer struct {
	Route
	Generation uint32 `json:"generation"`      // the last one seen; zero: none
	Fresh      bool   `json:"fresh,omitempty"` // the asker's peer connection is new, so the offer must be of a new one too
}

// Offer is a session description of the peer with the smaller member id.
type Offer struct {
	Route
	Generation uint32 `json:"generation"` // grows with each offer of this pair; a repeated or smaller one is refused
	SDP        string `json:"sdp"`
	Signature  Bytes  `json:"signature"` // identity.Description, by the sender's user key
}

// Answer answers the Offer of the same generation.
type Answer struct {
	Route
	Generation uint32 `json:"generation"`
	SDP        string `json:"sdp"`
	Signature  Bytes  `json:"signature"`
}

// Candidate is one ICE candidate of its sender (RFC 8838).
type Candidate struct {
	Route
	Generation uint32 `json:"generation"`
	Candidate  string `json:"candidate"` // candidate-attribute of RFC 8839, section 5.1; empty: there are no more
	Mid        string `json:"mid"`
}

func (NeedOffer) kind() string { return "rtc.need_offer" }
func (Offer) kind() string     { return "rtc.offer" }
func (Answer) kind() string    { return "rtc.answer" }
func (Candidate) kind() string { return "rtc.candidate" }

// Relayed is a message from one peer to another.
type Relayed interface {
	Message
	// Path is the message's own Route, for the server to stamp.
	Path() *Route
}

// Path implements Relayed for every message that has a Route.
func (r *Route) Path() *Route { return r }

func (r Route) check() error {
	err := errors.Join(r.To.check(), checkChannel(r.Channel))
	if r.From != (Address{}) {
		err = errors.Join(err, r.From.check())
	}
	return err
}

func checkDescription(r Route, sdp string, signature Bytes) error {
	return errors.Join(r.check(), checkText("sdp", sdp, 1, MaxSDP), checkLen("signature", signature, 64))
}

func (m NeedOffer) check() error { return m.Route.check() }
func (m Offer) check() error     { return checkDescription(m.Route, m.SDP, m.Signature) }
func (m Answer) check() error    { return checkDescription(m.Route, m.SDP, m.Signature) }

func (m Candidate) check() error {
	return errors.Join(m.Route.check(), checkText("candidate", m.Candidate, 0, MaxCandidate), checkText("mid", m.Mid, 0, 16))
}
