package audio

import "slices"

// choice is what a wish means with the devices that there are.
type choice struct {
	Info        // the device that will be heard
	open string // what to ask the Backend for: empty lets the system follow its own default
	fell bool   // it is not the one that was wished for
}

// choose finds the device for a wish: empty to follow the system, else an ID, or a name where no ID is the same. A device
// that is not there gives what the system says. ok is false if there is none at all.
func choose(list []Info, kind Kind, want string) (c choice, ok bool) {
	find := func(is func(Info) bool) (Info, bool) {
		i := slices.IndexFunc(list, func(d Info) bool { return d.Kind == kind && is(d) })
		if i < 0 {
			return Info{}, false
		}
		return list[i], true
	}
	if want != "" {
		for _, is := range []func(Info) bool{
			func(d Info) bool { return d.ID == want },
			func(d Info) bool { return d.Name == want },
		} {
			if d, ok := find(is); ok {
				return choice{Info: d, open: d.ID}, true
			}
		}
		c.fell = true
	}
	if d, ok := find(func(d Info) bool { return d.Default && !d.Monitor }); ok {
		c.Info = d
		return c, true
	}
	// The system's default is none that we would take, so one must be named.
	d, ok := find(func(d Info) bool { return !d.Monitor })
	c.Info, c.open = d, d.ID
	return c, ok
}
