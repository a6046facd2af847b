package control

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// app is what is controlled. It tells of each call by did.
type app struct {
	did  chan string
	deny error
}

func newApp() *app { return &app{did: make(chan string, 100)} }

var keyNames = [keys]string{"talk", "priority", "whisper"}

func (a *app) Press(k Key, to string) error {
	if a.deny == nil {
		a.did <- strings.TrimSpace(keyNames[k] + " down " + to)
	}
	return a.deny
}

func (a *app) Release(k Key) { a.did <- keyNames[k] + " up" }

func (a *app) Mute(s Switch) error {
	a.did <- fmt.Sprint("mute ", s)
	return a.deny
}

func (a *app) Deafen(s Switch) error {
	a.did <- fmt.Sprint("deafen ", s)
	return a.deny
}

// want waits for calls.
func (a *app) want(t *testing.T, want ...string) {
	t.Helper()
	for _, w := range want {
		if got := <-a.did; got != w {
			t.Errorf("%q, want %q", got, w)
		}
	}
	if len(a.did) > 0 {
		t.Errorf("and %q", <-a.did)
	}
}

func serve(t *testing.T, a *app) (s *Server, dir string) {
	t.Helper()
	dir = t.TempDir()
	s, err := Listen(dir, a, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, dir
}

// peer is another program.
type peer struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func dial(t *testing.T, dir string) *peer {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &peer{conn, t, bufio.NewReader(conn)}
}

// hear waits for a line that begins so.
func (p *peer) hear(want string) {
	p.t.Helper()
	if line, err := p.r.ReadString('\n'); err != nil || !strings.HasPrefix(line, want) {
		p.t.Errorf("%q %v, want %q", line, err, want)
	}
}

func (p *peer) say(line, want string) {
	p.t.Helper()
	if _, err := p.Write([]byte(line + "\n")); err != nil {
		p.t.Error(err)
	}
	p.hear(want)
}

func TestHoldAndLetGo(t *testing.T) {
	a := newApp()
	_, dir := serve(t, a)
	p := dial(t, dir)
	p.say("ptt down", "ok\n")
	a.want(t, "talk down")
	p.say("ptt up", "ok\n")
	a.want(t, "talk up")
	p.say("ptt up", "ok\n")
	p.say("whisper Bob Builder", "ok\n")
	p.say("priority", "ok\n")
	a.want(t, "whisper down Bob Builder", "priority down")
	p.say("ptt up", "ok\n")
	a.want(t, "priority up", "whisper up")
	p.say("mute", "ok\n")
	p.say("mute on", "ok\n")
	p.say("deafen off", "ok\n")
	a.want(t, "mute 0", "mute 1", "deafen 2")
}

// Who holds something and goes away holds it no more.
func TestGoneIsReleased(t *testing.T) {
	a := newApp()
	_, dir := serve(t, a)
	p := dial(t, dir)
	p.say("ptt down", "ok\n")
	p.say("whisper Bob", "ok\n")
	a.want(t, "talk down", "whisper down Bob")
	p.Close()
	a.want(t, "talk up", "whisper up")
	q := dial(t, dir)
	q.say("ptt down", "ok\n")
	a.want(t, "talk down")
	if _, err := q.Write([]byte(strings.Repeat("x", 2*maxLine))); err != nil {
		t.Error(err)
	}
	q.hear("error a line has no more than 512 bytes\n")
	a.want(t, "talk up")
	if _, err := q.r.ReadByte(); err == nil {
		t.Error("it goes on after a line without end")
	}
}

func TestLetGoOfByAnother(t *testing.T) {
	a := newApp()
	_, dir := serve(t, a)
	p, q := dial(t, dir), dial(t, dir)
	p.say("ptt down", "ok\n")
	p.say("priority", "ok\n")
	q.say("ptt up", "ok\n")
	p.hear("up\n") // once, for both
	a.want(t, "talk down", "priority down", "talk up", "priority up")
	p.say("ptt down", "ok\n")
	p.Close()
	a.want(t, "talk down", "talk up")
}

// A key that repeats runs its program again and again: the newest holds it.
func TestTheNewestHolds(t *testing.T) {
	a := newApp()
	_, dir := serve(t, a)
	p, q := dial(t, dir), dial(t, dir)
	p.say("whisper Ann", "ok\n")
	q.say("whisper Bob", "ok\n")
	p.hear("up\n")
	p.Close()
	q.say("mute", "ok\n")
	a.want(t, "whisper down Ann", "whisper down Bob", "mute 0")
	q.say("whisper Cid", "ok\n")
	q.Close()
	a.want(t, "whisper down Cid", "whisper up")
}

func TestToggle(t *testing.T) {
	a := newApp()
	_, dir := serve(t, a)
	p := dial(t, dir)
	p.say("ptt toggle", "ok\n")
	p.Close() // it stays
	q, r := dial(t, dir), dial(t, dir)
	q.say("mute", "ok\n")
	a.want(t, "talk down", "mute 0")
	q.say("ptt toggle", "ok\n")
	a.want(t, "talk up")
	q.say("ptt toggle", "ok\n")
	q.say("ptt up", "ok\n")
	a.want(t, "talk down", "talk up")
	q.say("priority", "ok\n")
	r.say("ptt toggle", "ok\n")
	q.hear("up\n")
	a.want(t, "priority down", "priority up")
}

// The program of a release was faster than that of the press.
func TestLatePress(t *testing.T) {
	a := newApp()
	_, dir := serve(t, a)
	p, q := dial(t, dir), dial(t, dir)
	p.say("@5000000000 ptt up", "ok\n")
	for _, line := range []string{"@4999999999 ptt down", "@3000000000 whisper Bob"} {
		q.say(line, "ok\n")
		q.hear("up\n")
	}
	q.say("@5000000000 ptt down", "ok\n") // after it
	a.want(t, "talk down")
	q.say("@2999999999 priority", "ok\n") // a clock that was set
	a.want(t, "priority down")
	q.say("@4000000000 whisper Bob", "ok\n") // late, while it holds others: it has them still, and not this
	q.say("@6000000000 ptt up", "ok\n")
	a.want(t, "talk up", "priority up")
}

func TestRefusals(t *testing.T) {
	a := newApp()
	a.deny = errors.New("not in\na channel")
	_, dir := serve(t, a)
	p := dial(t, dir)
	p.say("dance", `error there is no command "dance": it is ptt down`)
	p.say("ptt sideways", "error ptt takes down, up or toggle\n")
	p.say("\x1b[2J", "error a line is plain text\n")
	p.say("ptt down", "error not in a channel\n")
	p.say("ptt toggle", "error not in a channel\n")
	p.say("ptt up", "ok\n") // nothing is held
	p.say("mute", "error not in a channel\n")
	a.want(t, "mute 0")
}

func TestSocket(t *testing.T) {
	a := newApp()
	s, dir := serve(t, a)
	path := filepath.Join(dir, socketName)
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	p := dial(t, dir)
	p.say("ptt down", "ok\n")
	q := dial(t, dir)
	q.say("ptt toggle", "ok\n")
	p.hear("up\n")
	q.say("ptt toggle", "ok\n")
	a.want(t, "talk down", "talk up", "talk down")
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	a.want(t, "talk up")
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Listen(filepath.Join(dir, "nowhere"), a, nil); err == nil {
		t.Error("it listens in no folder")
	}
}

func TestSend(t *testing.T) {
	a := newApp()
	s, dir := serve(t, a)
	if err := Send(t.Context(), dir, "mute on", time.Time{}); err != nil {
		t.Error(err)
	}
	a.want(t, "mute 1")
	if err := Send(t.Context(), dir, "dance", time.Time{}); err == nil {
		t.Error("an unknown word was sent")
	}
	sent := make(chan error)
	go func() { sent <- Send(t.Context(), dir, "whisper Bob", time.Unix(5, 0)) }()
	a.want(t, "whisper down Bob")
	if err := Send(t.Context(), dir, "ptt up", time.Unix(6, 0)); err != nil || <-sent != nil {
		t.Error(err)
	}
	a.want(t, "whisper up")
	if err := Send(t.Context(), dir, "ptt down", time.Unix(5, 0)); err != nil {
		t.Errorf("late: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { sent <- Send(ctx, dir, "ptt down", time.Time{}) }()
	a.want(t, "talk down")
	cancel()
	if err := <-sent; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	a.want(t, "talk up")
	go func() { sent <- Send(t.Context(), dir, "priority", time.Time{}) }()
	a.want(t, "priority down")
	s.Close()
	if err := <-sent; !errors.Is(err, ErrLost) {
		t.Error(err)
	}
	a.want(t, "priority up")
	if err := Send(t.Context(), dir, "mute", time.Time{}); !errors.Is(err, ErrNobody) {
		t.Error(err)
	}
}

func TestSendIsRefused(t *testing.T) {
	a := newApp()
	a.deny = errors.New("not now")
	_, dir := serve(t, a)
	if err := Send(t.Context(), dir, "ptt down", time.Time{}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "not now") {
		t.Error(err)
	}
	for _, answer := range []string{"", "\n", "no\n", "error \x1b[2J\n", "okay\n", strings.Repeat("x", 2*maxLine)} {
		dir := t.TempDir()
		socket, err := net.Listen("unix", filepath.Join(dir, socketName))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if conn, err := socket.Accept(); err == nil {
				_, _ = bufio.NewReader(conn).ReadString('\n')
				_, _ = conn.Write([]byte(answer))
				conn.Close()
			}
		}()
		if err := Send(t.Context(), dir, "mute", time.Time{}); err == nil || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%.20q: %v", answer, err)
		}
		socket.Close()
	}
}

// Who holds nothing and says nothing has to go; who holds something may do so for as long as they like.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp()
		s := &Server{board: &board{controls: a}, ctx: t.Context()}
		ours, theirs := net.Pipe()
		p := &peer{ours, t, bufio.NewReader(ours)}
		ended := make(chan time.Duration, 1)
		begun := time.Now()
		go func() {
			s.serve(theirs)
			ended <- time.Since(begun)
		}()
		time.Sleep(patience - 1)
		p.say("ptt down", "ok\n")
		time.Sleep(24 * time.Hour)
		a.want(t, "talk down")
		if err := s.board.do(command{do: lift}, nil, time.Now()); err != nil {
			t.Error(err)
		}
		p.hear("up\n")
		a.want(t, "talk up")
		if got, want := <-ended, 24*time.Hour+2*patience-1; got != want {
			t.Errorf("it ended after %v, not %v", got, want)
		}
	})
}

// What was held before is dropped and told of; what was pressed since is not.
func TestDrop(t *testing.T) {
	a := newApp()
	s, dir := serve(t, a)
	p, q := dial(t, dir), dial(t, dir)
	p.say("ptt down", "ok\n")
	before := time.Now()
	q.say("priority", "ok\n")
	a.want(t, "talk down", "priority down")
	s.Drop(before)
	p.hear("up\n")
	a.want(t, "talk up")
	s.Drop(time.Now())
	q.hear("up\n")
	a.want(t, "priority up")
	s.Drop(time.Now())
	p.say("ptt down", "ok\n")
	a.want(t, "talk down")
}
