// Package heard measures how late the listener of a call hears what the talker says: chirps in speech, found again in one recording of
// mouth and ear.
package heard

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/bench/internal/measure"
	"parley/test/lab"
)

// The stimulus: recorded speech at -32 dBFS without a break, and over it chirps with a peak of half of full scale, a
// second and up to a quarter apart. The speech keeps gates open and suppressors at work, so that the same sound measures
// delay and CPU of someone who talks. RNNoise passes such chirps, later by exactly its 10 ms (measured, and so do
// Mumble's and Chromium's suppressors).
const (
	speechDBFS = -32
	chirpPeak  = 0.5
	lead       = 1.5 // s before the first chirp
)

// Stimulus has that many chirps, and lasts somewhat more than a second for each.
func Stimulus(count int) ([]float32, error) {
	gap := rand.New(rand.NewPCG(1, 1))
	at, starts := int(lead*audio.SampleRate), []int(nil)
	for range count {
		starts = append(starts, at)
		at += audio.SampleRate + gap.IntN(audio.SampleRate/4)
	}
	x, err := lab.Speech(float64(at)/audio.SampleRate + 1)
	if err != nil {
		return nil, err
	}
	audiotest.ToLevel(x, speechDBFS)
	for _, at := range starts {
		for i, v := range audiotest.Chirp() {
			x[at+i] += chirpPeak * v
		}
	}
	return x, nil
}

// Talk lets a say the stimulus for that long, or until quiet is called.
func Talk(ctx context.Context, p *lab.Pulse, length time.Duration) (quiet func() error, err error) {
	x, err := Stimulus(int(length.Seconds()))
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- p.Play(ctx, "inj_a", x) }()
	return func() error {
		early := ctx.Err() == nil
		stop()
		if err := <-done; early && errors.Is(err, context.Canceled) {
			return nil
		} else if err != nil {
			return err
		}
		return errors.New("the talker came to an end before the measurement did")
	}, nil
}

// Delay is what the chirps say, in milliseconds.
type Delay struct {
	Median float64 `json:"median_ms"`
	P95    float64 `json:"p95_ms"`
	Min    float64 `json:"min_ms"`
	Max    float64 `json:"max_ms"`
	Heard  int     `json:"heard"`
	Missed int     `json:"missed"`
}

// MouthToEar plays count chirps into a's microphone and finds them at b's loudspeaker, on the sound server's one clock.
func MouthToEar(ctx context.Context, p *lab.Pulse, count int) (Delay, error) {
	x, err := Stimulus(count)
	if err != nil {
		return Delay{}, err
	}
	r, err := p.Record(ctx)
	if err != nil {
		return Delay{}, err
	}
	err = p.Play(ctx, "inj_a", x)
	if err == nil {
		err = r.WaitSeconds(ctx, r.Seconds()+1)
	}
	channels, stopErr := r.Stop()
	if err := errors.Join(err, stopErr); err != nil {
		return Delay{}, fmt.Errorf("mouth to ear: %w", err)
	}
	return Between(channels[lab.Mouth(0)], channels[lab.Ear(1)])
}

// patience is how late a chirp may come.
const patience = 900 * time.Millisecond

// Between finds the chirps of one recording in another on the same clock.
func Between(mouth, ear []float32) (Delay, error) {
	found, missed := audiotest.ChirpDelays(mouth, ear, audiotest.Chirp(), patience)
	if len(found) == 0 {
		return Delay{Missed: missed}, fmt.Errorf("mouth to ear: none of %d chirps was heard", missed)
	}
	ms := make([]float64, len(found))
	for i, d := range found {
		ms[i] = float64(d) / float64(time.Millisecond)
	}
	q := func(x float64) float64 { return measure.Round(audiotest.Quantile(ms, x), 1) }
	return Delay{q(0.5), q(0.95), q(0), q(1), len(found), missed}, nil
}
