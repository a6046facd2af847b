package hostile_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/identity"
	"parley/wire"

	"github.com/gorilla/websocket"
)

// intruder is a member with a good key and a bad will: it speaks the protocol by hand.
type intruder struct {
	t      *testing.T
	conn   *wire.Conn
	key    identity.Key
	server identity.PublicKey
	member string
	nonce  wire.Bytes
	id     uint32
	room   *wire.Roster
}

func (w *world) intrude(name string) *intruder {
	w.Helper()
	link, err := wire.ParseLink(w.server.Ready.Invite)
	if err != nil {
		w.Fatal(err)
	}
	key, err := identity.Generate(nil)
	if err != nil {
		w.Fatal(err)
	}
	i := &intruder{t: w.T, key: key, server: identity.PublicKey(link.Key), member: identity.NewMemberID(), nonce: identity.NewChallenge()}
	if i.conn, err = wire.Dial(w.ctx, link); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = i.conn.Close() })
	i.say(wire.Hello{Version: wire.Version, Mode: wire.ModeNative, Nonce: identity.NewChallenge()})
	hello := hear[*wire.ServerHello](i)
	binding, err := i.conn.Binding(wire.ModeNative)
	if err != nil {
		w.Fatal(err)
	}
	login := identity.Login{Server: i.server, Challenge: hello.Challenge, Mode: identity.Native, Binding: binding, User: key.Public()}
	i.say(wire.Login{Key: wire.Bytes(key.Public()), Name: name, Invite: link.Secret, Status: wire.Online, Signature: login.Sign(key)})
	hear[*wire.Welcome](i)
	return i
}

func (i *intruder) say(m wire.Message) { i.sayAs(0, m) }

func (i *intruder) sayAs(id uint32, m wire.Message) {
	i.t.Helper()
	if err := i.conn.Write(wire.Envelope{ID: id, Body: m}); err != nil {
		i.t.Fatal(err)
	}
}

// ask sends a request and returns its reply.
func (i *intruder) ask(m wire.Message) wire.Message {
	i.t.Helper()
	i.id++
	i.sayAs(i.id, m)
	for {
		env, err := i.conn.Read(time.Now().Add(10 * time.Second))
		if err != nil {
			i.t.Fatal(err)
		}
		if env.Re == i.id {
			return env.Body
		}
	}
}

func hear[M wire.Message](i *intruder) M {
	i.t.Helper()
	for {
		env, err := i.conn.Read(time.Now().Add(10 * time.Second))
		if err != nil {
			i.t.Fatal(err)
		}
		if m, ok := env.Body.(M); ok {
			return m
		}
	}
}

// enter joins General and finds who is there.
func (i *intruder) enter(snapshot *wire.Snapshot) {
	i.t.Helper()
	for _, c := range snapshot.Channels {
		if c.Name == "General" {
			room, ok := i.ask(wire.VoiceJoin{Channel: c.ID, Member: i.member, Nonce: i.nonce}).(*wire.Roster)
			if !ok {
				i.t.Fatal("not let in")
			}
			i.room = room
		}
	}
}

// offer signs an SDP for somebody, as a whole-hearted member would.
func (i *intruder) offer(to wire.Member, generation uint32, sdp string) wire.Offer {
	d := identity.Description{
		Context: "channel " + identity.FormatKey(i.server) + " " + i.room.Channel,
		From:    i.key.ID(), To: to.User, FromMember: i.member, ToMember: to.Member,
		FromNonce: i.nonce.String(), ToNonce: to.Nonce.String(), Role: identity.Offer, Generation: generation, SDP: sdp,
	}
	return wire.Offer{
		Route:      wire.Route{To: to.Address, Channel: i.room.Channel},
		Generation: generation, SDP: sdp, Signature: d.Sign(i.key),
	}
}

// sdp is an offer's, with these lines in the place of the fingerprint.
func sdp(lines ...string) string {
	return strings.Join(append([]string{
		"v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=mid:0",
		"a=rtpmap:111 opus/48000/2", "a=sendrecv", "a=setup:actpass", "a=ice-ufrag:abcdefgh", "a=ice-pwd:abcdefghijklmnopqrstuvwxyz", "a=rtcp-mux",
	}, lines...), "\r\n") + "\r\n"
}

// TestIntruder lets a member do its worst to one of two people who talk: they hear each other all the time.
func TestIntruder(t *testing.T) {
	w := newWorld(t)
	file, speech := w.speech("speech.wav", 5)
	ana := w.sits("Ana", "--play", file, "--loop", "--speaker", "none")
	bob := w.sits("Bob", "--mic", "none", "--record", w.path("bob.wav"), "--duration", "20s")
	w.awaits(bob, "peer_connected")

	i := w.intrude("Mallory")
	i.member = "0" + i.member[1:] // the smallest: its part to offer
	i.enter(hear[*wire.Snapshot](i))
	if len(i.room.Members) != 3 {
		t.Fatalf("%d members", len(i.room.Members))
	}
	first, second := strings.Repeat("AB:", 31)+"AB", strings.Repeat("CD:", 31)+"CD"
	for _, victim := range i.room.Members {
		if victim.User == i.key.ID() {
			continue
		}
		for g, text := range []string{
			sdp("a=fingerprint:sha-1 " + strings.Repeat("AB:", 19) + "AB"), sdp("a=fingerprint:md5 " + strings.Repeat("AB:", 15) + "AB"), sdp(),
			sdp("a=fingerprint:sha-256 "+first, "a=fingerprint:sha-256 "+second), sdp("a=fingerprint:sha-256 AB"), "v=0", strings.Repeat("m=audio 9 x 1\r\n", 1500),
			sdp("a=fingerprint:sha-256 "+first) + strings.Repeat("a=candidate:1 1 udp 1 evil.example 9 typ host\r\n", 500),
		} {
			i.say(i.offer(victim, uint32(g+1), text))
			i.say(i.offer(victim, uint32(g+1), text)) // and again
		}
		forged := i.offer(victim, 50, sdp("a=fingerprint:sha-256 "+first))
		forged.Signature[3] ^= 1
		i.say(forged)
		others := i.offer(victim, 51, sdp("a=fingerprint:sha-256 "+first))
		others.From = wire.Address{User: victim.User, Member: victim.Member} // the server stamps its own word over this
		i.say(others)
		i.say(wire.Answer{Route: others.Route, Generation: 1, SDP: "v=0", Signature: others.Signature})
		for n := range 300 {
			i.say(wire.Candidate{Route: wire.Route{To: victim.Address, Channel: i.room.Channel}, Generation: uint32(n), Candidate: fmt.Sprintf("candidate:1 1 udp 1 10.0.0.%d 9 typ host", n%256)})
			i.say(wire.NeedOffer{Route: wire.Route{To: victim.Address, Channel: i.room.Channel}, Generation: uint32(n), Fresh: true})
		}
		i.say(wire.Candidate{Route: wire.Route{To: wire.Address{User: victim.User, Member: identity.NewMemberID()}, Channel: i.room.Channel}, Candidate: "x"})
	}
	w.oversized()

	if status, err := bob.Wait(w.ctx); err != nil || status != 0 {
		t.Fatalf("Bob: exit %d, %v", status, err)
	}
	if db := w.heard(w.path("bob.wav"), speech); db < 12 {
		t.Errorf("Bob heard Ana at %.1f dB", db)
	}
	for _, bad := range []string{`"peer_reconnecting"`, `"event":"error"`, `"lost"`} {
		if strings.Contains(bob.Output(), bad) || strings.Contains(ana.Output(), bad) {
			t.Errorf("%s:\n%s\n%s", bad, ana.Output(), bob.Output())
		}
	}
	for line := range lines(bob.Output()) {
		if line.Event == "peer_connected" && line.Name == "Mallory" {
			t.Error("Bob sends to somebody without a certificate of theirs")
		}
	}
}

// oversized sends what no decoder should look at: the sender is cut off or told, and nobody else notices.
func (w *world) oversized() {
	w.Helper()
	for _, text := range []string{
		`{"type":"ok","body":{"x":"` + strings.Repeat("x", 1<<20) + `"}}`,
		`{"type":"ok","body":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + `}`,
		"\x00\xff", "{}", `{"type":"nonsense","id":1}`,
	} {
		link, err := wire.ParseLink(w.server.Ready.Invite)
		if err != nil {
			w.Fatal(err)
		}
		d := websocket.Dialer{TLSClientConfig: insecure()}
		ctx, cancel := context.WithTimeout(w.ctx, 10*time.Second)
		ws, _, err := d.DialContext(ctx, "wss://"+link.Host+wire.GatewayPath, nil)
		cancel()
		if err != nil {
			w.Fatal(err)
		}
		_ = ws.WriteMessage(websocket.TextMessage, []byte(text))
		_ = ws.SetReadDeadline(time.Now().Add(10 * time.Second))
		for err == nil { // an error message, perhaps, and then the end
			_, _, err = ws.ReadMessage()
		}
		if strings.Contains(err.Error(), "timeout") {
			w.Errorf("%.30q: the server waits", text)
		}
		_ = ws.Close()
	}
}
