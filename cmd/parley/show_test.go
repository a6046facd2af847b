package main

import (
	"testing"

	"fyne.io/fyne/v2/app"
)

// Fyne has nothing to do once it has stopped, which its loop could miss.
func TestNothingAfterTheLoop(t *testing.T) {
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"} {
		t.Setenv(name, "/dev/null") // nothing is written
	}
	a := app.NewWithID("chat.parley.test")
	l, is := a.Lifecycle().(interface{ OnStopped() func() })
	if !is || l.OnStopped() == nil {
		t.Fatal("this Fyne does not hang as the one before: see whether unhook is needed")
	}
	if unhook(a); l.OnStopped() != nil {
		t.Error("something is left to do after the loop's end")
	}
}
