package ui

import (
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
)

// Frames are told of so often.
const framesTold = time.Second

// aFrame is the least that counts as one: Fyne looks sixty times a second whether there is anything to draw.
const aFrame = time.Millisecond

// frames measures how long the window takes for each of its frames, for whoever wants to know (see Config.Clock):
//
//	│ events, turns of the pump │ layout, painting, waiting for the screen │ idle … │ events …
//	└──── thread's CPU time ────┴──────────────── by the clock ────────────┘
//	                          begin                                       end
//
// Fyne says when it begins to draw by an animation, and when it has drawn by running what was handed to it meanwhile. When events
// begin to be handled it does not say; so of that part, which waits for nothing, only the processor's time is known.
//
// All of it belongs to Fyne's goroutine.
type frames struct {
	clock func() time.Duration
	do    func(func())
	log   *slog.Logger

	count   int           // of frames begun
	drawing bool          // the last one is not at its end
	begun   time.Time     // when that was
	events  time.Duration // what came before it
	idle    time.Duration // the thread's time at the end of the last one

	whole, own lengths // of the frames since told; own: the thread's time alone, whatever else the machine does
	longest    time.Duration
	parts      [2]time.Duration // of the longest: before it was drawn, and drawing
	told       time.Time
}

// lengths is how many took how many milliseconds, rounded up.
type lengths map[int]int

func (l lengths) add(took time.Duration) {
	l[int(math.Ceil(float64(took)/float64(time.Millisecond)))]++
}

// String of "6:2 7:31" is two of at most 6 ms and 31 of at most 7.
func (l lengths) String() string {
	var all []string
	for _, ms := range slices.Sorted(maps.Keys(l)) {
		all = append(all, fmt.Sprintf("%d:%d", ms, l[ms]))
	}
	return strings.Join(all, " ")
}

// measureFrames has frames told of in the log until the program ends.
func measureFrames(clock func() time.Duration, do func(func()), log *slog.Logger) {
	f := &frames{clock: clock, do: do, log: log, whole: lengths{}, own: lengths{}, idle: clock(), told: time.Now()}
	fyne.NewAnimation(time.Hour, func(float32) { f.begin(time.Now()) }).Start()
}

// begin is when a frame begins to be drawn.
func (f *frames) begin(now time.Time) {
	if f.drawing { // another one was begun before there was time for anything else
		f.add(now)
	}
	if now.Sub(f.told) >= framesTold {
		f.tell(now)
	}
	f.count++
	of := f.count
	f.drawing, f.begun, f.events = true, now, f.clock()-f.idle
	f.do(func() { f.end(of, time.Now()) })
}

// end is when frame of has been drawn.
func (f *frames) end(of int, now time.Time) {
	if of != f.count || !f.drawing {
		return
	}
	f.add(now)
	f.drawing = false
}

// add counts the frame that was begun last.
func (f *frames) add(end time.Time) {
	used := f.clock()
	own := used - f.idle
	f.idle = used
	parts := [2]time.Duration{f.events, end.Sub(f.begun)}
	took := parts[0] + parts[1]
	if took < aFrame {
		return
	}
	f.whole.add(took)
	f.own.add(own)
	if took > f.longest {
		f.longest, f.parts = took, parts
	}
}

// tell says how many frames took how long.
func (f *frames) tell(now time.Time) {
	f.told = now
	if len(f.whole) == 0 {
		return
	}
	f.log.Debug("ui frames", "ms", f.whole.String(), "own_ms", f.own.String(), "longest_events_ms", f.parts[0].Milliseconds(), "longest_draw_ms", f.parts[1].Milliseconds())
	clear(f.whole)
	clear(f.own)
	f.longest = 0
}
