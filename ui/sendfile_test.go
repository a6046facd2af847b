package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"

	"parley/ui/model"
)

// saidLast is the last line that the window has said by itself.
func saidLast(w *Window) string {
	if n := len(w.pump.lines); n > 0 {
		return w.pump.lines[n-1].Text
	}
	return ""
}

// middleOf is the middle of something, on the canvas.
func middleOf(o fyne.CanvasObject) fyne.Position {
	at, size := fyne.CurrentApp().Driver().AbsolutePositionForObject(o), o.Size()
	return at.AddXY(size.Width/2, size.Height/2)
}

// Whom a file is dropped on gets it: by their tile, their line in either list, or anywhere in a call.
func TestWhoIsDroppedOn(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(1280, 800)
	w.apply(harbour())
	tiles := w.shell.stage.tiles
	list, people := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.shell.list.list), fyne.CurrentApp().Driver().AbsolutePositionForObject(w.shell.people.list)
	for what, c := range map[string]struct {
		at   fyne.Position
		want string
	}{
		"a tile":          {middleOf(tiles[1].root), "Teo Okafor"},
		"one's own tile":  {middleOf(tiles[4].root), "Sam Reyes"},
		"between tiles":   {middleOf(tiles[0].root).AddXY(112+8, 0), ""},
		"a channel":       {list.AddXY(20, 10), ""},
		"a seat":          {list.AddXY(20, 40+15), "Mara Lind"},
		"a heading":       {people.AddXY(20, 10), ""},
		"a person's line": {people.AddXY(20, 33+44+10), "Teo Okafor"},
		"the dock":        {fyne.NewPos(400, 770), ""},
		"nowhere":         {fyne.NewPos(-5, 9000), ""},
	} {
		if got := w.personAt(c.at); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
	w.apply(voiceCall())
	if got := w.personAt(fyne.NewPos(700, 300)); got != voiceCall().Stage.Call.User {
		t.Errorf("in a call: %q", got)
	}
	for view, want := range map[*model.View][2]string{crewFilmed(): {"Sam Reyes", "Mara Lind"}, callShown(): {"Mara Lind", "Mara Lind"}} {
		w.c.NewConverter = func() Converter { return newPainter() }
		w.apply(&model.View{Stage: model.Stage{Version: 99}})
		w.apply(view)
		for i, user := range []string{"Sam Reyes", "Mara Lind"} {
			tile := w.shell.stage.pictures.tiles[model.PictureID{User: user}]
			if got := w.personAt(middleOf(tile.touch)); got != want[i] {
				t.Errorf("on the picture of %s, in a call %v: %q, want %q", user, view.Stage.Call != nil, got, want[i])
			}
		}
	}
	w.showSettings("")
	if got := w.personAt(middleOf(tiles[1].root)); got != "" {
		t.Errorf("in the settings: %q", got)
	}
}

func TestDropped(t *testing.T) {
	files := func(n int) (all []fyne.URI) {
		for i := range n {
			all = append(all, storage.NewFileURI(fmt.Sprintf("/tmp/file-%d", i)))
		}
		return all
	}
	web, err := storage.ParseURI("https://example.com/x")
	if err != nil {
		t.Fatal(err)
	}
	w := testWindow(t, nil)
	w.resizeForTest(1280, 800)
	w.apply(harbour())
	tile, nobody := middleOf(w.shell.stage.tiles[1].root), fyne.NewPos(700, 700)
	for _, c := range []struct {
		what string
		at   fyne.Position
		uris []fyne.URI
		want string
	}{
		{"a link", tile, []fyne.URI{web, nil}, "Only files can be sent."},
		{"nothing", tile, nil, "Only files can be sent."},
		{"a lot", tile, files(maxDropped + 1), "These are 11 files. Send at most 10 at once."},
		{"on somebody who is not connected", tile, files(1), "Files go to people in your channel or call."},
		{"on nobody", nobody, files(2), "Nobody is connected to send a file to."},
	} {
		w.dropped(c.at, c.uris)
		if got := saidLast(w); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
	before := saidLast(w)
	w.showKeys()
	w.dropped(tile, nil)
	if saidLast(w) != before {
		t.Error("a dialog was open, and something was said behind it")
	}
}

// Files are not asked for before there is somebody to send them to.
func TestSendFileAsksInOrder(t *testing.T) {
	w := testWindow(t, nil)
	w.resizeForTest(1280, 800)
	w.apply(harbour())
	picked := 0
	w.files.pick = func(then func(string, error)) { picked++; then("", errors.New("no\u202ething")) }
	press(w, fyne.KeyO)
	w.sendFileTo("Teo Okafor")
	if picked != 0 || saidLast(w) != "Files go to people in your channel or call." {
		t.Errorf("asked %d times for a file, said %q", picked, saidLast(w))
	}
	asked := ""
	items := receiverItems([]model.Receiver{{User: "a", Name: "A"}, {User: "b", Name: "B"}}, func(user string) { asked += user })
	w.layers.Menu(items, fyne.NewPos(10, 10))
	typed(w, fyne.KeyDown)
	typed(w, fyne.KeyReturn)
	if asked != "b" || !strings.HasPrefix(items[0].Text, "Send") {
		t.Errorf("asked for %q", asked)
	}
}
