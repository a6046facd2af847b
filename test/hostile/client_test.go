package hostile_test

import (
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"parley/audio/wavdev"
	"parley/test/lab"
	"parley/wire"
)

// joinArgs are those of a short visit without devices.
func (w *world) joinArgs(link, home string, more ...string) []string {
	return append([]string{
		"join", link, "--channel", "General", "--name", home, "--home", w.path(home), "--mic", "none", "--speaker", "none", "--duration", "1s",
	}, more...)
}

func TestInvites(t *testing.T) {
	w := newWorld(t)
	link, err := wire.ParseLink(w.server.Ready.Invite)
	if err != nil {
		t.Fatal(err)
	}
	made := func(args ...string) string {
		out, status := w.parleyd(append([]string{"invite", "--data", w.path("data")}, args...)...)
		if status != 0 {
			t.Fatal(out)
		}
		for e := range lines(out) {
			if e.Invite != "" {
				return e.Invite
			}
		}
		t.Fatalf("no invite in %s", out)
		return ""
	}
	once := made("--uses", "1")
	brief := made("--expires", "1s")
	otherKey, forged := link, link
	otherKey.Key = append(wire.Bytes{}, link.Key...)
	otherKey.Key[5] ^= 1
	forged.Secret = strings.Repeat("A", len(link.Secret))
	nobody := link
	nobody.Host = "127.0.0.1:1"
	for _, c := range []struct {
		name, link, home string
		status           int
		code             string
	}{
		{"good", link.String(), "good", 0, ""},
		{"good for one", once, "one", 0, ""},
		{"used up", once, "two", 4, string(wire.InviteUsedUp)},
		{"a member needs none", link.Server().String(), "good", 0, ""},
		{"a stranger does", link.Server().String(), "three", 4, string(wire.InviteNeeded)},
		{"forged", forged.String(), "five", 4, string(wire.InviteInvalid)},
		{"another server's key", otherKey.String(), "six", 3, "server_key"},
		{"nobody listens", nobody.String(), "seven", 3, "network"},
		{"malformed", "parley://x", "eight", 2, "bad_link"},
		{"a novel", strings.Repeat("Once upon a time: ", 500), "nine", 2, "bad_link"},
	} {
		if status, code := w.ctl(w.joinArgs(c.link, c.home)...); status != c.status || code != c.code {
			t.Errorf("%s: exit %d %q, want %d %q", c.name, status, code, c.status, c.code)
		}
	}
	// The server's clock decides: newcomers get in with the brief one, until they don't.
	for n := range 10 {
		status, code := w.ctl(w.joinArgs(brief, fmt.Sprintf("late%d", n))...)
		if status == 4 && code == string(wire.InviteExpired) {
			return
		}
		if status != 0 {
			t.Fatalf("brief: exit %d %q", status, code)
		}
	}
	t.Error("an invite of one second works for ten")
}

func TestUsage(t *testing.T) {
	w := newWorld(t)
	invite := w.server.Ready.Invite
	for _, c := range []struct {
		status int
		args   []string
	}{
		{0, w.joinArgs(invite, "a")},
		{2, []string{}}, {2, []string{"nonsense"}}, {2, []string{"join", invite, "--home", w.path("a")}},
		{2, w.joinArgs(invite, "a", "--frame", "15")}, {2, w.joinArgs(invite, "a", "--mode", "loud")}, {2, w.joinArgs(invite, "a", "--play", "x")},
		{2, w.joinArgs(invite, "a", "--bitrate", "1")}, {2, w.joinArgs(invite, "a", "--nonsense")},
		{4, []string{"channels", "remove", "-dash", "--home", w.path("a")}}, // a word, though it begins with a dash: nobody is called so
		{4, []string{"join", invite, "--channel", "Nowhere", "--home", w.path("a"), "--mic", "none", "--speaker", "none"}},
	} {
		if status, code := w.ctl(c.args...); status != c.status {
			t.Errorf("%q: exit %d %q, want %d", c.args, status, code, c.status)
		}
	}
}

func TestHomeThatCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	if err := os.WriteFile(w.path("file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, code := w.ctl(w.joinArgs(w.server.Ready.Invite, "file/home")...); status != 4 || code != "home" {
		t.Errorf("exit %d %q", status, code)
	}
	if status, _ := w.ctl(w.joinArgs(w.server.Ready.Invite, "home")...); status != 0 {
		t.Errorf("a good one: exit %d", status)
	}
}

// Files in the place of a microphone: what is broken is said before anything is joined; what is only unusual is heard.
func TestFilesAsMicrophones(t *testing.T) {
	w := newWorld(t)
	good, speech := w.speech("good.wav", 5)
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"empty.wav": {}, "cut.wav": whole[:20], "noise.wav": []byte(strings.Repeat("noise", 100))} {
		if err := os.WriteFile(w.path(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"join", w.server.Ready.Invite, "--channel", "General", "--home", w.path("x"), "--play", w.path(name), "--speaker", "none", "--duration", "1s"}
		if status, code := w.ctl(args...); status != 4 || code != "sound" {
			t.Errorf("%s: exit %d %q", name, status, code)
		}
	}
	half := make([]float32, len(speech)/2) // every other sample twice: stereo at half the rate
	for i := range half {
		half[i] = (speech[2*i] + speech[2*i+1]) / 2
	}
	if err := os.WriteFile(w.path("stereo24.wav"), wav(half, 24000, 2), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"good.wav", "stereo24.wav"} {
		talker := w.sits("Talker", "--play", w.path(file), "--loop", "--speaker", "none")
		listener := w.sits("Listener", "--mic", "none", "--record", w.path(file+".heard.wav"), "--duration", "7s")
		if status, err := listener.Wait(w.ctx); err != nil || status != 0 {
			t.Fatalf("listener: exit %d, %v", status, err)
		}
		_ = talker.Close()
		if db := w.heard(w.path(file+".heard.wav"), speech); db < 8 {
			t.Errorf("%s: heard at %.1f dB", file, db)
		}
	}
}

// wav is a 16-bit file with the same sound in each channel.
func wav(x []float32, rate, channels int) []byte {
	le := binary.LittleEndian
	n := len(x) * 2 * channels
	b := append([]byte("RIFF"), le.AppendUint32(nil, uint32(36+n))...)
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00"...)
	b = le.AppendUint16(b, uint16(channels))
	b = le.AppendUint32(b, uint32(rate))
	b = le.AppendUint32(b, uint32(rate*2*channels))
	b = le.AppendUint16(b, uint16(2*channels))
	b = le.AppendUint16(b, 16)
	b = le.AppendUint32(append(b, "data"...), uint32(n))
	for _, v := range x {
		for range channels {
			b = le.AppendUint16(b, uint16(int16(v*32000)))
		}
	}
	return b
}

// TestManInTheMiddle stands between client and server with a certificate of its own and passes every byte on. The client
// sees the right key sign another connection, says nothing more, and goes; straight, it gets in.
func TestManInTheMiddle(t *testing.T) {
	w := newWorld(t)
	link, err := wire.ParseLink(w.server.Ready.Invite)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := lab.SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	said, direct, host := make(chan int, 8), link.String(), link.Host
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { said <- passOn(c, host) }()
		}
	}()
	link.Host = l.Addr().String()
	if status, code := w.ctl(w.joinArgs(link.String(), "victim")...); status != 3 || code != "server_key" {
		t.Errorf("through the middle: exit %d %q", status, code)
	}
	if n := <-said; n > 1500 { // the upgrade and the hello; a login would be more, and hold the invite's secret
		t.Errorf("the middle was told %d bytes", n)
	}
	if status, code := w.ctl(w.joinArgs(direct, "victim")...); status != 0 {
		t.Errorf("straight: exit %d %q", status, code)
	}
}

// passOn joins a victim to the server over TLS of its own and returns how many bytes the victim said.
func passOn(victim net.Conn, host string) int {
	defer func() { _ = victim.Close() }()
	server, err := tls.Dial("tcp", host, insecure())
	if err != nil {
		return 0
	}
	defer func() { _ = server.Close() }()
	go func() { _, _ = io.Copy(victim, server) }()
	n, _ := io.Copy(server, victim)
	return int(n)
}

// insecure is how somebody without the server's key connects.
func insecure() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}
}

func TestServersThatCannotStart(t *testing.T) {
	w := newWorld(t)
	if err := os.WriteFile(w.path("file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := wire.ParseLink(w.server.Ready.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, status := w.parleyd("serve", "--listen", taken.Host, "--data", w.path("data2")); status != 1 {
		t.Errorf("a port in use: exit %d", status)
	}
	if _, status := w.parleyd("serve", "--listen", "127.0.0.1:0", "--data", w.path("file/data")); status != 1 {
		t.Errorf("a folder that can't be made: exit %d", status)
	}
	if _, status := w.parleyd("serve", "--listen", "127.0.0.1:0", "--data", w.path("data")); status != 1 {
		t.Errorf("a folder in use: exit %d", status)
	}
	w.serve("127.0.0.1:0", "data2") // the same folder as above, on another port
}

// No microphone at all: one still listens.
func TestListeningWithoutAMicrophone(t *testing.T) {
	w := newWorld(t)
	file, speech := w.speech("speech.wav", 5)
	w.sits("Talker", "--play", file, "--loop", "--speaker", "none")
	listener := w.sits("Listener", "--mic", "none", "--record", w.path("heard.wav"), "--duration", "6s")
	e := w.awaits(listener, "device")
	if status, err := listener.Wait(w.ctx); err != nil || status != 0 {
		t.Fatalf("exit %d, %v", status, err)
	}
	if !strings.Contains(string(e.JSON), "microphone_none") {
		t.Errorf("said %s", e.JSON)
	}
	if db := w.heard(w.path("heard.wav"), speech); db < 12 {
		t.Errorf("heard at %.1f dB", db)
	}
	if samples, err := wavdev.ReadFile(w.path("heard.wav")); err != nil || len(samples) < 5*lab.SampleRate {
		t.Errorf("%d samples, %v", len(samples), err)
	}
}
