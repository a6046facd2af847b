// Package portal_test has Debian's own xdg-desktop-portal between the keys of a desktop, which is ours, and the source of Wayland.
package portal_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"

	"parley/hotkey"
	"parley/test/lab"
)

const (
	portalPath  = "/usr/libexec/xdg-desktop-portal"
	portalName  = "org.freedesktop.portal.Desktop"
	objectPath  = "/org/freedesktop/portal/desktop"
	backendName = "org.freedesktop.impl.portal.desktop.parley"
	backendFace = "org.freedesktop.impl.portal.GlobalShortcuts"
	sessionFace = "org.freedesktop.impl.portal.Session"
	requestFace = "org.freedesktop.impl.portal.Request"

	patience = 20 * time.Second // far longer than anything takes here
)

// world is a Wayland session without a compositor: a bus, a portal, and who has the keys behind it.
type world struct {
	testing.TB
	dir, address string
	bus, portal  *lab.Process
	backend      *backend
	source       hotkey.Source
}

const busConf = `<busconfig><type>session</type><listen>unix:path=%s</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`

const portalConf = "[portal]\nDBusName=" + backendName + "\nInterfaces=" + backendFace + "\nUseIn=parley\n"

// begin has a bus alone.
func begin(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, dir: t.TempDir()}
	w.must(os.WriteFile(filepath.Join(w.dir, "bus.conf"), fmt.Appendf(nil, busConf, filepath.Join(w.dir, "bus")), 0o600))
	w.must(os.Mkdir(filepath.Join(w.dir, "portals"), 0o700))
	w.must(os.WriteFile(filepath.Join(w.dir, "portals", "parley.portal"), []byte(portalConf), 0o600))
	w.startBus()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", w.address)
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	t.Setenv("DISPLAY", ":0") // Xwayland's, which hears nothing
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) startBus() {
	w.Helper()
	ready, write, err := os.Pipe()
	w.must(err)
	defer ready.Close()
	w.bus, err = lab.Start(lab.Command{
		Path:  "dbus-daemon",
		Args:  []string{"--config-file=" + filepath.Join(w.dir, "bus.conf"), "--nofork", "--print-address=3"},
		Files: []*os.File{write},
	}, nil, nil)
	write.Close()
	w.must(err)
	bus := w.bus
	w.Cleanup(func() { _ = bus.Close() })
	w.must(ready.SetReadDeadline(time.Now().Add(patience)))
	var line [256]byte
	n, err := ready.Read(line[:])
	if err != nil {
		w.Fatalf("wait for the bus: %v\n%s", err, w.bus.Stderr())
	}
	w.address = string(bytes.TrimSpace(line[:n]))
}

// startPortal starts Debian's portal and waits until it has its name.
func (w *world) startPortal() {
	w.Helper()
	var err error
	w.portal, err = lab.Start(lab.Command{Path: portalPath, Args: []string{"-v"}, Env: []string{
		"XDG_DESKTOP_PORTAL_DIR=" + filepath.Join(w.dir, "portals"), "XDG_CURRENT_DESKTOP=parley", "XDG_DATA_HOME=" + w.dir,
		"DBUS_SYSTEM_BUS_ADDRESS=unix:path=" + filepath.Join(w.dir, "none"),
	}}, nil, nil)
	w.must(err)
	portal := w.portal
	w.Cleanup(func() {
		_ = portal.Close()
		if w.Failed() {
			w.Logf("the portal: %s", portal.Stderr())
		}
	})
	conn, err := dbus.Connect(w.address)
	w.must(err)
	defer conn.Close()
	w.await("the portal", func() bool {
		var owned bool
		return conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, portalName).Store(&owned) == nil && owned
	})
}

// await asks again and again.
func (w *world) await(what string, ok func() bool) {
	w.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("%s does not come", what)
		}
	}
}

func (w *world) open() {
	w.Helper()
	source, err := hotkey.Open(slog.New(slog.NewTextHandler(w.Output(), nil)))
	w.must(err)
	w.source = source
	w.Cleanup(func() {
		w.must(source.Close())
		if _, open := <-source.Events(); open {
			w.Error("an event after the end")
		}
	})
}

// bindings are a key a portal can propose, and one it can't.
func bindings() []hotkey.Binding {
	return []hotkey.Binding{
		{ID: "talk", Words: "Talk while held", Chord: hotkey.Chord{Mods: hotkey.Ctrl | hotkey.Shift, Key: "F13"}},
		{ID: "mute", Words: "Mute", Chord: hotkey.Chord{Key: "Mouse4"}},
	}
}

// event waits for the next, which must be this one.
func (w *world) event(id string, down bool) hotkey.Event {
	w.Helper()
	select {
	case e := <-w.source.Events():
		if e.ID != id || e.Down != down {
			w.Fatalf("%+v, want %s %v", e, id, down)
		}
		return e
	case <-time.After(patience):
		w.Fatalf("no event, want %s %v", id, down)
	}
	return hotkey.Event{}
}

// backend is the desktop's part behind the portal.
type backend struct {
	conn   *dbus.Conn
	answer atomic.Uint32        // to BindShortcuts
	bound  chan boundCall       // capacity 16
	closed chan dbus.ObjectPath // sessions that were closed; capacity 16
}

type boundCall struct {
	session   dbus.ObjectPath
	shortcuts []shortcut
}

type shortcut struct {
	ID    string
	Props map[string]dbus.Variant
}

// startBackend takes the desktop's name. answer is what it says to BindShortcuts: 0 yes, 1 the user's no.
func (w *world) startBackend(answer uint32) {
	w.Helper()
	conn, err := dbus.Connect(w.address)
	w.must(err)
	w.Cleanup(func() { _ = conn.Close() })
	b := &backend{conn: conn, bound: make(chan boundCall, 16), closed: make(chan dbus.ObjectPath, 16)}
	b.answer.Store(answer)
	w.must(conn.Export(b, objectPath, backendFace))
	w.must(conn.ExportSubtree(backendSession{b}, objectPath+"/session", sessionFace))
	w.must(conn.ExportSubtree(backendSession{b}, objectPath+"/request", requestFace))
	_, err = prop.Export(conn, objectPath, prop.Map{backendFace: {"version": {Value: uint32(1)}}})
	w.must(err)
	_, err = conn.RequestName(backendName, dbus.NameFlagDoNotQueue)
	w.must(err)
	w.backend = b
}

// CreateSession is called by the portal.
func (b *backend) CreateSession(_, _ dbus.ObjectPath, _ string, _ map[string]dbus.Variant) (uint32, map[string]dbus.Variant, *dbus.Error) {
	return 0, map[string]dbus.Variant{"shortcuts": dbus.MakeVariant([]shortcut{})}, nil // 1.16 ends without it
}

// BindShortcuts is called by the portal.
func (b *backend) BindShortcuts(_, session dbus.ObjectPath, shortcuts []shortcut, _ string, _ map[string]dbus.Variant) (
	uint32, map[string]dbus.Variant, *dbus.Error,
) {
	b.bound <- boundCall{session, shortcuts}
	return b.answer.Load(), map[string]dbus.Variant{"shortcuts": dbus.MakeVariant(shortcuts)}, nil
}

// backendSession is all sessions and requests, which can be closed.
type backendSession struct{ b *backend }

// Close is called by the portal.
func (s backendSession) Close(m dbus.Message) *dbus.Error {
	path, _ := m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
	s.b.closed <- path
	return nil
}

// key is what the compositor tells.
func (w *world) key(session dbus.ObjectPath, id string, down bool, at time.Time) {
	w.Helper()
	member := ".Deactivated"
	if down {
		member = ".Activated"
	}
	w.must(w.backend.conn.Emit(objectPath, backendFace+member, session, id, uint64(at.UnixMicro()), map[string]dbus.Variant{}))
}

// bound waits for BindShortcuts.
func (w *world) bound() boundCall {
	w.Helper()
	select {
	case call := <-w.backend.bound:
		return call
	case <-time.After(patience):
		w.Fatal("nothing is bound")
	}
	return boundCall{}
}

func TestPortal(t *testing.T) {
	w := begin(t)
	if _, err := hotkey.Open(slog.Default()); !errors.Is(err, hotkey.ErrUnsupported) {
		t.Fatalf("without a portal: %v", err)
	} else {
		t.Log(err)
	}
	w.startBackend(0)
	w.startPortal()
	w.open()
	w.must(w.source.Bind(bindings()))
	call := w.bound()
	if len(call.shortcuts) != 2 || call.shortcuts[0].ID != "talk" || call.shortcuts[1].ID != "mute" ||
		call.shortcuts[0].Props["description"].Value() != "Talk while held" ||
		call.shortcuts[0].Props["preferred_trigger"].Value() != "CTRL+SHIFT+F13" || len(call.shortcuts[1].Props) != 1 {
		t.Fatalf("the desktop is asked for %v", call.shortcuts)
	}

	// Press and release, each told once, with the time of the compositor.
	at := time.Now().Add(-time.Millisecond).Truncate(time.Microsecond)
	w.key(call.session, "talk", true, at)
	w.key(call.session, "talk", true, at)
	if e := w.event("talk", true); !e.At.Equal(at) {
		t.Errorf("pressed at %v, told as %v", at, e.At)
	}
	w.key(call.session, "mute", true, time.Now())
	w.event("mute", true)
	w.key(call.session, "talk", false, time.Now())
	w.event("talk", false)
	w.key(call.session, "mute", false, time.Now())
	w.event("mute", false)

	// Other keys while one is held: it is released first, and the old session has ended.
	w.key(call.session, "talk", true, time.Now())
	w.event("talk", true)
	w.must(w.source.Bind(bindings()[:1]))
	w.event("talk", false)
	old := call.session
	if call = w.bound(); call.session == old || len(call.shortcuts) != 1 {
		t.Fatalf("bound again: %v", call)
	}
	select {
	case path := <-w.backend.closed:
		if path != old {
			t.Errorf("%s is closed, want %s", path, old)
		}
	case <-time.After(patience):
		t.Error("the old session is not closed")
	}

	// The desktop closes the session.
	w.key(call.session, "talk", true, time.Now())
	w.event("talk", true)
	w.must(w.backend.conn.Emit(call.session, sessionFace+".Closed"))
	w.event("talk", false)
	call = w.bound()

	// The desktop's part ends while a key is held, and comes back.
	w.pressed(call)
	w.must(w.backend.conn.Close())
	w.event("talk", false)
	w.startBackend(0)
	call = w.bound()

	// The portal ends while a key is held.
	w.pressed(call)
	w.must(w.portal.Signal(syscall.SIGKILL))
	w.event("talk", false)
	w.startPortal()
	call = w.bound()

	// The bus ends, and with it all that is on it.
	w.pressed(call)
	w.must(w.bus.Signal(syscall.SIGKILL))
	w.event("talk", false)
	<-w.bus.Done()
	w.must(os.RemoveAll(filepath.Join(w.dir, "bus")))
	w.startBus()
	w.startBackend(0)
	w.startPortal()
	w.pressed(w.bound())
}

// pressed presses a key and hears it.
func (w *world) pressed(call boundCall) {
	w.Helper()
	w.key(call.session, "talk", true, time.Now())
	w.event("talk", true)
}

func TestDenied(t *testing.T) {
	w := begin(t)
	w.startBackend(1)
	w.startPortal()
	w.open()
	err := w.source.Bind(bindings())
	if !errors.Is(err, hotkey.ErrDenied) {
		t.Fatalf("the user says no: %v", err)
	}
	t.Log(err)
	call := w.bound()
	w.key(call.session, "talk", true, time.Now())
	w.backend.answer.Store(0) // the next time it is a yes
	w.must(w.source.Bind(bindings()))
	w.pressed(w.bound())
}

func TestNoShortcuts(t *testing.T) {
	w := begin(t)
	w.must(os.Remove(filepath.Join(w.dir, "portals", "parley.portal")))
	w.startPortal()
	if _, err := hotkey.Open(slog.Default()); !errors.Is(err, hotkey.ErrUnsupported) {
		t.Fatalf("a portal without global shortcuts: %v", err)
	} else {
		t.Log(err)
	}
}
