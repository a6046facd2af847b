package lab

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"parley/profile"
)

// AppWidth and AppHeight are the size of a window that was never resized, and of a display that is right for one.
const (
	AppWidth  = 1280
	AppHeight = 800
)

// patience is for what takes a moment on a machine that is busy; nothing is measured by it.
const patience = 30 * time.Second

// AppConfig says how to start the desktop app. Display and Dir are needed.
type AppConfig struct {
	Display  *Display
	Dir      string                  // is HOME; the profile and the log lie in it
	Pulse    *Pulse                  // nil: a machine without sound
	Settings func(*profile.Settings) // edits the profile before the start; nil: it stays as it is
	Args     []string                // besides --profile and --log
	Env      []string
	Cred     *syscall.Credential
}

// Profile is the folder of the app's profile; the server of "Host here" keeps its own in Server.
func (c AppConfig) Profile() string { return filepath.Join(c.Dir, "profile") }

// Server is the data folder of the server that the app hosts, as parleyd takes it.
func (c AppConfig) Server() string { return filepath.Join(c.Profile(), "server") }

// LogFile is what the app appends its log to.
func (c AppConfig) LogFile() string { return filepath.Join(c.Dir, "parley.log") }

// App is a running parley and its window, which is as large as it likes and begins at the display's top left corner.
type App struct {
	*Process
	AppConfig
	Window *Window
}

// BuildApp is Build, and puts the desktop app beside parleyd and parleyctl. Its first build takes minutes.
func BuildApp(ctx context.Context, dir string) (Programs, error) {
	p, err := Build(ctx, dir)
	if err != nil {
		return p, err
	}
	return p, p.provide(ctx, "-tags", "migrated_fynedo", "parley/cmd/parley")
}

// Devices makes an app use person i's microphone and loudspeaker.
func Devices(i int) func(*profile.Settings) {
	return func(s *profile.Settings) { s.Mic, s.Speaker = "mic_"+Letter(i), "spk_"+Letter(i) }
}

// Person makes an app that belongs to somebody already: the first start is over, and the theme is the dark one. The
// microphone is always open and nothing is done to its sound, so that a waveform can be measured.
func Person(i int, name string) func(*profile.Settings) {
	return func(s *profile.Settings) {
		Devices(i)(s)
		s.Name, s.Theme = name, profile.DarkTheme
		s.Mode, s.Cancellation, s.Suppression, s.Gain = profile.AlwaysOpen, false, false, false
	}
}

// App starts the desktop app and waits until its window has drawn something. Where the profile's folder is new the first start
// is shown.
func (p Programs) App(ctx context.Context, c AppConfig) (*App, error) {
	if err := c.prepare(); err != nil {
		return nil, fmt.Errorf("start the app: %w", err)
	}
	process, err := Start(c.command(p), nil, nil)
	if err != nil {
		return nil, err
	}
	a := &App{Process: process, AppConfig: c}
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	if err := a.appear(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start the app: %w\n%s", err, process.Stderr()), a.Close())
	}
	return a, nil
}

// prepare writes the settings that the app shall find.
func (c AppConfig) prepare() error {
	if err := os.MkdirAll(c.Profile(), 0o700); err != nil {
		return err
	}
	if c.Settings != nil {
		q, _, err := profile.Open(c.Profile())
		if err != nil {
			return err
		}
		if err := errors.Join(q.Update(c.Settings), q.Close()); err != nil {
			return err
		}
	}
	if c.Cred == nil {
		return nil
	}
	return filepath.WalkDir(c.Dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, int(c.Cred.Uid), int(c.Cred.Gid)))
	})
}

func (c AppConfig) command(p Programs) Command {
	env := c.Display.Env()
	if c.Pulse != nil {
		env = append(env, c.Pulse.Env()...)
	} else {
		env = append(env, "PULSE_SERVER=unix:"+filepath.Join(c.Dir, "no-sound-server"))
	}
	// No session bus: there is no tray, and nothing of this machine's desktop is asked about its theme.
	env = append(env, "HOME="+c.Dir, "XDG_CONFIG_HOME="+filepath.Join(c.Dir, ".config"), "XDG_CACHE_HOME="+filepath.Join(c.Dir, ".cache"),
		"DBUS_SESSION_BUS_ADDRESS=unix:path="+filepath.Join(c.Dir, "no-bus"), "FYNE_THEME=", "FYNE_SCALE=", "LANG=en_US.UTF-8", "LC_ALL=")
	return Command{
		Path: filepath.Join(p.Dir, "parley"), Args: append([]string{"--profile", c.Profile(), "--log", c.LogFile()}, c.Args...),
		Env: append(env, c.Env...), Dir: c.Dir, Cred: c.Cred,
	}
}

// appear waits for the window, and for more than one colour in it.
func (a *App) appear(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-a.Done():
			cancel(errors.New("it ended"))
		case <-ctx.Done():
		}
	}()
	if a.Window, err = a.Display.Window(ctx, OfPID(a.PID())); err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	r, err := a.Window.Bounds()
	if err != nil {
		return err
	}
	if _, err = a.Display.WaitFor(ctx, r, drawn); err != nil {
		return errors.Join(fmt.Errorf("wait for the window's first picture: %w", err), context.Cause(ctx))
	}
	return nil
}

// drawn says whether a picture has more than one colour.
func drawn(img *image.RGBA) bool {
	for i := 4; i < len(img.Pix); i += 4 {
		if string(img.Pix[i:i+3]) != string(img.Pix[:3]) {
			return true
		}
	}
	return false
}

// Again starts the app of an App that has ended once more, with the settings as it has left them, and with other arguments
// if there are any.
func (p Programs) Again(ctx context.Context, a *App, args ...string) (*App, error) {
	c := a.AppConfig
	c.Settings, c.Args = nil, args
	return p.App(ctx, c)
}

// Quit ends the app by its key and waits for its end, which has to be a good one.
func (a *App) Quit(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := a.Key(ctx, "ctrl+q"); err != nil {
		return fmt.Errorf("quit the app: %w", err)
	}
	status, err := a.Wait(ctx)
	if err != nil {
		return fmt.Errorf("quit the app: %w", err)
	}
	if status != 0 {
		return fmt.Errorf("quit the app: it ended with %d: %s", status, a.Stderr())
	}
	return nil
}

// Key presses keys in the window, which gets the focus first.
func (a *App) Key(ctx context.Context, chords ...string) error {
	if err := a.Window.Focus(ctx); err != nil {
		return err
	}
	return a.Display.Key(ctx, chords...)
}

// Click clicks with the left button, in pixels of the window.
func (a *App) Click(ctx context.Context, at image.Point) error {
	return a.Display.Click(ctx, at, LeftButton)
}

// Settings reads what the app has saved. Writing is the app's own.
func (a *App) Settings() (profile.Settings, error) {
	data, err := os.ReadFile(filepath.Join(a.Profile(), "settings.json"))
	if err != nil {
		return profile.Settings{}, fmt.Errorf("read the settings: %w", err)
	}
	dir, err := os.MkdirTemp("", "parley-lab-") // the profile is locked by the app, so a copy is opened
	if err != nil {
		return profile.Settings{}, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "settings.json"), data, 0o600); err != nil {
		return profile.Settings{}, err
	}
	p, _, err := profile.Open(dir)
	if err != nil {
		return profile.Settings{}, fmt.Errorf("read the settings: %w", err)
	}
	return p.Settings(), p.Close()
}

// LogHas says how often a text stands in the app's log.
func (a *App) LogHas(text string) (int, error) {
	data, err := os.ReadFile(a.LogFile())
	if err != nil {
		return 0, fmt.Errorf("read the log: %w", err)
	}
	return strings.Count(string(data), text), nil
}
