package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"parley/assets"
	"parley/audio"
	"parley/audio/audiotest"
	"parley/audio/ns"
	"parley/audio/opus"
	"parley/audio/vad"
	"parley/bench/internal/measure"
)

// sending measures the way of a frame from the microphone's callback to the packet, with all that a new user has on: cancellation,
// suppression, gain, gate, Opus; while somebody talks and the loudspeaker plays.
func (b *bench) sending(ctx context.Context) error {
	model, err := assets.RNNoise()
	if err != nil {
		return err
	}
	denoiser, err := ns.New(ctx, model)
	if err != nil {
		return err
	}
	defer denoiser.Close()
	encoder, err := opus.NewEncoder(opus.Config{})
	if err != nil {
		return err
	}
	defer encoder.Close()
	h, err := scenes[1].play(1, b.seconds)
	if err != nil {
		return err
	}
	sent := make(chan struct{}, 1)
	far := audio.NewFarEnd()
	playout := audio.NewPlayout(audio.PlayoutConfig{FarEnd: far})
	defer playout.Close()
	capture, err := audio.NewCapture(audio.CaptureConfig{
		Encoder: encoder, Denoiser: denoiser, FarEnd: far, FrameMS: 10, Gate: vad.Config{Mode: vad.Open},
		Emit: func(audio.Packet) { sent <- struct{}{} },
	})
	if err != nil {
		return err
	}
	defer capture.Close()
	capture.SetCancellation(true)
	capture.SetSuppression(true)
	capture.SetGain(true)
	var made atomic.Int64 // frames for the loudspeaker
	playout.SetTap(func(key string, _ int64, _ []float32) {
		if key == "" {
			made.Add(1)
		}
	})
	playout.Play(h.far, 1, func() {})

	// One frame after the other, as fast as they go: nobody waits for a device here.
	played := make([]float32, audio.FrameSize)
	frames := len(h.mic) / audio.FrameSize
	took := make([]float64, 0, frames)
	var before, after runtime.MemStats
	const warm = 100
	for i := range frames {
		if i == warm {
			runtime.ReadMemStats(&before)
		}
		// The next frame for the loudspeaker is not what is measured, nor must it be missing: the echo would come later by it. Where none
		// is due, as at first, none comes.
		n := made.Load()
		playout.Read(played)
		for try := 0; made.Load() == n && try < 100; try++ {
			time.Sleep(50 * time.Microsecond)
		}
		begin := time.Now()
		capture.Write(h.mic[i*audio.FrameSize : (i+1)*audio.FrameSize])
		select {
		case <-sent:
		case <-ctx.Done():
			return ctx.Err()
		}
		if took = append(took, milliseconds(time.Since(begin))); i < warm {
			took = took[:0]
		}
	}
	runtime.ReadMemStats(&after)
	if s := capture.Stats(); s.Errors != 0 {
		return fmt.Errorf("the chain did not work as it should: %d frames failed", s.Errors)
	} else if !s.Echo.Converged {
		return errors.New("the chain did not work as it should: no echo was found")
	}
	allocations := float64(after.Mallocs-before.Mallocs) / float64(len(took))
	b.say("sending, a frame of 10 ms", audiotest.Median(took), "ms, median", measure.AtMost(1), map[string]any{
		"frames": len(took), "p95_ms": measure.Round(audiotest.Quantile(took, 0.95), 3),
	})
	b.say("sending, allocations a frame", measure.Round(allocations, 1), "allocations", measure.AtMost(0), nil)
	return nil
}
