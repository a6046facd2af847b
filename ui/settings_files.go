package ui

import (
	"errors"
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"parley/ui/kit"
)

// files asks where to write a file, which one to read, and which file or folder is meant: by Fyne's dialogs, but in tests. Nothing is
// called when the person gives up.
type files struct {
	save   func(name string, data []byte, then func(error))
	open   func(limit int, then func([]byte, error))
	pick   func(then func(path string, err error))
	folder func(then func(path string, err error))
}

// errTooLong is for a file that is no exported key.
var errTooLong = errors.New("the file is too long for an exported key")

// saveFile is files.save.
func (w *Window) saveFile(name string, data []byte, then func(error)) {
	d := dialog.NewFileSave(func(file fyne.URIWriteCloser, err error) {
		if file != nil || err != nil {
			then(writeAll(file, data, err))
		}
	}, w.win)
	d.SetFileName(name)
	w.showFiles(d)
}

// openFile is files.open: at most limit bytes.
func (w *Window) openFile(limit int, then func([]byte, error)) {
	w.showFiles(dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		if file != nil || err != nil {
			then(readAll(file, limit, err))
		}
	}, w.win))
}

// pickFile is files.pick.
func (w *Window) pickFile(then func(string, error)) {
	w.showFiles(dialog.NewFileOpen(func(file fyne.URIReadCloser, err error) {
		if file == nil {
			if err != nil {
				then("", err)
			}
			return
		}
		_ = file.Close() // nothing was read
		then(file.URI().Path(), err)
	}, w.win))
}

// pickFolder is files.folder.
func (w *Window) pickFolder(then func(string, error)) {
	w.showFiles(dialog.NewFolderOpen(func(folder fyne.ListableURI, err error) {
		switch {
		case err != nil:
			then("", err)
		case folder != nil:
			then(folder.Path(), nil)
		}
	}, w.win))
}

// showFiles shows one of Fyne's dialogs, and keeps it: it knows no Escape, so the window closes it.
func (w *Window) showFiles(d *dialog.FileDialog) {
	d.SetOnClosed(func() { w.picking = nil })
	d.Show()
	p, ok := w.win.Canvas().Overlays().Top().(*widget.PopUp)
	if !ok {
		return // the desktop's own, which knows its keys
	}
	w.picking = d
	p.Content = w.yield(p.Content)
}

// fileDialogOpen says whether one of Fyne's dialogs about files is open.
func (w *Window) fileDialogOpen() bool { return w.picking != nil }

// closeFileDialog gives the choice up, as Cancel does, and says whether there was one.
func (w *Window) closeFileDialog() bool {
	d := w.picking
	if d == nil {
		return false
	}
	d.Hide()
	return true
}

// yield goes through what such a dialog is made of, for what keeps Escape to itself while it has the focus: the field of the file's
// name becomes one of ours, and the list of places gives the focus back. It returns what is to stand in the place of o.
func (w *Window) yield(o fyne.CanvasObject) fyne.CanvasObject {
	switch o := o.(type) {
	case *fyne.Container:
		for i, child := range o.Objects {
			o.Objects[i] = w.yield(child)
		}
	case *container.Split:
		o.Leading, o.Trailing = w.yield(o.Leading), w.yield(o.Trailing)
	case *container.Scroll:
		if e, ok := o.Content.(*widget.Entry); ok {
			o.Content = w.nameField(e)
			o.Refresh()
			w.win.Canvas().Focus(o.Content.(*kit.Entry))
		} else if o.Content != nil {
			o.Content = w.yield(o.Content)
		}
	case *widget.List:
		selected := o.OnSelected
		o.OnSelected = func(id widget.ListItemID) {
			selected(id)
			w.win.Canvas().Unfocus()
		}
	}
	return o
}

// nameField is a field of ours that says what theirs does, which goes on to be what the dialog reads and writes.
func (w *Window) nameField(theirs *widget.Entry) *kit.Entry {
	ours := kit.NewEntry(theirs.PlaceHolder)
	ours.SetText(theirs.Text)
	changed := theirs.OnChanged
	theirs.OnChanged = func(s string) {
		changed(s)
		ours.SetText(s)
	}
	ours.OnChanged = func(s string) {
		if theirs.Text != s {
			theirs.SetText(s)
		}
	}
	ours.OnSubmitted = theirs.OnSubmitted
	return ours
}

// writeAll writes and closes, if the file could be opened.
func writeAll(file io.WriteCloser, data []byte, err error) error {
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// readAll reads at most limit bytes and closes, if the file could be opened.
func readAll(file io.ReadCloser, limit int, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	switch err = errors.Join(err, file.Close()); {
	case err != nil:
		return nil, err
	case len(data) > limit:
		return nil, errTooLong
	}
	return data, nil
}
