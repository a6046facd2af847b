package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"parley/call"
	"parley/identity"
	"parley/profile"
)

// personal reads the commands about one person, who but for trust may be elsewhere; a name may have blanks in it.
func (v *visitor) personal(words []string) (call.Command, error) {
	args := words[1:]
	value := ""
	if words[0] == "volume" || words[0] == "localmute" {
		if len(args) < 2 {
			return nil, fmt.Errorf("%s takes a name and a value", words[0])
		}
		value, args = args[len(args)-1], args[:len(args)-1]
	}
	find := findAnybody
	if words[0] == "trust" {
		find = findPeer
	}
	found, err := find(v.engine.Snapshot(), strings.Join(args, " "))
	if err != nil {
		return nil, err
	}
	switch user := found.User; words[0] {
	case "volume":
		percent, err := parsePercent(value)
		return call.SetVolume{User: user, Volume: percent / 100}, err
	case "localmute":
		if value != "on" && value != "off" {
			return nil, errors.New("localmute takes a name and on or off")
		}
		return call.SetLocalMute{User: user, On: value == "on"}, nil
	case "verify":
		return call.Verify{User: user, On: true}, nil
	}
	return call.Trust{User: found.User}, nil
}

func parsePercent(s string) (float32, error) {
	v, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 32)
	if err != nil || !(v >= 0 && v <= profile.MaxVolume) {
		return 0, errors.New("a volume is 0 to 200 percent")
	}
	return float32(v), nil
}

// findPeer takes the name or the id of somebody in one's channel.
func findPeer(s *call.Snapshot, want string) (call.Peer, error) {
	return pick("here", want, s.Place.Peers)
}

// findAnybody takes the name or the id of somebody in one's channel, or else on the server.
func findAnybody(s *call.Snapshot, want string) (call.Peer, error) {
	p, err := findPeer(s, want)
	if !errors.Is(err, errNobody) {
		return p, err
	}
	var all []call.Peer
	for _, u := range s.Directory.Users {
		if u.ID != s.Self.User {
			all = append(all, call.Peer{User: u.ID, Name: u.Name, Key: identity.PublicKey(u.Key)})
		}
	}
	return pick("on this server", want, all)
}

var errNobody = errors.New("nobody")

// pick finds the one with an id, or the only one with a name. What can be an id is no name: anybody may call themselves by the id of
// somebody who is elsewhere.
func pick(where, want string, all []call.Peer) (call.Peer, error) {
	var found []call.Peer
	for _, p := range all {
		if p.User == want {
			return p, nil
		}
		if p.Name == want && !identity.ValidUserID(want) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return call.Peer{}, fmt.Errorf("%w %s is called %q", errNobody, where, want)
	case 1:
		return found[0], nil
	}
	return call.Peer{}, fmt.Errorf("several people %s are called %q: use the user id", where, want)
}
