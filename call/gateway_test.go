package call

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"parley/identity"
	"parley/wire"
)

// line is a connection in memory. The gateway holds it as a Conn; the test plays the server at the other end.
type line struct {
	up, down chan wire.Envelope // to and from the server
	garbage  chan error         // makes Read fail as if something undecodable had come
	closed   chan struct{}
}

func newLine() *line {
	return &line{make(chan wire.Envelope, 64), make(chan wire.Envelope, 64), make(chan error, 200), make(chan struct{})}
}

func (l *line) Read(deadline time.Time) (wire.Envelope, error) {
	var late <-chan time.Time
	if !deadline.IsZero() {
		late = time.After(time.Until(deadline))
	}
	select {
	case e := <-l.down:
		return e, nil
	case err := <-l.garbage:
		return wire.Envelope{}, err
	case <-late:
		return wire.Envelope{}, errors.New("deadline")
	case <-l.closed:
		return wire.Envelope{}, io.EOF
	}
}

func (l *line) Write(e wire.Envelope) error {
	select {
	case l.up <- e:
		return nil
	case <-l.closed:
		return io.ErrClosedPipe
	}
}

func (l *line) Binding(string) ([]byte, error) { return make([]byte, 32), nil }

func (l *line) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

// get is the next message that the client sends.
func (l *line) get(t *testing.T) wire.Envelope {
	t.Helper()
	select {
	case e := <-l.up:
		return e
	case <-time.After(time.Minute):
		t.Fatal("the client sends nothing")
	case <-l.closed:
		t.Fatal("the client has closed")
	}
	return wire.Envelope{}
}

func (l *line) put(m wire.Message) { l.down <- wire.Envelope{Body: m} }

// desk is a gateway with everything around it in the test's hands.
type desk struct {
	t      *testing.T
	server identity.Key
	lines  chan *line // each dial takes one; none: refused
	events chan event
	g      *gateway
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	server, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	client, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, server: server, lines: make(chan *line, 8), events: make(chan event, 1024)}
	d.g = &gateway{
		key: client, name: "Ana", status: wire.Online, log: slog.New(slog.DiscardHandler),
		link:  wire.Link{Host: "localhost:1", Key: wire.Bytes(server.Public()), Mode: wire.ModeNative, Secret: "secret"},
		admit: func(e event) { d.events <- e },
		dial: func(context.Context, wire.Link) (Conn, error) {
			select {
			case l := <-d.lines:
				return l, nil
			default:
				return nil, errors.New("refused")
			}
		},
	}
	return d
}

func (d *desk) start() {
	startGateway(d.g)
	d.t.Cleanup(func() { d.g.stop(); <-d.g.done })
}

// hello plays the server up to the point where the client has spoken: what it said, and the challenge.
func (d *desk) hello(l *line, signer identity.Key) {
	d.t.Helper()
	h := l.get(d.t).Body.(wire.Hello)
	proof := identity.ServerHello{Server: signer.Public(), Nonce: h.Nonce, Challenge: make([]byte, 32), Mode: identity.Native, Binding: make([]byte, 32)}
	l.put(&wire.ServerHello{Version: wire.Version, Name: "Home", Key: wire.Bytes(signer.Public()), Challenge: make([]byte, 32), Signature: proof.Sign(signer)})
}

// welcome plays the server's side of a login or a resume, and returns what the client sent.
func (d *desk) welcome(l *line, session string, resumed bool) wire.Message {
	d.t.Helper()
	d.hello(l, d.server)
	said := l.get(d.t).Body
	l.put(&wire.Welcome{Session: session, User: d.g.key.ID(), Role: wire.RoleMember, Resumed: resumed, HeartbeatMS: 15000})
	return said
}

// online starts the gateway and logs it in.
func (d *desk) online() *line {
	d.t.Helper()
	l := newLine()
	d.lines <- l
	d.start()
	d.welcome(l, "s1", false)
	next[linkUp](d)
	return l
}

// next is the next event that is an E.
func next[E event](d *desk) E {
	d.t.Helper()
	for deadline := time.After(time.Hour); ; {
		select {
		case e := <-d.events:
			if want, ok := e.(E); ok {
				return want
			}
		case <-deadline:
			var none E
			d.t.Fatalf("no %T", none)
		}
	}
}

func TestLoginSpeaksOnlyToTheServerOfTheLink(t *testing.T) {
	for _, honest := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			d, l := newDesk(t), newLine()
			d.lines <- l
			d.start()
			if honest {
				if login, ok := d.welcome(l, "s1", false).(wire.Login); !ok || login.Invite != "secret" {
					t.Errorf("said %+v", login)
				}
				if up := next[linkUp](d); up.serverName != "Home" {
					t.Errorf("%+v", up)
				}
				return
			}
			other, _ := identity.Generate(nil)
			d.hello(l, other) // a man in the middle with a certificate and a key of his own
			down := next[linkDown](d)
			if !errors.Is(down.err, ErrServerKey) || !down.final || failureCode(down.err) != CodeServerKey {
				t.Errorf("%+v", down)
			}
			synctest.Wait()
			if len(l.up) != 0 {
				t.Errorf("he was told %+v", <-l.up)
			}
		})
	}
}

// The right key with a signature over another connection: somebody passes the real server's words on.
func TestRelayedServerHelloIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, l := newDesk(t), newLine()
		d.lines <- l
		d.start()
		h := l.get(t).Body.(wire.Hello)
		elsewhere := identity.ServerHello{Server: d.server.Public(), Nonce: h.Nonce, Challenge: make([]byte, 32), Mode: identity.Native, Binding: append(make([]byte, 31), 1)}
		l.put(&wire.ServerHello{Version: wire.Version, Key: wire.Bytes(d.server.Public()), Challenge: make([]byte, 32), Signature: elsewhere.Sign(d.server)})
		if down := next[linkDown](d); !errors.Is(down.err, ErrServerKey) || len(l.up) != 0 {
			t.Errorf("%+v", down)
		}
	})
}

func TestComesBackAndResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		l := d.online()
		l.down <- wire.Envelope{Seq: 1, Body: &wire.Snapshot{Last: true}}
		next[received](d)
		d.g.ask(&wire.ChannelAdd{Name: "x"}, tag{made: 7})
		asked := l.get(t)
		_ = l.Close() // before the answer
		if down := next[linkDown](d); down.final {
			t.Errorf("%+v", down)
		}
		l = newLine()
		d.lines <- l // there again after some refused tries
		resume, ok := d.welcome(l, "s1", true).(wire.Resume)
		if !ok || resume.Session != "s1" || resume.LastSeq != 1 {
			t.Errorf("said %+v", resume)
		}
		if again := l.get(t); again.ID != asked.ID || again.ID == 0 {
			t.Errorf("asked again as %d, first as %d", again.ID, asked.ID)
		}
		l.down <- wire.Envelope{Re: asked.ID, Body: &wire.OK{}}
		if r := next[replied](d); r.tag.made != 7 {
			t.Errorf("%+v", r)
		}
	})
}

func TestNewSessionFailsTheOldRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		l := d.online()
		d.g.ask(&wire.ChannelAdd{Name: "x"}, tag{made: 7})
		l.get(t)
		_ = l.Close()
		next[linkDown](d)
		l = newLine()
		d.lines <- l
		d.hello(l, d.server)
		l.get(t)
		again := newLine()
		d.lines <- again
		l.put(wire.Errorf(wire.SessionGone, "restarted"))
		l = again
		if login, ok := d.welcome(l, "s2", false).(wire.Login); !ok || login.Invite != "" {
			t.Errorf("said %+v; the invite is used up", login)
		}
		if r := next[replied](d); r.tag.made != 7 || wire.CodeOf(r.body.(*wire.Error)) != wire.SessionGone {
			t.Errorf("%+v", r)
		}
	})
}

func TestEndsThatAreFinal(t *testing.T) {
	for name, c := range map[string]struct {
		last  wire.Message
		final bool
		code  string
	}{
		"kicked":   {&wire.Goaway{Reason: wire.ReasonKicked}, true, wire.ReasonKicked},
		"replaced": {&wire.Goaway{Reason: wire.ReasonReplaced}, true, wire.ReasonReplaced},
		"shutdown": {&wire.Goaway{Reason: wire.ReasonShutdown}, false, wire.ReasonShutdown},
		"expired":  {wire.Errorf(wire.InviteExpired, "too old"), true, string(wire.InviteExpired)},
		"rate":     {wire.Errorf(wire.RateLimited, "slower"), false, string(wire.RateLimited)},
		"nonsense": {&wire.Snapshot{}, true, CodeProtocol},
	} {
		synctest.Test(t, func(t *testing.T) {
			d, l := newDesk(t), newLine()
			d.lines <- l
			d.start()
			d.hello(l, d.server)
			l.get(t)
			l.put(c.last)
			if down := next[linkDown](d); down.final != c.final || failureCode(down.err) != c.code {
				t.Errorf("%s: %+v", name, down)
			}
		})
	}
}

// Whoever was let in once keeps trying, whatever answers at the server's address: a call may be going on.
func TestAMemberKeepsTrying(t *testing.T) {
	for name, c := range map[string]struct {
		last  wire.Message
		final bool
	}{
		"version":     {wire.Errorf(wire.BadVersion, "newer"), false},
		"nonsense":    {&wire.Snapshot{}, false},
		"no member":   {wire.Errorf(wire.InviteNeeded, "kicked while away"), true},
		"not allowed": {wire.Errorf(wire.NotAllowed, "no"), true},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t)
			_ = d.online().Close()
			next[linkDown](d)
			l := newLine()
			d.lines <- l
			d.hello(l, d.server)
			l.get(t)
			l.put(c.last)
			synctest.Wait()
			for {
				down := next[linkDown](d)
				if failureCode(down.err) == CodeNetwork {
					continue // before the line was there
				}
				if down.final != c.final {
					t.Errorf("%s: %+v", name, down)
				}
				return
			}
		})
	}
}

func TestTheServerSaysWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		l := d.online()
		l.put(&wire.Goaway{Reason: wire.ReasonFlood, RetryMS: 5000})
		next[linkDown](d)
		start := time.Now()
		if next[linkDown](d); time.Since(start) < 5*time.Second {
			t.Errorf("back after %v", time.Since(start))
		}
	})
}

// Nothing piles up while there is no connection; requests are kept, and not without end.
func TestNothingPilesUpWhileAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		_ = d.online().Close()
		next[linkDown](d)
		for range 5000 {
			d.g.send(&wire.NeedOffer{})
		}
		for range maxPending {
			d.g.ask(&wire.VoiceLeave{}, tag{})
		}
		d.g.ask(&wire.VoiceLeave{}, tag{made: 9})
		if r := next[replied](d); r.tag.made != 9 || wire.CodeOf(r.body.(*wire.Error)) != wire.RateLimited {
			t.Errorf("%+v", r)
		}
		d.g.mu.Lock()
		defer d.g.mu.Unlock()
		if len(d.g.unsent) != 0 || len(d.g.pending) != maxPending {
			t.Errorf("%d unsent, %d pending", len(d.g.unsent), len(d.g.pending))
		}
	})
}

func TestGarbageEndsTheConnectionAndALittleDoesNot(t *testing.T) {
	for _, amount := range []int{5, 150} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t)
			l := d.online()
			for range amount {
				l.garbage <- wire.Errorf(wire.BadMessage, "not JSON")
			}
			synctest.Wait()
			if amount > 100 {
				if down := next[linkDown](d); down.final || failureCode(down.err) != CodeProtocol {
					t.Errorf("%+v", down)
				}
				return
			}
			l.down <- wire.Envelope{Seq: 1, Body: &wire.UserRemoved{}}
			next[received](d)
		})
	}
}

func TestSilentServerIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		l := d.online()
		start := time.Now()
		if down := next[linkDown](d); down.final || time.Since(start) != 45*time.Second {
			t.Errorf("after %v: %+v", time.Since(start), down)
		}
		if beats := len(l.up); beats < 2 {
			t.Errorf("%d heartbeats", beats)
		}
	})
}

func TestGapsAndRepeatsOfEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		l := d.online()
		for _, seq := range []uint64{1, 2, 2, 1, 5, 6} {
			l.down <- wire.Envelope{Seq: seq, Body: &wire.UserRemoved{User: fmt.Sprint(seq)}}
		}
		synctest.Wait()
		var got []string
		for len(d.events) > 0 {
			switch e := (<-d.events).(type) {
			case received:
				got = append(got, e.body.(*wire.UserRemoved).User)
			case gapSeen:
				got = append(got, "gap")
			}
		}
		if want := "[1 2 gap 5 6]"; fmt.Sprint(got) != want {
			t.Errorf("%v, want %s", got, want)
		}
	})
}

func TestRequestsOfAnEndedSessionAreAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		l := d.online()
		d.g.ask(&wire.ChannelAdd{Name: "x"}, tag{made: 7})
		l.get(t)
		l.put(&wire.Goaway{Reason: wire.ReasonKicked})
		next[linkDown](d)
		if r := next[replied](d); r.tag.made != 7 || wire.CodeOf(r.body.(*wire.Error)) != wire.SessionGone {
			t.Errorf("%+v", r)
		}
		d.g.ask(&wire.ChannelAdd{Name: "y"}, tag{made: 8})
		if r := next[replied](d); r.tag.made != 8 {
			t.Errorf("%+v", r)
		}
	})
}

func TestLastWordsAreSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		l := d.online()
		d.g.ask(&wire.VoiceLeave{}, tag{})
		d.g.stop()
		<-d.g.done
		if len(l.up) != 1 {
			t.Fatalf("%d messages", len(l.up))
		}
		if _, ok := (<-l.up).Body.(*wire.VoiceLeave); !ok {
			t.Error("something else was said")
		}
	})
}

// A connection that is in doubt and answers goes on; one that does not is given up within seconds, and another one made at once.
func TestProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		l, another := d.online(), newLine()
		d.g.probe()
		if _, ok := l.get(t).Body.(wire.Heartbeat); !ok {
			t.Fatal("no heartbeat")
		}
		l.put(&wire.Heartbeat{})
		<-time.After(3 * probeTimeout)
		select {
		case <-l.closed:
			t.Fatal("given up though it answers")
		default:
		}
		d.lines <- another
		d.g.probe()
		begin := time.Now()
		<-time.After(probeTimeout / 2)
		d.g.probe() // and again: that puts nothing off
		<-l.closed
		if took := time.Since(begin); took != probeTimeout {
			t.Errorf("given up after %v", took)
		}
		if down := next[linkDown](d); down.final || down.wait != 0 {
			t.Errorf("%+v", down)
		}
		if _, ok := another.get(t).Body.(wire.Hello); !ok || time.Since(begin) != probeTimeout {
			t.Errorf("the next one after %v", time.Since(begin))
		}
	})
}

// A try that hangs is given up when the network has changed; one that has just begun is not.
func TestHurryEndsTrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		tries := make(chan struct{}, 8)
		d.g.dial = func(ctx context.Context, _ wire.Link) (Conn, error) {
			tries <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		}
		d.start()
		<-tries
		begin := time.Now()
		d.g.hurry()
		<-time.After(2 * hurryAfter)
		if len(tries) != 0 {
			t.Fatal("a young one was ended")
		}
		d.g.hurry()
		<-tries
		if took := time.Since(begin); took != 2*hurryAfter {
			t.Errorf("the next one after %v", took)
		}
	})
}
