package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"parley/call"
	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// rail is the column of servers.
type rail struct {
	w          *Window
	root       *fyne.Container
	tiles      *fyne.Container
	shown      []model.Server
	pressables map[string]*pressable // by the server's key
	side       float32               // of a tile, at scale 1
}

func newRail(w *Window) *rail {
	r := &rail{w: w, pressables: map[string]*pressable{}, side: 44, tiles: container.New(&railLayout{})}
	r.root = container.NewStack(container.NewVScroll(r.tiles))
	r.rebuild()
	return r
}

func (r *rail) resized(m metrics) {
	side := float32(44)
	if m.compact {
		side = 40
	}
	if side != r.side {
		r.side = side
		r.rebuild()
	}
}

func (r *rail) apply(v *model.View) {
	if !slices.Equal(r.shown, v.Rail) {
		r.shown = v.Rail
		r.rebuild()
	}
}

func (r *rail) rebuild() {
	var all []fyne.CanvasObject
	focused := r.w.win.Canvas().Focused()
	var again fyne.Focusable // the same tile, made anew
	for _, s := range r.shown {
		o, p := r.tile(s)
		all = append(all, o)
		if focused != nil && focused == fyne.Focusable(r.pressables[s.Key]) {
			again = p
		}
		r.pressables[s.Key] = p
	}
	if len(all) > 0 {
		all = append(all, kit.Fixed(28, 1, kit.NewPanel(kit.ColorRailLine, 0, nil)))
	}
	plus := kit.NewPanel(kit.ColorRail, 12, nil)
	plus.SetLine(kit.ColorRailLine, 1)
	add := newPressable(container.NewStack(plus, kit.Center(0, kit.NewIcon("plus", 20, kit.ColorRailText))), 12, r.w.addServer)
	all = append(all, kit.Fixed(r.side, r.side, add))
	r.tiles.Objects = all
	r.tiles.Refresh()
	if again != nil {
		r.w.win.Canvas().Focus(again)
	}
}

func (r *rail) tile(s model.Server) (fyne.CanvasObject, *pressable) {
	fill, text := kit.ColorRailTile, kit.ColorRailText
	if s.Active {
		fill, text = kit.ColorRailActive, kit.ColorOnRailActive
	}
	letters := kit.NewText(s.Letters, kit.BodyBold, text)
	letters.Align = fyne.TextAlignCenter
	face := container.NewStack(kit.NewPanel(fill, 12, nil), letters)
	p := newPressable(face, 12, func() { r.w.chooseServer(s.Key) })
	p.secondary = func(at fyne.Position) { r.menu(s, at) }
	if !s.Active {
		return kit.Fixed(r.side, r.side, p), p
	}
	mark := canvas.NewRectangle(kit.Color(kit.ColorRailActive))
	mark.CornerRadius = 2
	return container.New(&markedLayout{r.side}, p, mark), p
}

func (r *rail) menu(s model.Server, at fyne.Position) {
	items := []kit.MenuItem{{Text: "Forget this server", Icon: "trash", Do: func() { r.w.askToForget(s.Key, s.Name) }}}
	if s.Hosted {
		items = []kit.MenuItem{{Text: "Stop hosting", Icon: "close", Do: r.w.askToUnhost}}
	}
	r.w.layers.Menu(items, at)
}

// markedLayout puts the mark of the active server at the window's edge.
type markedLayout struct{ side float32 }

func (l *markedLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(kit.Px(l.side), kit.Px(l.side))
}
func (l *markedLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	objects[1].Resize(fyne.NewSize(4, size.Height/2))
	objects[1].Move(fyne.NewPos(kit.Px(-10), size.Height/4))
}

// railLayout stacks tiles, centred, 8 apart.
type railLayout struct{}

func (railLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	h := kit.Px(12)
	for _, o := range objects {
		h += o.MinSize().Height + kit.Px(8)
	}
	return fyne.NewSize(kit.Px(40), h)
}

func (railLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := kit.Px(12)
	for _, o := range objects {
		m := o.MinSize()
		o.Resize(m)
		o.Move(fyne.NewPos((size.Width-m.Width)/2, y))
		y += m.Height + kit.Px(8)
	}
}

// chooseServer connects to another server of the profile; one can sit in one channel, so a call here is asked about.
func (w *Window) chooseServer(key string) {
	i := slices.IndexFunc(w.c.Profile.Servers(), func(s profile.Server) bool { return s.Key == key })
	if now := w.c.Engine.Snapshot(); i < 0 || now.ServerKey == key && now.Link != call.Offline {
		return
	}
	server := w.c.Profile.Servers()[i]
	w.leaving("You can be on one server at a time.", "switch", func() { w.connectTo(server) })
}

func (w *Window) askToForget(key, name string) {
	w.confirm("Forget "+name+"?", "To come back you need a new invite, unless you are a member there.", "Forget", func() { w.forgetServer(key) })
}

func (w *Window) askToUnhost() {
	w.confirm("Stop hosting?", "Everybody in it is cut off. Calls that are direct go on.", "Stop hosting", w.unhost)
}

func (w *Window) forgetServer(key string) {
	if err := w.c.Profile.ForgetServer(key); err != nil {
		w.say("The server could not be forgotten: "+err.Error(), model.Bad)
		return
	}
	if w.c.Engine.Snapshot().ServerKey == key {
		w.link = ""
		w.disconnect()
	}
	w.pump.wake()
}
