package test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/audio/audiotest"
	"parley/test/lab"
)

// believing lets a browser take the server's own certificate, as a person does who clicks through.
const believing = "--ignore-certificate-errors"

// tab is a browser with the server's page, before or after somebody has come in.
type tab struct {
	lab.WebPage
	w *world
}

// browse opens the server's page with the invite in a browser.
func (w *world) browse(c lab.Chromium) tab {
	w.Helper()
	if w.pulse != nil {
		c.Env = append(c.Env, w.pulse.Env()...)
	}
	c.Args = append(c.Args, believing)
	t, err := c.Open(w.within(time.Minute), "about:blank")
	if err != nil {
		w.Fatal(err)
	}
	return w.tab(t)
}

// tab opens the server's page in a browser, which is closed at the test's end.
func (w *world) tab(p lab.WebPage) tab {
	w.Helper()
	t := tab{p, w}
	w.Cleanup(func() {
		if w.Failed() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(w.Context()), 5*time.Second) // the test's own is over
			defer cancel()
			var seen string
			err := t.Evaluate(ctx, "witness.all()", &seen)
			w.Log(seen, err)
		}
		if err := p.Close(); err != nil {
			w.Error(err)
		}
	})
	t.open(w.server.Ready.Page, "")
	return t
}

// open goes to a page, in whose world before, a script, has been.
func (t tab) open(page, before string) {
	t.w.Helper()
	if err := t.Go(t.w.within(20*time.Second), page, witness+before); err != nil {
		t.w.Fatal(err)
	}
}

// witness keeps the page's peer connections, to ask the browser itself what goes through them, and what the page complains of.
//
//go:embed testdata/witness.js
var witness string

// until waits for an expression to become true in the page.
func (t tab) until(expression string) {
	t.w.Helper()
	if err := lab.AwaitPage(t.w.within(30*time.Second), t, expression); err != nil {
		var seen string
		_ = t.Evaluate(t.w.within(5*time.Second), "document.body.innerText", &seen)
		t.w.Fatalf("%v\n%s", err, seen)
	}
}

// do runs something in the page.
func (t tab) do(expression string) {
	t.w.Helper()
	if err := t.Evaluate(t.w.within(20*time.Second), expression, nil); err != nil {
		t.w.Fatalf("%s: %v", expression, err)
	}
}

// click clicks the first element that a selector finds.
func (t tab) click(selector string) {
	t.w.Helper()
	t.do(fmt.Sprintf("document.querySelector(%q).click()", selector))
}

// enter comes in under a name.
func (t tab) enter(name string) {
	t.w.Helper()
	t.until("document.readyState === 'complete' && document.getElementById('enter') && !document.getElementById('enter').hidden")
	t.do(fmt.Sprintf("document.getElementById('name').value = %q", name))
	t.click("#come")
	t.until("document.querySelector('#channels button')")
}

// choose picks a device by a part of its name.
func (t tab) choose(kind, name string) {
	t.w.Helper()
	t.until(fmt.Sprintf("[...document.querySelectorAll('#%s option')].some(o => o.text.includes(%q))", kind, name))
	t.do(fmt.Sprintf(`(list => {
		list.value = [...list.options].find(o => o.text.includes(%q)).value;
		list.dispatchEvent(new Event('change'));
	})(document.getElementById(%q))`, name, kind))
}

// web wants an event to be about a browser guest, as the server has said.
func (w *world) web(e lab.Event) {
	w.Helper()
	var f struct {
		Name string
		Web  bool
	}
	if err := json.Unmarshal(e.JSON, &f); err != nil || !f.Web {
		w.Errorf("not badged: %s", e.JSON)
	}
}

// TestBrowserIsHeard: somebody with the app and somebody in a browser hear each other, in a channel. When the browser is muted, nothing
// comes; when it leaves, that is known at once.
func TestBrowserIsHeard(t *testing.T) {
	w := newWorld(t, 2, nil)
	a := w.person(0, plain()...)
	w.await(a, 0, "joined")
	b := w.browse(lab.Chromium{})
	b.enter("Gus")
	b.do("document.getElementById('processing').click()") // a waveform is to be compared
	b.click("#channels button")
	w.web(w.await(a, 0, "peer_joined"))
	w.await(a, 0, "peer_connected")
	b.until("document.querySelector('.tile .name')?.textContent === 'a' && document.querySelector('.tile .state').textContent === ''")
	b.click("#choose")
	b.choose("audioinput", "mic_b")
	b.choose("audiooutput", "spk_b")
	b.click("#done")

	w.talk(a, 15, 6)
	mark, r := a.Mark(), w.record()
	b.click("#mute")
	b.until("document.getElementById('mute').getAttribute('aria-pressed') === 'true'")
	w.hear(r, 1)
	muted := r.Seconds()
	w.say(1, w.speech(3))
	unmuted := r.Seconds()
	b.click("#leave")
	w.await(a, mark, "peer_left")
	w.leave(a)
	if got := level(w.stop(r)[lab.Ear(0)], muted, unmuted); got > -80 {
		t.Errorf("muted: %.1f dBFS", got)
	}
}

// talk has a, with the app, and b, in a browser, say something to each other at once, and wants that to be heard with those SI-SDR, in dB, in a quarter
// of the time: a browser stretches what it plays, on a busy machine all the time, and codes with a filter that turns the phase. Another
// voice has -1 dB at the most.
func (w *world) talk(a *lab.Client, wantA, wantB float64) {
	w.Helper()
	both := func(seconds float64) {
		other := w.saying(1, w.speech(2 * seconds)[int(seconds*second):])
		w.say(0, w.speech(seconds))
		other()
	}
	both(3) // the jitter buffers begin long
	w.await(a, 0, "first_sound")
	r := w.record()
	both(6 * soak())
	w.hear(r, 1)
	channels := w.stop(r)
	for i, want := range []float64{wantA, wantB} {
		mouth, ear := channels[lab.Mouth(i)], channels[lab.Ear(1-i)]
		lag := audiotest.Align(mouth, ear, second)
		_, all := audiotest.WindowedSISDR(mouth, ear, second/4, second)
		got := audiotest.Quantile(all, 0.75)
		w.Logf("%s: SI-SDR %.1f dB of %.1f, delay %.0f ms, said at %.1f dBFS, heard at %.1f", lab.Letter(i), got, all, float64(lag)*1000/second,
			audiotest.LevelDBFS(mouth), audiotest.LevelDBFS(ear))
		if !(got >= want) {
			w.Errorf("%s: SI-SDR %.1f dB in a quarter of the windows, want %.0f", lab.Letter(i), got, want)
		}
	}
}

// film is what of the watched pictures was shown between two times.
func (t tab) film(from, to time.Time) []lab.Picture {
	t.w.Helper()
	var seen [][4]float64
	if err := t.Evaluate(t.w.within(20*time.Second), "witness.seen", &seen); err != nil {
		t.w.Fatal(err)
	}
	var all []lab.Picture
	for _, s := range seen {
		p := lab.Picture{Number: int64(s[0]), At: time.UnixMicro(int64(1000 * s[1])), Width: int(s[2]), Height: int(s[3])}
		if !p.At.Before(from) && !p.At.After(to) {
			all = append(all, p)
		}
	}
	return all
}

// checkFilm wants at least so many pictures of somebody's in a second, in their order, nearly all of which can be read: those of the pattern, or of a clip of it.
func (w *world) checkFilm(who string, seen []lab.Picture, from, to time.Time, least float64) {
	w.Helper()
	read, back := 0, 0
	for i, p := range seen {
		if p.Number < 0 {
			continue
		}
		read++
		if i > 0 && seen[i-1].Number >= 0 && (p.Number-seen[i-1].Number+lab.ClipPictures)%lab.ClipPictures > lab.ClipPictures/2 {
			back++
		}
	}
	s := to.Sub(from).Seconds()
	if float64(len(seen)) < least*s || 10*read < 9*len(seen) || back > 0 {
		w.Errorf("%s: %d pictures in %.1f s, %d can be read, %d go back", who, len(seen), s, read, back)
		return
	}
	last := seen[len(seen)-1]
	w.Logf("%s: %.1f pictures a second, %d of %d can be read, the last is %dx%d", who, float64(len(seen))/s, read, len(seen), last.Width, last.Height)
}

// flow is one stream of the browser's statistics.
type flow struct {
	Codec                                            string
	PacketsSent, PacketsReceived, PacketsLost        int
	FramesEncoded, FramesDecoded, KeyFramesDecoded   int
	FrameWidth, FrameHeight                          int
	QualityLimitationResolutionChanges               int
	ConcealedSamples, TotalSamplesReceived, PLICount float64
}

// The streams of the layout, as the browser names them: type of statistics, kind, and media section.
const (
	soundIn   = "'inbound-rtp', 'audio', '0'"
	cameraIn  = "'inbound-rtp', 'video', '1'"
	cameraOut = "'outbound-rtp', 'video', '1'"
	screenIn  = "'inbound-rtp', 'video', '2'"
	screenOut = "'outbound-rtp', 'video', '2'"
	soundOfIt = "'inbound-rtp', 'audio', '3'"
)

// flow asks the browser for a stream; the zero value: nothing of it has come or gone.
func (t tab) flow(which string) (f flow) {
	t.w.Helper()
	if err := t.Evaluate(t.w.within(20*time.Second), "witness.stats("+which+").then(s => s ?? {})", &f); err != nil {
		t.w.Fatal(err)
	}
	return f
}

// flows waits until a condition holds for a stream, called s.
func (t tab) flows(which, condition string) {
	t.w.Helper()
	t.until("witness.stats(" + which + ").then(s => s && " + condition + ")")
}

// seeing wants the camera's pictures to go both ways in that codec, by the browser's own word.
func (t tab) seeing(codec string) {
	t.w.Helper()
	out, in := t.flow(cameraOut), t.flow(cameraIn)
	if out.Codec != codec || in.Codec != codec || out.FramesEncoded < 5 || in.FramesDecoded < 20 {
		t.w.Errorf("by the browser's statistics it sends %+v, and takes %+v", out, in)
	}
}

// withoutVP9 makes a browser one that does not have it.
//
//go:embed testdata/novp9.js
var withoutVP9 string

// TestBrowserCall: a browser calls somebody with the app, who answers with a camera; both see each other, with and without VP9, write, and
// hang up.
func TestBrowserCall(t *testing.T) {
	w := newWorld(t, 0, nil)
	a := w.phone(0, lab.Command{}, "answer", "--auto", "--video")
	w.await(a, 0, "online")
	b := w.browse(lab.Chromium{Args: w.fakeCamera()})
	for _, c := range []struct{ codec, before string }{{"video/VP9", offering}, {"video/VP8", withoutVP9 + answering}} {
		mark := a.Mark()
		b.ring(c.before)
		w.web(w.await(a, mark, "call_incoming"))
		w.see(a, b, mark, c.codec, 10)
		if c.codec == "video/VP9" {
			w.converse(a, b)
		}
		mark = a.Mark()
		b.click("#leave")
		w.await(a, mark, "call_ended")
		b.until("document.getElementById('bar').hidden")
	}
	w.leave(a)
}

// The one with the smaller member id makes the offers: with these the browser does, or does not.
const (
	offering  = member + "0; return a; };"
	answering = member + "255; return a; };"
	member    = "const fill = crypto.getRandomValues.bind(crypto); crypto.getRandomValues = a => { fill(a); if (a.length === 16) a[0] = "
)

// ring opens the page anew, in whose world before, a script, has been, and calls the first one there is.
func (t tab) ring(before string) {
	t.w.Helper()
	t.open("about:blank", "")
	t.open(t.w.server.Ready.Page, before)
	t.enter("Gus")
	t.until("document.querySelector('#people button.call')")
	t.do("witness.watch('.tile.person:not(.own) video')")
	t.click("#people button.call")
}

// see switches the browser's camera on, and wants both to see each other, in that codec, and at least so many pictures of the browser's in
// a second. Each answers the other's packets, which Firefox doesn't tell of its own.
func (w *world) see(a *lab.Client, b tab, mark int, codec string, least float64) {
	w.Helper()
	w.await(a, mark, "peer_connected")
	b.click("#camera")
	w.await(a, mark, "first_picture")
	b.until("witness.seen.length")
	from := time.Now()
	wait(2)
	to := time.Now()
	w.checkFilm("the browser's in the app", w.shown(0, from, to), from, to, least)
	w.checkFilm("the app's in the browser", b.film(from, to), from, to, 10)
	b.seeing(codec)
	var theirs float64
	if err := b.Evaluate(w.within(20*time.Second), "witness.carries()", &theirs); err != nil {
		w.Fatal(err)
	}
	ours := w.carries(0)
	w.Logf("the browser's path carries %.0f kbit/s, the app's %d", theirs/1000, ours)
	const begin = 300 // kbit/s, in both: without answers there is no more
	if ours <= begin || theirs > 0 && theirs <= 1000*begin {
		w.Errorf("the browser's path carries %.0f kbit/s, the app's %d", theirs/1000, ours)
	}
}

// carries is how much the path of the call of person i carries, in kbit/s, as their program believes by what it is answered.
func (w *world) carries(i int) int {
	w.Helper()
	data, err := os.ReadFile(w.statsFile(i))
	if err != nil {
		w.Fatal(err)
	}
	var last struct {
		Peers []struct {
			Kbps int `json:"path_kbps"`
		}
	}
	all := strings.Split(strings.TrimSpace(string(data)), "\n")
	if err := json.Unmarshal([]byte(all[len(all)-1]), &last); err != nil || len(last.Peers) == 0 {
		w.Fatalf("%q: %v", all[len(all)-1], err)
	}
	return last.Peers[0].Kbps
}

// converse is what else there is to do in a call.
func (w *world) converse(a *lab.Client, b tab) {
	b.do("document.getElementById('text').value = 'Hello <b>there</b>'")
	b.click("#say button")
	w.await(a, 0, "text")
	if err := a.Tell("say Hello & <i>you</i>"); err != nil {
		w.Fatal(err)
	}
	b.until("document.getElementById('texts').lastChild?.textContent === 'aHello & <i>you</i>'")

	// The camera goes, and comes again, without a new negotiation.
	before := b.connections()
	b.click("#camera")
	b.until("!document.querySelector('.tile.own')")
	b.click("#camera")
	b.until("document.querySelector('.tile.own')")
	seen := len(w.shown(0, time.Time{}, time.Now()))
	if n := b.connections(); n != before {
		w.Errorf("%d peer connections more", n-before)
	}
	w.seen(0, seen+10)
}

// seen waits until person i has been shown so many pictures.
func (w *world) seen(i, pictures int) {
	w.Helper()
	for end := time.Now().Add(20 * time.Second); len(w.shown(i, time.Time{}, time.Now())) < pictures; wait(0.05) {
		if time.Now().After(end) {
			w.Fatalf("%s was not shown %d pictures", lab.Letter(i), pictures)
		}
	}
}

// fakeCamera are the arguments of a browser whose camera is a clip of the test pattern.
func (w *world) fakeCamera() []string {
	w.Helper()
	clip := filepath.Join(w.dir, "clip.y4m")
	if err := lab.WriteClip(clip, 320, 180, 30, 0); err != nil {
		w.Fatal(err)
	}
	return []string{"--use-fake-device-for-media-stream", "--use-file-for-fake-video-capture=" + clip}
}

// TestBrowserIsCalled: the page takes a call, first with its microphone, then with its camera as well. Pictures come at once: nothing is
// negotiated after the first descriptions, and they begin with a key frame.
func TestBrowserIsCalled(t *testing.T) {
	w := newWorld(t, 0, nil)
	b := w.browse(lab.Chromium{Args: w.fakeCamera()})
	b.enter("Gus")
	for _, video := range []bool{false, true} {
		says, answer, args := "a is calling.", "#accept", []string{"Gus"}
		if video {
			says, answer, args = "a is calling with a camera.", "#acceptVideo", []string{"Gus", "--video"}
		}
		a := w.phone(0, lab.Command{}, "call", args...)
		b.until("document.getElementById('ring').open")
		b.do(fmt.Sprintf("if (document.getElementById('ringing').textContent !== %q) throw new Error(document.getElementById('ringing').textContent)", says))
		b.none("document.activeElement.closest('button')") // a key that was meant for a text takes no call
		b.do("witness.watch('.tile.person:not(.own) video')")
		before := b.connections()
		accepted := time.Now()
		b.click(answer)
		w.await(a, 0, "first_sound")
		b.until("document.querySelector('.tile:not(.own) .name')?.textContent === 'a'")
		if video {
			w.await(a, 0, "first_picture")
			b.until("witness.seen.length >= 30")
			w.seen(0, 30)
			here, there := w.shown(0, accepted, time.Now())[0], b.film(accepted, time.Now())[0]
			t.Logf("the first picture, from the click that takes the call: the browser's in the app after %d ms, the app's in the browser after %d ms",
				here.At.Sub(accepted).Milliseconds(), there.At.Sub(accepted).Milliseconds())
			b.seeing("video/VP9")
		}
		if n := b.connections() - before; n != 1 {
			t.Errorf("%d peer connections for one call", n)
		}
		if err := a.Tell("hangup"); err != nil {
			t.Fatal(err)
		}
		b.until("document.getElementById('bar').hidden")
		a.Close()
	}
}

// connections is how many peer connections the page has made.
func (t tab) connections() (n int) {
	t.w.Helper()
	if err := t.Evaluate(t.w.within(20*time.Second), "witness.connections.length", &n); err != nil {
		t.w.Fatal(err)
	}
	return n
}

// TestBrowserIsTold: who can't come in reads why.
func TestBrowserIsTold(t *testing.T) {
	w := newWorld(t, 0, nil)
	page := w.server.Ready.Page
	bare, secret, _ := strings.Cut(page, "#")
	without := "crypto.subtle.generateKey = () => Promise.reject(new DOMException('', 'NotSupportedError'))"
	var old struct{ Page string }
	if err := json.Unmarshal([]byte(w.parleyd("invite", "--expires", "1s")), &old); err != nil {
		t.Fatal(err)
	}
	b := w.browse(lab.Chromium{})
	wait(2)
	for _, c := range []struct{ name, page, before, enter, says string }{
		{"an old invite", old.Page, "", "Gus", "expired. Ask"},
		{"no invite", bare, "", "Gus", "you need an invite"},
		{"a wrong invite", bare + "#nonsense", "", "Gus", "invite"},
		{"another server's", strings.Replace(page, "key=", "key=A", 1), "", "Gus", "another server"},
		{"plain http", "http://" + strings.TrimPrefix(page, "https://"), "", "", "microphone"},
		{"the page by plain http", page, "Object.defineProperty(globalThis, 'isSecureContext', { value: false })", "", "https"},
		{"no Ed25519", page, without, "", "Ed25519"},
		{"no WebRTC", page, "delete globalThis.RTCPeerConnection", "", "WebRTC"},
		{"no sound", page, "RTCRtpReceiver.getCapabilities = () => ({ codecs: [] })", "", "Opus"},
	} {
		b.open("about:blank", "")
		b.open(c.page, c.before)
		if c.enter != "" {
			b.until("document.readyState === 'complete' && document.getElementById('enter') && !document.getElementById('enter').hidden")
			b.do(fmt.Sprintf("document.getElementById('name').value = %q", c.enter))
			b.click("#come")
		}
		b.until(fmt.Sprintf("(document.getElementById('trouble') ?? document.body).textContent.includes(%q)", c.says))
	}
	if secret == "" {
		t.Error("the page's address has no invite")
	}
}

// TestBrowserStays: the media go on while the server is gone, and the browser takes its place again when it is back.
func TestBrowserStays(t *testing.T) {
	w := newWorld(t, 0, nil)
	a := w.client("a", lab.Command{}, "--mic", "none", "--speaker", "none")
	w.await(a, 0, "joined")
	b := w.browse(lab.Chromium{Args: []string{"--use-fake-device-for-media-stream"}})
	b.enter("Gus")
	b.click("#channels button")
	w.await(a, 0, "first_sound")
	const there = "document.querySelector('.tile .name')?.textContent === 'a' && document.querySelector('.tile .state').textContent === ''"
	b.until(there)

	mark := a.Mark()
	if err := w.server.Kill(); err != nil {
		t.Fatal(err)
	}
	b.until("document.getElementById('link').textContent.includes('reached')")
	b.until(there)
	w.serve(lab.Command{})
	w.await(a, mark, "online")
	b.until("document.getElementById('link').textContent === ''")
	b.until("document.querySelectorAll('#channels li li').length === 2")
	b.until(there)
	mark = a.Mark()
	b.click("#leave")
	w.await(a, mark, "peer_left")
	w.leave(a)
}

// TestBrowsersShare: two browsers in a channel, one of which shows a screen and stops that again.
func TestBrowsersShare(t *testing.T) {
	w := newWorld(t, 0, nil)
	fake := []string{"--use-fake-device-for-media-stream"}
	a, b := w.browse(lab.Chromium{Args: fake}), w.browse(lab.Chromium{Args: fake})
	for name, x := range map[string]tab{"Ana": a, "Ben": b} {
		x.enter(name)
		x.click("#channels button")
	}
	for name, x := range map[string]tab{"Ben": a, "Ana": b} {
		x.until(fmt.Sprintf("document.querySelector('.tile .name')?.textContent === %q && document.querySelector('.tile .state').textContent === ''", name))
		x.until("!document.querySelector('.tile .badge').hidden")
	}
	a.click("#screen") // a fake device is its screen, too
	b.until("document.querySelector('.tile.screen video')?.videoWidth > 0")
	b.flows(screenIn, "s.framesDecoded > 10")
	b.flows(soundOfIt, "s.totalAudioEnergy > 0")
	shown, sent := b.flow(screenIn), a.flow(screenOut)
	if shown.FrameWidth != sent.FrameWidth || shown.FrameHeight != sent.FrameHeight || sent.QualityLimitationResolutionChanges > 0 {
		t.Errorf("the screen is sent as %+v, and shown as %+v", sent, shown)
	}
	// A page behind others looks at nothing, and is sent nothing.
	b.behind(true)
	a.rests(screenOut, "framesEncoded")
	before := b.flow(screenIn).FramesDecoded
	b.behind(false)
	b.flows(screenIn, fmt.Sprintf("s.framesDecoded > %d", before+10))
	a.until("document.querySelector('.tile.own.screen') && document.getElementById('screen').textContent === 'Stop sharing'")
	a.click("#screen")
	b.until("!document.querySelector('.tile.screen')")
	b.open("about:blank", "") // who closes the page is gone at once
	a.until("!document.querySelector('.tile')")
}

// TestFirefox: the same with Firefox, whose camera is drawn.
func TestFirefox(t *testing.T) {
	w := newWorld(t, 2, nil)
	a := w.phone(0, lab.Command{}, "answer", append(plain(), "--auto", "--video")...)
	w.await(a, 0, "online")
	p, err := lab.Firefox{Env: append(w.pulse.Env(), "PULSE_SOURCE=mic_b", "PULSE_SINK=spk_b")}.Open(w.within(time.Minute), "about:blank")
	if err != nil {
		t.Fatal(err)
	}
	b := w.tab(p)
	for _, c := range []struct{ codec, before string }{{"video/VP9", offering}, {"video/VP8", withoutVP9 + answering}} {
		mark := a.Mark()
		b.ring(c.before + drawnCamera)
		if c.codec == "video/VP9" {
			b.do("document.getElementById('processing').click()") // a waveform is to be compared
			b.click("#choose")
			b.choose("audioinput", "mic_b")
			b.click("#done")
			w.talk(a, 15, 6)
		}
		w.see(a, b, mark, c.codec, 3) // a drawn one, of 15, on a busy machine
		mark = a.Mark()
		b.click("#leave")
		w.await(a, mark, "call_ended")
	}
	w.leave(a)
}

// drawnCamera gives a browser a camera where it has none.
const drawnCamera = `
const take = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async c => c.video ? witness.draw(320, 180, 15) : take(c);`
