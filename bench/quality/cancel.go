package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"time"

	"parley/audio"
	"parley/audio/aec"
	"parley/audio/audiotest"
	"parley/bench/internal/measure"
	"parley/test/lab"
)

// canceller takes far out of mic and returns what is left, and the median time that a frame took in milliseconds.
type canceller struct {
	name string
	ours bool
	run  func(ctx context.Context, far, mic []float32) (out []float32, frameMS float64, err error)
}

// ours is Parley's.
func ours(_ context.Context, far, mic []float32) (out []float32, frameMS float64, err error) {
	c := aec.New()
	out = append(out, mic...)
	var took []float64
	for at := 0; at+audio.FrameSize <= len(out); at += audio.FrameSize {
		begin := time.Now()
		c.Far(far[at : at+audio.FrameSize])
		c.Cancel(out[at : at+audio.FrameSize])
		took = append(took, milliseconds(time.Since(begin)))
	}
	return out, audiotest.Median(took), nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// each runs f with every canceller that is measured.
func (b *bench) each(ctx context.Context, f func(canceller) error) error {
	if err := f(canceller{"parley", true, ours}); err != nil || !b.speex {
		return err
	}
	dir, err := lab.TempDir(nil)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := buildSpeex(ctx, dir)
	if err != nil {
		return err
	}
	return f(canceller{"speexdsp", false, s.run})
}

// cancellers runs them over the scenes. The medians have the limits.
func (b *bench) cancellers(ctx context.Context) error {
	var all []heard
	for i, s := range scenes {
		h, err := s.play(i, b.seconds)
		if err != nil {
			return err
		}
		all = append(all, h)
	}
	return b.each(ctx, func(c canceller) error {
		var list []quality
		for _, h := range all {
			out, ms, err := c.run(ctx, h.far, h.mic)
			if err != nil {
				return fmt.Errorf("%s in the %s: %w", c.name, h.name, err)
			}
			q := h.judge(out, ms)
			_ = b.out.Encode(map[string]any{"bench": "canceller, " + c.name + ", " + h.name, "result": q.rounded()})
			list = append(list, q)
		}
		b.medians(c, list)
		return ctx.Err()
	})
}

func (b *bench) medians(c canceller, list []quality) {
	say := func(what, unit string, l *measure.Limit, of func(quality) float64) {
		var values []float64
		for _, q := range list {
			values = append(values, of(q))
		}
		if !c.ours {
			l = nil
		}
		b.say("canceller, "+c.name+", "+what, audiotest.Median(values), unit, l, nil)
	}
	say("echo lower in the first 2 s", "dB, median", measure.AtLeast(25), func(q quality) float64 { return q.First })
	say("echo lower when settled", "dB, median", measure.AtLeast(40), func(q quality) float64 { return q.Settled })
	say("voice in double talk", "dB SI-SDR, median", measure.AtLeast(12), func(q quality) float64 { return q.Talk })
	say("voice in double talk before", "dB SI-SDR, median", nil, func(q quality) float64 { return q.TalkIn })
	say("voice louder or softer", "dB, median", measure.AtMost(1), func(q quality) float64 { return math.Abs(q.Near) })
	say("a frame of 10 ms", "ms, median", measure.AtMost(0.35), func(q quality) float64 { return q.FrameMS })
}

func (q quality) rounded() quality {
	for _, v := range []*float64{&q.First, &q.Settled, &q.Talk, &q.TalkIn, &q.Near, &q.DelayedMS} {
		*v = measure.Round(*v, 1)
	}
	q.FrameMS = measure.Round(q.FrameMS, 3)
	return q
}

// pathChange moves the loudspeaker in the middle of a talk: how soon is the echo 20 dB lower again, and how much louder than the echo
// is anything at most?
func (b *bench) pathChange(ctx context.Context) error {
	n := b.seconds * second
	far, err := lab.Speech(float64(2 * b.seconds))
	if err != nil {
		return err
	}
	echo := scenes[1].echo(1, far)
	moved := scene{delay: 62 * time.Millisecond, rt60: 400 * time.Millisecond, gain: -6}.echo(51, far)
	echo = append(echo[:n:n], moved[n:]...)
	mic := audiotest.ToLevel(audiotest.PinkNoise(5, len(far)), scenes[1].noise)
	for i, v := range echo {
		mic[i] += v
	}
	return b.each(ctx, func(c canceller) error {
		out, _, err := c.run(ctx, far, mic)
		if err != nil {
			return err
		}
		took := audiotest.Convergence(echo[n:], out[n:], 20)
		loud := math.Inf(-1)
		for at := 0; at+second/2 <= len(out); at += second / 2 {
			loud = max(loud, audiotest.LevelDBFS(out[at:at+second/2])-audiotest.LevelDBFS(echo[at:at+second/2]))
		}
		soon, quiet := measure.AtMost(2), measure.AtMost(0)
		if !c.ours {
			soon, quiet = nil, nil
		}
		settled := took.Seconds()
		if took < 0 {
			settled = float64(b.seconds) // not at all
		}
		b.say("path change, "+c.name+", 20 dB again", settled, "s", soon, nil)
		b.say("path change, "+c.name+", loudest half second over the echo", loud, "dB", quiet, nil)
		return ctx.Err()
	})
}
