package lab

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"
)

// Member lets an app that has not started yet have been on a server before: it then goes there at each start.
func (p Programs) Member(ctx context.Context, c AppConfig, invite string) error {
	if err := c.prepare(); err != nil {
		return err
	}
	out, status, err := p.Run(ctx, "parleyctl", Command{Args: []string{"who", invite, "--home", c.Profile()}, Cred: c.Cred})
	if err == nil && status != 0 {
		err = errors.New(out)
	}
	if err != nil {
		return fmt.Errorf("visit a server: %w", err)
	}
	return nil
}

// HasChannels says whether the first channel stands in the list.
func HasChannels(img *image.RGBA, p Palette) bool {
	at := ChannelRow(0).Sub(image.Pt(30, 0)) // the middle of its name
	r := image.Rectangle{at, at}.Inset(-12)
	return Count(img, r, p.Sidebar) < r.Dx()*r.Dy()-20
}

// WaitChannels waits until a server's channels are listed.
func (a *App) WaitChannels(ctx context.Context, p Palette) error {
	return a.WaitFor(ctx, "a channel", List, func(img *image.RGBA) bool { return HasChannels(img, p) })
}

// HostHere is the first start of somebody who clicks "Host here". It returns the invite that the button of the dialog has put
// into the clipboard; the dialog is closed then.
func (a *App) HostHere(ctx context.Context, name string, p Palette) (invite string, err error) {
	if err := a.Window.Focus(ctx); err != nil {
		return "", err
	}
	if err := a.Display.Type(ctx, name); err != nil {
		return "", err
	}
	if err := a.Click(ctx, HostButton); err != nil {
		return "", err
	}
	if err := a.WaitDialog(ctx, p, true); err != nil {
		return "", err
	}
	if err := a.Press(ctx, "the button to copy the invite", Dialog, p.Primary); err != nil {
		return "", err
	}
	err = a.WaitFor(ctx, "the invite in the clipboard", Dock, func(*image.RGBA) bool {
		invite, err = a.Display.Clipboard(ctx)
		return err == nil && strings.HasPrefix(invite, "parley://")
	})
	if err == nil {
		err = a.CloseDialog(ctx, p)
	}
	return invite, err
}

// WaitDialog waits until one floats over the window, or none does.
func (a *App) WaitDialog(ctx context.Context, p Palette, there bool) error {
	what := "no dialog"
	if there {
		what = "a dialog"
	}
	return a.WaitFor(ctx, what, Dialog, func(img *image.RGBA) bool { return Floats(img, p) == there })
}

// CloseDialog presses Escape.
func (a *App) CloseDialog(ctx context.Context, p Palette) error {
	if err := a.Key(ctx, "Escape"); err != nil {
		return err
	}
	return a.WaitDialog(ctx, p, false)
}

// Enter goes to a channel by the quick switcher, and waits until one is in it.
func (a *App) Enter(ctx context.Context, channel string, p Palette) error {
	if err := a.Key(ctx, "ctrl+k"); err != nil {
		return err
	}
	if err := a.WaitDialog(ctx, p, true); err != nil {
		return err
	}
	if err := a.Display.Type(ctx, channel); err != nil {
		return err
	}
	if err := a.Display.Key(ctx, "Return"); err != nil {
		return err
	}
	return a.WaitFor(ctx, "oneself in a channel", Dock, func(img *image.RGBA) bool {
		_, ok := Filled(img, Dock, p.Leave)
		return ok
	})
}
