package certs

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/acme"
)

const domain = "talk.example.org"

var start = time.Date(2026, 5, 4, 20, 0, 0, 0, time.UTC)

// clock is set by a test.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// issue is a certificate as an authority would have sent it, with its key.
func issue(t *testing.T, name string, from, until time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Issuer: pkix.Name{CommonName: "Authority"}, Subject: pkix.Name{CommonName: "Authority"},
		DNSNames: []string{name}, NotBefore: from, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	data, err := encode(key, [][]byte{der})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// keep puts a file where an earlier run would have left it.
func keep(t *testing.T, c *Certs, name string, data []byte) {
	t.Helper()
	if err := c.cache.Put(t.Context(), name, data); err != nil {
		t.Fatal(err)
	}
}

func newCerts(t *testing.T, c Config) *Certs {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shake does a TLS handshake and returns the certificate that a client saw.
func shake(t *testing.T, c *Certs, conf *tls.Config) (*x509.Certificate, string, error) {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		conn := tls.Server(far, c.TLS())
		_ = conn.HandshakeContext(context.Background())
		far.Close()
	}()
	conf.InsecureSkipVerify = true
	conn := tls.Client(near, conf)
	if err := conn.HandshakeContext(t.Context()); err != nil {
		return nil, "", err
	}
	state := conn.ConnectionState()
	return state.PeerCertificates[0], state.NegotiatedProtocol, nil
}

func TestBadConfigs(t *testing.T) {
	for _, c := range []Config{
		{Domain: "localhost", Dir: "x"}, {Domain: "198.51.100.7", Dir: "x"}, {Domain: "*.example.org", Dir: "x"}, {Domain: "a b.example", Dir: "x"},
		{Domain: "https://talk.example.org", Dir: "x"}, {Domain: "talk.example.org:443", Dir: "x"}, {Domain: "../../etc", Dir: "x"}, {Domain: "::1", Dir: "x"},
		{Domain: domain}, {Domain: domain, Dir: "x", Directory: "http://a.example/dir"}, {Domain: domain, Dir: "x", Directory: "a.example"},
		{Domain: domain, Dir: "x", Directory: "https://u:p@a.example/"}, {Directory: "https://a.example/dir"}, {Email: "a@example.org"},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("taken: %+v", c)
		}
	}
	c := newCerts(t, Config{Domain: "Tälk.Example.org.", Dir: t.TempDir()})
	if c.config.Domain != "xn--tlk-qla.example.org" || c.config.Directory != acme.LetsEncryptURL {
		t.Errorf("%+v", c.config)
	}
}

// What a stranger asks for decides between the two certificates and has no other effect.
func TestChoice(t *testing.T) {
	now := &clock{start}
	c := newCerts(t, Config{Domain: domain, Dir: t.TempDir(), now: now.now})
	plain := newCerts(t, Config{now: now.now})
	cert, err := c.decode(issue(t, domain, start.Add(-time.Hour), start.Add(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	self, issued := c.self.Leaf, cert.Leaf
	for _, name := range []string{"", domain} {
		if got, _, err := shake(t, c, &tls.Config{ServerName: name}); err != nil || !got.Equal(self) {
			t.Errorf("before the first one, %q: %v %v", name, got, err)
		}
		if got, _, err := shake(t, plain, &tls.Config{ServerName: name}); err != nil || !got.Equal(plain.Self()) {
			t.Errorf("without a domain, %q: %v %v", name, got, err)
		}
	}
	c.use(cert)
	for name, want := range map[string]*x509.Certificate{domain: issued, "TALK.example.org": issued, "": self, "other.example.org": self, "example.org": self,
		"x." + domain: self, "parley": self} {
		for _, protos := range [][]string{nil, {"http/1.1"}, {"h2", "http/1.1"}, {"http/1.1", acme.ALPNProto}} {
			got, proto, err := shake(t, c, &tls.Config{ServerName: name, NextProtos: protos})
			if err != nil || !got.Equal(want) || proto != "" && proto != "http/1.1" {
				t.Errorf("%q %q: %v %q", name, protos, err, proto)
			}
		}
	}
	for name, conf := range map[string]*tls.Config{
		"HTTP/2 alone":             {ServerName: domain, NextProtos: []string{"h2"}},
		"an older TLS":             {ServerName: domain, MaxVersion: tls.VersionTLS12},
		"a challenge, none is on":  {ServerName: domain, NextProtos: []string{acme.ALPNProto}},
		"a challenge for another":  {ServerName: "other.example.org", NextProtos: []string{acme.ALPNProto}},
		"a challenge without name": {NextProtos: []string{acme.ALPNProto}},
	} {
		if got, _, err := shake(t, c, conf); err == nil {
			t.Errorf("%s: %v", name, got.Subject)
		}
	}
	c.show(c.self) // as an order would
	if _, proto, err := shake(t, c, &tls.Config{ServerName: domain, NextProtos: []string{acme.ALPNProto}}); err != nil || proto != acme.ALPNProto {
		t.Errorf("the authority: %q %v", proto, err)
	}
	if _, _, err := shake(t, c, &tls.Config{ServerName: "other.example.org", NextProtos: []string{acme.ALPNProto}}); err == nil {
		t.Error("the challenge is shown for another name")
	}
	if _, _, err := shake(t, plain, &tls.Config{ServerName: domain, NextProtos: []string{acme.ALPNProto}}); err == nil {
		t.Error("a challenge without a domain")
	}
	c.show(nil)
	now.at = start.Add(2 * time.Hour)
	if got, _, err := shake(t, c, &tls.Config{ServerName: domain}); err != nil || !got.Equal(self) {
		t.Errorf("after its end: %v %v", got, err)
	}
	if s := c.State(); s.Issuer != "" || !s.Until.Equal(self.NotAfter) {
		t.Errorf("after its end: %+v", s)
	}
}

// A renewal is for those who come after it.
func TestRenewalDropsNobody(t *testing.T) {
	now := &clock{start}
	c := newCerts(t, Config{Domain: domain, Dir: t.TempDir(), now: now.now})
	l, err := tls.Listen("tcp", "127.0.0.1:0", c.TLS())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				buf := make([]byte, 1)
				for {
					if _, err := conn.Read(buf); err != nil {
						return
					}
					_, _ = conn.Write(buf)
				}
			}()
		}
	}()
	speak := func(conn *tls.Conn) error {
		_, err := conn.Write([]byte{1})
		if err == nil {
			_, err = conn.Read(make([]byte, 1))
		}
		return err
	}
	var conns []*tls.Conn
	serials := map[string]bool{}
	for i := range 3 {
		cert, err := c.decode(issue(t, domain, start.Add(-time.Hour), start.Add(time.Hour+time.Duration(i)*time.Minute)))
		if err != nil {
			t.Fatal(err)
		}
		c.use(cert)
		conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{ServerName: domain, InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
		serials[string(conn.ConnectionState().PeerCertificates[0].Raw)] = true
		for j, conn := range conns {
			if err := speak(conn); err != nil {
				t.Errorf("after renewal %d connection %d: %v", i, j, err)
			}
		}
	}
	if len(serials) != 3 {
		t.Errorf("%d certificates were seen", len(serials))
	}
}

// What an earlier run has left is used if it is of use.
func TestRestore(t *testing.T) {
	good := issue(t, domain, start.Add(-time.Hour), start.Add(2*time.Hour))
	other := issue(t, domain, start.Add(-time.Hour), start.Add(2*time.Hour))
	for name, tt := range map[string]struct {
		data []byte
		used bool
	}{
		"good":             {good, true},
		"none":             {nil, false},
		"empty":            {[]byte{}, false},
		"no PEM":           {[]byte("hello"), false},
		"a key alone":      {good[:len(good)/3], false},
		"cut":              {good[:len(good)-30], false},
		"another key":      {append(keyOf(t, other), chainOf(t, good)...), false},
		"another name":     {issue(t, "other.example.org", start.Add(-time.Hour), start.Add(time.Hour)), false},
		"over":             {issue(t, domain, start.Add(-2*time.Hour), start.Add(-time.Hour)), false},
		"not begun":        {issue(t, domain, start.Add(time.Hour), start.Add(2*time.Hour)), false},
		"of no authority":  {append(keyOf(t, good), good...), false},
		"far too much":     {append(good, make([]byte, 1<<16)...), true},
		"certificate junk": {append(keyOf(t, good), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"...), false},
	} {
		conf := Config{Domain: domain, Dir: t.TempDir(), now: (&clock{start}).now}
		if tt.data != nil {
			keep(t, newCerts(t, conf), domain, tt.data)
		}
		c := newCerts(t, conf)
		s := c.State()
		if used := c.issued != nil; used != tt.used || used != (s.Issuer == "Authority") {
			t.Errorf("%s: used %v, %+v", name, used, s)
		}
		if want := start.Add(time.Hour); tt.used && !s.Next.Equal(want) || !tt.used && s.Next.After(start) {
			t.Errorf("%s: next %v", name, s.Next)
		}
		conf.Directory = "https://trial.example/dir" // what one authority has given is not another's
		if newCerts(t, conf).issued != nil {
			t.Errorf("%s: it is another authority's", name)
		}
	}
}

func keyOf(t *testing.T, data []byte) []byte {
	t.Helper()
	_, rest, err := decodeKey(data)
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte(nil), data[:len(data)-len(rest)]...)
}

func chainOf(t *testing.T, data []byte) []byte {
	t.Helper()
	_, rest, err := decodeKey(data)
	if err != nil {
		t.Fatal(err)
	}
	return rest
}

// Nobody else on the machine may read a key.
func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "acme")
	c := newCerts(t, Config{Domain: domain, Dir: dir})
	keep(t, c, domain, issue(t, domain, start, start.Add(time.Hour)))
	if _, err := c.accountKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		} else {
			files++
		}
		if got := info.Mode().Perm(); got != want && os.PathSeparator == '/' {
			t.Errorf("%s: %o, want %o", path, got, want)
		}
		return nil
	})
	if err != nil || files != 2 {
		t.Errorf("%d files, %v", files, err)
	}
}

// The account stays the same one, and a damaged one is replaced.
func TestAccountKey(t *testing.T) {
	c := newCerts(t, Config{Domain: domain, Dir: t.TempDir()})
	key := func() *ecdsa.PrivateKey {
		t.Helper()
		k, err := c.accountKey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return k.(*ecdsa.PrivateKey)
	}
	first := key()
	if !first.Equal(key()) {
		t.Error("another account")
	}
	keep(t, c, accountFile, []byte("damaged"))
	if second := key(); second.Equal(first) || !second.Equal(key()) {
		t.Error("after damage")
	}
}
