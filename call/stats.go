package call

import (
	"time"

	"parley/audio"
	"parley/call/mesh"
)

// Stats is what there is to measure, at one moment. Delays are in milliseconds and levels in dBFS.
type Stats struct {
	AtMS    int64 // since the engine's start
	Peers   []PeerStats
	Capture audio.CaptureStats
	Playout audio.PlayoutStats
	Sound   bool // the microphone is needed, in a channel or for a test: Capture tells of it
}

// PeerStats is about the sound to and from one peer.
type PeerStats struct {
	User, Member string
	Link         mesh.Stats
	Stream       audio.StreamStats
}

// Stats may be called from any goroutine; it reads counters and waits for nobody.
func (e *Engine) Stats() Stats {
	out := Stats{AtMS: time.Since(e.start).Milliseconds()}
	for id, sp := range *e.sound.speakers.Load() {
		link, _ := e.mesh.Stats(id)
		out.Peers = append(out.Peers, PeerStats{User: id.User, Member: id.Member, Link: link, Stream: sp.stream.Stats()})
	}
	if p := e.sound.now.Load(); p != nil {
		out.Sound = e.sound.mic.Load()
		out.Capture, out.Playout = p.capture.Stats(), p.playout.Stats()
	}
	return out
}
