package ui

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// countButton is an icon in a header, and how much of what is behind it nobody has looked at.
type countButton struct {
	root  *pressable
	row   *fyne.Container
	icon  *kit.Icon
	count *kit.Text
}

func newCountButton(icon string, tapped func(near fyne.CanvasObject)) *countButton {
	m := &countButton{icon: kit.NewIcon(icon, 18, theme.ColorNamePlaceHolder), count: kit.NewText("", kit.CaptionBold, theme.ColorNameForeground)}
	m.row = kit.HRow(6, m.icon, m.count)
	m.root = newPressable(kit.Fixed(0, 32, kit.Pad(7, 0, 7, 0, m.row)), 8, nil)
	m.root.tapped = func() { tapped(m.root) }
	return m
}

// newMissedButton opens the list of missed calls.
func newMissedButton(w *Window) *countButton { return newCountButton("missed", w.showMissed) }

// maxCount is more than anybody wants to know.
const maxCount = 99

// set shows a number, and tells whether the button has another width now. Zero is not shown.
func (m *countButton) set(n int) (changed bool) {
	text, color := "", theme.ColorNamePlaceHolder
	if n > 0 {
		text, color = strconv.Itoa(min(n, maxCount)), theme.ColorNameForeground
	}
	m.icon.SetColor(color)
	wide := m.count.Natural()
	m.count.SetText(text)
	if setHidden(m.count, text == "") || m.count.Natural() != wide {
		relayout(m.row)
		changed = true
	}
	return changed
}

// showMissed lists the calls that were not taken, with what calls back. They are kept until somebody clears them away.
func (w *Window) showMissed(near fyne.CanvasObject) {
	rows := kit.VCol(4)
	var layer *kit.Layer
	clearing := kit.NewButton("Clear", "", kit.TextButton, func() { w.do(call.ForgetMissed{}) })
	title := kit.Fixed(0, 36, kit.HRow(8, kit.Grow(kit.NewText("Missed calls", kit.Section, theme.ColorNameForeground)), clearing))
	back := func(user string, video bool) func() {
		return func() {
			layer.Close()
			w.startCall(user, video)
		}
	}
	version := uint64(0)
	fill := func() {
		if version == w.view.MissedVersion && version > 0 {
			return
		}
		version = w.view.MissedVersion
		rows.Objects = nil
		if seen := model.SeenNow(w.view.Missed, time.Now()); seen > w.c.Profile.Settings().MissedSeen {
			w.change(func(s *profile.Settings) { s.MissedSeen = seen })
		}
		for _, m := range w.view.Missed {
			rows.Add(missedRow(m, back(m.User, false), back(m.User, true)))
		}
		if len(w.view.Missed) == 0 {
			rows.Add(kit.Pad(0, 8, 0, 8, paragraph("No missed calls.")))
		}
		clearing.Hidden = len(w.view.Missed) == 0
		relayout(title)
	}
	fill()
	layer = w.layers.Popover(kit.VCol(8, title, rows), near, 360)
	before := w.follow
	w.follow = func() {
		at := version
		if fill(); at != version {
			rows.Refresh()
			layer.Relayout()
		}
	}
	layer.OnClosed = func() { w.follow = before }
}

// missedRow is one call, and what calls back.
func missedRow(m model.MissedRow, voice, video func()) fyne.CanvasObject {
	avatar := kit.NewAvatar(30)
	avatar.SetFace(face(m.Face))
	avatar.SetDot(kit.NoDot, kit.ColorRaised)
	texts := kit.VCol(0, kit.NewText(m.Name, kit.Body, theme.ColorNameForeground), kit.NewText(m.Line, kit.Caption, theme.ColorNamePlaceHolder))
	return kit.Fixed(0, 44, kit.HRow(12, avatar, kit.Grow(texts),
		kit.HRow(0, kit.NewIconButton("phone", 32, "Call back", voice), kit.NewIconButton("camera", 32, "Call back with video", video))))
}
