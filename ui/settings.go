package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/profile"
	"parley/ui/kit"
)

// settings stands in the place of list, stage and people while one changes how Parley is: the names of the pages at the left, one
// page in the middle. No button applies anything: what is changed holds at once.
type settings struct {
	w   *Window
	now func() time.Time // time.Now, but in tests

	nav     []*navRow
	at      int // the page that is shown
	page    page
	title   *kit.Text
	banner  *kit.Banner
	column  *fyne.Container // the page itself
	scroll  *container.Scroll
	stage   *fyne.Container
	unsaved *unsaved
	files   files

	deserted time.Time // since when the window is not in front; zero: it is
}

// unwatched is how long the microphone stays open for the meter, and the camera for the preview, in a window that is not in front:
// long enough to try the system's own mixer beside it, and no longer, for a window that is minimised can't tell.
const unwatched = time.Minute

// alone says whether nobody has looked at this window for some time.
func (s *settings) alone(now time.Time) bool {
	switch {
	case s.w.hasFocus:
		s.deserted = time.Time{}
	case s.deserted.IsZero():
		s.deserted = now
	}
	return !s.deserted.IsZero() && now.Sub(s.deserted) >= unwatched
}

// page is one of the pages.
type page interface {
	content() fyne.CanvasObject
	apply() // at each turn of the pump
	leave() // it is not shown any more
}

// still is a page on which nothing changes by itself.
type still struct{ fyne.CanvasObject }

func (s still) content() fyne.CanvasObject { return s.CanvasObject }
func (still) apply()                       {}
func (still) leave()                       {}

// The pages, by the names that showSettings takes.
const (
	pageSound   = "Sound"
	pageVoice   = "Voice"
	pageCamera  = "Camera"
	pageKeys    = "Keys"
	pageLook    = "Look"
	pageYou     = "You and your key"
	pagePrivacy = "Privacy"
	pageServers = "Servers"

	pageConnection = "Connection"
	pageFiles      = "Files"
	pageUpdates    = "Updates"
)

// goTo shows the page of that name.
func (s *settings) goTo(name string) {
	for i, p := range settingsPages() {
		if p.name == name {
			s.show(i)
			s.nav[i].focus(true)
		}
	}
}

// pageEntry is a line of the list of pages.
type pageEntry struct {
	name, icon string
	open       func(*settings) page
}

// settingsPages is the list of pages, top to bottom.
func settingsPages() []pageEntry {
	return []pageEntry{
		{pageSound, "volume", newSoundPage},
		{pageVoice, "mic", newVoicePage},
		{pageCamera, "camera", newCameraPage},
		{pageKeys, "keyboard", newKeysPage},
		{pageLook, "look", newLookPage},
		{pageYou, "key", newYouPage},
		{pagePrivacy, "shield", newPrivacyPage},
		{pageServers, "host", newServersPage},
		{pageConnection, "stats", newConnectionPage},
		{pageFiles, "folder", newFilesPage},
		{pageUpdates, "refresh", newUpdatesPage},
	}
}

// showSettings opens the settings at a page, or, for a name that is none, at the one that was shown last.
func (w *Window) showSettings(name string) {
	at := w.page
	for i, p := range settingsPages() {
		if p.name == name {
			at = i
		}
	}
	if w.settings == nil {
		s := newSettings(w)
		w.settings = s
		w.fill(false)
		w.shell.fill(s.list(), s.stage)
	}
	w.settings.show(at)
	w.settings.nav[at].focus(true)
}

// closeSettings brings list and stage back. Closed settings stay closed.
func (w *Window) closeSettings() {
	s := w.settings
	if s == nil {
		return
	}
	s.save()
	s.page.leave()
	w.win.Canvas().Unfocus()
	w.settings = nil
	w.shell.fill(nil, nil)
	w.pump.wake()
}

func newSettings(w *Window) *settings {
	s := &settings{w: w, now: time.Now, at: -1, files: w.files}
	for i, p := range settingsPages() {
		s.nav = append(s.nav, newNavRow(s, i, p))
	}
	s.title = kit.NewText("", kit.Page, theme.ColorNameForeground)
	s.banner = kit.NewBanner()
	s.banner.Hide()
	s.column = container.New(pageColumn{})
	s.scroll = container.NewVScroll(s.column)
	esc := kit.NewText("Esc", kit.Caption, theme.ColorNamePlaceHolder)
	head := kit.HRow(4, kit.Grow(s.title), esc, kit.NewIconButton("close", 32, "Close the settings (Esc)", w.closeSettings))
	s.stage = container.New(&settingsStage{s}, head, s.banner, s.scroll)
	return s
}

// list is what stands in the place of the channels.
func (s *settings) list() fyne.CanvasObject {
	rows := kit.VCol(2)
	for _, n := range s.nav {
		rows.Add(n)
	}
	head := kit.Fixed(0, 52, kit.Pad(18, 0, 18, 0, kit.NewText("Settings", kit.Header, theme.ColorNameForeground)))
	return kit.VCol(0, head, kit.Grow(container.NewVScroll(kit.Pad(8, 0, 8, 8, rows)))) // at the largest scale it is higher than a small window
}

// show changes to a page.
func (s *settings) show(at int) {
	if at == s.at {
		return
	}
	s.save()
	if s.page != nil {
		s.page.leave()
	}
	s.at, s.w.page = at, at
	for i, n := range s.nav {
		n.mark(i == at)
	}
	entry := settingsPages()[at]
	s.title.SetText(entry.name)
	s.banner.Hide()
	s.page = entry.open(s)
	s.column.Objects = []fyne.CanvasObject{s.page.content()}
	s.scroll.Offset = fyne.Position{}
	s.page.apply()
	s.relay()
}

// relay lays the page out anew, after something on it was shown or hidden.
func (s *settings) relay() {
	kit.Relay(s.column)
	s.column.Refresh()
	s.stage.Layout.Layout(s.stage.Objects, s.stage.Size())
	s.scroll.Refresh()
	s.stage.Refresh()
}

// typed scrolls a page that is higher than the window: there may be nothing on it for Tab to walk to.
func (s *settings) typed(e *fyne.KeyEvent) {
	to := s.scroll.Offset
	switch room := s.scroll.Size().Height - kit.Px(32); e.Name {
	case fyne.KeyPageDown:
		to.Y += room
	case fyne.KeyPageUp:
		to.Y -= room
	default:
		return
	}
	to.Y = max(0, min(to.Y, s.scroll.Content.MinSize().Height-s.scroll.Size().Height))
	s.scroll.ScrollToOffset(to)
}

// apply brings the page to what the engine and the profile have now, at each turn of the pump.
func (s *settings) apply() {
	if s.unsaved != nil && s.now().Sub(s.unsaved.at) >= saveAfter {
		s.save()
	}
	s.page.apply()
}

// showsDevices says whether what happens to devices is told by the page itself.
func (s *settings) showsDevices() bool {
	name := settingsPages()[s.at].name
	return name == pageSound || name == pageCamera
}

// saveAfter is how long a slider has to rest before its value is written down: each write waits for the disk.
const saveAfter = 400 * time.Millisecond

// unsaved is a change that holds already, and is not written down yet.
type unsaved struct {
	name string
	edit func(*profile.Settings)
	then func() // may be nil
	at   time.Time
}

// soon keeps a change when no other of its name has come for saveAfter, or when the page is left.
func (s *settings) soon(name string, edit func(*profile.Settings), then func()) {
	if s.unsaved != nil && s.unsaved.name != name {
		s.save()
	}
	s.unsaved = &unsaved{name, edit, then, s.now()}
	time.AfterFunc(saveAfter, s.w.pump.wake)
}

// save writes down what is unsaved.
func (s *settings) save() {
	u := s.unsaved
	if u == nil {
		return
	}
	s.unsaved = nil
	s.w.change(u.edit)
	if u.then != nil {
		u.then()
	}
}

// change keeps a change at once.
func (s *settings) change(edit func(*profile.Settings)) {
	s.save()
	s.w.change(edit)
}

// The page's column is pageWidth wide where the window has that, between margins of pageMargin.
const (
	pageWidth  = 658
	pageMargin = 16
	pageTop    = 4 // of the page, so that the frame around what has the focus is not cut by the scroll's edge
	bannerHigh = 36
)

func columnWidth(width float32) float32 { return min(kit.Px(pageWidth), width-2*kit.Px(pageMargin)) }

// settingsStage lays out the header, the banner and the page under each other. The page's scroll bar is at the window's edge.
type settingsStage struct{ s *settings }

// MinSize implements fyne.Layout.
func (*settingsStage) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, 0) }

// Layout implements fyne.Layout.
func (l *settingsStage) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	head, banner, scroll := objects[0], objects[1], objects[2]
	width := columnWidth(size.Width)
	left := float32(int((size.Width - width) / 2))
	y := l.s.w.shell.size.header
	put(head, left, 0, width+kit.Px(6), y) // so that the cross itself, not its button, ends where the cards end
	if banner.Visible() {
		high := kit.FitHeight(banner, width)
		if high <= kit.Px(44) { // one line, and no button
			high = kit.Px(bannerHigh)
		}
		put(banner, left, y, width, high)
		y += high + kit.Px(12)
	}
	if len(l.s.column.Objects) > 0 { // the page has to know its width before the scroll asks for its height
		kit.FitHeight(l.s.column.Objects[0], width)
	}
	y -= kit.Px(pageTop)
	put(scroll, 0, y, size.Width, max(size.Height-y, 0))
}

// pageColumn is the page in the middle of the scroll, with room under it.
type pageColumn struct{}

// MinSize implements fyne.Layout.
func (pageColumn) MinSize(objects []fyne.CanvasObject) fyne.Size {
	high := kit.Px(pageTop) + kit.Px(24)
	for _, o := range objects {
		high += o.MinSize().Height
	}
	return fyne.NewSize(0, high)
}

// Layout implements fyne.Layout.
func (pageColumn) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	width := columnWidth(size.Width)
	for _, o := range objects {
		put(o, float32(int((size.Width-width)/2)), kit.Px(pageTop), width, kit.FitHeight(o, width))
	}
}
