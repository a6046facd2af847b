package keys

import (
	"errors"
	"fmt"
	"time"

	"parley/call"
	"parley/call/keying"
	"parley/cmd/internal/control"
	"parley/identity"
)

// controls is what the control socket works.
type controls struct{ k *Keys }

var _ control.Controls = controls{}

var errClosed = errors.New("this Parley is about to end")

var heldBy = map[control.Key]keying.Action{control.Talk: keying.Talk, control.Priority: keying.Priority, control.Whisper: keying.Whisper}

// Press implements control.Controls.
func (c controls) Press(key control.Key, to string) (err error) {
	if !c.k.do(func() { err = c.k.press(key, to) }) {
		return errClosed
	}
	return err
}

// Release implements control.Controls.
func (c controls) Release(key control.Key) {
	c.k.do(func() { c.k.others.Key(heldBy[key], false, time.Now()) })
}

// Mute implements control.Controls.
func (c controls) Mute(s control.Switch) error { return c.command(s, mute) }

// Deafen implements control.Controls.
func (c controls) Deafen(s control.Switch) error { return c.command(s, deafen) }

func (c controls) command(s control.Switch, of func(*call.Snapshot, control.Switch) call.Command) error {
	if !c.k.do(func() { c.k.c.Engine.Do(of(c.k.c.Engine.Snapshot(), s)) }) {
		return errClosed
	}
	return nil
}

func (k *Keys) press(key control.Key, to string) error {
	s := k.c.Engine.Snapshot()
	switch {
	case k.place == "":
		return errors.New("you are in no channel and no call")
	case key == control.Talk && k.use == useless:
		return errors.New("the microphone opens without a key here: choose push-to-talk in the settings, or use mute")
	case key == control.Whisper:
		user, err := findPeer(s.Place.Peers, to)
		if err != nil {
			return err
		}
		k.othersTo = []string{user}
	}
	k.others.Key(heldBy[key], true, time.Now())
	return nil
}

// findPeer finds the user id of the one with that id, or the only one with that name. Whoever is held back is in nobody's way, nor is
// whoever has somebody's id for a name.
func findPeer(peers []call.Peer, want string) (user string, err error) {
	found, held, byName := "", false, !identity.ValidUserID(want)
	for _, p := range peers {
		switch {
		case p.Phase == call.Held:
			held = held || p.User == want || byName && p.Name == want
		case p.User == want:
			return p.User, nil
		case !byName || p.Name != want || p.User == found: // somebody may be here twice
		case found != "":
			return "", fmt.Errorf("several people here are called %q: give the user id", want)
		default:
			found = p.User
		}
	}
	switch {
	case found == "" && held:
		return "", fmt.Errorf("%s is held back: let them in before you whisper to them", want)
	case found == "":
		return "", fmt.Errorf("nobody here is called %q", want)
	}
	return found, nil
}

// mute is what switches the microphone, which is silent while one is deafened, too.
func mute(s *call.Snapshot, to control.Switch) call.Command {
	return call.Mute{On: to == control.On || to == control.Other && !s.Self.Muted && !s.Self.Deafened}
}

func deafen(s *call.Snapshot, to control.Switch) call.Command {
	return call.Deafen{On: to == control.On || to == control.Other && !s.Self.Deafened}
}
