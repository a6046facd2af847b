package mesh

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/transport/v4/vnet"
	"github.com/pion/turn/v5"
)

func TestRestartKeepsSound(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	a, b := e[0], e[1]
	w.start()
	defer a.talk()()
	defer b.talk()()
	join(a, b, Options{})
	first := await[LocalDescription](a, "b")
	connected(a, b)
	before := b.hears("a", 20)
	a.Offer(id("b"), 2, true, nil)
	second := await[LocalDescription](a, "b")
	if ufrag(t, first.SDP) == ufrag(t, second.SDP) {
		t.Error("ICE did not restart")
	}
	if second.Generation != 2 {
		t.Errorf("generation %d", second.Generation)
	}
	connected(a, b)
	after := b.hears("a", 100)
	a.hears("b", 100)
	if before[0].SSRC != after[0].SSRC || after[0].SSRC != after[99].SSRC {
		t.Error("the stream is another one")
	}
	for i := 1; i < len(after); i++ {
		if int16(after[i].Seq-after[i-1].Seq) <= 0 {
			t.Fatalf("packet %d after %d", after[i].Seq, after[i-1].Seq)
		}
	}
}

func ufrag(t *testing.T, sdp string) string {
	d, err := admit(sdp, horizon{loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	return d.ufrag
}

func TestPartitionHeals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, vnet.RouterConfig{MinDelay: 5 * time.Millisecond})
	e := w.add("a", "b")
	w.start()
	defer e[0].talk()()
	join(e[0], e[1], Options{})
	if await[Connected](e[0], "b").Healed || await[Connected](e[1], "a").Healed {
		t.Error("a new connection has healed")
	}
	e[1].hears("a", 5)
	w.parted.Store(true)
	await[Disconnected](e[0], "b")
	await[Disconnected](e[1], "a")
	w.parted.Store(false)
	if !await[Connected](e[0], "b").Healed || !await[Connected](e[1], "a").Healed {
		t.Error("one that has healed is a new connection")
	}
	e[1].forget()
	e[1].hears("a", 20)
}

// A path that stays away fails, and an ICE restart, which a far end may want, brings the same connection back.
func TestLostPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	w.start()
	defer e[0].talk()()
	join(e[0], e[1], Options{})
	connected(e[0], e[1])
	w.parted.Store(true)
	for _, way := range [][2]*end{{e[0], e[1]}, {e[1], e[0]}} {
		await[Disconnected](way[0], way[1].name)
		if f := await[Failed](way[0], way[1].name); !errors.Is(f.Err, ErrPath) {
			t.Fatalf("failed by %v", f.Err)
		}
	}
	w.parted.Store(false)
	e[0].Offer(id("b"), 2, true, nil)
	connected(e[0], e[1])
	e[1].forget()
	e[1].hears("a", 20)
}

func TestEight(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b", "c", "d", "e", "f", "g", "h")
	w.start()
	for i, a := range e {
		defer a.talk()()
		for _, b := range e[i+1:] {
			join(a, b, Options{})
		}
	}
	for _, a := range e {
		missing := map[string]bool{}
		for _, b := range e {
			missing[b.name] = a != b
		}
		for n, over := len(e)-1, timeout(); n > 0; {
			select {
			case h := <-a.heard:
				if missing[h.from] {
					missing[h.from] = false
					n--
				}
			case <-over:
				t.Fatalf("%s does not hear all: %v", a.name, missing)
			}
		}
	}
	e[3].Shutdown()
	await[Failed](e[0], "d")
	e[0].forget()
	e[0].hears("h", 10)
}

// Loss and delay are seen by both sides' figures.
func TestStats(t *testing.T) {
	t.Parallel()
	const delay = 20 * time.Millisecond
	w := newWorld(t, vnet.RouterConfig{MinDelay: delay})
	n := 0
	w.router.AddChunkFilter(func(c vnet.Chunk) bool { // every fifth of a's packets of sound gets lost
		if b := c.UserData(); host(c.SourceAddr()) == "10.0.0.10" && b[0] == 128 && b[1]&127 == opusType {
			n++
			return n%5 != 0
		}
		return true
	})
	e := w.add("a", "b")
	w.start()
	defer e[0].talk()()
	join(e[0], e[1], Options{})
	connected(e[0], e[1])
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	over := timeout()
	for {
		s, ok := e[0].Stats(id("b"))
		if ok && s.RTT > 0 && s.Loss > 0.1 {
			if s.RTT < 2*float64(delay.Milliseconds()) || s.Loss > 0.3 || s.Local != "host" || s.Relay || e[0].Loss() != s.Loss {
				t.Errorf("stats %+v", s)
			}
			break
		}
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("stats %+v", s)
		}
	}
	if _, ok := e[0].Stats(id("nobody")); ok {
		t.Error("stats of nobody")
	}
}

// With relay only, no packet goes to the far end itself, and it is told no address but the relay's.
func TestRelayOnly(t *testing.T) {
	w := newWorld(t, vnet.RouterConfig{})
	relay := addRelay(t, w)
	e := w.add("a", "b")
	w.start()
	o := Options{RelayOnly: true, ICE: []ICEServer{{
		URLs: []string{fmt.Sprintf("turn:%s:3478?transport=udp", relay), "stun:" + relay + ":3478"}, Username: "user", Password: "secret",
	}}}
	var said []string
	w.tamper = func(from, to string, ev Event) []Event {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch ev := ev.(type) {
		case LocalCandidate:
			said = append(said, ev.Candidate)
		case LocalDescription:
			if strings.Contains(ev.SDP, "10.0.0.") {
				t.Error("an address stands in the description")
			}
		}
		return []Event{ev}
	}
	defer e[0].talk()()
	join(e[0], e[1], o)
	connected(e[0], e[1])
	e[1].hears("a", 20)
	e[0].Offer(id("b"), 2, true, o.ICE) // nor after a restart
	connected(e[0], e[1])
	e[1].hears("a", 100)
	if s, _ := e[0].Stats(id("b")); !s.Relay || s.Local != "relay" {
		t.Errorf("stats %+v", s)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range said {
		if !strings.Contains(c, "typ relay raddr 0.0.0.0 rport 9") || !strings.Contains(c, relay) {
			t.Errorf("candidate %q", c)
		}
	}
	for _, x := range e {
		if to := w.to[x.address]; len(to) != 1 || !to[relay] {
			t.Errorf("%s has sent to %v", x.name, to)
		}
	}
	if len(said) < 4 {
		t.Errorf("only %d candidates", len(said))
	}
}

// A relay that has fallen silent holds nobody up: not who is about to ask it for something, nor who wants to leave.
func TestSilentRelay(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{})
	relay := addRelay(t, w)
	e := w.add("a", "b")
	asked := make(chan struct{}, 1)
	var silent atomic.Bool
	w.router.AddChunkFilter(func(c vnet.Chunk) bool {
		if host(c.DestinationAddr()) == relay {
			poke(asked)
		}
		return !silent.Load()
	})
	w.start()
	o := Options{RelayOnly: true, ICE: []ICEServer{{
		URLs: []string{fmt.Sprintf("turn:%s:3478?transport=udp", relay)}, Username: "user", Password: "secret",
	}}}
	leave := func(e *end, doing string) {
		begin := time.Now()
		e.Shutdown()
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("left after %v while %s", took, doing)
		}
	}
	defer e[0].talk()()
	join(e[0], e[1], o)
	connected(e[0], e[1])
	silent.Store(true)
	for i := range 20 { // each is an address that the relay has to be asked about
		e[0].Candidate(id("b"), 1, fmt.Sprintf("candidate:%d 1 udp 2000 192.0.2.%d 5000 typ relay raddr 0.0.0.0 rport 9", i+100, i+1), "0")
	}
	await[Disconnected](e[0], "b")
	e[0].Offer(id("b"), 2, true, o.ICE)
	if d := await[LocalDescription](e[0], "b"); d.Generation != 2 {
		t.Errorf("generation %d", d.Generation)
	}
	leave(e[0], "a new path is looked for")
	e[1].Close(id("a"))
	for len(asked) > 0 {
		<-asked
	}
	e[1].Open(id("a"), o)
	e[1].Offer(id("a"), 1, false, nil)
	<-asked
	leave(e[1], "the relay is asked for an address")
}

// addRelay puts a TURN server into the world.
func addRelay(t *testing.T, w *world) (address string) {
	n, address := w.newNet()
	w.ends["relay"] = nil
	conn, err := n.ListenPacket("udp4", address+":3478")
	if err != nil {
		t.Fatal(err)
	}
	key := turn.GenerateAuthKey("user", "parley", "secret")
	server, err := turn.NewServer(turn.ServerConfig{
		Realm:         "parley",
		LoggerFactory: silentLog(),
		AuthHandler:   func(*turn.RequestAttributes) (string, []byte, bool) { return "user", key, true },
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.ParseIP(address), Address: address, Net: n},
			PermissionHandler:     turn.DefaultPermissionHandler,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() }) //nolint:errcheck // it is closed
	return address
}
