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

	counts  map[int]int // of the frames since told, by milliseconds, rounded up
	longest time.Duration
	parts   [2]time.Duration // of the longest: before it was drawn, and drawing
	told    time.Time
}

// measureFrames has frames told of in the log until the program ends.
func measureFrames(clock func() time.Duration, do func(func()), log *slog.Logger) {
	f := &frames{clock: clock, do: do, log: log, counts: map[int]int{}, idle: clock(), told: time.Now()}
	fyne.NewAnimation(time.Hour, func(float32) { f.begin(time.Now()) }).Start()
}

// begin is when a frame begins to be drawn.
func (f *frames) begin(now time.Time) {
	if f.drawing { // another one was begun before there was time for anything else
		f.add(now)
		f.idle = f.clock()
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
	f.drawing, f.idle = false, f.clock()
}

// add counts the frame that was begun last.
func (f *frames) add(end time.Time) {
	parts := [2]time.Duration{f.events, end.Sub(f.begun)}
	took := parts[0] + parts[1]
	if took < aFrame {
		return
	}
	f.counts[int(math.Ceil(float64(took)/float64(time.Millisecond)))]++
	if took > f.longest {
		f.longest, f.parts = took, parts
	}
}

// tell says how many frames took how long: "6:2 7:31" are two of at most 6 ms and 31 of at most 7.
func (f *frames) tell(now time.Time) {
	f.told = now
	if len(f.counts) == 0 {
		return
	}
	var ms []string
	for _, n := range slices.Sorted(maps.Keys(f.counts)) {
		ms = append(ms, fmt.Sprintf("%d:%d", n, f.counts[n]))
	}
	f.log.Debug("ui frames", "ms", strings.Join(ms, " "), "longest_events_ms", f.parts[0].Milliseconds(), "longest_draw_ms", f.parts[1].Milliseconds())
	clear(f.counts)
	f.longest = 0
}
