package certs

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"time"
)

const (
	// The pause after a failed order doubles, from firstPause to longestPause. Authorities count failures by the hour; the
	// largest allows five, each in that hour.
	firstPause, longestPause = 5 * time.Minute, 6 * time.Hour
	// freshPause is the longest pause after a start: somebody may just have mended what was wrong. It is kept over starts, so
	// that a server that is started again and again does not order as often.
	freshPause = 15 * time.Minute
	// A try ends after orderTimeout, whatever the authority does.
	orderTimeout = 5 * time.Minute
	// The clock is looked at so often while nothing is to be done: it may jump, and the machine may sleep.
	longestSleep = 10 * time.Minute

	failuresFile = "failures"
)

// failures are the orders that have failed in a row.
type failures struct {
	Count int       `json:"count"`
	Last  time.Time `json:"last"`
	Until time.Time `json:"until,omitzero"` // the authority asked not to be asked before
}

// Run orders a certificate when there is none, and again when two thirds of its life are over, until ctx ends. Without a domain it
// does nothing.
func (c *Certs) Run(ctx context.Context) {
	if c.config.Domain == "" {
		return
	}
	for {
		if wait := c.due().Sub(c.config.now()); wait > 0 {
			if !sleep(ctx, min(wait, longestSleep)) {
				return
			}
			continue
		}
		c.try(ctx)
		if ctx.Err() != nil {
			return
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// due is when the next order is.
func (c *Certs) due() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.dueLocked()
}

func (c *Certs) dueLocked() time.Time {
	var due time.Time
	if c.issued != nil {
		leaf := c.issued.Leaf
		due = leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore) * 2 / 3)
	}
	if f := c.failures; f.Count > 0 && !f.Last.After(c.config.now()) { // else the clock was set back
		due = latest(due, f.Last.Add(pause(f.Count)), f.Until)
	}
	return due
}

// pause is how long to wait after n failures in a row.
func pause(n int) time.Duration {
	return min(firstPause<<min(n-1, 10), longestPause)
}

func latest(times ...time.Time) (t time.Time) {
	for _, u := range times {
		if u.After(t) {
			t = u
		}
	}
	return t
}

// try orders a certificate and notes how it went.
func (c *Certs) try(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, orderTimeout)
	defer cancel()
	cert, err := c.order(within)
	if ctx.Err() != nil {
		return // stopped: nobody's failure
	}
	if err == nil {
		c.use(cert)
	}
	c.note(err)
	s := c.State()
	if err != nil {
		c.config.Log.Warn("no certificate was issued; the server goes on with the one it has", "why", s.Trouble, "next", s.Next.Round(time.Second))
		return
	}
	c.config.Log.Info("a certificate was issued", "until", s.Until, "next", s.Next.Round(time.Second))
}

// note counts a failure, or the end of them.
func (c *Certs) note(err error) {
	now := c.config.now()
	c.mu.Lock()
	if err == nil {
		c.failures = failures{}
	} else {
		c.failures.Count++
		c.failures.Last, c.failures.Until = now, now.Add(patience(err))
		c.state.Trouble, c.state.Detail = explain(err, now), detail(err)
	}
	c.state.Next = c.dueLocked()
	f := c.failures
	c.mu.Unlock()
	ctx := context.Background()
	data, _ := json.Marshal(f) // two times and a number
	if err == nil {
		err = c.cache.Delete(ctx, failuresFile)
	} else {
		err = c.cache.Put(ctx, failuresFile, data)
	}
	if err != nil {
		c.config.Log.Warn("the certificate's folder can't be written", "err", err)
	}
}

// readFailures is what an earlier run noted. A start does not wait longer than freshPause for it.
func (c *Certs) readFailures(ctx context.Context) (f failures) {
	data, err := c.cache.Get(ctx, failuresFile)
	if err != nil || json.Unmarshal(data, &f) != nil || f.Count < 0 {
		return failures{}
	}
	f.Count = min(f.Count, 100)
	for f.Count > 1 && pause(f.Count) > freshPause {
		f.Count--
	}
	if f.Until.After(f.Last.Add(maxPatience)) {
		f.Until = time.Time{}
	}
	return f
}

var errOther = errors.New("the certificate is not the one that was ordered")

// fits tells whether a certificate is for the domain and of now.
func (c *Certs) fits(cert *tls.Certificate) error {
	now := c.config.now()
	switch leaf := cert.Leaf; {
	case now.Before(leaf.NotBefore):
		return errClock
	case !now.Before(leaf.NotAfter):
		return errClock
	default:
		return leaf.VerifyHostname(c.config.Domain)
	}
}
