package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"parley/bench/internal/measure"
	"parley/test/lab"
	"parley/test/netlab"
)

// world is what both programs use: an internet with a, b and a server on it, and a sound card for the two.
type world struct {
	*bench
	dir      string
	pulse    *lab.Pulse
	internet *netlab.World
	a, b     *netlab.Host
	server   *netlab.Host
}

// seed decides which packets get lost.
const seed = 4

func (b *bench) newWorld(ctx context.Context) (_ *world, err error) {
	w := &world{bench: b, internet: netlab.NewWorld(seed)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	on := w.internet.Internet
	w.a, w.b, w.server = w.internet.Host("a", on), w.internet.Host("b", on), w.internet.Host("server", on)
	if err := w.internet.Err(); err != nil {
		return nil, err
	}
	if w.dir, err = lab.TempDir(nil); err != nil {
		return nil, err
	}
	w.pulse, err = lab.StartPulse(ctx, 2, nil)
	return w, err
}

func (w *world) close() error {
	errs := []error{w.internet.Close()}
	if w.pulse != nil {
		errs = append(errs, w.pulse.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}

func (w *world) file(name string) string { return filepath.Join(w.dir, name) }

// cable is the one that is bad.
func (w *world) cable() *netlab.Link { return w.a.Ports[0].Link }

// sent is how many bytes of IP packets have left a.
func (w *world) sent() (bytes float64, err error) {
	var text []byte
	err = w.a.Do(func() (err error) {
		text, err = os.ReadFile("/proc/thread-self/net/dev")
		return err
	})
	if err != nil {
		return 0, err
	}
	device := w.a.Ports[0].Device
	for line := range strings.Lines(string(text)) {
		if name, rest, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == device {
			if f := strings.Fields(rest); len(f) > 8 { // eight figures of what came in are first
				return strconv.ParseFloat(f[8], 64)
			}
		}
	}
	return 0, fmt.Errorf("no device %s in %q", device, text)
}

// gone is how long an outage lasts.
const gone = 3 * time.Second

// outage is a while in which nothing gets through.
func outage(ctx context.Context, w *world) error {
	before := netlab.Params{Delay: oneWay}
	w.cable().Set(netlab.Params{Loss: 1})
	defer w.cable().Set(before)
	return measure.Pass(ctx, gone)
}

// renumber gives a another address.
func renumber(_ context.Context, w *world) error { return w.a.Ports[0].Renumber() }
