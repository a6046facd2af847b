// Package doctor looks for what stands in the way of calls, one step after the other: from the server's name to a call through the
// relay that one makes with oneself. What it finds is said in sentences that hold no addresses and no secrets.
//
//	name ─► tcp ─► tls ─► websocket ─► login ─┬► stun
//	                                          ├► turn_udp, turn_tcp, turn_tls ─► relay_call
//	microphone, speaker
//
// Steps that don't need each other are taken side by side.
package doctor

import "parley/probe"

// Finding is what one step has found; its Step is one of Steps.
type Finding = probe.Finding

// What a step can come to.
const (
	Pass    = probe.Pass
	Fail    = probe.Fail
	Skipped = probe.Skipped
	Running = probe.Running
)

// The steps.
const (
	Name       = "name"       // the server's name is found
	TCP        = "tcp"        // its port answers
	TLS        = "tls"        // and proves to hold the server's key
	Websocket  = "websocket"  // and speaks Parley's protocol
	Login      = "login"      // and lets one in
	STUN       = "stun"       // UDP comes through, and as what one is seen
	TurnUDP    = "turn_udp"   // the relay by UDP
	TurnTCP    = "turn_tcp"   // by TCP
	TurnTLS    = "turn_tls"   // by TLS
	Microphone = "microphone" // it gives sound
	Speaker    = "speaker"    // it takes sound
	RelayCall  = "relay_call" // a call with oneself through the relay
)

// Steps is all of them, in the order in which they are shown.
var Steps = []string{Name, TCP, TLS, Websocket, Login, STUN, TurnUDP, TurnTCP, TurnTLS, Microphone, Speaker, RelayCall}
