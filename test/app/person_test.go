package app_test

import (
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"testing"

	"parley/test/lab"
)

// TestSilencedBeforeTheyCome: for Bo, who is a member of the server and not there, his volume is taken to nothing, by a double click on
// him and the keyboard. When he comes and talks nothing of him is heard, until his card turns him up.
func TestSilencedBeforeTheyCome(t *testing.T) {
	w := newWorld(t, 2)
	a, invite := w.hosting()
	_, status, err := programs.Run(w.ctx, "parleyctl", lab.Command{
		Env: []string{"HOME=" + w.dir}, Args: []string{"who", invite, "--home", filepath.Join(w.dir, "Bo"), "--name", "Bo"},
	})
	if w.must(err); status != 0 {
		t.Fatalf("Bo did not become a member: %d", status)
	}
	row := lab.PersonRow(1).Add(image.Pt(0, 33)) // under the head of those who are offline
	face := image.Rectangle{row, row}.Sub(image.Pt(84, 0)).Inset(-12)
	a.see("Bo in the list of people", face, func(img *image.RGBA) bool { return lab.Count(img, face, a.palette.Sidebar) < 200 })
	a.clickTwice(row)
	a.key("Home") // the calls of somebody who is not there are not to be had
	a.volume("turned down", 0)
	a.key("Escape")

	bo := w.guest(1, "Bo", invite)
	w.await(bo, 0, "peer_connected")
	said := w.saying(1, w.speech(16))
	a.ring("Bo speaks", 0, true)
	r := w.record()
	w.hear(r, 3)
	down := r.Seconds()
	a.key("ctrl+k")
	a.dialog("to find somebody", true)
	a.typeText("bo")
	a.key("Return")
	a.key("Tab", "Tab", "Tab", "End") // past the calls and files
	a.volume("turned up", 200)
	up := r.Seconds()
	w.hear(r, 3)
	a.key("Escape")
	channels := w.stop(r)
	said()
	silent(t, "turned down before he came", level(channels[lab.Ear(0)], 0, down))
	audible(t, "turned up", level(channels[lab.Ear(0)], up+0.5, up+2.5))
}

// volume waits until the profile says how loud the only one is about whom something is kept, in percent.
func (a *window) volume(what string, percent int) {
	a.w.Helper()
	a.see(what, lab.Rail, func(*image.RGBA) bool {
		data, err := os.ReadFile(filepath.Join(a.Profile(), "people.json"))
		var people map[string]struct{ Volume int }
		if err != nil || json.Unmarshal(data, &people) != nil || len(people) != 1 {
			return false
		}
		for _, p := range people {
			return p.Volume == percent
		}
		return false
	})
}
