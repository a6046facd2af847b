package ui

import (
	"cmp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// filesPage is where files from others go.
type filesPage struct {
	s      *settings
	root   *fyne.Container
	folder *field
	usual  *kit.Button
}

func newFilesPage(s *settings) page {
	p := &filesPage{s: s}
	choose := kit.NewButton("Change…", "folder", kit.PlainButton, p.choose)
	p.usual = kit.NewButton("As usual", "", kit.PlainButton, func() { p.set("") })
	p.folder = newField("Files from others go to", " ", kit.HRow(8, p.usual, choose))
	note := cardNote("Nothing is taken before you accept it, nothing is overwritten, and Parley never opens a file. Files go from one computer to the other, encrypted; the server does not see them.")
	p.root = pageOf(cardOf("", p.folder.root, kit.Gap(0, 6), note))
	return p
}

func (p *filesPage) content() fyne.CanvasObject { return p.root }
func (p *filesPage) leave()                     {}

func (p *filesPage) choose() {
	p.s.files.folder(func(path string, err error) {
		if err != nil {
			p.s.w.say("The folder could not be opened: "+model.Inert(err.Error()), model.Warn)
			return
		}
		p.set(path)
	})
}

func (p *filesPage) set(folder string) {
	p.s.change(func(s *profile.Settings) { s.Downloads = folder })
	p.s.w.downloads()
	p.apply()
}

func (p *filesPage) apply() {
	chosen := p.s.w.c.Profile.Settings().Downloads
	folder := cmp.Or(model.Inert(cmp.Or(chosen, p.s.w.c.Downloads)), "Nowhere: choose a folder to take files.")
	changed := p.folder.explain(folder, theme.ColorNamePlaceHolder)
	if setHidden(p.usual, chosen == "") || changed {
		p.s.relay()
	}
}

// downloads tells the engine where files go.
func (w *Window) downloads() {
	w.do(call.SetDownloads{Folder: cmp.Or(w.c.Profile.Settings().Downloads, w.c.Downloads)})
}
