package app_test

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/profile"
	"parley/test/lab"
)

// TestEverythingIsKept: the theme, the window's size, the server that is hosted. Who was on that server comes back by itself.
func TestEverythingIsKept(t *testing.T) {
	w := newWorld(t, 2)
	a := w.app("ada", lab.Person(0, "Ada"), "--host")
	invite := a.copyInvite()
	bo := w.guest(1, "Bo", invite)
	w.await(bo, 0, "joined")
	a.key("ctrl+comma")
	a.click(lab.Page(4))
	a.see("the page with the themes", lab.Stage, func(img *image.RGBA) bool {
		return img.RGBAAt(lab.ThemeDark.X-24, lab.ThemeDark.Y) == lab.Dark.Primary
	})
	a.click(lab.ThemeLight)
	a.lit("after a click")
	a.settings("the theme is kept", func(s profile.Settings) bool { return s.Theme == profile.LightTheme })
	a.key("Escape")
	w.must(a.Window.Resize(w.ctx, 1100, 720))

	mark := bo.Mark()
	a.key("ctrl+q")
	a.dialog("that asks before a guest is cut off", true)
	w.must(a.Press(w.ctx, "the button to quit", lab.Dialog, a.palette.Leave))
	if status, err := a.Wait(w.within(20 * time.Second)); err != nil || status != 0 {
		a.Signal(syscall.SIGQUIT)
		time.Sleep(2 * time.Second)
		t.Fatalf("quit: %d %v: %s", status, err, a.Stderr())
	}
	a = w.anew(a)
	mark = w.await(bo, mark, "lost")
	a.palette = lab.Light
	a.lit("after a restart")
	r, err := a.Window.Bounds()
	w.must(err)
	if r.Dx() != 1100 || r.Dy() != 720 {
		t.Errorf("after a restart the window is %v", r)
	}
	w.await(bo, mark, "online")
	mark = bo.Mark()
	w.must(a.WaitChannels(w.ctx, a.palette))
	a.click(lab.ChannelRow(0))
	w.await(bo, mark, "peer_connected")
}

// lit waits until the window has the light theme's colours.
func (a *window) lit(when string) {
	a.w.Helper()
	a.see("the light theme "+when, lab.Stage, func(img *image.RGBA) bool {
		return lab.Count(img, lab.Stage, lab.Light.Ground) > lab.Stage.Dx()*lab.Stage.Dy()/2
	})
	a.palette = lab.Light
}

// TestBrokenSettings: a settings file that can't be read is kept aside and said, and the app starts.
func TestBrokenSettings(t *testing.T) {
	w := newWorld(t, 1)
	dir := filepath.Join(w.dir, "ada", "profile")
	w.must(os.MkdirAll(dir, 0o700))
	w.must(os.WriteFile(filepath.Join(dir, "settings.json"), []byte(`{"name": "Ada", "theme": `), 0o600))
	a := w.app("ada", nil)
	a.see("a line about it", lab.Lines, func(img *image.RGBA) bool { return lab.Count(img, lab.Lines, lab.Dark.Raised) > 5000 })
	if kept, err := filepath.Glob(filepath.Join(dir, "settings.json?*")); err != nil || len(kept) != 1 {
		t.Errorf("kept aside: %q %v", kept, err)
	}
}

// TestOneInstance: a second start hands its link to the first and ends. The window asks, and nobody is told of anything before a
// click; what is no invite is refused in a line.
func TestOneInstance(t *testing.T) {
	w := newWorld(t, 2)
	server := w.serve()
	a := w.app("ada", lab.Person(0, "Ada"))
	bo := w.guest(1, "Bo", server.Ready.Invite)
	w.await(bo, 0, "joined")

	w.second(a, "parley://nowhere/?key=dance")
	a.see("a line that it is no invite", lab.Lines, func(img *image.RGBA) bool { return lab.Count(img, lab.Lines, lab.Dark.Raised) > 5000 })
	a.dialog("after what is no invite", false)

	w.second(a, server.Ready.Invite)
	a.dialog("that asks whether to join", true)
	if people := w.who(server.Ready.Invite, a); strings.Contains(people, `"Ada"`) {
		t.Errorf("before a click the server knows: %s", people)
	}
	w.must(a.Press(w.ctx, "the button to join", lab.Dialog, a.palette.Primary))
	a.join()
	w.await(bo, 0, "peer_connected")
	if people := w.who(server.Ready.Invite, a); !strings.Contains(people, `"Ada"`) {
		t.Errorf("after a click the server knows only: %s", people)
	}
}

// second starts the app's profile once more with a link, which has to end at once and well.
func (w *world) second(a *window, args ...string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
	defer cancel()
	_, status, err := programs.Run(ctx, "parley", lab.Command{
		Env: append(a.Display.Env(), "HOME="+a.Dir), Args: append([]string{"--profile", a.Profile()}, args...),
	})
	w.must(err)
	if status != 0 {
		w.Fatalf("a second start ended with %d", status)
	}
}

// who lists the people that a server knows, as a third sees them.
func (w *world) who(invite string, a *window) string {
	w.Helper()
	out, status, err := programs.Run(w.ctx, "parleyctl", lab.Command{
		Env: []string{"HOME=" + w.dir}, Args: []string{"who", invite, "--home", filepath.Join(w.dir, "eve"), "--name", "Eve"},
	})
	w.must(err)
	if status != 0 || !strings.Contains(out, `"Bo"`) {
		w.Fatalf("who is there: %d %s", status, out)
	}
	return out
}

// TestCloseInACall: without a tray the window becomes an icon, the call goes on, and a second start brings the window back.
func TestCloseInACall(t *testing.T) {
	w := newWorld(t, 2)
	a, invite := w.hosting()
	bo := w.guest(1, "Bo", invite)
	w.await(bo, 0, "peer_connected")
	said := w.saying(0, w.speech(12))
	r := w.record()
	w.must(a.Window.Close())
	w.must(a.Window.Gone(w.ctx))
	if iconic, err := a.Window.Iconic(); err != nil || !iconic {
		t.Errorf("the window is not to be seen, and no icon either: %v", err)
	}
	closed := r.Seconds()
	w.hear(r, 3)
	w.second(a)
	if _, err := a.Display.Window(w.within(20*time.Second), lab.OfPID(a.PID())); err != nil {
		t.Errorf("a second start does not bring the window back: %v%s", err, a.Shot("gone"))
	} else {
		a.inChannel(true)
	}
	channels := w.stop(r)
	said()
	audible(t, "while it is an icon", level(channels[lab.Ear(1)], closed+0.7, closed+2.7))
}
