package model

import (
	"parley/call"
	"parley/profile"
)

// What the server calls roles and presence (PROTOCOL.md).
const (
	roleOwner    = "owner"
	statusOnline = "online"
	statusAway   = "away"
	statusBusy   = "dnd"
)

// perChannel is how many a voice channel holds.
const perChannel = 8

var emptyDirectory = &call.Directory{}

func directoryOf(s *call.Snapshot) *call.Directory {
	if s.Directory == nil {
		return emptyDirectory
	}
	return s.Directory
}

// channelName is a channel's name to be shown, empty where there is no such channel.
func channelName(s *call.Snapshot, id string) string {
	for _, c := range directoryOf(s).Channels {
		if c.ID == id {
			return placeName(c.Name, "Channel")
		}
	}
	return ""
}

func presenceOf(status string) Presence {
	switch status {
	case statusOnline:
		return Online
	case statusAway:
		return Away
	case statusBusy:
		return Busy
	}
	return Offline
}

func presenceLine(p Presence) string {
	return [...]string{Offline: "Offline", Online: "Online", Away: "Away", Busy: "Do not disturb"}[p]
}

func railOf(in Input) []Server {
	var out []Server
	for _, s := range in.Servers {
		name := placeName(s.Name, "Server")
		out = append(out, Server{
			Key: s.Key, Name: name, Letters: Letters(name, s.Key), Hosted: in.Hosted != "" && in.Hosted == s.Key,
			Active: in.Snapshot.Address != "" && sameServer(s, in.Snapshot),
		})
	}
	return out
}

func sameServer(p profile.Server, s *call.Snapshot) bool {
	return placeName(s.Server, "Server") == placeName(p.Name, "Server")
}
