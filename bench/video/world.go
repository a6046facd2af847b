package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"time"

	"parley/test/lab"
	"parley/test/netlab"
)

// world is what both programs of a scene use: a sound card with two people who talk, perhaps a screen, perhaps a bad network.
type world struct {
	*bench
	scene
	dir     string
	pulse   *lab.Pulse
	display *lab.Display // of b; nil: none
	network *netlab.Net  // nil: the loopback
	hush    context.CancelFunc
	said    chan error
}

// The bad network: what it loses, and the order in which.
const (
	lost = 0.02
	seed = 4
)

func (s scene) size() string { return fmt.Sprintf("%dx%d", s.width, s.height) }

// place is where the picture is shown.
func (s scene) place() image.Rectangle {
	if s.window {
		return lab.CallTile
	}
	return image.Rect(0, 0, s.width, s.height)
}

func (b *bench) newWorld(ctx context.Context, s scene) (_ *world, err error) {
	w := &world{bench: b, scene: s, hush: func() {}, said: make(chan error, 2)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.dir, err = lab.TempDir(nil); err != nil {
		return nil, err
	}
	if w.pulse, err = lab.StartPulse(ctx, 2, nil); err != nil {
		return nil, err
	}
	if s.window {
		if w.display, err = lab.StartDisplay(ctx, lab.AppWidth, lab.AppHeight, nil); err != nil {
			return nil, err
		}
	}
	if s.lossy {
		if w.network, err = netlab.New(seed); err != nil {
			return nil, err
		}
		w.network.Set(netlab.Params{Loss: lost})
	}
	return w, w.talk(ctx)
}

func (w *world) close() error {
	w.hush()
	var errs []error
	for range cap(w.said) {
		errs = append(errs, <-w.said)
	}
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

// talk lets both speak into their microphones until the end.
func (w *world) talk(ctx context.Context) error {
	voices, err := lab.Voices(60)
	if err != nil {
		return err
	}
	ctx, w.hush = context.WithCancel(ctx)
	for i := range 2 {
		go func() {
			for {
				if err := w.pulse.Play(ctx, "inj_"+lab.Letter(i), voices[i]); ctx.Err() != nil {
					w.said <- nil
					return
				} else if err != nil {
					w.said <- err
					return
				}
			}
		}()
	}
	return nil
}

func (w *world) file(name string) string { return filepath.Join(w.dir, name) }

// length is how long the pictures are counted.
func (w *world) length() time.Duration {
	if w.lossy {
		return w.onLoss
	}
	return w.span
}
