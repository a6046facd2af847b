package identity

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// count is n bytes that count up from first.
func count(first, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(first + i)
	}
	return b
}

// statement is what all of them can do.
type statement interface {
	Sign(Key) []byte
	Verify(PublicKey, []byte) error
}

func goodHello() ServerHello {
	return ServerHello{
		Server: seeded(1).Public(), Nonce: count(0, 32), Challenge: count(32, 32), Mode: Native, Binding: count(64, 32),
	}
}

func goodRelayHello() RelayHello {
	return RelayHello{Server: seeded(1).Public(), Nonce: count(0, 32), Binding: count(64, 32)}
}

func goodLogin() Login {
	return Login{
		Server: seeded(1).Public(), Challenge: count(32, 32), Mode: Native, Binding: count(64, 32),
		User: seeded(2).Public(),
	}
}

func goodWebLogin() Login {
	l := goodLogin()
	l.Mode, l.Binding = Web, []byte("https://talk.example.org")
	return l
}

func goodDescription() Description {
	text := base64.RawURLEncoding.EncodeToString
	return Description{
		Context: "channel:7", From: seeded(2).ID(), To: seeded(3).ID(),
		FromMember: strings.Repeat("0", 31) + "a", ToMember: strings.Repeat("0", 31) + "b", Role: Offer,
		FromNonce: text(count(0, 32)), ToNonce: text(count(32, 32)), Generation: 3,
		SDP: "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n",
	}
}

// The signatures were made by another implementation, from the description in statement.go.
func TestGoldenSignatures(t *testing.T) {
	tests := []struct {
		name string
		s    statement
		k    Key
		want string
	}{
		{"hello", goodHello(), seeded(1), "DPS-WzzUQQkdARQemggtQseWKLQPYStdwlqkZ1F7SRxy25dI7UKJXjS6RKPWrPRqJtu4lhXtK4xwZ-eJFYN4AQ"},
		{"relay hello", goodRelayHello(), seeded(1), "CcS3E5fOeqlPcWXiE8SmrXdtOQI5kLJ9a8BNxWq3TFOEx26n0PP6qghWh4G6ZDnAUqF8HGqbPBg4yt8Y-W4lBA"},
		{"login", goodLogin(), seeded(2), "g7NVm0uzZzljuDDu9SDA_fl8SlWNxpigcX5KXz46ceg_-3gQpG9jXRmVwSr9WSRwA-S27Y8zQsF5hPpMmy-tBA"},
		{"web login", goodWebLogin(), seeded(2), "XM1B7h1oOzgRqywdeSEsgfhoiRlq5jLErmKWfV81ctVwzH2fZ4LQumyevamZvHfm0w8CQRRsjHXFFBU8zVYXCA"},
		{"resume", Resume{goodLogin(), "session-1"}, seeded(2), "j5wuYHY70P3g8fnYfYHI06BvvsXKN9Am_Ppad9_QoNXoe7rQcIcCnLB0Tm16pQJMA7-5UBzX1hBDal2UbDn4BA"},
		{"description", goodDescription(), seeded(2), "-k7XIh4BMAtC_bTcZh7nbM6icG9Ej6-_p1luAVXHdRu-gvR5FWLEO-9JE5NZRVYlThqsRyA7UVC4FjfL-5XvCw"},
	}
	for _, tt := range tests {
		sig := tt.s.Sign(tt.k)
		if got := base64.RawURLEncoding.EncodeToString(sig); got != tt.want {
			t.Errorf("%s: signature %s, want %s", tt.name, got, tt.want)
		}
		if err := tt.s.Verify(tt.k.Public(), sig); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// Each change of one field, one at a time, spoils the signature: no field is left unsigned.
func TestEveryFieldIsSigned(t *testing.T) {
	hello, login, web := goodHello, goodLogin, goodWebLogin
	resume := func() Resume { return Resume{goodLogin(), "session-1"} }
	cases := map[string]struct {
		signed  statement
		k       Key
		changed []statement
	}{
		"hello": {hello(), seeded(1), []statement{
			change(hello(), func(h *ServerHello) { h.Nonce = count(1, 32) }),
			change(hello(), func(h *ServerHello) { h.Challenge = count(1, 32) }),
			change(hello(), func(h *ServerHello) { h.Mode = Web }),
			change(hello(), func(h *ServerHello) { h.Binding = count(1, 32) }),
			change(hello(), func(h *ServerHello) { h.Nonce, h.Challenge = h.Challenge, h.Nonce }),
		}},
		"relay hello": {goodRelayHello(), seeded(1), []statement{
			change(goodRelayHello(), func(h *RelayHello) { h.Nonce = count(1, 32) }),
			change(goodRelayHello(), func(h *RelayHello) { h.Binding = count(1, 32) }),
			change(goodRelayHello(), func(h *RelayHello) { h.Nonce, h.Binding = h.Binding, h.Nonce }),
		}},
		"login": {login(), seeded(2), []statement{
			change(login(), func(l *Login) { l.Server = seeded(3).Public() }),
			change(login(), func(l *Login) { l.Challenge = count(1, 32) }),
			change(login(), func(l *Login) { l.Mode = Web }),
			change(login(), func(l *Login) { l.Binding = count(1, 32) }),
			web(),
			Resume{login(), "session-1"},
		}},
		"web login": {web(), seeded(2), []statement{
			change(web(), func(l *Login) { l.Binding = []byte("https://evil.example.org") }),
			login(),
		}},
		"resume": {resume(), seeded(2), []statement{
			change(resume(), func(r *Resume) { r.Session = "session-2" }),
			change(resume(), func(r *Resume) { r.Challenge = count(1, 32) }),
			login(),
		}},
		"description": {goodDescription(), seeded(2), changedDescriptions()},
	}
	for name, tt := range cases {
		sig := tt.signed.Sign(tt.k)
		if err := tt.signed.Verify(tt.k.Public(), sig); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for i, other := range tt.changed {
			if err := other.Verify(tt.k.Public(), sig); !errors.Is(err, ErrSignature) {
				t.Errorf("%s, change %d: %v, want ErrSignature", name, i, err)
			}
		}
		for _, bad := range [][]byte{nil, {}, sig[:63], append(bytes.Clone(sig), 0), make([]byte, 64)} {
			if err := tt.signed.Verify(tt.k.Public(), bad); !errors.Is(err, ErrSignature) {
				t.Errorf("%s, signature of %d bytes: %v, want ErrSignature", name, len(bad), err)
			}
		}
	}
}

func changedDescriptions() []statement {
	member := strings.Repeat("0", 31) + "c"
	nonce := base64.RawURLEncoding.EncodeToString(count(1, 32))
	d := goodDescription
	return []statement{
		change(d(), func(d *Description) { d.Context = "channel:8" }),
		change(d(), func(d *Description) { d.To = seeded(1).ID() }),
		change(d(), func(d *Description) { d.FromMember = member }),
		change(d(), func(d *Description) { d.ToMember = member }),
		change(d(), func(d *Description) { d.FromMember, d.ToMember = d.ToMember, d.FromMember }),
		change(d(), func(d *Description) { d.Role = Answer }),
		change(d(), func(d *Description) { d.FromNonce = nonce }),
		change(d(), func(d *Description) { d.ToNonce = nonce }),
		change(d(), func(d *Description) { d.FromNonce, d.ToNonce = d.ToNonce, d.FromNonce }),
		change(d(), func(d *Description) { d.Generation++ }),
		change(d(), func(d *Description) { d.SDP += " " }),
	}
}

func TestAnotherSigner(t *testing.T) {
	for name, s := range map[string]statement{
		"hello": goodHello(), "relay hello": goodRelayHello(), "login": goodLogin(), "resume": Resume{goodLogin(), "s"}, "description": goodDescription(),
	} {
		if sig := s.Sign(seeded(9)); sig != nil {
			t.Errorf("%s: signed by a key that it does not name", name)
		}
		if sig := s.Sign(Key{}); sig != nil {
			t.Errorf("%s: signed by no key", name)
		}
		if err := s.Verify(seeded(9).Public(), make([]byte, 64)); !errors.Is(err, ErrSigner) {
			t.Errorf("%s: %v, want ErrSigner", name, err)
		}
		if err := s.Verify(make([]byte, 32), make([]byte, 64)); !errors.Is(err, ErrKey) {
			t.Errorf("%s under the zero key: %v, want ErrKey", name, err)
		}
		if err := s.Verify(nil, nil); !errors.Is(err, ErrKey) {
			t.Errorf("%s under no key: %v, want ErrKey", name, err)
		}
	}
}

func TestMalformedStatements(t *testing.T) {
	hello, login, d := goodHello, goodLogin, goodDescription
	bad := map[string]struct {
		s statement
		k Key
	}{
		"short nonce":     {change(hello(), func(h *ServerHello) { h.Nonce = h.Nonce[:31] }), seeded(1)},
		"no challenge":    {change(hello(), func(h *ServerHello) { h.Challenge = nil }), seeded(1)},
		"no mode":         {change(hello(), func(h *ServerHello) { h.Mode = "" }), seeded(1)},
		"short exporter":  {change(hello(), func(h *ServerHello) { h.Binding = h.Binding[:31] }), seeded(1)},
		"no origin":       {change(login(), func(l *Login) { l.Mode, l.Binding = Web, nil }), seeded(2)},
		"endless origin":  {change(login(), func(l *Login) { l.Mode, l.Binding = Web, make([]byte, 513) }), seeded(2)},
		"zero server key": {change(login(), func(l *Login) { l.Server = make([]byte, 32) }), seeded(2)},
		"relay nonce":     {change(goodRelayHello(), func(h *RelayHello) { h.Nonce = nil }), seeded(1)},
		"relay exporter":  {change(goodRelayHello(), func(h *RelayHello) { h.Binding = h.Binding[:31] }), seeded(1)},
		"no session":      {Resume{login(), ""}, seeded(2)},
		"long session":    {Resume{login(), strings.Repeat("s", 129)}, seeded(2)},
		"no user":         {change(d(), func(d *Description) { d.To = "" }), seeded(2)},
		"one member":      {change(d(), func(d *Description) { d.ToMember = d.FromMember }), seeded(2)},
		"member form":     {change(d(), func(d *Description) { d.ToMember = strings.Repeat("A", 32) }), seeded(2)},
		"role":            {change(d(), func(d *Description) { d.Role = "pranswer" }), seeded(2)},
		"no nonce":        {change(d(), func(d *Description) { d.ToNonce = "" }), seeded(2)},
		"no context":      {change(d(), func(d *Description) { d.Context = "" }), seeded(2)},
		"no SDP":          {change(d(), func(d *Description) { d.SDP = "" }), seeded(2)},
		"endless SDP":     {change(d(), func(d *Description) { d.SDP = strings.Repeat("a", 1<<20+1) }), seeded(2)},
	}
	for name, tt := range bad {
		if tt.s.Sign(tt.k) != nil {
			t.Errorf("%s: was signed", name)
		}
		if err := tt.s.Verify(tt.k.Public(), make([]byte, 64)); !errors.Is(err, ErrStatement) {
			t.Errorf("%s: %v, want ErrStatement", name, err)
		}
	}
}

// Bytes that move from one field to its neighbour make another message.
func TestFieldsDoNotRunTogether(t *testing.T) {
	seen := map[string]string{}
	for name, m := range map[string][]byte{
		"ab|c": message("t", []byte("ab"), []byte("c")),
		"a|bc": message("t", []byte("a"), []byte("bc")),
		"abc|": message("t", []byte("abc"), nil),
		"abc":  message("t", []byte("abc")),
		"tabc": message("tabc"),
		"ta|":  message("ta", []byte("bc")),
	} {
		if other, ok := seen[string(m)]; ok {
			t.Errorf("%s and %s are the same bytes", name, other)
		}
		seen[string(m)] = name
	}
}

func change[S statement](s S, f func(*S)) statement {
	f(&s)
	return s
}
