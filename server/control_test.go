package server

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parley/wire"
)

// The command line does the same with a server and without one, and says the same when it is refused.
func TestControl(t *testing.T) {
	checkLeaks(t)
	dir := filepath.Join(t.TempDir(), strings.Repeat("deep/", 25))
	if _, err := Control(context.Background(), dir, Command{Do: DoUsers}); err == nil {
		t.Error("a folder in which no server has run was taken")
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder was made")
	}
	r := startIn(t, dir)
	ana := join(t, r, "Ana")
	if info, err := os.Stat(filepath.Join(dir, controlSocket)); err != nil || info.Mode().Perm() != 0o600 || info.Mode()&os.ModeSocket == 0 {
		t.Errorf("the socket: %v %v", info.Mode(), err)
	}
	commands(t, dir, wire.Online)
	if m := expect[*wire.ChannelChanged](ana); m.Channel.Name != "Music" {
		t.Errorf("Ana sees %+v", m)
	}
	if m := expect[*wire.ChannelRemoved](ana); m.Channel == "" {
		t.Errorf("Ana sees %+v", m)
	}
	made, err := Control(context.Background(), dir, Command{Do: DoInvite, Uses: 1})
	if err != nil {
		t.Fatal(err)
	}
	claim, err := Control(context.Background(), dir, Command{Do: DoClaim})
	if err != nil {
		t.Fatal(err)
	}
	ana.refused(wire.Claim{Secret: r.Ready().OwnerClaim}, wire.ClaimInvalid) // replaced
	want[*wire.OK](ana, wire.Claim{Secret: claim.Claim})
	ben := dial(t, r.invite(), newKey(t))
	if err := ben.tryLogin("Ben", parseLink(t, made.Invites[0].URL).Secret); err != nil {
		t.Error(err)
	}
	ben.conn.Close()
	ana.conn.Close()
	r.stop()
	if _, err := os.Stat(filepath.Join(dir, controlSocket)); err == nil {
		t.Error("the socket is left")
	}
	commands(t, dir, wire.Offline)
}

func commands(t *testing.T, dir, status string) {
	t.Helper()
	do := func(c Command) Result {
		t.Helper()
		r, err := Control(context.Background(), dir, c)
		if err != nil {
			t.Errorf("%s: %v", c.Do, err)
		}
		return r
	}
	refused := func(c Command, code wire.Code) {
		t.Helper()
		if _, err := Control(context.Background(), dir, c); wire.CodeOf(err) != code {
			t.Errorf("%s: %v", c.Do, err)
		}
	}
	if l := do(Command{Do: DoChannels}).Channels; len(l) != 2 || l[0].Name != "General" {
		t.Errorf("channels: %+v", l)
	}
	if l := do(Command{Do: DoChannelAdd, Channel: " Music "}).Channels; len(l) != 1 || l[0].Name != "Music" || l[0].Position != 2 {
		t.Errorf("added: %+v", l)
	}
	refused(Command{Do: DoChannelAdd, Channel: "MUSIC"}, wire.NameTaken)
	if l := do(Command{Do: DoChannelRemove, Channel: "music"}).Channels; len(l) != 1 || l[0].Name != "Music" {
		t.Errorf("removed: %+v", l)
	}
	refused(Command{Do: DoChannelRemove, Channel: "music"}, wire.NotFound)
	if l := do(Command{Do: DoUsers}).Users; len(l) == 0 || l[0].Name != "Ana" || l[0].Status != status {
		t.Errorf("users: %+v", l)
	}
	if l := do(Command{Do: DoInvite, Uses: 2, ExpiresS: 60}).Invites; len(l) != 1 || l[0].Uses != 2 || parseLink(t, l[0].URL).Secret == "" {
		t.Errorf("invite: %+v", l)
	}
	refused(Command{Do: DoInvite, ExpiresS: 1 << 60}, wire.BadMessage)
	refused(Command{Do: DoInvite, Uses: -1}, wire.BadMessage)
	refused(Command{Do: "dance"}, wire.UnknownType)
}

// A socket that a killed server has left is in nobody's way, and nonsense on a living one neither.
func TestControlSocket(t *testing.T) {
	checkLeaks(t)
	dir := t.TempDir()
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, controlSocket), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	startIn(t, dir)
	conn, err := net.Dial("unix", filepath.Join(dir, controlSocket))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("nonsense\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := Control(context.Background(), dir, Command{Do: DoChannels}); err != nil {
		t.Error(err)
	}
}

// scarce is a listener on a machine that has too many files open for a while.
type scarce struct {
	net.Listener
	failures int
}

func (s *scarce) Accept() (net.Conn, error) {
	if s.failures > 0 {
		s.failures--
		return nil, &net.OpError{Op: "accept", Net: "unix", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return s.Listener.Accept()
}

// A control socket that fails for a moment ends neither the server nor itself.
func TestControlOutlivesFailures(t *testing.T) {
	checkLeaks(t)
	dir := t.TempDir()
	srv, err := New(Config{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	srv.control = &scarce{srv.control, 1}
	r := serve(t, srv, dir)
	if _, err := Control(context.Background(), dir, Command{Do: DoChannels}); err != nil {
		t.Error(err)
	}
	want[*wire.OK](join(t, r, "Ana"), &wire.PresenceSet{Status: wire.Away})
}
