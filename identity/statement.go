package identity

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Each statement is signed as: its tag, then its fields in the order of the struct, each as four bytes of length (big
// endian) and the bytes themselves. The tag keeps a signature of one kind from being shown as another, the lengths keep
// two different statements from having the same bytes.
//
// Sign returns nil where the statement is malformed or names another signer than the key: there is nothing half-signed.
// Verify says which of the two it is (ErrStatement, ErrSigner), refuses keys that CheckKey refuses (ErrKey), and else
// answers ErrSignature or nil. The verifier fills in what it knows itself (its own key, the challenge it sent, the
// connection's binding, the member ids it sees) and never what the message says about itself.

// Mode is what a login is bound to.
type Mode string

const (
	// Native binds to the TLS 1.3 exporter (RFC 8446, section 7.5; RFC 9266) of this very connection.
	Native Mode = "native"
	// Web binds to the origin, where the exporter can't be had: in browsers and behind reverse proxies.
	Web Mode = "web"
)

// BindingSize is the length in bytes of the TLS exporter value in mode Native.
const BindingSize = 32

// Limits of what stands in a statement as text, in bytes.
const (
	maxOrigin  = 512
	maxSession = 128
	maxContext = 256
	maxSDP     = 1 << 20
)

// ServerHello is what a server signs at connect, before the client has said anything of worth. With it a client knows
// that the server of its invite stands at the other end of this TLS connection, whatever the certificate is.
type ServerHello struct {
	Server    PublicKey
	Nonce     []byte // the client's, ChallengeSize bytes
	Challenge []byte // the server's, ChallengeSize bytes: what the client will sign
	Mode      Mode
	Binding   []byte // exporter value (Native) or origin (Web)
}

// Sign signs with the server's key.
func (h ServerHello) Sign(k Key) []byte { return sign(k, h.encode) }

// Verify checks a signature of the server with the key pub.
func (h ServerHello) Verify(pub PublicKey, sig []byte) error { return verify(pub, sig, h.encode) }

func (h ServerHello) encode(signer PublicKey) ([]byte, error) {
	if !signer.Equal(h.Server) {
		return nil, ErrSigner
	}
	if len(h.Nonce) != ChallengeSize {
		return nil, fmt.Errorf("%w: nonce of %d bytes", ErrStatement, len(h.Nonce))
	}
	if err := checkBinding(h.Challenge, h.Mode, h.Binding); err != nil {
		return nil, err
	}
	return message("parley server hello v1", h.Server, h.Nonce, h.Challenge, []byte(h.Mode), h.Binding), nil
}

// RelayHello is what a server signs on a connection to its relay over TLS.
type RelayHello struct {
	Server  PublicKey
	Nonce   []byte // the client's, ChallengeSize bytes
	Binding []byte // exporter value
}

// Sign signs with the server's key.
func (h RelayHello) Sign(k Key) []byte { return sign(k, h.encode) }

// Verify checks a signature of the server with the key pub.
func (h RelayHello) Verify(pub PublicKey, sig []byte) error { return verify(pub, sig, h.encode) }

func (h RelayHello) encode(signer PublicKey) ([]byte, error) {
	if !signer.Equal(h.Server) {
		return nil, ErrSigner
	}
	if err := checkBinding(h.Nonce, Native, h.Binding); err != nil {
		return nil, err
	}
	return message("parley relay hello v1", h.Server, h.Nonce, h.Binding), nil
}

// Login is what a user signs to be let in.
type Login struct {
	Server    PublicKey
	Challenge []byte // the server's, ChallengeSize bytes
	Mode      Mode
	Binding   []byte // exporter value (Native) or origin (Web)
	User      PublicKey
}

// Sign signs with the user's key.
func (l Login) Sign(k Key) []byte { return sign(k, l.encode) }

// Verify checks a signature of the user with the key pub.
func (l Login) Verify(pub PublicKey, sig []byte) error { return verify(pub, sig, l.encode) }

func (l Login) encode(signer PublicKey) ([]byte, error) {
	return l.encodeAs(signer, "parley login v1")
}

func (l Login) encodeAs(signer PublicKey, tag string, more ...[]byte) ([]byte, error) {
	if !signer.Equal(l.User) {
		return nil, ErrSigner
	}
	if err := CheckKey(l.Server); err != nil {
		return nil, fmt.Errorf("%w: server: %w", ErrStatement, err)
	}
	if err := checkBinding(l.Challenge, l.Mode, l.Binding); err != nil {
		return nil, err
	}
	fields := append([][]byte{l.Server, l.Challenge, []byte(l.Mode), l.Binding, l.User}, more...)
	return message(tag, fields...), nil
}

// Resume is what a user signs to come back to a session after the connection was lost.
type Resume struct {
	Login
	Session string
}

// Sign signs with the user's key.
func (r Resume) Sign(k Key) []byte { return sign(k, r.encode) }

// Verify checks a signature of the user with the key pub.
func (r Resume) Verify(pub PublicKey, sig []byte) error { return verify(pub, sig, r.encode) }

func (r Resume) encode(signer PublicKey) ([]byte, error) {
	if err := checkText("session", r.Session, maxSession); err != nil {
		return nil, err
	}
	return r.encodeAs(signer, "parley resume v1", []byte(r.Session))
}

// Role is the side of an exchange of session descriptions (RFC 3264).
type Role string

// The two roles.
const (
	Offer  Role = "offer"
	Answer Role = "answer"
)

// Description is what a member signs with each session description, ICE restarts too. It ties the certificate
// fingerprint inside the SDP to the person, so that the server that carries it can't put in its own.
type Description struct {
	Context              string // the channel or call it belongs to
	From, To             string // user ids
	FromMember, ToMember string // member ids, as NewMemberID makes them
	Role                 Role
	FromNonce, ToNonce   string // what both published at join, as NewNonce makes them
	Generation           uint32 // counts the exchanges of this pair
	SDP                  string // the whole text; its SHA-256 is signed
}

// Sign signs with the sender's key, that of From.
func (d Description) Sign(k Key) []byte { return sign(k, d.encode) }

// Verify checks a signature of the sender with the key pub.
func (d Description) Verify(pub PublicKey, sig []byte) error { return verify(pub, sig, d.encode) }

func (d Description) encode(signer PublicKey) ([]byte, error) {
	if UserID(signer) != d.From {
		return nil, ErrSigner
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(d.SDP))
	return message("parley description v1",
		[]byte(d.Context), []byte(d.From), []byte(d.To), []byte(d.FromMember), []byte(d.ToMember), []byte(d.Role),
		[]byte(d.FromNonce), []byte(d.ToNonce), binary.BigEndian.AppendUint32(nil, d.Generation), sum[:]), nil
}

func (d Description) check() error {
	switch {
	case !ValidUserID(d.To):
		return fmt.Errorf("%w: user id", ErrStatement)
	case !ValidMemberID(d.FromMember), !ValidMemberID(d.ToMember), d.FromMember == d.ToMember:
		return fmt.Errorf("%w: member id", ErrStatement)
	case d.Role != Offer && d.Role != Answer:
		return fmt.Errorf("%w: role", ErrStatement)
	case !ValidNonce(d.FromNonce), !ValidNonce(d.ToNonce):
		return fmt.Errorf("%w: nonce", ErrStatement)
	}
	if err := checkText("SDP", d.SDP, maxSDP); err != nil {
		return err
	}
	return checkText("context", d.Context, maxContext)
}

func checkBinding(challenge []byte, mode Mode, binding []byte) error {
	if len(challenge) != ChallengeSize {
		return fmt.Errorf("%w: challenge of %d bytes", ErrStatement, len(challenge))
	}
	switch {
	case mode == Native && len(binding) == BindingSize:
		return nil
	case mode == Web && len(binding) > 0 && len(binding) <= maxOrigin:
		return nil
	}
	return fmt.Errorf("%w: mode or binding", ErrStatement)
}

func checkText(what, s string, limit int) error {
	if s == "" || len(s) > limit {
		return fmt.Errorf("%w: %s of %d bytes", ErrStatement, what, len(s))
	}
	return nil
}

// message is the one encoding of all statements.
func message(tag string, fields ...[]byte) []byte {
	b := appendField(nil, []byte(tag))
	for _, f := range fields {
		b = appendField(b, f)
	}
	return b
}

func appendField(b, field []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(field))), field...)
}

func sign(k Key, encode func(signer PublicKey) ([]byte, error)) []byte {
	if !k.valid() {
		return nil
	}
	msg, err := encode(k.Public())
	if err != nil {
		return nil
	}
	return ed25519.Sign(k.private(), msg)
}

func verify(pub PublicKey, sig []byte, encode func(signer PublicKey) ([]byte, error)) error {
	if err := CheckKey(pub); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	msg, err := encode(pub)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if !ed25519.Verify(pub, msg, sig) {
		return fmt.Errorf("verify: %w", ErrSignature)
	}
	return nil
}
