package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// flags: as root, drawn by software, with a microphone and a camera that nobody has to allow, and silent on the network but for
// the call. It takes commands from descriptor 3 and answers on 4.
var flags = []string{
	"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync",
	"--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection",
	"--disable-features=WebRtcHideLocalIpsWithMdns", "--remote-debugging-pipe",
}

// What a page gets that asks for devices, and whole screens: everything at once, but no screen that can be grabbed, or what a person
// would pick. The devices are allowed by a command then.
const (
	allowed = "--use-fake-ui-for-media-stream"
	picked  = "--auto-select-desktop-capture-source=Entire screen"
)

// Chromium says how to start one. The zero value is without a display and with the machine's real microphones.
type Chromium struct {
	Env    []string
	Args   []string // besides those that every one has
	Headed bool     // with a window, on the display that Env names
	Share  bool     // a page that asks for a screen gets all of that display
	Netns  string   // name of a network namespace; empty: this one
}

// Tab is one Chromium with one page, driven by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/):
// JSON objects, each with a zero byte behind it.
type Tab struct {
	*Process
	dir      string // its profile
	commands *os.File
	replies  *os.File
	reader   *bufio.Reader
	id       int
	session  string // of the page
	before   string // names the script that each new page begins with; empty: there is none
}

// Open starts a browser of its own and opens page in it, which may not be loaded yet.
func (c Chromium) Open(ctx context.Context, page string) (_ *Tab, err error) {
	t := &Tab{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start chromium: %w", err), t.Close())
		}
	}()
	if err := t.start(c); err != nil {
		return nil, err
	}
	if c.Share {
		allow := map[string]any{"permissions": []string{"audioCapture", "videoCapture"}}
		if err := t.call(ctx, "Browser.grantPermissions", allow, &struct{}{}); err != nil {
			return nil, err
		}
	}
	var target struct{ TargetID string }
	if err := t.call(ctx, "Target.createTarget", map[string]any{"url": page}, &target); err != nil {
		return nil, fmt.Errorf("%w: %s", err, t.Stderr())
	}
	var attached struct{ SessionID string }
	err = t.call(ctx, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	t.session = attached.SessionID
	return t, err
}

func (t *Tab) start(c Chromium) (err error) {
	if t.dir, err = TempDir(nil); err != nil {
		return err
	}
	in, commands, err := os.Pipe()
	if err != nil {
		return err
	}
	defer in.Close() // the browser has its own, as of the other pipe's end
	t.commands = commands
	replies, out, err := os.Pipe()
	if err != nil {
		return err
	}
	defer out.Close()
	t.replies, t.reader = replies, bufio.NewReader(replies)
	answer := allowed
	if c.Share {
		answer = picked
	}
	args := slices.Concat([]string{"--user-data-dir=" + t.dir, answer}, flags, c.Args)
	if !c.Headed {
		args = append(args, "--headless")
	}
	t.Process, err = Start(Command{
		Path: "chromium", Args: args, Env: slices.Concat(c.Env, []string{"HOME=" + t.dir}), Files: []*os.File{in, out}, Netns: c.Netns,
	}, nil, nil)
	return err
}

// call sends one command and puts its result into out.
func (t *Tab) call(ctx context.Context, method string, params map[string]any, out any) error {
	defer context.AfterFunc(ctx, func() { t.replies.Close() })()
	t.id++
	command := map[string]any{"id": t.id, "method": method, "params": params}
	if t.session != "" {
		command["sessionId"] = t.session
	}
	b, err := json.Marshal(command)
	if err != nil {
		return err
	}
	if _, err := t.commands.Write(append(b, 0)); err != nil {
		return fmt.Errorf("chromium: %w", err)
	}
	for {
		line, err := t.reader.ReadBytes(0)
		if err != nil {
			return fmt.Errorf("chromium: %w", err)
		}
		var reply struct {
			ID     int
			Result json.RawMessage
			Error  struct{ Message string }
		}
		switch err := json.Unmarshal(line[:len(line)-1], &reply); {
		case err != nil:
			return fmt.Errorf("chromium: %w", err)
		case reply.ID != t.id: // an event
		case reply.Error.Message != "":
			return fmt.Errorf("chromium: %s: %s", method, reply.Error.Message)
		default:
			return json.Unmarshal(reply.Result, out)
		}
	}
}

// Evaluate runs an expression in the page, waits for its promise and puts its value into out (nil: of no interest).
func (t *Tab) Evaluate(ctx context.Context, expression string, out any) error {
	var reply struct {
		Result    struct{ Value json.RawMessage }
		Exception *struct {
			Exception struct{ Description string }
		} `json:"exceptionDetails"`
	}
	err := t.call(ctx, "Runtime.evaluate", map[string]any{
		"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true,
	}, &reply)
	switch {
	case err != nil:
		return err
	case reply.Exception != nil:
		return fmt.Errorf("chromium: %s", reply.Exception.Exception.Description)
	case out == nil:
		return nil
	}
	return json.Unmarshal(reply.Result.Value, out)
}

// Go leads the page elsewhere, which may not be loaded yet. The scripts of the new page find the world as before, a script, has left it.
func (t *Tab) Go(ctx context.Context, page, before string) error {
	var done struct{}
	if t.before != "" {
		if err := t.call(ctx, "Page.removeScriptToEvaluateOnNewDocument", map[string]any{"identifier": t.before}, &done); err != nil {
			return err
		}
	}
	var added struct{ Identifier string }
	if err := t.call(ctx, "Page.enable", map[string]any{}, &done); err != nil {
		return err
	}
	if err := t.call(ctx, "Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": before}, &added); err != nil {
		return err
	}
	t.before = added.Identifier
	return t.call(ctx, "Page.navigate", map[string]any{"url": page}, &done)
}

// Screen makes the page as large as a screen, in CSS pixels, and dark or light; a phone's has a finger and no mouse.
func (t *Tab) Screen(ctx context.Context, width, height int, phone, dark bool) error {
	scheme := map[bool]string{true: "dark", false: "light"}[dark]
	var done struct{}
	return errors.Join(
		t.call(ctx, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}, &done),
		t.call(ctx, "Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, &done),
	)
}

// Screenshot is the page as it looks, a PNG.
func (t *Tab) Screenshot(ctx context.Context) ([]byte, error) {
	var shot struct{ Data []byte }
	return shot.Data, t.call(ctx, "Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
}

// WebPage is what a browser shows: a Tab or a FirefoxTab.
type WebPage interface {
	Evaluate(ctx context.Context, expression string, out any) error
	Go(ctx context.Context, page, before string) error
	Close() error
}

// pageWithin is how long a page may take for an answer.
const pageWithin = 10 * time.Second

// AwaitPage evaluates an expression, or its promise, in a page until it is true, or the time is over.
func AwaitPage(ctx context.Context, p WebPage, expression string) error {
	var last error
	err := poll(ctx, func() bool {
		var ok bool
		// Not by ctx, whose end would end the connection to the browser, too: it can be asked what went wrong.
		answer, cancel := context.WithTimeout(context.WithoutCancel(ctx), pageWithin)
		defer cancel()
		last = p.Evaluate(answer, "Promise.resolve("+expression+").then(Boolean)", &ok)
		return last == nil && ok
	})
	if err != nil {
		return fmt.Errorf("await %s: %w", expression, errors.Join(err, last))
	}
	return nil
}

// Close ends the browser, and its profile is gone.
func (t *Tab) Close() (err error) {
	for _, f := range []*os.File{t.commands, t.replies} {
		if f != nil {
			f.Close()
		}
	}
	if t.Process != nil {
		err = t.Process.Close()
	}
	return errors.Join(err, os.RemoveAll(t.dir))
}
