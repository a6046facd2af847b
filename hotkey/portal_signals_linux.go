package hotkey

import (
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// DeliverSignal is called by the connection with every signal, in order. It never waits.
func (l *link) DeliverSignal(iface, member string, s *dbus.Signal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ok := true
	switch {
	case s.Sender == busName:
		if iface == busName && member == "NameOwnerChanged" {
			ok = l.ownerChangedLocked(s.Body)
		}
	case s.Sender == "" || s.Sender != l.owner:
		ok = false
	case iface == requestFace && member == "Response":
		ok = l.respondedLocked(s)
	case iface == sessionFace && member == "Closed":
		if ok = l.session != "" && s.Path == l.session; ok {
			l.loseLocked()
		}
	case iface == shortcutsFace && s.Path == portalPath:
		ok = l.shortcutLocked(member, s.Body)
	}
	if !ok && !l.strange {
		l.strange = true
		l.log.Debug("A signal that says nothing to us; more of them are not told.", "sender", cut(s.Sender, maxID), "name", cut(s.Name, maxID))
	}
}

// ownerChangedLocked is about the portal or about a desktop's part behind it. The portal does not tell when that part ends, which is
// when a release that is due never comes. It is not known which of several parts has the shortcuts, so any may be it.
func (l *link) ownerChangedLocked(body []any) bool {
	if len(body) != 3 {
		return false
	}
	name, ok1 := body[0].(string)
	before, ok2 := body[1].(string)
	after, ok3 := body[2].(string)
	if !ok1 || !ok2 || !ok3 || name != portalName && !strings.HasPrefix(name, backends+".") {
		return false
	}
	if name == portalName {
		l.owner, l.told, l.knows = after, true, ""
	}
	if before != "" {
		l.loseLocked()
	}
	if after != "" {
		wake(l.back)
	}
	return true
}

func (l *link) respondedLocked(s *dbus.Signal) bool {
	if l.request == "" || s.Path != l.request {
		return false // of one that was given up, too
	}
	r := response{code: 2}
	if len(s.Body) == 2 {
		code, ok1 := s.Body[0].(uint32)
		results, ok2 := s.Body[1].(map[string]dbus.Variant)
		if ok1 && ok2 {
			r = response{code, results}
		}
	}
	l.request = "" // the first is the answer
	l.answer <- r
	return true
}

// shortcutLocked is about a shortcut of a session, which may be another program's.
func (l *link) shortcutLocked(member string, body []any) bool {
	if len(body) < 2 || l.session == "" || body[0] != any(l.session) {
		return false
	}
	if member == "ShortcutsChanged" {
		list, ok := parseShortcuts(body[1])
		for _, s := range list { // with another key the release of this one may never come
			l.setLocked(s.ID, false, time.Now())
		}
		l.log.Info("The desktop has changed global shortcuts.", "to", list)
		return ok
	}
	id, ok := body[1].(string)
	if !ok || len(body) != 4 || member != "Activated" && member != "Deactivated" {
		return false
	}
	stamp, ok := body[2].(uint64)
	if !ok || l.ids[id] == "" {
		return false
	}
	l.setLocked(id, member == "Activated", timeOf(stamp, time.Now()))
	return true
}

// timeOf is when something happened that came now. The timestamp should be of the Unix epoch, in microseconds; some send milliseconds,
// or time since the start of the system.
func timeOf(stamp uint64, now time.Time) time.Time {
	for _, unit := range []uint64{uint64(time.Microsecond), uint64(time.Millisecond)} {
		if stamp > uint64(1<<63-1)/unit {
			continue
		}
		if late := now.UnixNano() - int64(stamp*unit); late >= 0 && late <= int64(maxLate) {
			return now.Add(-time.Duration(late))
		}
	}
	return now
}

// setLocked says that a shortcut of ours is down or up. Of those that are for one binding, the first goes down and the last goes up.
func (l *link) setLocked(id string, down bool, at time.Time) {
	binding := l.ids[id]
	if binding == "" || l.down[id] == down {
		return
	}
	if at.Before(l.latest) {
		at = l.latest // nothing is let go of before it was pressed
	}
	l.latest = at
	if down {
		l.down[id] = true
	} else {
		delete(l.down, id)
		for other := range l.down {
			if l.ids[other] == binding {
				return
			}
		}
	}
	l.events.put(Event{ID: binding, Down: down, At: at}) // which drops a second press
}

// release lets go of all that is down.
func (l *link) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.releaseLocked()
}

func (l *link) releaseLocked() {
	now := time.Now()
	for id := range l.down {
		l.setLocked(id, false, now)
	}
}

// loseLocked is the end of the session and of what is asked for.
func (l *link) loseLocked() {
	if l.session == "" && l.request == "" {
		return
	}
	l.releaseLocked()
	l.session, l.ids = "", nil
	wake(l.lost)
}

func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
