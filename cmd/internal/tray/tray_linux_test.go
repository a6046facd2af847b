package tray

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

// bus is as much of a D-Bus daemon as the question needs.
type bus struct {
	owned bool
	shown any // IsStatusNotifierHostRegistered; nil: there is no such property
}

// serve listens where DBUS_SESSION_BUS_ADDRESS says, and has each connection handled.
func serve(t *testing.T, handle func(net.Conn)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn)
			}()
		}
	}()
}

func (b bus) handle(conn net.Conn) {
	in := bufio.NewReader(conn)
	if _, err := in.ReadByte(); err != nil { // the null byte
		return
	}
	for begun := false; !begun; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		answer := ""
		switch word, rest, _ := strings.Cut(strings.TrimSpace(line), " "); {
		case word == "AUTH" && rest == "":
			answer = "REJECTED EXTERNAL"
		case word == "AUTH", word == "DATA":
			answer = "OK 0123456789abcdef0123456789abcdef"
		case word == "BEGIN":
			begun = true
			continue
		default:
			answer = "ERROR"
		}
		if _, err := io.WriteString(conn, answer+"\r\n"); err != nil {
			return
		}
	}
	for serial := uint32(1); ; serial++ {
		call, err := dbus.DecodeMessage(in)
		if err != nil || b.reply(conn, call, serial) != nil {
			return
		}
	}
}

// reply answers one call. Package dbus keeps the serial of a Message to itself, so it is written into the encoded one.
func (b bus) reply(conn net.Conn, call *dbus.Message, serial uint32) error {
	m := &dbus.Message{Type: dbus.TypeMethodReply, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldReplySerial: dbus.MakeVariant(call.Serial()),
	}}
	answer := func(v any) {
		m.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(v))
		m.Body = []any{v}
	}
	switch member, _ := call.Headers[dbus.FieldMember].Value().(string); {
	case member == "Hello":
		answer(":1.1")
	case member == "NameHasOwner":
		answer(b.owned)
	case b.shown != nil:
		answer(dbus.MakeVariant(b.shown))
	default:
		m.Type = dbus.TypeError
		m.Headers[dbus.FieldErrorName] = dbus.MakeVariant("org.freedesktop.DBus.Error.UnknownProperty")
	}
	var buf strings.Builder
	if err := m.EncodeTo(&buf, binary.LittleEndian); err != nil {
		return err
	}
	raw := []byte(buf.String())
	binary.LittleEndian.PutUint32(raw[8:], serial)
	_, err := conn.Write(raw)
	return err
}

func TestAvailable(t *testing.T) {
	for _, tt := range []struct {
		name string
		bus
		want bool
	}{
		{"nobody", bus{}, false},
		{"a list that is drawn", bus{owned: true, shown: true}, true},
		{"a list that nobody draws", bus{owned: true, shown: false}, false},
		{"a list that does not say", bus{owned: true}, true},
		{"a list that says nonsense", bus{owned: true, shown: "perhaps"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			serve(t, tt.handle)
			if got := Available(); got != tt.want {
				t.Error(got)
			}
		})
	}
}

func TestNoBus(t *testing.T) {
	for _, address := range []string{"unix:path=" + filepath.Join(t.TempDir(), "none"), "nonsense", "unix:", "unix:path="} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		if Available() {
			t.Errorf("%q: available", address)
		}
	}
}

// A bus that hangs or babbles is no bus, and costs half a second.
func TestAStrangeBus(t *testing.T) {
	for name, handle := range map[string]func(net.Conn){
		"mute": func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"gone": func(net.Conn) {},
		"babble": func(c net.Conn) {
			_, _ = io.WriteString(c, strings.Repeat("x\r\n", 1000))
			_, _ = io.Copy(io.Discard, c)
		},
		"endless": func(c net.Conn) {
			_, _ = io.Copy(c, strings.NewReader(strings.Repeat("x", 1<<20)))
			_, _ = io.Copy(io.Discard, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			serve(t, handle)
			if Available() {
				t.Error("available")
			}
		})
	}
}
