package lab

import (
	"context"
	"encoding/binary"
	"os"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// answering is a window that answers pings, each after it was allowed to.
func answering(t *testing.T, d *Display, may <-chan struct{}) {
	t.Helper()
	conn, err := xgb.NewConnDisplay(d.name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	id, err := xproto.NewWindowId(conn)
	if err != nil {
		t.Fatal(err)
	}
	screen := xproto.Setup(conn).DefaultScreen(conn)
	xproto.CreateWindow(conn, screen.RootDepth, id, screen.Root, 0, 0, 200, 100, 0, xproto.WindowClassInputOutput, screen.RootVisual, 0, nil)
	p := &painter{conn: conn, id: id}
	p.set(t, d, "_NET_WM_PID", "CARDINAL", 32, binary.LittleEndian.AppendUint32(nil, uint32(os.Getpid())))
	if err := xproto.MapWindowChecked(conn, id).Check(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			event, err := conn.WaitForEvent()
			if event == nil && err == nil {
				return
			}
			if m, ok := event.(xproto.ClientMessageEvent); ok {
				if _, open := <-may; !open {
					return
				}
				m.Window = screen.Root
				xproto.SendEvent(conn, false, screen.Root, xproto.EventMaskSubstructureNotify|xproto.EventMaskSubstructureRedirect, string(m.Bytes()))
			}
		}
	}()
}

// TestPing: a window that is busy answers when it is not busy any more, and one that hangs never does.
func TestPing(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	d, err := StartDisplay(ctx, 400, 300, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	may := make(chan struct{}, 1)
	answering(t, d, may)
	w, err := d.Window(ctx, OfPID(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Pinger()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	may <- struct{}{}
	if took, err := p.Ping(ctx); err != nil || took <= 0 {
		t.Fatalf("a window at rest: %v, %v", took, err)
	}
	const busy = 200 * time.Millisecond
	time.AfterFunc(busy, func() { may <- struct{}{} })
	if took, err := p.Ping(ctx); err != nil || took < busy {
		t.Errorf("a busy window: %v, %v", took, err)
	}
	short, end := context.WithTimeout(ctx, 300*time.Millisecond)
	defer end()
	if took, err := p.Ping(short); err == nil {
		t.Errorf("a window that hangs answered after %v", took)
	}
	// The answer to that question comes now; it is not taken for one to the next.
	may <- struct{}{}
	may <- struct{}{}
	if _, err := p.Ping(ctx); err != nil {
		t.Errorf("a window that hung: %v", err)
	}
	close(may)
}
