// Package browser drives Chromium, which the benchmarks measure beside Parley: one process with one page each.
package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"parley/test/lab"
)

// flags: as root, drawn by software, with a microphone and a camera that nobody has to allow, and silent on the network but for
// the call. It takes commands from descriptor 3 and answers on 4.
var flags = []string{
	"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync", "--use-fake-ui-for-media-stream",
	"--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection",
	"--disable-features=WebRtcHideLocalIpsWithMdns", "--remote-debugging-pipe",
}

// Config says how to start one. The zero value is without a display and with the machine's real microphones.
type Config struct {
	Env    []string
	Args   []string // besides those that every one has
	Headed bool     // with a window, on the display that Env names
	Netns  string   // name of a network namespace; empty: this one
}

// Tab is one Chromium with one page, driven by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/):
// JSON objects, each with a zero byte behind it.
type Tab struct {
	*lab.Process
	dir      string // its profile
	commands *os.File
	replies  *os.File
	reader   *bufio.Reader
	id       int
	session  string // of the page
}

// Open starts a browser of its own and opens page in it, which may not be loaded yet.
func Open(ctx context.Context, c Config, page string) (_ *Tab, err error) {
	t := &Tab{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start chromium: %w", err), t.Close())
		}
	}()
	if err := t.start(c); err != nil {
		return nil, err
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

func (t *Tab) start(c Config) (err error) {
	if t.dir, err = lab.TempDir(nil); err != nil {
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
	args := slices.Concat([]string{"--user-data-dir=" + t.dir}, flags, c.Args)
	if !c.Headed {
		args = append(args, "--headless")
	}
	t.Process, err = lab.Start(lab.Command{
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

// Call lets b join a, who waits, and returns what first says: the time from b's start to what comes first, in milliseconds. The two
// pages have peer.connect, as the expressions call it, and peer.offer, peer.answer and peer.accept.
func Call(ctx context.Context, a, b *Tab, connectA, connectB, first string) (ms float64, err error) {
	var offer, answer string
	step := func(t *Tab, expression string, out any) {
		if err == nil {
			err = t.Evaluate(ctx, expression, out)
		}
	}
	quote := func(text string) string {
		b, _ := json.Marshal(text) // a string never fails
		return string(b)
	}
	step(a, connectA, nil)
	step(a, "peer.offer()", &offer)
	step(b, connectB, nil)
	step(b, "peer.answer("+quote(offer)+")", &answer)
	step(a, "peer.accept("+quote(answer)+")", nil)
	step(b, first, &ms)
	return ms, err
}
