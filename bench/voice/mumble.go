package main

import (
	"context"
	"crypto/sha1" // Mumble pins certificates by it
	"crypto/tls"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // Mumble keeps the servers' certificates in such a database

	"parley/bench/internal/measure"
	"parley/test/lab"
)

func mumbleName(low bool) string {
	if low {
		return "mumble lowest"
	}
	return "mumble default"
}

// mumble is a Mumble server, a display, and two clients in its root channel.
type mumble struct {
	dir, address, display string
	pulse                 *lab.Pulse
	started               []*lab.Process
	displayFD             *os.File
}

// mumble measures Mumble's own values (20 ms packets, 50 ms of output delay, suppression), or the lowest delay that its
// settings allow (10 ms, 10 ms, none); continuous transmission in both.
func (b *bench) mumble(ctx context.Context, low bool) (_ any, err error) {
	dir, err := lab.TempDir(nil)
	if err != nil {
		return nil, err
	}
	m := &mumble{dir: dir, pulse: b.pulse}
	defer func() { err = errors.Join(err, m.close()) }()
	server, err := m.serve(ctx)
	if err != nil {
		return nil, err
	}
	if err := m.screen(ctx); err != nil {
		return nil, err
	}
	groups := map[string]int{"server": server.PID()}
	for _, c := range []struct{ letter, role string }{{"a", "talker"}, {"b", "listener"}} {
		client, err := m.client(ctx, c.letter, low)
		if err != nil {
			return nil, err
		}
		groups[c.role] = client.PID()
		// Both are in when the server has said so of each.
		if err := measure.Until(ctx, func() bool { return strings.Contains(server.Stderr(), "bench_"+c.letter+"(-1)> Authenticated") }); err != nil {
			return nil, fmt.Errorf("wait for %s to log in: %w: %s", c.letter, err, client.Stderr())
		}
	}
	return measured(ctx, b.pulse, b.chirps, groups)
}

func (m *mumble) start(c lab.Command) (*lab.Process, error) {
	p, err := lab.Start(c, nil, nil)
	if err == nil {
		m.started = append(m.started, p)
	}
	return p, err
}

func (m *mumble) close() (err error) {
	for i := len(m.started) - 1; i >= 0; i-- {
		err = errors.Join(err, m.started[i].Close())
	}
	if m.displayFD != nil {
		m.displayFD.Close()
	}
	return errors.Join(err, os.RemoveAll(m.dir))
}

// serve starts murmurd, which gives up root for its own user where it can.
func (m *mumble) serve(ctx context.Context) (*lab.Process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	m.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	ini := fmt.Sprintf("database=%s/murmur.sqlite\nlogfile=\npidfile=\nport=%d\nhost=127.0.0.1\nbandwidth=130000\nusers=10\nbonjour=false\n",
		m.dir, port)
	path := filepath.Join(m.dir, "murmur.ini")
	if err := errors.Join(os.WriteFile(path, []byte(ini), 0o644), os.Chmod(m.dir, 0o777)); err != nil {
		return nil, err
	}
	p, err := m.start(lab.Command{Path: "murmurd", Args: []string{"-fg", "-ini", path}, Dir: m.dir})
	if err != nil {
		return nil, err
	}
	err = measure.Until(ctx, func() bool { return dials(m.address) })
	if err != nil {
		err = fmt.Errorf("wait for murmurd: %w: %s", err, p.Stderr())
	}
	return p, err
}

// screen starts an X server on a display of its own choice.
func (m *mumble) screen(ctx context.Context) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	m.displayFD = r // stays open: Xvfb would die of a closed pipe
	p, err := lab.Start(lab.Command{Path: "Xvfb", Args: []string{"-displayfd", "1", "-noreset", "-screen", "0", "1024x768x24", "-nolisten", "tcp"}}, nil, w)
	w.Close()
	if err != nil {
		return err
	}
	m.started = append(m.started, p)
	defer context.AfterFunc(ctx, func() { r.Close() })()
	buf := make([]byte, 16)
	n, err := r.Read(buf)
	if err != nil {
		return fmt.Errorf("start Xvfb: %w: %s", err, p.Stderr())
	}
	m.display = ":" + strings.TrimSpace(string(buf[:n]))
	return nil
}

// client starts one that has been through its wizard: it has a certificate, settings, and trusts the server.
func (m *mumble) client(ctx context.Context, letter string, low bool) (*lab.Process, error) {
	home := filepath.Join(m.dir, "home_"+letter)
	for _, dir := range []string{".config/Mumble", ".local/share/Mumble/Mumble"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			return nil, err
		}
	}
	certificate, err := m.certificate(ctx, home)
	if err != nil {
		return nil, err
	}
	conf := mumbleConf(letter, low, certificate)
	if err := os.WriteFile(filepath.Join(home, ".config/Mumble/Mumble.conf"), []byte(conf), 0o600); err != nil {
		return nil, err
	}
	if err := m.trust(ctx, filepath.Join(home, ".local/share/Mumble/Mumble/mumble.sqlite")); err != nil {
		return nil, err
	}
	return m.start(lab.Command{
		Path: "mumble", Args: []string{"-m", "mumble://bench_" + letter + "@" + m.address + "/"},
		Env: append(m.pulse.Env(), "HOME="+home, "XDG_CONFIG_HOME="+home+"/.config", "XDG_DATA_HOME="+home+"/.local/share",
			"XDG_RUNTIME_DIR="+home, "QT_QPA_PLATFORM=xcb", "DISPLAY="+m.display),
	})
}

// certificate makes one in the form of Qt's settings, in which every byte is an escape.
func (m *mumble) certificate(ctx context.Context, home string) (string, error) {
	key, cert, p12 := filepath.Join(home, "key.pem"), filepath.Join(home, "cert.pem"), filepath.Join(home, "cert.p12")
	for _, args := range [][]string{
		{"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Mumble User", "-keyout", key, "-out", cert},
		{"pkcs12", "-export", "-inkey", key, "-in", cert, "-passout", "pass:", "-out", p12},
	} {
		if out, err := exec.CommandContext(ctx, "openssl", args...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("openssl %s: %w: %s", args[0], err, out)
		}
	}
	b, err := os.ReadFile(p12)
	if err != nil {
		return "", err
	}
	var s strings.Builder
	for _, c := range b {
		fmt.Fprintf(&s, `\x%x`, c)
	}
	return s.String(), nil
}

func mumbleConf(letter string, low bool, certificate string) string {
	frames, output, suppress, denoise := 2, 5, -30, true
	if low {
		frames, output, suppress, denoise = 1, 1, 0, false
	}
	return fmt.Sprintf(`[General]
lastupdate=2
[audio]
input=PulseAudio
output=PulseAudio
transmit=0
outputdelay=%d
noisesupress=%d
denoise=%t
echo=false
attenuateothers=false
[pulseaudio]
input=mic_%s
output=spk_%s
[net]
certificate="@ByteArray(%s)"
jitterbuffer=1
framesperpacket=%d
[ui]
usage=false
updatecheck=false
plugincheck=false
askonquit=false
disablepubliclist=true
[tts]
enable=false
[messages]
size=0
`, output, suppress, denoise, letter, letter, certificate, frames)
}

// trust writes the server's certificate into the client's database, as a click on "accept" would.
func (m *mumble) trust(ctx context.Context, path string) error {
	// The certificate is self-signed and this is the loopback: it is asked for, not verified.
	c, err := tls.Dial("tcp", m.address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return fmt.Errorf("ask murmurd for its certificate: %w", err)
	}
	defer c.Close()
	digest := sha1.Sum(c.ConnectionState().PeerCertificates[0].Raw)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "create table cert (id integer primary key autoincrement, hostname text, port integer, digest text)"); err != nil {
		return err
	}
	host, port, _ := net.SplitHostPort(m.address)
	_, err = db.ExecContext(ctx, "insert into cert (hostname, port, digest) values (?, ?, ?)", host, port, hex.EncodeToString(digest[:]))
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func dials(address string) bool {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	return c.Close() == nil
}
