package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"time"

	"parley/call"
)

// statsFile gets a JSON line a second.
type statsFile struct {
	file  *os.File
	epoch time.Time       // of the test picture
	last  map[string]sent // by member: for the bit rate
}

type sent struct {
	bytes uint64
	at    time.Time
}

func openStats(path string, epoch time.Time) (*statsFile, error) {
	s := &statsFile{epoch: epoch, last: map[string]sent{}}
	if path == "" {
		return s, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, &failure{exitRefused, "stats", fmt.Errorf("statistics: %w", err)}
	}
	s.file = f
	return s, nil
}

func (s *statsFile) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
}

// The names of the line's fields stay as they are: scripts read them.
type statsLine struct {
	Event     string      `json:"event"`
	AtMS      int64       `json:"at_ms"`
	CaptureMS float64     `json:"capture_ms"` // device and ring
	DSPMS     float64     `json:"dsp_ms"`     // suppression and gate
	EncodeMS  float64     `json:"encode_ms"`  // filling the packet, lookahead, work
	PlayoutMS float64     `json:"playout_ms"` // ring and device
	Before    float32     `json:"mic_dbfs"`
	After     float32     `json:"sent_dbfs"`
	Speaker   float32     `json:"speaker_dbfs"`
	Speaking  bool        `json:"speaking"`
	MutedTalk bool        `json:"muted_talking"`
	Dropped   uint64      `json:"capture_dropped"` // samples that came too fast
	Missed    uint64      `json:"playout_missed"`  // samples that the speaker asked for in vain
	Camera    ownStats    `json:"camera"`
	Screen    ownStats    `json:"screen"`
	Peers     []peerStats `json:"peers"`

	// What must not grow, of this process.
	Goroutines int    `json:"goroutines"`
	Heap       uint64 `json:"heap_bytes"` // that the latest collection of garbage has left
}

type peerStats struct {
	User      string  `json:"user"`
	Name      string  `json:"name"`
	Phase     string  `json:"phase"`
	Muted     bool    `json:"muted"` // by themselves
	Deafened  bool    `json:"deafened"`
	RTT       float64 `json:"rtt_ms"`
	Loss      float64 `json:"loss"` // of what we send, as the far end reports it, 0 to 1
	Jitter    float64 `json:"jitter_ms"`
	Target    float64 `json:"jb_target_ms"`
	Delay     float64 `json:"jb_delay_ms"`
	Concealed uint64  `json:"concealed"` // samples, as the next four
	Recovered uint64  `json:"fec_repaired"`
	Redundant uint64  `json:"red_repaired"`
	Again     uint64  `json:"nack_repaired"`
	Received  uint64  `json:"received"`
	Stretched int64   `json:"stretched"`
	Packets   uint64  `json:"packets"`
	Lost      uint64  `json:"lost"`
	Late      uint64  `json:"late"`
	Asked     uint64  `json:"asked"` // packets that we wanted once more
	Sent      uint64  `json:"packets_sent"`
	Resent    uint64  `json:"packets_resent"`
	Copies    int     `json:"copies"`        // of earlier packets in each that we send now
	Copied    uint64  `json:"bytes_copied"`  // of them
	Bitrate   float64 `json:"bitrate"`       // of the Opus packets that we send, bit/s
	Path      string  `json:"path"`          // candidate types, ours and theirs
	PathKbps  int     `json:"path_kbps"`     // that it carries; 0 as long as no pictures went
	PathQueue float64 `json:"path_queue_ms"` // that packets wait in it
	Relay     bool    `json:"relay"`
	RelayBy   string  `json:"relay_by,omitempty"` // how we reach our own relay: udp, tcp or tls
	Level     float32 `json:"level_dbfs"`
	Speaking  bool    `json:"speaking"`

	Picture peerPictureStats `json:"picture"` // of their camera
	Screen  peerPictureStats `json:"screen"`
}

func (s *statsFile) write(e *call.Engine) error {
	if s.file == nil {
		return nil
	}
	st, snap := e.Stats(), e.Snapshot()
	line := statsLine{
		Event: "stats", AtMS: st.AtMS,
		CaptureMS: st.Capture.CaptureMS, DSPMS: st.Capture.DSPMS, EncodeMS: st.Capture.EncodeMS, PlayoutMS: st.Playout.PlayoutMS,
		Before: st.Capture.Before, After: st.Capture.After, Speaker: st.Playout.Level, Speaking: st.Capture.Speaking, MutedTalk: st.Capture.MutedTalking,
		Dropped: st.Capture.Dropped, Missed: st.Playout.Missed, Peers: []peerStats{},
		Camera:     s.camera(st.Picture, snap.Camera),
		Screen:     ownOf(st.Screen, snap.Screen.Sharing, snap.Screen.Subject.Name),
		Goroutines: runtime.NumGoroutine(), Heap: heap(),
	}
	for _, p := range st.Peers {
		line.Peers = append(line.Peers, s.peer(p, snap))
	}
	if err := json.NewEncoder(s.file).Encode(line); err != nil {
		return &failure{exitRefused, "stats", fmt.Errorf("statistics: %w", err)}
	}
	return nil
}

// heap asks what stops nothing.
func heap() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

func (s *statsFile) peer(p call.PeerStats, snap *call.Snapshot) peerStats {
	now := time.Now()
	out := peerStats{
		User: p.User, RTT: p.Link.RTT, Loss: p.Link.Loss, Jitter: p.Link.Jitter,
		Target: p.Stream.TargetMS, Delay: p.Stream.DelayMS,
		Concealed: p.Stream.Concealed, Recovered: p.Stream.Recovered, Redundant: p.Stream.Redundant, Again: p.Stream.Resent,
		Received: p.Stream.Received, Stretched: p.Stream.Stretched, Packets: p.Stream.Packets, Lost: p.Stream.Lost, Late: p.Stream.Late,
		Asked: p.Link.Asked, Sent: p.Link.PacketsSent, Resent: p.Link.Resent, Copies: p.Link.Copies, Copied: p.Link.BytesCopied,
		Path: p.Link.Local + "/" + p.Link.Remote, PathKbps: p.Link.Target / 1000, PathQueue: p.Link.Queue, Relay: p.Link.Relay, RelayBy: p.Link.RelayBy, Level: p.Stream.Level, Speaking: p.Stream.Speaking,
		Picture: pictureOf(p.Picture, p.Link.Pictures[call.CameraTrack]), Screen: pictureOf(p.Screen, p.Link.Pictures[call.ScreenTrack]),
	}
	if before, ok := s.last[p.Member]; ok && p.Link.BytesSent >= before.bytes {
		out.Bitrate = float64(p.Link.BytesSent-before.bytes) * 8 / now.Sub(before.at).Seconds()
	}
	s.last[p.Member] = sent{p.Link.BytesSent, now}
	for _, v := range snap.Place.Peers {
		if v.Member == p.Member {
			out.Name, out.Phase, out.Muted, out.Deafened = v.Name, v.Phase.String(), v.Muted, v.Deafened
		}
	}
	return out
}
