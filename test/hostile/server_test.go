package hostile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/identity"
	"parley/test/lab"
	"parley/wire"
)

func newImposter(t *testing.T, act func(c *wire.Conn, user wire.Login)) *lab.Imposter {
	t.Helper()
	i, err := lab.StartImposter(act)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = i.Close() })
	return i
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
	if status, code := w.ctl(w.joinArgs(bad.Link.String(), "garbage", "--duration", "5s")...); code != "protocol" || status != 3 && status != 5 {
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
	client, err := programs.Client(lab.Command{Args: w.joinArgs(bad.Link.String(), "flooded", "--duration", "60s", "--stats", w.path("stats"))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	w.awaits(client, "joined")
	if status, err := client.Leave(w.ctx); err != nil || status != 0 {
		t.Errorf("exit %d, %v", status, err)
	}
}
