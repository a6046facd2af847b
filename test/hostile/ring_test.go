package hostile_test

import (
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/call"
	"parley/call/calltest"
	"parley/identity"
	"parley/test/lab"
	"parley/wire"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
)

// exchange is a server that lets two people ring at each other, and writes down every word that they say to it.
type exchange struct {
	*lab.Imposter

	mu    sync.Mutex
	lines map[string]*line // by name
	call  string           // the last one that was asked for
}

// line is one client's.
type line struct {
	conn   *wire.Conn
	user   wire.User
	member wire.Member // with which it calls or has answered
	seq    uint64
	said   []wire.Message
}

func newExchange(t *testing.T) *exchange {
	x := &exchange{lines: map[string]*line{}}
	x.Imposter = newImposter(t, x.serve)
	return x
}

func (x *exchange) serve(c *wire.Conn, login wire.Login) {
	x.mu.Lock()
	l := &line{conn: c, user: welcome(c, login), seq: 1}
	x.lines[login.Name] = l
	for _, other := range x.lines {
		x.event(other, &wire.UserChanged{User: l.user})
		x.event(l, &wire.UserChanged{User: other.user})
	}
	x.mu.Unlock()
	for {
		env, err := c.Read(time.Now().Add(time.Minute))
		if err != nil {
			return
		}
		x.mu.Lock()
		l.said = append(l.said, env.Body)
		if reply := x.take(l, env.Body); reply != nil && env.ID != 0 {
			_ = c.Write(wire.Envelope{Re: env.ID, Body: reply})
		}
		x.mu.Unlock()
	}
}

func (x *exchange) event(to *line, m wire.Message) {
	if to.conn.Write(wire.Envelope{Seq: to.seq + 1, Body: m}) == nil { // else it is one that no server can send
		to.seq++
	}
}

func (x *exchange) other(l *line) *line {
	for _, o := range x.lines {
		if o != l {
			return o
		}
	}
	return nil
}

// take serves a call as an honest server would.
func (x *exchange) take(l *line, m wire.Message) wire.Message {
	to := x.other(l)
	switch m := m.(type) {
	case *wire.CallRing:
		x.call, l.member = m.Call, l.as(m.Member, m.Nonce)
		x.event(to, &wire.CallIncoming{Call: m.Call, From: l.member})
		return &wire.CallPlaced{Call: m.Call}
	case *wire.CallAccept:
		l.member = l.as(m.Member, m.Nonce)
		x.event(to, &wire.CallAnswered{Call: m.Call, With: l.member, Relay: &wire.Turn{}})
		return &wire.CallPlaced{Call: m.Call, With: &to.member, Relay: &wire.Turn{}}
	case *wire.CallEnd:
		x.event(to, &wire.CallEnded{Call: m.Call, Reason: wire.CallLeft})
	case wire.Relayed:
		m.Path().From = l.member.Address
		_ = to.conn.Write(wire.Envelope{Body: m})
		return nil
	}
	return &wire.OK{}
}

func (l *line) as(member string, nonce wire.Bytes) wire.Member {
	return wire.Member{Address: wire.Address{User: l.user.ID, Member: member}, Key: l.user.Key, Name: l.user.Name, Nonce: nonce}
}

// attack pushes at one of the two whatever could make it open a microphone, make a peer connection or send a packet. The other one's
// key is the server's accomplice: all that it signs is signed well. Trap is where packets would come to.
func (x *exchange) attack(name string, accomplice identity.Key, trap net.Addr, round int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	victim := x.lines[name]
	from := x.other(victim)
	me := victim.member // if it calls
	if me.Member == "" {
		me = victim.as(identity.NewMemberID(), identity.NewChallenge())
	}
	with := from.as(identity.NewMemberID(), identity.NewChallenge())
	if from.member.Member != "" {
		with = from.member
	}
	stranger := with
	stranger.Key = wire.Bytes(x.Key.Public())
	stranger.User = identity.UserID(x.Key.Public())
	_, port, _ := net.SplitHostPort(trap.String())
	candidate := "candidate:1 1 udp 2130706431 127.0.0.1 " + port + " typ host"
	relay := &wire.Turn{URLs: []string{"turn:" + trap.String(), "stun:" + trap.String()}, Username: "u", Password: "p", TTL: 60}
	text := sdp("a=fingerprint:sha-256 "+fingerprint(), "a="+candidate)
	generation := uint32(round + 1)
	for _, room := range []string{x.call, "c", identity.NewMemberID()} {
		route := wire.Route{To: me.Address, From: with.Address, Channel: room}
		for _, context := range []string{"call ", "channel "} {
			d := identity.Description{
				Context: context + identity.FormatKey(x.Key.Public()) + " " + room,
				From:    with.User, To: me.User, FromMember: with.Member, ToMember: me.Member,
				FromNonce: with.Nonce.String(), ToNonce: me.Nonce.String(), Role: identity.Offer, Generation: generation, SDP: text,
			}
			_ = victim.conn.Write(wire.Envelope{Body: &wire.Offer{Route: route, Generation: generation, SDP: text, Signature: d.Sign(accomplice)}})
			d.Role = identity.Answer
			_ = victim.conn.Write(wire.Envelope{Body: &wire.Answer{Route: route, Generation: generation, SDP: text, Signature: d.Sign(accomplice)}})
		}
		_ = victim.conn.Write(wire.Envelope{Body: &wire.Candidate{Route: route, Generation: generation, Candidate: candidate, Mid: "0"}})
		_ = victim.conn.Write(wire.Envelope{Body: &wire.NeedOffer{Route: route, Generation: generation, Fresh: round%2 == 0}})
		for _, m := range []wire.Message{
			&wire.CallAnswered{Call: room, With: stranger, Relay: relay}, &wire.CallPlaced{Call: room, With: &stranger, Relay: relay},
			&wire.CallPlaced{Call: room, With: &with, Relay: relay}, &wire.CallAccept{Call: room, Member: me.Member, Nonce: me.Nonce},
		} {
			x.event(victim, m)
		}
	}
	other := identity.NewMemberID()
	for _, m := range []wire.Message{
		&wire.CallAnswered{Call: other, With: with, Relay: relay}, &wire.CallEnded{Call: other, Reason: wire.CallLost},
		&wire.CallIncoming{Call: other, From: stranger}, &wire.CallIncoming{Call: other, From: with},
		&wire.Roster{Channel: "c", Seq: uint64(round + 2), Members: []wire.Member{me, with}, Relay: relay},
		&wire.MemberJoined{Channel: "c", Seq: uint64(round + 3), Member: with}, relay,
	} {
		x.event(victim, m)
	}
	if victim.member.Member == "" { // it rings there, and does not call
		x.event(victim, &wire.CallAnswered{Call: x.call, With: with, Relay: relay})
	}
}

func fingerprint() string {
	b := identity.NewChallenge()
	text := ""
	for i, v := range b {
		if i > 0 {
			text += ":"
		}
		text += fmt.Sprintf("%02X", v)
	}
	return text
}

// said counts what a client has said since it was let in, but heartbeats.
func (x *exchange) said(name string) (out []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, m := range x.lines[name].said {
		if _, ok := m.(*wire.Heartbeat); !ok {
			out = append(out, fmt.Sprintf("%T", m))
		}
	}
	return out
}

// counted is the real network, with every socket counted.
type counted struct {
	transport.Net
	sockets atomic.Int32
}

func (n *counted) ListenPacket(network, address string) (net.PacketConn, error) {
	n.sockets.Add(1)
	return n.Net.ListenPacket(network, address)
}

func (n *counted) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	n.sockets.Add(1)
	return n.Net.ListenUDP(network, at)
}

func (n *counted) DialUDP(network string, from, to *net.UDPAddr) (transport.UDPConn, error) {
	n.sockets.Add(1)
	return n.Net.DialUDP(network, from, to)
}

func (n *counted) Dial(network, address string) (net.Conn, error) {
	n.sockets.Add(1)
	return n.Net.Dial(network, address)
}

// caller is an engine whose devices and sockets are counted.
type caller struct {
	*call.Engine
	*counted
	t       *testing.T
	key     identity.Key
	devices *audiotest.Backend
}

// nobody knows nobody.
type nobody struct{}

func (nobody) Known(string, identity.PublicKey, string) call.Person {
	return call.Person{New: true, Volume: 1}
}
func (nobody) Everybody() map[string]call.Person                              { return nil }
func (nobody) Remember(string, identity.PublicKey, string, call.Person) error { return nil }

func newCaller(t *testing.T, x *exchange, name string) *caller {
	t.Helper()
	key, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	real, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	c := &caller{counted: &counted{Net: real}, t: t, key: key, devices: audiotest.NewBackend(audiotest.Mic("mic"), audiotest.Speaker("speaker"))}
	c.Engine, err = call.New(call.Config{
		Key: key, People: nobody{}, Net: c.counted,
		Sound: call.SoundConfig{
			Backend: c.devices, Voice: call.Voice{Mode: "open", FrameMS: 20},
			NewEncoder: func() (audio.Encoder, error) { return calltest.Codec{}, nil },
			NewDecoder: func() (audio.Decoder, error) { return calltest.Codec{}, nil },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	at := 0.0
	t.Cleanup(c.devices.Drive(func(frame []float32) {
		for i := range frame {
			at++
			frame[i] = float32(0.2 * math.Sin(at/20))
		}
	}, nil))
	t.Cleanup(c.Close)
	c.Do(call.Connect{Link: x.Link.String(), Name: name})
	c.until("online", func(s *call.Snapshot) bool { return s.Link == call.Online && len(s.Directory.Channels) == 1 })
	return c
}

func (c *caller) until(what string, done func(*call.Snapshot) bool) {
	c.t.Helper()
	over := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done(c.Snapshot()) {
		select {
		case <-tick.C:
		case <-over:
			c.t.Fatalf("in vain waited until %s; notices: %+v", what, c.Snapshot().Notices)
		}
	}
}

// opened is how many devices and sockets ever were.
func (c *caller) opened() (devices, sockets int) {
	for _, kind := range []audio.Kind{audio.Input, audio.Output} {
		n, _ := c.devices.Counts(kind)
		devices += n
	}
	return devices, int(c.sockets.Load())
}

// TestServerThatAnswersForOne lets a server do its worst, with the other one's key to help it, to two people between whom it rings:
// nothing of either opens and not a packet leaves. Then the call is taken, and connects, by the same server and the same sockets.
func TestServerThatAnswersForOne(t *testing.T) {
	x := newExchange(t)
	ana, ben := newCaller(t, x, "Ana"), newCaller(t, x, "Ben")
	trap, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trap.Close() })
	ana.until("Ben is known", func(s *call.Snapshot) bool { return len(s.Directory.Users) == 2 })
	ana.Do(call.Call{User: "Ben"})
	ana.until("it rings there", func(s *call.Snapshot) bool { return s.Ring != nil && s.Ring.Placed })
	ben.until("it rings", func(s *call.Snapshot) bool { return s.Ring != nil })
	for round := range 50 {
		x.attack("Ben", ana.key, trap.LocalAddr(), round)
		x.attack("Ana", ben.key, trap.LocalAddr(), round)
	}
	x.done("Ana", "Ben")
	for _, c := range []*caller{ana, ben} {
		c.until("all of it was read", func(s *call.Snapshot) bool { return s.Directory.Channels[0].Name == "Done" })
	}
	if err := trap.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, from, err := trap.ReadFrom(make([]byte, 2000)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a packet of %d bytes came from %v: %v", n, from, err)
	}
	for name, c := range map[string]*caller{"Ana": ana, "Ben": ben} {
		s := c.Snapshot()
		if devices, sockets := c.opened(); devices+sockets != 0 || s.Place.Phase != call.Idle || s.Ring == nil || s.Refused == 0 {
			t.Errorf("%s: %d devices and %d sockets were opened; %s, rings: %v, %d refused", name, devices, sockets, s.Place.Phase, s.Ring != nil, s.Refused)
		}
	}
	if said := x.said("Ben"); len(said) != 0 {
		t.Errorf("Ben said %v", said)
	}
	if said := x.said("Ana"); len(said) != 1 {
		t.Errorf("Ana said %v", said)
	}
	ben.Do(call.Accept{})
	for name, c := range map[string]*caller{"Ana": ana, "Ben": ben} {
		c.until(name+" hears the other", func(s *call.Snapshot) bool {
			heard := false
			for _, n := range s.Notices {
				heard = heard || n.Kind == call.NoticeFirstSound
			}
			return heard && len(s.Place.Peers) == 1 && s.Place.Peers[0].Phase == call.Connected
		})
		if devices, sockets := c.opened(); devices == 0 || sockets == 0 {
			t.Errorf("%s: nothing is counted in a call either: %d devices, %d sockets", name, devices, sockets)
		}
	}
}

// done tells clients a name that comes after everything.
func (x *exchange) done(names ...string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, n := range names {
		x.event(x.lines[n], &wire.ChannelChanged{Channel: wire.Channel{ID: "c", Name: "Done"}})
	}
}

// TestProgramsThatRing is the same with two parleyctl, as they are shipped: neither has a socket for packets until the call is
// taken, and none after the hang-up.
func TestProgramsThatRing(t *testing.T) {
	w, x := newWorld(t), newExchange(t)
	voice, _ := w.speech("voice.wav", 4)
	start := func(name string, args ...string) *lab.Client {
		c, err := programs.Client(lab.Command{Args: append(args, "--name", name, "--home", w.path("home-"+name), "--play", voice, "--record", w.path(name+".wav"), "--processing=off", "--mode", "open")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		w.awaits(c, "online")
		return c
	}
	ben := start("Ben", "answer", x.Link.String())
	ana := start("Ana", "call", x.Link.String(), "Ben")
	w.awaits(ben, "call_incoming")
	w.awaits(ana, "call_ringing")
	trap, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trap.Close() })
	for round := range 50 {
		x.attack("Ben", x.Key, trap.LocalAddr(), round)
		x.attack("Ana", x.Key, trap.LocalAddr(), round)
	}
	if err := trap.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, from, err := trap.ReadFrom(make([]byte, 2000)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a packet of %d bytes came from %v: %v", n, from, err)
	}
	for name, c := range map[string]*lab.Client{"Ana": ana, "Ben": ben} {
		if n := packetSockets(t, c.PID()); n != 0 {
			t.Errorf("%s has %d sockets for packets while it rings", name, n)
		}
	}
	if b, a := x.said("Ben"), x.said("Ana"); len(b) != 0 || len(a) != 1 {
		t.Errorf("Ben said %v, Ana %v", b, a)
	}
	if err := ben.Tell("accept"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*lab.Client{"Ana": ana, "Ben": ben} {
		w.awaits(c, "first_sound")
		if packetSockets(t, c.PID()) == 0 {
			t.Errorf("%s has no socket for packets in a call: the count is wrong", name)
		}
	}
	if err := ana.Tell("hangup"); err != nil {
		t.Fatal(err)
	}
	w.awaits(ben, "call_ended")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for over := time.After(500 * time.Millisecond); packetSockets(t, ben.PID()) > 0; {
		select {
		case <-tick.C:
		case <-over:
			t.Fatal("Ben has sockets for packets half a second after the call")
		}
	}
}

// packetSockets counts the UDP sockets of a process.
func packetSockets(t *testing.T, pid int) (n int) {
	t.Helper()
	own := map[string]bool{}
	dir := fmt.Sprintf("/proc/%d/", pid)
	fds, err := os.ReadDir(dir + "fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if to, err := os.Readlink(dir + "fd/" + fd.Name()); err == nil && strings.HasPrefix(to, "socket:[") {
			own[strings.Trim(to, "socket:[]")] = true
		}
	}
	for _, table := range []string{"net/udp", "net/udp6"} {
		b, err := os.ReadFile(dir + table)
		if err != nil {
			t.Fatal(err)
		}
		for row := range strings.Lines(string(b)) {
			if f := strings.Fields(row); len(f) > 9 && own[f[9]] { // inode, proc(5)
				n++
			}
		}
	}
	return n
}
