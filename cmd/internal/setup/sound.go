package setup

import (
	"context"
	"fmt"
	"time"

	"parley/assets"
	"parley/audio"
	"parley/audio/ns"
	"parley/audio/opus"
	"parley/call"
	"parley/profile"
)

// Codecs fills in what a call encodes, decodes and cleans sound with.
func Codecs(c *call.SoundConfig) error {
	model, err := assets.RNNoise()
	if err != nil {
		return err
	}
	denoiser, err := ns.New(context.Background(), model)
	if err != nil {
		return fmt.Errorf("noise suppression: %w", err)
	}
	c.Denoiser = denoiser
	c.NewEncoder = func() (audio.Encoder, error) { return opus.NewEncoder(opus.Config{}) }
	c.NewDecoder = func() (audio.Decoder, error) { return opus.NewDecoder() }
	return nil
}

// Voice is how the profile wants the microphone to be treated.
func (h *Home) Voice() call.Voice { return VoiceOf(h.Profile.Settings()) }

// VoiceOf is how settings want the microphone to be treated.
func VoiceOf(s profile.Settings) call.Voice {
	return call.Voice{
		Mode: string(s.Mode), ThresholdDBFS: float32(s.Threshold), Suppression: s.Suppression,
		Hold: time.Duration(s.HoldMS) * time.Millisecond, FrameMS: s.FrameMS, Bitrate: s.Bitrate, FEC: true, RED: true, NACK: true, DTX: true,
	}
}
