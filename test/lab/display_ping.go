package lab

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Pinger asks a window whether it is alive, as a window manager does, and thereby how long its program is busy with itself: a
// key or a click waits as long.
type Pinger struct {
	conn   *xgb.Conn // of its own: whoever asks for events has to read them
	window *Window
	ping   xproto.Atom
	ask    xproto.Atom
	count  uint32
	events chan xproto.ClientMessageEvent
}

// Pinger makes one for a window. Close ends it.
func (w *Window) Pinger() (*Pinger, error) {
	p := &Pinger{window: w, events: make(chan xproto.ClientMessageEvent, 16)}
	var err error
	if p.ping, err = w.d.atom("_NET_WM_PING"); err != nil {
		return nil, err
	}
	if p.ask, err = w.d.atom("WM_PROTOCOLS"); err != nil {
		return nil, err
	}
	if p.conn, err = xgb.NewConnDisplay(w.d.name); err != nil {
		return nil, fmt.Errorf("ping window: %w", err)
	}
	err = xproto.ChangeWindowAttributesChecked(p.conn, w.d.screen.Root, xproto.CwEventMask, []uint32{xproto.EventMaskSubstructureNotify}).Check()
	if err != nil {
		p.conn.Close()
		return nil, fmt.Errorf("ping window: %w", err)
	}
	go p.read()
	return p, nil
}

// Close ends it.
func (p *Pinger) Close() { p.conn.Close() }

// read passes answers on until the connection ends.
func (p *Pinger) read() {
	defer close(p.events)
	for {
		event, err := p.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		if m, ok := event.(xproto.ClientMessageEvent); ok && m.Type == p.ask {
			select {
			case p.events <- m:
			default: // nobody waits for so old a one
			}
		}
	}
}

// Ping returns how long the window takes to answer (Extended Window Manager Hints, _NET_WM_PING). The program answers from where
// it handles keys and clicks.
func (p *Pinger) Ping(ctx context.Context) (time.Duration, error) {
	p.count++
	message := xproto.ClientMessageEvent{
		Format: 32, Window: xproto.Window(p.window.ID), Type: p.ask,
		Data: xproto.ClientMessageDataUnionData32New([]uint32{uint32(p.ping), p.count, p.window.ID, 0, 0}),
	}
	begin := time.Now()
	if err := xproto.SendEventChecked(p.conn, false, xproto.Window(p.window.ID), 0, string(message.Bytes())).Check(); err != nil {
		return 0, fmt.Errorf("ping window: %w", err)
	}
	for {
		select {
		case m, ok := <-p.events:
			if !ok {
				return 0, errors.New("ping window: the display is gone")
			}
			if d := m.Data.Data32; m.Window == p.window.d.screen.Root && xproto.Atom(d[0]) == p.ping && d[1] == p.count {
				return time.Since(begin), nil
			}
		case <-ctx.Done():
			return 0, fmt.Errorf("ping window: %w", ctx.Err())
		}
	}
}
