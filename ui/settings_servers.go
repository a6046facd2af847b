package ui

import (
	"net/url"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/profile"
	"parley/ui/kit"
	"parley/ui/model"
)

// serversPage is the server in this process, and those that are known.
type serversPage struct {
	s    *settings
	root *fyne.Container

	host   *field
	toggle *kit.Toggle
	router *field
	invite *kit.Button
	list   *fyne.Container
	shown  []profile.Server
	day    int // of the year, of shown: "today" does not stay so
}

const (
	hostExplained   = "Others join with an invite of yours, while Parley runs here. It starts again with Parley."
	routerExplained = "Your router is asked, by UPnP or NAT-PMP, to pass the server's port on to this computer while the server runs. People with an invite see your router's address."
)

func newServersPage(s *settings) page {
	p := &serversPage{s: s, list: kit.VCol(0), day: -1}
	p.toggle = kit.NewToggle(false, p.setHosting)
	p.host = newField("Host a server on this computer", hostExplained, p.toggle)
	p.router = newField("Let people outside of this network in", routerExplained, kit.NewToggle(s.w.c.Profile.Settings().MapPorts, p.setRouter))
	p.invite = kit.NewButton("Invite people", "new-person", kit.PlainButton, s.w.showInvite)
	p.invite.Hide()
	p.root = pageOf(cardOf("Host here", p.host.root, p.router.root, kit.HRow(0, kit.Grow(kit.Gap(0, 0)), p.invite)), cardOf("Known servers", p.list))
	return p
}

func (p *serversPage) content() fyne.CanvasObject { return p.root }
func (p *serversPage) leave()                     {}

func (p *serversPage) setHosting(on bool) {
	w := p.s.w
	switch {
	case !on:
		w.askToUnhost()
	default:
		w.host()
	}
	p.apply() // the switch stands as things are, not as they were asked to be
}

func (p *serversPage) setRouter(on bool) {
	p.s.change(func(s *profile.Settings) { s.MapPorts = on })
	p.s.w.askRouter(on)
}

func (p *serversPage) apply() {
	changed := p.applyHost()
	now := p.s.now()
	if servers := p.s.w.c.Profile.Servers(); p.day != now.YearDay() || !slices.Equal(servers, p.shown) {
		p.shown, p.day = servers, now.YearDay()
		p.fill(now)
		changed = true
	}
	if changed {
		p.s.relay()
	}
}

// applyHost tells whether something was shown or hidden.
func (p *serversPage) applyHost() bool {
	h := p.s.w.hosting
	runs := h.Key != ""
	p.toggle.SetOn(runs)
	text := hostExplained
	if runs {
		text = reachSentence(h)
	}
	router := routerExplained
	if answer := p.s.w.routerSentence(h); answer != "" {
		router = answer
	}
	answered := p.router.explain(router, theme.ColorNamePlaceHolder)
	here := runs && p.s.w.c.Engine.Snapshot().ServerKey == h.Key && p.s.w.view.Header.Owner
	changed := setHidden(p.invite, !here)
	return p.host.explain(text, theme.ColorNamePlaceHolder) || changed || answered
}

func (p *serversPage) fill(now time.Time) {
	p.list.Objects = nil
	for _, v := range p.shown {
		p.list.Add(p.row(v, now))
	}
	if len(p.shown) == 0 {
		p.list.Add(paragraph("No servers yet. Paste an invite with the plus at the left, or host one here."))
	}
}

func (p *serversPage) row(v profile.Server, now time.Time) fyne.CanvasObject {
	name := model.Inert(v.Name)
	if name == "" {
		name = hostOf(v)
	}
	forget := kit.NewButton("Forget", "trash", kit.PlainButton, func() {
		p.s.w.askToForget(v.Key, name)
	})
	return newField(name, hostOf(v)+", last used "+dayOf(v.LastUsed, now), forget).root
}

// hostOf is where a server is.
func hostOf(v profile.Server) string {
	u, err := url.Parse(v.URL)
	if err != nil {
		return "somewhere"
	}
	return model.Inert(u.Host)
}

// dayOf is a day as people say it.
func dayOf(t, now time.Time) string {
	t = t.In(now.Location())
	switch {
	case t.IsZero() || t.Unix() <= 0:
		return "long ago"
	case sameDay(t, now):
		return "today"
	case sameDay(t, now.AddDate(0, 0, -1)):
		return "yesterday"
	}
	return t.Format("2 January 2006")
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}
