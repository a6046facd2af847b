package server

import (
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/probe"
	"parley/server/certs"
	"parley/server/router"
)

// verdicts are the results by step, with the code where there is one: "fail other".
func verdicts(list []probe.Finding) map[string]string {
	out := map[string]string{}
	for _, f := range list {
		out[f.Step] = strings.TrimSpace(f.Result + " " + f.Code)
	}
	return out
}

// examined has a server examined as the command line does, and compares some of what it finds.
func examined(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	list, err := Doctor(t.Context(), dir, "", "127.0.0.1:0") // the relay's usual port may be another test's
	if err != nil {
		t.Fatal(err)
	}
	got := verdicts(list)
	if len(list) != len(steps) {
		t.Errorf("%d findings of %d steps", len(list), len(steps))
	}
	for step, verdict := range want {
		if got[step] != verdict {
			t.Errorf("%s: %q, want %q: %+v", step, got[step], verdict, list)
		}
	}
	for i, f := range list {
		if f.Text == "" || f.Step != steps[i] {
			t.Errorf("finding %d is %+v", i, f)
		}
	}
}

func TestDoctor(t *testing.T) {
	r := start(t)
	examined(t, r.dir, map[string]string{
		stepServer: "pass", stepPorts: "pass", stepCertificate: "pass own", stepAddress: "pass loopback", stepRouter: "skipped", stepClock: "pass alone",
		stepTurnUDP: "pass", stepTurnTCP: "pass", stepTurnTLS: "pass", stepDisk: "pass", stepFiles: "pass",
	})
	r.hub.relay.mu.Lock()
	if len(r.hub.relay.seats) != 0 {
		t.Error("the doctor may still use the relay")
	}
	r.hub.relay.inAll += allocationsInAll
	r.hub.relay.mu.Unlock()
	full := map[string]string{stepTurnUDP: "fail refused", stepTurnTCP: "fail refused", stepTurnTLS: "fail refused", stepPorts: "pass"}
	examined(t, r.dir, full)
	r.stop()
	examined(t, r.dir, map[string]string{stepServer: "skipped", stepPorts: "pass free", stepAddress: "pass loopback", stepRouter: "skipped", stepTurnUDP: "skipped", stepDisk: "pass"})
}

// Whoever is somewhere else than where invites lead is told so.
func TestDoctorAddress(t *testing.T) {
	other := httptest.NewTLSServer(http.NotFoundHandler())
	defer other.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent.Close() // nobody takes the port again so soon
	for host, verdict := range map[string]string{
		other.Listener.Addr().String(): "fail other",
		silent.Addr().String():         "fail closed",
	} {
		r := start(t, func(c *Config) { c.PublicHost = host })
		examined(t, r.dir, map[string]string{stepAddress: verdict, stepTurnTLS: "pass"})
		r.stop()
	}
}

// A relay whose socket has died does not answer.
func TestDoctorRelay(t *testing.T) {
	r := start(t)
	relay := r.sockets.relay.Addr().String()
	for _, c := range r.sockets.udp {
		if c.LocalAddr().String() == relay {
			c.Close()
		}
	}
	examined(t, r.dir, map[string]string{stepTurnUDP: "fail no_answer", stepPorts: "fail closed", stepTurnTCP: "pass"})
}

// The clock is compared with the authority's, and the certificate's trouble is told.
func TestDoctorClock(t *testing.T) {
	for off, verdict := range map[time.Duration]string{0: "pass", time.Hour: "fail off"} {
		authority := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusTeapot)
		}))
		pool := x509.NewCertPool()
		pool.AddCert(authority.Certificate())
		r := start(t, func(c *Config) {
			c.PublicHost, c.Certs = "127.0.0.1", certs.Config{Domain: "talk.example.org", Directory: authority.URL, Roots: pool}
		})
		examined(t, r.dir, map[string]string{stepClock: verdict, stepCertificate: "fail not_issued"})
		r.stop()
		authority.Close()
	}
	for year, verdict := range map[int]string{1970: probe.Fail, 2000: probe.Fail, 2030: probe.Pass, 2200: probe.Fail} {
		if f := sane(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)); f.Result != verdict {
			t.Errorf("%d: %+v", year, f)
		}
	}
}

func TestDoctorCertificate(t *testing.T) {
	now := time.Now()
	issued := certs.State{Domain: "talk.example.org", Issuer: "Authority", Until: now.Add(60 * 24 * time.Hour)}
	ending := issued
	ending.Until, ending.Trouble = now.Add(24*time.Hour), "It has trouble."
	for _, c := range []struct {
		state certs.State
		shown error
		want  string
	}{
		{certs.State{}, nil, "pass own"},
		{certs.State{Domain: "talk.example.org"}, nil, "fail not_issued"},
		{certs.State{Domain: "talk.example.org", Trouble: "It has trouble."}, nil, "fail not_issued"},
		{issued, nil, "pass issued"},
		{issued, errors.New("another name"), "fail mismatch"},
		{ending, nil, "fail ends"},
	} {
		if f := certified(c.state, c.shown, now); f.Result+" "+f.Code != c.want || f.Text == "" {
			t.Errorf("%+v: %+v", c.state, f)
		}
	}
	r := start(t)
	if r.showsFor(t.Context(), "parley") != nil || r.showsFor(t.Context(), "talk.example.org") == nil {
		t.Error("the certificate's name is not looked at")
	}
}

func TestDoctorRouter(t *testing.T) {
	for outcome, want := range map[router.Outcome]string{
		"": probe.Skipped, router.Asking: probe.Skipped, router.Open: probe.Pass, router.Needless: probe.Pass, router.Behind: probe.Fail, router.Partial: probe.Fail,
		router.Refused: probe.Fail, router.Silent: probe.Fail, router.Missing: probe.Fail, router.Apart: probe.Fail, router.Lying: probe.Fail,
	} {
		if f := routed(RouterState{State: router.State{Outcome: outcome}, Text: "It has answered."}); f.Result != want || f.Text == "" {
			t.Errorf("%q: %+v", outcome, f)
		}
	}
}

// What is in the way of a server that does not run.
func TestDoctorStopped(t *testing.T) {
	dir := t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	look := func(dir, listen string) map[string]string {
		t.Helper()
		list, err := Doctor(t.Context(), dir, listen, "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return verdicts(list)
	}
	if got := look(filepath.Join(dir, "not", "yet"), ""); got[stepServer] != "skipped" || got[stepDisk] != "pass" || got[stepPorts] != "skipped" {
		t.Errorf("no folder: %v", got)
	}
	if got := look(dir, taken.Addr().String()); got[stepPorts] != "fail in_use" {
		t.Errorf("a port in use: %v", got)
	}
	for _, listen := range []string{"nonsense", "127.0.0.1:999999", "192.0.2.1:0"} {
		if got := look(dir, listen); got[stepPorts] != "fail bad_address" {
			t.Errorf("%s: %v", listen, got)
		}
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := look(file, ""); got[stepDisk] != "fail not_writable" || got[stepServer] != "fail not_readable" {
		t.Errorf("a file in the folder's place: %v", got)
	}
	st, err := openStore(dir) // by a server that does not listen to the command line
	if err != nil {
		t.Fatal(err)
	}
	defer st.close()
	if got := look(dir, ""); got[stepServer] != "fail not_answering" {
		t.Errorf("a folder that is open elsewhere: %v", got)
	}
}

// The usual port of the relay that another program has is told of.
func TestDoctorDisplacedRelay(t *testing.T) {
	r := start(t)
	r.sockets.wanted = "3478"
	examined(t, r.dir, map[string]string{stepPorts: "fail in_use"})
}
