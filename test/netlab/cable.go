//go:build linux

package netlab

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// Link is the cable between two network devices. It has two ends, and so two directions: there is from the first to the
// second, which for a Port is from the host or router to the network that it is plugged into.
type Link struct {
	ends   [2]*os.File // TUN devices
	queues [2]*queue   // by where packets come from, as all below
	wg     sync.WaitGroup

	mu         sync.Mutex
	params     [2]Params
	directions [2]direction
	counts     [2]Counts
	watcher    func(Passage) // nil: nobody
}

// Passage is what becomes of one packet that comes to a Link.
type Passage struct {
	At     time.Time     // when it came
	Back   bool          // from the second end to the first
	Packet []byte        // from its IP header on; only as long as the watcher looks
	Wait   time.Duration // until its last bit has passed the bottleneck, or had it; without Rate none
	Lost   bool
}

// newLink lets packets pass between two TUN devices, which it owns from then on. seed decides which ones a bad link will lose.
func newLink(seed uint64, a, b *os.File) *Link {
	l := &Link{ends: [2]*os.File{a, b}}
	for i := range l.ends {
		l.directions[i].rng = rand.New(rand.NewPCG(seed+uint64(i), 0))
		l.queues[i] = newQueue()
		l.wg.Go(func() { l.listen(i) })
		l.wg.Go(func() { l.speak(i) })
	}
	return l
}

// listen reads what one end sends and decides what becomes of it.
func (l *Link) listen(i int) {
	buf := make([]byte, 65536)
	for {
		size, err := l.ends[i].Read(buf)
		if err != nil {
			return // closed
		}
		l.mu.Lock()
		now := time.Now()
		due, copies := l.directions[i].pass(l.params[i], now, size)
		passed := copies > 0
		for range copies {
			passed = l.queues[i].put(due, buf[:size]) && passed
		}
		if passed {
			l.counts[i].Passed++
		} else {
			l.counts[i].Lost++
		}
		if l.watcher != nil {
			l.watcher(Passage{now, i == 1, buf[:size], max(0, l.directions[i].free.Sub(now)), !passed})
		}
		l.mu.Unlock()
	}
}

// speak waits until packets are due and hands them to the other end.
func (l *Link) speak(i int) {
	q, to := l.queues[i], l.ends[1-i]
	for data := q.take(); data != nil; data = q.take() {
		// A device that is not up yet refuses packets: so does a cable that is not plugged in.
		_, _ = to.Write(data)
	}
}

// Set changes both directions from the next packet on, and counts from zero.
func (l *Link) Set(p Params) { l.SetWays(p, p) }

// SetWays does so with two that differ.
func (l *Link) SetWays(there, back Params) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.params = [2]Params{there, back}
	l.counts = [2]Counts{}
}

// Watch lets f see every packet from now on, one after the other (nil: nobody). It holds up the link as long as it looks.
func (l *Link) Watch(f func(Passage)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watcher = f
}

// Counts is what has passed since the last Set.
func (l *Link) Counts() (there, back Counts) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[0], l.counts[1]
}

func (l *Link) close() error {
	var errs []error
	for i, end := range l.ends {
		errs = append(errs, end.Close())
		l.queues[i].close()
	}
	l.wg.Wait()
	return errors.Join(errs...)
}

// openTUN makes a device in the namespace that the calling thread is in; it goes with the descriptor. It follows
// Documentation/networking/tuntap.rst; a file that does not block is one that Close can wake.
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
