package main

import (
	"context"
	"errors"
	"time"

	"parley/audio"
	"parley/bench/internal/heard"
	"parley/bench/internal/measure"
	"parley/bench/internal/picture"
	"parley/test/lab"
	"parley/test/netlab"
)

// The link, in bit/s.
const (
	much   = 5_000_000
	little = 300_000
)

// The limits of the issue that asked for it.
const (
	silenceLimit = 500 // ms
	underLimit   = 4   // s
	backLimit    = 20  // s
	backShare    = 0.8 // of the rate before
)

// settles is the last part of the time before the fall, in which the rate is what it was before.
const settles = 5 * time.Second

// stepped is one program on a link that carries much, little, and much again.
type stepped struct {
	Before  rates         `json:"before"`
	Low     rates         `json:"low"` // in the second half of that time
	After   rates         `json:"after"`
	Under   float64       `json:"under_s"`
	Back    float64       `json:"back_s"`
	Silence float64       `json:"longest_silence_ms"`
	Queue   queueing      `json:"queue_low"`
	Shown   picture.Shown `json:"shown"` // from the fall on
	Machine float64       `json:"machine_busy_cores"`
	Stalled float64       `json:"stalled_ms"` // the worst that the machine let a program wait
	Detail  any           `json:"detail"`
	Seconds []second      `json:"by_second"` // from settles before the fall on
}

// second is one on the wire.
type second struct {
	rates
	queueing
}

// rates is what a sends, in kbit/s.
type rates struct {
	Pictures float64 `json:"pictures_kbps"`
	Sound    float64 `json:"sound_kbps"`
}

func (t traffic) rates(from, to time.Time) rates {
	return rates{measure.Round(t.rate(pictures, from, to)/1000, 0), measure.Round(t.rate(sound, from, to)/1000, 0)}
}

func link(rate int) netlab.Params { return netlab.Params{Delay: oneWay, Rate: rate} }

func steps(ctx context.Context, b *bench, name string) error {
	one := func(start starter) func() (stepped, error) {
		return func() (stepped, error) {
			return measure.Undisturbed(stalled, func() (stepped, error) { return b.steps(ctx, start) }, func(r stepped) float64 { return r.Stalled })
		}
	}
	return beside(b, name, one(ours), one(chromium),
		func(who string, r stepped) { b.reportSteps(name, who, r) },
		func(stepped, stepped) {}) // the limits are the issue's
}

func (b *bench) reportSteps(name, who string, r stepped) {
	say := func(what string, value float64, unit string, most float64, detail any) {
		var l *measure.Limit
		if who == parleyName && most > 0 {
			l = measure.AtMost(most)
		}
		b.say(name+", "+who+", "+what, value, unit, l, detail)
	}
	say("longest silence", r.Silence, "ms", silenceLimit, r)
	say("pictures under the cap", r.Under, "s", underLimit, nil)
	say("pictures back", r.Back, "s", backLimit, nil)
	say("queueing delay", r.Queue.P95, "ms, 95th percentile", 0, nil)
}

// steps makes a call on a link that carries much.
func (b *bench) steps(ctx context.Context, start starter) (r stepped, err error) {
	err = b.call(ctx, b.warm+b.low+b.high, cable(link(much)), start, func(w *world, p program) (err error) {
		r, err = w.step(ctx, p)
		return err
	})
	return r, err
}

// fall is the times of what happens to the link.
type fall struct{ low, high, end time.Time }

func (w *world) step(ctx context.Context, p program) (r stepped, err error) {
	rec, err := w.pulse.Record(ctx)
	if err != nil {
		return r, err
	}
	var sent wire
	w.network.Watch(sent.see)
	if err := measure.Pass(ctx, w.warm); err != nil {
		return r, err
	}
	if err := p.begin(ctx); err != nil {
		return r, err
	}
	usage, stalled := measure.Sample(nil), measure.Stalls()
	at, err := w.fall(ctx)
	_, r.Machine = usage.Stop()
	r.Stalled = measure.Round(float64(stalled())/float64(time.Millisecond), 1)
	if err != nil {
		return r, err
	}
	w.network.Watch(nil)
	if err := rec.WaitSeconds(ctx, rec.Seconds()+1); err != nil {
		return r, err
	}
	began := rec.Began()
	channels, err := rec.Stop()
	if err != nil {
		return r, err
	}
	if r.Shown, r.Detail, err = p.end(ctx); err != nil {
		return r, err
	}
	ear, place := channels[lab.Ear(1)], func(t time.Time) int { return int(t.Sub(began).Seconds() * audio.SampleRate) }
	from, to := max(place(at.low), 0), min(place(at.end), len(ear))
	if from >= to {
		return r, errors.New("nothing was recorded")
	}
	r.Silence = float64(heard.Silence(ear[from:to]).Milliseconds())
	return r, r.wire(sent.all(), at)
}

// fall lets the link carry little for a while.
func (w *world) fall(ctx context.Context) (at fall, err error) {
	w.network.Set(link(little))
	at.low = time.Now()
	if err := measure.Pass(ctx, w.low); err != nil {
		return at, err
	}
	w.network.Set(link(much))
	at.high = time.Now()
	err = measure.Pass(ctx, w.high)
	at.end = time.Now()
	return at, err
}

// wire takes what was seen on the cable.
func (r *stepped) wire(t traffic, at fall) error {
	before := at.low.Add(-settles)
	r.Before, r.After = t.rates(before, at.low), t.rates(at.end.Add(-settles), at.end)
	if r.Before.Pictures == 0 || r.Before.Sound == 0 {
		return errors.New("there were no pictures, or no sound, on the wire before the fall")
	}
	r.Low = t.rates(at.low.Add(at.high.Sub(at.low)/2), at.high)
	seconds := func(d time.Duration) float64 { return measure.Round(d.Seconds(), 1) }
	r.Under = seconds(t.under(pictures, little, at.low, at.high))
	r.Back = seconds(t.reaches(pictures, backShare*t.rate(pictures, before, at.low), at.high, at.end))
	r.Queue = t.queueing(at.low, at.high)
	for from := before; !from.Add(time.Second).After(at.end); from = from.Add(time.Second) {
		to := from.Add(time.Second)
		r.Seconds = append(r.Seconds, second{t.rates(from, to), t.queueing(from, to)})
	}
	return nil
}
