package server

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"parley/server/router"
	"parley/wire"
)

// passes is what a router answers that passes this server's ports on, from another address and by other ports.
func passes(r *running, outcome router.Outcome) router.State {
	state := router.State{Outcome: outcome, Way: "UPnP", External: netip.MustParseAddr("8.8.4.4")}
	for i, port := range r.inlet.ports {
		state.Mapped = append(state.Mapped, router.Mapping{Port: port, Outside: uint16(20001 + i)})
	}
	return state
}

// Where the router lets people in, invites lead there, unless somebody knows better.
func TestFollow(t *testing.T) {
	for public, want := range map[string]string{
		"": "8.8.4.4:20001", "192.168.1.7": "8.8.4.4:20001", "talk.example.org": "talk.example.org:20001", "9.9.9.9": "9.9.9.9:20001",
		"localhost:443": "localhost:443", "10.0.0.1:80": "8.8.4.4:20001",
	} {
		t.Run(public, func(t *testing.T) {
			r := start(t, func(c *Config) { c.PublicHost = public })
			before, here := r.Ready(), r.place.host
			for _, outcome := range []router.Outcome{router.Behind, router.Lying, router.Refused, router.Silent} {
				if r.follow(passes(r, outcome)); r.Ready() != before {
					t.Errorf("%s: %+v", outcome, r.Ready())
				}
			}
			r.follow(passes(r, router.Open))
			ready := r.Ready()
			link := parseLink(t, ready.Invite)
			if link.Host != want || parseLink(t, ready.URL).Host != want || link.Secret != parseLink(t, before.Invite).Secret || ready.OwnerClaim != before.OwnerClaim {
				t.Errorf("%+v, before %+v", ready, before)
			}
			made, err := Control(context.Background(), r.dir, Command{Do: DoInvite})
			if err != nil || parseLink(t, made.Invites[0].URL).Host != want {
				t.Errorf("%+v %v", made, err)
			}
			if !r.takesLogins("https://"+want) || !r.takesLogins("https://"+here) || r.takesLogins("https://elsewhere.example") {
				t.Error("logins of pages")
			}
			host, _, _ := strings.Cut(want, ":")
			web := host + ":20002"
			if public == "localhost:443" {
				web = want
			}
			relay := r.hub.relay.credentials("ana", turnLife)
			outside := []string{"stun:" + host + ":20004", "turn:" + host + ":20004?transport=udp", "turn:" + host + ":20003?transport=tcp", "turns:" + want + "?transport=tcp", "turn:" + web + "?transport=udp"}
			if !slices.Equal(relay.URLs[:5], outside) || !slices.Equal(relay.URLs[len(relay.URLs)-4:], r.inlet.turn()) || !slices.Equal(relay.STUN[:2], []string{outside[0], "stun:" + web}) {
				t.Errorf("the relay is at %v and %v", relay.URLs, relay.STUN)
			}
			r.follow(router.State{Outcome: router.Missing})
			if r.Ready() != before || !slices.Equal(r.hub.relay.credentials("ana", turnLife).URLs, r.inlet.urls()) {
				t.Errorf("after its end: %+v", r.Ready())
			}
			r.follow(passes(r, router.Open))
			r.stop()
			if made, err = Control(context.Background(), r.dir, Command{Do: DoInvite}); err != nil || parseLink(t, made.Invites[0].URL).Host != want {
				t.Errorf("made while it is down: %+v %v", made, err)
			}
			r.follow(router.State{}) // an answer that is late
		})
	}
}

// The server knows itself from outside, and others from itself.
func TestProbe(t *testing.T) {
	r := start(t)
	other := startIn(t, t.TempDir())
	at := func(s *running) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), s.place.port)
	}
	if answered, ours := r.probe(t.Context(), at(r)); !answered || !ours {
		t.Errorf("itself: %v %v", answered, ours)
	}
	if answered, ours := r.probe(t.Context(), at(other)); !answered || ours {
		t.Errorf("another: %v %v", answered, ours)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := l.Addr().(*net.TCPAddr).AddrPort()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if conn, err := l.Accept(); err == nil { // and says nothing
			cancel()
			conn.Close()
		}
	}()
	if answered, _ := r.probe(ctx, silent); answered {
		t.Error("silence is an answer")
	}
	l.Close()
	if answered, _ := r.probe(t.Context(), silent); answered {
		t.Error("nobody is there, and answered")
	}
}

func TestStatus(t *testing.T) {
	r := start(t)
	got, err := Control(context.Background(), r.dir, Command{Do: DoStatus})
	if err != nil || got.Status == nil || got.Status.Host != r.place.host || got.Status.Certificate.Until.IsZero() || got.Status.Router.Text != "" {
		t.Errorf("%+v %v", got.Status, err)
	}
	if err := r.AwaitRouter(t.Context()); err != nil { // it was not asked
		t.Error(err)
	}
	r.MapPorts(false)
	r.stop()
	if _, err := Control(context.Background(), r.dir, Command{Do: DoStatus}); wire.CodeOf(err) != wire.NotFound {
		t.Errorf("of a server that does not run: %v", err)
	}
	r.MapPorts(true) // after the end: nobody is asked, and nothing is left
	if s := r.Router(); s.Outcome != "" {
		t.Errorf("%+v", s)
	}
}

// A domain is where the server is, unless it is said otherwise.
func TestDomain(t *testing.T) {
	for public, want := range map[string]string{"": "talk.example.org", "elsewhere.example": "elsewhere.example"} {
		c := Config{Dir: "x", Listen: "x", PublicHost: public}
		c.Certs.Domain = "talk.example.org"
		if err := c.validate(); err != nil || c.PublicHost != want {
			t.Errorf("%q: %q %v", public, c.PublicHost, err)
		}
	}
	c := Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"}
	c.Certs.Domain = "localhost"
	if _, err := New(c); err == nil {
		t.Error("localhost is a domain")
	}
}
