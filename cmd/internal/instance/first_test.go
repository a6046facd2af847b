package instance

import (
	"context"
	"errors"
	"testing"
	"time"
)

var errBusy = errors.New("the folder is in use")

func TestFirst(t *testing.T) {
	broken := errors.New("broken")
	for _, want := range []error{nil, broken} {
		first, err := First(t.Context(), t.TempDir(), Request{Do: Open}, errBusy, func() error { return want })
		if first != (want == nil) || !errors.Is(err, want) {
			t.Errorf("%v: %v %v", want, first, err)
		}
	}
}

func TestSecond(t *testing.T) {
	dir := t.TempDir()
	got := make(chan string, 1)
	l := listenFor(t, dir, func(r Request) error {
		got <- r.Link
		return nil
	})
	busy := func() error { return errBusy }
	if first, err := First(t.Context(), dir, Request{Do: Open, Link: "x"}, errBusy, busy); first || err != nil || <-got != "x" {
		t.Errorf("%v %v", first, err)
	}
	l.Close()
	listenFor(t, dir, func(Request) error { return errors.New("not now") })
	if first, err := First(t.Context(), dir, Request{Do: Open}, errBusy, busy); first || !errors.Is(err, ErrRefused) {
		t.Errorf("%v %v", first, err)
	}
}

// The other one has taken the folder and listens only after it was asked for the first time.
func TestSecondWhileTheFirstStarts(t *testing.T) {
	dir := t.TempDir()
	tries := 0
	first, err := First(t.Context(), dir, Request{Do: Open}, errBusy, func() error {
		if tries++; tries == 2 {
			listenFor(t, dir, func(Request) error { return nil })
		}
		return errBusy
	})
	if first || err != nil || tries != 2 {
		t.Errorf("%v %v after %d tries", first, err, tries)
	}
}

// The other one has stopped listening and frees the folder a moment later.
func TestSecondWhileTheFirstEnds(t *testing.T) {
	tries := 0
	first, err := First(t.Context(), t.TempDir(), Request{Do: Open}, errBusy, func() error {
		if tries++; tries == 2 {
			return nil
		}
		return errBusy
	})
	if !first || err != nil || tries != 2 {
		t.Errorf("%v %v after %d tries", first, err, tries)
	}
}

// Whoever has the folder is no Parley with a window.
func TestSecondOfNobody(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	first, err := First(ctx, t.TempDir(), Request{Do: Open}, errBusy, func() error { return errBusy })
	if first || !errors.Is(err, errBusy) {
		t.Errorf("%v %v", first, err)
	}
}
