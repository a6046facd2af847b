// Package doctor looks for what stands in the way of calls, one step after the other: from the server's name to a call through the
// relay that one makes with oneself. What it finds is said in sentences that hold no addresses and no secrets.
//
//	name ─► tcp ─► tls ─► websocket ─► login ─┬► stun
//	                                          ├► turn_udp, turn_tcp, turn_tls ─► relay_call
//	microphone, speaker
//
// Steps that don't need each other are taken side by side.
package doctor

// Finding is what one step has found.
type Finding struct {
	Step   string `json:"step"`           // one of Steps
	Result string `json:"result"`         // Pass, Fail, Skipped; while a run goes on also Running
	Code   string `json:"code,omitempty"` // a stable word for what was found, where there is more than the result
	Text   string `json:"text"`           // a sentence, and what to do where something is to be done
	TookMS int    `json:"took_ms"`

	// Of RelayCall: of the path to oneself, there and back.
	RTTMS    float64 `json:"rtt_ms,omitempty"`
	JitterMS float64 `json:"jitter_ms,omitempty"`
	Loss     float64 `json:"loss,omitempty"` // the part of the packets, 0 to 1
}

// What a step can come to.
const (
	Pass    = "pass"
	Fail    = "fail"
	Skipped = "skipped"
	Running = "running"
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
