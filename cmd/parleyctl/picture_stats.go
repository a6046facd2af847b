package main

import (
	"parley/call"
	"parley/call/mesh"
)

// ownStats are of one's own camera, or screen, as it is sent. Scripts read these names too.
type ownStats struct {
	On        bool    `json:"on"`
	Name      string  `json:"name"`
	CameraFPS float64 `json:"camera_fps"` // that it gives; the screen, too
	Width     int     `json:"width"`      // as sent, like the next
	Height    int     `json:"height"`
	FPS       float64 `json:"fps"`
	Codec     string  `json:"codec"`
	Kbps      float64 `json:"kbps"`
	Target    int     `json:"target_kbps"`
	EncodeMS  float64 `json:"encode_ms"`
	Pictures  uint64  `json:"pictures"`
	KeyFrames uint64  `json:"key_frames"`
	LeftOut   uint64  `json:"left_out"`
	EpochUS   int64   `json:"epoch_us"` // Unix time of picture 0 of the test picture, in microseconds; of a camera
}

// peerPictureStats are of a peer's camera, or screen, as it comes, but for the last three, which tell how one's own gets there.
type peerPictureStats struct {
	Codec       string  `json:"codec"`
	Width       int     `json:"width"`
	Height      int     `json:"height"`
	FPSReceived float64 `json:"fps_received"`
	FPSShown    float64 `json:"fps_shown"`
	Kbps        float64 `json:"kbps"`
	DecodeMS    float64 `json:"decode_ms"`
	Pictures    uint64  `json:"pictures"`
	Freezes     uint64  `json:"freezes"` // over 200 ms
	FrozenMS    float64 `json:"frozen_ms"`
	KeyFrames   uint64  `json:"key_frames"`
	Nacks       uint64  `json:"nacks"`
	PLIs        uint64  `json:"plis"`
	Layer       int     `json:"layer"` // the highest temporal one that comes
	Lost        uint64  `json:"lost"`
	Repaired    uint64  `json:"repaired"`
	Errors      uint64  `json:"errors"`
	HeldMS      float64 `json:"held_ms"`
	LipSyncMS   float64 `json:"lip_sync_ms"` // how much later than its sound a picture is shown

	NacksReceived uint64 `json:"nacks_received"`
	PLIsReceived  uint64 `json:"plis_received"`
	Resent        uint64 `json:"resent"`
}

func (s *statsFile) camera(p call.PictureStats, state call.CameraState) ownStats {
	out := ownOf(p, state.On, state.Name)
	out.EpochUS = s.epoch.UnixMicro()
	return out
}

func ownOf(p call.PictureStats, on bool, name string) ownStats {
	out := ownStats{
		On: on && p.Open, Name: name, CameraFPS: p.Source.FPS,
		Width: p.Sent.Width, Height: p.Sent.Height, FPS: p.Sent.FPS, Kbps: p.Sent.Kbps, Target: p.Sent.TargetKbps,
		EncodeMS: p.Sent.EncodeMS, Pictures: p.Sent.Pictures, KeyFrames: p.Sent.KeyFrames, LeftOut: p.Sent.LeftOut,
	}
	if p.Codec != 0 {
		out.Codec = p.Codec.String()
	}
	return out
}

func pictureOf(in call.PeerPictureStats, link mesh.PictureStats) peerPictureStats {
	out := peerPictureStats{
		Width: in.Width, Height: in.Height, FPSReceived: in.FPSReceived, FPSShown: in.FPSShown, Kbps: in.Kbps, DecodeMS: in.DecodeMS,
		Pictures: in.Pictures, Freezes: in.Freezes, FrozenMS: in.FrozenMS, KeyFrames: in.KeyFrames, Nacks: in.Nacks, PLIs: in.Requests,
		Layer: in.Layer, Lost: in.Lost, Repaired: in.Repaired, Errors: in.Errors, HeldMS: in.HeldMS, LipSyncMS: in.LipSyncMS,
		NacksReceived: link.Nacks, PLIsReceived: link.PLIs, Resent: link.Resent,
	}
	if in.Codec != 0 {
		out.Codec = in.Codec.String()
	}
	return out
}
