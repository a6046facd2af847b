package keys

import (
	"testing"
	"time"

	"parley/hotkey"
)

// A key that writes does nothing while one writes in the window; others do, and what is held goes on.
func TestTyping(t *testing.T) {
	for _, everywhere := range []bool{true, false} {
		bubble(t, func(r *rig) {
			r.settings.PTTKey = "v"
			if !everywhere {
				r.opens = hotkey.ErrUnsupported
			}
		}, func(r *rig) {
			press := func(id, key string, down bool) {
				if everywhere {
					r.source.key(id, down)
				} else {
					r.Window(key, down)
				}
			}
			r.Typing(true)
			press(talkID, "V", true)
			press(talkID, "V", false)
			time.Sleep(delay)
			r.told("while one types")
			press(priorityID, "F9", true)
			press(priorityID, "F9", false)
			time.Sleep(delay)
			r.told("a key that does not write", first, notFirst)
			r.Typing(false)
			press(talkID, "V", true)
			r.Typing(true)
			press(talkID, "V", false)
			time.Sleep(delay)
			r.told("pressed before", talks, silent)
		})
	}
}

// A key that goes into a field of the settings does nothing else; what was held is let go of.
func TestChoosing(t *testing.T) {
	bubble(t, nil, func(r *rig) {
		r.source.key(talkID, true)
		time.Sleep(delay)
		r.told("held", talks)
		r.Choosing(true)
		time.Sleep(delay)
		r.told("the field waits", silent)
		for _, id := range []string{talkID, muteID, priorityID} {
			r.source.key(id, true)
			r.source.key(id, false)
		}
		time.Sleep(delay)
		r.told("chosen")
		r.Choosing(false)
		r.source.key(talkID, true)
		r.source.key(talkID, false)
		time.Sleep(delay)
		r.told("as ever", talks, silent)
	})
}
