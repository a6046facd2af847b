package ui

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// serverMenu is behind the server's name.
func (w *Window) serverMenu(near fyne.CanvasObject) {
	var items []kit.MenuItem
	if w.view.Header.Owner {
		items = append(items,
			kit.MenuItem{Text: "Invite people", Icon: "new-person", Do: w.showInvite},
			kit.MenuItem{Text: "Invites that work", Icon: "link", Do: w.showInvites},
			kit.MenuItem{Text: "Add a channel", Icon: "plus", Do: w.addChannel},
		)
	}
	if w.c.Engine.Snapshot().Link != call.Offline {
		items = append(items, kit.MenuItem{Text: "Disconnect", Icon: "close", Do: w.disconnect})
	} else {
		items = append(items, kit.MenuItem{Text: "Connect", Icon: "refresh", Do: w.reconnect})
	}
	w.layers.MenuBy(items, near)
}

// failed says what the server or the engine did not do.
func (w *Window) failed(_ call.Reply, err error) {
	if err != nil {
		w.say(sentence(err), model.Bad)
	}
}

// channelName is the check of a channel's name, before the server's.
func channelName(name string) (string, string) {
	clean := profile.CleanName(name)
	if clean == "" {
		return "", "A channel needs a name."
	}
	return clean, ""
}

func (w *Window) addChannel() {
	w.prompt("Add a channel", "", "Name", "", "Add", func(name string) (func(), string) {
		clean, wrong := channelName(name)
		return func() { w.ask(call.AddChannel{Name: clean}, w.failed) }, wrong
	})
}

// channelMenu is the owner's, for one channel.
func (w *Window) channelMenu(row model.Row, at fyne.Position) {
	position, last := w.channelPosition(row.Channel)
	items := []kit.MenuItem{
		{Text: "Join", Icon: "speaker-channel", Do: func() { w.join(row) }},
		{Text: "Rename", Icon: "pencil", Do: func() {
			w.prompt("Rename "+row.Name, "", "Name", row.Name, "Rename", func(name string) (func(), string) {
				clean, wrong := channelName(name)
				return func() { w.ask(call.RenameChannel{Channel: row.Channel, Name: clean}, w.failed) }, wrong
			})
		}},
	}
	if position > 0 {
		items = append(items, kit.MenuItem{Text: "Move up", Icon: "arrow-up", Do: func() {
			w.ask(call.MoveChannel{Channel: row.Channel, Position: position - 1}, w.failed)
		}})
	}
	if position < last {
		items = append(items, kit.MenuItem{Text: "Move down", Icon: "arrow-down", Do: func() {
			w.ask(call.MoveChannel{Channel: row.Channel, Position: position + 1}, w.failed)
		}})
	}
	items = append(items, kit.MenuItem{Text: "Remove", Icon: "trash", Danger: true, Do: func() {
		w.confirm("Remove "+row.Name+"?", "Whoever sits in it leaves it.", "Remove", func() {
			w.ask(call.RemoveChannel{Channel: row.Channel}, w.failed)
		})
	}})
	w.layers.Menu(items, at)
}

// channelPosition is a channel's place in the list, and the last place.
func (w *Window) channelPosition(id string) (at, last int) {
	channels := w.c.Engine.Snapshot().Directory.Channels
	for i, c := range channels {
		if c.ID == id {
			at = i
		}
	}
	return at, len(channels) - 1
}

// showInvites lists the invites that work, each with a button that ends it.
func (w *Window) showInvites() {
	w.ask(call.ListInvites{}, func(r call.Reply, err error) {
		if err != nil {
			w.failed(r, err)
			return
		}
		w.dialog("Invites that work", func(done func()) []fyne.CanvasObject {
			rows := kit.VCol(8)
			for _, i := range r.Invites {
				rows.Add(w.inviteRow(i, rows))
			}
			if len(r.Invites) == 0 {
				rows.Add(paragraph("None. Nobody new can come in before you make one."))
			}
			make := kit.NewButton("Make a new one", "plus", kit.PrimaryButton, func() {
				done()
				w.showInvite()
			})
			return []fyne.CanvasObject{scrolled(rows, 260), buttons(kit.NewButton("Close", "", kit.PlainButton, done), make)}
		})
	})
}

func (w *Window) inviteRow(i call.Invite, rows *fyne.Container) fyne.CanvasObject {
	text := fmt.Sprintf("%d of %d uses, until %s", i.Used, i.Uses, time.Unix(i.Expires, 0).Format("2 January 15:04"))
	var row *fyne.Container
	end := kit.NewButton("End it", "", kit.PlainButton, func() {
		w.ask(call.RevokeInvite{Invite: i.ID}, func(r call.Reply, err error) {
			if err == nil {
				rows.Remove(row)
			}
			w.failed(r, err)
		})
	})
	row = kit.HRow(8, kit.Grow(kit.NewText(text, kit.Body, theme.ColorNameForeground)), end)
	return row
}
