package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v3"

	"parley/wire"
)

// server answers each datagram by f, nil: not.
func server(t *testing.T, f func(m *stun.Message, from netip.AddrPort) []byte) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, wire.MaxFrame)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			m := &stun.Message{Raw: append([]byte(nil), buf[:n]...)}
			if m.Decode() != nil {
				continue
			}
			if answer := f(m, from); answer != nil {
				_, _ = conn.WriteToUDPAddrPort(answer, from)
			}
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// seen answers with where the question came from, at a port that is off by so much.
func seen(off uint16) func(*stun.Message, netip.AddrPort) []byte {
	return func(m *stun.Message, from netip.AddrPort) []byte {
		at := &stun.XORMappedAddress{IP: from.Addr().AsSlice(), Port: int(from.Port() + off)}
		return stun.MustBuild(stun.NewTransactionIDSetter(m.TransactionID), stun.BindingSuccess, at).Raw
	}
}

func TestMapped(t *testing.T) {
	asked := 0
	lossy := func(m *stun.Message, from netip.AddrPort) []byte {
		if asked++; asked < 3 {
			return nil
		}
		return seen(0)(m, from)
	}
	stranger := func(*stun.Message, netip.AddrPort) []byte {
		return stun.MustBuild(stun.TransactionID, stun.BindingSuccess, &stun.XORMappedAddress{IP: net.IPv4(192, 0, 2, 1), Port: 1}).Raw
	}
	garbage := func(*stun.Message, netip.AddrPort) []byte { return []byte("\x01\x01garbage that is no STUN at all") }
	empty := func(m *stun.Message, _ netip.AddrPort) []byte {
		return stun.MustBuild(stun.NewTransactionIDSetter(m.TransactionID), stun.BindingSuccess).Raw
	}
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	own := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	got := Mapped(ctx, conn, []netip.AddrPort{server(t, seen(0)), server(t, seen(7)), server(t, lossy), server(t, stranger), server(t, garbage), server(t, empty)})
	want := []netip.AddrPort{own, netip.AddrPortFrom(own.Addr(), own.Port()+7), own, {}, {}, {}}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("server %d: %v, want %v", i, got[i], want[i])
		}
	}
}

// turnServer is a relay that knows one user.
type turnServer struct {
	password string
	refuse   stun.ErrorCode // after the password was right
	stale    bool           // the first nonce is
	silent   bool
	open     int // relay sockets
}

func (s *turnServer) answer(m *stun.Message, _ netip.AddrPort) []byte {
	refuse := func(code stun.ErrorCode, more ...stun.Setter) []byte {
		set := append([]stun.Setter{stun.NewTransactionIDSetter(m.TransactionID), stun.NewType(m.Type.Method, stun.ClassErrorResponse), code}, more...)
		return stun.MustBuild(set...).Raw
	}
	if s.silent {
		return nil
	}
	realm, nonce := stun.NewRealm("r"), stun.NewNonce("n")
	key := stun.NewLongTermIntegrity("ana", "r", s.password)
	switch {
	case !m.Contains(stun.AttrMessageIntegrity):
		return refuse(stun.CodeUnauthorized, realm, nonce)
	case key.Check(m) != nil:
		return refuse(stun.CodeUnauthorized, realm, nonce)
	case s.stale:
		s.stale = false
		return refuse(stun.CodeStaleNonce, realm, nonce)
	case s.refuse != 0:
		return refuse(s.refuse)
	}
	if m.Type.Method == stun.MethodAllocate {
		s.open++
	} else if life, err := m.Get(stun.AttrLifetime); err == nil && binary.BigEndian.Uint32(life) == 0 {
		s.open--
	}
	return stun.MustBuild(stun.NewTransactionIDSetter(m.TransactionID), stun.NewType(m.Type.Method, stun.ClassSuccessResponse), key).Raw
}

func TestAllocate(t *testing.T) {
	code := func(err error) int {
		var r *Refusal
		if errors.As(err, &r) {
			return r.Code
		}
		return 0
	}
	for name, c := range map[string]struct {
		server turnServer
		ok     bool
		code   int
	}{
		"it opens":         {turnServer{password: "secret"}, true, 0},
		"a stale nonce":    {turnServer{password: "secret", stale: true}, true, 0},
		"another password": {turnServer{password: "other"}, false, 401},
		"no room":          {turnServer{password: "secret", refuse: stun.CodeAllocQuotaReached}, false, 486},
		"nobody":           {turnServer{silent: true}, false, 0},
	} {
		conn, err := net.Dial("udp4", server(t, c.server.answer).String())
		if err != nil {
			t.Fatal(err)
		}
		patience := 20 * time.Second
		if c.server.silent {
			patience = 500 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err = Allocate(ctx, conn, "ana", "secret")
		cancel()
		conn.Close()
		if (err == nil) != c.ok || code(err) != c.code || c.server.silent && !errors.Is(err, ErrSilent) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(name, "opens") && c.server.open != 0 {
			t.Errorf("%s: %d relay sockets are left", name, c.server.open)
		}
	}
}

// By TCP nothing is sent twice, and who hangs up is not waited for.
func TestAllocateByTCP(t *testing.T) {
	talk := func(f func(net.Conn)) error {
		t.Helper()
		near, far := net.Pipe()
		go func() { defer far.Close(); f(far) }()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		defer near.Close()
		return Allocate(ctx, wire.NewFrames(near, 0), "ana", "secret")
	}
	s := &turnServer{password: "secret"}
	if err := talk(func(c net.Conn) {
		frames, buf := wire.NewFrames(c, 0), make([]byte, wire.MaxFrame)
		for {
			n, err := frames.Read(buf)
			m := &stun.Message{Raw: append([]byte(nil), buf[:n]...)}
			if err != nil || m.Decode() != nil {
				return
			}
			_, _ = c.Write(s.answer(m, netip.AddrPort{}))
		}
	}); err != nil || s.open != 0 {
		t.Errorf("%v, %d relay sockets are left", err, s.open)
	}
	if err := talk(func(c net.Conn) { _, _ = c.Read(make([]byte, 64)) }); err == nil {
		t.Error("nobody was there")
	}
	flood := stun.MustBuild(stun.TransactionID, stun.BindingSuccess).Raw
	if err := talk(func(c net.Conn) {
		_, _ = c.Read(make([]byte, 64))
		for {
			if _, err := c.Write(flood); err != nil {
				return
			}
		}
	}); !errors.Is(err, ErrSilent) {
		t.Errorf("a flood of other answers: %v", err)
	}
}

func FuzzAnswer(f *testing.F) {
	q := stun.MustBuild(stun.NewTransactionIDSetter([stun.TransactionIDSize]byte{1, 2, 3}), stun.BindingRequest)
	f.Add(stun.MustBuild(stun.NewTransactionIDSetter(q.TransactionID), stun.BindingSuccess, &stun.XORMappedAddress{IP: net.IPv4(192, 0, 2, 1), Port: 1}).Raw)
	f.Add(stun.MustBuild(stun.NewTransactionIDSetter(q.TransactionID), stun.BindingError, stun.CodeUnauthorized, stun.NewRealm("r"), stun.NewNonce("n")).Raw)
	f.Add(q.Raw)
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, frame []byte) {
		before := string(frame)
		m := answerTo(q, frame)
		if m != nil && (m.TransactionID != q.TransactionID || len(frame) < 20) {
			t.Errorf("%x was taken for an answer", frame)
		}
		if m != nil {
			_ = refusal(m)
			_ = new(stun.XORMappedAddress).GetFrom(m)
		}
		if string(frame) != before {
			t.Error("the frame was changed")
		}
	})
}
