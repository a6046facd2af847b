package host

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"parley/server"
	"parley/wire"
)

func alone() (Reach, netip.Addr) { return Machine, netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

// kept is what settings would keep.
type kept struct{ port int }

func newHost(t *testing.T, dir string, k *kept) *Host {
	t.Helper()
	h := New(Config{
		Dir: dir, Name: func() string { return "Ada's server" }, look: alone,
		Port: func() int { return k.port }, KeepPort: func(p int) error { k.port = p; return nil },
	})
	t.Cleanup(func() { _ = h.Stop() })
	return h
}

func answers(host string) bool {
	conn, err := net.Dial("tcp", host)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

// freePort is one that nobody listens on at the moment.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestStartTwiceAndAgain(t *testing.T) {
	dir, k := filepath.Join(t.TempDir(), "server"), &kept{port: freePort(t)}
	h := newHost(t, dir, k)
	first, err := h.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	link, err := wire.ParseLink(first.Invite)
	if err != nil || link.Secret == "" || link.Host != first.Host || link.Key.String() != first.Key {
		t.Errorf("%+v %v", first, err)
	}
	if first.Claim == "" || first.Reach != Machine || first.Name != "Ada's server" || !strings.HasPrefix(first.Host, "127.0.0.1:") || !answers(first.Host) {
		t.Errorf("%+v", first)
	}
	if second, err := h.Start(t.Context()); err != nil || second != first {
		t.Errorf("told of the one that runs: %+v %v", second, err)
	}
	if err := h.Stop(); err != nil {
		t.Error(err)
	}
	if answers(first.Host) {
		t.Error("it was stopped, and answers")
	}
	if err := h.Stop(); err != nil {
		t.Errorf("nothing to stop: %v", err)
	}
	again, err := h.Start(t.Context())
	if err != nil || again.Claim == "" || again.Claim == first.Claim || again.Key != first.Key || again.Host != first.Host {
		t.Errorf("after a restart: %+v %v", again, err)
	}
}

// Invites of yesterday lead to yesterday's port, so a port that had to be another one is kept.
func TestATakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	before := taken.Addr().(*net.TCPAddr).Port
	k := &kept{port: before}
	h := newHost(t, t.TempDir(), k)
	about, err := h.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if k.port == before || about.Host != net.JoinHostPort("127.0.0.1", strconv.Itoa(k.port)) {
		t.Errorf("it is at %s, and %d is kept", about.Host, k.port)
	}
	if err := h.Stop(); err != nil {
		t.Error(err)
	}
	moved := k.port
	if _, err := h.Start(t.Context()); err != nil || k.port != moved {
		t.Errorf("again: %d, was %d: %v", k.port, moved, err)
	}
}

// What can't be kept does not keep the server from working today.
func TestAPortThatCantBeKept(t *testing.T) {
	h := New(Config{Dir: t.TempDir(), look: alone, Port: func() int { return 70000 }, KeepPort: func(int) error { return errors.New("disk full") }})
	defer func() { _ = h.Stop() }()
	if got := h.port(); got != DefaultPort {
		t.Errorf("a port out of range: %d", got)
	}
	if err := h.keep("127.0.0.1:5", 6); err != nil {
		t.Errorf("keep: %v", err)
	}
	if err := h.keep("nowhere", 6); err == nil {
		t.Error("an address without a port")
	}
}

func TestWhatCanGoWrong(t *testing.T) {
	dir := t.TempDir()
	k := &kept{port: freePort(t)}
	other, err := server.New(server.Config{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newHost(t, dir, k).Start(t.Context()); !errors.Is(err, server.ErrInUse) {
		t.Errorf("the folder is in use: %v", err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newHost(t, file, k).Start(t.Context()); err == nil {
		t.Error("a file in the folder's place")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := newHost(t, dir, k)
	if _, err := h.Start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := h.Start(t.Context()); err != nil { // and nothing is left behind
		t.Error(err)
	}
}

// A server that ended by itself is not told of as the one that runs.
func TestADeadServer(t *testing.T) {
	h := newHost(t, t.TempDir(), &kept{port: freePort(t)})
	first, err := h.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.running.stop()
	<-h.running.done
	second, err := h.Start(t.Context())
	if err != nil || second.Key != first.Key || second.Invite == first.Invite || !answers(second.Host) {
		t.Errorf("%+v %v", second, err)
	}
}

// A router is asked when that is allowed, from the start or later. (A server on loopback alone has nothing for one to pass on: no
// packet is sent here.)
func TestMapPorts(t *testing.T) {
	allowed := false
	h := New(Config{Dir: t.TempDir(), look: alone, Port: func() int { return freePort(t) }, MapPorts: func() bool { return allowed }})
	defer func() { _ = h.Stop() }()
	h.MapPorts(true) // no server
	if h.Router() != "" {
		t.Error("an answer without a server")
	}
	for _, allowed = range []bool{false, true} {
		if _, err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := h.Router(); (got != "") != allowed {
			t.Errorf("allowed %v: %q", allowed, got)
		}
		for _, on := range []bool{true, true, false} {
			if h.MapPorts(on); (h.Router() != "") != on {
				t.Errorf("switched %v: %q", on, h.Router())
			}
		}
		if err := h.Stop(); err != nil {
			t.Error(err)
		}
	}
	if h.MapPorts(true); h.Router() != "" {
		t.Error("an answer after the end")
	}
}
