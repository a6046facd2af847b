package test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/test/lab"
	"parley/test/netlab"
)

// fileEvent is what parleyctl says of a file.
type fileEvent struct {
	Transfer, File, Phase, Path, Text string
	Size, Done                        int64
	Rate                              int
}

func (w *world) awaitFile(c *lab.Client, mark int, d time.Duration, ok func(fileEvent) bool) (x fileEvent) {
	w.Helper()
	_, err := c.Await(w.within(d), mark, "file", func(e lab.Event) bool {
		x = fileEvent{}
		if json.Unmarshal(e.JSON, &x) != nil {
			return false
		}
		if x.Phase == "failed" {
			w.Fatalf("the file failed: %s", x.Text)
		}
		return ok(x)
	})
	if err != nil {
		w.Fatalf("%v; last: %+v", err, x)
	}
	return x
}

// talkers are one in the near place who says something for ever, and one in the far place who listens and takes files.
func (w *world) talkers(net *netlab.Net, args ...string) (a, b *lab.Client, stats, downloads string) {
	w.Helper()
	wav := filepath.Join(w.dir, "speech.wav")
	if err := lab.WriteWAV(wav, w.speech(20)); err != nil {
		w.Fatal(err)
	}
	a = w.client("near", lab.Command{Netns: net.A.Name}, plain(append([]string{"--play", wav, "--loop", "--speaker", "none"}, args...)...)...)
	stats, downloads = filepath.Join(w.dir, "far.stats"), filepath.Join(w.dir, "got")
	b = w.client("far", lab.Command{Netns: net.B.Name}, append([]string{"--mic", "none", "--record-dir", filepath.Join(w.dir, "heard"), "--stats", stats,
		"--accept-files", "all", "--downloads", downloads}, args...)...)
	w.await(a, 0, "peer_connected")
	w.await(b, 0, "peer_connected")
	return a, b, stats, downloads
}

// content is a file that no pattern repeats.
func (w *world) content(name string, size int) (path string, content []byte) {
	w.Helper()
	content = make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(content)
	path = filepath.Join(w.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		w.Fatal(err)
	}
	return path, content
}

// TestFileOverABadLink: a file comes whole over a link that loses a twentieth of all packets, and is cut for some seconds in the
// middle.
func TestFileOverABadLink(t *testing.T) {
	w, net := apart(t, 51)
	a, b, _, _ := w.talkers(net)
	net.Set(netlab.Params{Loss: 0.05, Delay: 15 * time.Millisecond})
	path, content := w.content("a holiday.bin", 3<<20*min(int(soak()), 2))
	if soak() > 1 {
		path, content = w.content("a holiday.bin", 100<<20)
	}
	mark, begin := b.Mark(), time.Now()
	w.tell(a, "send far "+path)
	w.awaitFile(b, mark, 5*time.Minute, func(x fileEvent) bool { return x.Done > x.Size/3 })
	net.Set(netlab.Params{Loss: 1})
	w.awaitFile(b, mark, time.Minute, func(x fileEvent) bool { return x.Phase == "paused" })
	net.Set(netlab.Params{Loss: 0.05, Delay: 15 * time.Millisecond})
	x := w.awaitFile(b, mark, 15*time.Minute, func(x fileEvent) bool { return x.Phase == "done" })
	w.came(x.Path, content)
	w.awaitFile(a, 0, time.Minute, func(x fileEvent) bool { return x.Phase == "done" })
	took := time.Since(begin).Seconds()
	t.Logf("%d bytes in %.0f s, %.1f Mbit/s", len(content), took, float64(len(content))*8e-6/took)
	w.leave(a, b)
}

// came wants that a file is what was sent.
func (w *world) came(path string, content []byte) {
	w.Helper()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
		w.Errorf("what came is not what was sent: %d bytes of %d, %v", len(got), len(content), err)
	}
}

// TestSend: parleyctl send by itself goes to where somebody sits, or calls them, and ends when the file is there, or is not wanted.
func TestSend(t *testing.T) {
	w := newWorld(t, 0, nil)
	path, content := w.content("a holiday.bin", 3<<20)
	downloads := func(name string) []string {
		return []string{"--mic", "none", "--speaker", "none", "--accept-files", "all", "--downloads", filepath.Join(w.dir, name+" got")}
	}
	send := func(to string, want int) string {
		t.Helper()
		a := w.visit("send", "ana", lab.Command{}, path, to)
		status, err := a.Wait(w.within(time.Minute))
		if err != nil || status != want {
			t.Fatalf("to %s: status %d, %v, want %d\n%s\n%s", to, status, err, want, a.Output(), a.Stderr())
		}
		return a.Stderr()
	}
	done := func(x fileEvent) bool { return x.Phase == "done" }

	sits := w.client("ben", lab.Command{}, downloads("ben")...)
	w.await(sits, 0, "joined")
	send("ben", 0)
	w.came(w.awaitFile(sits, 0, time.Second, done).Path, content)
	w.awaitCode(sits, 0, "peer_left", "left", "")
	waits := w.visit("send", "zoe", lab.Command{}, path, "ben", "--known-only") // who is held back gets nothing
	w.await(waits, 0, "peer_held")
	w.leave(sits)
	if status, err := waits.Wait(w.within(time.Minute)); status != 5 || !strings.Contains(waits.Stderr(), "ben has left") {
		t.Errorf("to one who leaves: status %d, %v\n%s", status, err, waits.Stderr())
	}

	waits = w.visit("answer", "cleo", lab.Command{}, append(downloads("cleo"), "--auto")...)
	w.await(waits, 0, "online")
	send("cleo", 0)
	w.came(w.awaitFile(waits, 0, time.Second, done).Path, content)
	w.awaitCode(waits, 0, "call_ended", "left", "")
	w.leave(waits)

	refuses := w.visit("answer", "dora", lab.Command{}, "--mic", "none", "--speaker", "none", "--auto", "--accept-files", "none")
	w.await(refuses, 0, "online")
	if said := send("dora", 4); !strings.Contains(said, "dora takes no files") {
		t.Errorf("said: %s", said)
	}
	w.leave(refuses)
	if said := send("nobody", 4); !strings.Contains(said, "nobody") {
		t.Errorf("said: %s", said)
	}
}

// TestFileOverTheRelay: two who show nobody their addresses send a file, which what the relay carries is enough for, and are heard
// beside it.
func TestFileOverTheRelay(t *testing.T) {
	w, net := apart(t, 53)
	a, b, stats, _ := w.talkers(net, "--always-relay")
	user := w.user(a)
	if by, relay := w.relayedBy(stats, user); !relay {
		t.Fatalf("there is no relay in use: %q", by)
	}
	path, content := w.content("a holiday.bin", 6<<20*int(soak()))
	mark, begin := b.Mark(), time.Now()
	before, _ := lines(stats, user)
	w.tell(a, "send far "+path)
	x := w.awaitFile(b, mark, 3*time.Minute, func(x fileEvent) bool { return x.Phase == "done" })
	took := time.Since(begin).Seconds()
	all, err := lines(stats, user)
	if err != nil || len(all)-len(before) < 2 {
		t.Fatal(len(before), len(all), err)
	}
	w.came(x.Path, content)
	beside := voiceOf(all[len(before):])
	t.Logf("%d bytes in %.1f s, %.1f Mbit/s; concealed %.2f %%, delay %.0f ms",
		len(content), took, float64(len(content))*8e-6/took, 100*beside.concealed, beside.delay)
	mayBe := 0.06
	if soak() > 1 {
		mayBe = 0.01
	}
	if beside.concealed > mayBe {
		t.Error("the file is heard")
	}
	w.leave(a, b)
}

// TestFileWithoutServer: the server is killed while a file is under way. It comes, and so does the next one.
func TestFileWithoutServer(t *testing.T) {
	w, net := apart(t, 54)
	net.Set(netlab.Params{Rate: 30_000_000, Queue: 200 * time.Millisecond, Delay: 5 * time.Millisecond})
	a, b, _, _ := w.talkers(net)
	for i, name := range []string{"first.bin", "second.bin"} {
		path, content := w.content(name, 8<<20/(i+1))
		mark, sent := b.Mark(), a.Mark()
		w.tell(a, "send far "+path)
		if i == 0 {
			w.awaitFile(b, mark, time.Minute, func(x fileEvent) bool { return x.Done > 0 })
			if err := w.server.Kill(); err != nil {
				t.Fatal(err)
			}
			w.await(a, sent, "lost")
			w.await(b, mark, "lost")
			if x := w.awaitFile(b, b.Mark(), time.Minute, func(fileEvent) bool { return true }); x.Phase != "running" {
				t.Errorf("the server went too late: %+v", x)
			}
		}
		x := w.awaitFile(b, mark, 2*time.Minute, func(x fileEvent) bool { return x.Phase == "done" })
		w.came(x.Path, content)
		w.awaitFile(a, sent, time.Minute, func(x fileEvent) bool { return x.Phase == "done" })
	}
	w.leave(a, b)
}

// TestSpeechBesideAFile: over a narrow link with a long queue nothing is heard of a file that goes the same way.
func TestSpeechBesideAFile(t *testing.T) {
	w, net := apart(t, 52)
	a, b, stats, _ := w.talkers(net)
	net.Set(netlab.Params{Rate: 2_000_000, Queue: 400 * time.Millisecond, Delay: 15 * time.Millisecond})
	user := w.user(a)
	listen := func(seconds float64) (from, to int) {
		list, _ := lines(stats, user)
		wait(seconds)
		after, _ := lines(stats, user)
		return len(list), len(after)
	}
	wait(5)
	long := 12 * soak()
	from, to := listen(long)
	path, _ := w.content("film.bin", 64<<20)
	mark := b.Mark()
	w.tell(a, "send far "+path)
	w.awaitFile(b, mark, time.Minute, func(x fileEvent) bool { return x.Done > 0 })
	wait(4) // the beginning, too, but what is asked for is how it is in the long run
	besideFrom, besideTo := listen(long)
	x := w.awaitFile(b, b.Mark(), time.Minute, func(x fileEvent) bool { return x.Done > 0 })
	w.leave(a, b)
	all, err := lines(stats, user)
	if err != nil || besideTo > len(all) || to-from < 5 || besideTo-besideFrom < 5 {
		t.Fatal(len(all), from, to, besideFrom, besideTo, err)
	}
	alone, beside := voiceOf(all[from:to]), voiceOf(all[besideFrom:besideTo])
	rate := float64(x.Done) * 8e-6 / float64(long+4)
	t.Logf("alone: concealed %.2f %%, delay %.0f ms; beside a file at %.2f Mbit/s: concealed %.2f %%, delay %.0f ms",
		100*alone.concealed, alone.delay, rate, 100*beside.concealed, beside.delay)
	mayBe := voice{0.04, 300} // a machine that other tests keep busy is late by itself
	if soak() > 1 {
		mayBe = voice{0.005, 60}
	}
	if beside.concealed > alone.concealed+mayBe.concealed || beside.delay > alone.delay+mayBe.delay {
		t.Error("the file is heard")
	}
	if rate < 0.2 {
		t.Error("the file hardly moves")
	}
}

type voice struct{ concealed, delay float64 }

// voiceOf is what was concealed of somebody's sound, and the 95th percentile of its delay in the jitter buffer.
func voiceOf(list []map[string]any) (v voice) {
	first, last := list[0], list[len(list)-1]
	since := func(name string) float64 { return last[name].(float64) - first[name].(float64) }
	if all := since("received") + since("concealed"); all > 0 {
		v.concealed = since("concealed") / all
	}
	var delays []float64
	for _, l := range list {
		delays = append(delays, l["jb_delay_ms"].(float64))
	}
	slices.Sort(delays)
	v.delay = delays[len(delays)*95/100]
	return v
}
