package lab

import (
	"context"
	"fmt"
	"os"
	"sync"

	"parley/audio/audiotest"
)

// Room lets a person's microphone hear what their loudspeaker plays, through a room: a process takes it from the one and another
// plays into the other what the room makes of it. Both add some of the delay that sound cards have, 100 ms or so.
type Room struct {
	ear, mouth *Process
	pipe       *os.File // to mouth
	began      chan struct{}
	once       sync.Once

	// Of Write, which one goroutine calls.
	path *audiotest.Path
	rest []byte // less than a block
}

// What PulseAudio is asked to keep on the two ways: little on the first, and on the second enough for a busy machine, where the room
// would be another one after each underrun.
const earDelay, mouthDelay = "--latency-msec=20", "--latency-msec=100"

// Room opens the room of person i; response is from the loudspeaker to the microphone, as audiotest.Room is. It returns when sound
// goes through.
func (p *Pulse) Room(ctx context.Context, i int, response []float32) (*Room, error) {
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r := &Room{pipe: out, path: audiotest.NewPath(response), began: make(chan struct{})}
	defer in.Close() // the child has its own
	mouth := p.tool("pacat", "-p", "-d", "inj_"+Letter(i), "--channels=1", mouthDelay)
	if r.mouth, err = Start(mouth.Command, in, nil); err != nil {
		out.Close()
		return nil, err
	}
	ear := p.tool("parec", "-d", "spk_"+Letter(i)+".monitor", "--channels=1", earDelay)
	if r.ear, err = Start(ear.Command, nil, r); err != nil {
		r.Close()
		return nil, err
	}
	select {
	case <-r.began:
		return r, nil
	case <-r.ear.Done():
		err = fmt.Errorf("parec ended: %s", r.ear.Stderr())
	case <-ctx.Done():
		err = ctx.Err()
	}
	r.Close()
	return nil, fmt.Errorf("open the room of %s: %w", Letter(i), err)
}

// Write is for what parec has recorded. It is not for callers.
func (r *Room) Write(b []byte) (int, error) {
	const size = 2 * audiotest.PathBlock
	all := append(r.rest, b...)
	at := 0
	for ; at+size <= len(all); at += size {
		block := decode16(all[at:at+size], 1)[0]
		r.path.Process(block)
		if _, err := r.pipe.Write(encode16(block)); err != nil {
			return 0, err
		}
		r.once.Do(func() { close(r.began) })
	}
	r.rest = append([]byte(nil), all[at:]...)
	return len(b), nil
}

// Close ends it: nothing comes of what the loudspeaker plays any more.
func (r *Room) Close() error {
	r.pipe.Close()
	if r.ear != nil {
		r.ear.Close()
	}
	return r.mouth.Close()
}
