package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/call"
	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// connectTo opens a session with a server of the profile.
func (w *Window) connectTo(s profile.Server) {
	link, err := w.c.LinkOf(s)
	if err != nil {
		w.pump.starting.Store(false)
		w.say("What is kept of this server is damaged. Join it again with an invite.", model.Bad)
		return
	}
	w.connect(link)
}

// connect opens a session with the server of a link.
func (w *Window) connect(link string) {
	s := w.c.Profile.Settings()
	w.link, w.online = link, nil
	w.do(call.Connect{Link: link, Name: s.Name, Status: string(s.Status)})
}

func (w *Window) disconnect() {
	w.online = nil // the link stays: Connect again means this server
	w.do(call.Disconnect{})
}

// act is what a button of a view does.
func (w *Window) act(a model.Action) {
	switch a {
	case model.AddServer:
		w.addServer()
	case model.TryNow:
		w.do(call.RetryNow{})
	case model.Cancel:
		w.serving++ // a server that is being started is not wanted any more
		w.pump.starting.Store(false)
		w.disconnect()
	case model.Unmute:
		w.do(call.Mute{On: false})
	case model.TurnOffDeafen:
		w.do(call.Deafen{On: false})
	case model.StopCalling:
		w.hangUp()
	case model.ShowExamination:
		w.showSettings(pageConnection)
	case model.Examine:
		w.examine()
	case model.SendFile:
		w.sendFile()
	case model.ShareScreen:
		w.toggleShare()
	case model.ShowTexts:
		w.showTexts()
	case model.CopyInvite:
		w.copyInvite()
	case model.Reconnect:
		w.reconnect()
	case model.ForgetServer:
		w.forgetServer(w.c.Engine.Snapshot().ServerKey)
	}
}

// reconnect goes back to where one was: by the link of this run, which may hold an invite, or by what is kept.
func (w *Window) reconnect() {
	if w.link != "" {
		w.connect(w.link)
	} else if servers := w.c.Profile.Servers(); len(servers) > 0 {
		w.connectTo(servers[0])
	}
}

// addServer is the dialog behind the plus of the rail.
func (w *Window) addServer() {
	w.dialog("Add a server", func(done func()) []fyne.CanvasObject {
		join := kit.NewButton("Join with an invite", "link", kit.PrimaryButton, func() {
			done()
			w.joinWithInvite()
		})
		host := kit.NewButton("Host on this computer", "host", kit.PlainButton, func() {
			done()
			w.host()
		})
		return []fyne.CanvasObject{
			paragraph("Somebody runs the server that you meet on. Ask them for an invite, or run one yourself."),
			kit.VCol(8, join, host),
		}
	})
}

// joinWithInvite asks for an invite; one that the clipboard holds stands there already.
func (w *Window) joinWithInvite() {
	value := ""
	if i, err := call.ReadInvite(w.c.App.Clipboard().Content()); err == nil {
		value = i.Link
	}
	w.prompt("Join with an invite", "Paste the link that you were sent. It begins with parley://", "parley://…", value, "Join", func(text string) (func(), string) {
		i, err := call.ReadInvite(text)
		if err != nil {
			return nil, model.Inert(err.Error())
		}
		return func() { w.askToJoin(i) }, ""
	})
}

// opened is a link from outside: the command line, a click in a browser. Nothing is joined before a click here.
func (w *Window) opened(link string) {
	w.front()
	if link == "" {
		return
	}
	i, err := call.ReadInvite(link)
	switch {
	case err != nil:
		w.say(model.Inert(err.Error()), model.Warn)
	case w.welcome != nil:
		w.welcome.offerFromOutside(i)
	default:
		w.confirmJoin(i)
	}
}

// confirmJoin asks about a link from outside, one at a time, and takes no focus: whoever is typing does not answer it with a space.
func (w *Window) confirmJoin(i call.Invitation) {
	if w.asking != nil {
		w.asking.Close()
	}
	w.asking = w.float(w.layers.Alert, "Join "+model.Inert(i.Host)+"?", dialogWidth, func(done func()) []fyne.CanvasObject {
		yes := kit.NewButton("Join this server", "", kit.PrimaryButton, func() {
			done()
			w.askToJoin(i)
		})
		return []fyne.CanvasObject{
			paragraph("A link wants to take you there. Whoever runs that server sees your name and your address."),
			buttons(kit.NewButton("Cancel", "", kit.PlainButton, done), yes),
		}
	})
}

// askToJoin connects to the server of an invite, and asks before it ends a call.
func (w *Window) askToJoin(i call.Invitation) {
	w.leaving("You can be on one server at a time.", "join", func() { w.connect(i.Link) })
}

// host runs a server in this process and goes there. Its user is the owner.
func (w *Window) host() {
	w.leaving("You can be on one server at a time, and go to yours when it has started.", "host", w.hostNow)
}

func (w *Window) hostNow() {
	w.serve(func(h Hosting, first bool) {
		w.connect(h.Invite)
		w.online = &waiting{h.Key, func() { w.own(h, first) }}
	}, func() {})
}

// hostAgain runs the server that ran here when the window was last closed, and goes where one was then.
func (w *Window) hostAgain() {
	servers := w.c.Profile.Servers()
	w.serve(func(h Hosting, _ bool) {
		if len(servers) > 0 && servers[0].Key != h.Key {
			w.connectTo(servers[0])
			return
		}
		w.connect(h.Invite)
		w.online = &waiting{h.Key, func() { w.own(h, false) }} // the claim, if it was not used before
	}, func() {
		if len(servers) > 0 {
			w.connectTo(servers[0])
		}
	})
}

// serve starts the server and says whether it is the first time.
func (w *Window) serve(then func(h Hosting, first bool), failed func()) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	w.pump.starting.Store(true)
	w.serving++
	wanted := w.serving
	background(w, func() (Hosting, error) {
		defer cancel()
		return w.c.Host(ctx)
	}, func(h Hosting, err error) {
		if err != nil {
			w.pump.starting.Store(false)
			w.say("The server could not be started: "+model.Inert(err.Error()), model.Bad)
			failed()
			return
		}
		if wanted != w.serving {
			w.unhost()
			return
		}
		first := !w.c.Profile.Settings().Hosting
		w.change(func(s *profile.Settings) { s.Hosting = true })
		w.hosting = h
		w.pump.setHosted(h.Key)
		if w.c.Profile.Settings().MapPorts {
			w.askRouter(true) // it was at the start: this waits for the answer
		}
		then(h, first)
	})
}

// own makes oneself the owner of the server in this process, and shows the invite when it is new.
func (w *Window) own(h Hosting, first bool) {
	if h.Claim == "" || w.c.Engine.Snapshot().Self.Role == "owner" {
		if first {
			w.showInvite()
		}
		return
	}
	w.ask(call.Claim{Secret: h.Claim}, func(_ call.Reply, err error) {
		if err != nil {
			w.say("You are not the owner of your server: "+sentence(err), model.Bad)
			return
		}
		w.showInvite()
	})
}

// unhost stops the server in this process and takes care that it does not come back at the next start.
func (w *Window) unhost() {
	w.change(func(s *profile.Settings) { s.Hosting = false })
	if w.c.Engine.Snapshot().ServerKey == w.hosting.Key {
		w.disconnect()
	}
	w.hosting = Hosting{}
	w.pump.setHosted("")
	background(w, func() (struct{}, error) { return struct{}{}, w.c.Unhost() }, func(_ struct{}, err error) {
		if err != nil {
			w.say("The server did not stop as it should: "+model.Inert(err.Error()), model.Warn)
		}
	})
}

// askRouter has the router let people in, or not any more, and shows its answer when it is there.
func (w *Window) askRouter(on bool) {
	background(w, func() (struct{}, error) { w.c.MapPorts(on); return struct{}{}, nil }, func(struct{}, error) { w.pump.wake() })
}

// routerSentence is what the router answered about a server in this process; empty where it was not asked.
func (w *Window) routerSentence(h Hosting) string {
	if h.Key == "" || !w.c.Profile.Settings().MapPorts {
		return ""
	}
	return w.c.Router()
}

// reachSentence says honestly who can come.
func reachSentence(h Hosting) string {
	switch h.Reach {
	case ReachNetwork:
		return "People in your network can join. For others your router has to pass port " + portOf(h.Host) + " (TCP and UDP) on to this computer. In the settings you can have it asked."
	case ReachInternet:
		return "This computer has a public address, so anybody with the invite can join, unless a firewall keeps port " + portOf(h.Host) + " closed."
	}
	return "Only programs on this computer can join: it is in no network."
}

func portOf(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		return host[i+1:]
	}
	return "7440"
}

// showInvite makes an invite and shows it to copy.
func (w *Window) showInvite() {
	w.newInvite(func(i call.Invite) {
		hosting := w.hosting
		if hosting.Key != w.c.Engine.Snapshot().ServerKey {
			hosting = Hosting{}
		}
		w.inviteDialog(i, hosting)
	})
}

func (w *Window) newInvite(then func(call.Invite)) {
	w.ask(call.CreateInvite{}, func(r call.Reply, err error) {
		switch {
		case err != nil:
			w.say("No invite could be made. "+sentence(err), model.Bad)
		case len(r.Invites) == 0:
			w.say("No invite could be made.", model.Bad)
		default:
			then(r.Invites[0])
		}
	})
}

// inviteDialog shows an invite to copy; of a server in this process it says who can reach it.
func (w *Window) inviteDialog(i call.Invite, h Hosting) {
	w.dialog("Invite people", func(done func()) []fyne.CanvasObject {
		link := kit.NewPanel(theme.ColorNameInputBackground, 8, kit.Pad(12, 10, 12, 10, kit.NewText(i.URL, kit.Body, theme.ColorNameForeground)))
		link.SetLine(theme.ColorNameSeparator, 1)
		copying := func(text string, style kit.Kind, content string) (b *kit.Button) {
			b = kit.NewButton(text, "copy", style, func() {
				w.c.App.Clipboard().SetContent(content)
				b.SetText("Copied")
			})
			return b
		}
		parts := []fyne.CanvasObject{paragraph(fmt.Sprintf("Send this link to the people you want here. It works for %d people, until %s. Who has no Parley comes in by a browser, with a link of its own.", i.Uses, time.Unix(i.Expires, 0).Format("2 January 15:04"))), link}
		if h.Host != "" {
			text := reachSentence(h)
			if answer := w.routerSentence(h); answer != "" {
				text = answer
			}
			parts = append(parts, kit.NewParagraph(text, kit.Caption, theme.ColorNameWarning))
		}
		return append(parts, buttons(kit.NewButton("Close", "", kit.PlainButton, done),
			copying("For a browser", kit.PlainButton, call.PageOf(i.URL)), copying("Copy the invite", kit.PrimaryButton, i.URL)))
	})
}

// copyInvite puts a new invite into the clipboard.
func (w *Window) copyInvite() {
	w.newInvite(func(i call.Invite) {
		w.c.App.Clipboard().SetContent(i.URL)
		w.say("The invite is in the clipboard. Send it to whom you want here.", model.Good)
	})
}
