// Command rate measures calls with pictures over links that carry less than they could use: how soon what is sent fits, and uses again
// what there is, whether sound is ever starved by pictures, and what losses do to them; what a shared screen costs; and how soon somebody in
// a browser sees, and is seen; and what 1080 lines by VP9 look like at the rate of 720 by VP8. With -peers Chromium is measured in the same
// way, over the same link and in the same run, as only figures of one run can be compared. It prints a JSON object a line, each with its
// limit where it has one. "make bench-rate" runs it, as root.
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
	bin := flag.String("bin", "bin", "folder with parleyd and parleyctl")
	warm := flag.Int("warm", 15, "seconds before each measurement, until the rate has settled")
	low := flag.Int("low", 12, "seconds for which a link carries little")
	high := flag.Int("high", 25, "seconds for which it carries much again")
	seconds := flag.Int("seconds", 60, "length of each measurement on a link that stays as it is")
	joins := flag.Int("joins", 5, "calls whose first picture is waited for; the server lets nobody ring more than five times in a row")
	peers := flag.Bool("peers", false, "measure Chromium, too")
	only := flag.String("only", "", "only the scenes whose name holds this")
	flag.Parse()
	b := &bench{
		bin: *bin, peers: *peers, only: *only, joins: min(max(*joins, 1), 5), out: json.NewEncoder(os.Stdout), warm: measure.Span(*warm, 1, 120),
		low: measure.Span(*low, 2, 120), high: measure.Span(*high, 2, 120), span: measure.Span(*seconds, 5, 600),
	}
	measure.Main(b.run)
}

type bench struct {
	bin, only             string
	peers                 bool
	joins                 int
	warm, low, high, span time.Duration
	out                   *json.Encoder
}

const method = "two machines that are network namespaces with one cable between them, 20 ms each way, the server on a's; a's camera is " +
	"videotest's pattern, 1280x720 at 30 pictures a second (Chromium: 512 of it, again and again, from a Y4M file, which is its fake " +
	"camera), VP9, 2500 kbit/s at most; a talks all the time: speech at -32 dBFS with chirps over it (Chromium: from a file, which is its " +
	"fake microphone); both programs as they are for a new user, voice processing on; 5 to 0.3 to 5 Mbit/s: each way, behind a queue as " +
	"home routers have, which drops what would wait for over 200 ms; the wire: IP packets that a hands to the cable, what the " +
	"queue drops included, pictures told from sound by the type that RTP gives them; under the cap: from when on pictures alone stay within " +
	"the whole rate in each second; back: until a second of pictures has 80 % of the rate that they had before; silence: the longest of " +
	"b's loudspeaker, recorded from a PulseAudio null sink, from the fall on to the end, the talker makes pauses of up to 0.3 s; queueing " +
	"delay: how long packets waited for their turn while the link carried little; freeze: no new picture shown for over 200 ms, by the " +
	"time that each is given to the screen (Chromium: shown, by requestVideoFrameCallback); a call over a cable while the machine let a " +
	"program wait for over 200 ms is measured again, once; 1080p30 screen: Xvfb, half of it text that goes " +
	"up by two rows with each of 30 pictures a second, 480x270 of it other things that move, shared whole at 30 pictures a second, CPU of " +
	"the process trees of both, Xvfb's and the sound server's not counted, the one who looks has no window, loopback network; guest: the " +
	"server's page in Chromium takes calls of parleyctl's, with a camera at both ends, times from the click that takes the call to the first " +
	"picture shown, median, devices of the fake kind, loopback network; size: ten seconds of the pattern at 2500 kbit/s by libvpx, three " +
	"temporal layers, VP9 at 1920x1080 at its cheapest level, VP8 at 1280x720 at cpu-used -6, PSNR of the luma"

// scene is what is measured together.
type scene struct {
	name string
	run  func(context.Context, *bench, string) error
}

var scenes = []scene{{"5 to 0.3 to 5 Mbit/s", steps}, {"10 % loss", loss}, {"1080p30 screen", screen}, {"guest", guest}, {"size", size}}

func (b *bench) run(ctx context.Context) error {
	if err := b.out.Encode(measure.Machine(method)); err != nil {
		return err
	}
	var errs []error
	for _, s := range scenes {
		if strings.Contains(s.name, b.only) && ctx.Err() == nil {
			errs = append(errs, s.run(ctx, b, s.name))
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

// stalled is how long the machine may let a program wait, in ms, until a measurement is made again: as long as a freeze.
const stalled = 200.0

const parleyName, chromiumName = "parley", "chromium"

// beside measures ours, and Chromium's if it is asked for, and holds both together. One that fails is reported, and the other is measured
// all the same.
func beside[R any](b *bench, name string, ours, theirs func() (R, error), report func(who string, r R), compare func(ours, theirs R)) error {
	var errs []error
	do := func(who string, one func() (R, error)) (r R, ok bool) {
		r, err := one()
		if err != nil {
			errs = append(errs, fmt.Errorf("%s, %s: %w", name, who, err))
			_ = b.out.Encode(map[string]any{"bench": name + ", " + who, "error": err.Error()})
			return r, false
		}
		report(who, r)
		return r, true
	}
	mine, ok := do(parleyName, ours)
	if b.peers {
		if other, also := do(chromiumName, theirs); ok && also {
			compare(mine, other)
		}
	}
	return errors.Join(errs...)
}

func (b *bench) say(name string, value float64, unit string, l *measure.Limit, detail any) {
	_ = b.out.Encode(measure.Said(name, value, unit, l, detail))
}
