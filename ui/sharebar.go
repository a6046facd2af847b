package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// shareBar stands on top of the window for as long as one shares a screen or a window, whatever else fills that: what others see, and
// the button that ends it. What floats over the window lies over it as well; Ctrl+Shift+E ends it then, too.
type shareBar struct {
	w       *Window
	root    *fyne.Container
	picture *picture
	ground  *kit.Panel // in the place of a picture
	text    *kit.Text
	line    *kit.Text
	stop    *kit.Button
	shown   model.Share
}

// The bar's numbers, in units.
const (
	shareHigh    = 52
	shareHighest = 36 // of the picture, of 16 to 9
)

// shareSeen is how often the picture of what one sees oneself anyway is shown anew: for each Fyne paints the whole window.
const shareSeen = time.Second

func newShareBar(w *Window) *shareBar {
	b := &shareBar{w: w, picture: newPicture(w, "", call.ScreenTrack), ground: kit.NewPanel(kit.ColorBars, 6, nil)}
	b.picture.pause = shareSeen
	b.picture.round(kit.Px(6))
	b.text = kit.NewText("", kit.BodyBold, theme.ColorNameForeground)
	b.line = kit.NewText("", kit.Caption, theme.ColorNamePlaceHolder)
	b.stop = kit.NewButton("Stop sharing", "screen-off", kit.DangerButton, w.stopShare)
	small := kit.Fixed(shareHighest*16/9, shareHighest, kit.Stack(b.ground, b.picture.root))
	row := kit.HRow(12, kit.NewIcon("screen", 20, theme.ColorNameWarning), small, kit.Grow(kit.VCol(0, b.text, b.line)), b.stop)
	ground := kit.NewPanel(kit.ColorWarnBg, 0, kit.Pad(16, 0, 12, 0, row))
	b.root = container.NewBorder(nil, kit.NewLine(false, theme.ColorNameWarning), nil, nil, ground)
	return b
}

// height is how much of the window it takes.
func (b *shareBar) height() float32 {
	if !b.shown.On {
		return 0
	}
	return kit.Px(shareHigh)
}

// apply says whether it came or went.
func (b *shareBar) apply(v *model.View) bool {
	came := b.shown.On != v.Share.On
	b.shown = v.Share
	b.picture.on(b.shown.On && b.shown.Picture && b.w.seen())
	b.text.SetText(b.shown.Text)
	b.line.SetText(b.shown.Line)
	fg, _ := kit.Tone(b.shown.Tone).Colors()
	b.line.SetColor(fg)
	return came
}

// toggleShare asks what to share, or ends that, or says why there is nothing to ask.
func (w *Window) toggleShare() {
	switch s := w.c.Engine.Snapshot(); {
	case s.Screen.Sharing:
		w.stopShare()
	case s.Place.Phase == call.Idle:
		w.say(model.NoShare(s), model.Plain)
	default:
		w.showPicker()
	}
}

func (w *Window) stopShare() { w.do(call.StopShare{}) }
