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
	root  fyne.CanvasObject
	row   *fyne.Container
	mark  *kit.Icon
	name  *kit.Text
	line  *kit.Text
	bars  *kit.Bars
	small bool
}

// newCallBadge makes one for a large picture, or a small one, where there is no room for more than a name and a mark.
func newCallBadge(small bool) *callBadge {
	b := &callBadge{mark: kit.NewIcon("", 16, kit.ColorOnBadge), name: kit.NewText("", kit.BodyBold, kit.ColorOnBadge), line: kit.NewText("", kit.Body, kit.ColorOnBadge), small: small}
	b.bars = kit.NewBars()
	b.row = kit.HRow(8, b.mark, b.name, b.line, b.bars)
	if small {
		b.mark = kit.NewIcon("", 14, kit.ColorOnBadge)
		b.name.SetStyle(kit.CaptionBold)
		b.row = kit.HRow(5, b.mark, b.name)
		b.root = kit.NewPanel(kit.ColorBadge, 8, kit.Fixed(0, 24, kit.Pad(8, 0, 8, 0, b.row)))
		return b
	}
	b.root = badge(32, b.row)
	return b
}

// badge is the ground of what stands on a picture.
func badge(height float32, content fyne.CanvasObject) fyne.CanvasObject {
	return kit.NewPanel(kit.ColorBadge, 10, kit.Fixed(0, height, kit.Pad(12, 0, 12, 0, content)))
}

// badged is what a badge says.
type badged struct {
	icon, name, line string
	bars             model.Bars
}

func callBadgeOf(c model.Call) badged {
	b := badged{name: c.Name, bars: c.Bars}
	switch {
	case c.Line != "":
		b.icon, b.line = "warning", c.Line+"…"
	case c.Deafened:
		b.icon = "headphones-off"
	case c.Muted:
		b.icon = "mic-off"
	}
	return b
}

// apply says whether it may be of another width.
func (b *callBadge) apply(v badged) bool {
	wide := kit.Natural(b.row)
	b.mark.SetIcon(v.icon)
	b.name.SetText(v.name)
	b.bars.Set(v.bars.Level, v.bars.Known, kit.ColorOnBadge)
	b.line.SetText(v.line)
	changed := setHidden(b.mark, v.icon == "")
	changed = setHidden(b.line, v.line == "") || changed
	if setHidden(b.bars, !v.bars.Known) || changed {
		relayout(b.row)
	}
	return kit.Natural(b.row) != wide
}
