package main

import (
	"context"
	"unicode/utf8"

	"parley/cmd/internal/host"
	"parley/cmd/internal/setup"
	"parley/profile"
	"parley/ui"
)

// startHost is "Host here".
func (p *program) startHost(ctx context.Context) (ui.Hosting, error) {
	h, err := p.hosting.Start(ctx)
	if err != nil {
		return ui.Hosting{}, err
	}
	return ui.Hosting{Key: h.Key, Name: h.Name, Invite: h.Invite, Claim: h.Claim, Reach: reach(h.Reach), Host: h.Host}, nil
}

func reach(r host.Reach) ui.Reach {
	switch r {
	case host.Network:
		return ui.ReachNetwork
	case host.Internet:
		return ui.ReachInternet
	}
	return ui.ReachMachine
}

// serverName is what a person's server is called. A name that would be cut with it goes without.
func serverName(person string) string {
	if person = profile.CleanName(person); person == "" {
		person = setup.DefaultName()
	}
	if name := person + "'s server"; utf8.RuneCountInString(name) <= profile.MaxName {
		return name
	}
	return person
}

// linkOf is where a server that the profile remembers is.
func linkOf(s profile.Server) (string, error) {
	l, err := setup.LinkOf(s)
	if err != nil {
		return "", err
	}
	return l.String(), nil
}
