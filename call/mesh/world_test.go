package mesh

import (
	"fmt"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/vnet"
)

// world is a network in this process, with meshes on it and a signaling that carries what they post to each other.
type world struct {
	t      testing.TB
	router *vnet.Router // nil: the machine's own loopback
	parted atomic.Bool  // no packet arrives

	tamper func(from, to string, ev Event) []Event // nil: as it is; set before the first join

	mu    sync.Mutex
	ends  map[string]*end
	media map[string]int             // RTP and RTCP packets that were sent, by the sender's address
	to    map[string]map[string]bool // whom each address has sent to
}

// end is one machine of the world.
type end struct {
	*Mesh
	w             *world
	name, address string
	events        chan Event
	kept          []Event // see next
	heard         chan heard
	feedback      chan Feedback
}

type heard struct {
	from  string
	sound Sound // the payload is a copy
}

// timeout is what a test waits at most for something that should come soon.
func timeout() <-chan time.Time { return time.After(30 * time.Second) }

func newWorld(t *testing.T, config vnet.RouterConfig) *world {
	w := newLoopback(t)
	config.CIDR, config.LoggerFactory = "10.0.0.0/24", silentLog()
	config.QueueSize = 10000
	netLock.Lock()
	defer netLock.Unlock()
	router, err := vnet.NewRouter(&config)
	if err != nil {
		t.Fatal(err)
	}
	w.router = router
	router.AddChunkFilter(w.watch)
	return w
}

func newLoopback(t testing.TB) *world {
	return &world{t: t, ends: map[string]*end{}, media: map[string]int{}, to: map[string]map[string]bool{}}
}

// watch sees every packet on the way.
func (w *world) watch(c vnet.Chunk) bool {
	from, to := host(c.SourceAddr()), host(c.DestinationAddr())
	b := c.UserData()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(b) > 0 && b[0] >= 128 && b[0] < 192 { // RFC 7983, section 7
		w.media[from]++
	}
	if w.to[from] == nil {
		w.to[from] = map[string]bool{}
	}
	w.to[from][to] = true
	return !w.parted.Load()
}

func host(a net.Addr) string {
	h, _, _ := net.SplitHostPort(a.String())
	return h
}

func (w *world) mediaFrom(e *end) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.media[e.address]
}

// netLock: vnet numbers all networks of the process by one counter without a lock of its own.
var netLock sync.Mutex

func (w *world) newNet() (transport.Net, string) {
	netLock.Lock()
	defer netLock.Unlock()
	address := fmt.Sprintf("10.0.0.%d", len(w.ends)+10)
	n, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{address}})
	if err == nil {
		err = w.router.AddNet(n)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return n, address
}

// add makes ends; start is called after the last.
func (w *world) add(names ...string) []*end {
	var made []*end
	for _, name := range names {
		made = append(made, w.addWith(name, Config{}))
	}
	return made
}

func (w *world) addWith(name string, c Config) *end {
	e := &end{w: w, name: name, events: make(chan Event, 4096), heard: make(chan heard, 1<<16), feedback: make(chan Feedback, 1024)}
	if w.router != nil {
		c.Net, e.address = w.newNet()
	}
	c.Post = e.post
	c.Sound = func(p Peer, s Sound) {
		s.Payload = slices.Clone(s.Payload)
		e.heard <- heard{p.User, s}
	}
	if c.Feedback == nil {
		c.Feedback = func(_ Peer, f Feedback) { e.feedback <- f }
	}
	m, err := New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	e.Mesh = m
	w.mu.Lock()
	w.ends[name] = e
	w.mu.Unlock()
	w.t.Cleanup(m.Shutdown)
	return e
}

func (w *world) start() {
	if w.router == nil {
		return
	}
	if err := w.router.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { w.router.Stop() }) //nolint:errcheck // it is stopped
}

// post is the signaling: what is for the far end goes straight there.
func (e *end) post(ev Event) {
	e.events <- ev
	out := []Event{ev}
	if e.w.tamper != nil {
		out = e.w.tamper(e.name, ev.From().User, ev)
	}
	for _, ev := range out {
		e.w.carry(e.name, ev)
	}
}

func (w *world) carry(from string, ev Event) {
	w.mu.Lock()
	to := w.ends[ev.From().User]
	w.mu.Unlock()
	if to == nil {
		return
	}
	switch ev := ev.(type) {
	case LocalDescription:
		to.Remote(id(from), ev.Generation, ev.Kind, ev.SDP, nil)
	case LocalCandidate:
		to.Candidate(id(from), ev.Generation, ev.Candidate, ev.Mid)
	}
}

func id(name string) Peer { return Peer{User: name, Member: name} }

// join opens the connection on both sides and lets the first offer.
func join(a, b *end, o Options) {
	o.Loopback = a.w.router == nil
	a.Open(id(b.name), o)
	b.Open(id(a.name), o)
	a.Offer(id(b.name), 1, false, nil)
}

// next returns the next event about that far end; those about others are kept for them.
func (e *end) next(about string) Event {
	e.w.t.Helper()
	for i, ev := range e.kept {
		if ev.From() == id(about) {
			e.kept = slices.Delete(e.kept, i, i+1)
			return ev
		}
	}
	for over := timeout(); ; {
		select {
		case ev := <-e.events:
			if ev.From() == id(about) {
				return ev
			}
			e.kept = append(e.kept, ev)
		case <-over:
			e.w.t.Fatalf("%s: nothing more happens about %s", e.name, about)
		}
	}
}

// await returns the next event of that type about that far end.
func await[E Event](e *end, about string) E {
	e.w.t.Helper()
	for {
		if ev, ok := e.next(about).(E); ok {
			return ev
		}
	}
}

func connected(a, b *end) {
	a.w.t.Helper()
	await[Connected](a, b.name)
	await[Connected](b, a.name)
}

// talk sends a packet every few milliseconds until stopped: its number in the payload, 20 ms on in the timestamp.
func (e *end) talk() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(4 * time.Millisecond)
		defer tick.Stop()
		for n := uint32(0); ; n++ {
			e.Send(Sound{Payload: []byte{byte(n >> 16), byte(n >> 8), byte(n), 0xaa}, Timestamp: n * 960, Marker: n == 0})
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	}()
	return sync.OnceFunc(func() { close(done); <-ended })
}

// hears waits until n packets of that far end have come.
func (e *end) hears(from string, n int) []Sound {
	e.w.t.Helper()
	over := timeout()
	var got []Sound
	for len(got) < n {
		select {
		case h := <-e.heard:
			if h.from == from {
				got = append(got, h.sound)
			}
		case <-over:
			e.w.t.Fatalf("%s heard %d of %d packets of %s", e.name, len(got), n, from)
		}
	}
	return got
}

// forget empties what was heard.
func (e *end) forget() {
	for len(e.heard) > 0 {
		<-e.heard
	}
}

// leakless fails the test when goroutines are left after everything is closed. Call it first; not in parallel tests.
func leakless(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for over := timeout(); runtime.NumGoroutine() > before; {
			select {
			case <-tick.C:
			case <-over:
				b := make([]byte, 1<<20)
				t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, b[:runtime.Stack(b, true)])
			}
		}
	})
}
