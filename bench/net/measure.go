package main

import (
	"context"
	"errors"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/bench/internal/heard"
	"parley/bench/internal/measure"
	"parley/test/lab"
)

// result is one program on one network.
type result struct {
	Seconds  float64            `json:"seconds"`
	Invented float64            `json:"invented_percent"`
	Late     float64            `json:"late_percent"`
	Buffer   float64            `json:"buffer_ms"` // of the jitter buffer, as the program has it
	Gaps     int                `json:"gaps_ms"`   // of what was said, what was silence over 60 ms
	Delay    heard.Delay        `json:"mouth_to_ear,omitzero"`
	Back     []float64          `json:"back_ms,omitempty"` // after each trouble
	Wire     float64            `json:"wire_kbps"`
	Lost     float64            `json:"link_lost_percent"` // of a's packets
	Machine  float64            `json:"machine_busy_cores"`
	Stalled  float64            `json:"stalled_ms"` // the worst that the machine let a program wait
	Detail   map[string]float64 `json:"detail"`
}

// measure makes a call on a clean network, which then becomes the scene's.
func (b *bench) measure(ctx context.Context, s scene, start starter) (r result, err error) {
	w, err := b.newWorld(ctx)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	p, err := start(ctx, w)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	w.cable().Set(s.link)
	quiet, err := heard.Talk(ctx, w.pulse, b.length(s))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, quiet()) }()
	return w.listen(ctx, s, p)
}

// length is how long the talker has to talk at least.
func (b *bench) length(s scene) time.Duration {
	const slack = 20 * time.Second // for all that takes time in between
	if s.trouble == nil {
		return b.warm + b.span + slack
	}
	return b.warm + time.Duration(b.times(s))*(s.rest+gone) + slack
}

// times is how often a scene's trouble happens.
func (b *bench) times(s scene) int { return b.breaks * max(s.often, 1) }

// span is what lies between two places of a recording.
type span struct{ begin, end time.Time }

// listen records mouth and ear, lets all of it settle, and makes what there is of trouble.
func (w *world) listen(ctx context.Context, s scene, p program) (r result, err error) {
	rec, err := w.pulse.Record(ctx)
	if err != nil {
		return r, err
	}
	stalled := measure.Stalls()
	defer func() { r.Stalled = measure.Round(float64(stalled())/float64(time.Millisecond), 1) }()
	if err := measure.Pass(ctx, w.warm); err != nil {
		return r, err
	}
	before, err := p.counts(ctx)
	if err != nil {
		return r, err
	}
	sent, err := w.sent()
	if err != nil {
		return r, err
	}
	usage, all := measure.Sample(nil), span{begin: time.Now()}
	w.cable().Set(s.link)
	troubles, err := w.trouble(ctx, s)
	if err != nil {
		return r, err
	}
	there, _ := w.cable().Counts()
	all.end = time.Now()
	_, r.Machine = usage.Stop()
	after, err := p.counts(ctx)
	if err != nil {
		return r, err
	}
	sentNow, err := w.sent()
	if err != nil {
		return r, err
	}
	r.Seconds = all.end.Sub(all.begin).Seconds()
	r.Wire = measure.Round((sentNow-sent)*8/1000/r.Seconds, 1)
	r.Lost = measure.Round(100*float64(there.Lost)/max(float64(there.Lost+there.Passed), 1), 1)
	r.sound(after.since(before))
	if err := rec.WaitSeconds(ctx, rec.Seconds()+1); err != nil {
		return r, err
	}
	began := rec.Began()
	channels, err := rec.Stop()
	if err != nil {
		return r, err
	}
	at := func(t time.Time) int { return int(t.Sub(began).Seconds() * audio.SampleRate) }
	ear := channels[lab.Ear(1)]
	if s.trouble == nil {
		from := max(at(all.begin), 0)
		return r, r.ears(channels[lab.Mouth(0)][from:], ear[from:])
	}
	for _, t := range troubles {
		r.Back = append(r.Back, measure.Round(back(ear, at(t.begin), at(t.end)), 0))
	}
	return r, nil
}

// trouble lets the time pass, and returns from when to when the sound was waited for after each trouble.
func (w *world) trouble(ctx context.Context, s scene) (list []span, err error) {
	if s.trouble == nil {
		return nil, measure.Pass(ctx, w.span)
	}
	for range w.times(s) {
		if err := s.trouble(ctx, w); err != nil {
			return nil, err
		}
		t := span{begin: time.Now()}
		if err := measure.Pass(ctx, s.rest); err != nil {
			return nil, err
		}
		t.end = time.Now()
		list = append(list, t)
	}
	return list, nil
}

// sound takes what the program counted.
func (r *result) sound(c counts) {
	r.Invented = measure.Round(100*c.Invented/max(c.Played, 1), 3)
	r.Late = measure.Round(100*c.Late/max(c.Packets, 1), 2)
	r.Buffer = measure.Round(c.Delay/max(c.Samples, 1), 1)
	r.Detail = c.Detail
}

// ears takes what was recorded.
func (r *result) ears(mouth, ear []float32) (err error) {
	if r.Delay, err = heard.Between(mouth, ear); err != nil {
		return err
	}
	lag := int(r.Delay.Median / 1000 * audio.SampleRate)
	for _, g := range audiotest.Gaps(mouth, ear, lag) {
		r.Gaps += int(g.Length.Milliseconds())
	}
	return nil
}

const (
	never = 30 * time.Second // what is not back by then
	some  = 10               // steps: sound is back
	most  = some / 2         // if so many of them are loud
	long  = 25               // steps of silence: a break, where the talker and the gate make none
	soon  = 100              // steps within which it begins: what was on its way still sounds for a while
)

// back is how many milliseconds after from the sound is back in the ear, which is waited for until to: zero, if it was never gone, and
// never, if it is not back.
func back(ear []float32, from, to int) float64 {
	loud := heard.Loud(ear[max(min(from, len(ear)), 0):max(min(to, len(ear)), 0)])
	longest, end, run := 0, 0, 0
	for i := range loud {
		if !sounds(loud[i:]) {
			run++
			continue
		}
		if run > longest && i-run < soon && (run >= long || run == i) {
			longest, end = run, i
		}
		run = 0
	}
	if run >= max(long, longest) && len(loud)-run < soon {
		return float64(never.Milliseconds())
	}
	return float64(end) * 1000 * heard.Step / audio.SampleRate
}

// sounds says whether a span begins with sound.
func sounds(loud []bool) bool {
	n := 0
	for _, l := range loud[:min(some, len(loud))] {
		if l {
			n++
		}
	}
	return loud[0] && n >= most
}
