package ui

import (
	"runtime"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// welcome is the first start: a name, then an invite or a server of one's own.
type welcome struct {
	w    *Window
	root *fyne.Container

	avatar  *kit.Avatar
	name    *kit.Entry
	hint    *kit.Text
	invite  *kit.Paragraph
	join    *kit.Button
	paste   *kit.Button
	buttons *fyne.Container // join and paste
	host    *kit.Button
	check   *deviceCheck
	mic     *kit.Banner // in its place where there is no microphone

	offered   call.Invitation // from the clipboard or a link
	has       bool
	offeredAt time.Time
}

const nameHint = "The colour comes from your new key. The key stays on this computer; there is no password."

// showWelcome takes the place of the main window until there is a name.
func (w *Window) showWelcome() {
	f := &welcome{w: w}
	w.welcome = f
	f.build()
	w.setContent(w.warm(container.NewStack(f.root, w.shell.lines.root)))
	w.win.Canvas().Focus(f.name)
	f.look()
}

func (f *welcome) build() {
	title := kit.VCol(0, kit.NewText("Welcome to Parley", kit.Welcome, theme.ColorNameForeground),
		kit.NewText("Talk with people you know, on a server one of you runs.", kit.Body, theme.ColorNamePlaceHolder))
	f.avatar = kit.NewAvatar(44)
	f.name = kit.NewEntry("Your name")
	f.name.OnChanged = f.typed
	f.name.OnSubmitted = func(string) { f.submit() }
	f.hint = kit.NewText(nameHint, kit.Caption, theme.ColorNamePlaceHolder)
	who := kit.VCol(8, kit.NewText("What should people call you?", kit.BodyBold, theme.ColorNameForeground),
		kit.HRow(16, f.avatar, kit.Grow(f.name)), kit.Pad(60, 0, 0, 0, f.hint))

	f.invite = kit.NewParagraph("", kit.Body, theme.ColorNamePlaceHolder)
	f.join = kit.NewButton("", "", kit.PrimaryButton, f.joinTapped)
	f.paste = kit.NewButton("Paste another", "", kit.PlainButton, f.pasteTapped)
	f.buttons = kit.HRow(8, f.join, f.paste)
	f.host = kit.NewButton("Host on this computer", "", kit.PlainButton, f.hostTapped)
	join := f.card("link", "Join with an invite", f.invite, f.buttons)
	host := f.card("host", "Host here", kit.NewParagraph("Run a server in this app and send friends the link. You are told who can reach it.", kit.Body, theme.ColorNamePlaceHolder), kit.HRow(8, f.host))
	cards := container.New(&pairLayout{}, join, host)

	f.mic = kit.NewBanner()
	f.mic.Set("mic-off", "No microphone found. You can join and listen; plug one in at any time.", kit.Warn, "", nil)
	f.mic.Hide()
	f.check = newDeviceCheck(f.w, runtime.GOOS)
	imported := kit.NewButton("Import it", "", kit.TextButton, f.w.importKey)
	foot := kit.HRow(4, kit.NewText("Have a key from another computer?", kit.Body, theme.ColorNamePlaceHolder), imported, kit.Grow(kit.Gap(0, 0)),
		kit.NewText("Press F1 for the keys", kit.Caption, theme.ColorNamePlaceHolder))
	column := kit.VCol(24, kit.HRow(18, kit.Logo(64), kit.Grow(title)), who, cards, f.check.root, f.mic, foot)
	page := kit.Center(712, column)
	f.root = container.NewStack(kit.NewPanel(theme.ColorNameBackground, 0, nil), scrolled(page, 0))
	f.show()
	f.typed("")
}

func (f *welcome) card(icon, title string, text, foot fyne.CanvasObject) fyne.CanvasObject {
	top := kit.VCol(8, container.NewHBox(kit.NewIcon(icon, 28, theme.ColorNamePrimary)), kit.NewText(title, kit.Section, theme.ColorNameForeground), text)
	return kit.NewCard(container.NewBorder(top, foot, nil, nil))
}

// pairLayout puts two cards side by side, equally wide and high, 16 apart.
type pairLayout struct{}

func (pairLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(a.Width+b.Width+kit.Px(16), max(a.Height, b.Height, kit.Px(232)))
}

func (pairLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := (size.Width - kit.Px(16)) / 2
	put(objects[0], 0, 0, width, size.Height)
	put(objects[1], width+kit.Px(16), 0, width, size.Height)
}

// typed shows the avatar that a name will have.
func (f *welcome) typed(string) {
	name := profile.CleanName(f.name.Text)
	face_ := model.FaceOf(f.w.c.Key, name, f.w.c.Engine.Snapshot().Self.User)
	f.avatar.SetFace(face(face_))
	if name != "" {
		f.hint.SetText(nameHint)
		f.hint.SetColor(theme.ColorNamePlaceHolder)
	}
}

// look takes an invite from the clipboard, if it holds one. That is asked for once, and when something is to be pasted: a program that
// holds the clipboard and hangs would keep the window waiting.
func (f *welcome) look() {
	if i, err := call.ReadInvite(f.w.c.App.Clipboard().Content()); err == nil {
		f.offer(i)
	}
}

// offer shows an invitation to join. It joins nothing.
func (f *welcome) offer(i call.Invitation) {
	f.offered, f.has = i, true
	f.show()
}

// offerFromOutside is offer for a link that the person did not put there: it takes a moment before it can be pressed.
func (f *welcome) offerFromOutside(i call.Invitation) {
	f.offeredAt = time.Now()
	f.offer(i)
}

// steady is how long the button must have said what it says before a press counts: nobody presses what has just appeared under the
// pointer.
const steady = 500 * time.Millisecond

func (f *welcome) show() {
	if f.has {
		f.invite.SetText("You have an invite to\n" + model.Inert(f.offered.Host))
		f.join.SetText("Join this server")
	} else {
		f.invite.SetText("Somebody sent you a link that begins with parley://")
		f.join.SetText("Paste an invite")
	}
	setHidden(f.paste, !f.has)
	relayout(f.buttons)
	f.root.Refresh()
}

// apply follows the devices, and the check of them.
func (f *welcome) apply() {
	f.check.apply(f.w.c.Engine.Stats(), time.Now())
	has := slices.ContainsFunc(f.w.c.Engine.Snapshot().Sound.Devices, func(d call.Device) bool { return !d.Output && !d.Monitor })
	if setHidden(f.mic, has) {
		setHidden(f.check.root, !has)
		f.root.Refresh()
	}
}

// named keeps the name, or says that one is needed.
func (f *welcome) named() bool {
	name := profile.CleanName(f.name.Text)
	if name == "" {
		f.hint.SetText("A name is needed: it is what the others see.")
		f.hint.SetColor(theme.ColorNameError)
		f.w.win.Canvas().Focus(f.name)
		return false
	}
	f.w.change(func(s *profile.Settings) { s.Name = name })
	return true
}

// leave shows the main window.
func (f *welcome) leave() {
	f.check.leave()
	f.w.welcome = nil
	f.w.setContent(f.w.shell.root)
}

func (f *welcome) submit() {
	switch {
	case f.has:
		f.joinTapped()
	case f.w.c.AutoHost:
		f.hostTapped()
	case f.named():
		f.w.win.Canvas().Focus(f.join)
	}
}

func (f *welcome) joinTapped() {
	switch {
	case !f.has:
		f.pasteTapped()
	case time.Since(f.offeredAt) < steady:
	case f.named():
		f.leave()
		f.w.connect(f.offered.Link)
	}
}

func (f *welcome) pasteTapped() {
	value := strings.TrimSpace(f.w.c.App.Clipboard().Content())
	if _, err := call.ReadInvite(value); err != nil {
		value = ""
	}
	f.w.prompt("Join with an invite", "Paste the link that you were sent.", "parley://…", value, "Use it", func(text string) (func(), string) {
		i, err := call.ReadInvite(text)
		if err != nil {
			return nil, model.Inert(err.Error())
		}
		return func() { f.offer(i) }, ""
	})
}

func (f *welcome) hostTapped() {
	if f.named() {
		f.leave()
		f.w.host()
	}
}
