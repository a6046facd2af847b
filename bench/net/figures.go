package main

import (
	"math"

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
	if b.delays[s.name] == nil {
		b.delays[s.name] = map[string]float64{}
	}
	b.delays[s.name][who] = r.Delay.Median
}

// added says how much later sound is heard than on the clean network, and holds ours against theirs.
func (b *bench) added(scenes []scene) {
	for _, s := range scenes {
		if s.clean {
			continue
		}
		mine, ok := b.later(scenes, s.name, parleyName)
		if ok {
			b.say(s.name+", "+parleyName+", added delay", mine, "ms", nil, nil)
		}
		other, also := b.later(scenes, s.name, chromiumName)
		if also {
			b.say(s.name+", "+chromiumName+", added delay", other, "ms", nil, nil)
		}
		if s.added && ok && also {
			b.say(s.name+", added delay, parley's, at most chromium's", mine, "ms", measure.AtMost(other), nil)
		}
	}
}

// later is the delay that a network adds.
func (b *bench) later(scenes []scene, name, who string) (ms float64, known bool) {
	least := math.Inf(1)
	for _, c := range scenes {
		if at, ok := b.delays[c.name][who]; ok && c.clean {
			least = min(least, at)
		}
	}
	at, ok := b.delays[name][who]
	return measure.Round(at-least, 1), ok && !math.IsInf(least, 1)
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
