package ui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"parley/call"
	"parley/call/calltest"
	"parley/profile"
	"parley/ui/model"
)

// notices waits until the engine has done what it was told, and returns what went wrong with it.
func notices(t *testing.T, w *Window) (all []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), calltest.Patience)
	defer cancel()
	if _, err := w.c.Engine.Ask(ctx, call.Talk{}); err != nil {
		t.Fatal(err)
	}
	for _, n := range w.c.Engine.Snapshot().Notices {
		all = append(all, n.Text)
	}
	return all
}

// A name that the server does not have yet is sent once, and again when there is another.
func TestNameIsToldOnce(t *testing.T) {
	w := testWindow(t, nil)
	for _, name := range []string{"Sam", "Sam", "Sam", "", "Sam"} {
		w.pump.perform(&model.View{Name: name}, 100)
	}
	if got := notices(t, w); len(got) != 2 { // one for each: there is no server here
		t.Errorf("it was tried %d times, want 2: %q", len(got), got)
	}
}

// Without a connection one can choose how to be, and change the name, and is told nothing of what can't be sent yet.
func TestChosenWithoutAServer(t *testing.T) {
	b := newBench(t, nil)
	b.presenceMenu(b.shell.dock.me)
	typeKeys(b, fyne.KeyDown, fyne.KeyReturn)
	if got := b.c.Profile.Settings().Status; got != profile.DoNotDisturb {
		t.Errorf("chosen: %q", got)
	}
	b.open(pageYou)
	b.settings.page.(*youPage).typed("Sam the Second")
	b.rest(saveAfter)
	if got := b.c.Profile.Settings().Name; got != "Sam the Second" {
		t.Errorf("the name is %q", got)
	}
	if got := notices(t, b.Window); len(got) != 0 {
		t.Errorf("said: %q", got)
	}
}

func TestNoAnswerIsASentence(t *testing.T) {
	if got := answered(fmt.Errorf("ask: %w", context.DeadlineExceeded)); got.Error() != "The server did not answer." {
		t.Error(got)
	}
	if err := answered(call.ErrClosed); err != call.ErrClosed {
		t.Error(err)
	}
	if err := answered(nil); err != nil {
		t.Error(err)
	}
}

// What can't be saved holds, and is said when the disk has refused it.
func TestUnsavableSettings(t *testing.T) {
	b := newBench(t, nil)
	path := filepath.Join(b.folder, "settings.json")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	b.change(func(s *profile.Settings) { s.LessMotion = true })
	if !b.c.Profile.Settings().LessMotion {
		t.Error("it does not hold")
	}
	timeout := time.After(calltest.Patience)
	for said := false; !said; {
		select {
		case <-b.pump.poke:
		case <-timeout:
			t.Fatal("nobody is told")
		}
		b.pump.mu.Lock()
		for _, l := range b.pump.lines {
			said = said || strings.HasPrefix(l.Text, "The settings could not be saved: ")
		}
		b.pump.mu.Unlock()
	}
}
