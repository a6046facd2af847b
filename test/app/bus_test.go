package app_test

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"

	"parley/assets"
	"parley/test/lab"
)

// What a desktop has on its session bus: freedesktop's notifications, and the StatusNotifierItem of KDE with its menu by Canonical.
const (
	watcherName = "org.kde.StatusNotifierWatcher"
	itemName    = "org.kde.StatusNotifierItem"
	menuName    = "com.canonical.dbusmenu"
	notifyName  = "org.freedesktop.Notifications"
)

// desktopBus is a session bus of its own, on which nothing can be started, with as much of a desktop as the app asks for.
type desktopBus struct {
	w          *world
	address    string
	conn       *dbus.Conn
	registered chan dbus.Sender // who has a tray icon
	notified   chan string
}

const busConf = `<busconfig><type>session</type><listen>unix:path=%s</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`

func (w *world) sessionBus() *desktopBus {
	w.Helper()
	b := &desktopBus{w: w, registered: make(chan dbus.Sender, 8), notified: make(chan string, 8)}
	conf := filepath.Join(w.dir, "bus.conf")
	w.must(os.WriteFile(conf, fmt.Appendf(nil, busConf, filepath.Join(w.dir, "bus")), 0o600))
	ready, write, err := os.Pipe()
	w.must(err)
	defer ready.Close()
	daemon, err := lab.Start(lab.Command{
		Path: "dbus-daemon", Args: []string{"--config-file=" + conf, "--nofork", "--print-address=3"}, Files: []*os.File{write},
	}, nil, nil)
	write.Close()
	w.must(err)
	w.Cleanup(func() { _ = daemon.Close() })
	stop := context.AfterFunc(w.within(20*time.Second), func() { ready.Close() })
	defer stop()
	var line [256]byte // the daemon keeps the pipe open, so there is no end of file
	n, err := ready.Read(line[:])
	if err != nil && err != io.EOF {
		w.Fatalf("wait for the bus: %v\n%s", err, daemon.Stderr())
	}
	b.address = string(bytes.TrimSpace(line[:n]))
	b.conn, err = dbus.Connect(b.address, dbus.WithContext(w.ctx))
	w.must(err)
	w.Cleanup(func() { _ = b.conn.Close() })
	b.offer()
	return b
}

// offer takes the names of a desktop.
func (b *desktopBus) offer() {
	b.w.Helper()
	const watcher = "/StatusNotifierWatcher"
	b.w.must(b.conn.Export(trayWatcher{b}, watcher, watcherName))
	_, err := prop.Export(b.conn, watcher, prop.Map{watcherName: {"IsStatusNotifierHostRegistered": {Value: true}}})
	b.w.must(err)
	b.w.must(b.conn.Export(hangingNotifier{b}, "/org/freedesktop/Notifications", notifyName))
	for _, name := range []string{watcherName, notifyName} {
		_, err := b.conn.RequestName(name, dbus.NameFlagDoNotQueue)
		b.w.must(err)
	}
}

// told waits for a notification.
func (b *desktopBus) told() string {
	b.w.Helper()
	select {
	case text := <-b.notified:
		return text
	case <-b.w.within(20 * time.Second).Done():
		b.w.Fatal("the desktop is told nothing")
		return ""
	}
}

type trayWatcher struct{ bus *desktopBus }

// RegisterStatusNotifierItem is called by who has an icon.
func (t trayWatcher) RegisterStatusNotifierItem(_ string, sender dbus.Sender) *dbus.Error {
	t.bus.registered <- sender
	return nil
}

// hangingNotifier never answers, as some do that wait for a person.
type hangingNotifier struct{ bus *desktopBus }

// Notify is called by who has something to say.
func (n hangingNotifier) Notify(_ string, _ uint32, _, title, text string, _ []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	n.bus.notified <- title + ": " + text
	<-n.bus.w.ctx.Done()
	return 0, nil
}

// trayIcon is the app's, as the desktop sees it.
type trayIcon struct {
	w          *world
	item, list dbus.BusObject
}

// trayIcon waits until there is one.
func (b *desktopBus) trayIcon() *trayIcon {
	b.w.Helper()
	select {
	case sender := <-b.registered:
		item := b.conn.Object(string(sender), "/StatusNotifierItem")
		path, err := item.GetProperty(itemName + ".Menu")
		b.w.must(err)
		menu, _ := path.Value().(dbus.ObjectPath)
		return &trayIcon{b.w, item, b.conn.Object(string(sender), menu)}
	case <-b.w.within(20 * time.Second).Done():
		b.w.Fatal("no tray icon is registered")
		return nil
	}
}

// pixels is an icon of ours as the specification wants it: alpha, red, green, blue, each by itself.
func (i *trayIcon) pixels(name string) (argb []byte) {
	i.w.Helper()
	data, err := assets.TrayIcon(name, true)
	i.w.must(err)
	img, err := png.Decode(bytes.NewReader(data))
	i.w.must(err)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			if c.A == 0 {
				c = color.NRGBA{}
			}
			argb = append(argb, c.A, c.R, c.G, c.B)
		}
	}
	return argb
}

// pixmap is what the desktop would draw.
func (i *trayIcon) pixmap() ([]byte, error) {
	v, err := i.item.GetProperty(itemName + ".IconPixmap")
	if err != nil {
		return nil, err
	}
	var maps []struct {
		W, H   int32
		Pixels []byte
	}
	if err := v.Store(&maps); err != nil || len(maps) != 1 || maps[0].W != assets.TrayPixels || maps[0].H != assets.TrayPixels {
		return nil, fmt.Errorf("%d pictures: %w", len(maps), err)
	}
	return maps[0].Pixels, nil
}

// menuItem is a line of the menu that is no separator.
type menuItem struct {
	id               int32
	label            string
	enabled, checked bool
}

func (i *trayIcon) menu() (items []menuItem, err error) {
	type node struct {
		ID         int32
		Properties map[string]dbus.Variant
		Children   []dbus.Variant
	}
	var revision uint32
	var root node
	ctx, cancel := context.WithTimeout(i.w.ctx, 10*time.Second)
	defer cancel()
	if err := i.list.CallWithContext(ctx, menuName+".GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root); err != nil {
		return nil, err
	}
	for _, child := range root.Children {
		var n node
		if err := child.Store(&n); err != nil {
			return nil, err
		}
		if n.Properties["type"].Value() == "separator" {
			continue
		}
		m := menuItem{id: n.ID}
		m.label, _ = n.Properties["label"].Value().(string)
		m.enabled, _ = n.Properties["enabled"].Value().(bool)
		m.checked = n.Properties["toggle-state"].Value() == int32(1)
		items = append(items, m)
	}
	return items, nil
}

// click is a click on a line of the menu.
func (i *trayIcon) click(label string) {
	i.w.Helper()
	menu, err := i.menu()
	i.w.must(err)
	for _, m := range menu {
		if m.label == label {
			i.w.must(i.list.Call(menuName+".Event", 0, m.id, "clicked", dbus.MakeVariant(int32(0)), uint32(0)).Err)
			return
		}
	}
	i.w.Fatalf("%s is not in the menu: %v", label, menu)
}

// wait asks again and again until something is so.
func (i *trayIcon) wait(what string, ok func() (bool, error)) {
	i.w.Helper()
	ctx, cancel := context.WithTimeout(i.w.ctx, 20*time.Second)
	defer cancel()
	tick := time.NewTicker(33 * time.Millisecond)
	defer tick.Stop()
	for {
		yes, err := ok()
		if yes && err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			menu, _ := i.menu()
			i.w.Fatalf("%s: not seen: %v; the menu: %+v", what, err, menu)
		}
	}
}
