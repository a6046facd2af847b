package ui

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/ui/kit"
	"parley/ui/model"
)

const (
	minPassphrase  = 8    // characters, as package identity has it
	maxKeyText     = 8192 // bytes of an exported key, likewise
	keyFile        = "parley-key.txt"
	keyDialogWidth = 480
)

// keyDialog is one of the two dialogs about the key: what was typed, what is wrong with it, and a button that works for a while.
type keyDialog struct {
	w     *Window
	files files
	layer *kit.Layer
	wrong *kit.Paragraph
	do    *kit.Button
}

func newKeyDialog(w *Window, f files, button string, do func()) *keyDialog {
	return &keyDialog{w: w, files: f, wrong: kit.NewParagraph(" ", kit.Caption, theme.ColorNameWarning), do: kit.NewButton(button, "", kit.PrimaryButton, do)}
}

func (k *keyDialog) open(title string, parts ...fyne.CanvasObject) {
	all := append([]fyne.CanvasObject{kit.NewText(title, kit.Section, theme.ColorNameForeground)}, parts...)
	if k.layer != nil {
		k.layer.Close()
	}
	k.layer = k.w.layers.Dialog(kit.VCol(12, all...), keyDialogWidth)
	k.layer.Modal = true // a click beside it would lose what was typed
}

func (k *keyDialog) close() { k.layer.Close() }

// say shows what is wrong, or nothing, which leaves the room for it.
func (k *keyDialog) say(text string) {
	if text == "" {
		text = " "
	}
	if k.wrong.Text() != text {
		k.wrong.SetText(text)
		if k.layer != nil {
			k.layer.Relayout()
		}
	}
}

// work lets the button rest and says what is done.
func (k *keyDialog) work(text string) {
	k.do.Disable()
	k.say(text)
}

// exportKey asks for a passphrase, twice, and shows the key locked with it.
func exportKey(w *Window, f files) {
	first, again := kit.NewPassword("Passphrase"), kit.NewPassword("Passphrase, once more")
	var k *keyDialog
	export := func() {
		if k.do.Disabled() {
			return
		}
		k.work("One moment: the lock is made so that guessing is slow.")
		passphrase := first.Text
		background(w, func() ([]byte, error) { return w.c.ExportKey(passphrase) }, func(text []byte, err error) {
			if !k.layer.Open() { // it was cancelled meanwhile
				return
			}
			if err != nil {
				k.say("The key could not be exported: " + model.Inert(err.Error()))
				k.do.Enable()
				return
			}
			k.exported(text)
		})
	}
	k = newKeyDialog(w, f, "Export", export)
	check := func(string) {
		wrong := passphraseProblem(first.Text, again.Text)
		k.say(wrong)
		if wrong == "" && first.Text != "" && first.Text == again.Text {
			k.do.Enable()
		} else {
			k.do.Disable()
		}
	}
	first.OnChanged, again.OnChanged = check, check
	again.OnSubmitted = func(string) { export() }
	k.do.Disable()
	k.open("Export your key",
		paragraph("Whoever has the exported key and the passphrase is you. Nobody can help you if you forget the passphrase."),
		first, again, k.wrong,
		buttons(kit.NewButton("Cancel", "", kit.PlainButton, func() { k.close() }), k.do))
}

// passphraseProblem is what is wrong with a passphrase as far as it was typed.
func passphraseProblem(first, again string) string {
	switch n := utf8.RuneCountInString(first); {
	case first == "":
		return ""
	case n < minPassphrase:
		return fmt.Sprintf("At least %d characters; this is %d.", minPassphrase, n)
	case again == "":
		return ""
	case again != first:
		return "The two differ."
	}
	return ""
}

// exported shows the text, to be saved or copied.
func (k *keyDialog) exported(text []byte) {
	done := kit.NewParagraph(" ", kit.Caption, theme.ColorNameSuccess)
	say := func(text string, color fyne.ThemeColorName) {
		done.SetText(text)
		done.SetColor(color)
	}
	save := kit.NewButton("Save to a file…", "folder", kit.PrimaryButton, func() {
		k.files.save(keyFile, text, func(err error) {
			if err != nil {
				say("It could not be saved: "+model.Inert(err.Error()), theme.ColorNameWarning)
			} else {
				say("Saved.", theme.ColorNameSuccess)
			}
		})
	})
	copied := kit.NewButton("Copy", "copy", kit.PlainButton, func() {
		k.w.c.App.Clipboard().SetContent(string(text))
		say("Copied. Paste it where you keep your passwords.", theme.ColorNameSuccess)
	})
	block := kit.NewPanel(theme.ColorNameInputBackground, 12, kit.Pad(14, 12, 14, 12, kit.NewParagraph(strings.TrimSpace(string(text)), kit.Caption, theme.ColorNameForeground)))
	k.open("Your key, locked",
		paragraph("Keep this text in a safe place, and the passphrase in another."), block, done,
		buttons(kit.NewButton("Close", "", kit.PlainButton, func() { k.close() }), copied, save))
}

// importKey is the dialog of that name, for the first start too.
func (w *Window) importKey() { importKey(w, w.files) }

// importKey asks for an exported key and its passphrase, and puts it in the place of the own one.
func importKey(w *Window, f files) {
	text, passphrase := kit.NewEntry("-----BEGIN PARLEY KEY-----"), kit.NewPassword("Its passphrase")
	text.MultiLine, text.Wrapping = true, fyne.TextWrapBreak
	text.MaxRunes = maxKeyText
	text.SetMinRowsVisible(5)
	var k *keyDialog
	load := func() {
		if k.do.Disabled() {
			return
		}
		k.work("One moment.")
		block, pass := []byte(strings.TrimSpace(text.Text)), passphrase.Text
		background(w, func() (struct{}, error) { return struct{}{}, w.c.ImportKey(block, pass) }, func(_ struct{}, err error) {
			if err != nil {
				k.say("It was not taken: " + model.Inert(err.Error()))
				k.do.Enable()
				return
			}
			k.imported()
		})
	}
	k = newKeyDialog(w, f, "Import", load)
	check := func(string) {
		k.say("")
		if strings.TrimSpace(text.Text) != "" && passphrase.Text != "" {
			k.do.Enable()
		} else {
			k.do.Disable()
		}
	}
	text.OnChanged, passphrase.OnChanged = check, check
	passphrase.OnSubmitted = func(string) { load() }
	k.do.Disable()
	file := kit.NewButton("From a file…", "folder", kit.PlainButton, func() {
		f.open(maxKeyText, func(data []byte, err error) {
			if err != nil {
				k.say("The file could not be read: " + model.Inert(err.Error()))
				return
			}
			text.SetText(string(data))
		})
	})
	k.open("Import a key",
		paragraph("Paste the text that you exported elsewhere. You will be that person here; the key that is here now is kept aside."),
		text, passphrase, k.wrong,
		buttons(file, kit.Gap(8, 0), kit.NewButton("Cancel", "", kit.PlainButton, func() { k.close() }), k.do))
}

// imported says that a start is needed: the running engine is still the person before.
func (k *keyDialog) imported() {
	restart := kit.NewButton("Start Parley again", "refresh", kit.PrimaryButton, func() {
		k.close()
		if k.w.c.Restart != nil {
			k.w.startAnew()
		}
	})
	k.open("The key is in place",
		paragraph("Parley uses it from its next start on. Until then you are who you were."),
		buttons(kit.NewButton("Later", "", kit.PlainButton, func() { k.close() }), restart))
}
