package test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/test/lab"
)

// finding is a line of either doctor.
type finding struct{ Step, Result, Code, Text string }

func (f finding) verdict() string { return strings.TrimSpace(f.Result + " " + f.Code) }

// findings runs a doctor to its end and returns what it finds, by step, and its exit status.
func (w *world) findings(program string, c lab.Command) (map[string]finding, int) {
	w.Helper()
	out, status, err := w.programs.Run(w.within(time.Minute), program, c)
	if err != nil {
		w.Fatal(err)
	}
	list := map[string]finding{}
	for line := range strings.Lines(out) {
		var f finding
		if json.Unmarshal([]byte(line), &f) == nil && f.Step != "" {
			list[f.Step] = f
		}
	}
	return list, status
}

// TestDoctor: what parleyctl doctor finds wherever one sits.
func TestDoctor(t *testing.T) {
	internet := newInternet(t, 7)
	host := internet.Host("server", internet.Internet)
	hosts, _, _ := side(internet, "a")
	if err := internet.Err(); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, 0, nil)
	w.server.Close()
	w.listen = "[::]:443"
	w.serve(lab.Command{Netns: host.Name, Args: []string{"--public-host", host.DNS()}})
	const reached = "name: pass, tcp: pass, tls: pass, websocket: pass, login: pass, turn_tls: pass, relay_call: pass, microphone: skipped"
	for place, want := range map[string]string{
		"open":      "stun: pass open, turn_udp: pass, turn_tcp: pass",
		"home":      "stun: pass same, turn_udp: pass, turn_tcp: pass",
		"carrier":   "stun: pass same, turn_udp: pass, turn_tcp: pass",
		"symmetric": "stun: pass different, turn_udp: pass, turn_tcp: pass",
		"no-udp":    "stun: fail no_udp, turn_udp: fail no_answer, turn_tcp: pass",
		"only-443":  "stun: fail no_udp, turn_udp: fail no_answer, turn_tcp: fail no_answer",
		"six":       "stun: pass open, turn_udp: skipped, turn_tcp: pass",
	} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			here := *w
			here.T = t
			got, status := here.findings("parleyctl", lab.Command{Netns: hosts[place].Name, Env: []string{"HOME=" + w.dir}, Args: []string{
				"doctor", w.server.Ready.Invite, "--home", filepath.Join(w.dir, place), "--name", place, "--mic", "none", "--speaker", "none"}})
			failed := 0
			for _, f := range got {
				if f.Result == "fail" {
					failed++
				}
			}
			for _, line := range strings.Split(reached+", "+want, ", ") {
				if step, verdict, _ := strings.Cut(line, ": "); got[step].verdict() != verdict {
					t.Errorf("%s: %+v, want %s", step, got[step], verdict)
				}
			}
			if (status == 1) != (failed > 0) || status > 1 {
				t.Errorf("%d steps have failed, and the status is %d", failed, status)
			}
			t.Logf("%s", got["relay_call"].Text)
		})
	}
}

// TestNoPathIsTold: two whose network lets nothing out but what goes to the gateway of a server whose relay can't be reached are
// both told which step is broken, there too.
func TestNoPathIsTold(t *testing.T) {
	w, net := apart(t, 8)
	// The two connections to the gateway come about; afterwards nobody gets in there, as the relay by TLS would have to.
	w.firewall(net.B.Name, "meta l4proto udp drop; tcp dport 3478 drop; "+
		"tcp dport 7440 tcp flags & (syn | ack) == syn limit rate over 1/hour burst 2 packets drop")
	one := w.client("ana", lab.Command{Netns: net.B.Name}, "--mic", "none", "--speaker", "none")
	other := w.client("ben", lab.Command{Netns: net.B.Name}, "--mic", "none", "--speaker", "none")
	for _, c := range []*lab.Client{one, other} {
		e, err := c.Await(w.within(90*time.Second), 0, "no_path", func(e lab.Event) bool {
			var n struct{ Code, Text string }
			return json.Unmarshal(e.JSON, &n) == nil && n.Code == "turn_tls" && strings.Contains(n.Text, "; and there, their network")
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s", e.JSON)
	}
	w.leave(one, other)
}

// TestServerDoctor: parleyd doctor with a server that runs, one that does not, a port that is taken, a folder that can't be written
// to, and a full disk.
func TestServerDoctor(t *testing.T) {
	w := newWorld(t, 0, nil)
	data := filepath.Join(w.dir, "server")
	look := func(cred *syscall.Credential, dir string, args ...string) (map[string]finding, int) {
		t.Helper()
		return w.findings("parleyd", lab.Command{Cred: cred, Args: append([]string{"doctor", "--json", "--data", dir}, args...)})
	}
	got, status := look(nil, data)
	for _, step := range []string{"server", "certificate", "address", "clock", "turn_udp", "turn_tcp", "turn_tls", "disk", "files"} {
		if got[step].Result != "pass" {
			t.Errorf("%s: %+v", step, got[step])
		}
	}
	if ports := got["ports"].verdict(); ports == "pass" && status != 0 || ports != "pass" && ports != "fail in_use" { // of the relay, by another test's server
		t.Errorf("status %d, ports %+v", status, got["ports"])
	}
	if got, status = look(nil, filepath.Join(w.dir, "another"), "--listen", w.listen); got["ports"].verdict() != "fail in_use" || status != 1 {
		t.Errorf("a port that is taken: %d %+v", status, got["ports"])
	}
	w.server.Close()
	if got, _ = look(nil, data); got["server"].Result != "skipped" || got["turn_udp"].Result != "skipped" || got["disk"].Result != "pass" {
		t.Errorf("a server that does not run: %+v", got)
	}
	if got, status = look(nobody(t), data); got["disk"].verdict() != "fail not_writable" || status != 1 {
		t.Errorf("another's folder: %d %+v", status, got["disk"])
	}
	full := filepath.Join(w.dir, "full")
	shell := func(line string) {
		t.Helper()
		if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
	shell("mkdir " + full + " && mount -t tmpfs -o size=64k none " + full)
	t.Cleanup(func() { shell("umount " + full) })
	shell("head -c 64k /dev/zero > " + full + "/much")
	if got, status = look(nil, full); got["disk"].verdict() != "fail full" || status != 1 {
		t.Errorf("a full disk: %d %+v", status, got["disk"])
	}
}
