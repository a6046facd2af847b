package audio

import "slices"

// plugging adds to what is said of the devices in use what has come and gone between two lists, so that each event is told
// once: a headset that is plugged in is a microphone and a loudspeaker, may become the default, and is one line.
func plugging(said []Notice, before, now []Info) []Notice {
	for _, d := range missing(before, now) {
		if !slices.ContainsFunc(said, func(n Notice) bool { return n.Name == d.Name && (n.Event == Lost || n.Event == Unplugged) }) {
			said = append(said, Notice{Kind: d.Kind, Event: Unplugged, Name: d.Name})
		}
	}
	for _, d := range missing(now, before) {
		said = plugged(said, d)
	}
	return said
}

func plugged(said []Notice, d Info) []Notice {
	for i, n := range said {
		if n.Name != d.Name || n.Kind != d.Kind {
			continue
		}
		switch n.Event {
		case Opened:
			said = slices.Delete(said, i, i+1)
			return addPlugged(said, Notice{Kind: d.Kind, Event: Plugged, Name: d.Name, Used: true})
		case Returned, FellBack:
			return said
		}
	}
	return addPlugged(said, Notice{Kind: d.Kind, Event: Plugged, Name: d.Name})
}

// addPlugged joins the two halves of a headset.
func addPlugged(said []Notice, n Notice) []Notice {
	i := slices.IndexFunc(said, func(o Notice) bool {
		return o.Name == n.Name && (o.Event == Plugged || o.Event == Returned || o.Event == FellBack)
	})
	if i < 0 {
		return append(said, n)
	}
	said[i].Used = said[i].Used || n.Used
	return said
}

// missing lists what is in a and not in b, but for monitors, which come and go with their loudspeakers.
func missing(a, b []Info) (out []Info) {
	for _, d := range a {
		if !d.Monitor && !slices.ContainsFunc(b, func(o Info) bool { return o.Kind == d.Kind && o.ID == d.ID }) {
			out = append(out, d)
		}
	}
	return out
}
