package lab

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
	"syscall"
	"time"
)

// Play plays samples into a sink (inj_a: person a says it) and returns when the last one was taken. The buffer is large on
// purpose: this tool's own timing must not shrink the block size of the programs under test.
func (p *Pulse) Play(ctx context.Context, sink string, samples []float32) error {
	c, err := p.tool("pacat", "-p", "-d", sink, "--channels=1").play(samples)
	if err != nil {
		return err
	}
	defer c.Close()
	status, err := c.Wait(ctx)
	if err != nil {
		return fmt.Errorf("play into %s: %w", sink, err)
	}
	if status != 0 {
		return fmt.Errorf("play into %s: pacat ended with %d: %s", sink, status, c.Stderr())
	}
	return nil
}

type tool struct{ Command }

// tool is pacat or parec with what is common to both.
func (p *Pulse) tool(name string, args ...string) tool {
	return tool{Command{Path: name, Env: p.Env(),
		Args: append([]string{"--raw", "--format=s16le", "--rate=48000", "--latency-msec=200"}, args...)}}
}

func (t tool) play(samples []float32) (*Process, error) {
	return Start(t.Command, bytes.NewReader(encode16(samples)), nil)
}

// Recording is a running recording of all channels of a Pulse.
type Recording struct {
	channels int
	process  *Process
	sound    *growing
}

// Record starts recording every mouth and ear. It returns when the first samples have come in, so that what is played
// from then on is in it.
func (p *Pulse) Record(ctx context.Context) (*Recording, error) {
	n := 2 * p.people
	r := &Recording{channels: n, sound: &growing{first: make(chan struct{}), second: 2 * n * SampleRate}}
	c := p.tool("parec", "-d", "bus.monitor", fmt.Sprintf("--channels=%d", n), "--channel-map="+p.channelMap(), "--no-remix")
	var err error
	if r.process, err = Start(c.Command, nil, r.sound); err != nil {
		return nil, err
	}
	select {
	case <-r.sound.first:
		return r, nil
	case <-r.process.Done():
		err = fmt.Errorf("record: parec ended: %s", r.process.Stderr())
	case <-ctx.Done():
		err = fmt.Errorf("record: %w", ctx.Err())
	}
	return nil, errors.Join(err, r.process.Close())
}

// Began is when the first sample sounded, as near as can be known from when samples came in: to a few milliseconds after some
// seconds.
func (r *Recording) Began() time.Time {
	r.sound.mu.Lock()
	defer r.sound.mu.Unlock()
	return r.sound.began
}

// Seconds is how much has been recorded until now.
func (r *Recording) Seconds() float64 {
	r.sound.mu.Lock()
	defer r.sound.mu.Unlock()
	return float64(r.sound.buf.Len()) / float64(2*r.channels*SampleRate)
}

// WaitSeconds returns when at least s seconds have been recorded: the sound card's own clock, for tests that let time pass.
func (r *Recording) WaitSeconds(ctx context.Context, s float64) error {
	err := poll(ctx, func() bool { return r.Seconds() >= s })
	if err != nil {
		return fmt.Errorf("record %.1f s (have %.1f): %w", s, r.Seconds(), err)
	}
	return nil
}

// Stop ends the recording and returns one slice of samples for each channel (see Mouth and Ear), all of one length.
func (r *Recording) Stop() ([][]float32, error) {
	// parec flushes what it has on SIGINT.
	if err := r.process.Signal(syscall.SIGINT); err != nil {
		return nil, fmt.Errorf("record: parec had ended: %s", r.process.Stderr())
	}
	<-r.process.Done()
	r.sound.mu.Lock()
	defer r.sound.mu.Unlock()
	return decode16(r.sound.buf.Bytes(), r.channels), nil
}

// growing is a buffer that tells when its first bytes have come.
type growing struct {
	mu     sync.Mutex
	buf    bytes.Buffer
	once   sync.Once
	first  chan struct{}
	second int       // bytes in one
	began  time.Time // by whichever bytes came with the least delay
}

func (g *growing) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.once.Do(func() { close(g.first) })
	n, err := g.buf.Write(b)
	began := time.Now().Add(-time.Duration(float64(g.buf.Len()) / float64(g.second) * float64(time.Second)))
	if g.began.IsZero() || began.Before(g.began) {
		g.began = began
	}
	return n, err
}

func encode16(samples []float32) []byte {
	b := make([]byte, 0, 2*len(samples))
	for _, s := range samples {
		v := math.Round(float64(max(-1, min(1, s))) * 32767)
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(v)))
	}
	return b
}

// decode16 splits interleaved 16-bit samples; a last incomplete frame is left out.
func decode16(b []byte, channels int) [][]float32 {
	n := len(b) / (2 * channels)
	out := make([][]float32, channels)
	for c := range out {
		out[c] = make([]float32, n)
		for i := range n {
			v := int16(binary.LittleEndian.Uint16(b[2*(i*channels+c):]))
			out[c][i] = float32(v) / 32768
		}
	}
	return out
}
