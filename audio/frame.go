// Package audio carries sound between the devices of this machine and the packets of a call: Capture from the
// microphone to Opus, Playout from the speakers of a channel to the loudspeaker.
//
//	mic ─ callback ─► ring ─► Capture.run: suppress ─► gate ─► encode ─► emit
//	loudspeaker ◄─ callback ◄─ ring ◄─ Playout.run: limit ◄─ mix ◄─ volume ◄─ Stream.pull ◄─ jitter buffer ◄─ packets
//
// A device callback copies to or from a ring, makes one non-blocking send, and returns. Everything else runs on the two
// run goroutines, in place, on frames that are used again. The package is pure Go: codecs, the noise model and the
// devices come in through the interfaces of this package.
package audio

import "time"

// The one sample format inside Parley: 48 kHz, mono, float32 in [-1, 1], in frames of 10 ms. Where a sound has two channels, this is
// (L+R)/2, and (L-R)/2 goes beside it in a slice of its own, silent for everybody who sends one.
const (
	SampleRate = 48000                 // samples a second (Hz)
	FrameSize  = SampleRate / 100      // samples in one frame: 480
	FrameTime  = 10 * time.Millisecond // duration of one frame
	// MaxPacket is the largest Opus packet that is sent or taken, in bytes (RFC 6716, section 3.4: 1275 a frame).
	MaxPacket = 1275
	// MaxPacketSamples is the longest packet that is decoded: 120 ms (RFC 6716, section 2.1.4).
	MaxPacketSamples = SampleRate * 120 / 1000
)
