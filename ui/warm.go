package ui

import (
	"image"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"parley/ui/kit"
	"parley/ui/model"
)

// warmFor is how long the warm-up stays under the first screen: some frames.
const warmFor = 500 * time.Millisecond

// warm has what a channel looks like drawn once at the start, under the first screen, where nobody sees it. What is drawn for the
// first time costs up to a tenth of a second (a driver compiles its shaders, icons become pixels), and that is not to be while people
// talk.
func (w *Window) warm(screen fyne.CanvasObject) fyne.CanvasObject {
	t := newTile(w, w.shell.size)
	v := model.Tile{Name: "Parley", Face: model.Face{Letters: "PA", Hue: 200}, Verified: true, Line: "You", Bars: model.Bars{Level: 2, Known: true}}
	icons := kit.HRow(2)
	for _, name := range []string{"headphones-off", "mic-off", "new-person", "warning", "shield", "stats", "camera", "camera-off", "full-screen", "eye-off", "screen", "screen-off", "grid", "one-large"} {
		icons.Add(kit.NewIcon(name, 18, kit.ColorMuted))
	}
	banner, chip := kit.NewBanner(), kit.NewChip()
	banner.Set("mic-off", "You are muted, but talking. Nobody hears you.", kit.Warn, "Unmute", nil)
	chip.Set("new-person", "New to you", kit.Fresh)
	t.apply(v, 4)
	seat := kit.NewAvatar(24)
	seat.SetStep(2)
	chips := kit.VCol(2, chip)
	for icon, tone := range map[string]kit.Tone{"shield": kit.Warn, "lock-verified": kit.Good, "mic-off": kit.Muted, "headphones-off": kit.Plain} {
		c := kit.NewChip()
		c.Set(icon, "Encrypted, identity not verified", tone)
		chips.Add(c)
	}
	speaks := kit.NewText("Speaking", kit.CaptionBold, kit.ColorVoice)
	picture := canvas.NewImageFromImage(image.NewRGBA(image.Rect(0, 0, 16, 9)))
	picture.ScaleMode, picture.CornerRadius = canvas.ImageScaleFastest, 4
	called := kit.Fixed(0, 30, kit.Stack(picture, kit.NewOutline(kit.ColorVoice, 4, 3), badge(28, kit.NewText("You", kit.Caption, kit.ColorOnBadge))))
	column := kit.VCol(4, kit.Fixed(0, 248, t.root), called, icons, chips, seat, speaks, banner, kit.NewText("General", kit.Header, kit.ColorMuted),
		kit.NewIcon("people", 40, kit.ColorMuted), kit.Fixed(104, 44, kit.NewButton("Leave", "hang-up", kit.DangerButton, nil)),
		kit.NewButton("Copy invite", "", kit.PrimaryButton, nil), kit.NewEntry("Find a channel or somebody")) // Fyne's own looks for all fonts
	under := container.New(warmLayout{}, column)
	content := container.NewStack(under, screen)
	time.AfterFunc(warmFor, func() {
		w.pump.later(func() {
			content.Remove(under)
			content.Refresh()
		})
	})
	return content
}

// warmLayout puts what is drawn at the start where every window has room, and asks for none: a window must not grow by what nobody
// sees.
type warmLayout struct{}

// MinSize implements fyne.Layout.
func (warmLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// Layout implements fyne.Layout.
func (warmLayout) Layout(objects []fyne.CanvasObject, _ fyne.Size) {
	for _, o := range objects {
		put(o, kit.Px(64), kit.Px(60), kit.Px(200), kit.Px(560))
	}
}
