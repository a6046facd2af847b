package certs

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

const (
	accountFile    = "account"
	requestTimeout = 30 * time.Second
	// A nonce that has become old is refused with a new one (RFC 8555, section 6.5), an overloaded authority says so: both are
	// tried again at once and then a little later.
	maxRetries = 5
)

// order has the authority issue a certificate (RFC 8555, section 7.4), with the challenge on the port for TLS (RFC 8737): that
// one is open anyway.
func (c *Certs) order(ctx context.Context) (*tls.Certificate, error) {
	client, err := c.newClient(ctx)
	if err != nil {
		return nil, err
	}
	defer client.HTTPClient.CloseIdleConnections() // the next order is weeks away
	if err := c.register(ctx, client); err != nil {
		return nil, err
	}
	o, err := client.AuthorizeOrder(ctx, acme.DomainIDs(c.config.Domain))
	if err != nil {
		return nil, fmt.Errorf("order: %w", err)
	}
	defer c.show(nil)
	for _, u := range o.AuthzURLs {
		if err := c.prove(ctx, client, u); err != nil {
			return nil, err
		}
	}
	if o, err = client.WaitOrder(ctx, o.URI); err != nil {
		return nil, fmt.Errorf("order: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{c.config.Domain}}, key)
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	chain, _, err := client.CreateCertFromOrder(ctx, o, csr, true)
	if err != nil {
		return nil, fmt.Errorf("fetch the certificate: %w", err)
	}
	return c.accept(ctx, chain, key)
}

// newClient makes a client with the account's key.
func (c *Certs) newClient(ctx context.Context) (*acme.Client, error) {
	key, err := c.accountKey(ctx)
	if err != nil {
		return nil, fmt.Errorf("the account's key: %w", err)
	}
	return &acme.Client{
		Key: key, DirectoryURL: c.config.Directory, UserAgent: "parleyd",
		HTTPClient: c.httpClient(),
		RetryBackoff: func(n int, _ *http.Request, r *http.Response) time.Duration {
			if n > maxRetries || r.StatusCode == http.StatusTooManyRequests {
				return -1 // our own pause is longer
			}
			return time.Duration(n) * 200 * time.Millisecond
		},
	}, nil
}

func (c *Certs) httpClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: c.config.Roots}
	return &http.Client{Transport: transport, Timeout: requestTimeout}
}

// Clock is the authority's (RFC 9110, section 6.6.1), for whoever doubts this machine's; there is none where no domain was given.
func (c *Certs) Clock(ctx context.Context) (time.Time, error) {
	if c.config.Domain == "" {
		return time.Time{}, errors.ErrUnsupported
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, c.config.Directory, nil)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask for the time: %w", err)
	}
	client := c.httpClient()
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask for the time: %w", err)
	}
	answer.Body.Close()
	return http.ParseTime(answer.Header.Get("Date"))
}

// register makes the account, or finds it. Its terms are agreed to by whoever starts the server with a domain: the README says so.
func (c *Certs) register(ctx context.Context, client *acme.Client) error {
	account := &acme.Account{}
	if c.config.Email != "" {
		account.Contact = []string{"mailto:" + c.config.Email}
	}
	if _, err := client.Register(ctx, account, autocert.AcceptTOS); err != nil && !errors.Is(err, acme.ErrAccountAlreadyExists) {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}

// accountKey is kept, so that the authority knows the server again.
func (c *Certs) accountKey(ctx context.Context) (crypto.Signer, error) {
	if data, err := c.cache.Get(ctx, accountFile); err == nil {
		if key, _, err := decodeKey(data); err == nil {
			return key, nil
		} // damaged: another account does as well
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	data, err := encode(key, nil)
	if err != nil {
		return nil, err
	}
	return key, c.cache.Put(ctx, accountFile, data)
}

var errNoTLSChallenge = errors.New("the authority offers no tls-alpn-01 challenge")

// prove shows the authority that the domain leads here.
func (c *Certs) prove(ctx context.Context, client *acme.Client, authorization string) error {
	z, err := client.GetAuthorization(ctx, authorization)
	if err != nil {
		return fmt.Errorf("look at the challenge: %w", err)
	}
	if z.Status != acme.StatusPending {
		return nil // proven lately; or invalid, which the order then tells
	}
	for _, challenge := range z.Challenges {
		if challenge.Type != "tls-alpn-01" {
			continue
		}
		cert, err := client.TLSALPN01ChallengeCert(challenge.Token, c.config.Domain)
		if err != nil {
			return fmt.Errorf("make the challenge's certificate: %w", err)
		}
		c.show(&cert)
		if _, err := client.Accept(ctx, challenge); err != nil {
			return fmt.Errorf("accept the challenge: %w", err)
		}
		if _, err := client.WaitAuthorization(ctx, authorization); err != nil {
			return fmt.Errorf("the challenge: %w", err)
		}
		return nil
	}
	return errNoTLSChallenge
}

// show has the authority see a challenge's certificate; nil ends that.
func (c *Certs) show(cert *tls.Certificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.challenge = cert
}

// accept checks what the authority has sent, and keeps it.
func (c *Certs) accept(ctx context.Context, chain [][]byte, key *ecdsa.PrivateKey) (*tls.Certificate, error) {
	data, err := encode(key, chain)
	if err != nil {
		return nil, fmt.Errorf("write the certificate: %w", err)
	}
	cert, err := c.decode(data)
	if err != nil {
		return nil, err
	}
	if err := c.cache.Put(ctx, c.config.Domain, data); err != nil {
		c.config.Log.Warn("the certificate is not kept: the next start orders another one", "err", err) // it works today
	}
	return cert, nil
}

// encode writes a key, and the chain of its certificate where there is one, as PEM (RFC 7468).
func encode(key *ecdsa.PrivateKey, chain [][]byte) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	data := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	for _, cert := range chain {
		data = append(data, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})...)
	}
	return data, nil
}

func decodeKey(data []byte) (key *ecdsa.PrivateKey, rest []byte, err error) {
	block, rest := pem.Decode(data)
	if block == nil || block.Type != "EC PRIVATE KEY" {
		return nil, nil, errors.New("it holds no key")
	}
	key, err = x509.ParseECPrivateKey(block.Bytes)
	return key, rest, err
}

// decode reads what encode has written, and checks that it is of use.
func (c *Certs) decode(data []byte) (*tls.Certificate, error) {
	key, rest, err := decodeKey(data)
	if err != nil {
		return nil, err
	}
	cert := &tls.Certificate{PrivateKey: key}
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		cert.Certificate = append(cert.Certificate, block.Bytes)
	}
	if len(cert.Certificate) == 0 {
		return nil, errOther
	}
	if cert.Leaf, err = x509.ParseCertificate(cert.Certificate[0]); err != nil {
		return nil, fmt.Errorf("%w: %w", errOther, err)
	}
	if public, ok := cert.Leaf.PublicKey.(*ecdsa.PublicKey); !ok || !key.PublicKey.Equal(public) {
		return nil, errOther
	}
	return cert, c.fits(cert)
}
