package rate

import "time"

// Want is what pictures could do with, in bit/s with all headers. The zero value is for what is not sent.
type Want struct {
	Least  int // with less there are none
	Enough int // they are good enough for others to have a share
	Most   int // more makes them no better
}

// Shares is how much each may take, in bit/s. 0: it is to rest.
type Shares struct {
	Audio, Screen, Camera int
}

// Allocator shares a Controller's target out: sound first, then a screen, then a camera.
//
//	sound: all that it wants ─► screen: enough ─► camera: enough ─► screen: most ─► camera: most
//
// What has come to rest for want of room goes on only when there has been some more than it needs for a while. The zero value is
// ready.
type Allocator struct {
	screen, camera gate
}

// Share shares out. Sound gets what it wants, though that were more than the target: what gets lost of it is made good by copies,
// and without it there is no call.
func (a *Allocator) Share(now time.Duration, target, audio int, screen, camera Want) Shares {
	audio = max(audio, 0)
	rest := max(target-audio, 0)
	screen, camera = screen.bounded(), camera.bounded()

	first := min(rest, screen.Enough)
	if !a.screen.lets(now, first, screen) {
		first, screen = 0, Want{}
	}
	second := min(rest-first, camera.Enough)
	if !a.camera.lets(now, second, camera) {
		second, camera = 0, Want{}
	}
	rest -= first + second
	more := min(rest, screen.Most-first)
	return Shares{audio, first + more, second + min(rest-more, camera.Most-second)}
}

// bounded brings a Want into its order.
func (w Want) bounded() Want {
	w.Most = max(w.Most, 0)
	w.Enough = min(max(w.Enough, 0), w.Most)
	w.Least = min(max(w.Least, 0), w.Enough)
	return w
}

// gate says whether pictures may go on.
type gate struct {
	shut  bool
	room  bool          // there has been enough,
	since time.Duration // since then
}

const (
	reopenPart  = 1.2 // times the least
	reopenAfter = 2 * time.Second
)

func (g *gate) lets(now time.Duration, share int, w Want) bool {
	if w.Most == 0 {
		*g = gate{}
		return false
	}
	if !g.shut {
		g.shut, g.room = share < w.Least, false
		return !g.shut
	}
	switch {
	case float64(share) < min(reopenPart*float64(w.Least), float64(w.Enough)):
		g.room = false
	case !g.room:
		g.room, g.since = true, now
	case now-g.since >= reopenAfter:
		g.shut = false
	}
	return !g.shut
}

// What the temporal layers up to each take of a coder's rate, as libvpx is told in video/vp9.
var layerParts = [...]float64{0.45, 0.65, 1}

const (
	layerSpare = 0.05 // of its share a receiver may go over before a layer is taken from it
	layerRoom  = 1.1  // times what a layer takes is to be there before it comes back
)

// Coded is what one coder for all receivers is to make, in bit/s: as much as the slowest may get, down to a floor.
func Coded(floor, most int, shares ...int) int {
	for _, s := range shares {
		if s > 0 { // one that rests holds nobody up
			most = min(most, s)
		}
	}
	return max(most, floor)
}

// Layers is how many temporal layers, 0 to 3, of what is coded at that rate a receiver with that share gets. Had is how many it has
// had until now.
func Layers(coded, share, had int) int {
	n := 0
	for i, part := range layerParts {
		need := part * float64(coded)
		if i < had {
			need *= 1 - layerSpare
		} else {
			need *= layerRoom
		}
		if i == len(layerParts)-1 && share >= coded {
			need = 0 // who sets the rate gets it
		}
		if float64(share) < need {
			break
		}
		n = i + 1
	}
	return n
}
