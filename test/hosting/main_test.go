//go:build linux

// Package hosting tests what lies between a server and the world: routers and authorities for certificates that are not ours.
package hosting

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/pion/stun/v3"

	"parley/server"
	"parley/test/lab"
)

var programs lab.Programs

// stunTo is the environment variable by which this program, started in another network, is told whom to ask for its address.
const stunTo = "PARLEY_TEST_STUN"

func TestMain(m *testing.M) {
	if to := os.Getenv(stunTo); to != "" {
		if err := askSTUN(to); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(lab.Main(&programs, lab.Build, m.Run))
}

// askSTUN wants an answer to a Binding request (RFC 8489) within three tries.
func askSTUN(to string) error {
	conn, err := net.Dial("udp", to)
	if err != nil {
		return err
	}
	defer conn.Close()
	buf := make([]byte, 1500)
	for range 3 {
		request := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
		if _, err = conn.Write(request.Raw); err != nil {
			continue
		}
		if err = conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			return err
		}
		var n int
		if n, err = conn.Read(buf); err == nil {
			answer := &stun.Message{Raw: buf[:n]}
			if err = answer.Decode(); err == nil && answer.TransactionID == request.TransactionID && answer.Type == stun.BindingSuccess {
				return nil
			}
		}
	}
	return fmt.Errorf("STUN: %w", err)
}

// within bounds what may hang; it is no measurement.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// await looks until something is so.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for ctx := within(t, time.Minute); !ok(); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited a minute: %s", what)
		}
	}
}

// scratch is a folder that is gone at the end.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := lab.TempDir(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// hosted is a parleyd and its folder.
type hosted struct {
	*lab.Server
	dir string
}

// serve starts parleyd on a fresh folder.
func serve(t *testing.T, netns, listen string, args ...string) hosted {
	t.Helper()
	h := hosted{dir: filepath.Join(scratch(t), "server")}
	var err error
	if h.Server, err = programs.Serve(within(t, 40*time.Second), listen, h.dir, lab.Command{Netns: netns, Args: args}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// status is what "parleyd status" prints.
func (h hosted) status(t *testing.T) (s server.Status) {
	t.Helper()
	out, err := exec.CommandContext(within(t, 20*time.Second), filepath.Join(programs.Dir, "parleyd"), "status", "--data", h.dir).Output()
	if err == nil {
		err = json.Unmarshal(out, &s)
	}
	if err != nil {
		t.Fatalf("status: %v: %s", err, out)
	}
	return s
}

// who has somebody new log in and list the members, and returns the exit status.
func who(t *testing.T, netns, link string) int {
	t.Helper()
	c, err := programs.Client(lab.Command{Netns: netns, Args: []string{"who", link, "--home", scratch(t), "--name", "Eve"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	status, err := c.Wait(within(t, 40*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return status
}
