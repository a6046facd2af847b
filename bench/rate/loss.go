package main

import (
	"context"
	"errors"
	"time"

	"parley/bench/internal/measure"
	"parley/bench/internal/picture"
	"parley/test/netlab"
)

// lost is the share of packets that are, each by itself.
const lost = 0.1

// lossy is one program on a link that loses packets.
type lossy struct {
	Shown   picture.Shown `json:"shown"`
	Sent    rates         `json:"sent"`
	Lost    float64       `json:"link_lost_percent"` // of a's packets
	Machine float64       `json:"machine_busy_cores"`
	Stalled float64       `json:"stalled_ms"`
	Detail  any           `json:"detail"`
}

func loss(ctx context.Context, b *bench, name string) error {
	one := func(start starter) func() (lossy, error) {
		return func() (lossy, error) {
			return measure.Undisturbed(stalled, func() (lossy, error) { return b.loss(ctx, start) }, func(r lossy) float64 { return r.Stalled })
		}
	}
	return beside(b, name, one(ours), one(chromium),
		func(who string, r lossy) {
			b.say(name+", "+who+", freezes", float64(r.Shown.Freezes), "over 200 ms", nil, r)
			b.say(name+", "+who+", frozen", measure.Round(r.Shown.FrozenMS, 0), "ms", nil, nil)
		},
		func(ours, theirs lossy) { b.compareLoss(name, ours, theirs) })
}

// compareLoss wants fewer freezes, where there are any, and shorter ones together.
func (b *bench) compareLoss(name string, ours, theirs lossy) {
	b.say(name+", freezes, parley's, fewer than chromium's", float64(ours.Shown.Freezes), "over 200 ms", measure.AtMost(float64(max(theirs.Shown.Freezes-1, 0))), nil)
	b.say(name+", frozen, parley's, at most chromium's", measure.Round(ours.Shown.FrozenMS, 0), "ms", measure.AtMost(measure.Round(theirs.Shown.FrozenMS, 0)), nil)
}

// loss makes a call on a link that loses packets from the beginning.
func (b *bench) loss(ctx context.Context, start starter) (r lossy, err error) {
	bad := netlab.Params{Delay: oneWay, Loss: lost}
	err = b.call(ctx, b.warm+b.span, cable(bad), start, func(w *world, p program) (err error) {
		if err := measure.Pass(ctx, w.warm); err != nil {
			return err
		}
		var sent wire
		w.network.Set(bad) // counts anew
		w.network.Watch(sent.see)
		usage, stalled, begin := measure.Sample(nil), measure.Stalls(), time.Now()
		err = errors.Join(p.begin(ctx), measure.Pass(ctx, w.span))
		_, r.Machine = usage.Stop()
		r.Stalled = measure.Round(float64(stalled())/float64(time.Millisecond), 1)
		if err != nil {
			return err
		}
		w.network.Watch(nil)
		r.Sent = sent.all().rates(begin, time.Now())
		there, _ := w.network.Counts()
		r.Lost = measure.Round(100*float64(there.Lost)/max(float64(there.Lost+there.Passed), 1), 1)
		r.Shown, r.Detail, err = p.end(ctx)
		return err
	})
	return r, err
}
