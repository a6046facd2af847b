package ui

import (
	"fmt"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/ui/kit"
	"parley/ui/model"
)

// cameraPage chooses the camera, and shows what it sees where the person asks for that by a click. Nothing else opens it, and it is
// closed when the page is left.
type cameraPage struct {
	s    *settings
	root *fyne.Container

	device  *deviceField
	agreed  *kit.Text // size and rate
	preview *field
	show    *kit.Button
	frame   *fyne.Container // around the picture; hidden while there is none
	wait    *kit.Text       // in the place of a picture that has not come
	picture *picture
	notices deviceNotices
}

// previewHigh makes the picture one of 16:9 in a card of the whole width.
const previewHigh = 346

const previewExplained = "Opens the camera. Nothing is sent."

func newCameraPage(s *settings) page {
	p := &cameraPage{s: s, notices: deviceNotices{s: s, seen: s.w.c.Engine.Snapshot().LastNotice}}
	p.device = newDeviceField(s, cameras())
	p.agreed = kit.NewText("", kit.Body, theme.ColorNamePlaceHolder)
	p.agreed.Align = fyne.TextAlignTrailing
	size := newField("Size and rate", "1280 × 720 at 30 is asked for", kit.Fixed(controlWidth, 0, p.agreed))
	p.show = kit.NewButton("Show my picture", "camera", kit.PlainButton, p.toggle)
	p.preview = newField("Your picture", previewExplained, p.show)
	p.picture = newPicture(s.w, "", call.CameraTrack)
	p.wait = kit.NewText("", kit.Body, theme.ColorNamePlaceHolder)
	p.wait.Align = fyne.TextAlignCenter
	ground := kit.NewPanel(theme.ColorNameInputBackground, 12, nil)
	p.frame = kit.Pad(0, 8, 0, 8, kit.Fixed(0, previewHigh, kit.Stack(ground, p.wait, p.picture.root)))
	p.frame.Hide()
	p.root = pageOf(
		cardOf("", p.device.root, p.device.none, size.root),
		cardOf("Preview", p.preview.root, p.frame, cardNote("You see yourself as in a mirror, others see you as you are. The camera is off in each channel and call until you turn it on or call with video.")),
	)
	return p
}

func (p *cameraPage) content() fyne.CanvasObject { return p.root }

// leave closes the camera. It asks the engine for that in any case: what the snapshot has may be older than the last click.
func (p *cameraPage) leave() {
	p.s.w.pump.moves.Store(false)
	p.picture.on(false)
	p.s.w.do(call.Preview{On: false})
}

func (p *cameraPage) toggle() {
	p.s.w.do(call.Preview{On: !p.s.w.c.Engine.Snapshot().Camera.Preview})
}

func (p *cameraPage) apply() {
	now, snapshot := p.s.now(), p.s.w.c.Engine.Snapshot()
	camera := snapshot.Camera
	if camera.Preview && p.s.alone(now) {
		p.s.w.do(call.Preview{On: false})
	}
	changed := p.device.apply(snapshot)
	changed = p.notices.apply(snapshot, now) || changed
	changed = p.applyPreview(camera) || changed
	p.agreed.SetText(agreedWith(camera))
	if ticks := p.s.banner.Visible() || camera.Preview; p.s.w.pump.moves.Swap(ticks) != ticks {
		p.s.w.pump.wake()
	}
	if changed {
		p.s.relay()
	}
}

// applyPreview tells whether something was shown or hidden.
func (p *cameraPage) applyPreview(c call.CameraState) bool {
	wide := p.show.MinSize()
	text, why, color := "Show my picture", previewExplained, theme.ColorNamePlaceHolder
	switch {
	case c.Preview:
		text, why = "Stop showing", "The camera is open. Nothing is sent."
	case c.On:
		why = "The camera is on in the " + p.s.w.word("channel", "call") + "."
	}
	p.wait.SetText("Starting the camera…")
	if failed := model.Inert(c.Failed); failed != "" && (c.Preview || c.On) {
		why, color = failed, theme.ColorNameWarning
		p.wait.SetText("There is no picture.")
	}
	p.show.SetText(text)
	changed := p.preview.explain(why, color)
	p.picture.round(kit.Px(12))
	p.picture.on(c.Preview)
	return setHidden(p.frame, !c.Preview) || changed || p.show.MinSize() != wide
}

// agreedWith is what the camera gives, in words.
func agreedWith(c call.CameraState) string {
	switch {
	case !c.Open:
		return "Known when it is open"
	case c.FPS <= 0 || math.IsNaN(c.FPS) || c.FPS > 1000:
		return fmt.Sprintf("%d × %d", c.Width, c.Height)
	}
	return fmt.Sprintf("%d × %d, %.0f a second", c.Width, c.Height, c.FPS)
}
