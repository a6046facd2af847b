package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/ui/kit"
	"parley/ui/model"
)

// shell is the main window's frame:
//
//	┌──────┬──────────┬───────────────────────────┬──────────┐
//	│ rail │ list     │ stage                     │ people   │
//	├──────┴──────────┴───────────────────────────┴──────────┤
//	│ dock                                                   │
//	└────────────────────────────────────────────────────────┘
//
// Over all of it a line says so while one shares a screen. The settings take the place of list, stage and people. People hide in a
// narrow window, beside pictures, and where the texts of one's channel stand in their place; a button of the stage's header brings them
// as an overlay.
type shell struct {
	w    *Window
	root *fyne.Container

	rail   *rail
	list   *channelList
	stage  *stage
	people *peopleList
	texts  *textsPanel
	dock   *dock
	share  *shareBar
	lines  *lines

	frame *fyne.Container // all of the above but lines, under shellLayout
	slots [slotCount]*fyne.Container
	size  metrics
}

// The places of the frame.
const (
	slotRail = iota
	slotList
	slotStage
	slotPeople
	slotTexts
	slotDock
	slotShare
	slotCount
)

// metrics is what the window's size decides.
type metrics struct {
	compact    bool // small tiles, short texts
	showPeople bool
	rail, list, people, texts,
	header, dock float32
}

// measure is for a window in which the texts of one's channel are to be seen, or not, and pictures.
func measure(size fyne.Size, texts, pictures bool) metrics {
	m := metrics{rail: 64, list: 240, people: 224, header: 52, dock: 64, showPeople: size.Width >= kit.Px(1180)}
	switch {
	case size.Width < kit.Px(1000) || size.Height < kit.Px(600):
		m.compact = true
		m.rail, m.list, m.header, m.dock = 52, 200, 44, 56
	case size.Width >= kit.Px(1440):
		m.list, m.people = 256, 240
	}
	if pictures {
		m.showPeople = size.Width >= kit.Px(1440)
	}
	if texts {
		m.showPeople = size.Width >= kit.Px(1440) && !pictures
		if m.texts = 320; m.compact {
			m.texts = 260
		}
	}
	for _, v := range []*float32{&m.rail, &m.list, &m.people, &m.texts, &m.header, &m.dock} {
		*v = kit.Px(*v)
	}
	return m
}

func newShell(w *Window) *shell {
	s := &shell{w: w}
	s.rail = newRail(w)
	s.list = newChannelList(w)
	s.stage = newStage(w)
	s.people = newPeopleList(w)
	s.texts = newTextsPanel(w)
	s.dock = newDock(w)
	s.share = newShareBar(w)
	s.lines = newLines(w)
	// The stage has the window's own ground: what is painted twice costs twice, under software drawing.
	colors := [slotCount]fyne.ThemeColorName{slotRail: kit.ColorRail, slotList: theme.ColorNameHeaderBackground, slotPeople: theme.ColorNameHeaderBackground,
		slotTexts: theme.ColorNameHeaderBackground, slotDock: theme.ColorNameHeaderBackground}
	objects := [slotCount]fyne.CanvasObject{s.rail.root, s.list.root, s.stage.root, s.people.root, s.texts.root, s.dock.root, s.share.root}
	s.frame = container.NewWithoutLayout()
	for i := range s.slots {
		s.slots[i] = container.NewStack(kit.NewPanel(colors[i], 0, nil), objects[i])
		s.frame.Add(s.slots[i])
	}
	s.frame.Add(kit.Line(false)) // over the dock
	s.frame.Layout = s
	s.root = container.NewStack(s.frame, s.lines.root)
	return s
}

// MinSize implements fyne.Layout.
func (s *shell) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(kit.Px(800), kit.Px(500)) }

// Layout implements fyne.Layout.
func (s *shell) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	call := s.w.view.Stage.Call != nil && s.w.settings == nil
	m := measure(size, s.texts.open(), pictured(s.w.view))
	if m != s.size {
		s.size = m
		s.resized()
	}
	top := s.share.height()
	high := size.Height - m.dock
	people := m.people
	if !m.showPeople || s.w.settings != nil || call {
		people = 0
	}
	if call {
		m.list = 0
	}
	if s.stage.filled {
		m, high, people = metrics{}, size.Height, 0
	}
	if s.w.settings != nil {
		m.texts = 0
	}
	x := float32(0)
	place := func(slot int, width float32) {
		s.slots[slot].Move(fyne.NewPos(x, top))
		s.slots[slot].Resize(fyne.NewSize(width, max(high-top, 0)))
		x += width
	}
	place(slotRail, m.rail)
	place(slotList, m.list)
	place(slotStage, size.Width-m.rail-m.list-people-m.texts)
	if people > 0 {
		place(slotPeople, people)
	}
	if m.texts > 0 {
		place(slotTexts, m.texts)
	}
	s.slots[slotRail].Hidden, s.slots[slotList].Hidden = m.rail == 0, m.list == 0
	s.slots[slotPeople].Hidden, s.slots[slotTexts].Hidden, s.slots[slotDock].Hidden = people == 0, m.texts == 0, m.dock == 0
	s.slots[slotDock].Move(fyne.NewPos(0, high))
	s.slots[slotDock].Resize(fyne.NewSize(size.Width, m.dock))
	s.slots[slotShare].Hidden = top == 0
	put(s.slots[slotShare], 0, 0, size.Width, top)
	line := s.frame.Objects[slotCount]
	line.(*fyne.Container).Hidden = m.dock == 0
	line.Move(fyne.NewPos(0, high))
	line.Resize(fyne.NewSize(size.Width, 1))
}

// resized tells the parts which size they have; it runs within Layout and asks for no other.
func (s *shell) resized() {
	s.rail.resized(s.size)
	s.list.resized(s.size)
	s.stage.resized(s.size)
	s.dock.resized(s.size)
}

// refit places the parts anew, after what decides about them has changed.
func (s *shell) refit() {
	s.stage.head.Hidden = s.stage.filled
	s.stage.root.Layout.Layout(nil, s.stage.root.Size())
	s.Layout(s.frame.Objects, s.frame.Size())
	s.frame.Refresh()
}

// fill puts other content into list and stage, or theirs back.
func (s *shell) fill(list, stage fyne.CanvasObject) {
	if list == nil {
		list, stage = s.list.root, s.stage.root
	}
	s.stage.call.look(false)
	s.stage.pictures.look(false) // until the next turn, if it is to be seen then
	s.slots[slotList].Objects[1] = list
	s.slots[slotStage].Objects[1] = stage
	s.Layout(s.frame.Objects, s.frame.Size())
	s.slots[slotList].Refresh()
	s.slots[slotStage].Refresh()
	s.slots[slotPeople].Refresh()
	s.slots[slotTexts].Refresh()
}

func (s *shell) apply(old, v *model.View) {
	if s.share.apply(v) || (v.Stage.Call != nil) != (old.Stage.Call != nil) || pictured(v) != pictured(old) {
		if !pictured(v) {
			s.w.fill(false)
		}
		defer s.refit()
	}
	s.texts.apply(old, v)
	s.rail.apply(v)
	s.list.apply(old, v)
	s.stage.apply(old, v)
	s.people.apply(old, v)
	s.dock.apply(v)
	s.lines.apply(v)
}

// header is the top of a column, with a line under it.
func header(content fyne.CanvasObject) *fyne.Container {
	return container.NewBorder(nil, kit.Line(false), nil, nil, kit.Pad(16, 0, 12, 0, content))
}
