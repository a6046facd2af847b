package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"time"

	"parley/identity"
	"parley/wire"
)

// Imposter is a server that has the key of its link and plays by no other rule.
type Imposter struct {
	Key  identity.Key
	Link wire.Link
	http *http.Server
}

// StartImposter lets everybody log in who has the link, under whatever name, and hands the connection to act, which is called on a
// goroutine for each and closes nothing.
func StartImposter(act func(c *wire.Conn, user wire.Login)) (*Imposter, error) {
	key, err := identity.Generate(nil)
	if err != nil {
		return nil, err
	}
	certificate, err := SelfSigned()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start imposter: %w", err)
	}
	i := &Imposter{Key: key, Link: wire.Link{Host: l.Addr().String(), Key: wire.Bytes(key.Public()), Mode: wire.ModeNative, Secret: "x"}}
	i.http = &http.Server{
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13},
		ErrorLog:  log.New(io.Discard, "", 0), // who goes away in the middle is no news
		Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			c, err := wire.Upgrade(rw, r)
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			if login, err := i.login(c); err == nil {
				act(c, *login)
			}
		}),
	}
	go func() { _ = i.http.ServeTLS(l, "", "") }()
	return i, nil
}

// Close takes no connections any more. Those that there are end with their clients.
func (i *Imposter) Close() error { return i.http.Close() }

func (i *Imposter) login(c *wire.Conn) (*wire.Login, error) {
	env, err := c.Read(time.Now().Add(10 * time.Second))
	if err != nil {
		return nil, err
	}
	hello, ok := env.Body.(*wire.Hello)
	if !ok {
		return nil, errors.New("no hello")
	}
	binding, err := c.Binding(wire.ModeNative)
	if err != nil {
		return nil, err
	}
	proof := identity.ServerHello{Server: i.Key.Public(), Nonce: hello.Nonce, Challenge: identity.NewChallenge(), Mode: identity.Native, Binding: binding}
	err = c.Write(wire.Envelope{Body: wire.ServerHello{
		Version: wire.Version, Name: "Imposter", Key: wire.Bytes(i.Key.Public()), Challenge: proof.Challenge, Signature: proof.Sign(i.Key),
	}})
	if err != nil {
		return nil, err
	}
	if env, err = c.Read(time.Now().Add(10 * time.Second)); err != nil {
		return nil, err
	}
	login, ok := env.Body.(*wire.Login)
	if !ok {
		return nil, errors.New("no login")
	}
	return login, nil
}

// SelfSigned makes a certificate that nobody has heard of.
func SelfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
