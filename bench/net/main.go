// Command net measures a call between two people over bad networks: how much of the sound had to be invented, how late it is heard,
// and how soon it is back after the network was gone; with -peers Chromium's in the same way over the same link and in the same run,
// as only figures of one run can be compared. It prints a JSON object a line, each with its limit where it has one. "make bench-net"
// runs it, as root.
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
	"parley/test/netlab"
)

func main() {
	bin := flag.String("bin", "bin", "folder with parleyd and parleyctl")
	seconds := flag.Int("seconds", 60, "length of each measurement")
	warm := flag.Int("warm", 15, "seconds before each, on the same network: reports of what gets lost come once in some seconds")
	breaks := flag.Int("breaks", 3, "times that a's address changes; the network is gone twice as often, as a word's pause may follow and is not told from it")
	peers := flag.Bool("peers", false, "measure Chromium, too")
	only := flag.String("only", "", "only the scenes whose name holds this")
	flag.Parse()
	b := &bench{
		bin: *bin, peers: *peers, only: *only, breaks: min(max(*breaks, 1), 20), out: json.NewEncoder(os.Stdout),
		span: measure.Span(*seconds, 5, 600), warm: measure.Span(*warm, 1, 120),
	}
	measure.Main(b.run)
}

type bench struct {
	bin, only  string
	peers      bool
	breaks     int
	span, warm time.Duration
	out        *json.Encoder
}

const method = "two hosts and a server on an internet of network namespaces; a's cable is bad in both directions, the same packets get " +
	"lost by their order; 20 ms one way unless said otherwise; a talks all the time: speech at -32 dBFS with 60 ms chirps (400 to " +
	"3600 Hz) over it into a's microphone, both programs as they are for a new user (voice processing on; Chromium: Opus with in-band " +
	"FEC, which is its default); invented: samples concealed among those played of a at b, as the programs count them, Chromium's " +
	"silent ones left out of both; mouth to ear: matched filter, mouth a to ear b, in one recording of one PulseAudio null sink for " +
	"all; added: that less the link's own delay, in the mean; recording begins before the warm-up, as to begin it disturbs the sound " +
	"card; invented is held against Chromium's and 30 ms of sound, which is what one stall of the machine costs; late: packets that " +
	"came too late to be played (Chromium: discarded); where the machine let a program of no work wait for over 60 ms, the " +
	"measurement is made again, once; wire: IP packets that leave a; sound back: in the recording, from the end of " +
	"an outage or from the change of a's address, whose old one is nobody's from then on, to the end of the longest silence after " +
	"that; the pages negotiate nothing anew, and what is not back in 30 s counts as that"

// scene is one network.
type scene struct {
	name    string
	link    netlab.Params
	heard   float64                             // % of the sound that is to be decoded or repaired; 0: no matter
	late    float64                             // % of packets that may be late; 0: no matter
	clean   bool                                // nothing has to be invented; it is measured without RED, too
	trouble func(context.Context, *world) error // what happens to it again and again
	rest    time.Duration                       // after each of them
	often   int                                 // times -breaks that it happens; 0: once that
}

// stalled is how long the machine may let a program wait, in ms, until a measurement is made again.
const stalled = 60.0

const oneWay = 20 * time.Millisecond

func lossy(share, heard float64) scene {
	return scene{name: fmt.Sprintf("%v %% loss", 100*share), link: netlab.Params{Loss: share, Delay: oneWay}, heard: heard}
}

var scenes = []scene{
	{name: "clean", link: netlab.Params{Delay: oneWay}, clean: true},
	lossy(0.05, 99.9), lossy(0.1, 99.5), lossy(0.2, 97), lossy(0.3, 90),
	{name: "bursts", link: netlab.Params{Loss: 0.1, Burst: 4, Delay: oneWay}},
	{name: "jitter 60 ms", link: netlab.Params{Delay: 30 * time.Millisecond, Jitter: 30 * time.Millisecond, InOrder: true}, late: 2},
	{name: "jitter 200 ms", link: netlab.Params{Delay: 100 * time.Millisecond, Jitter: 100 * time.Millisecond, Reorder: 0.02, Duplicate: 0.03}, late: 2},
	{name: "outage of 3 s", link: netlab.Params{Delay: oneWay}, trouble: outage, rest: 12 * time.Second, often: 2},
	{name: "new address", link: netlab.Params{Delay: oneWay}, trouble: renumber, rest: never},
}

func (b *bench) run(ctx context.Context) error {
	if err := b.out.Encode(measure.Machine(method)); err != nil {
		return err
	}
	var errs []error
	for _, s := range scenes {
		if strings.Contains(s.name, b.only) && ctx.Err() == nil {
			errs = append(errs, b.scene(ctx, s))
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

// scene measures ours, and Chromium's. One that fails is reported, and the others are measured all the same.
func (b *bench) scene(ctx context.Context, s scene) error {
	var errs []error
	do := func(who string, start starter) (r result, ok bool) {
		r, err := measure.Undisturbed(stalled, func() (result, error) { return b.measure(ctx, s, start) }, func(r result) float64 { return r.Stalled })
		if err != nil {
			errs = append(errs, fmt.Errorf("%s, %s: %w", s.name, who, err))
			_ = b.out.Encode(map[string]any{"bench": s.name + ", " + who, "error": err.Error()})
			return r, false
		}
		b.report(s, who, r)
		return r, true
	}
	mine, ok := do(parleyName, ours())
	if s.clean && ok {
		if without, ok := do("parley without RED", ours("--red=off")); ok {
			b.price(mine, without)
		}
	}
	if b.peers {
		if theirs, also := do(chromiumName, chromium); ok && also {
			b.compare(s, mine, theirs)
		}
	}
	return errors.Join(errs...)
}
