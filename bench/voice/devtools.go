package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/gorilla/websocket"

	"parley/test/lab"
)

// browserFlags: without a display, as root, with a microphone that nobody has to allow, and silent on the network but for
// the call.
var browserFlags = []string{
	"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync", "--use-fake-ui-for-media-stream",
	"--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection",
	"--disable-features=WebRtcHideLocalIpsWithMdns", "--remote-debugging-port=0",
}

// tab is one Chromium with one page, driven by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/).
type tab struct {
	process *lab.Process
	dir     string // its profile
	conn    *websocket.Conn
	id      int
}

// openTab starts a browser of its own for page.
func openTab(ctx context.Context, env []string, page string) (_ *tab, err error) {
	t := &tab{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start chromium: %w", err), t.close())
		}
	}()
	if t.dir, err = lab.TempDir(nil); err != nil {
		return nil, err
	}
	args := append([]string{"--user-data-dir=" + t.dir}, browserFlags...)
	if t.process, err = lab.Start(lab.Command{Path: "chromium", Args: append(args, page), Env: append(env, "HOME="+t.dir)}, nil, nil); err != nil {
		return nil, err
	}
	var port string // it listens where this file says
	err = until(ctx, func() bool {
		b, err := os.ReadFile(filepath.Join(t.dir, "DevToolsActivePort"))
		port, _, _ = strings.Cut(string(b), "\n")
		return err == nil && port != ""
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, t.process.Stderr())
	}
	address, err := pageSocket(ctx, port, page)
	if err != nil {
		return nil, err
	}
	t.conn, _, err = websocket.DefaultDialer.DialContext(ctx, address, nil)
	return t, err
}

// pageSocket asks the browser for the address of its page's socket.
func pageSocket(ctx context.Context, port, page string) (address string, err error) {
	var list []struct {
		URL    string `json:"url"`
		Socket string `json:"webSocketDebuggerUrl"`
	}
	err = until(ctx, func() bool {
		r, err := http.Get("http://127.0.0.1:" + port + "/json/list")
		if err != nil {
			return false
		}
		defer r.Body.Close()
		if json.NewDecoder(r.Body).Decode(&list) != nil {
			return false
		}
		for _, target := range list {
			if target.URL == page {
				address = target.Socket
			}
		}
		return address != ""
	})
	return address, err
}

// evaluate runs an expression in the page, waits for its promise and puts its value into out (nil: of no interest).
func (t *tab) evaluate(ctx context.Context, expression string, out any) error {
	defer context.AfterFunc(ctx, func() { t.conn.Close() })()
	t.id++
	err := t.conn.WriteJSON(map[string]any{"id": t.id, "method": "Runtime.evaluate", "params": map[string]any{
		"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true,
	}})
	if err != nil {
		return fmt.Errorf("chromium: %w", err)
	}
	for {
		var reply struct {
			ID     int `json:"id"`
			Result struct {
				Result    struct{ Value json.RawMessage }
				Exception *struct {
					Exception struct{ Description string }
				} `json:"exceptionDetails"`
			}
		}
		if err := t.conn.ReadJSON(&reply); err != nil {
			return fmt.Errorf("chromium: %w", err)
		}
		switch {
		case reply.ID != t.id: // an event
		case reply.Result.Exception != nil:
			return fmt.Errorf("chromium: %s: %s", expression, reply.Result.Exception.Exception.Description)
		case out == nil:
			return nil
		default:
			return json.Unmarshal(reply.Result.Result.Value, out)
		}
	}
}

func (t *tab) close() (err error) {
	if t.conn != nil {
		t.conn.Close()
	}
	if t.process != nil {
		err = t.process.Close()
	}
	return errors.Join(err, os.RemoveAll(t.dir))
}
