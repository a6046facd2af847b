package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/ui/kit"
	"parley/ui/model"
)

// callFace stands where there is no picture of the other one.
type callFace struct {
	root   *fyne.Container
	avatar *kit.Avatar
	name   *kit.Text
	line   *kit.Text
}

func newCallFace() *callFace {
	f := &callFace{avatar: kit.NewAvatar(112), name: kit.NewText("", kit.Page, theme.ColorNameForeground), line: kit.NewText("", kit.Body, theme.ColorNamePlaceHolder)}
	f.avatar.SetDot(kit.NoDot, theme.ColorNameBackground)
	f.name.Align, f.line.Align = fyne.TextAlignCenter, fyne.TextAlignCenter
	f.root = container.New(f, f.avatar, f.name, f.line)
	return f
}

func (f *callFace) apply(c model.Call, step uint8) {
	f.avatar.SetFace(face(c.Face))
	f.avatar.SetDim(c.Dim)
	f.avatar.SetStep(step)
	f.name.SetText(c.Name)
	line, style, color := callLine(c, step > 0), kit.Body, theme.ColorNamePlaceHolder
	if line == speaking {
		style, color = kit.BodyBold, kit.ColorVoice
	}
	f.line.SetStyle(style)
	f.line.SetColor(color)
	f.line.SetText(line)
}

const speaking = "Speaking"

// callLine is how the other one of a call is, in a word.
func callLine(c model.Call, speaks bool) string {
	switch {
	case c.Line != "":
		return c.Line + "…"
	case c.Deafened:
		return "Deafened"
	case c.Muted:
		return "Muted"
	case speaks:
		return speaking
	}
	return "Listening"
}

// MinSize implements fyne.Layout.
func (f *callFace) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// Layout implements fyne.Layout.
func (f *callFace) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	d, name, line := kit.Px(112), kit.Page.LineHeight(), kit.Px(20)
	y := max((size.Height-d-kit.Px(24)-name-kit.Px(4)-line)/2, 0)
	put(f.avatar, (size.Width-d)/2, y, d, d)
	put(f.name, kit.Px(12), y+d+kit.Px(24), max(size.Width-kit.Px(24), 0), name)
	put(f.line, kit.Px(12), y+d+kit.Px(28)+name, max(size.Width-kit.Px(24), 0), line)
}

// callBadge names whose picture it is, and says how they are.
type callBadge struct {
	root fyne.CanvasObject
	row  *fyne.Container
	mark *kit.Icon
	name *kit.Text
	line *kit.Text
	bars *kit.Bars
}

func newCallBadge() *callBadge {
	b := &callBadge{mark: kit.NewIcon("", 16, kit.ColorOnBadge), name: kit.NewText("", kit.BodyBold, kit.ColorOnBadge), line: kit.NewText("", kit.Body, kit.ColorOnBadge)}
	b.bars = kit.NewBars()
	b.row = kit.HRow(8, b.mark, b.name, b.line, b.bars)
	b.root = badge(32, b.row)
	return b
}

// badge is the ground of what stands on a picture.
func badge(height float32, content fyne.CanvasObject) fyne.CanvasObject {
	return kit.NewPanel(kit.ColorBadge, 10, kit.Fixed(0, height, kit.Pad(12, 0, 12, 0, content)))
}

func (b *callBadge) apply(c model.Call) {
	icon := ""
	switch {
	case c.Line != "":
		icon = "warning"
	case c.Deafened:
		icon = "headphones-off"
	case c.Muted:
		icon = "mic-off"
	}
	b.mark.SetIcon(icon)
	b.name.SetText(c.Name)
	b.bars.Set(c.Bars.Level, c.Bars.Known, kit.ColorOnBadge)
	line := ""
	if c.Line != "" {
		line = c.Line + "…"
	}
	b.line.SetText(line)
	changed := setHidden(b.mark, icon == "")
	changed = setHidden(b.line, line == "") || changed
	if setHidden(b.bars, !c.Bars.Known) || changed {
		relayout(b.row)
	}
}
