package lab

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"
)

// Answer is a button of the dialog of a call that rings.
type Answer uint8

// The three buttons: what was asked for comes first, then the other kind.
const (
	AsAsked Answer = iota
	OtherKind
	Decline
)

// AwaitRing waits for the dialog of a call that rings here, and returns its first button.
func (a *App) AwaitRing(ctx context.Context, p Palette) (first image.Rectangle, err error) {
	err = a.WaitFor(ctx, "a call that rings", Floating, func(img *image.RGBA) (ok bool) {
		first, ok = Filled(img, Floating, p.Primary)
		return ok && Floats(img, p)
	})
	return first, err
}

// at is where the button is, by the first one: the other two are below it.
func (b Answer) at(first image.Rectangle) image.Point {
	const decline, gap, height = 124, 8, 44
	y := first.Max.Y + gap + height/2
	switch b {
	case OtherKind:
		return image.Pt(first.Min.X+(first.Dx()-decline-gap)/2, y)
	case Decline:
		return image.Pt(first.Max.X-decline/2, y)
	}
	return middle(first)
}

// again is after how long a click that did nothing is made once more: the dialog lets the first half second pass.
const again = 700 * time.Millisecond

// TakeCall answers the call that rings, or will, until the dialog is gone.
func (a *App) TakeCall(ctx context.Context, p Palette, answer Answer) error {
	first, err := a.AwaitRing(ctx, p)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if err := a.Click(ctx, answer.at(first)); err != nil {
			return err
		}
		short, stop := context.WithTimeout(ctx, again)
		_, err := a.Display.WaitFor(short, Floating, func(img *image.RGBA) bool { return !Floats(img, p) })
		stop()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("answer a call: %w%s", errors.Join(err, ctx.Err()), a.Shot("failed"))
		}
	}
}
