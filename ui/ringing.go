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

// What the window does with calls. Whether one can be made is asked of the newest snapshot, and the server has the last word.

// startCall rings somebody.
func (w *Window) startCall(user string, video bool) {
	if why := model.NoCall(w.c.Engine.Snapshot(), user); why != "" {
		w.say(why, model.Warn)
		return
	}
	if w.settings != nil {
		w.closeSettings()
	}
	w.do(call.Call{User: user, Video: video})
}

// hangUp ends the call that one is in, or gives up the one that one is making. Whoever is called here declines with the dialog's
// button.
func (w *Window) hangUp() {
	if s := w.c.Engine.Snapshot(); s.Place.Call != "" || s.Ring != nil && s.Ring.Out {
		w.do(call.HangUp{})
	}
}

// toggleCamera switches the camera, in a call or a channel.
func (w *Window) toggleCamera() {
	if s := w.c.Engine.Snapshot(); s.Place.Phase != call.Idle {
		w.do(call.SetCamera{On: !s.Camera.On})
	}
}

// leaving asks before something that ends the stay in a channel or a call, and does it at once where there is none.
func (w *Window) leaving(text, button string, do func()) {
	switch {
	case w.view.Dock.InCall:
		w.confirm("Hang up?", text, "Hang up and "+button, do)
	case w.view.Dock.InChannel:
		w.confirm("Leave the voice channel?", text, "Leave and "+button, do)
	default:
		do()
	}
}

// showRing keeps the dialog of a call that rings here as it should be: over everything, the settings and the first start included,
// for as long as it rings.
func (w *Window) showRing(r *model.Ring) {
	i := w.incoming
	here := r != nil && !r.Out
	if i != nil && (!here || i.call != r.Call || !i.layer.Open()) {
		w.incoming = nil
		i.layer.Close()
		i = nil
	}
	if !here {
		return
	}
	if i == nil {
		i = newIncoming(w, r)
		w.incoming = i
		if w.tray != nil && w.tray.hidden { // the window comes, and leaves the keyboard to whom it has
			w.tray.hidden = false
			w.win.Show()
		}
	}
	i.avatar.SetStep(r.Step)
	i.note.SetText(r.Note)
}

// incoming is the dialog of a call that rings here. It takes no focus and closes by nothing but an answer, or when the ringing ends:
// whoever is typing neither takes nor declines a call by that.
type incoming struct {
	w      *Window
	call   string
	since  time.Time
	now    func() time.Time // time.Now, but in tests
	layer  *kit.Layer
	avatar *kit.Avatar
	note   *kit.Paragraph
}

// The dialog's numbers, in units.
const (
	ringWidth = 400
	ringPad   = 11 // beside the layer's own
)

func newIncoming(w *Window, r *model.Ring) *incoming {
	i := &incoming{w: w, call: r.Call, since: time.Now(), now: time.Now}
	i.avatar, i.note = ringFace(w, r), kit.NewParagraph(r.Note, kit.Caption, theme.ColorNamePlaceHolder)
	i.note.Align = fyne.TextAlignCenter
	parts := []fyne.CanvasObject{ringHead(w, i.avatar, r, kit.ColorRaised)}
	if r.Warning != "" {
		parts = append(parts, warning(r.Warning))
	}
	parts = append(parts, i.buttons(r), i.note)
	i.layer = w.layers.Alert(kit.Pad(ringPad, 0, ringPad, 4, kit.VCol(w.roomy(20, 12), parts...)), ringWidth)
	i.layer.Stays = true
	return i
}

// buttons offers first what was asked for. Nobody is to be led to take a call from whoever is only named like a friend.
func (i *incoming) buttons(r *model.Ring) fyne.CanvasObject {
	video := kit.NewButton("Accept with video", "camera", kit.PlainButton, func() { i.accept(true) })
	voice := kit.NewButton("Accept with voice", "phone", kit.PlainButton, func() { i.accept(false) })
	decline := kit.NewButton("Decline", "hang-up", kit.DangerButton, i.decline)
	first, second := voice, video
	if r.Video {
		first, second = video, voice
	}
	if r.Warning == "" {
		first.SetKind(kit.PrimaryButton)
	}
	return kit.VCol(8, kit.Fixed(0, 44, first), kit.HRow(8, kit.Grow(kit.Fixed(0, 44, second)), kit.Fixed(124, 44, decline)))
}

// fresh says that the dialog has only just appeared: a press then was meant for something else.
func (i *incoming) fresh() bool { return i.now().Sub(i.since) < steady }

func (i *incoming) accept(video bool) {
	if i.fresh() {
		return
	}
	if i.w.settings != nil {
		i.w.closeSettings()
	}
	i.w.do(call.Accept{Call: i.call, Video: video})
}

func (i *incoming) decline() {
	if !i.fresh() {
		i.w.do(call.Decline{Call: i.call})
	}
}

// roomy chooses between what there is room for in a window of a usual size and in a small one.
func (w *Window) roomy(usual, small float32) float32 {
	if w.shell.size.compact {
		return small
	}
	return usual
}

// ringFace is the avatar of whom a call rings at or from.
func ringFace(w *Window, r *model.Ring) *kit.Avatar {
	a := kit.NewAvatar(w.roomy(112, 72))
	a.SetFace(face(r.Face))
	a.SetRinging(true)
	a.SetStep(r.Step)
	return a
}

// ringHead is the face, the name, what they do and what is known of them, on a ground.
func ringHead(w *Window, avatar *kit.Avatar, r *model.Ring, ground fyne.ThemeColorName) fyne.CanvasObject {
	avatar.SetDot(kit.NoDot, ground)
	name, line := kit.NewText(r.Name, kit.Page, theme.ColorNameForeground), kit.NewText(r.Line, kit.Body, theme.ColorNamePlaceHolder)
	name.Align, line.Align = fyne.TextAlignCenter, fyne.TextAlignCenter
	chip := kit.NewChip()
	chip.Set(r.Chip.Icon, r.Chip.Text, kit.Tone(r.Chip.Tone))
	halo := w.roomy(28, 14)
	return kit.VCol(w.roomy(8, 4), kit.Pad(0, halo, 0, halo, container.NewCenter(avatar)), kit.VCol(0, name, line), kit.Gap(0, 2), kit.Center(0, chip))
}

func warning(text string) fyne.CanvasObject {
	p := kit.NewParagraph(text, kit.Caption, theme.ColorNameWarning)
	p.Align = fyne.TextAlignCenter
	return p
}

// calling is the stage of whoever calls somebody, until they answer.
type calling struct {
	w      *Window
	root   *fyne.Container
	shown  model.Ring // its Step is 0
	avatar *kit.Avatar
}

func newCalling(w *Window) *calling {
	c := &calling{w: w, root: container.NewStack()}
	c.root.Hide()
	return c
}

// show is for a ring of one's own, or nil.
func (c *calling) show(r *model.Ring) {
	if r == nil {
		c.shown, c.root.Objects, c.avatar = model.Ring{}, nil, nil
		return
	}
	still := *r
	still.Step = 0
	if c.shown != still {
		c.shown = still
		c.avatar = ringFace(c.w, r)
		parts := []fyne.CanvasObject{ringHead(c.w, c.avatar, r, theme.ColorNameBackground)}
		if r.Warning != "" {
			parts = append(parts, warning(r.Warning))
		}
		cancel := kit.NewButton("Cancel", "hang-up", kit.DangerButton, c.w.hangUp)
		parts = append(parts, container.NewCenter(kit.Fixed(140, 44, cancel)))
		c.root.Objects = []fyne.CanvasObject{kit.Center(336, kit.VCol(c.w.roomy(24, 12), parts...))}
		c.root.Refresh()
	}
	c.avatar.SetStep(r.Step)
}
