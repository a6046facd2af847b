package hostile_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/identity"
	"parley/test/lab"
	"parley/wire"
)

// imposter is a server that has the key of its link and plays by no other rule.
type imposter struct {
	key  identity.Key
	link wire.Link
}

// newImposter logs everybody in and hands the connection to act.
func newImposter(t *testing.T, act func(c *wire.Conn, user wire.Login)) *imposter {
	t.Helper()
	key, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	i := &imposter{key: key}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		c, err := wire.Upgrade(rw, r)
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		if login, ok := i.login(c); ok {
			act(c, *login)
		}
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}, MinVersion: tls.VersionTLS13}
	s.StartTLS()
	t.Cleanup(s.Close)
	i.link = wire.Link{Host: strings.TrimPrefix(s.URL, "https://"), Key: wire.Bytes(key.Public()), Mode: wire.ModeNative, Secret: "x"}
	return i
}

func (i *imposter) login(c *wire.Conn) (*wire.Login, bool) {
	env, err := c.Read(time.Now().Add(10 * time.Second))
	if err != nil {
		return nil, false
	}
	hello, ok := env.Body.(*wire.Hello)
	if !ok {
		return nil, false
	}
	binding, err := c.Binding(wire.ModeNative)
	if err != nil {
		return nil, false
	}
	proof := identity.ServerHello{Server: i.key.Public(), Nonce: hello.Nonce, Challenge: identity.NewChallenge(), Mode: identity.Native, Binding: binding}
	_ = c.Write(wire.Envelope{Body: wire.ServerHello{Version: wire.Version, Name: "Imposter", Key: wire.Bytes(i.key.Public()), Challenge: proof.Challenge, Signature: proof.Sign(i.key)}})
	if env, err = c.Read(time.Now().Add(10 * time.Second)); err != nil {
		return nil, false
	}
	login, ok := env.Body.(*wire.Login)
	return login, ok
}

// welcome lets the client see a server with one channel.
func welcome(c *wire.Conn, login wire.Login) (me wire.User) {
	me = wire.User{ID: identity.UserID(identity.PublicKey(login.Key)), Key: login.Key, Name: login.Name, Role: wire.RoleMember, Status: wire.Online}
	_ = c.Write(wire.Envelope{Body: wire.Welcome{Session: "s", User: me.ID, Role: wire.RoleMember, HeartbeatMS: 15000}})
	_ = c.Write(wire.Envelope{Seq: 1, Body: &wire.Snapshot{Last: true, Channels: []wire.Channel{{ID: "c", Name: "General"}}, Users: []wire.User{me}}})
	return me
}

func TestServerOfGarbage(t *testing.T) {
	w := newWorld(t)
	bad := newImposter(t, func(c *wire.Conn, login wire.Login) {
		welcome(c, login)
		for range 200 {
			_ = c.WriteEncoded([]byte(`{"type":"channel.changed","body":{"channel":{"id":"../../etc"}}}`))
		}
		_, _ = c.Read(time.Now().Add(10 * time.Second))
	})
	// The garbage comes before the join or after it.
	if status, code := w.ctl(w.joinArgs(bad.link.String(), "garbage", "--duration", "5s")...); code != "protocol" || status != 3 && status != 5 {
		t.Errorf("exit %d %q", status, code)
	}
}

// TestServerThatFloods sends what would fill a memory. The client goes on answering and leaves when it is told to.
func TestServerThatFloods(t *testing.T) {
	w := newWorld(t)
	bad := newImposter(t, func(c *wire.Conn, login wire.Login) {
		me := welcome(c, login)
		seq := uint64(1)
		for {
			env, err := c.Read(time.Now().Add(30 * time.Second))
			if err != nil {
				return
			}
			join, ok := env.Body.(*wire.VoiceJoin)
			if !ok {
				if env.ID != 0 {
					_ = c.Write(wire.Envelope{Re: env.ID, Body: &wire.OK{}})
				}
				continue
			}
			member := wire.Member{Address: wire.Address{User: me.ID, Member: join.Member}, Key: login.Key, Name: me.Name, Nonce: join.Nonce}
			_ = c.Write(wire.Envelope{Re: env.ID, Body: &wire.Roster{Channel: "c", Seq: 1, Members: []wire.Member{member}}})
			for n := range 100_000 {
				seq++
				if c.Write(wire.Envelope{Seq: seq, Body: &wire.ChannelChanged{Channel: wire.Channel{ID: fmt.Sprintf("c%d", n), Name: strings.Repeat("x", wire.MaxName)}}}) != nil {
					return
				}
			}
			seq++
			_ = c.Write(wire.Envelope{Seq: seq, Body: &wire.ChannelChanged{Channel: wire.Channel{ID: "c", Name: "End of flood"}}})
		}
	})
	client, err := programs.Client(lab.Command{Args: w.joinArgs(bad.link.String(), "flooded", "--duration", "60s", "--stats", w.path("stats"))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	w.awaits(client, "joined")
	if status, err := client.Leave(w.ctx); err != nil || status != 0 {
		t.Errorf("exit %d, %v", status, err)
	}
}
