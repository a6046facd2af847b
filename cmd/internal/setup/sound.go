package setup

import (
	"context"
	"fmt"
	"log/slog"
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
	c.NewEncoder = func() (audio.Encoder, error) { return opus.NewStereoEncoder(audio.Tuning{}) }
	c.NewDecoder = func() (audio.Decoder, error) { return opus.NewStereoDecoder() }
	return nil
}

// Devices has the profile remember with which periods sound devices work.
func (h *Home) Devices(c *call.SoundConfig, log *slog.Logger) {
	c.Learnt = func(k audio.Kind, id string) time.Duration { return h.Profile.DevicePeriod(k == audio.Output, id) }
	c.Learned = func(k audio.Kind, id string, period time.Duration) {
		h.Profile.KeepDevicePeriod(k == audio.Output, id, period, func(err error) { log.Warn("remember a sound device", "err", err) })
	}
}

// Voice is how the profile wants the microphone to be treated.
func (h *Home) Voice() call.Voice { return VoiceOf(h.Profile.Settings()) }

// VoiceOf is how settings want the microphone to be treated.
func VoiceOf(s profile.Settings) call.Voice {
	mode, bitrate := string(s.Mode), s.Bitrate
	if s.Mode == profile.PushToTalk && s.Keys.Does == profile.MuteWhileHeld {
		mode = "ptm"
	}
	if s.Music {
		bitrate = s.MusicBitrate
	}
	return call.Voice{
		Mode: mode, ThresholdDBFS: float32(s.Threshold), Cancellation: s.Cancellation, Suppression: s.Suppression, Gain: s.Gain, Music: s.Music, LevelPeople: s.LevelPeople,
		Hold: time.Duration(s.HoldMS) * time.Millisecond, FrameMS: s.FrameMS, Bitrate: bitrate, FEC: true, RED: true, NACK: true, DTX: true,
	}
}
