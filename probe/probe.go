// Package probe asks a relay whether it answers: by STUN (RFC 8489) as what it sees one, by TURN (RFC 8656) whether it opens a relay
// socket. It keeps nothing open. What answers is a stranger: only answers to what was asked are listened to, and not for ever.
package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"

	"parley/wire"
)

// ErrSilent says that nothing came back in time.
var ErrSilent = errors.New("no answer")

// Refusal is an answer by which a relay refuses.
type Refusal struct {
	Code int // RFC 8489, section 14.8; RFC 8656, section 19
}

// Error implements error.
func (r *Refusal) Error() string { return fmt.Sprintf("the relay refused (%d)", r.Code) }

const (
	firstWait = 200 * time.Millisecond // then it is asked once more, and twice as long is waited (RFC 8489, section 6.2.1)
	lastWait  = 1600 * time.Millisecond
	maxOthers = 100 // messages that answer nothing, until the relay is given up
)

// Mapped asks servers by UDP, all from one socket, as what address they see it. Of one that has not answered when ctx ends the
// address is invalid. The socket is the caller's, and nothing else must read it.
func Mapped(ctx context.Context, conn net.PacketConn, servers []netip.AddrPort) []netip.AddrPort {
	unhook := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer unhook()
	seen := make([]netip.AddrPort, len(servers))
	asked := make([]*stun.Message, len(servers))
	for i := range servers {
		asked[i] = stun.MustBuild(stun.TransactionID, stun.BindingRequest)
	}
	missing, others := len(servers), 0
	for wait := firstWait; missing > 0 && ctx.Err() == nil; wait = min(2*wait, lastWait) {
		for i, to := range servers {
			if !seen[i].IsValid() {
				_, _ = conn.WriteTo(asked[i].Raw, net.UDPAddrFromAddrPort(to)) // no way there is no answer
			}
		}
		if conn.SetReadDeadline(time.Now().Add(wait)) != nil || ctx.Err() != nil || others >= maxOthers {
			break
		}
		for missing > 0 && others < maxOthers {
			i, at, err := mapping(conn, asked)
			switch {
			case isTimeout(err):
			case err != nil:
				others++ // such as a port unreachable, which some systems tell of here
				continue
			case i >= 0 && !seen[i].IsValid():
				seen[i] = at
				missing--
				continue
			default:
				others++
				continue
			}
			break
		}
	}
	return seen
}

// mapping reads one message: the answer to asked[i], or to none of them.
func mapping(conn net.PacketConn, asked []*stun.Message) (i int, at netip.AddrPort, err error) {
	buf := make([]byte, wire.MaxFrame)
	n, _, err := conn.ReadFrom(buf)
	if err != nil {
		return -1, at, err
	}
	for i, q := range asked {
		m := answerTo(q, buf[:n])
		var own stun.XORMappedAddress
		if m == nil || m.Type != stun.BindingSuccess || own.GetFrom(m) != nil {
			continue
		}
		a, ok := netip.AddrFromSlice(own.IP)
		if ok && own.Port > 0 && own.Port < 1<<16 {
			return i, netip.AddrPortFrom(a.Unmap(), uint16(own.Port)), nil
		}
	}
	return -1, at, nil
}

// answerTo decodes what answers a request; nil: it does not.
func answerTo(request *stun.Message, frame []byte) *stun.Message {
	m := &stun.Message{Raw: append([]byte(nil), frame...)}
	if !stun.IsMessage(frame) || m.Decode() != nil || m.TransactionID != request.TransactionID || m.Type.Method != request.Type.Method {
		return nil
	}
	return m
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// relay is a connection to one; Read returns one message.
type relay struct {
	net.Conn
	packets bool // what is lost is to be sent again
	others  int
}

// Allocate has the relay at the other end open a relay socket for these credentials and close it again. Read of conn returns one
// message. conn stays open, unless ctx ends.
func Allocate(ctx context.Context, conn net.Conn, username, password string) error {
	unhook := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer unhook()
	r := &relay{Conn: conn, packets: conn.LocalAddr().Network() == "udp"}
	udp := stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0, 0, 0}} // RFC 8656, section 18.7
	request := stun.NewType(stun.MethodAllocate, stun.ClassRequest)
	answer, err := r.ask(ctx, stun.TransactionID, request, udp)
	if err != nil {
		return err
	}
	// The first answer names realm and nonce (RFC 8489, section 9.2.3). A nonce may be stale once.
	var realm stun.Realm
	for range 2 {
		var nonce stun.Nonce
		if code := refusal(answer); code != stun.CodeUnauthorized && code != stun.CodeStaleNonce {
			break
		}
		if realm.GetFrom(answer) != nil || nonce.GetFrom(answer) != nil {
			return &Refusal{int(stun.CodeUnauthorized)}
		}
		signed := []stun.Setter{
			stun.NewUsername(username), realm, nonce, stun.NewLongTermIntegrity(username, realm.String(), password),
		}
		answer, err = r.ask(ctx, append([]stun.Setter{stun.TransactionID, request, udp}, signed...)...)
		switch {
		case err != nil:
			return err
		case answer.Type.Class == stun.ClassSuccessResponse:
			over := stun.RawAttribute{Type: stun.AttrLifetime, Value: make([]byte, 4)}
			_, err := r.ask(ctx, append([]stun.Setter{stun.TransactionID, stun.NewType(stun.MethodRefresh, stun.ClassRequest), over}, signed...)...)
			return err
		case refusal(answer) == stun.CodeUnauthorized: // these credentials
			return &Refusal{int(stun.CodeUnauthorized)}
		}
	}
	return &Refusal{int(refusal(answer))}
}

// refusal is the code of an error; 0: there is none.
func refusal(m *stun.Message) stun.ErrorCode {
	var code stun.ErrorCodeAttribute
	if m.Type.Class != stun.ClassErrorResponse || code.GetFrom(m) != nil {
		return 0
	}
	return code.Code
}

// ask sends a request and waits for its answer.
func (r *relay) ask(ctx context.Context, setters ...stun.Setter) (*stun.Message, error) {
	request, err := stun.Build(setters...)
	if err != nil {
		return nil, fmt.Errorf("ask the relay: %w", err)
	}
	buf := make([]byte, wire.MaxFrame)
	for wait := firstWait; ctx.Err() == nil; wait = min(2*wait, lastWait) {
		deadline := time.Time{}
		if r.packets {
			deadline = time.Now().Add(wait)
		}
		if err := r.SetReadDeadline(deadline); err != nil || ctx.Err() != nil {
			break
		}
		if _, err := r.Write(request.Raw); err != nil && !r.packets {
			return nil, fmt.Errorf("ask the relay: %w", err)
		}
		m, err := r.answer(request, buf)
		if err == nil {
			return m, nil
		}
		if !r.packets || r.others > maxOthers {
			if ctx.Err() != nil {
				break
			}
			return nil, fmt.Errorf("hear the relay: %w", err)
		}
	}
	return nil, ErrSilent
}

// answer reads until the answer comes, or nothing more in time.
func (r *relay) answer(request *stun.Message, buf []byte) (*stun.Message, error) {
	for {
		n, err := r.Read(buf)
		if err == nil {
			if m := answerTo(request, buf[:n]); m != nil {
				return m, nil
			}
		}
		if r.others++; r.others > maxOthers || isTimeout(err) || err != nil && !r.packets {
			return nil, errors.Join(err, ErrSilent)
		}
	}
}
