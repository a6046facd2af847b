package ui

import (
	"context"
	"errors"
	"image"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"parley/call"
	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// Window is the app's one window. All of it belongs to Fyne's goroutine, but for what the pump holds.
type Window struct {
	c      Config
	win    fyne.Window
	layers *kit.Layers
	pump   *pump

	view *model.View // the last one that was applied

	shell    *shell
	welcome  *welcome           // nil but at the first start
	settings *settings          // nil while closed
	page     int                // of the settings, that was shown last
	tray     *tray              // nil where there is no tray
	picking  *dialog.FileDialog // nil but while a file is chosen
	files    files
	// thumbnail takes a small picture of what could be shared; the engine's.
	thumbnail func(ctx context.Context, id string, width, height int) (*image.RGBA, error)

	link     string     // that the session was opened with
	online   *waiting   // what waits for a session to stand
	asking   *kit.Layer // about a link from outside
	incoming *incoming  // nil but while a call rings here
	used     string     // what was last kept of a server: its key and name
	hosting  Hosting    // the server in this process
	serving  int        // counts the starts of it that were asked for or given up
	hasFocus bool       // the window has the keyboard
	away     bool       // nobody can see the window: it is an icon, or others cover it
	shareFPS int        // the pictures a second that were last chosen for a shared screen
	follow   func()     // what an open popover wants to be told of each turn; nil: nothing
}

// waiting runs when the session with a server stands. The snapshot may still be of the one before.
type waiting struct {
	server string // its key
	run    func()
}

// Run shows the window and returns when it is closed for good.
func Run(c Config) error {
	if c.Engine == nil || c.Profile == nil || c.App == nil {
		return errors.New("a window needs an app, an engine and a profile")
	}
	w := newWindow(c)
	w.start()
	c.App.Run()
	w.pump.stop()
	return nil
}

// newWindow builds everything and shows nothing.
func newWindow(c Config) *Window {
	s := c.Profile.Settings()
	w := &Window{c: c, view: &model.View{}}
	c.App.Settings().SetTheme(kit.NewTheme(themeMode(s.Theme), float32(s.Scale)/100))
	w.win = c.App.NewWindow("Parley")
	w.win.SetMaster()
	w.win.SetPadded(false)
	w.layers = kit.NewLayers(w.win.Canvas())
	w.layers.OnTyping = c.Keys.Typing
	w.files = files{w.saveFile, w.openFile, w.pickFile, w.pickFolder}
	w.thumbnail, w.shareFPS = c.Engine.Thumbnail, shareRates[1].fps
	w.pump = newPump(w)
	w.shell = newShell(w)
	w.setContent(w.shell.root)
	w.win.Resize(windowSize(s))
	w.bindKeys()
	w.win.SetCloseIntercept(w.closed)
	w.win.SetOnDropped(w.dropped)
	return w
}

// setContent fills the window, with room over everything for tooltips. What had the focus loses it first: the cursor of a field
// that is no longer there would blink, and have the window drawn, for ever.
func (w *Window) setContent(o fyne.CanvasObject) {
	w.win.Canvas().Unfocus()
	w.win.SetContent(w.layers.Root(o))
}

func windowSize(s profile.Settings) fyne.Size {
	if s.Width == 0 || s.Height == 0 {
		return fyne.NewSize(1280, 800)
	}
	return fyne.NewSize(float32(s.Width), float32(s.Height))
}

func themeMode(name profile.Theme) kit.Mode {
	switch name {
	case profile.DarkTheme:
		return kit.Dark
	case profile.LightTheme:
		return kit.Light
	}
	return kit.System
}

// start decides what the first screen is, connects, and lets the pump run.
func (w *Window) start() {
	s := w.c.Profile.Settings()
	for _, n := range w.c.Notices {
		w.say(n.String(), model.Warn)
	}
	w.startTray()
	w.pump.start()
	w.do(call.Watch{On: true})
	w.do(call.UseRinger{Device: s.RingSpeaker})
	w.do(call.UseCamera{Camera: s.Camera})
	if s.Name == "" {
		w.showWelcome()
	} else {
		w.setContent(w.warm(w.shell.root))
	}
	w.win.Show()
	if w.c.Clock != nil {
		measureFrames(w.c.Clock, w.pump.do, w.pump.log)
	}
	w.watch()
	w.settle()
	if w.c.Updates.State != nil {
		go w.watchUpdates()
	}
	switch servers := w.c.Profile.Servers(); {
	case s.Name == "":
	case w.c.AutoHost && len(servers) == 0:
		w.host()
	case s.Hosting || w.c.AutoHost:
		w.hostAgain()
	case len(servers) > 0:
		w.connectTo(servers[0])
	}
	if w.c.Link != "" {
		w.opened(w.c.Link)
	}
}

// do hands a command to the engine. What fails comes back as a notice.
func (w *Window) do(c call.Command) { w.c.Engine.Do(c) }

// ask hands a command over and has then run on Fyne's goroutine with what came of it.
func (w *Window) ask(c call.Command, then func(call.Reply, error)) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	go func() {
		defer cancel()
		r, err := w.c.Engine.Ask(ctx, c)
		w.pump.later(func() { then(r, answered(err)) })
	}()
}

var errNoAnswer = errors.New("The server did not answer.") // shown as it is

// answered puts what came of a question into words for a person.
func answered(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errNoAnswer
	}
	return err
}

// background has work done off Fyne's goroutine and then run on it.
func background[T any](w *Window, work func() (T, error), then func(T, error)) {
	go func() {
		v, err := work()
		w.pump.later(func() { then(v, err) })
	}()
}

// say shows a line for some seconds.
func (w *Window) say(text string, tone model.Tone) { w.pump.say(model.Line{Text: text, Tone: tone}) }

// change edits the settings at once, and has them kept in the background: a disk may take longer than a frame. What can't be saved
// is said; it holds for this run.
func (w *Window) change(edit func(*profile.Settings)) {
	w.c.Profile.UpdateLater(edit, func(err error) {
		w.say("The settings could not be saved: "+err.Error(), model.Bad)
	})
	w.pump.wake()
}

// apply shows a view. It redraws what is new in it.
func (w *Window) apply(v *model.View) {
	old := w.view
	w.view = v
	w.session(w.c.Engine.Snapshot())
	w.entitle(v)
	w.shell.apply(old, v)
	if w.tray != nil {
		w.tray.apply(v)
	}
	if w.settings != nil {
		w.settings.apply()
	}
	if w.welcome != nil {
		w.welcome.apply()
	}
	w.showRing(v.Ring)
	if w.follow != nil {
		w.follow()
	}
}

// entitle shows in the window's title, and so in a task bar, what of oneself is live.
func (w *Window) entitle(v *model.View) {
	title := "Parley"
	switch {
	case v.Ring != nil && !v.Ring.Out:
		title = "Parley: somebody is calling"
	case !v.Dock.InChannel:
	case v.Dock.Muted || v.Dock.Deafened:
		title = "Parley: microphone muted"
	default:
		title = "Parley: microphone live"
	}
	if v.Dock.Camera {
		title += ", camera on"
	}
	if v.Dock.Sharing {
		title += ", screen shared"
	}
	if w.win.Title() != title {
		w.win.SetTitle(title)
	}
}

// session sees to what a session that stands is waited for.
func (w *Window) session(s *call.Snapshot) {
	if s.Link != call.Offline {
		w.pump.starting.Store(false)
	}
	if s.Link != call.Online {
		w.used = ""
		return
	}
	if o := w.online; o != nil && o.server == s.ServerKey {
		w.online = nil
		o.run()
	}
	if used := s.ServerKey + s.Server; used != w.used {
		w.used = used
		address, name := s.Address, s.Server
		background(w, func() (struct{}, error) { return struct{}{}, w.c.Used(address, name) }, func(_ struct{}, err error) {
			if err != nil {
				w.say("This server could not be kept: "+model.Inert(err.Error()), model.Warn)
			}
		})
	}
}

// closed is the close button. A call goes on out of sight where there is a tray to come back from; else it is minimised, so
// that a live microphone can always be seen somewhere.
func (w *Window) closed() {
	w.keepSize()
	if w.incoming == nil && !w.view.Dock.InChannel && !w.view.Dock.Calling {
		w.quit()
		return
	}
	if w.floating() {
		return // a question stands already: the one of a call that rings here, too
	}
	if w.tray == nil || !w.c.Desktop.Tray() { // the panel may have gone meanwhile
		if w.settings != nil {
			w.closeSettings()
		}
		if w.c.Desktop.Minimize == nil || !w.c.Desktop.Minimize(w.win) {
			w.confirm(w.word("Leave the channel and quit?", "Hang up and quit?"), "There is no tray to go on in.", "Quit", w.quit)
			return
		}
		w.say("You are still in the "+w.word("voice channel", "call")+". Ctrl+Q quits.", model.Plain) // some window managers do not minimise
		return
	}
	if w.c.Profile.Settings().TrayExplained {
		w.hide()
		return
	}
	w.explainTray()
}

// word chooses what is said of a channel, or of a call.
func (w *Window) word(channel, call string) string {
	if w.view.Dock.InCall || !w.view.Dock.InChannel {
		return call
	}
	return channel
}

func (w *Window) keepSize() {
	size := w.win.Canvas().Size()
	if size.Width < 1 || size.Height < 1 || w.win.FullScreen() {
		return
	}
	w.change(func(s *profile.Settings) { s.Width, s.Height = int(size.Width), int(size.Height) })
}

// quit ends the program, and asks first where that cuts others off.
func (w *Window) quit() {
	if w.guests() > 0 {
		w.front()
		w.layers.CloseAll()
		w.confirm("Quit and stop your server?", "Others are on the server that runs in this window. They are cut off.", "Quit", w.end)
		return
	}
	w.end()
}

func (w *Window) end() {
	w.keepSize()
	w.pump.stop() // before the driver ends: nothing may be sent to it after that
	w.c.App.Quit()
}

// guests is how many others are on the server in this process, as far as one sees it.
func (w *Window) guests() (n int) {
	s := w.c.Engine.Snapshot()
	if w.hosting.Key == "" || s.ServerKey != w.hosting.Key || s.Link != call.Online {
		return 0
	}
	for _, u := range s.Directory.Users {
		if u.ID != s.Self.User && u.Status != "offline" {
			n++
		}
	}
	return n
}
