package lab

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"net/url"
	"strings"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Drop drags files over the window and lets go of them at a place of the screen, as a file manager does (XDND, version 5).
func (w *Window) Drop(ctx context.Context, at image.Point, files ...string) (err error) {
	xgb.Logger.SetOutput(io.Discard)
	conn, err := xgb.NewConnDisplay(w.d.name) // with a window, and events of its own
	if err != nil {
		return fmt.Errorf("drop: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, conn.Close)()
	var list strings.Builder
	for _, file := range files {
		list.WriteString((&url.URL{Scheme: "file", Path: file}).String() + "\r\n")
	}
	s := &dragged{conn: conn, to: xproto.Window(w.ID), list: list.String(), atoms: map[string]xproto.Atom{}}
	if err := errors.Join(s.pick(w.d.screen.Root), s.drop(at)); err != nil {
		return fmt.Errorf("drop: %w", errors.Join(err, ctx.Err()))
	}
	return nil
}

// dragged is what a file manager is while files are dragged.
type dragged struct {
	conn     *xgb.Conn
	from, to xproto.Window
	list     string // text/uri-list, RFC 2483
	atoms    map[string]xproto.Atom
}

// pick makes the source's window, and has it own what is dragged.
func (s *dragged) pick(root xproto.Window) error {
	for _, name := range []string{"XdndSelection", "XdndEnter", "XdndPosition", "XdndStatus", "XdndDrop", "XdndFinished", "XdndActionCopy", "text/uri-list"} {
		a, err := xproto.InternAtom(s.conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			return err
		}
		s.atoms[name] = a.Atom
	}
	var err error
	if s.from, err = xproto.NewWindowId(s.conn); err != nil {
		return err
	}
	err = xproto.CreateWindowChecked(s.conn, 0, s.from, root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0, 0, nil).Check()
	if err != nil {
		return err
	}
	return xproto.SetSelectionOwnerChecked(s.conn, s.from, s.atoms["XdndSelection"], xproto.TimeCurrentTime).Check()
}

func (s *dragged) drop(at image.Point) error {
	const version = 5
	s.tell("XdndEnter", version<<24, uint32(s.atoms["text/uri-list"]))
	s.tell("XdndPosition", 0, uint32(at.X)<<16|uint32(at.Y), xproto.TimeCurrentTime, uint32(s.atoms["XdndActionCopy"]))
	status, err := s.hear("XdndStatus")
	switch {
	case err != nil:
		return err
	case status.Data.Data32[1]&1 == 0:
		return errors.New("the window takes no files")
	}
	s.tell("XdndDrop", 0, xproto.TimeCurrentTime)
	_, err = s.hear("XdndFinished")
	return err
}

// tell sends the window a message, with who it is from.
func (s *dragged) tell(message string, data ...uint32) {
	data = append([]uint32{uint32(s.from)}, data...)
	event := xproto.ClientMessageEvent{
		Format: 32, Window: s.to, Type: s.atoms[message], Data: xproto.ClientMessageDataUnionData32New(append(data, make([]uint32, 5-len(data))...)),
	}
	xproto.SendEvent(s.conn, false, s.to, 0, string(event.Bytes()))
}

// hear waits for a message, and hands over meanwhile what is dragged.
func (s *dragged) hear(message string) (xproto.ClientMessageEvent, error) {
	for {
		event, err := s.conn.WaitForEvent()
		if event == nil && err == nil {
			return xproto.ClientMessageEvent{}, fmt.Errorf("wait for %s: the connection is closed", message)
		}
		switch e := event.(type) {
		case xproto.ClientMessageEvent:
			if e.Type == s.atoms[message] {
				return e, nil
			}
		case xproto.SelectionRequestEvent:
			s.give(e)
		}
	}
}

func (s *dragged) give(e xproto.SelectionRequestEvent) {
	xproto.ChangeProperty(s.conn, xproto.PropModeReplace, e.Requestor, e.Property, e.Target, 8, uint32(len(s.list)), []byte(s.list))
	answer := xproto.SelectionNotifyEvent{Time: e.Time, Requestor: e.Requestor, Selection: e.Selection, Target: e.Target, Property: e.Property}
	xproto.SendEvent(s.conn, false, e.Requestor, 0, string(answer.Bytes()))
}
