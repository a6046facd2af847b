package audio

import "sync/atomic"

// Ring is the only thing that a sound callback touches: a lock-free queue of samples with exactly one producer and one
// consumer. A callback runs on the driver's thread with a deadline of one period; a mutex whose holder is preempted
// stalls it, and a channel of samples is a mutex with a queue.
//
// Each side writes its own counter and reads the other's. sync/atomic is sequentially consistent, so whoever sees the
// counter also sees the samples written before it. Whoever comes late loses: full, the newest samples are dropped; empty,
// silence is read; both are counted. Dropping the oldest would need the producer to move the consumer's counter.
type Ring struct {
	buf  []float32
	side []float32 // beside buf, where there are two channels; nil: there is one
	mask uint64

	_       [64]byte // the two sides' counters live in different cache lines: each is written by another core
	written atomic.Uint64
	dropped atomic.Uint64
	_       [48]byte
	read    atomic.Uint64
	missed  atomic.Uint64
}

// NewRing makes a ring for at least n samples; the capacity is rounded up to a power of two.
func NewRing(n int) *Ring {
	size := 1
	for size < n {
		size *= 2
	}
	return &Ring{buf: make([]float32, size), mask: uint64(size - 1)}
}

// NewStereoRing makes a Ring of two channels. It counts pairs of samples, and keeps them as (L+R)/2 and (L-R)/2: whoever knows of one
// channel only writes and reads the first.
func NewStereoRing(n int) *Ring {
	r := NewRing(n)
	r.side = make([]float32, len(r.buf))
	return r
}

// Write copies what fits and returns how much that was. Producer only.
func (r *Ring) Write(in []float32) int {
	w := r.written.Load()
	n := min(len(in), len(r.buf)-int(w-r.read.Load()))
	start := int(w & r.mask)
	first := copy(r.buf[start:], in[:n])
	copy(r.buf, in[first:n])
	if r.side != nil {
		clear(r.side[start : start+first])
		clear(r.side[:n-first])
	}
	r.wrote(w, n, len(in))
	return n
}

// Read fills all of out, with silence where nothing came, and returns how many samples were real. Consumer only.
func (r *Ring) Read(out []float32) int {
	p := r.read.Load()
	n := min(len(out), int(r.written.Load()-p))
	start := int(p & r.mask)
	first := copy(out[:n], r.buf[start:])
	copy(out[first:n], r.buf)
	clear(out[n:])
	r.took(p, n, len(out))
	return n
}

// Skip leaves out all that waits. Consumer only.
func (r *Ring) Skip() { r.read.Store(r.written.Load()) }

// Len is the number of samples waiting. From a third goroutine it is an estimate. The reader's counter is loaded first:
// the counters only grow, so the difference can't come out negative.
func (r *Ring) Len() int {
	p := r.read.Load()
	return min(int(r.written.Load()-p), len(r.buf))
}

// Lost tells how many samples found the ring full, and how many the consumer had to invent.
func (r *Ring) Lost() (dropped, missed uint64) { return r.dropped.Load(), r.missed.Load() }
