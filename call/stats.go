package call

import (
	"time"

	"parley/audio"
	"parley/audio/mix"
	"parley/call/mesh"
	"parley/video"
)

// Stats is what there is to measure, at one moment. Delays are in milliseconds and levels in dBFS.
type Stats struct {
	AtMS    int64 // since the engine's start
	Peers   []PeerStats
	Capture audio.CaptureStats
	Playout audio.PlayoutStats // its Level is that of silence while nothing is open
	Sound   bool               // the microphone is needed, in a channel or for a test: Capture tells of it
	Picture PictureStats       // of the camera
	Screen  PictureStats
}

// PeerStats is about the sound and the pictures to and from one peer.
type PeerStats struct {
	User, Member string
	Link         mesh.Stats
	Stream       audio.StreamStats
	Picture      PeerPictureStats // of their camera
	Screen       PeerPictureStats
}

// PictureStats is about one's own camera, or screen.
type PictureStats struct {
	Open   bool // it gives pictures
	Source video.FeedStats
	Codec  video.Codec // what it is coded with, the one for the most peers; zero: nothing is sent
	Sent   video.SenderStats
}

// PeerPictureStats is about a peer's camera, or screen.
type PeerPictureStats struct {
	Codec video.Codec // zero: nothing has come
	video.ReceiverStats
	HeldMS    float64 // how long a picture waits for its sound, smoothed
	LipSyncMS float64 // how much later than its sound a picture is shown, smoothed; below zero: earlier
}

// Stats may be called from any goroutine; it reads counters and waits for nobody.
func (e *Engine) Stats() Stats {
	out := Stats{AtMS: time.Since(e.start).Milliseconds(), Playout: audio.PlayoutStats{Level: mix.Floor}}
	speakers := *e.sound.speakers.Load()
	for id, w := range *e.picture.peers.Load() {
		link, _ := e.mesh.Stats(id)
		p := PeerStats{User: id.User, Member: id.Member, Link: link, Picture: w[CameraTrack].stats(), Screen: w[ScreenTrack].stats()}
		if sp := speakers[id]; sp != nil {
			p.Stream = sp.stream.Stats()
		}
		out.Peers = append(out.Peers, p)
	}
	if p := e.sound.now.Load(); p != nil {
		out.Sound = e.sound.mic.Load()
		out.Capture, out.Playout = p.capture.Stats(), p.playout.Stats()
	}
	out.Picture, out.Screen = e.picture.camera.stats(), e.picture.screen.stats()
	return out
}
