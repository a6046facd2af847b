package doctor_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/call"
	"parley/call/calltest"
	"parley/call/doctor"
	"parley/call/mesh"
	"parley/identity"
	"parley/server"
	"parley/wire"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

// serve runs a real server on loopback, and returns an invite to it.
func serve(t *testing.T) wire.Link {
	t.Helper()
	srv, err := server.New(server.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error("serve:", err)
		}
	})
	link, err := wire.ParseLink(srv.Ready().Invite)
	if err != nil {
		t.Fatal(err)
	}
	return link
}

func newKey(t *testing.T) identity.Key {
	t.Helper()
	k, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

type strangers struct{}

func (strangers) Known(string, identity.PublicKey, string) call.Person {
	return call.Person{New: true, Volume: 1}
}
func (strangers) Everybody() map[string]call.Person                              { return nil }
func (strangers) Remember(string, identity.PublicKey, string, call.Person) error { return nil }

// devices are a microphone that gives this amplitude, and a loudspeaker.
func devices(t *testing.T, amplitude float32) *audiotest.Backend {
	t.Helper()
	b := audiotest.NewBackend(audiotest.Mic("mic"), audiotest.Speaker("speaker"))
	t.Cleanup(b.Drive(func(frame []float32) {
		for i := range frame {
			frame[i] = amplitude * float32(i%2*2-1)
		}
	}, nil))
	return b
}

// examine has an engine examine the server of a link, and returns the findings and the engine.
func examine(t *testing.T, link wire.Link, b audio.Backend) (map[string]doctor.Finding, *call.Engine) {
	t.Helper()
	e, err := call.New(call.Config{Key: newKey(t), People: strangers{}, Sound: call.SoundConfig{
		Backend:    b,
		NewEncoder: func() (audio.Encoder, error) { return calltest.Codec{}, nil },
		NewDecoder: func() (audio.Decoder, error) { return calltest.Codec{}, nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, c := range []call.Command{call.Connect{Link: link.String(), Name: "Ana"}, call.Examine{}} {
		if _, err := e.Ask(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	for {
		x := e.Snapshot().Examination
		if !x.Running {
			if x.Why != call.WhyAsked || len(x.Findings) != len(doctor.Steps) {
				t.Errorf("the examination is %+v", x)
			}
			return byStep(t, link, x.Findings), e
		}
		select {
		case <-e.Changed():
		case <-ctx.Done():
			t.Fatalf("it does not end: %+v", x)
		}
	}
}

// byStep also sees that each finding is a sentence without an address or a secret.
func byStep(t *testing.T, link wire.Link, list []doctor.Finding) map[string]doctor.Finding {
	t.Helper()
	out := map[string]doctor.Finding{}
	at := -1
	for _, f := range list {
		i := slices.Index(doctor.Steps, f.Step)
		if i <= at || f.Result == doctor.Running || !strings.HasSuffix(f.Text, ".") {
			t.Errorf("finding %+v", f)
		}
		at, out[f.Step] = i, f
		host, _, _ := net.SplitHostPort(link.Host)
		if strings.Contains(f.Text, host) || link.Secret != "" && strings.Contains(f.Text, link.Secret) {
			t.Errorf("%s tells where or what: %s", f.Step, f.Text)
		}
	}
	return out
}

// want compares "step: result code" of some steps.
func want(t *testing.T, got map[string]doctor.Finding, lines ...string) {
	t.Helper()
	for _, line := range lines {
		step, verdict, _ := strings.Cut(line, ": ")
		if f := got[step]; strings.TrimSpace(f.Result+" "+f.Code) != verdict {
			t.Errorf("%s: %+v, want %s", step, f, verdict)
		}
	}
}

// impostor is a TLS server that signs as the key of the link it returns, and answers every request by 404: something lets no
// websocket through.
func impostor(t *testing.T) wire.Link {
	t.Helper()
	key := newKey(t)
	s := httptest.NewTLSServer(http.NotFoundHandler())
	s.Close() // for its certificate
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: s.TLS.Certificates, NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer conn.Close(); pretend(conn.(*tls.Conn), key) }()
		}
	}()
	return wire.Link{Host: l.Addr().String(), Key: wire.Bytes(key.Public()), Mode: wire.ModeNative}
}

func pretend(conn *tls.Conn, key identity.Key) {
	in := bufio.NewReader(conn)
	first, err := in.Peek(1)
	if err != nil {
		return
	}
	if !wire.IsRelayed(first[0]) {
		if _, err := http.ReadRequest(in); err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
		}
		return
	}
	hello := make([]byte, 56)
	if _, err := io.ReadFull(in, hello); err != nil {
		return
	}
	state := conn.ConnectionState()
	binding, _ := wire.Exporter(&state)
	proof := identity.RelayHello{Server: key.Public(), Nonce: wire.RelayNonce(hello), Binding: binding}
	_, _ = conn.Write(wire.RelayProof(hello, proof.Sign(key)))
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestAllIsWell(t *testing.T) {
	t.Parallel()
	got, e := examine(t, serve(t), devices(t, 0.01))
	want(t, got, "name: pass address", "tcp: pass", "tls: pass", "websocket: pass", "login: pass", "stun: pass open", "turn_udp: pass", "turn_tcp: pass",
		"turn_tls: pass", "microphone: pass", "speaker: pass", "relay_call: pass")
	if f := got[doctor.RelayCall]; f.RTTMS <= 0 || f.Loss < 0 || f.Loss > 0.5 || f.TookMS < 2000 {
		t.Errorf("the call through the relay: %+v", f)
	}
	if s := e.Snapshot(); s.Link != call.Online || s.Sound.Mic != "" || s.Place.Phase != call.Idle {
		t.Errorf("afterwards: link %v, microphone %q", s.Link, s.Sound.Mic)
	}
}

func TestSomethingIsWrong(t *testing.T) {
	const cut = "turn_udp: skipped, turn_tcp: skipped, turn_tls: skipped, relay_call: skipped"
	for name, c := range map[string]struct {
		link func(*testing.T) wire.Link
		want string
	}{
		"the key is another's": {func(t *testing.T) wire.Link {
			l := serve(t)
			l.Key = wire.Bytes(newKey(t).Public())
			return l
		}, "tcp: pass, tls: fail server_key, websocket: skipped, login: fail server_key, stun: pass open, " + cut},
		"the port is closed": {func(t *testing.T) wire.Link {
			return wire.Link{Host: closedPort(t), Key: wire.Bytes(newKey(t).Public()), Mode: wire.ModeNative}
		}, "name: pass address, tcp: fail refused, tls: skipped, websocket: skipped, login: skipped, stun: fail no_udp, " + cut},
		"no websocket": {impostor, "tls: pass, websocket: fail no_gateway, login: skipped, " + cut},
		"the invite is used up": {func(t *testing.T) wire.Link {
			l := serve(t)
			l.Secret = "n0b0dys"
			return l
		}, "websocket: pass, login: fail invite_invalid, stun: pass open, " + cut},
		"no invite": {func(t *testing.T) wire.Link { return serve(t).Server() }, "login: fail invite_needed, " + cut},
		"no name": {func(t *testing.T) wire.Link {
			return wire.Link{Host: "nobody.invalid:7440", Key: wire.Bytes(newKey(t).Public()), Mode: wire.ModeNative}
		}, "tcp: skipped, tls: skipped, websocket: skipped, login: skipped, stun: skipped, " + cut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := examine(t, c.link(t), nil)
			want(t, got, append(strings.Split(c.want, ", "), "microphone: skipped", "speaker: skipped")...)
			if name == "no name" && got[doctor.Name].Result != doctor.Fail {
				t.Errorf("%+v", got[doctor.Name])
			}
		})
	}
}

func TestSilentDevices(t *testing.T) {
	for name, c := range map[string]struct {
		backend func(*testing.T) audio.Backend
		speaker string
	}{
		"zeros": {func(t *testing.T) audio.Backend { return devices(t, 0) }, "pass"},
		"none":  {func(*testing.T) audio.Backend { return audiotest.NewBackend() }, "fail"},
		"stuck": {func(*testing.T) audio.Backend {
			return audiotest.NewBackend(audiotest.Mic("mic"), audiotest.Speaker("speaker"))
		}, "fail"}, // nobody drives it
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nobody := wire.Link{Host: closedPort(t), Key: wire.Bytes(newKey(t).Public()), Mode: wire.ModeNative}
			got, _ := examine(t, nobody, c.backend(t))
			want(t, got, "microphone: fail", "speaker: "+c.speaker)
			if silent := strings.Contains(got[doctor.Microphone].Text, "silence"); silent != (name != "none") {
				t.Errorf("%+v", got[doctor.Microphone])
			}
		})
	}
}

// run has the doctor look at a relay that the server tells of.
func run(t *testing.T, link wire.Link, relay *wire.Turn) map[string]doctor.Finding {
	t.Helper()
	return byStep(t, link, doctor.Run(t.Context(), doctor.Config{
		Link: link, Greet: func(context.Context) error { return nil },
		Enter: func(context.Context) (*wire.Turn, error) { return relay, nil },
		Peer: func(w *wire.Turn) mesh.Options {
			return mesh.Options{Loopback: true, ICE: []mesh.ICEServer{{URLs: w.URLs, Username: w.Username, Password: w.Password, Key: identity.PublicKey(link.Key)}}}
		},
	}))
}

func TestRelayIsWrong(t *testing.T) {
	t.Parallel()
	link := serve(t)
	at := func(password string, urls ...string) *wire.Turn {
		return &wire.Turn{URLs: urls, Username: "1890000000:nobody", Password: password}
	}
	port, dead := link.Host, closedPort(t)
	for name, c := range map[string]struct {
		relay *wire.Turn
		want  string
	}{
		"there is none": {&wire.Turn{}, "stun: skipped, turn_udp: skipped, turn_tcp: skipped, turn_tls: skipped, relay_call: skipped"},
		"another secret": {at("wrong", "stun:"+port, "turn:"+port+"?transport=udp", "turns:"+port+"?transport=tcp"),
			"stun: pass open, turn_udp: fail unauthorized, turn_tcp: skipped, turn_tls: fail unauthorized, relay_call: skipped"},
		"nobody answers": {at("wrong", "stun:"+dead, "turn:"+dead+"?transport=udp", "turn:"+dead+"?transport=tcp", "turns:"+dead+"?transport=tcp"),
			"stun: fail no_udp, turn_udp: fail no_answer, turn_tcp: fail no_answer, turn_tls: fail no_answer, relay_call: skipped"},
		"addresses that are none": {at("wrong", "nonsense", "turn:", "stun:", "turns:"+port+"?transport=udp", "stun:256.1.1.1:99999"),
			"turn_udp: skipped, turn_tcp: skipped, turn_tls: skipped, relay_call: skipped"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want(t, run(t, link, c.relay), strings.Split(c.want, ", ")...)
		})
	}
	other := link
	other.Key = wire.Bytes(newKey(t).Public())
	t.Run("the TLS is another's", func(t *testing.T) {
		t.Parallel()
		want(t, run(t, other, at("wrong", "turns:"+port+"?transport=tcp")), "turn_tls: fail server_key", "relay_call: skipped")
	})
}

// Whoever stops an examination waits for none of its steps.
func TestStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	begun := make(chan struct{})
	go func() { <-begun; cancel() }()
	list := doctor.Run(ctx, doctor.Config{
		Link:  wire.Link{Host: closedPort(t)},
		Greet: func(context.Context) error { return nil },
		Enter: func(ctx context.Context) (*wire.Turn, error) { <-ctx.Done(); return nil, ctx.Err() },
		Microphone: func(ctx context.Context) error {
			close(begun)
			<-ctx.Done()
			return errors.New("It was stopped.")
		},
	})
	for _, f := range list {
		if f.Result == doctor.Running || f.Step == doctor.Microphone && f.Result != doctor.Skipped {
			t.Errorf("%+v", f)
		}
	}
}
