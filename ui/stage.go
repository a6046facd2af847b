package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/ui/kit"
	"parley/ui/model"
)

// stage is the middle of the window: who is in one's channel, or a sentence with what to do.
type stage struct {
	w    *Window
	root *fyne.Container
	size metrics

	head     *fyne.Container
	icon     *kit.Icon
	title    *kit.Text
	subtitle *kit.Text
	chip     *kit.Chip
	stats    *kit.IconButton
	send     *kit.IconButton // a file
	texts    *countButton
	people   *kit.IconButton

	face  *kit.Avatar     // of the other one of a call
	mine  *kit.IconButton // one's own picture
	full  *kit.IconButton
	sight *kit.IconButton // all pictures alike, or one large

	banner   *kit.Banner
	call     *callStage
	pictures *pictureStage
	filled   bool // a call or its pictures have all of the window
	tiles    []*tile
	grid     *fyne.Container
	missed   *countButton // where the list of people is hidden
	note     *note
	calls    *calling
	files    *transferStrip
	body     *fyne.Container
}

func newStage(w *Window) *stage {
	s := &stage{w: w, size: measure(fyne.NewSize(1280, 800), false, false)}
	s.icon = kit.NewIcon("speaker-channel", 20, kit.ColorInCall)
	s.title = kit.NewText("", kit.Header, theme.ColorNameForeground)
	s.subtitle = kit.NewText("", kit.Caption, theme.ColorNamePlaceHolder)
	s.chip = kit.NewChip()
	s.stats = kit.NewIconButton("stats", 32, "Connection", func() { w.showQuality(s.stats) })
	s.people = kit.NewIconButton("people", 32, "People", func() { w.showPeople(s.people) })
	s.face = kit.NewAvatar(30)
	s.face.SetDot(kit.NoDot, theme.ColorNameBackground)
	s.mine = kit.NewIconButton("eye-off", 32, "Your own picture", func() { w.layers.MenuBy(s.call.ownMenu(), s.mine) })
	s.full = kit.NewIconButton("full-screen", 32, "Full screen (F11)", w.toggleFullScreen)
	s.sight = kit.NewIconButton("grid", 32, "", w.toggleSight)
	s.send = kit.NewIconButton("file", 32, "Send a file (Ctrl+O)", w.sendFile)
	s.texts = newCountButton("text", func(fyne.CanvasObject) { w.toggleTexts() })
	s.missed = newMissedButton(w)
	s.missed.root.Hide()
	row := kit.HRow(10, s.icon, s.face, s.title, kit.Grow(kit.Stack(s.subtitle)), s.chip, s.mine, s.sight, s.full, s.stats, s.send, s.texts.root, s.missed.root, s.people)
	s.head = header(row)
	s.banner = kit.NewBanner()
	s.banner.Hide()
	s.grid = container.New(&gridLayout{stage: s})
	s.note = newNote(w)
	s.calls = newCalling(w)
	s.call = newCallStage(w)
	s.call.root.Hide()
	s.pictures = newPictureStage(w)
	s.pictures.root.Hide()
	s.files = newTransferStrip(w)
	s.body = container.New(&bodyLayout{stage: s}, s.call.root, s.pictures.root, s.banner, s.grid, s.note.root, s.calls.root, s.files.root)
	s.root = container.New(&columnLayout{head: s.head, rest: s.body}, s.head, s.body)
	return s
}

func (s *stage) resized(m metrics) {
	s.size = m
	s.call.small, s.pictures.small = m.compact, m.compact
	s.root.Layout.(*columnLayout).header = m.header
	s.show(s.w.view)
	for _, t := range s.tiles {
		t.resized(m)
	}
	s.root.Layout.Layout(nil, s.root.Size())
}

func (s *stage) apply(old, v *model.View) {
	if old.Stage.Version != v.Stage.Version {
		s.show(v)
	}
	s.subtitle.SetText(v.Stage.Subtitle) // a clock in a call, which is no reason to lay out anything
	if v.Stage.Kind == model.StageCalling {
		s.calls.show(v.Ring)
	}
	s.call.apply(v)
	s.pictures.apply(v)
	s.applyMissed(v)
	s.applyTexts(v)
	s.files.apply(v)
	s.note.busy.run(v.Stage.Kind == model.StageBusy)
	for i, t := range s.tiles {
		if i < len(v.Stage.Tiles) {
			t.apply(v.Stage.Tiles[i], v.Rings[v.Stage.Tiles[i].User])
		}
	}
}

// show brings everything but the rings to what a view has.
func (s *stage) show(v *model.View) {
	st := v.Stage
	tiles, pictures, call := st.Kind == model.StageTiles, st.Kind == model.StagePictures, st.Call != nil
	s.title.SetText(st.Title)
	s.subtitle.SetText(st.Subtitle)
	s.icon.Hidden = st.Title == "" || call
	s.face.Hidden = !call
	s.subtitle.Hidden = s.size.compact && !call
	s.stats.Hidden = !tiles && !call && !pictures
	s.send.Hidden = s.stats.Hidden || s.size.compact && s.size.texts > 0 // the texts have one, too
	s.texts.root.Hidden = s.stats.Hidden
	s.people.Hidden = s.size.showPeople || call
	s.full.Hidden = !pictured(v)
	s.mine.Hidden = st.Kind != model.StageCall || !st.Call.OwnCamera
	s.sight.Hidden = !pictures
	if st.Large < 0 {
		s.sight.SetIcon("one-large")
		s.sight.SetLabel("One large, whoever talks (Ctrl+G)")
	} else {
		s.sight.SetIcon("grid")
		s.sight.SetLabel("All alike (Ctrl+G)")
	}
	if call {
		s.face.SetFace(face(st.Call.Face))
	}
	s.call.root.Hidden, s.pictures.root.Hidden = st.Kind != model.StageCall, !pictures
	s.chip.Hidden = st.Chip == nil
	if st.Chip != nil {
		text := st.Chip.Text
		if s.size.compact {
			text = st.Chip.Short
		}
		s.chip.Set(st.Chip.Icon, text, kit.Tone(st.Chip.Tone))
	}
	s.banner.Hidden = st.Banner == nil
	if b := st.Banner; b != nil {
		s.banner.Set(b.Icon, b.Text, kit.Tone(b.Tone), b.Button, func() { s.w.act(b.Action) })
		s.banner.SetSecond(b.Second, func() { s.w.act(b.SecondA) })
	}
	s.grid.Hidden = !tiles
	if tiles {
		s.fit(len(st.Tiles))
	}
	s.calls.root.Hidden = st.Kind != model.StageCalling
	if s.calls.root.Hidden {
		s.calls.show(nil)
	}
	s.note.root.Hidden = call || pictures || tiles && st.Message.Heading == "" || !s.calls.root.Hidden
	s.note.set(st.Kind == model.StageBusy, st.Message)
	s.applyMissed(v)
	s.head.Refresh()
	s.body.Refresh()
}

// applyMissed shows the missed calls where there are some, and the list of people with their button is hidden. While something floats
// it stays: that may stand beside it.
func (s *stage) applyMissed(v *model.View) {
	changed := s.missed.set(v.Unseen)
	hidden := s.people.Hidden || len(v.Missed) == 0 && (s.missed.root.Hidden || !s.w.floating())
	if setHidden(s.missed.root, hidden) || changed {
		s.head.Refresh()
	}
}

// applyTexts counts what was written and not seen.
func (s *stage) applyTexts(v *model.View) {
	unread := v.Texts.Unread
	color := theme.ColorNamePlaceHolder
	if s.w.shell.texts.open() {
		unread, color = 0, theme.ColorNamePrimary
	} else if unread > 0 {
		color = theme.ColorNameForeground
	}
	changed := s.texts.set(unread)
	s.texts.icon.SetColor(color)
	if changed {
		s.head.Refresh()
	}
}

// fit makes as many tiles as there are people.
func (s *stage) fit(n int) {
	for len(s.tiles) < n {
		s.tiles = append(s.tiles, newTile(s.w, s.size))
	}
	s.grid.Objects = s.grid.Objects[:0]
	for _, t := range s.tiles[:n] {
		s.grid.Objects = append(s.grid.Objects, t.root)
	}
}

// edge is what stays free around the tiles.
func (s *stage) edge() float32 {
	if s.size.compact {
		return kit.Px(16)
	}
	return kit.Px(24)
}

// room is what there is for tiles.
func (s *stage) room() fyne.Size {
	size := s.body.Size()
	width, high := min(size.Width-2*s.edge(), kit.Px(1200)), size.Height-2*s.edge()
	if !s.banner.Hidden {
		high -= kit.FitHeight(s.banner, width) + kit.Px(20)
	}
	if files := s.files.height(); files > 0 {
		high -= files + kit.Px(8)
	}
	return fyne.NewSize(width, high)
}

// bodyLayout puts the banner on top of the tiles, and the note where there are none, or below the only one.
type bodyLayout struct{ stage *stage }

func (l *bodyLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, 0) }
func (l *bodyLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	s, edge, room := l.stage, l.stage.edge(), l.stage.room()
	left := (size.Width - room.Width) / 2
	size.Height = l.layoutFiles(size)
	s.calls.root.Resize(size)
	for _, o := range []fyne.CanvasObject{s.call.root, s.pictures.root} {
		if o.Visible() {
			l.layoutCall(o, size)
			return
		}
	}
	y := float32(0)
	if !s.banner.Hidden {
		high := kit.FitHeight(s.banner, room.Width)
		s.banner.Resize(fyne.NewSize(room.Width, high))
		y = high + kit.Px(20)
	}
	if s.grid.Hidden {
		put(s.note.root, left, edge+y, room.Width, room.Height)
		s.banner.Move(fyne.NewPos(left, edge))
		return
	}
	fit := chooseTile(len(s.grid.Objects), room, s.size.compact)
	block := fit.block(len(s.grid.Objects))
	below := float32(0)
	if !s.note.root.Hidden {
		below = kit.FitHeight(s.note.root, room.Width) + kit.Px(24)
	}
	top := max((size.Height-block.Height-y-below)/2, edge)
	s.banner.Move(fyne.NewPos(left, top))
	put(s.grid, left, top+y, room.Width, block.Height)
	put(s.note.root, left, top+y+block.Height+kit.Px(24), room.Width, below)
}

// layoutCall gives a call, or pictures, all that the banner leaves, or everything.
func (l *bodyLayout) layoutCall(o fyne.CanvasObject, size fyne.Size) {
	s, y := l.stage, float32(0)
	if !s.banner.Hidden {
		wide := size.Width - 2*s.edge()
		high := kit.FitHeight(s.banner, wide)
		put(s.banner, s.edge(), kit.Px(12), wide, high)
		if !s.filled { // else it lies on the picture
			y = high + kit.Px(12)
		}
	}
	put(o, 0, y, size.Width, size.Height-y)
}

// layoutFiles puts the files at the foot of the stage, and returns what that leaves of its height. On a picture that fills the window
// they lie.
func (l *bodyLayout) layoutFiles(size fyne.Size) float32 {
	s, high := l.stage, l.stage.files.height()
	if high == 0 {
		return size.Height
	}
	wide := min(size.Width-2*s.edge()+2*kit.Px(transferEdge), kit.Px(720))
	put(s.files.root, (size.Width-wide)/2, size.Height-high-kit.Px(8), wide, high)
	if s.filled {
		return size.Height
	}
	return size.Height - high - kit.Px(8)
}

// note is a sentence in the middle, with what to do.
type note struct {
	w       *Window
	root    *fyne.Container
	busy    *busyRing
	icon    *kit.Icon
	heading *kit.Paragraph
	text    *kit.Paragraph
	button  *kit.Button
	second  *kit.Button
	third   *kit.Button
	shown   model.Note
	working bool
}

func newNote(w *Window) *note {
	n := &note{w: w, busy: newBusyRing()}
	n.icon = kit.NewIcon("", 40, theme.ColorNamePlaceHolder)
	n.heading = kit.NewParagraph("", kit.Header, theme.ColorNameForeground)
	n.heading.Align = fyne.TextAlignCenter
	n.text = kit.NewParagraph("", kit.Body, theme.ColorNamePlaceHolder)
	n.text.Align = fyne.TextAlignCenter
	n.button = kit.NewButton("", "", kit.PrimaryButton, func() { w.act(n.shown.Action) })
	n.second = kit.NewButton("", "", kit.PlainButton, func() { w.act(n.shown.SecondA) })
	n.third = kit.NewButton("", "", kit.PlainButton, func() { w.act(n.shown.ThirdA) })
	buttons := container.NewCenter(kit.HRow(8, n.button, n.second, n.third))
	column := kit.VCol(12, container.NewCenter(container.NewStack(n.busy, n.icon)), n.heading, n.text, buttons)
	n.root = container.NewStack(kit.Center(360, column))
	n.set(false, model.Note{})
	return n
}

func (n *note) set(working bool, m model.Note) {
	if n.shown == m && n.working == working && m.Heading != "" {
		return
	}
	n.shown, n.working = m, working
	n.busy.Hidden = !working
	n.icon.Hidden = working || m.Icon == ""
	n.icon.SetIcon(m.Icon)
	fg, _ := kit.Tone(m.Tone).Colors()
	n.icon.SetColor(fg)
	n.heading.SetText(m.Heading)
	n.text.SetText(m.Text)
	n.button.Hidden, n.second.Hidden, n.third.Hidden = m.Button == "", m.Second == "", m.Third == ""
	n.button.SetText(m.Button)
	n.second.SetText(m.Second)
	n.third.SetText(m.Third)
	n.root.Refresh()
}
