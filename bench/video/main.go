// Command video measures calls with pictures between two people on this machine: CPU, memory, pictures shown, freezes, delay from
// glass to glass, the time to the first picture, quality at a fixed rate, and what a lossy network and the window make of it; with
// -peers Chromium's in the same way and in the same run, as only figures of one run can be compared. It prints a JSON object a
// line, each with its limit where it has one. "make bench-video" runs it.
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
	"parley/bench/internal/picture"
)

func main() {
	bin := flag.String("bin", "bin", "folder with parley, parleyd and parleyctl")
	seconds := flag.Int("seconds", 30, "length of each measurement on a clean network")
	warm := flag.Int("warm", 15, "seconds before each, until the rate has settled")
	loss := flag.Int("loss", 60, "seconds on a network that loses packets")
	joins := flag.Int("joins", 5, "calls whose first picture is waited for; the server lets nobody ring more than five times in a row")
	peers := flag.Bool("peers", false, "measure Chromium, too")
	only := flag.String("only", "", "only the scenes whose name holds this")
	flag.Parse()
	b := &bench{
		bin: *bin, peers: *peers, only: *only, joins: min(max(*joins, 1), 5), out: json.NewEncoder(os.Stdout),
		span: measure.Span(*seconds, 3, 300), warm: measure.Span(*warm, 1, 120), onLoss: measure.Span(*loss, 5, 600),
	}
	measure.Main(b.run)
}

type bench struct {
	bin, only          string
	peers              bool
	joins              int
	span, warm, onLoss time.Duration
	out                *json.Encoder
}

const method = "videotest's pattern at 30 pictures a second (Chromium: 512 of it, again and again, from a Y4M file, which is its " +
	"fake camera) and speech into the microphones, voice processing on, VP9, 1500 kbit/s at most, nothing but the resolution " +
	"kept; CPU and PSS of one side's process tree without the sound server; a two-way scene's one side is the mean of both; " +
	"freeze: no new picture for over 200 ms; glass to glass: the picture's number, from the camera's time to the time it is " +
	"shown, on one clock (headless: given to the screen; window: found in a screenshot); first picture: from the acceptance, " +
	"devices of the fake kind; PSNR: luma of decoded pictures against the ones of the same number, mean; loopback network, for " +
	"loss two namespaces; window: Xvfb, all drawn by software, one receives and one headless sends, both windows show the " +
	"picture in the same size"

// scene is one kind of call.
type scene struct {
	name          string
	width, height int
	twoWay        bool
	lossy         bool // the network loses 2 % of packets each way
	window        bool // b has a window
}

var scenes = []scene{
	{name: "one-way 720p30", width: 1280, height: 720},
	{name: "two-way 360p30", width: 640, height: 360, twoWay: true},
	{name: "two-way 720p30", width: 1280, height: 720, twoWay: true},
	{name: "2 % loss", width: 1280, height: 720, lossy: true},
	{name: "window 720p30", width: 1280, height: 720, window: true},
}

// result is one program in one scene.
type result struct {
	Usage   map[string]measure.Usage `json:"usage"`              // a sends; so does b in a two-way scene
	Machine float64                  `json:"machine_busy_cores"` // all programs: what is not above is other people's
	Shown   picture.Shown            `json:"shown"`              // at b
	Coded   any                      `json:"coded,omitempty"`
	Delay   picture.Delay            `json:"glass_to_glass,omitzero"`
	First   []float64                `json:"first_picture_ms,omitempty"`
	PSNR    float64                  `json:"psnr_db,omitempty"`
	Screen  *picture.Shown           `json:"screen,omitempty"` // as read off it
}

// oneSide is what one of two that do the same takes, or the one that receives.
func (r result) oneSide(s scene, of func(measure.Usage) float64) float64 {
	if s.twoWay {
		return (of(r.Usage["a"]) + of(r.Usage["b"])) / 2
	}
	return of(r.Usage["b"])
}

func (b *bench) run(ctx context.Context) error {
	if err := b.out.Encode(measure.Machine(method)); err != nil {
		return err
	}
	var errs []error
	// One that fails is reported, and the others are measured all the same.
	for _, s := range scenes {
		if !strings.Contains(s.name, b.only) || ctx.Err() != nil {
			continue
		}
		if err := b.scene(ctx, s); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.name, err))
			_ = b.out.Encode(map[string]any{"bench": s.name, "error": err.Error()})
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

// scene measures a call of ours, and one of Chromium's.
func (b *bench) scene(ctx context.Context, s scene) (err error) {
	w, err := b.newWorld(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	ours, ourErr := w.parley(ctx)
	if ourErr == nil {
		b.report(s, "parley", ours, true)
	}
	if !b.peers {
		return ourErr
	}
	theirs, err := w.chromium(ctx)
	if err == nil {
		b.report(s, "chromium", theirs, false)
	}
	if err = errors.Join(ourErr, err); err == nil {
		b.compare(s, ours, theirs)
	}
	return err
}
