package ui

import (
	"fmt"

	"fyne.io/fyne/v2"

	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// What the window does to send files: which one a person picks or drops, and for whom.

// maxDropped is how many files are offered at once.
const maxDropped = 10

// sendFile asks for whom a file is, where there are several, and for the file.
func (w *Window) sendFile() {
	w.chooseReceiver(w.shell.stage.send, w.sendFileTo)
}

// sendFileTo asks for a file for somebody.
func (w *Window) sendFileTo(user string) {
	if why := model.NoFile(w.c.Engine.Snapshot(), user); why != "" {
		w.say(why, model.Warn)
		return
	}
	w.files.pick(func(path string, err error) {
		if err != nil {
			w.say("The file could not be opened: "+model.Inert(err.Error()), model.Warn)
			return
		}
		w.offer(user, path)
	})
}

// offer hands a file over. What is wrong with it comes back as a notice.
func (w *Window) offer(user, path string) { w.do(call.SendFile{User: user, Path: path}) }

// chooseReceiver runs then with whom a file is for.
func (w *Window) chooseReceiver(near fyne.CanvasObject, then func(user string)) {
	all := model.Receivers(w.c.Engine.Snapshot())
	switch {
	case len(all) == 0:
		w.say("Nobody is connected to send a file to.", model.Warn)
	case len(all) == 1:
		then(all[0].User)
	case near.Visible() && near.Size().Width > 0 && w.settings == nil:
		w.layers.MenuBy(receiverItems(all, then), near)
	default:
		size := w.win.Canvas().Size()
		w.layers.Menu(receiverItems(all, then), fyne.NewPos(size.Width/2-kit.Px(100), size.Height/3))
	}
}

func receiverItems(all []model.Receiver, then func(user string)) []kit.MenuItem {
	items := []kit.MenuItem{{Text: "Send it to", Disabled: true}}
	for _, r := range all {
		items = append(items, kit.MenuItem{Text: r.Name, Icon: "people", Do: func() { then(r.User) }})
	}
	return items
}

// dropped takes files that were dragged here: for whom they are dropped on, or else for the only one, or for whom the person says.
func (w *Window) dropped(at fyne.Position, dragged []fyne.URI) {
	var paths []string
	for _, uri := range dragged {
		if uri != nil && uri.Scheme() == "file" && uri.Path() != "" {
			paths = append(paths, uri.Path())
		}
	}
	switch {
	case w.welcome != nil || w.floating():
		return
	case len(paths) == 0:
		w.say("Only files can be sent.", model.Warn)
		return
	case len(paths) > maxDropped:
		w.say(fmt.Sprintf("These are %d files. Send at most %d at once.", len(paths), maxDropped), model.Warn)
		return
	}
	send := func(user string) {
		for _, path := range paths {
			w.offer(user, path)
		}
	}
	user := w.personAt(at)
	if self := w.c.Engine.Snapshot().Self.User; user == "" || user == self {
		w.receiverAt(at, send)
		return
	}
	if why := model.NoFile(w.c.Engine.Snapshot(), user); why != "" {
		w.say(why, model.Warn)
		return
	}
	send(user)
}

// receiverAt is chooseReceiver with its menu where the files were dropped.
func (w *Window) receiverAt(at fyne.Position, then func(user string)) {
	if all := model.Receivers(w.c.Engine.Snapshot()); len(all) > 1 {
		w.layers.Menu(receiverItems(all, then), at)
		return
	}
	w.chooseReceiver(w.shell.stage.send, then)
}

// personAt is whose tile or line is at a place of the window; empty: nobody's. All of a call is the other one's.
func (w *Window) personAt(at fyne.Position) string {
	if w.settings != nil {
		return ""
	}
	s := w.shell
	if s.slots[slotList].Visible() {
		if i := s.list.list.RowAt(at); i >= 0 {
			return s.list.rows[i].User
		}
	}
	if s.slots[slotPeople].Visible() {
		if i := s.people.list.RowAt(at); i >= 0 {
			return s.people.rows[i].User
		}
	}
	if s.stage.grid.Visible() {
		for i, o := range s.stage.grid.Objects {
			if within(o, at) {
				return s.stage.tiles[i].user
			}
		}
	}
	if w.view.Stage.Call != nil {
		return w.view.Stage.Call.User
	}
	if s.stage.pictures.root.Visible() {
		if t := s.stage.pictures.tileAt(at); t != nil {
			return t.id.User
		}
	}
	return ""
}

// within says whether a place of the window is on an object.
func within(o fyne.CanvasObject, at fyne.Position) bool {
	p, size := at.Subtract(fyne.CurrentApp().Driver().AbsolutePositionForObject(o)), o.Size()
	return p.X >= 0 && p.Y >= 0 && p.X < size.Width && p.Y < size.Height
}
