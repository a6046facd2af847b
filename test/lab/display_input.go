package lab

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Mouse buttons.
const (
	LeftButton  = 1
	RightButton = 3
	WheelUp     = 4
	WheelDown   = 5
)

// Key presses and releases keys by their X names, one chord after the other: Key(ctx, "ctrl+m", "Return"). They go to the
// window that has the focus.
func (d *Display) Key(ctx context.Context, chords ...string) error {
	return d.xdotool(ctx, append([]string{"key", "--"}, chords...)...)
}

// KeyDown holds a key until KeyUp: for push-to-talk.
func (d *Display) KeyDown(ctx context.Context, key string) error {
	return d.xdotool(ctx, "keydown", "--", key)
}

// KeyUp releases a key.
func (d *Display) KeyUp(ctx context.Context, key string) error {
	return d.xdotool(ctx, "keyup", "--", key)
}

// Type types text, fast, but not faster than a toolkit reads. What the US keyboard lacks is remapped by xdotool and may
// come out wrong: bring it by the clipboard.
func (d *Display) Type(ctx context.Context, text string) error {
	return d.xdotool(ctx, "type", "--delay", "4", "--", text)
}

// Move puts the pointer there, in pixels of the screen.
func (d *Display) Move(ctx context.Context, at image.Point) error {
	return d.xdotool(ctx, place(at)...)
}

// Click moves there and clicks.
func (d *Display) Click(ctx context.Context, at image.Point, button int) error {
	return d.xdotool(ctx, append(place(at), "click", strconv.Itoa(button))...)
}

// DoubleClick moves there and clicks twice within any toolkit's patience.
func (d *Display) DoubleClick(ctx context.Context, at image.Point) error {
	return d.xdotool(ctx, append(place(at), "click", "--repeat", "2", "--delay", "60", strconv.Itoa(LeftButton))...)
}

// Drag presses the left button at one place, moves in steps and releases it at the other.
func (d *Display) Drag(ctx context.Context, from, to image.Point) error {
	const steps = 8
	args := append(place(from), "mousedown", strconv.Itoa(LeftButton))
	for i := 1; i <= steps; i++ {
		args = append(append(args, place(from.Add(to.Sub(from).Mul(i).Div(steps)))...), "sleep", "0.01")
	}
	return d.xdotool(ctx, append(args, "mouseup", strconv.Itoa(LeftButton))...)
}

// Wheel turns the wheel at a place by so many notches: down, or up for less than none.
func (d *Display) Wheel(ctx context.Context, at image.Point, notches int) error {
	button := WheelDown
	if notches < 0 {
		button, notches = WheelUp, -notches
	}
	return d.xdotool(ctx, append(place(at), "click", "--repeat", strconv.Itoa(notches), "--delay", "10", strconv.Itoa(button))...)
}

func place(at image.Point) []string {
	return []string{"mousemove", strconv.Itoa(at.X), strconv.Itoa(at.Y)}
}

// Clipboard is the text that whoever owns the clipboard gives.
func (d *Display) Clipboard(ctx context.Context) (string, error) {
	return d.run(ctx, "xclip", "-selection", "clipboard", "-out", "-target", "UTF8_STRING")
}

// SetClipboard offers text to whoever pastes, until an app offers something else or the display is closed.
func (d *Display) SetClipboard(ctx context.Context, text string) error {
	if d.clip != nil {
		if err := d.clip.Close(); err != nil {
			return err
		}
	}
	var err error
	d.clip, err = Start(Command{
		Path: "xclip", Args: []string{"-selection", "clipboard", "-in", "-quiet"}, // quiet: it stays in the foreground
		Env: d.Env(), Cred: d.cred,
	}, strings.NewReader(text), nil)
	if err != nil {
		return err
	}
	err = poll(ctx, func() bool {
		got, err := d.Clipboard(ctx)
		return err == nil && got == text
	})
	if err != nil {
		return fmt.Errorf("set clipboard: %w: %s", err, d.clip.Stderr())
	}
	return nil
}

func (d *Display) xdotool(ctx context.Context, args ...string) error {
	_, err := d.run(ctx, "xdotool", args...)
	return err
}

// run runs a program to its end, and with its whole process group when ctx ends first.
func (d *Display) run(ctx context.Context, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), d.Env()...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: d.cred}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = time.Second
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return string(out), nil
}
