package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"parley/identity"
	"parley/probe"
	"parley/wire"
)

// The command line talks to a running server over DIR/control.sock, which only the folder's owner may open: a JSON object
// on a line there, and one back. With no server running it opens the folder itself, under the store's lock. Both ways end in
// hub.command, so they do the same.

const controlSocket = "control.sock"

// Command is what the command line asks.
type Command struct {
	Do       string `json:"do"` // one of the Do constants
	Uses     int    `json:"uses,omitempty"`
	ExpiresS int64  `json:"expires_s,omitempty"`
	Channel  string `json:"channel,omitempty"` // DoChannelAdd: its name; DoChannelRemove: its name or id
}

// What a Command can do.
const (
	DoInvite        = "invite"
	DoChannels      = "channels"
	DoChannelAdd    = "channel.add"
	DoChannelRemove = "channel.remove"
	DoUsers         = "users"
	DoStatus        = "status" // of the running server
	DoDoctor        = "doctor" // likewise; see Doctor
	DoClaim         = "claim"  // a new owner's claim, in place of one that was lost
)

// Result answers a Command with what it made, removed or listed.
type Result struct {
	Invites  []wire.Invite   `json:"invites,omitempty"`
	Channels []wire.Channel  `json:"channels,omitempty"`
	Users    []wire.User     `json:"users,omitempty"` // their status is offline where no server runs
	Claim    string          `json:"claim,omitempty"`
	Status   *Status         `json:"status,omitempty"`
	Findings []probe.Finding `json:"findings,omitempty"`
	Error    *wire.Error     `json:"error,omitempty"`
}

const (
	controlTimeout = 10 * time.Second
	maxCommand     = 4 << 10
	maxResult      = 4 << 20
)

// Control has a command done on the folder dir: by the server that runs there, or else directly. A refusal is a *wire.Error.
func Control(ctx context.Context, dir string, c Command) (Result, error) {
	conn, err := dialControl(ctx, dir)
	var r Result
	if err == nil {
		defer conn.Close()
		r, err = ask(conn, c)
	} else {
		r, err = alone(dir, c)
	}
	if err == nil && r.Error != nil {
		err = r.Error
	}
	return r, err
}

func ask(conn net.Conn, c Command) (r Result, err error) {
	if err = conn.SetDeadline(time.Now().Add(controlTimeout)); err == nil {
		if err = json.NewEncoder(conn).Encode(c); err == nil {
			err = json.NewDecoder(io.LimitReader(conn, maxResult)).Decode(&r)
		}
	}
	if err != nil {
		return r, fmt.Errorf("talk to the running server: %w", err)
	}
	return r, nil
}

// alone does a command in a folder where no server runs.
func alone(dir string, c Command) (Result, error) {
	if _, err := os.Stat(filepath.Join(dir, databaseFile)); err != nil {
		return Result{}, fmt.Errorf("no server has run in this folder yet: %w", err)
	}
	st, err := openStore(dir)
	if err != nil {
		return Result{}, err
	}
	defer st.close()
	key, err := identity.Load(filepath.Join(dir, "server.key"))
	if err != nil {
		return Result{}, fmt.Errorf("the server's key: %w", err)
	}
	host, err := st.meta(metaHost)
	if err != nil || host == nil {
		return Result{}, errors.Join(errors.New("the server's address is not known: start it once"), err)
	}
	limits := defaultLimits()
	h := newHub(Config{limits: &limits, Now: time.Now, Log: slog.New(slog.DiscardHandler)}, st)
	h.link = wire.Link{Host: string(host), Key: wire.Bytes(key.Public()), Mode: wire.ModeNative}
	if err := h.load(); err != nil {
		return Result{}, err
	}
	return h.command(c), nil
}

// command does what the command line asks.
func (h *hub) command(c Command) (r Result) {
	var err error
	switch c.Do {
	case DoInvite:
		var i wire.Invite
		i, err = h.newInvite(c.Uses, time.Duration(min(c.ExpiresS, wire.MaxExpires+1))*time.Second, false)
		r.Invites = []wire.Invite{i}
	case DoChannels:
		r.Channels = h.wireChannels()
	case DoChannelAdd:
		if _, err = h.channelAdd(nil, &wire.ChannelAdd{Name: c.Channel}); err == nil {
			r.Channels = h.wireChannels()[len(h.channels)-1:]
		}
	case DoChannelRemove:
		r.Channels, err = h.removeNamed(c.Channel)
	case DoUsers:
		for _, u := range h.users {
			r.Users = append(r.Users, u.wire())
		}
		slices.SortFunc(r.Users, func(a, b wire.User) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	case DoClaim:
		r.Claim, err = h.newClaim()
	case DoStatus, DoDoctor:
		err = wire.Errorf(wire.NotFound, "No server is running in this folder.")
	default:
		err = wire.Errorf(wire.UnknownType, "This version does not know that command.")
	}
	if err != nil {
		return Result{Error: h.tell("control "+c.Do, err)}
	}
	return r
}

func (h *hub) removeNamed(name string) ([]wire.Channel, error) {
	for _, c := range h.wireChannels() {
		if c.ID == name || strings.EqualFold(c.Name, cleanName(name)) {
			_, err := h.channelRemove(nil, &wire.ChannelRemove{Channel: c.ID})
			return []wire.Channel{c}, err
		}
	}
	_, err := h.channel("")
	return nil, err
}

// acceptPause is how long the control socket waits after a failed accept: too many open files is such a failure, and passes.
const acceptPause = 300 * time.Millisecond

// serveControl answers the command line until its socket is closed, one connection at a time: nobody else has the socket.
func (srv *Server) serveControl(ctx context.Context) {
	for {
		conn, err := srv.control.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			srv.log.Warn("the command line can't be heard", "err", err)
			time.Sleep(acceptPause)
			continue
		}
		srv.obey(ctx, conn)
		conn.Close()
	}
}

func (srv *Server) obey(ctx context.Context, conn net.Conn) {
	if conn.SetDeadline(time.Now().Add(lastWord)) != nil { // a shutdown waits for it
		return
	}
	var c Command
	if json.NewDecoder(io.LimitReader(conn, maxCommand)).Decode(&c) != nil {
		return
	}
	var r Result
	if c.Do == DoDoctor {
		r.Findings = srv.examine(ctx)
		_ = conn.SetDeadline(time.Now().Add(lastWord)) // it has taken its time
	} else {
		r = srv.command(c)
	}
	_ = json.NewEncoder(conn).Encode(r) // who asked has gone, or has it
}

// command does what only a running server can, and leaves the rest to the hub.
func (srv *Server) command(c Command) (r Result) {
	if c.Do == DoStatus {
		s := srv.Status()
		return Result{Status: &s}
	}
	_ = srv.locked(func(h *hub) error {
		r = h.command(c)
		return nil
	})
	return r
}

// listenControl makes the socket. The store's lock is ours, so one that is there already is a dead server's.
func listenControl(dir string) (net.Listener, error) {
	path := filepath.Join(dir, controlSocket)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("make the control socket: %w", err)
	}
	near, done, err := shorten(dir)
	if err != nil {
		return nil, fmt.Errorf("make the control socket: %w", err)
	}
	defer done()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: near, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("make the control socket: %w", err)
	}
	l.SetUnlinkOnClose(false) // the name may be a shortened one; closeControl knows the true one
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("make the control socket: %w", err)
	}
	return l, nil
}

func closeControl(dir string, l net.Listener) error {
	return errors.Join(l.Close(), os.Remove(filepath.Join(dir, controlSocket)))
}

func dialControl(ctx context.Context, dir string) (net.Conn, error) {
	near, done, err := shorten(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	return (&net.Dialer{Timeout: controlTimeout}).DialContext(ctx, "unix", near)
}

// maxSocketPath is what every system takes; the least is 104 bytes with the final zero (sockaddr_un of the BSDs).
const maxSocketPath = 100

// shorten names the control socket by a path that a socket's address has room for.
func shorten(dir string) (path string, done func(), err error) {
	path = filepath.Join(dir, controlSocket)
	if len(path) <= maxSocketPath || runtime.GOOS != "linux" {
		return path, func() {}, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", f.Fd(), controlSocket), func() { f.Close() }, nil
}
