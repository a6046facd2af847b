package hotkey

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

const fakeOwner = ":1.99"

// fakeBus is a bus and the portal on it, at the other end of a pipe. Its time is that of the bubble it is in.
type fakeBus struct {
	t  *testing.T
	on map[string]func(m *dbus.Message) bool // by method: true if it has answered, or never will; set before the call

	mu      sync.Mutex
	refuse  bool // connections
	conn    net.Conn
	dials   int
	calls   []*dbus.Message
	session dbus.ObjectPath // the last
}

func newFakeBus(t *testing.T) *fakeBus {
	return &fakeBus{t: t, on: map[string]func(*dbus.Message) bool{}}
}

// dial is a dialFunc.
func (f *fakeBus) dial(opts ...dbus.ConnOption) (*dbus.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dials++
	if f.refuse {
		return nil, errors.New("no bus")
	}
	ours, theirs := net.Pipe()
	f.conn = ours
	go f.serve(ours)
	return dbus.NewConn(theirs, opts...)
}

// serve lets anybody in, and answers calls until the connection ends.
func (f *fakeBus) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	if _, err := in.ReadByte(); err != nil {
		return
	}
	for _, line := range []string{"REJECTED EXTERNAL\r\n", "OK 0123456789abcdef0123456789abcdef\r\n"} {
		if _, err := in.ReadString('\n'); err != nil {
			return
		}
		if _, err := io.WriteString(conn, line); err != nil {
			return
		}
	}
	if line, err := in.ReadString('\n'); err != nil || line != "BEGIN\r\n" {
		return
	}
	for {
		m, err := dbus.DecodeMessage(in)
		if err != nil {
			return
		}
		f.mu.Lock()
		f.calls = append(f.calls, m)
		hook := f.on[member(m)]
		f.mu.Unlock()
		if hook == nil || !hook(m) {
			f.answer(m)
		}
	}
}

func member(m *dbus.Message) string {
	name, _ := m.Headers[dbus.FieldMember].Value().(string)
	return name
}

// answer is what a bus and a good portal say.
func (f *fakeBus) answer(m *dbus.Message) {
	switch member(m) {
	case "Hello":
		f.reply(m, ":1.7")
	case "GetNameOwner":
		f.reply(m, fakeOwner)
	case "Register":
		f.fail(m, busName+".Error.UnknownMethod") // as with Debian 12
	case "Get":
		f.reply(m, dbus.MakeVariant(uint32(1)))
	case "CreateSession":
		f.reply(m, requestOf(m))
		options := m.Body[0].(map[string]dbus.Variant)
		session := "/org/freedesktop/portal/desktop/session/1_7/" + options["session_handle_token"].Value().(string)
		f.mu.Lock()
		f.session = dbus.ObjectPath(session)
		f.mu.Unlock()
		f.respond(m, 0, map[string]dbus.Variant{"session_handle": dbus.MakeVariant(session)})
	case "BindShortcuts":
		f.reply(m, requestOf(m))
		f.respond(m, 0, map[string]dbus.Variant{"shortcuts": dbus.MakeVariant(asked(m))})
	default:
		f.reply(m)
	}
}

// asked is the shortcuts of a BindShortcuts.
func asked(m *dbus.Message) (list []shortcut) {
	for _, e := range m.Body[1].([][]any) {
		list = append(list, shortcut{ID: e[0].(string), Props: e[1].(map[string]dbus.Variant)})
	}
	return list
}

func requestOf(m *dbus.Message) dbus.ObjectPath {
	options, _ := m.Body[len(m.Body)-1].(map[string]dbus.Variant)
	name, _ := options["handle_token"].Value().(string)
	return dbus.ObjectPath("/org/freedesktop/portal/desktop/request/1_7/" + name)
}

func (f *fakeBus) reply(m *dbus.Message, body ...any) {
	if m.Flags&dbus.FlagNoReplyExpected == 0 {
		f.send(dbus.TypeMethodReply, map[dbus.HeaderField]any{dbus.FieldReplySerial: m.Serial(), dbus.FieldSender: fakeOwner}, body...)
	}
}

func (f *fakeBus) fail(m *dbus.Message, name string) {
	f.send(dbus.TypeError, map[dbus.HeaderField]any{
		dbus.FieldReplySerial: m.Serial(), dbus.FieldSender: fakeOwner, dbus.FieldErrorName: name,
	}, "words")
}

func (f *fakeBus) respond(m *dbus.Message, code uint32, results map[string]dbus.Variant) {
	f.signal(fakeOwner, requestOf(m), requestFace+".Response", code, results)
}

func (f *fakeBus) signal(sender string, path dbus.ObjectPath, name string, body ...any) {
	dot := strings.LastIndexByte(name, '.')
	f.send(dbus.TypeSignal, map[dbus.HeaderField]any{
		dbus.FieldSender: sender, dbus.FieldPath: path, dbus.FieldInterface: name[:dot], dbus.FieldMember: name[dot+1:],
	}, body...)
}

// shortcut is a signal of the portal's about the last session.
func (f *fakeBus) shortcut(member string, body ...any) {
	f.mu.Lock()
	session := f.session
	f.mu.Unlock()
	f.signal(fakeOwner, portalPath, shortcutsFace+"."+member, append([]any{session}, body...)...)
}

func (f *fakeBus) key(id string, down bool) {
	member := "Deactivated"
	if down {
		member = "Activated"
	}
	f.shortcut(member, id, uint64(0), map[string]dbus.Variant{})
}

func (f *fakeBus) owner(name, before, after string) {
	f.signal(busName, "/org/freedesktop/DBus", busName+".NameOwnerChanged", name, before, after)
}

func (f *fakeBus) send(kind dbus.Type, headers map[dbus.HeaderField]any, body ...any) {
	m := &dbus.Message{Type: kind, Headers: map[dbus.HeaderField]dbus.Variant{}, Body: body}
	for field, v := range headers {
		m.Headers[field] = dbus.MakeVariant(v)
	}
	if len(body) > 0 {
		m.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(body...))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := m.EncodeTo(f.conn, binary.LittleEndian); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		f.t.Errorf("send: %v", err)
	}
}

// count is how often a method was called.
func (f *fakeBus) count(method string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.calls {
		if member(m) == method {
			n++
		}
	}
	return n
}

// last is the last call of a method.
func (f *fakeBus) last(method string) *dbus.Message {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.calls) - 1; i >= 0; i-- {
		if member(f.calls[i]) == method {
			return f.calls[i]
		}
	}
	f.t.Fatalf("%s was not called", method)
	return nil
}

// hook sets what a method does.
func (f *fakeBus) hook(method string, do func(m *dbus.Message) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on[method] = do
}

// cutOff ends the connection, and lets no other be made, or does.
func (f *fakeBus) cutOff(refuse bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = refuse
	_ = f.conn.Close()
}
