package wire

import (
	"errors"
	"fmt"
	"time"
)

// A call rings at one person and is then between two, whom the server knows as it knows the members of a channel: by user, member
// id and nonce. What the two say to each other (rtc messages) has the call's id in place of a channel's. Nobody else is told of it.
//
//	caller                     server                     callee
//	CallRing ────────────────────►│── CallIncoming ──────────►│
//	◄───────────── CallPlaced ────│                           │
//	                              │◄─────────────── CallAccept│   or CallEnd (declined); 45 s: CallEnded (timeout) to both
//	◄─────────── CallAnswered ────│── CallPlaced ────────────►│
//	             rtc messages both ways, until
//	CallEnd ─────────────────────►│── CallEnded ─────────────►│

// RingFor is how long a call rings.
const RingFor = 45 * time.Second

// CallRing asks for a call with somebody, in whatever channel either sits. Call, Member and Nonce are the caller's, made at the
// local command, which is the caller's consent.
type CallRing struct {
	Call   string `json:"call"`
	To     string `json:"to"` // a user
	Member string `json:"member"`
	Nonce  Bytes  `json:"nonce"`
	Video  bool   `json:"video,omitempty"` // a camera is to be expected
}

// CallPlaced answers CallRing, CallAccept and CallHere. With is there once both have said yes: in the answer to CallRing only if
// the other one was ringing here at the same moment, and then Call is that one's id, which counts from here on.
type CallPlaced struct {
	Call  string  `json:"call"`
	With  *Member `json:"with,omitempty"`
	Video bool    `json:"video,omitempty"` // the other's
	Relay *Turn   `json:"relay,omitempty"` // beside With: what TurnGet would say
}

// CallIncoming is an event: somebody rings.
type CallIncoming struct {
	Call  string `json:"call"`
	From  Member `json:"from"`
	Video bool   `json:"video,omitempty"`
}

// CallAccept takes a call that rings here. It is the callee's consent.
type CallAccept struct {
	Call   string `json:"call"`
	Member string `json:"member"`
	Nonce  Bytes  `json:"nonce"`
	Video  bool   `json:"video,omitempty"`
}

// CallAnswered is an event: the call that one made was taken, or the other one is there again (CallHere).
type CallAnswered struct {
	Call  string `json:"call"`
	With  Member `json:"with"`
	Video bool   `json:"video,omitempty"`
	Relay *Turn  `json:"relay,omitempty"`
}

// CallHere says to a server that has restarted, or has given the session up, that one is in a call all the time. With is the other
// one; when they have said the same the two are passed each other's messages again.
type CallHere struct {
	Call   string  `json:"call"`
	Member string  `json:"member"`
	Nonce  Bytes   `json:"nonce"`
	With   Address `json:"with"`
}

// CallEnd ends a call: cancels, declines, hangs up. Reason is the client's own word; the other one is told the server's, which knows
// whose word came first.
type CallEnd struct {
	Call   string `json:"call"`
	Reason string `json:"reason"`
}

// CallEnded is an event.
type CallEnded struct {
	Call   string `json:"call"`
	Reason string `json:"reason"`
}

// Reasons of CallEnd and CallEnded; MissedBusy is one too. After CallLost the media may go on: only the other's connection to the server is gone.
const (
	CallLeft      = "left"      // hung up
	CallCancelled = "cancelled" // by the caller, before it was taken
	CallDeclined  = "declined"  // by the callee
	CallTimeout   = "timeout"   // RingFor is over
	CallLost      = "lost"      // the other's session has ended
	CallKicked    = "kicked"    // the other is no member of the server any more
)

// Missed is a call that was not taken.
type Missed struct {
	Call  string `json:"call"`
	User  string `json:"user"`
	Name  string `json:"name"`
	At    int64  `json:"at"` // Unix time in seconds
	Video bool   `json:"video,omitempty"`
	Why   string `json:"why"`
}

// Why a call was Missed, besides CallCancelled, CallTimeout and CallLost.
const (
	MissedOffline = "offline"
	MissedBusy    = "busy"
	MissedDND     = "dnd"
)

// CallMissed is an event: calls that were missed, the oldest first. All that are kept come after each login, even where there are
// none (All); later ones come by themselves.
type CallMissed struct {
	All    bool     `json:"all,omitempty"`
	Missed []Missed `json:"missed"`
}

// CallSeen forgets the calls missed so far.
type CallSeen struct{}

func (CallRing) kind() string     { return "call.ring" }
func (CallPlaced) kind() string   { return "call.placed" }
func (CallIncoming) kind() string { return "call.incoming" }
func (CallAccept) kind() string   { return "call.accept" }
func (CallAnswered) kind() string { return "call.answered" }
func (CallHere) kind() string     { return "call.here" }
func (CallEnd) kind() string      { return "call.end" }
func (CallEnded) kind() string    { return "call.ended" }
func (CallMissed) kind() string   { return "call.missed" }
func (CallSeen) kind() string     { return "call.seen" }

// checkCall: a call's id has the form of a member id.
func checkCall(s string) error { return field("call", alphabet(s, 32, hexDigits)) }

func checkReason(s string) error { return checkText("reason", s, 1, 32) }

func (m CallRing) check() error {
	return errors.Join(checkCall(m.Call), checkUser(m.To), checkMember(m.Member), checkLen("nonce", m.Nonce, 32))
}

func (m CallPlaced) check() error {
	err := checkCall(m.Call)
	if m.With != nil {
		err = errors.Join(err, m.With.check())
	}
	return errors.Join(err, checkRelay(m.Relay))
}

func checkRelay(t *Turn) error {
	if t == nil {
		return nil
	}
	return t.check()
}

func (m CallIncoming) check() error { return errors.Join(checkCall(m.Call), m.From.check()) }

func (m CallAccept) check() error {
	return errors.Join(checkCall(m.Call), checkMember(m.Member), checkLen("nonce", m.Nonce, 32))
}

func (m CallAnswered) check() error {
	return errors.Join(checkCall(m.Call), m.With.check(), checkRelay(m.Relay))
}

func (m CallHere) check() error {
	return errors.Join(checkCall(m.Call), checkMember(m.Member), checkLen("nonce", m.Nonce, 32), m.With.check())
}

func (m CallEnd) check() error   { return errors.Join(checkCall(m.Call), checkReason(m.Reason)) }
func (m CallEnded) check() error { return errors.Join(checkCall(m.Call), checkReason(m.Reason)) }

func (m Missed) check() error {
	return errors.Join(checkCall(m.Call), checkUser(m.User), checkText("name", m.Name, 0, MaxName), checkText("why", m.Why, 1, 32))
}

func (m CallMissed) check() error {
	if len(m.Missed) > MaxMissed {
		return fmt.Errorf("missed: %d, at most %d", len(m.Missed), MaxMissed)
	}
	return each(m.Missed)
}

func (CallSeen) check() error { return nil }
