package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"parley/bench/internal/measure"
	"parley/test/lab"
)

// settle is what a new state may take to become an old one, and is not measured.
const settle = 8 * time.Second

// call measures what the window costs: out of channels, in one where nobody speaks, and in a long talk.
func (b *bench) call(ctx context.Context, w *world) (err error) {
	c := w.config("app")
	if err := w.programs.Member(ctx, c, w.server.Ready.Invite); err != nil {
		return err
	}
	a, err := w.app(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.WaitChannels(ctx, lab.Dark); err != nil {
		return err
	}
	alone, err := w.span(ctx, b.quiet, map[string]int{"app": a.PID()})
	if err != nil {
		return err
	}
	b.say("idle", alone.Usage["app"].Cores, "cores", idleLimit, alone)

	entered := time.Now()
	head, err := w.join(ctx, a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, head.Close()) }()
	both := map[string]int{"app": a.PID(), "headless": head.PID()}
	calm, err := w.span(ctx, b.quiet, both)
	if err != nil {
		return err
	}
	b.say("quiet channel, above headless", calm.above(), "cores", channelLimit, calm)
	return b.conversation(ctx, w, a, both, entered)
}

// conversation is measured as a whole, so that no stall is missed.
func (b *bench) conversation(ctx context.Context, w *world, a *lab.App, both map[string]int, entered time.Time) error {
	talking, hush := context.WithCancel(ctx)
	said := make(chan error, 2)
	for i := range 2 {
		go func() { said <- w.talk(talking, i) }()
	}
	answered := make(chan answers, 1)
	go func() { answered <- answering(talking, a.Window) }()
	busy, err := w.span(ctx, b.talk, both)
	hush()
	clicks := <-answered
	if err = errors.Join(err, <-said, <-said, clicks.err); err != nil {
		return err
	}
	b.say("talk, above headless", busy.above(), "cores", talkLimit, busy)
	b.say("memory", busy.Usage["app"].PSS, "MiB PSS", pssLimit, nil)
	all, earlier, err := stalls(a.LogFile(), entered)
	if err != nil {
		return err
	}
	b.say("stalls", float64(len(all)), "turns over 50 ms", stallLimit, map[string]any{"all": all, "before_the_call": earlier, "talk_s": busy.Seconds, "answers": clicks})
	return nil
}

// load is what was used in a span of time.
type load struct {
	Usage   map[string]measure.Usage `json:"usage"`
	Seconds float64                  `json:"seconds"`
	Machine float64                  `json:"machine_busy_cores"` // all programs: what is not above is other people's
}

// above is what the window costs.
func (l load) above() float64 {
	return measure.Round(l.Usage["app"].Cores-l.Usage["headless"].Cores, 3)
}

// span lets things settle and then time pass.
func (w *world) span(ctx context.Context, d time.Duration, groups map[string]int) (load, error) {
	if err := measure.Pass(ctx, settle); err != nil {
		return load{}, err
	}
	s := measure.Sample(groups)
	if err := measure.Pass(ctx, d); err != nil {
		return load{}, err
	}
	l := load{Seconds: d.Seconds()}
	l.Usage, l.Machine = s.Stop()
	return l, nil
}

// join brings the headless client and the window into the same channel.
func (w *world) join(ctx context.Context, a *lab.App) (*lab.Client, error) {
	head, err := w.programs.Client(lab.Command{
		Env: w.pulse.Env(),
		Args: []string{"join", w.server.Ready.Invite, "--channel", "General", "--name", "headless", "--home", filepath.Join(w.dir, "headless"),
			"--mic", "mic_b", "--speaker", "spk_b"},
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err = head.Await(ctx, 0, "joined", nil); err == nil {
		err = a.Enter(ctx, "General", lab.Dark)
	}
	if err == nil {
		_, err = head.Await(ctx, 0, "peer_connected", nil)
	}
	if err != nil {
		return nil, errors.Join(err, head.Close())
	}
	return head, nil
}

// talk lets somebody talk until ctx ends.
func (w *world) talk(ctx context.Context, person int) error {
	voices, err := lab.Voices(60)
	if err != nil {
		return err
	}
	for {
		if err := w.pulse.Play(ctx, "inj_"+lab.Letter(person), voices[person]); ctx.Err() != nil {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// stall is a turn of the window that was late.
type stall struct {
	MS int     `json:"ms"`
	At float64 `json:"at_s"` // seconds after the channel was entered
}

var stallLine = regexp.MustCompile(`^time=(\S+) .*msg="ui stall" ms=(\d+)`)

// stalls reads from an app's log those that came after a time, and counts the ones before: the first pictures take as long as the
// start measures.
func stalls(path string, from time.Time) (all []stall, earlier int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	all = []stall{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		m := stallLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		at, err := time.Parse(time.RFC3339, m[1])
		if err != nil {
			return nil, 0, fmt.Errorf("the app's log: %w", err)
		}
		if at.Before(from) {
			earlier++
			continue
		}
		ms, _ := strconv.Atoi(m[2]) // digits
		all = append(all, stall{ms, measure.Round(at.Sub(from).Seconds(), 1)})
	}
	return all, earlier, lines.Err()
}
