//go:build linux

package hosting

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/test/lab"
)

const domain = "talk.parley.test"

// notes is what a program has written.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (n *notes) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(b)
}

// String is all of it.
func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// freeAddress is one on loopback that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	a, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return a.Port
}

// authority is a pebble, which issues certificates good for life. It finds every domain here, at a port of its own.
type authority struct {
	directory, ca string // address and file
	roots         *x509.CertPool
	log           *notes
}

func newAuthority(t *testing.T, port int, life time.Duration) *authority {
	t.Helper()
	dir := scratch(t)
	a := &authority{ca: filepath.Join(dir, "cert.pem"), roots: x509.NewCertPool(), log: &notes{}}
	selfSign(t, a.ca, filepath.Join(dir, "key.pem"))
	web, management, dns, mock := freeAddress(t), freeAddress(t), freeAddress(t), freeAddress(t)
	a.directory = "https://" + web + "/dir"
	conf, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": web, "managementListenAddress": management, "certificate": a.ca, "privateKey": filepath.Join(dir, "key.pem"),
		"httpPort": 1, "tlsPort": port, "certificateValidityPeriod": int(life / time.Second),
	}})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "conf.json"), conf, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	a.start(t, lab.Command{Path: "pebble-challtestsrv", Args: []string{"-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", "",
		"-dns01", dns, "-management", mock}}, mock)
	a.start(t, lab.Command{Path: "pebble", Args: []string{"-config", filepath.Join(dir, "conf.json"), "-dnsserver", dns}, Env: []string{"PEBBLE_VA_NOSLEEP=1"}}, web)
	a.fetchRoots(t, "https://"+management+"/roots/0")
	return a
}

// start starts a program and waits until it listens.
func (a *authority) start(t *testing.T, c lab.Command, address string) {
	t.Helper()
	p, err := lab.Start(c, nil, a.log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	await(t, c.Path+" listens", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// fetchRoots asks for the root of what is issued, which is new at every start.
func (a *authority) fetchRoots(t *testing.T, from string) {
	t.Helper()
	own, err := os.ReadFile(a.ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(own)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	resp, err := client.Get(from)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	root, err := io.ReadAll(resp.Body)
	if err != nil || !a.roots.AppendCertsFromPEM(root) {
		t.Fatalf("no root: %v %s", err, root)
	}
}

// selfSign makes the certificate of the authority's own web server.
func selfSign(t *testing.T, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// domained starts a parleyd that wants a certificate. Its links lead to loopback: no name server knows the domain.
func (a *authority) domained(t *testing.T, listen string) hosted {
	t.Helper()
	return serve(t, "", listen, "--public-host", "127.0.0.1", "--domain", domain, "--acme-directory", a.directory, "--acme-ca", a.ca)
}

// seen is the certificate that somebody is shown who asks for a name, verified if roots are given.
func seen(t *testing.T, address, name string, roots *x509.CertPool, protos ...string) (*x509.Certificate, error) {
	t.Helper()
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: &tls.Config{ServerName: name, RootCAs: roots, InsecureSkipVerify: roots == nil, NextProtos: protos}}
	conn, err := d.DialContext(within(t, 10*time.Second), "tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

// online tells whether the server sees a member.
func (h hosted) online(t *testing.T, name string) bool {
	t.Helper()
	out, err := exec.CommandContext(within(t, 20*time.Second), filepath.Join(programs.Dir, "parleyd"), "users", "--data", h.dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		var u struct{ Name, Status string }
		if json.Unmarshal([]byte(line), &u) == nil && u.Name == name {
			return u.Status == "online"
		}
	}
	return false
}

// A real authority issues a certificate and renews it, and whoever is connected does not notice. Nobody but the authority can have
// an order begun, and clients verify the server's key as they did before.
func TestCertificate(t *testing.T) {
	address := freeAddress(t)
	a := newAuthority(t, portOf(t, address), 15*time.Second)
	s := a.domained(t, address)
	await(t, "a certificate", func() bool { return strings.HasPrefix(s.status(t).Certificate.Issuer, "Pebble") })
	first, err := seen(t, address, domain, a.roots)
	if err != nil {
		t.Fatalf("as a browser sees it: %v", err)
	}
	waiting, err := programs.Client(lab.Command{Args: []string{"answer", s.Ready.Invite, "--home", scratch(t), "--name", "Ana", "--mic", "none", "--speaker", "none"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { waiting.Close() })
	await(t, "Ana is there", func() bool { return s.online(t, "Ana") })
	for _, name := range []string{"", "forged.parley.test", "parley.test", "x." + domain, strings.ToUpper(domain) + ".evil.test"} {
		if cert, err := seen(t, address, name, nil); err != nil || cert.Subject.CommonName != "parley" {
			t.Errorf("%q is shown %v: %v", name, cert, err)
		}
		if _, err := seen(t, address, name, nil, "acme-tls/1"); err == nil {
			t.Errorf("%q: a challenge is answered", name)
		}
	}
	if _, err := seen(t, address, domain, nil, "acme-tls/1"); err == nil {
		t.Error("a challenge that is over is answered")
	}
	var second *x509.Certificate
	await(t, "a renewal", func() bool {
		second, err = seen(t, address, domain, a.roots)
		return err == nil && second.SerialNumber.Cmp(first.SerialNumber) != 0
	})
	if !second.NotAfter.After(first.NotAfter) || time.Now().After(first.NotAfter) {
		t.Errorf("the first was good until %v, the second until %v, and it is %v", first.NotAfter, second.NotAfter, time.Now())
	}
	if !s.online(t, "Ana") || strings.Contains(waiting.Output(), `"event":"lost"`) {
		t.Errorf("Ana was dropped:\n%s", waiting.Output())
	}
	if code := who(t, "", s.Ready.Invite); code != 0 {
		t.Errorf("after the renewal: %d", code)
	}
	for _, name := range []string{"forged", "evil", "x." + domain} {
		if strings.Contains(a.log.String(), name) {
			t.Errorf("the authority has heard of %q", name)
		}
	}
	restarted(t, a, s, address)
}

// restarted starts the server again: the certificate is there at once, and none is ordered for that.
func restarted(t *testing.T, a *authority, s hosted, address string) {
	t.Helper()
	before, err := seen(t, address, domain, a.roots)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	again, err := programs.Serve(within(t, 40*time.Second), address, s.dir, lab.Command{Args: []string{"--public-host", "127.0.0.1", "--domain", domain, "--acme-directory", a.directory, "--acme-ca", a.ca}})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if after, err := seen(t, address, domain, a.roots); err != nil || after.NotBefore.Before(before.NotBefore) {
		t.Errorf("after a restart: %v %v", after, err)
	}
}

// Without a certificate of an authority the server works with its own, and says what to do.
func TestNoCertificate(t *testing.T) {
	address, elsewhere := freeAddress(t), freeAddress(t)
	gone := &authority{directory: "https://" + elsewhere + "/dir", ca: filepath.Join(scratch(t), "ca.pem")}
	selfSign(t, gone.ca, filepath.Join(scratch(t), "key.pem"))
	for name, tt := range map[string]struct {
		authority func() *authority
		say       string
	}{
		"no authority":            {func() *authority { return gone }, "The authority can't be reached"},
		"nothing on port 443":     {func() *authority { return newAuthority(t, portOf(t, elsewhere), time.Hour) }, "did not find this server on port 443"},
		"nobody vouches for that": {func() *authority { a := newAuthority(t, 1, time.Hour); a.ca = gone.ca; return a }, "--acme-ca"},
	} {
		t.Run(name, func(t *testing.T) {
			s := tt.authority().domained(t, address)
			defer s.Close()
			await(t, "what is wrong", func() bool { return s.status(t).Certificate.Trouble != "" })
			c := s.status(t).Certificate
			wait := time.Until(c.Next)
			if !strings.Contains(c.Trouble, tt.say) || c.Issuer != "" || c.Domain != domain || wait < 4*time.Minute || wait > 5*time.Minute {
				t.Errorf("%+v", c)
			}
			if !strings.Contains(s.Stderr(), tt.say) || strings.Contains(s.Stderr(), fmt.Sprint(portOf(t, elsewhere))) {
				t.Errorf("logged:\n%s", s.Stderr())
			}
			if cert, err := seen(t, address, domain, nil); err != nil || cert.Subject.CommonName != "parley" {
				t.Errorf("shown: %v %v", cert, err)
			}
			if code := who(t, "", s.Ready.Invite); code != 0 {
				t.Errorf("a client: %d", code)
			}
		})
	}
}
