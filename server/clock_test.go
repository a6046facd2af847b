package server

import (
	"sync/atomic"
	"time"
)

// clock is a server's time under the control of a test.
type clock struct{ ahead atomic.Int64 }

func newClock() *clock { return &clock{} }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }
func (c *clock) use(conf *Config)        { conf.now = c.now }
