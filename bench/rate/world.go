package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"parley/test/lab"
	"parley/test/netlab"
)

// world is what both programs of a scene use: a sound card for two, and what the scene is about.
type world struct {
	*bench
	length  time.Duration // of what is measured, at most
	dir     string
	pulse   *lab.Pulse
	network *netlab.Net  // nil: one machine
	display *lab.Display // a's screen, which is shown to b; nil: a camera is
}

func (w *world) file(name string) string { return filepath.Join(w.dir, name) }

const (
	seed   = 6 // decides which packets get lost
	oneWay = 20 * time.Millisecond
)

// newWorld makes one; more (nil: nothing) is what else there is in it.
func (b *bench) newWorld(ctx context.Context, length time.Duration, more func(*world) error) (_ *world, err error) {
	w := &world{bench: b, length: length}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.dir, err = lab.TempDir(nil); err != nil {
		return nil, err
	}
	if w.pulse, err = lab.StartPulse(ctx, 2, nil); err != nil || more == nil {
		return w, err
	}
	return w, more(w)
}

// call lets two connect in a world of that kind, and measures it.
func (b *bench) call(ctx context.Context, length time.Duration, more func(*world) error, start starter, measure func(*world, program) error) (err error) {
	w, err := b.newWorld(ctx, length, more)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	p, err := start(ctx, w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	return measure(w, p)
}

// cable is a world of two machines, with a cable between them.
func cable(p netlab.Params) func(*world) error {
	return func(w *world) (err error) {
		if w.network, err = netlab.New(seed); err == nil {
			w.network.Set(p)
		}
		return err
	}
}

func (w *world) close() error {
	var errs []error
	if w.network != nil {
		errs = append(errs, w.network.Close())
	}
	if w.display != nil {
		errs = append(errs, w.display.Close())
	}
	if w.pulse != nil {
		errs = append(errs, w.pulse.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}
