package call

import (
	"context"
	"errors"
	"time"

	"parley/audio"
	"parley/call/doctor"
	"parley/call/mesh"
	"parley/identity"
	"parley/wire"
)

// doctored is a run of the doctor.
type doctored struct {
	stop context.CancelFunc
	done chan struct{}
}

// examine begins a run; one before it ends.
func (e *Engine) examine(f startExamination) {
	before := e.doctor
	ctx, cancel := context.WithCancel(context.Background())
	d := &doctored{stop: cancel, done: make(chan struct{})}
	e.doctor = d
	if before != nil {
		before.stop()
	}
	c := doctor.Config{
		Link: f.link, Within: f.within, Net: e.config.Net, Log: e.log,
		Greet: func(ctx context.Context) error { return e.greet(ctx, f.link) },
		Enter: func(ctx context.Context) (*wire.Turn, error) { return e.enter(ctx, f.relay) },
		Peer: func(t *wire.Turn) mesh.Options {
			o := f.options
			o.ICE = iceServers(t, identity.PublicKey(f.link.Key))
			return o
		},
		Report: func(found Finding) { e.queue.post(examined{run: f.run, finding: found}) },
	}
	if f.sound && e.config.Sound.Backend != nil {
		c.Microphone = func(ctx context.Context) error { return e.sound.moves(ctx, audio.Input) }
		c.Speaker = func(ctx context.Context) error { return e.sound.moves(ctx, audio.Output) }
	}
	go func() {
		defer close(d.done)
		if before != nil {
			<-before.done
		}
		doctor.Run(ctx, c)
		cancel()
		e.queue.post(examined{run: f.run, over: true})
	}()
}

// stopExamination ends a run and does not wait; endExamination does.
func (e *Engine) stopExamination() {
	if e.doctor != nil {
		e.doctor.stop()
	}
}

func (e *Engine) endExamination() {
	if e.stopExamination(); e.doctor != nil {
		<-e.doctor.done
	}
}

// greet connects to a server anew and sees who it is. It leaves before it has said who one is.
func (e *Engine) greet(ctx context.Context, l wire.Link) error {
	c, err := e.config.Dial(ctx, l)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	unhook := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer unhook()
	_, _, err = greet(c, l, time.Now().Add(handshakeTimeout))
	return err
}

// enter waits until the session is up, and asks for credentials; before are older ones.
func (e *Engine) enter(ctx context.Context, before *wire.Turn) (*wire.Turn, error) {
	reply, err := e.Ask(ctx, enter{})
	if away := (*goneAway)(nil); errors.As(err, &away) {
		err = wire.Errorf(wire.Code(away.Reason), "%s", away.Error())
	}
	if errors.Is(err, ErrServerKey) {
		err = wire.Errorf(CodeServerKey, "%s", sentence(err))
	}
	if reply.relay == nil {
		return before, err
	}
	return reply.relay, err
}
