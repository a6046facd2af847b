// Command app measures the desktop app on this machine, under a screen in memory that is drawn by software: how long it
// takes to a window that can be used, what it costs beside the headless client that does the same in the same call, memory,
// and how often the window was late. It prints a JSON object a line, each with its limit. "make bench-app" runs it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"parley/bench/internal/measure"
)

func main() {
	bin := flag.String("bin", "bin", "folder with parley, parleyd and parleyctl")
	starts := flag.Int("starts", 5, "starts of each kind; the median counts")
	seconds := flag.Int("seconds", 60, "length of the quiet measurements")
	minutes := flag.Float64("minutes", 10, "length of the call in which both talk")
	only := flag.String("only", "", "start, call or crowd")
	flag.Parse()
	b := &bench{
		bin: *bin, starts: min(max(*starts, 1), 50), only: *only, out: json.NewEncoder(os.Stdout),
		quiet: measure.Span(*seconds, 5, 600),
		talk:  time.Duration(min(max(*minutes, 0.2), 120) * float64(time.Minute)),
	}
	measure.Main(b.run)
}

type bench struct {
	bin, only   string
	starts      int
	quiet, talk time.Duration
	out         *json.Encoder
}

// The limits of the issue that asked for the window.
const (
	startLimit   = 2000 // ms, from the start of the process to a window with its content in it, files in the cache
	idleLimit    = 0.03 // of a core, online and in no channel
	channelLimit = 0.04 // of a core above the headless client, in a channel where nobody speaks
	talkLimit    = 0.15 // the same while both talk
	pssLimit     = 200  // 2^20 bytes
	stallLimit   = 0    // of the window's turns in a call took or waited for more than 50 ms
	frameLimit   = 33   // ms, what is handled and what is drawn in one, with crowdChannels and crowdPeople
)

// The crowd.
const (
	crowdChannels = 1000
	crowdPeople   = 5000
	renamedEvery  = 50 * time.Millisecond // those in sight
)

const method = "Xvfb 1280x800, Mesa's llvmpipe; start: process start to the pixels of the first screen's field (first), or of " +
	"the channels of a server that answers (again), looked for 30 times a second, the first start not counted; CPU of the " +
	"process tree, llvmpipe's threads included; the headless client is the other one in the same channel, with the same " +
	"settings; talk: recorded speech into both microphones at once; stalls: the app's own log, of every turn of the pump; " +
	"crowd: a server that says it has so many, and gives the first of both lists other names twenty times a second where it is a renamed one; frames: " +
	"the app's own log, events and painting by the clock, own: the CPU time of the window's thread alone; longer ones on a machine that is busy are its doing"

// figure is one line of the report.
type figure struct {
	Bench  string  `json:"bench"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Limit  float64 `json:"limit"`
	Within bool    `json:"within"`
	Detail any     `json:"detail,omitempty"`
}

func (b *bench) say(name string, value float64, unit string, limit float64, detail any) {
	_ = b.out.Encode(figure{name, value, unit, limit, value <= limit, detail})
}

func (b *bench) run(ctx context.Context) error {
	if err := b.out.Encode(measure.Machine(method)); err != nil {
		return err
	}
	var errs []error
	// One that fails is reported, and the others are measured all the same.
	for _, part := range []struct {
		name string
		run  func(context.Context, *world) error
	}{{"start", b.start}, {"call", b.call}, {"crowd", b.crowd}} {
		if !strings.Contains(part.name, b.only) || ctx.Err() != nil {
			continue
		}
		if err := b.in(ctx, part.run); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", part.name, err))
			_ = b.out.Encode(map[string]any{"bench": part.name, "error": err.Error()})
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

// in runs a part in a world of its own.
func (b *bench) in(ctx context.Context, part func(context.Context, *world) error) (err error) {
	w, err := newWorld(ctx, b.bin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	return part(ctx, w)
}
