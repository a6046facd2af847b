package test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"parley/test/lab"
)

// TestBrowserInAChannel: somebody with the app and somebody in a browser show each other their cameras and screens, all at once. Neither sends
// what the other does not look at.
func TestBrowserInAChannel(t *testing.T) {
	w := newWorld(t, 0, nil)
	d := w.display(800, 600)
	newPage(t, d, "Notes", 640, 480).write(1)
	a := w.view("a", lab.Command{Env: d.Env()}, "--video", "--camera", "pattern:640x360@15", "--screen", "screen", "--screen-fps", "5")
	w.await(a.Client, 0, "joined")
	b := w.browse(lab.Chromium{Args: w.fakeCamera()})
	b.enter("Gus")
	b.do("witness.watch('.tile.person:not(.own) video')")
	b.click("#channels button")
	gus := &viewer{w: w, name: "Gus"}
	var joined struct{ User string }
	if err := json.Unmarshal(w.await(a.Client, 0, "peer_joined").JSON, &joined); err != nil {
		t.Fatal(err)
	}
	gus.user = joined.User
	b.click("#camera")
	b.click("#screen")

	a.sees(gus, "camera", 10)
	a.sees(gus, "screen", 10)
	b.until("witness.seen.length > 10")
	b.until("document.querySelector('.tile.screen:not(.own) video')?.videoWidth === 800")
	from := time.Now()
	wait(2)
	to := time.Now()
	w.checkFilm("the browser's camera in the app", a.shown(gus, "camera", from, to), from, to, 5)
	w.checkFilm("the app's camera in the browser", b.film(from, to), from, to, 5)
	for _, which := range []string{cameraIn, cameraOut, screenIn, screenOut} {
		if f := b.flow(which); f.Codec != "video/VP9" || f.FramesEncoded+f.FramesDecoded == 0 {
			t.Errorf("%s: %+v", which, f)
		}
	}
	if n := b.connections(); n != 1 {
		t.Errorf("%d peer connections", n)
	}

	w.tell(a.Client, "watch Gus screen")
	b.rests(cameraOut, "framesEncoded")
	if f := b.flow(screenOut); f.FramesEncoded == 0 {
		t.Error("the screen is not sent")
	}
	w.tell(a.Client, "watch Gus camera,screen")
	a.sees(gus, "camera", 5)
	b.behind(true)
	b.rests(cameraIn, "framesDecoded")
	b.behind(false)
	b.flows(cameraIn, fmt.Sprintf("s.framesDecoded > %d", b.flow(cameraIn).FramesDecoded+5))

	w.tell(a.Client, "share off")
	b.until("!document.querySelector('.tile.screen:not(.own)')")
	w.tell(a.Client, "camera off")
	b.until("document.querySelector('.tile.person:not(.own) video').hidden")
	w.leave(a.Client)
}

// rests waits until a stream's count does not go up in a second.
func (t tab) rests(which, count string) {
	t.w.Helper()
	t.until(fmt.Sprintf("(async f => { const n = (await f()).%s; await new Promise(done => setTimeout(done, 1000)); return (await f()).%[1]s === n; })(() => witness.stats(%s))", count, which))
}

// behind puts the page behind others, or before them.
func (t tab) behind(on bool) {
	t.w.Helper()
	t.do(fmt.Sprintf("Object.defineProperty(document, 'hidden', { configurable: true, value: %v }), document.dispatchEvent(new Event('visibilitychange'))", on))
}
