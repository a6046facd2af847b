package tray

import (
	"context"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	watcher  = "org.kde.StatusNotifierWatcher"
	patience = 500 * time.Millisecond
)

// Available asks the session bus whether somebody shows tray icons (freedesktop's StatusNotifierItem), and waits no longer
// than half a second for the answer. It starts no bus.
func Available() bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	seen := make(chan bool, 1)
	go func() { seen <- ask(ctx) }() // connecting does not heed ctx until it is connected
	select {
	case yes := <-seen:
		return yes
	case <-ctx.Done():
		return false
	}
}

func ask(ctx context.Context) bool {
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx)) // ctx closes it
	if err != nil {
		return false
	}
	defer conn.Close()
	if conn.Auth(nil) != nil || conn.Hello() != nil {
		return false
	}
	var owned bool
	if conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, watcher).Store(&owned) != nil || !owned {
		return false
	}
	var shown dbus.Variant
	err = conn.Object(watcher, "/StatusNotifierWatcher").CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0,
		watcher, "IsStatusNotifierHostRegistered").Store(&shown)
	if err != nil {
		return ctx.Err() == nil // it keeps a list, and does not say whether anybody draws it
	}
	yes, ok := shown.Value().(bool)
	return yes || !ok
}
