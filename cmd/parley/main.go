// Command parley is the desktop app.
package main

import (
	"fyne.io/fyne/v2/app"
	_ "github.com/godbus/dbus/v5"
	_ "github.com/jezek/xgb"
)

func main() { app.NewWithID("chat.parley.app").NewWindow("Parley").ShowAndRun() }
