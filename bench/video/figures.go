package main

import (
	"slices"

	"parley/audio/audiotest"
	"parley/bench/internal/measure"
	"parley/bench/internal/picture"
)

func (b *bench) say(name string, value float64, unit string, l *measure.Limit, detail any) {
	_ = b.out.Encode(measure.Said(name, value, unit, l, detail))
}

// The limits of the issue that asked for pictures.
const (
	fpsLimit       = 28 // shown, headless
	screenLimit    = 24 // shown in the window
	lossLimit      = 95 // % of the pictures shown at 2 % loss
	cpuRatio       = 0.65
	windowCPURatio = 0.9
	pssRatio       = 0.25
	windowPSSRatio = 0.5
	delayLimit     = 120 // ms, median, headless
	firstLimit     = 400 // ms, median
)

// report says what one program did; only ours has limits of its own.
func (b *bench) report(s scene, who string, r result, ours bool) {
	say := func(what string, value float64, unit string, l *measure.Limit, detail any) {
		if !ours {
			l = nil
		}
		b.say(s.name+", "+who+", "+what, value, unit, l, detail)
	}
	cpu := func(u measure.Usage) float64 { return u.Cores }
	if s.lossy {
		share := 100 * float64(r.Shown.Shown) / (picture.FPS * r.Shown.Seconds)
		say("pictures shown", measure.Round(min(share, 100), 1), "%", measure.AtLeast(lossLimit), r)
		return
	}
	say("CPU", measure.Round(r.oneSide(s, cpu), 3), "cores", nil, r)
	if !s.twoWay {
		say("CPU of the sender", r.Usage["a"].Cores, "cores", nil, nil)
	}
	say("memory", measure.Round(r.oneSide(s, func(u measure.Usage) float64 { return u.PSS }), 1), "MiB PSS", nil, nil)
	seen, least, late := r.Shown, fpsLimit, measure.AtMost(delayLimit)
	if s.window {
		seen, least, late = *r.Screen, screenLimit, nil
	}
	say("pictures shown", seen.FPS(), "a second", measure.AtLeast(float64(least)), nil)
	say("freezes", float64(r.Shown.Freezes), "over 200 ms", measure.AtMost(0), nil)
	other := len(r.Shown.Sizes) - 1
	if !slices.Contains(r.Shown.Sizes, s.size()) {
		other = len(r.Shown.Sizes)
	}
	say("pictures of another size", float64(other), "sizes", measure.AtMost(0), nil)
	say("glass to glass", r.Delay.Median, "ms", late, nil)
	if len(r.First) > 0 {
		say("first picture", measure.Round(audiotest.Median(r.First), 0), "ms", measure.AtMost(firstLimit), nil)
	}
	if r.PSNR > 0 {
		say("quality", r.PSNR, "dB PSNR at 1500 kbit/s", nil, nil)
	}
}

// compare holds ours against theirs, where the issue does.
func (b *bench) compare(s scene, ours, theirs result) {
	ratio := func(of func(measure.Usage) float64) float64 {
		return measure.Round(ours.oneSide(s, of)/max(theirs.oneSide(s, of), 1e-9), 3)
	}
	cpu := ratio(func(u measure.Usage) float64 { return u.Cores })
	pss := ratio(func(u measure.Usage) float64 { return u.PSS })
	cpuMost, pssMost, better := (*measure.Limit)(nil), measure.AtMost(pssRatio), (*measure.Limit)(nil)
	switch {
	case s.lossy:
		return
	case s.window:
		cpuMost, pssMost = measure.AtMost(windowCPURatio), measure.AtMost(windowPSSRatio)
	case s.twoWay && s.height == 720:
		cpuMost, better = measure.AtMost(cpuRatio), measure.AtLeast(0)
	}
	b.say(s.name+", CPU, parley by chromium", cpu, "ratio", cpuMost, nil)
	b.say(s.name+", memory, parley by chromium", pss, "ratio", pssMost, nil)
	if ours.PSNR > 0 && theirs.PSNR > 0 {
		b.say(s.name+", quality, parley above chromium", measure.Round(ours.PSNR-theirs.PSNR, 2), "dB", better, nil)
	}
}
