package main

import (
	"time"

	"parley/audio/audiotest"
	"parley/bench/internal/measure"
)

const parleyName, chromiumName = "parley", "chromium"

func (b *bench) say(name string, value float64, unit string, l *measure.Limit, detail any) {
	_ = b.out.Encode(measure.Said(name, value, unit, l, detail))
}

// report says what one program did; only ours has limits of its own.
func (b *bench) report(s scene, who string, r result) {
	say := func(what string, value float64, unit string, least, most float64, detail any) {
		var l *measure.Limit
		switch {
		case who != parleyName:
		case least > 0:
			l = measure.AtLeast(least)
		case most > 0:
			l = measure.AtMost(most)
		}
		b.say(s.name+", "+who+", "+what, value, unit, l, detail)
	}
	if s.trouble != nil {
		say("sound back", audiotest.Median(r.Back), "ms, median", 0, 0, r)
		return
	}
	say("decoded or repaired", measure.Round(100-r.Invented, 3), "%", s.heard, 0, r)
	say("late", r.Late, "% of packets", 0, s.late, nil)
	say("mouth to ear", r.Delay.Median, "ms, median", 0, 0, nil)
	say("added delay", measure.Round(r.Delay.Median-float64(s.link.Delay)/float64(time.Millisecond), 1), "ms, median", 0, 0, nil)
}

// stall is how much sound, in seconds, one stall of the machine costs: where next to nothing is invented, that alone would decide.
const stall = 0.03

// redPrice is what RED may add to the bit rate where nothing gets lost: nothing, and Opus takes its own bit rate to a percent or two.
const redPrice = 1.02

// price holds ours against ours without RED where nothing gets lost.
func (b *bench) price(with, without result) {
	b.say("clean, parley, bytes of copies", with.Detail["bytes_copied"], "bytes", measure.AtMost(0), nil)
	b.say("clean, parley, wire by that without RED", measure.Round(with.Wire/max(without.Wire, 1e-9), 3), "ratio", measure.AtMost(redPrice), nil)
}

// compare holds ours against theirs: in no column they are better.
func (b *bench) compare(s scene, ours, theirs result) {
	say := func(what string, value, limit float64, unit string) {
		b.say(s.name+", "+what+", parley's, at most chromium's", measure.Round(value, 3), unit, measure.AtMost(measure.Round(limit, 3)), nil)
	}
	if s.trouble != nil {
		say("sound back", audiotest.Median(ours.Back), audiotest.Median(theirs.Back), "ms, median")
		return
	}
	if !s.clean {
		say("invented", ours.Invented, theirs.Invented+100*stall/max(ours.Seconds, stall), "%")
	}
	say("mouth to ear", ours.Delay.Median, theirs.Delay.Median, "ms, median")
}
