package certs

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/acme"
)

// authority refuses orders in its own way and counts what it is asked.
type authority struct {
	*httptest.Server
	asked  atomic.Int32
	answer func(w http.ResponseWriter, r *http.Request) bool // false: as a good one would, as far as that goes
}

func newAuthority(t *testing.T, answer func(http.ResponseWriter, *http.Request) bool) *authority {
	a := &authority{answer: answer}
	a.Server = httptest.NewUnstartedServer(a)
	a.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	a.StartTLS()
	t.Cleanup(a.Close)
	return a
}

// ServeHTTP is the directory and the account.
func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.asked.Add(1)
	w.Header().Set("Replay-Nonce", fmt.Sprint("nonce", a.asked.Load()))
	if a.answer(w, r) {
		return
	}
	switch r.URL.Path {
	case "/dir":
		_ = json.NewEncoder(w).Encode(map[string]string{"newNonce": a.URL + "/nonce", "newAccount": a.URL + "/account", "newOrder": a.URL + "/order"})
	case "/account":
		w.Header().Set("Location", a.URL+"/account/1")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"status":"valid"}`)
	}
}

// refuse answers a path by a problem.
func refuse(path string, status int, kind string, header ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != path {
			return false
		}
		w.Header().Set("Content-Type", "application/problem+json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"type":"urn:ietf:params:acme:error:%s","detail":"no: \u001b[31m%s","status":%d}`, kind, strings.Repeat("x", 1000), status)
		return true
	}
}

func (a *authority) certs(t *testing.T, now *clock, dir string) *Certs {
	pool := x509.NewCertPool()
	pool.AddCert(a.Certificate())
	return newCerts(t, Config{Domain: domain, Directory: a.URL + "/dir", Roots: pool, Dir: dir, now: now.now})
}

// A failure is told in words, and the next try is later each time, over restarts, too.
func TestFailuresBackOff(t *testing.T) {
	a := newAuthority(t, refuse("/order", http.StatusForbidden, "rejectedIdentifier"))
	now, dir := &clock{start}, t.TempDir()
	c := a.certs(t, now, dir)
	for i := 1; i <= 12; i++ {
		before := a.asked.Load()
		c.try(t.Context())
		s := c.State()
		if s.Trouble != meanings["rejectedIdentifier"] || strings.ContainsRune(s.Detail, 27) || len(s.Detail) > maxDetail || s.Issuer != "" {
			t.Fatalf("%+v", s)
		}
		if wait := s.Next.Sub(now.at); wait != pause(i) {
			t.Errorf("after failure %d it waits %v, want %v", i, wait, pause(i))
		}
		if n := a.asked.Load() - before; n > 8 {
			t.Errorf("failure %d took %d requests", i, n)
		}
		if wait := a.certs(t, now, dir).State().Next.Sub(now.at); wait > freshPause || i == 1 && wait != firstPause || wait < 0 {
			t.Errorf("a restart after failure %d waits %v", i, wait)
		}
		now.at = now.at.Add(time.Minute)
	}
	if pause(1) != firstPause || pause(2) != 2*firstPause || pause(100) != longestPause {
		t.Errorf("pauses: %v %v %v", pause(1), pause(2), pause(100))
	}
	now.at = start.Add(-48 * time.Hour) // a clock that was set back holds nothing up
	if c.due().After(now.at) {
		t.Errorf("due %v, and it is %v", c.due(), now.at)
	}
	c.note(nil)
	if !a.certs(t, now, dir).due().IsZero() {
		t.Error("failures are remembered after a success")
	}
	keep(t, c, failuresFile, []byte(`{"count":-3,"last":"x"`))
	if !a.certs(t, now, dir).due().IsZero() {
		t.Error("damage counts as a failure")
	}
}

// An authority that wants to be left alone is.
func TestRateLimit(t *testing.T) {
	a := newAuthority(t, refuse("/order", http.StatusTooManyRequests, "rateLimited", "Retry-After", "7200"))
	now := &clock{start}
	c := a.certs(t, now, t.TempDir())
	c.try(t.Context())
	if s := c.State(); s.Next.Sub(start) != 2*time.Hour || s.Trouble != meanings["rateLimited"] {
		t.Errorf("%+v", s)
	}
	if n := a.asked.Load(); n > 5 {
		t.Errorf("it was asked %d times", n)
	}
	a = newAuthority(t, refuse("/order", http.StatusTooManyRequests, "rateLimited", "Retry-After", "99999999"))
	c = a.certs(t, now, t.TempDir())
	if c.try(t.Context()); c.due().After(start.Add(maxPatience)) {
		t.Errorf("until %v", c.due())
	}
}

// What is no authority is told from one that refuses.
func TestNoAuthority(t *testing.T) {
	now := &clock{start}
	page := func(text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(w, text)
			return true
		}
	}
	for name, tt := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		want   string
	}{
		"a page":       {page("<html>"), "not understood"},
		"empty":        {page("{}"), "not understood"},
		"far too much": {page(strings.Repeat("[", 1<<20)), "not understood"},
		"broken":       {refuse("/dir", 500, "serverInternal"), "trouble of its own"},
		"no account":   {refuse("/account", 401, "externalAccountRequired"), "accounts made elsewhere"},
		"email":        {refuse("/account", 400, "invalidContact"), "--acme-email"},
		"a new kind":   {refuse("/order", 403, "somethingNew"), "What it said"},
	} {
		c := newAuthority(t, tt.answer).certs(t, now, t.TempDir())
		c.try(t.Context())
		if s := c.State(); !strings.Contains(s.Trouble, tt.want) {
			t.Errorf("%s: %q, want %q", name, s.Trouble, tt.want)
		}
	}
	a := newAuthority(t, page("{}"))
	c := newCerts(t, Config{Domain: domain, Directory: a.URL + "/dir", Dir: t.TempDir(), now: now.now})
	if c.try(t.Context()); !strings.Contains(c.State().Trouble, "--acme-ca") {
		t.Errorf("an authority that nobody vouches for: %q", c.State().Trouble)
	}
	a.Close()
	c = a.certs(t, now, t.TempDir())
	if c.try(t.Context()); !strings.Contains(c.State().Trouble, "can't be reached") {
		t.Errorf("nobody there: %q", c.State().Trouble)
	}
}

func TestExplain(t *testing.T) {
	problem := func(kind string) error { return &acme.Error{ProblemType: "urn:ietf:params:acme:error:" + kind} }
	for _, tt := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("the challenge: %w", &acme.AuthorizationError{Errors: []error{problem("connection")}}), "port 443"},
		{fmt.Errorf("the challenge: %w", &acme.AuthorizationError{Errors: []error{problem("dns"), problem("connection")}}), "A or AAAA"},
		{fmt.Errorf("order: %w", &acme.OrderError{Problem: problem("caa").(*acme.Error)}), "CAA"},
		{&acme.AuthorizationError{}, "not understood"},
		{&acme.OrderError{}, "not understood"},
		{&acme.Error{}, "refused"},
		{errClock, "4 May 2026 20:00 UTC"},
		{x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired}, "clock"},
		{errNoTLSChallenge, "tls-alpn-01"},
		{errOther, "not ordered"},
		{&net.DNSError{}, "can't be resolved"},
		{context.DeadlineExceeded, "in time"},
		{errors.New("x"), "not understood"},
	} {
		if got := explain(tt.err, start); !strings.Contains(got, tt.want) {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
		_ = detail(tt.err)
	}
}

// Run ends with its context, at rest and amid an order.
func TestRunEnds(t *testing.T) {
	asked := make(chan struct{}, 1)
	a := newAuthority(t, func(_ http.ResponseWriter, r *http.Request) bool {
		asked <- struct{}{}
		<-r.Context().Done()
		return true
	})
	c := a.certs(t, &clock{start}, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		c.Run(ctx)
		close(done)
	}()
	<-asked
	cancel()
	<-done
	if s := c.State(); s.Trouble != "" {
		t.Errorf("an end counts as a failure: %+v", s)
	}
	newCerts(t, Config{}).Run(t.Context()) // nothing to do
	c.note(errOther)
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	c.Run(ctx)
}
