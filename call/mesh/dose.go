package mesh

import "sync/atomic"

// dose decides how many copies go along with the microphone's packets, by the loss that the far end reports once a second.
//
// Copies take bandwidth, and where that is what the path lacks they make the loss that they are to repair. So for some time after
// there are more of them, a loss that jumps, by two reports, is blamed on them:
//
//	none ─► one ─► two ─► loss jumps: none, for four reports ─► as bad as with them: two, and no blame for a while
//	                                                         └► much better: none for half a minute, then twice as long
type dose struct {
	depth atomic.Int32

	// Of the goroutine that reads reports.
	share        float64 // that gets lost, smoothed
	sent, resent uint64  // packets, at the last report
	before       float64 // the share when there were fewer copies
	watch        int     // reports for which what happens is blamed on the copies
	jumped       bool    // the last report was that bad
	blamed       float64 // what was reported when they were
	rest         int     // reports without copies to come
	rested       int     // how many there were the last time
	without      float64 // the loss in those of them that show how it is without
}

const (
	quick, slow = 1.0 / 2, 1.0 / 8 // of the way that share goes with a report: up, down
	watchFor    = 5
	clearedFor  = 30
	restAtFirst = 30
	restAtMost  = 480
	settle      = 1   // report of a rest that tells of the time before, too
	trial       = 3   // reports after it that show how it is without copies
	jump        = 0.3 // more than twice the loss, and this
	aboutAsMuch = 0.6
)

// From the first share on there is one copy more than its index, and below the second no longer: one packet lost in a while is none.
var doses = [maxDepth]struct{ from, until float64 }{{0.015, 0.005}, {0.03, 0.02}}

// reported takes what a report says, and whether that may be because the path is full of pictures, which are soon fewer; it returns what got lost: whatever was sent once more, in time or not, counts as received
// there.
func (d *dose) reported(loss float64, sent, resent uint64, full bool) float64 {
	if n := sent - d.sent; n > 0 {
		loss = min(loss+float64(resent-d.resent)/float64(n), 1)
	}
	d.sent, d.resent = sent, resent
	way := slow
	switch {
	case loss > d.share && full:
		return loss
	case loss > d.share:
		way = quick
	}
	d.share += way * (loss - d.share)
	d.depth.Store(int32(d.decide(loss, int(d.depth.Load()))))
	return loss
}

func (d *dose) decide(loss float64, depth int) int {
	if d.rest > 0 {
		d.rest--
		n := d.rested - d.rest
		if n > settle && n <= settle+trial {
			d.without += loss / trial
		}
		if n != settle+trial || d.without < d.blamed*aboutAsMuch {
			return 0
		}
		d.rest, d.rested, d.watch, d.before = 0, 0, clearedFor, 1 // it was not the copies
	}
	d.watch = max(d.watch-1, 0)
	again := d.jumped
	if d.jumped = depth > 0 && d.watch > 0 && loss > 2*d.before+jump; d.jumped && again {
		d.rested = min(max(2*d.rested, restAtFirst), restAtMost)
		d.blamed, d.rest, d.without, d.watch, d.jumped = loss, d.rested, 0, 0, false
		return 0
	}
	was := depth
	for depth < maxDepth && d.share >= doses[depth].from {
		depth++
	}
	for depth > 0 && d.share < doses[depth-1].until {
		depth--
	}
	if depth > was && d.watch == 0 {
		d.before, d.watch = d.share, watchFor
	}
	return depth
}
