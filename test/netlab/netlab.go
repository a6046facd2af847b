//go:build linux

// Package netlab joins two network namespaces by a link whose loss, delay and jitter a test sets while it runs. The kernel
// need not have netem: the link is a goroutine between two TUN devices. It needs root, and nothing that it carries
// leaves the machine.
package netlab

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// Net is two namespaces, A and B, and the link between them.
type Net struct {
	A, B Side

	queues []*queue
	wg     sync.WaitGroup

	mu     sync.Mutex
	params Params
	counts [2]Counts // from A, from B
}

// Side is one namespace: its name for "ip netns exec", and its address on the link.
type Side struct {
	Name string
	IP   string
	tun  *os.File
}

// New makes the namespaces with a perfect link. seed decides which packets a bad one will lose.
func New(seed uint64) (*Net, error) {
	pid := os.Getpid()
	n := &Net{
		A: Side{Name: fmt.Sprintf("parley%da", pid), IP: "10.199.0.1"},
		B: Side{Name: fmt.Sprintf("parley%db", pid), IP: "10.199.0.2"},
	}
	for _, s := range []*Side{&n.A, &n.B} {
		if err := s.up(); err != nil {
			return nil, errors.Join(fmt.Errorf("make network namespace (needs root and /dev/net/tun): %w", err), n.Close())
		}
	}
	n.forward(&n.A, &n.B, 0, seed)
	n.forward(&n.B, &n.A, 1, seed+1)
	return n, nil
}

// up makes the namespace and moves a TUN device into it; the descriptor stays with this process.
func (s *Side) up() error {
	if err := ip("netns", "add", s.Name); err != nil {
		return err
	}
	var err error
	if s.tun, err = openTUN(s.Name); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"link", "set", s.Name, "netns", s.Name},
		{"-n", s.Name, "link", "set", "lo", "up"},
		{"-n", s.Name, "addr", "add", s.IP + "/24", "dev", s.Name},
		{"-n", s.Name, "link", "set", s.Name, "mtu", "1400", "up"},
	} {
		if err := ip(args...); err != nil {
			return err
		}
	}
	return nil
}

// Do runs f in the namespace: sockets that f opens stay there. f must not start goroutines that open more.
func (s *Side) Do(f func() error) error {
	done := make(chan error)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and no other one gets into the namespace.
		runtime.LockOSThread()
		ns, err := os.Open("/run/netns/" + s.Name)
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

// openTUN follows Documentation/networking/tuntap.rst; a file that does not block is one that Close can wake.
func openTUN(name string) (*os.File, error) {
	const (
		tunSetIff = 0x400454ca // TUNSETIFF
		iffTUN    = 0x0001     // IP packets
		iffNoPI   = 0x1000     // and nothing before them
	)
	fd, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	var request struct { // struct ifreq
		name  [16]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:15], name)
	request.flags = iffTUN | iffNoPI
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), tunSetIff, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return nil, errors.Join(fmt.Errorf("make TUN device: %w", errno), syscall.Close(fd))
	}
	return os.NewFile(uintptr(fd), name), nil
}

// forward starts the two goroutines of one direction: one that reads and decides, one that waits and writes.
func (n *Net) forward(from, to *Side, i int, seed uint64) {
	q := newQueue()
	n.queues = append(n.queues, q)
	d := &direction{rng: rand.New(rand.NewPCG(seed, 0))}
	n.wg.Go(func() {
		buf := make([]byte, 65536)
		for {
			size, err := from.tun.Read(buf)
			if err != nil {
				return // closed
			}
			n.mu.Lock()
			due, ok := d.pass(n.params, time.Now())
			ok = ok && q.put(due, buf[:size])
			if ok {
				n.counts[i].Passed++
			} else {
				n.counts[i].Lost++
			}
			n.mu.Unlock()
		}
	})
	n.wg.Go(func() {
		for data := q.take(); data != nil; data = q.take() {
			// A device that is not up yet refuses packets: so does a cable that is not plugged in.
			_, _ = to.tun.Write(data)
		}
	})
}

// Set changes the link from the next packet on, and counts from zero.
func (n *Net) Set(p Params) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.params = p
	n.counts = [2]Counts{}
}

// Counts is what has passed since the last Set, from A and from B.
func (n *Net) Counts() (fromA, fromB Counts) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.counts[0], n.counts[1]
}

// Close removes the namespaces; programs in them lose their network.
func (n *Net) Close() error {
	var errs []error
	for _, s := range []*Side{&n.A, &n.B} {
		if s.tun != nil {
			errs = append(errs, s.tun.Close())
		}
	}
	for _, q := range n.queues {
		q.close()
	}
	n.wg.Wait()
	for _, s := range []*Side{&n.A, &n.B} {
		if s.tun != nil {
			errs = append(errs, ip("netns", "del", s.Name))
		}
	}
	return errors.Join(errs...)
}

func ip(args ...string) error {
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %v: %w: %s", args, err, bytes.TrimSpace(out))
	}
	return nil
}
