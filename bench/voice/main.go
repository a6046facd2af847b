// Command voice measures a call between two people on this machine: mouth-to-ear delay, CPU, memory, and how long it takes
// from joining to the first sound; with -peers those of Mumble and Chromium in the same way and in the same run, as only
// figures of one run can be compared. It prints a JSON object a line. "make bench-voice" runs it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"parley/bench/internal/heard"
	"parley/bench/internal/measure"
	"parley/test/lab"
)

func main() {
	bin := flag.String("bin", "bin", "folder with parleyd and parleyctl")
	chirps := flag.Int("chirps", 40, "chirps in each measurement of delay")
	joins := flag.Int("joins", 10, "joins")
	peers := flag.Bool("peers", false, "measure Mumble and Chromium, too")
	only := flag.String("only", "", "only the measurements whose name holds this")
	flag.Parse()
	b := &bench{bin: *bin, chirps: min(*chirps, 200), joins: min(*joins, 100), only: *only}
	measure.Main(func(ctx context.Context) error { return b.run(ctx, *peers) })
}

type bench struct {
	bin, only     string
	chirps, joins int
	pulse         *lab.Pulse
	out           *json.Encoder
}

// result is one program in one configuration.
type result struct {
	Delay   heard.Delay              `json:"mouth_to_ear"`
	Stages  map[string]float64       `json:"stages,omitempty"`
	Usage   map[string]measure.Usage `json:"usage"`
	Machine float64                  `json:"machine_busy_cores"` // all programs: what is not above is other people's
}

const method = "speech at -32 dBFS with 60 ms chirps (400 to 3600 Hz) over it into a's microphone, one PulseAudio null sink " +
	"for all; delay: matched filter, mouth a to ear b, in one recording; usage: CPU time and PSS of the process tree while a " +
	"talks; join: parleyctl's join to first decoded sound, new process each; loopback network"

func (b *bench) run(ctx context.Context, peers bool) (err error) {
	b.out = json.NewEncoder(os.Stdout)
	if err := b.out.Encode(measure.Machine(method)); err != nil {
		return err
	}
	if b.pulse, err = lab.StartPulse(ctx, 2, nil); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.pulse.Close()) }()
	var errs []error
	// One that fails is reported, and the others are measured all the same.
	say := func(name string, f func() (any, error)) {
		if !strings.Contains(name, b.only) || ctx.Err() != nil {
			return
		}
		v, err := f()
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			_ = b.out.Encode(map[string]any{"bench": name, "error": err.Error()})
			return
		}
		_ = b.out.Encode(map[string]any{"bench": name, "result": v})
	}
	say("rnnoise", func() (any, error) { return rnnoise(ctx) })
	b.ours(ctx, say)
	if peers {
		for _, low := range []bool{false, true} {
			say(mumbleName(low), func() (any, error) { return b.mumble(ctx, low) })
		}
		say("chromium", func() (any, error) { return b.chromium(ctx) })
		say("chromium join", func() (any, error) { return b.chromiumJoins(ctx) })
	}
	return errors.Join(append(errs, ctx.Err())...)
}

type sayFunc func(name string, f func() (any, error))

// ours measures Parley. Everything on is what a new user has; the others switch one thing each.
func (b *bench) ours(ctx context.Context, say sayFunc) {
	with := func(f func(p *parley) (any, error)) func() (any, error) {
		return func() (any, error) {
			p, err := startParley(ctx, b.bin, b.pulse)
			if err != nil {
				return nil, err
			}
			v, err := f(p)
			return v, errors.Join(err, p.close())
		}
	}
	voice := func(args ...string) func() (any, error) {
		return with(func(p *parley) (any, error) { return p.voice(ctx, b.chirps, args...) })
	}
	say("parley everything on", voice("--ns=on", "--mode", "vad"))
	say("parley no suppression", voice("--processing=off", "--mode", "open"))
	say("parley lowest", voice("--processing=off", "--mode", "open", "--frame", "10"))
	say("parley join", with(func(p *parley) (any, error) { return p.joins(ctx, b.joins) }))
}

// measured is the same for every program: warm up, then delay and usage at once.
func measured(ctx context.Context, p *lab.Pulse, count int, groups map[string]int) (result, error) {
	warm, err := lab.Speech(5)
	if err != nil {
		return result{}, err
	}
	if err := p.Play(ctx, "inj_a", warm); err != nil {
		return result{}, err
	}
	groups["sound server"] = p.PID()
	s := measure.Sample(groups)
	d, err := heard.MouthToEar(ctx, p, count)
	r := result{Delay: d}
	r.Usage, r.Machine = s.Stop()
	return r, err
}
