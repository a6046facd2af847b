package ui

import (
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"parley/ui/kit"
)

// escapes types Escape where the driver would: to what has the focus, or else to the window.
func escapes(b *bench) {
	if f := b.win.Canvas().Focused(); f != nil {
		f.TypedKey(key(fyne.KeyEscape))
		return
	}
	b.win.Canvas().OnTypedKey()(key(fyne.KeyEscape))
}

// Escape gives up the choice of a file, and nothing behind it.
func TestEscapeClosesTheFileDialog(t *testing.T) {
	b := newBench(t, nil)
	b.open(pageYou)
	b.press("Import…")
	behind := b.layers.Top()
	never := func([]byte, error) { t.Error("called without a choice") }
	for name, show := range map[string]func(){
		"to read":  func() { b.openFile(1, never) },
		"to write": func() { b.saveFile(keyFile, nil, func(error) { never(nil, nil) }) },
		"a place was chosen": func() {
			b.openFile(1, never)
			list := control[*widget.List](b, "")
			b.win.Canvas().Focus(list) // as a click on one of its lines does
			list.UnselectAll()         // of where one is
			list.Select(0)
		},
	} {
		show()
		if !b.fileDialogOpen() || !b.floating() {
			t.Errorf("%s: it is not known to be open", name)
		}
		escapes(b)
		if b.fileDialogOpen() || b.layers.Top() != behind || b.settings == nil {
			t.Errorf("%s: Escape does not close it, or closes more: %v, settings %v", name, b.fileDialogOpen(), b.settings != nil)
		}
	}
	b.openFile(1, never)
	b.pressTheirs("Cancel")
	if b.fileDialogOpen() {
		t.Error("cancelled, and known to be open")
	}
	escapes(b)
	if b.layers.Top() != nil || b.settings == nil {
		t.Error("the next Escape does not close the dialog behind")
	}
}

// The field of the file's name is ours, and says what theirs does.
func TestFileName(t *testing.T) {
	b := newBench(t, nil)
	dir := t.TempDir()
	saved := false
	b.saveFile(keyFile, []byte("key"), func(err error) { saved = err == nil })
	place, err := storage.ListerForURI(storage.NewFileURI(dir))
	if err != nil {
		t.Fatal(err)
	}
	b.picking.SetLocation(place)
	field, ok := b.win.Canvas().Focused().(*kit.Entry)
	if !ok || field.Text != keyFile {
		t.Fatalf("the field has not the focus, or not the name: %v", b.win.Canvas().Focused())
	}
	b.picking.SetFileName("other.txt")
	if field.Text != "other.txt" {
		t.Errorf("a file that was clicked is shown as %q", field.Text)
	}
	field.SetText("")
	test.Type(field, "mine.txt")
	field.TypedKey(key(fyne.KeyReturn))
	if data, err := os.ReadFile(filepath.Join(dir, "mine.txt")); err != nil || string(data) != "key" || !saved || b.fileDialogOpen() {
		t.Errorf("saved: %v, %q, %v", saved, data, err)
	}
}
