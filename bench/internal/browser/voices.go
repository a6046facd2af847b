package browser

import (
	"context"
	_ "embed"
	"errors"
	"net/http"

	"parley/test/lab"
	"parley/test/netlab"
)

//go:embed voices.html
var voicesPage []byte

// Voices is two Chromium processes, a and b, each with a page that has its microphone open.
type Voices struct{ two }

// OpenVoices starts them with the microphones and loudspeakers of persons a and b, each on a machine of its own; nil is this one.
func OpenVoices(ctx context.Context, p *lab.Pulse, a, b *netlab.Node) (_ *Voices, err error) {
	v := &Voices{}
	defer func() {
		if err != nil {
			err = errors.Join(err, v.Close())
		}
	}()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(voicesPage) })
	for i, at := range []*netlab.Node{a, b} {
		t, err := v.open(ctx, i, lab.Chromium{Env: p.Env()}, at, page)
		if err != nil {
			return nil, err
		}
		if err := t.Evaluate(ctx, "peer.open('mic_"+lab.Letter(i)+"')", nil); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// Call lets b join a, who waits, and returns the time from b's start to its first sound in milliseconds.
func (v *Voices) Call(ctx context.Context) (ms float64, err error) {
	return v.call(ctx, "peer.connect('spk_a')", "peer.connect('spk_b')", "peer.firstSound()")
}

// Heard is what a page says of the sound that came in since the call began (https://www.w3.org/TR/webrtc-stats/).
type Heard struct {
	Samples   float64 `json:"totalSamplesReceived"`   // played
	Concealed float64 `json:"concealedSamples"`       // of them, those that were invented
	Silent    float64 `json:"silentConcealedSamples"` // of these, those that nobody misses
	Delay     float64 `json:"jitterBufferDelay"`      // seconds, of all samples that left the jitter buffer together
	Emitted   float64 `json:"jitterBufferEmittedCount"`
	Packets   float64 `json:"packetsReceived"`
	Discarded float64 `json:"packetsDiscarded"` // of them, those that came too late, or too early
	FEC       float64 `json:"fecPacketsReceived"`
}

// Heard is what b heard.
func (v *Voices) Heard(ctx context.Context) (h Heard, err error) {
	return h, v.B.Evaluate(ctx, "peer.heard()", &h)
}

// Echo is what a page's canceller says of itself, in decibels (https://www.w3.org/TR/webrtc-stats/).
type Echo struct {
	Loss        float64 `json:"echoReturnLoss"`            // by how much lower the echo is than what is played
	Enhancement float64 `json:"echoReturnLossEnhancement"` // by how much lower still when the canceller is done
}

// Echo is that of a.
func (v *Voices) Echo(ctx context.Context) (e Echo, err error) {
	return e, v.A.Evaluate(ctx, "peer.echo()", &e)
}
