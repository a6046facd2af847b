//go:build linux

package netlab

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// Node is a network namespace: a machine with devices, addresses and routes of its own.
type Node struct {
	Name string // for "ip netns exec"
}

const (
	namespaces = "/run/netns"
	own        = "/etc/netns" // what "ip netns exec" shows in the place of files of /etc
)

// newMark tells the worlds of one process apart.
func newMark() string { return fmt.Sprintf("%04x", rand.Uint32N(1<<16)) }

// newNode makes a namespace, whose name tells whose it is: this process's, of the world with that mark.
func newNode(mark, name string) (Node, error) {
	n := Node{fmt.Sprintf("parley%d-%s-%s", os.Getpid(), mark, name)}
	if err := run(nil, "ip", "netns", "add", n.Name); err != nil {
		return Node{}, fmt.Errorf("make network namespace (needs root, iproute2 and /dev/net/tun): %w", err)
	}
	return n, nil
}

func (n Node) remove() error {
	return errors.Join(run(nil, "ip", "netns", "del", n.Name), os.RemoveAll(filepath.Join(own, n.Name)))
}

// Do runs f in the namespace: sockets that f opens stay there. f must not start goroutines that open more.
func (n Node) Do(f func() error) error {
	done := make(chan error)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and no other one gets into the namespace.
		runtime.LockOSThread()
		ns, err := os.Open(filepath.Join(namespaces, n.Name))
		if err != nil {
			done <- err
			return
		}
		defer ns.Close()
		if _, _, errno := syscall.RawSyscall(setns[runtime.GOARCH], ns.Fd(), syscall.CLONE_NEWNET, 0); errno != 0 {
			done <- fmt.Errorf("enter namespace: %w", errno)
			return
		}
		done <- f()
	}()
	return <-done
}

// setns is the number of setns(2), which package syscall does not know everywhere.
var setns = map[string]uintptr{"amd64": 308, "arm64": 268}

// tun makes a TUN device in the namespace.
func (n Node) tun(name string) (f *os.File, err error) {
	err = n.Do(func() error {
		f, err = openTUN(name)
		return err
	})
	return f, err
}

// ip carries out commands of ip(8), one in a string.
func (n Node) ip(commands ...string) error {
	return run([]byte(strings.Join(commands, "\n")+"\n"), "ip", "-n", n.Name, "-batch", "-")
}

// nft takes a whole set of rules in the place of the ones before.
func (n Node) nft(rules string) error {
	return run([]byte("flush ruleset\n"+rules), "ip", "netns", "exec", n.Name, "nft", "-f", "-")
}

// set writes values below /proc/sys/net, which shows those of the namespace that asks.
func (n Node) set(values ...string) error {
	return n.Do(func() error {
		for _, v := range values {
			name, value, _ := strings.Cut(v, "=")
			if err := os.WriteFile(filepath.Join("/proc/sys/net", name), []byte(value), 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// file lets programs in the namespace see text as /etc/NAME.
func (n Node) file(name, text string) error {
	dir := filepath.Join(own, n.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
}

func run(stdin []byte, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Stdin = bytes.NewReader(stdin)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w: %s%s", name, args, err, bytes.TrimSpace(out), stdin)
	}
	return nil
}

// ours is what our namespaces are called; the number is the process that has made them.
var ours = regexp.MustCompile(`^parley(\d+)\D`)

// sweep removes what processes that are no more have left behind: namespaces, what runs in them, and their files of /etc.
func sweep() error {
	stale := map[string]bool{}
	for _, dir := range []string{namespaces, own} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		for _, e := range entries {
			m := ours.FindStringSubmatch(e.Name())
			if m == nil {
				continue
			}
			if !runs(m[1]) {
				stale[e.Name()] = true
			}
		}
	}
	for name := range stale {
		if err := (Node{name}).bury(); err != nil {
			return fmt.Errorf("sweep %s: %w", name, err)
		}
	}
	return nil
}

// runs says whether there is a process of that number that does something: one that was killed is there until its parent has asked
// for its end (proc(5), the letter behind the name).
func runs(pid string) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return false
	}
	_, state, _ := bytes.Cut(stat, []byte(") "))
	return !bytes.HasPrefix(state, []byte("Z")) && !bytes.HasPrefix(state, []byte("X"))
}

// bury ends what still runs in a namespace that nobody has any more, and removes it.
func (n Node) bury() error {
	if _, err := os.Stat(filepath.Join(namespaces, n.Name)); err != nil {
		return os.RemoveAll(filepath.Join(own, n.Name))
	}
	out, err := exec.Command("ip", "netns", "pids", n.Name).Output()
	if err != nil {
		return fmt.Errorf("ip netns pids: %w", err)
	}
	for _, pid := range strings.Fields(string(out)) {
		if p, err := strconv.Atoi(pid); err == nil && p > 1 {
			_ = syscall.Kill(p, syscall.SIGKILL) // it may have ended by itself
		}
	}
	return n.remove()
}
