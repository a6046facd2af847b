package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"

	"parley/profile"
	"parley/ui/kit"
)

// binding is a key of the window.
type binding struct {
	shown    string // as F1 and the settings list it
	does     string
	key      fyne.KeyName
	modifier fyne.KeyModifier // zero: a key by itself
	run      func(*Window)
}

// bindings is every key of the main window. On macOS the modifier is Cmd, as users there expect.
func bindings() []binding {
	return []binding{
		{"Ctrl+M", "Mute or unmute", fyne.KeyM, fyne.KeyModifierShortcutDefault, (*Window).toggleMute},
		{"Ctrl+D", "Deafen or undeafen", fyne.KeyD, fyne.KeyModifierShortcutDefault, (*Window).toggleDeafen},
		{"Ctrl+Shift+H", "Hang up, or stop calling", fyne.KeyH, fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift, (*Window).hangUp},
		{"Ctrl+E", "Camera on or off", fyne.KeyE, fyne.KeyModifierShortcutDefault, (*Window).toggleCamera},
		{"Ctrl+Shift+E", "Share a screen or a window, or stop", fyne.KeyE, fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift, (*Window).shareKey},
		{"Ctrl+G", "Pictures: all alike, or one large", fyne.KeyG, fyne.KeyModifierShortcutDefault, (*Window).sightKey},
		{"Ctrl+T", "Texts, in a channel or call", fyne.KeyT, fyne.KeyModifierShortcutDefault, (*Window).textsKey},
		{"Ctrl+O", "Send a file", fyne.KeyO, fyne.KeyModifierShortcutDefault, (*Window).sendKey},
		{"Ctrl+K", "Go to a channel or a person", fyne.KeyK, fyne.KeyModifierShortcutDefault, (*Window).switcherKey},
		{"Ctrl+,", "Settings", fyne.KeyComma, fyne.KeyModifierShortcutDefault, (*Window).settingsKey},
		{"Ctrl+Q", "Quit", fyne.KeyQ, fyne.KeyModifierShortcutDefault, (*Window).quit},
		{"F1", "These keys", fyne.KeyF1, 0, (*Window).showKeys},
		{"F11", "Full screen", fyne.KeyF11, 0, (*Window).toggleFullScreen},
	}
}

// bindKeys is for the window's whole life.
func (w *Window) bindKeys() {
	c := w.win.Canvas()
	for _, b := range bindings() {
		if b.modifier != 0 {
			c.AddShortcut(&desktop.CustomShortcut{KeyName: b.key, Modifier: b.modifier}, func(fyne.Shortcut) { b.run(w) })
		}
	}
	c.SetOnTypedKey(func(e *fyne.KeyEvent) {
		switch {
		case w.layers.TypedKey(e):
		case e.Name == fyne.KeyEscape:
			w.escape()
		case w.floating():
		case w.settings != nil:
			w.settings.typed(e)
		default:
			w.shell.stage.pictures.closer.typed(e)
		}
	})
	if keys, ok := c.(desktop.Canvas); ok {
		keys.SetOnKeyDown(w.keyDown)
		keys.SetOnKeyUp(w.keyUp)
	}
	w.c.App.Lifecycle().SetOnExitedForeground(w.blurred)
	w.c.App.Lifecycle().SetOnEnteredForeground(func() {
		w.hasFocus = true
		w.pump.wake()
	})
}

// keyDown has keys that work everywhere, such as the one to talk, pressed by what hears them where nothing hears them everywhere.
func (w *Window) keyDown(e *fyne.KeyEvent) {
	w.key(e, true)
	for _, b := range bindings() {
		if b.modifier == 0 && b.key == e.Name {
			b.run(w)
		}
	}
}

func (w *Window) keyUp(e *fyne.KeyEvent) { w.key(e, false) }

func (w *Window) key(e *fyne.KeyEvent, down bool) {
	if code := kit.KeyCode(e); code != "" && w.c.Keys.Window != nil {
		w.c.Keys.Window(code, down)
	}
}

// blurred: a key that is let go of elsewhere is never seen again here.
func (w *Window) blurred() {
	w.hasFocus = false
	w.release()
}

func (w *Window) release() {
	if w.c.Keys.Lift != nil {
		w.c.Keys.Lift()
	}
}

func (w *Window) switcherKey() {
	if w.welcome == nil && !w.floating() {
		w.showSwitcher()
	}
}

// textsKey opens the texts, or closes them where one is in them.
func (w *Window) textsKey() {
	if w.welcome == nil && w.settings == nil && !w.floating() {
		w.toggleTexts()
	}
}

func (w *Window) sightKey() {
	if w.welcome == nil && w.settings == nil && !w.floating() {
		w.toggleSight()
	}
}

// shareKey ends it whatever floats over the window.
func (w *Window) shareKey() {
	if w.welcome == nil && (!w.floating() || w.c.Engine.Snapshot().Screen.Sharing) {
		w.toggleShare()
	}
}

func (w *Window) sendKey() {
	if w.welcome == nil && !w.floating() {
		w.sendFile()
	}
}

func (w *Window) settingsKey() {
	switch {
	case w.welcome != nil || w.floating():
	case w.settings != nil:
		w.closeSettings()
	default:
		w.showSettings("")
	}
}

// floating says whether something floats over the window, one of Fyne's own dialogs included.
func (w *Window) floating() bool { return w.win.Canvas().Overlays().Top() != nil }

// toggleFullScreen gives the whole screen to the window, and in a call to the picture.
func (w *Window) toggleFullScreen() {
	on := !w.win.FullScreen()
	w.win.SetFullScreen(on)
	w.fill(on)
}

// escape closes a dialog of Fyne's, or else gives the window back that a call fills, or closes the settings, where nothing floats over
// them.
func (w *Window) escape() {
	switch {
	case w.closeFileDialog():
	case w.shell.stage.filled:
		w.fill(false)
	case w.settings != nil:
		w.closeSettings()
	}
}

func talkWords(use profile.KeyUse) string {
	switch use {
	case profile.TalkByPress:
		return "Talk, until it is pressed again"
	case profile.MuteWhileHeld:
		return "Hold to be silent"
	}
	return "Hold to talk"
}

// showKeys lists the keys.
func (w *Window) showKeys() {
	if w.floating() {
		return
	}
	w.dialog("Keys", func(done func()) []fyne.CanvasObject {
		version := kit.NewText("Parley "+w.c.Version, kit.Caption, theme.ColorNamePlaceHolder)
		return []fyne.CanvasObject{w.keyTable(), buttons(version, kit.NewButton("Close", "", kit.PrimaryButton, done))}
	})
}

// keyTable is the list itself, for F1 and the settings.
func (w *Window) keyTable() fyne.CanvasObject {
	rows := kit.VCol(8)
	add := func(shown, does string) {
		key := kit.NewText(shown, kit.BodyBold, theme.ColorNameForeground)
		rows.Add(kit.HRow(8, kit.Grow(kit.NewText(does, kit.Body, theme.ColorNamePlaceHolder)), kit.Fixed(160, 0, key)))
	}
	for _, b := range bindings() {
		add(b.shown, b.does)
	}
	for _, k := range w.chosenKeys() {
		add(k[0], k[1])
	}
	add("+, -, 0, 1", "Look closer at what fills the window")
	add("Esc", "Close what is open")
	add("Tab, Shift+Tab", "Go from one thing to the next")
	add("Space, Enter", "Press what has the frame around it")
	add("Menu, Shift+F10", "More about it: a channel, a server")
	return rows
}
