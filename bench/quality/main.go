// Command quality measures what becomes of sound before it is sent: the echo canceller over rooms that are computed, beside SpeexDSP
// with -speex; the time of the whole sending chain; and with -peers the whole of Parley beside Chromium's voice processing, in a room
// between the virtual cables, in the same run. It prints a JSON object a line, each figure with its limit where there is one.
// "make bench-quality" runs it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"parley/bench/internal/measure"
)

func main() {
	bin := flag.String("bin", "bin", "folder with parleyd and parleyctl")
	seconds := flag.Int("seconds", 10, "how long the far end talks in each scene, 5 to 60")
	speex := flag.Bool("speex", false, "measure SpeexDSP's canceller, too: needs gcc and libspeexdsp-dev")
	peers := flag.Bool("peers", false, "measure Parley and Chromium in a room between virtual cables")
	only := flag.String("only", "", "only the measurements whose name holds this: canceller, path change, sending, cables")
	flag.Parse()
	b := &bench{bin: *bin, seconds: min(max(*seconds, 5), 60), speex: *speex, peers: *peers, only: *only, out: json.NewEncoder(os.Stdout)}
	measure.Main(b.run)
}

type bench struct {
	bin, only    string
	seconds      int
	speex, peers bool
	out          *json.Encoder
}

const method = "recorded speech; rooms: direct sound, early reflections and a tail of noise (audio/audiotest.Room), echo -10 to 0 dB " +
	"of what is played, the voice 3 dB above it in double talk; ERLE without the room's noise; sending: from a microphone's frame to " +
	"the packet, on one core; cables: one PulseAudio null sink for all, the room is played from loudspeaker to microphone by a process; " +
	"a program that turns the voice's phase loses SI-SDR by it, which its figure for the voice alone shows"

func (b *bench) run(ctx context.Context) error {
	if err := b.out.Encode(measure.Machine(method)); err != nil {
		return err
	}
	var errs []error
	// One that fails is reported, and the others are measured all the same.
	for _, part := range []struct {
		name   string
		wanted bool
		run    func(context.Context) error
	}{
		{"canceller", true, b.cancellers},
		{"path change", true, b.pathChange},
		{"sending", true, b.sending},
		{"cables", b.peers, b.cables},
	} {
		if !part.wanted || !strings.Contains(part.name, b.only) || ctx.Err() != nil {
			continue
		}
		if err := part.run(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", part.name, err))
			_ = b.out.Encode(map[string]any{"bench": part.name, "error": err.Error()})
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

func (b *bench) say(name string, value float64, unit string, l *measure.Limit, detail any) {
	_ = b.out.Encode(measure.Said(name, measure.Round(value, 3), unit, l, detail))
}
