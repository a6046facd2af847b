package keys

import "time"

// clocks tell that the machine slept, or that this process stood still. A sleep stops one of the machine's clocks, as on Linux, or
// neither; what sets the wall's ahead looks the same and does no harm.
type clocks struct{ mono, wall time.Time }

// look says whether far more time has gone by since the last look than there should; due: the last look was to be followed by
// another soon.
func (c *clocks) look(mono, wall time.Time, due bool) (slept bool) {
	if due {
		slept = max(mono.Sub(c.mono), wall.Round(0).Sub(c.wall)) > sleptAfter
	}
	c.mono, c.wall = mono, wall.Round(0)
	return slept
}
