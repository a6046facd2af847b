package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/bench/internal/measure"
	"parley/test/lab"
)

// crowd measures the window on a server of thousands: at rest, as one looks through both lists, and the same while that server
// gives everything another name without end.
func (b *bench) crowd(ctx context.Context, w *world) (err error) {
	server, err := lab.StartCrowd(crowdChannels, crowdPeople)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	c := w.config("crowd")
	c.Env = append(c.Env, lab.FramesEnv)
	if err := w.programs.Member(ctx, c, server.Link.String()); err != nil {
		return err
	}
	begin := time.Now()
	a, err := w.app(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.WaitChannels(ctx, lab.Dark); err != nil {
		return err
	}
	b.say("crowd, start", milliseconds(time.Since(begin)), "ms", startLimit, map[string]any{"channels": crowdChannels, "people": crowdPeople})
	alone, err := w.span(ctx, b.quiet, map[string]int{"app": a.PID()})
	if err != nil {
		return err
	}
	b.say("crowd, idle", alone.Usage["app"].Cores, "cores", idleLimit, alone)
	for _, every := range []time.Duration{0, renamedEvery} {
		server.Rename(every)
		if err := b.through(ctx, server, a, every); err != nil {
			return err
		}
	}
	return nil
}

// through looks through the lists in each way, and tells how long the frames took.
func (b *bench) through(ctx context.Context, server *lab.Crowd, a *lab.App, every time.Duration) error {
	name := "crowd"
	if every > 0 {
		name = "renamed crowd"
	}
	for _, way := range lab.Ways {
		if err := measure.Pass(ctx, settle/4); err != nil {
			return err
		}
		from, waves := time.Now(), server.Waves()
		s := measure.Sample(map[string]int{"app": a.PID()})
		if err := way.Go(a, ctx); err != nil {
			return fmt.Errorf("%s: %w%s", way.Name, err, a.Shot("crowd"))
		}
		took := time.Since(from)
		usage, machine := s.Stop()
		if err := measure.Pass(ctx, 1100*time.Millisecond); err != nil { // the log tells once a second
			return err
		}
		f, err := a.Frames(from)
		if err != nil {
			return err
		}
		b.say(name+", "+way.Name, float64(f.Longest()), "ms, longest frame", frameLimit, map[string]any{
			"frames": f.Len(), "median_ms": f.Quantile(0.5), "p99_ms": f.Quantile(0.99), "over_33_ms": f.Over(frameLimit), "longest": f.Parts,
			"own_longest_ms": f.Own.Longest(), "own_p99_ms": f.Own.Quantile(0.99), "seconds": measure.Round(took.Seconds(), 1),
			"renamed": server.Waves() - waves, "app": usage["app"], "machine_busy_cores": machine,
		})
		a.Shot(name + " " + way.Name)
	}
	return nil
}
