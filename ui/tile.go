package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/ui/kit"
	"parley/ui/model"
)

// tileSize is one of the sizes in which people stand on the stage.
type tileSize struct {
	width, height, avatar, gap float32
	line                       bool // there is room for a second line
	row                        bool // everything stands in one line
}

// The sizes, largest first.
var tileSizes = []tileSize{
	{width: 224, height: 248, avatar: 92, gap: 16, line: true},
	{width: 184, height: 204, avatar: 72, gap: 16, line: true},
	{width: 152, height: 136, avatar: 52, gap: 8},
	{width: 230, height: 44, avatar: 30, gap: 8, row: true},
}

// columns is how many of a size stand side by side.
func (t tileSize) columns(width float32) int {
	return max(int((width+kit.Px(t.gap))/(kit.Px(t.width)+kit.Px(t.gap))), 1)
}

type fitting struct {
	tileSize
	perRow int
}

// block is the room that n tiles take.
func (f fitting) block(n int) fyne.Size {
	rows := (n + f.perRow - 1) / f.perRow
	side := min(n, f.perRow)
	return fyne.NewSize(float32(side)*kit.Px(f.width)+float32(side-1)*kit.Px(f.gap),
		float32(rows)*kit.Px(f.height)+float32(max(rows-1, 0))*kit.Px(f.gap))
}

// chooseTile takes the largest size in which all fit without scrolling, and the smallest where none does. Rows are as even as
// can be: five stand as three and two.
func chooseTile(n int, room fyne.Size, compact bool) fitting {
	sizes := tileSizes
	if compact {
		sizes = tileSizes[2:]
	}
	var f fitting
	for _, size := range sizes {
		most := size.columns(room.Width)
		rows := max((n+most-1)/most, 1)
		f = fitting{size, max((n+rows-1)/rows, 1)}
		if f.block(n).Height <= room.Height {
			return f
		}
	}
	return f
}

// gridLayout places the tiles in centred rows.
type gridLayout struct{ stage *stage }

func (l *gridLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, 0) }
func (l *gridLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f := chooseTile(len(objects), l.stage.room(), l.stage.size.compact)
	for i, o := range objects {
		row, inRow := i/f.perRow, f.perRow
		if rest := len(objects) - row*f.perRow; rest < inRow {
			inRow = rest
		}
		left := (size.Width - f.block(inRow).Width) / 2
		o.Move(fyne.NewPos(left+float32(i%f.perRow)*(kit.Px(f.width)+kit.Px(f.gap)), float32(row)*(kit.Px(f.height)+kit.Px(f.gap))))
		l.stage.tiles[i].size(f.tileSize)
		o.Resize(fyne.NewSize(kit.Px(f.width), kit.Px(f.height)))
	}
}

// tile is one person on the stage.
type tile struct {
	w    *Window
	root *twice

	user    string
	shown   model.Tile
	fits    tileSize
	avatar  *kit.Avatar
	name    *kit.Text
	line    *kit.Text
	chip    *kit.Chip
	lock    *kit.Icon
	mark    *kit.Icon // the chip's icon, where there is no second line
	bars    *kit.Bars
	newMark bool // lock stands beside mark
	inside  *fyne.Container
}

func newTile(w *Window, m metrics) *tile {
	t := &tile{w: w, fits: tileSizes[0]}
	t.avatar = kit.NewAvatar(t.fits.avatar)
	t.name = kit.NewText("", kit.Header, theme.ColorNameForeground)
	t.line = kit.NewText("", kit.Caption, theme.ColorNamePlaceHolder)
	t.name.Align, t.line.Align = fyne.TextAlignCenter, fyne.TextAlignCenter
	t.chip = kit.NewChip()
	t.lock = kit.NewIcon("lock-verified", 18, theme.ColorNameSuccess)
	t.mark = kit.NewIcon("", 18, theme.ColorNamePlaceHolder)
	t.bars = kit.NewBars()
	t.inside = container.New(t, t.avatar, t.name, t.line, t.chip, t.lock, t.mark, t.bars)
	card := kit.NewPanel(kit.ColorCard, 16, nil)
	card.SetLine(theme.ColorNameSeparator, 1)
	t.root = newTwice(container.NewStack(card, t.inside), 16, func() { w.showPerson(t.user, t.root) })
	t.root.secondary = func(fyne.Position) { w.showPerson(t.user, t.root) }
	t.root.plain = true
	t.resized(m)
	return t
}

func (t *tile) resized(m metrics) {
	style := kit.Header
	if m.compact {
		style = kit.BodyBold
	}
	t.name.SetStyle(style)
}

func (t *tile) size(s tileSize) {
	if s != t.fits {
		t.fits = s
		t.name.Align = fyne.TextAlignCenter
		if s.row {
			t.name.Align = fyne.TextAlignLeading
		}
		t.name.Refresh()
		t.avatar = kit.NewAvatar(s.avatar)
		t.inside.Objects[0] = t.avatar
		t.apply(t.shown, 0)
	}
}

// MinSize implements fyne.Layout.
func (t *tile) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, 0) }

// Layout implements fyne.Layout, with the numbers of the three sizes.
func (t *tile) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	d := kit.Px(t.fits.avatar)
	top, name := kit.Px(38), kit.Px(158)
	switch {
	case t.fits.row:
		t.layoutRow(size)
		return
	case !t.fits.line:
		top, name = kit.Px(24), kit.Px(88)
	case t.fits.avatar < 92:
		top, name = kit.Px(32), kit.Px(128)
	}
	put(t.avatar, (size.Width-d)/2, top, d, d)
	high := t.name.MinSize().Height
	put(t.name, kit.Px(12), name, size.Width-kit.Px(24), high)
	chip := fyne.NewSize(min(kit.Natural(t.chip), size.Width-kit.Px(24)), t.chip.MinSize().Height)
	put(t.line, kit.Px(12), name+high+kit.Px(4), size.Width-kit.Px(24), kit.Px(20))
	put(t.chip, (size.Width-chip.Width)/2, name+high+kit.Px(4), chip.Width, chip.Height)
	lock := kit.Px(13)
	if t.newMark {
		lock = kit.Px(34)
	}
	put(t.lock, lock, kit.Px(13), kit.Px(18), kit.Px(18))
	put(t.mark, kit.Px(10), kit.Px(10), kit.Px(18), kit.Px(18))
	put(t.bars, size.Width-kit.Px(14)-t.bars.MinSize().Width, kit.Px(15), t.bars.MinSize().Width, kit.Px(14))
}

// layoutRow is the smallest form, for many people in a small window.
func (t *tile) layoutRow(size fyne.Size) {
	d, icon := kit.Px(t.fits.avatar), kit.Px(18)
	put(t.avatar, kit.Px(10), (size.Height-d)/2, d, d)
	right := size.Width - kit.Px(12) - t.bars.MinSize().Width
	put(t.bars, right, (size.Height-kit.Px(14))/2, t.bars.MinSize().Width, kit.Px(14))
	for _, o := range []fyne.CanvasObject{t.mark, t.lock} {
		if o.Visible() {
			right -= icon + kit.Px(8)
			put(o, right, (size.Height-icon)/2, icon, icon)
		}
	}
	high, left := t.name.MinSize().Height, d+kit.Px(22)
	put(t.name, left, (size.Height-high)/2, max(right-kit.Px(8)-left, 0), high)
}

func put(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

func (t *tile) apply(v model.Tile, step uint8) {
	t.user, t.shown = v.User, v
	t.avatar.SetFace(face(v.Face))
	t.avatar.SetDim(v.Dim)
	t.avatar.SetStep(step)
	t.name.SetText(v.Name)
	t.bars.Set(v.Bars.Level, v.Bars.Known, theme.ColorNamePlaceHolder)
	color, style := theme.ColorNamePlaceHolder, kit.Caption
	line := v.Line
	if step > 0 && v.Chip == nil {
		line, color, style = "Speaking", kit.ColorVoice, kit.CaptionBold
	}
	t.line.SetStyle(style)
	t.line.SetColor(color)
	t.line.SetText(line)
	chip := v.Chip != nil && t.fits.line
	mark := v.Chip != nil && !t.fits.line
	if v.Chip != nil {
		t.chip.Set(v.Chip.Icon, v.Chip.Text, kit.Tone(v.Chip.Tone))
		fg, _ := kit.Tone(v.Chip.Tone).Colors()
		t.mark.SetIcon(v.Chip.Icon)
		t.mark.SetColor(fg)
	}
	changed := setHidden(t.chip, !chip)
	changed = setHidden(t.mark, !mark) || changed
	switch {
	case v.Web:
		t.lock.SetIcon("globe")
		t.lock.SetColor(theme.ColorNameWarning)
	case v.New:
		t.lock.SetIcon("new-person")
		t.lock.SetColor(kit.ColorNewToYou)
	default:
		t.lock.SetIcon("lock-verified")
		t.lock.SetColor(theme.ColorNameSuccess)
	}
	alarm := v.Web || v.New
	t.newMark = mark && alarm // both stand side by side
	changed = setHidden(t.lock, !alarm && (!v.Verified || mark && !t.fits.row)) || changed
	changed = setHidden(t.line, chip || !t.fits.line) || changed
	if changed || chip || t.newMark {
		t.Layout(nil, t.inside.Size())
	}
	if changed {
		t.inside.Refresh()
	}
}

// setHidden hides or shows, and tells whether that was new.
func setHidden(o fyne.CanvasObject, hidden bool) bool {
	if o.Visible() != hidden {
		return false
	}
	if hidden {
		o.Hide()
	} else {
		o.Show()
	}
	return true
}
