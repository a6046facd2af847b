package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// Firefox says how to start one: without a display, with the machine's real microphones, and silent on the network but for the page.
type Firefox struct {
	Env   []string
	Fake  bool   // with a microphone and a camera that give a tone and a colour instead
	Netns string // name of a network namespace; empty: this one
}

// firefoxPrefs are what a person would click away, what would ask Mozilla, and what shows this machine's addresses to the page, since
// there is nobody here to hide them from.
var firefoxPrefs = map[string]any{
	"media.navigator.permission.disabled": true, "media.autoplay.default": 0,
	"media.autoplay.blocking_policy": 0, "media.peerconnection.ice.loopback": true, "media.peerconnection.ice.obfuscate_host_addresses": false,
	"media.gmp-manager.updateEnabled": false, "media.gmp-provider.enabled": false, "app.update.auto": false, "app.update.enabled": false,
	"browser.shell.checkDefaultBrowser": false, "browser.aboutwelcome.enabled": false, "datareporting.policy.dataSubmissionEnabled": false,
	"datareporting.healthreport.uploadEnabled": false, "toolkit.telemetry.enabled": false, "network.captive-portal-service.enabled": false,
	"network.connectivity-service.enabled": false, "browser.safebrowsing.update.enabled": false, "extensions.update.enabled": false,
	"services.settings.server": "data:,none", "browser.region.update.enabled": false, "dom.push.enabled": false,
	"extensions.getAddons.cache.enabled": false, "browser.newtabpage.enabled": false, "network.prefetch-next": false, "network.dns.disablePrefetch": true,
}

// FirefoxTab is one Firefox with one page, driven by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/).
type FirefoxTab struct {
	*Process
	dir    string // its profile
	socket *websocket.Conn
	id     int
	page   string // names the browsing context
	before string // as in Tab
}

var bidiAddress = regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`)

// Open starts a browser of its own and opens page in it, which may not be loaded yet.
func (f Firefox) Open(ctx context.Context, page string) (_ *FirefoxTab, err error) {
	t := &FirefoxTab{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start firefox: %w", err), t.Close())
		}
	}()
	if err := t.start(ctx, f); err != nil {
		return nil, err
	}
	wanted := map[string]any{"alwaysMatch": map[string]any{"acceptInsecureCerts": true}}
	if err := t.call(ctx, "session.new", map[string]any{"capabilities": wanted}, nil); err != nil {
		return nil, err
	}
	var tree struct{ Contexts []struct{ Context string } }
	if err := t.call(ctx, "browsingContext.getTree", map[string]any{}, &tree); err != nil {
		return nil, err
	}
	if len(tree.Contexts) == 0 {
		return nil, errors.New("it has no page")
	}
	t.page = tree.Contexts[0].Context
	return t, t.Go(ctx, page, "")
}

func (t *FirefoxTab) start(ctx context.Context, f Firefox) (err error) {
	if t.dir, err = TempDir(nil); err != nil {
		return err
	}
	var prefs strings.Builder
	fmt.Fprintf(&prefs, "user_pref(\"media.navigator.streams.fake\", %v);\n", f.Fake)
	for name, value := range firefoxPrefs {
		v, _ := json.Marshal(value) // booleans, numbers and strings
		fmt.Fprintf(&prefs, "user_pref(%q, %s);\n", name, v)
	}
	if err := os.WriteFile(filepath.Join(t.dir, "user.js"), []byte(prefs.String()), 0o600); err != nil {
		return err
	}
	t.Process, err = Start(Command{
		Path: "firefox-esr", Args: []string{"--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", t.dir, "about:blank"},
		Env: append(f.Env, "HOME="+t.dir, "MOZ_CRASHREPORTER_DISABLE=1"), Netns: f.Netns,
	}, nil, nil)
	if err != nil {
		return err
	}
	var address string
	err = poll(ctx, func() bool {
		if m := bidiAddress.FindStringSubmatch(t.Stderr()); m != nil {
			address = m[1]
		}
		return address != ""
	})
	if err != nil {
		return fmt.Errorf("%w: %s", err, t.Stderr())
	}
	t.socket, _, err = websocket.DefaultDialer.DialContext(ctx, address+"/session", nil)
	return err
}

// call sends one command and puts its result into out (nil: of no interest).
func (t *FirefoxTab) call(ctx context.Context, method string, params map[string]any, out any) error {
	t.id++
	if err := t.socket.WriteJSON(map[string]any{"id": t.id, "method": method, "params": params}); err != nil {
		return fmt.Errorf("firefox: %w", err)
	}
	deadline, _ := ctx.Deadline()
	_ = t.socket.SetReadDeadline(deadline)
	defer context.AfterFunc(ctx, func() { _ = t.socket.SetReadDeadline(time.Now()) })()
	for {
		var reply struct {
			ID             int
			Result         json.RawMessage
			Error, Message string
		}
		switch err := t.socket.ReadJSON(&reply); {
		case err != nil:
			return fmt.Errorf("firefox: %w", err)
		case reply.ID != t.id: // an event
		case reply.Error != "":
			return fmt.Errorf("firefox: %s: %s: %s", method, reply.Error, reply.Message)
		case out == nil:
			return nil
		default:
			return json.Unmarshal(reply.Result, out)
		}
	}
}

// Evaluate runs an expression in the page, waits for its promise and puts its value into out (nil: of no interest).
func (t *FirefoxTab) Evaluate(ctx context.Context, expression string, out any) error {
	var reply struct {
		Type             string
		Result           struct{ Value string }
		ExceptionDetails struct{ Text string }
	}
	err := t.call(ctx, "script.evaluate", map[string]any{
		"expression": "(async () => JSON.stringify(await (" + expression + ")) ?? 'null')()", "target": map[string]any{"context": t.page},
		"awaitPromise": true, "userActivation": true,
	}, &reply)
	switch {
	case err != nil:
		return err
	case reply.Type != "success":
		return fmt.Errorf("firefox: %s", reply.ExceptionDetails.Text)
	case out == nil:
		return nil
	}
	return json.Unmarshal([]byte(reply.Result.Value), out)
}

// Go leads the page elsewhere, which may not be loaded yet. The scripts of the new page find the world as before, a script, has left it.
func (t *FirefoxTab) Go(ctx context.Context, page, before string) error {
	if t.before != "" {
		if err := t.call(ctx, "script.removePreloadScript", map[string]any{"script": t.before}, nil); err != nil {
			return err
		}
	}
	var added struct{ Script string }
	if err := t.call(ctx, "script.addPreloadScript", map[string]any{"functionDeclaration": "() => {" + before + "}"}, &added); err != nil {
		return err
	}
	t.before = added.Script
	return t.call(ctx, "browsingContext.navigate", map[string]any{"context": t.page, "url": page, "wait": "none"}, nil)
}

// Close ends the browser, and its profile is gone.
func (t *FirefoxTab) Close() (err error) {
	if t.socket != nil {
		t.socket.Close()
	}
	if t.Process != nil {
		err = t.Process.Close()
	}
	return errors.Join(err, os.RemoveAll(t.dir))
}
