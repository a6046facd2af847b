package router

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	home  = place{netip.MustParseAddr("192.168.1.1"), netip.MustParseAddr("192.168.1.7")}
	cafe  = place{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.9")}
	world = netip.MustParseAddr("8.8.4.4")
	ports = []Port{{TCP, 7440}, {UDP, 7440}}
)

func isWorld(a netip.Addr) bool { return a == world }

// fake is a router that notes what it is asked.
type fake struct {
	mu     sync.Mutex
	addr   netip.Addr
	shift  uint16           // added to the port that is asked for
	refuse map[Port]error   // what it refuses
	life   time.Duration    // that it gives
	held   map[Mapping]bool // what it passes on
	at     []time.Duration  // when it was asked for the first port
	start  time.Time
}

func (f *fake) external(context.Context) (netip.Addr, error) { return f.addr, nil }

func (f *fake) open(_ context.Context, p Port, outside uint16) (uint16, time.Duration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p == ports[0] {
		f.at = append(f.at, time.Since(f.start))
	}
	if err := f.refuse[p]; err != nil {
		return 0, 0, err
	}
	if outside == p.Inside {
		outside += f.shift
	}
	f.held[Mapping{p, outside}] = true
	return outside, f.life, nil
}

func (f *fake) shut(_ context.Context, m Mapping) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.held, m)
	return nil
}

func newFake() *fake {
	return &fake{addr: world, refuse: map[Port]error{}, life: lease, held: map[Mapping]bool{}, start: time.Now()}
}

func (f *fake) way(name string) way {
	return way{name, func(context.Context, place) (protocol, error) { return f, nil }}
}

var (
	silent    = way{"NAT-PMP", func(context.Context, place) (protocol, error) { return nil, errors.New("silence") }}
	unwilling = &answerError{"UPnP", 606, meaningsUPnP[606]}
)

// begin starts a router on a fake network, and waits for the first answer.
func begin(t *testing.T, c Config) *Router {
	t.Helper()
	c.Ports, c.Public = ports, isWorld
	if c.place == nil {
		c.place = func() (place, error) { return home, nil }
	}
	r := Start(c)
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOutcomes(t *testing.T) {
	no := errors.New("no")
	at := func(p place) func() (place, error) { return func() (place, error) { return p, nil } }
	tests := []struct {
		name    string
		change  func(*fake)
		config  Config
		outcome Outcome
		mapped  int
	}{
		{"as asked", nil, Config{}, Open, 2},
		{"another port", func(f *fake) { f.shift = 3 }, Config{}, Open, 2},
		{"two routers", func(f *fake) { f.addr = cafe.gateway }, Config{}, Behind, 2},
		{"a carrier's NAT", func(f *fake) { f.addr = netip.MustParseAddr("100.64.3.3") }, Config{}, Behind, 2},
		{"no address told", func(f *fake) { f.addr = netip.Addr{} }, Config{}, Behind, 2},
		{"half of it", func(f *fake) { f.refuse[ports[1]] = unwilling }, Config{}, Partial, 1},
		{"nothing", func(f *fake) { f.refuse[ports[0]], f.refuse[ports[1]] = no, unwilling }, Config{}, Refused, 0},
		{"no router", nil, Config{place: func() (place, error) { return place{}, errNoGateway }}, Missing, 0},
		{"a rented machine", nil, Config{place: at(place{netip.MustParseAddr("8.8.4.1"), world})}, Needless, 0},
		{"loopback alone", nil, Config{Bind: netip.MustParseAddr("127.0.0.1")}, Apart, 0},
		{"that address", nil, Config{Bind: home.local}, Open, 2},
		{"silence", nil, Config{ways: []way{silent}}, Silent, 0},
		{"somebody else's address", nil, Config{Probe: func(context.Context, netip.AddrPort) (bool, bool) { return true, false }}, Lying, 2},
		{"our address", nil, Config{Probe: func(context.Context, netip.AddrPort) (bool, bool) { return true, true }}, Open, 2},
		{"an address that can't be tried from here", nil, Config{Probe: func(context.Context, netip.AddrPort) (bool, bool) { return false, false }}, Open, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				if tt.change != nil {
					tt.change(f)
				}
				c := tt.config
				if c.ways == nil {
					c.ways = []way{silent, f.way("UPnP")}
				}
				r := begin(t, c)
				s := r.State()
				if s.Outcome != tt.outcome || len(s.Mapped) != tt.mapped || s.Sentence(ports) == "" {
					t.Errorf("%+v, want %s and %d", s, tt.outcome, tt.mapped)
				}
				to, ok := s.Outside(ports[0])
				if reached := tt.outcome == Open || tt.outcome == Partial; ok != reached || ok && to != netip.AddrPortFrom(world, ports[0].Inside+f.shift) {
					t.Errorf("outside: %v %v", to, ok)
				}
				if s.Seen != (tt.name == "our address") {
					t.Errorf("seen: %v", s.Seen)
				}
				_ = r.Close()
				_ = r.Close()
				if len(f.held) != 0 {
					t.Errorf("left open: %v", f.held)
				}
			})
		})
	}
}

// A way that refuses all is followed by the next one, and the first that works is kept.
func TestTheNextWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mean, kind := newFake(), newFake()
		mean.refuse[ports[0]], mean.refuse[ports[1]] = unwilling, unwilling
		r := begin(t, Config{ways: []way{mean.way("NAT-PMP"), kind.way("UPnP")}})
		defer r.Close()
		if s := r.State(); s.Outcome != Open || s.Way != "UPnP" {
			t.Errorf("%+v", s)
		}
		time.Sleep(lease + time.Second)
		synctest.Wait()
		if len(mean.at) != 1 || len(kind.at) != 3 {
			t.Errorf("asked %d and %d times", len(mean.at), len(kind.at))
		}
	})
}

// The lease is renewed at its half, by the port that was given; what was refused is asked for less and less often.
func TestRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.shift = 5
		r := begin(t, Config{ways: []way{f.way("UPnP")}})
		time.Sleep(2*lease + time.Second)
		synctest.Wait()
		for i, at := range f.at {
			if want := time.Duration(i) * lease / 2; at != want {
				t.Errorf("asked at %v, want %v", at, want)
			}
		}
		want := Mapping{ports[0], ports[0].Inside + 5}
		if len(f.at) != 5 || len(f.held) != 2 || !f.held[want] {
			t.Errorf("asked %d times, open: %v", len(f.at), f.held)
		}
		_ = r.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.life = time.Second
		r := begin(t, Config{ways: []way{f.way("UPnP")}})
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(f.at); n > 5 {
			t.Errorf("a lease of a second had it asked %d times a minute", n)
		}
		_ = r.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.refuse[ports[0]], f.refuse[ports[1]] = unwilling, unwilling
		r := begin(t, Config{ways: []way{f.way("UPnP")}})
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(f.at); n < 5 || n > 12 {
			t.Errorf("asked %d times an hour", n)
		}
		_ = r.Close()
	})
}

// A machine that moves asks the new network's router at once.
func TestAnotherNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, states := home, []Outcome{}
		f := newFake()
		r := begin(t, Config{
			place:   func() (place, error) { mu.Lock(); defer mu.Unlock(); return now, nil },
			ways:    []way{f.way("UPnP")},
			Changed: func(s State) { states = append(states, s.Outcome) },
		})
		move := func(to place) {
			mu.Lock()
			now = to
			mu.Unlock()
			time.Sleep(tick + time.Second)
			synctest.Wait()
		}
		move(place{})
		if s := r.State(); s.Outcome != Missing {
			t.Errorf("without a network: %+v", s)
		}
		f.addr = cafe.gateway
		move(cafe)
		if s := r.State(); s.Outcome != Behind || len(f.at) != 2 {
			t.Errorf("in another one: %+v, asked %d times", s, len(f.at))
		}
		_ = r.Close()
		if !slices.Equal(states, []Outcome{Open, Missing, Behind}) {
			t.Errorf("told: %v", states)
		}
	})
}

// What differs in nothing is told once.
func TestToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := 0
		r := begin(t, Config{ways: []way{newFake().way("UPnP")}, Changed: func(State) { told++ }})
		time.Sleep(10 * lease)
		synctest.Wait()
		_ = r.Close()
		if told != 1 {
			t.Errorf("told %d times", told)
		}
	})
}

func TestSentences(t *testing.T) {
	two := []Mapping{{ports[0], 7440}, {ports[1], 7441}}
	for _, tt := range []struct {
		s    State
		want string
	}{
		{State{Outcome: Open, Way: "UPnP", Mapped: two, Seen: true}, "The router (UPnP) passes TCP 7440 and UDP 7440 (outside: 7441) on to this computer, so anybody with the invite can join. A connection from outside was seen to arrive."},
		{State{Outcome: Refused, Way: "UPnP", Refusal: refusal(unwilling)}, "The router (UPnP) refused: it is set to map no ports for others (UPnP error 606). Allow it there, or pass TCP 7440 and UDP 7440 on to this computer by hand."},
	} {
		if got := tt.s.Sentence(ports); got != tt.want {
			t.Errorf("%q", got)
		}
	}
	if got := refusal(&answerError{way: "UPnP", code: 999}); got != "UPnP error 999" {
		t.Errorf("%q", got)
	}
	if (State{}).Sentence(ports) != "" || ask([]Port{{TCP, 1}, {UDP, 2}, {UDP, 3}}) != "TCP 1, UDP 2 and UDP 3" || ask(nil) != "" {
		t.Error("lists")
	}
}
