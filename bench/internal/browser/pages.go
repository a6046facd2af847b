// Package browser is calls between two Chromiums, which the benchmarks measure beside Parley.
package browser

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"

	"parley/bench/internal/measure"
	"parley/test/lab"
	"parley/test/netlab"
)

// two is two Chromium processes, each with a page, and what serves the pages.
type two struct {
	A, B  *lab.Tab
	pages []*http.Server
}

// open starts the browser of person i, on a machine of its own (nil: this one), with a page that h serves there: a secure origin, which
// microphones and cameras are for. It returns once the page has been loaded.
func (t *two) open(ctx context.Context, i int, c lab.Chromium, at *netlab.Node, h http.Handler) (*lab.Tab, error) {
	page, err := t.serve(at, h)
	if err != nil {
		return nil, err
	}
	if at != nil {
		c.Netns = at.Name
	}
	tab, err := c.Open(ctx, page)
	if err != nil {
		return nil, err
	}
	*[]**lab.Tab{&t.A, &t.B}[i] = tab
	return tab, measure.Until(ctx, func() bool { return tab.Evaluate(ctx, "peer.open", nil) == nil })
}

func (t *two) serve(at *netlab.Node, h http.Handler) (url string, err error) {
	var l net.Listener
	listen := func() error {
		l, err = net.Listen("tcp", "127.0.0.1:0")
		return err
	}
	if at == nil {
		err = listen()
	} else {
		err = at.Do(listen)
	}
	if err != nil {
		return "", err
	}
	pages := &http.Server{Handler: h}
	t.pages = append(t.pages, pages)
	go func() { _ = pages.Serve(l) }()
	return "http://" + l.Addr().String() + "/", nil
}

// Close ends both.
func (t *two) Close() (err error) {
	for _, p := range t.pages {
		err = errors.Join(err, p.Close())
	}
	for _, tab := range []*lab.Tab{t.A, t.B} {
		if tab != nil {
			err = errors.Join(err, tab.Close())
		}
	}
	return err
}

// call lets b join a, who waits, and returns what first says: the time from b's start to what comes first, in milliseconds. The two
// pages have peer.connect, as the expressions call it, and peer.offer, peer.answer and peer.accept.
func (t *two) call(ctx context.Context, connectA, connectB, first string) (ms float64, err error) {
	var offer, answer string
	step := func(tab *lab.Tab, expression string, out any) {
		if err == nil {
			err = tab.Evaluate(ctx, expression, out)
		}
	}
	quote := func(text string) string {
		b, _ := json.Marshal(text) // a string never fails
		return string(b)
	}
	step(t.A, connectA, nil)
	step(t.A, "peer.offer()", &offer)
	step(t.B, connectB, nil)
	step(t.B, "peer.answer("+quote(offer)+")", &answer)
	step(t.A, "peer.accept("+quote(answer)+")", nil)
	step(t.B, first, &ms)
	return ms, err
}

// HangUp ends the call; there may be another one.
func (t *two) HangUp(ctx context.Context) error {
	return errors.Join(t.A.Evaluate(ctx, "peer.close()", nil), t.B.Evaluate(ctx, "peer.close()", nil))
}
