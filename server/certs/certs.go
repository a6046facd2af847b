// Package certs is a server's certificate: one of an authority that speaks ACME (RFC 8555) where a domain is given, and one that it
// has signed itself until that is there, when it can't be had, and for whoever asks for another name.
//
// Clients of ours look at neither: they verify the server key's signature over the connection. It is for browsers and for what
// watches over servers.
//
// 1. certs   which certificate a connection gets
// 2. renew   when one is ordered, and again after a failure
// 3. order   how
// 4. words   what a failure means, and what to do
package certs

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
	"golang.org/x/net/idna"
)

// Challenge is the protocol (ALPN) by which an authority looks at a server; nothing is said over such a connection.
const Challenge = acme.ALPNProto

// Config describes Certs. The zero value is one that signs for itself.
type Config struct {
	Domain    string         // a name of the world, whose port 443 leads here; empty: no authority is asked
	Directory string         // the authority's directory, an https address; empty: Let's Encrypt's
	Roots     *x509.CertPool // who may vouch for the authority itself; nil: whom this machine trusts
	Email     string         // where the authority may write to; empty: nowhere
	Dir       string         // keeps account and certificate; made (0700) where it is missing. Needed with Domain
	Log       *slog.Logger   // gets no addresses. Nil discards

	now func() time.Time // tests
}

// State is how things stand.
type State struct {
	Domain  string    `json:"domain,omitempty"`  // empty: none was given
	Issuer  string    `json:"issuer,omitempty"`  // who has signed the one in use; empty: this server
	Until   time.Time `json:"until"`             // when the one in use ends
	Trouble string    `json:"trouble,omitempty"` // why the last try failed and what to do, in sentences; empty: it did not
	Detail  string    `json:"detail,omitempty"`  // what the authority said to that: may hold addresses
	Next    time.Time `json:"next,omitzero"`     // of the next try or renewal
}

// Certs holds the certificates of one server. Its methods may be called from any goroutine; Run by one.
type Certs struct {
	config Config
	self   *tls.Certificate
	cache  autocert.DirCache

	mu        sync.RWMutex
	issued    *tls.Certificate // by the authority; nil: none yet
	challenge *tls.Certificate // shown to the authority while an order is under way (RFC 8737)
	state     State
	failures  failures
}

// New makes Certs, with the certificate of an earlier run if there is a good one.
func New(c Config) (*Certs, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	self, err := selfSigned(c.now())
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	s := &Certs{config: c, self: self, state: State{Domain: c.Domain}}
	if c.Domain != "" {
		s.cache = autocert.DirCache(filepath.Join(c.Dir, folder(c.Directory)))
		s.restore()
	}
	return s, nil
}

func (c *Config) validate() error {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.Domain == "" {
		if c.Directory != "" || c.Email != "" || c.Roots != nil {
			return errors.New("certificate: an authority is of no use without a domain")
		}
		return nil
	}
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(c.Domain, "."))
	if err != nil || !strings.Contains(name, ".") || strings.Trim(name, "0123456789.") == "" || strings.ContainsAny(name, "*:/") {
		return fmt.Errorf("certificate: the domain %q is not a name such as talk.example.org", c.Domain)
	}
	c.Domain = name
	if c.Directory == "" {
		c.Directory = acme.LetsEncryptURL
	}
	if u, err := url.Parse(c.Directory); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return fmt.Errorf("certificate: the authority's directory %q is not an https address", c.Directory)
	}
	if c.Dir == "" {
		return errors.New("certificate: no folder given")
	}
	return nil
}

// folder keeps what one authority has given from what another has: a trial's certificate must not stay.
func folder(directory string) string {
	u, err := url.Parse(directory)
	if err != nil {
		return "authority"
	}
	return strings.ReplaceAll(u.Host, ":", "_")
}

// TLS is a configuration for a listener. A renewal holds for the connections after it and touches none that is there.
func (c *Certs) TLS() *tls.Config {
	conf := &tls.Config{
		GetCertificate: c.choose,
		MinVersion:     tls.VersionTLS13, // older exporters don't cover the handshake
		NextProtos:     []string{"http/1.1"},
	}
	if c.config.Domain != "" {
		conf.NextProtos = append(conf.NextProtos, Challenge)
	}
	return conf
}

var errNoChallenge = errors.New("no certificate is being ordered for that name")

// choose never waits and orders nothing: what a stranger asks for has no effect.
func (c *Certs) choose(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	ours := c.config.Domain != "" && strings.EqualFold(strings.TrimSuffix(hello.ServerName, "."), c.config.Domain)
	c.mu.RLock()
	defer c.mu.RUnlock()
	if slices.Equal(hello.SupportedProtos, []string{Challenge}) { // the authority, or who plays it
		if !ours || c.challenge == nil {
			return nil, errNoChallenge
		}
		return c.challenge, nil
	}
	if ours && c.issued != nil && c.config.now().Before(c.issued.Leaf.NotAfter) {
		return c.issued, nil
	}
	return c.self, nil
}

// State tells how things stand.
func (c *Certs) State() State {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s := c.state
	if c.issued == nil || !c.config.now().Before(c.issued.Leaf.NotAfter) {
		s.Issuer, s.Until = "", c.self.Leaf.NotAfter
	}
	return s
}

// Self is the certificate that whoever names no domain gets. Nobody else has its key.
func (c *Certs) Self() *x509.Certificate { return c.self.Leaf }

// use has connections get a certificate from now on.
func (c *Certs) use(cert *tls.Certificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.issued = cert
	c.state.Issuer, c.state.Until = issuerOf(cert.Leaf), cert.Leaf.NotAfter
	c.state.Trouble, c.state.Detail = "", ""
}

func issuerOf(leaf *x509.Certificate) string {
	if n := leaf.Issuer; n.CommonName != "" || len(n.Organization) == 0 {
		return clean(n.CommonName)
	}
	return clean(leaf.Issuer.Organization[0])
}

// restore takes up what an earlier run has left, if it is still of use.
func (c *Certs) restore() {
	ctx := context.Background() // files on this machine
	c.failures = c.readFailures(ctx)
	if data, err := c.cache.Get(ctx, c.config.Domain); err == nil {
		if cert, err := c.decode(data); err == nil {
			c.use(cert)
		}
	}
	c.state.Next = c.due()
}

// selfSigned makes a certificate for this run.
func selfSigned(now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "parley"}, DNSNames: []string{"parley"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(10, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}
