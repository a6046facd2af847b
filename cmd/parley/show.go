package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/driver"

	"parley/assets"
	"parley/cmd/internal/folder"
	"parley/cmd/internal/screen"
	"parley/cmd/internal/setup"
	"parley/cmd/internal/surface"
	"parley/cmd/internal/thread"
	"parley/cmd/internal/tray"
	"parley/ui"
	"parley/video/yuv"
	"parley/wire"
)

const (
	appID    = "chat.parley.app"
	iconSize = 256 // pixels; window managers make it smaller

	framesVariable = "PARLEY_FRAMES" // of the environment, for benchmarks: the log tells how long frames took
)

// show shows the window and returns when it is closed for good.
func (p *program) show() error {
	log.SetOutput(explainer{p.people})                                                  // what Fyne has to say
	app.SetMetadata(fyne.AppMetadata{ID: appID, Name: "Parley", Version: wire.Release}) // else Fyne looks for FyneApp.toml beside the program
	bare()
	a := app.NewWithID(appID)
	unhook(a)
	if icon, err := assets.AppIcon(iconSize); err == nil {
		a.SetIcon(fyne.NewStaticResource("parley.png", icon))
	}
	var clock func() time.Duration
	if os.Getenv(framesVariable) != "" {
		clock = thread.Time
	}
	return ui.Run(ui.Config{
		App: a, Engine: p.engine, Profile: p.home.Profile, Notices: p.notices,
		Key: p.home.Key.Public(), Safety: p.safety, ExportKey: p.exportKey, ImportKey: p.importKey,
		Voice: setup.VoiceOf, Used: p.home.Used,
		LinkOf: linkOf, Host: p.startHost, Unhost: p.hosting.Stop, AutoHost: p.host,
		Downloads: downloads(),
		MapPorts:  p.hosting.MapPorts, Router: p.hosting.Router,
		Restart:      func() { p.again = true; a.Quit() },
		NewConverter: func() ui.Converter { return yuv.NewConverter() },
		Keys:         globalKeys(p.keys),
		Updates:      p.newness.updates(),
		Desktop: ui.Desktop{
			Idle: p.idle.Since, Tray: tray.Available, Minimize: minimize, Watch: p.watch, Settled: p.settled, Surface: newSurface, Reveal: folder.Show,
		},
		Opened: p.opened, Link: p.link, Version: wire.Release, Log: p.log, Clock: clock,
	})
}

// unhook has Fyne save nothing when it stops: we keep no preferences with it, and its dialogs' own are saved as they change. It hands that
// to its loop, waiting, when the loop is about to end; where the loop was quicker the program would stay for ever, without a window
// (v2.7.1).
func unhook(a fyne.App) {
	if l, is := a.Lifecycle().(interface{ SetOnStoppedHookExecuted(func()) }); is {
		l.SetOnStoppedHookExecuted(nil)
	}
}

// settled is called when the window has been there for a while.
func (p *program) settled(w fyne.Window) {
	releaseCompiler(w)
	n := &p.newness
	if err := errors.Join(n.works(), n.copy.List(n.current)); err != nil {
		p.log.Warn("update", "err", err)
	}
}

func minimize(w fyne.Window) bool { return screen.Minimize(handle(w)) }

func newSurface(w fyne.Window) ui.Surface {
	if h := handle(w); h != 0 {
		return surface.New(h)
	}
	return nil
}

// watch tells whether the window can be seen, until the program ends.
func (p *program) watch(w fyne.Window, seen func(bool)) {
	stop := screen.Watch(handle(w), seen)
	p.closeLater(func() error { stop(); return nil })
}

// handle is the system's own for a window, which only the driver tells, on Fyne's goroutine; 0: none.
func handle(w fyne.Window) (h uintptr) {
	if native, is := w.(driver.NativeWindow); is {
		native.RunNative(func(context any) {
			switch c := context.(type) {
			case driver.X11WindowContext:
				h = c.WindowHandle
			case driver.WindowsWindowContext:
				h = c.HWND
			}
		})
	}
	return h
}

// explainer passes on what Fyne logs. Where a window can't be made Fyne ends the process right after it has said so in its own
// words, and these are for people.
type explainer struct{ people io.Writer }

const noOpenGL = "parley: no window can be drawn here: the graphics driver lacks OpenGL 2. Try LIBGL_ALWAYS_SOFTWARE=1, or use parleyctl."

func (e explainer) Write(line []byte) (int, error) {
	n, err := e.people.Write(line)
	if bytes.Contains(line, []byte("window creation error")) {
		fmt.Fprintln(e.people, noOpenGL)
	}
	return n, err
}
