package test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/test/lab"
	"parley/test/netlab"
)

// speaker starts a client that says speech again and again, with statistics.
func (w *world) speaker(name string, c lab.Command) (a *lab.Client, stats string) {
	w.Helper()
	wav := filepath.Join(w.dir, "speech.wav")
	if err := lab.WriteWAV(wav, w.speech(20)); err != nil {
		w.Fatal(err)
	}
	stats = filepath.Join(w.dir, name+".stats")
	return w.client(name, c, plain("--play", wav, "--loop", "--speaker", "none", "--stats", stats)...), stats
}

// TestBrowserOverLoss: where packets get lost, both send sound twice (RFC 2198), take what the other sends so; in the long
// form, they stop when it is over.
func TestBrowserOverLoss(t *testing.T) {
	w, net := apart(t, 17)
	a, stats := w.speaker("a", lab.Command{Netns: net.A.Name})
	w.await(a, 0, "joined")
	steady := filepath.Join(w.dir, "noise.wav")
	if err := lab.WriteWAV(steady, audiotest.PinkNoise(5, 10*second)); err != nil {
		t.Fatal(err)
	}
	b := w.browse(lab.Chromium{Netns: net.B.Name, Args: []string{"--use-fake-device-for-media-stream", "--use-file-for-fake-audio-capture=" + steady}})
	b.enter("Gus")
	b.do("document.getElementById('processing').click()") // it would take out the noise
	b.click("#channels button")
	w.await(a, 0, "first_sound")
	// What it sends twice shows in its bytes alone: it calls the codec Opus all the same.
	plainly := b.size()
	net.Set(netlab.Params{Loss: 0.1})
	b.until(fmt.Sprintf("witness.size(2000).then(n => n > %f)", 1.6*plainly))
	b.flows(soundIn, "s.fecPacketsReceived > 100")
	wait(3)
	repaired := func() int {
		data, err := os.ReadFile(stats)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(data)), "\n")
		var last struct {
			Peers []struct {
				Redundant int `json:"red_repaired"`
			}
		}
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || len(last.Peers) != 1 {
			t.Fatalf("%q: %v", lines[len(lines)-1], err)
		}
		return last.Peers[0].Redundant
	}
	t.Logf("by copies %d samples of the browser's sound were there; the browser has %+v", repaired(), b.flow(soundIn))
	if repaired() < second/10 {
		t.Errorf("of the browser's sound %d samples were repaired", repaired())
	}
	twice := b.size()
	if soak() > 1 { // half a minute
		net.Set(netlab.Params{})
		b.until(fmt.Sprintf("witness.size(2000).then(n => n < %f)", 1.3*plainly))
	}
	t.Logf("its packets have %.0f bytes, with losses %.0f", plainly, twice)
	if n := b.connections(); n != 1 {
		t.Errorf("%d peer connections", n)
	}
	w.leave(a)
}

// size is how large a packet of the browser's microphone is, in the mean of two seconds.
func (t tab) size() (bytes float64) {
	t.w.Helper()
	if err := t.Evaluate(t.w.within(20*time.Second), "witness.size(2000)", &bytes); err != nil {
		t.w.Fatal(err)
	}
	return bytes
}

// TestBrowserThroughNATs: somebody in a browser is heard wherever they sit, and hears, directly where there is a way, and else by the relay.
func TestBrowserThroughNATs(t *testing.T) {
	internet := newInternet(t, 6)
	host := internet.Host("server", internet.Internet)
	apps, _, _ := side(internet, "a")
	browsers, home, _ := side(internet, "b")
	if err := internet.Err(); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, 0, nil)
	w.server.Close()
	w.listen = "[::]:7440"
	// By its address: for STUN a browser asks a name server alone, and there is none.
	w.serve(lab.Command{Netns: host.Name, Args: []string{"--public-host", host.IP4().String()}})
	for _, c := range []cell{{"home", "home", true}, {"symmetric", "symmetric", false}, {"home", "no-udp", false}} {
		t.Run(c.a+" and "+c.b, func(t *testing.T) {
			pair := *w
			pair.T = t
			pair.meetBrowser(c, apps[c.a], browsers[c.b], home)
		})
	}
}

// settled is when both ends have agreed on the best way: the app waits a second before it takes a relay.
const settled = 3 * time.Second

// meetBrowser lets two meet; at home, the browser's router gets another address then.
func (w *world) meetBrowser(c cell, app, browser *netlab.Host, home *netlab.Network) {
	w.Helper()
	a, _ := w.speaker(c.a+"-"+c.b, lab.Command{Netns: app.Name})
	w.await(a, 0, "joined")
	b := w.browse(lab.Chromium{Netns: browser.Name, Args: []string{"--use-fake-device-for-media-stream"}})
	b.enter("Guest of " + c.b)
	b.click("#channels button")
	w.await(a, 0, "first_sound")
	b.flows(soundIn, "s.totalAudioEnergy > 0.01")
	var path []string
	relayed, began := c.direct, time.Now()
	for relayed == c.direct && time.Since(began) < settled { // a browser speaks by the first way that opens until the app has chosen the best
		if err := b.Evaluate(w.within(20*time.Second), "witness.path()", &path); err != nil {
			w.Fatal(err)
		}
		if relayed = strings.Contains(strings.Join(path, " "), "relay"); relayed == c.direct {
			wait(0.1)
		}
	}
	w.Logf("the browser's path is %v after %v", path, time.Since(began).Round(time.Millisecond))
	if relayed == c.direct {
		w.Errorf("the browser's path is %v", path)
	}
	if c.b == "home" {
		if err := home.Uplink.Renumber(); err != nil {
			w.Fatal(err)
		}
		moved := time.Now()
		wait(1) // what was under way has arrived
		b.sounds()
		b.until("document.querySelector('.tile .state').textContent === '' && document.getElementById('link').textContent === ''")
		w.Logf("the router has another address: sound again within %v, with %d peer connections", time.Since(moved).Round(10*time.Millisecond), b.connections())
	}
	mark := a.Mark()
	b.click("#leave")
	w.await(a, mark, "peer_left")
	w.leave(a)
}

// sounds wants sound to come, from now on.
func (t tab) sounds() {
	t.w.Helper()
	var energy float64
	heard := "witness.stats(" + soundIn + ").then(s => s?.totalAudioEnergy ?? 0)"
	if err := t.Evaluate(t.w.within(20*time.Second), heard, &energy); err != nil {
		t.w.Fatal(err)
	}
	t.until(fmt.Sprintf("%s.then(now => now > %f)", heard, energy+0.01))
}

// TestBrowserComesBack: a path that is lost for some seconds is found again, whichever of the two makes the offers.
func TestBrowserComesBack(t *testing.T) {
	roles := map[string]string{"the app offers": answering, "the browser offers": offering}
	if soak() == 1 {
		delete(roles, "the browser offers") // what the app does with offers, two apps show
	}
	w, net := apart(t, 23)
	a, _ := w.speaker("a", lab.Command{Netns: net.A.Name})
	w.await(a, 0, "joined")
	b := w.browse(lab.Chromium{Netns: net.B.Name, Args: []string{"--use-fake-device-for-media-stream"}})
	for name, role := range roles {
		b.open("about:blank", "")
		b.open(w.server.Ready.Page, role)
		b.enter("Gus")
		mark := a.Mark()
		b.click("#channels button")
		w.await(a, mark, "first_sound")
		net.Set(netlab.Params{Loss: 1})
		b.until("document.querySelector('.tile .state').textContent === 'connecting again …'")
		wait(4)
		net.Set(netlab.Params{})
		back := time.Now()
		b.until("document.querySelector('.tile .state').textContent === ''")
		took := time.Since(back)
		b.sounds()
		b.until("document.getElementById('link').textContent === ''")
		t.Logf("%s: back %v after the network, with %d peer connections", name, took.Round(10*time.Millisecond), b.connections())
		mark = a.Mark()
		b.click("#leave")
		w.await(a, mark, "peer_left")
	}
	w.leave(a)
}
