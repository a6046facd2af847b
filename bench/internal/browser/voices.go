package browser

import (
	"context"
	_ "embed"
	"errors"
	"net"
	"net/http"

	"parley/bench/internal/measure"
	"parley/test/lab"
	"parley/test/netlab"
)

//go:embed voice.html
var voicePage []byte

// Voices is two Chromium processes, a and b, each with a page that has its microphone open.
type Voices struct {
	A, B  *Tab
	pages []*http.Server
}

// OpenVoices starts them with the microphones and loudspeakers of persons a and b, each on a machine of its own; nil is this one.
func OpenVoices(ctx context.Context, p *lab.Pulse, a, b *netlab.Node) (_ *Voices, err error) {
	v := &Voices{}
	defer func() {
		if err != nil {
			err = errors.Join(err, v.Close())
		}
	}()
	for i, at := range []*netlab.Node{a, b} {
		page, err := v.serve(at)
		if err != nil {
			return nil, err
		}
		c := Config{Env: p.Env()}
		if at != nil {
			c.Netns = at.Name
		}
		t, err := Open(ctx, c, page)
		if err != nil {
			return nil, err
		}
		*[]**Tab{&v.A, &v.B}[i] = t
		// Once the page has been loaded, the devices.
		if err := measure.Until(ctx, func() bool { return t.Evaluate(ctx, "peer.open", nil) == nil }); err != nil {
			return nil, err
		}
		if err := t.Evaluate(ctx, "peer.open('mic_"+lab.Letter(i)+"')", nil); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// serve serves the page on the browser's own machine: a secure origin, which microphones are for.
func (v *Voices) serve(at *netlab.Node) (url string, err error) {
	var l net.Listener
	listen := func() error {
		l, err = net.Listen("tcp", "127.0.0.1:0")
		return err
	}
	if at == nil {
		err = listen()
	} else {
		err = at.Do(listen)
	}
	if err != nil {
		return "", err
	}
	pages := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(voicePage) })}
	v.pages = append(v.pages, pages)
	go func() { _ = pages.Serve(l) }()
	return "http://" + l.Addr().String() + "/", nil
}

// Close ends both.
func (v *Voices) Close() (err error) {
	for _, p := range v.pages {
		err = errors.Join(err, p.Close())
	}
	for _, t := range []*Tab{v.A, v.B} {
		if t != nil {
			err = errors.Join(err, t.Close())
		}
	}
	return err
}

// Call lets b join a, who waits, and returns the time from b's start to its first sound in milliseconds.
func (v *Voices) Call(ctx context.Context) (ms float64, err error) {
	return Call(ctx, v.A, v.B, "peer.connect('spk_a')", "peer.connect('spk_b')", "peer.firstSound()")
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
