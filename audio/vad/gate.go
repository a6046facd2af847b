// Package vad decides when a microphone is open: by the voice in it, by a key, or always.
package vad

import "time"

// Mode is how a Gate decides.
type Mode uint8

// The ways to decide.
const (
	Voice Mode = iota // open while somebody speaks
	PTT               // open while a key is down (push-to-talk)
	Open              // always open
	Hush              // as Voice, but closed while a key is down (push-to-mute)
)

// Config has the settings of a Gate. Zero values mean the defaults.
type Config struct {
	Mode Mode
	// OpenDBFS is the level, of one frame's RMS, that opens the gate in mode Voice; default -50. It stays open down to
	// Hysteresis below that.
	OpenDBFS   float32
	Hysteresis float32 // decibels; default 6
	// OpenVoice is the voice probability that must come with the level where a denoiser gives one; default 0.6. It stays
	// open down to half of that.
	OpenVoice float32
	Hold      time.Duration // how long it stays open after the last voice; default 300 ms: the pause between two words
	Release   time.Duration // how long it stays open after the key; default 100 ms: people let go on the last syllable
}

func (c *Config) setDefaults() {
	if c.OpenDBFS == 0 {
		c.OpenDBFS = -50
	}
	if c.Hysteresis == 0 {
		c.Hysteresis = 6
	}
	if c.OpenVoice == 0 {
		c.OpenVoice = 0.6
	}
	if c.Hold == 0 {
		c.Hold = 300 * time.Millisecond
	}
	if c.Release == 0 {
		c.Release = 100 * time.Millisecond
	}
}

const (
	sampleRate = 48000
	// fade is how long an edge lasts: 2.5 ms is free of clicks and takes nothing away from the start of a word.
	fade = sampleRate / 400
)

// Gate passes or silences frames of 48 kHz sound. It is used by one goroutine at a time and allocates nothing.
//
// There is no pre-roll: a frame that opens the gate is the first one heard. To send the frame before it as well, every
// frame would have to wait for the next, 10 ms for all of a call against a few milliseconds of one consonant.
type Gate struct {
	config Config
	key    bool
	forced bool
	open   bool
	was    bool          // before the last frame
	left   time.Duration // how long it stays open without another reason
}

// New makes a Gate, closed.
func New(c Config) *Gate {
	c.setDefaults()
	return &Gate{config: c}
}

// Configure changes the settings between two frames.
func (g *Gate) Configure(c Config) {
	c.setDefaults()
	if c.Mode != g.config.Mode {
		g.left = 0
	}
	g.config = c
}

// Key tells whether the key of modes PTT and Hush is down.
func (g *Gate) Key(down bool) { g.key = down }

// Force opens the gate in every mode, whatever is heard, and lets it stay open for Release afterwards.
func (g *Gate) Force(on bool) { g.forced = on }

// Release is how long it stays open after a key, or a Force.
func (g *Gate) Release() time.Duration { return g.config.Release }

// Process silences frame in place while the gate is closed, fades it in or out at an edge, and tells whether anything of
// it is left to hear: the frame that closes the gate is still true. dbfs is the level that thresholds are compared with: the
// frame's own, before any gain. voice is the probability that frame holds a voice, below zero where nobody knows.
func (g *Gate) Process(frame []float32, dbfs, voice float32) (open bool) {
	g.was = g.open
	g.open = g.decide(len(frame), dbfs, voice)
	g.Again(frame)
	return g.open || g.was
}

// Again does to another channel of a frame what Process has done to the first.
func (g *Gate) Again(frame []float32) {
	was := g.was
	edge := min(fade, len(frame))
	switch {
	case g.open && !was:
		ramp(frame[:edge], 0, 1)
	case !g.open && was:
		ramp(frame[:edge], 1, 0)
		clear(frame[edge:])
	case !g.open:
		clear(frame)
	}
}

// decide applies the mode and its hold time.
func (g *Gate) decide(samples int, dbfs, voice float32) bool {
	if g.forced {
		g.left = g.config.Release
		return true
	}
	hold, reason := time.Duration(0), false
	switch g.config.Mode {
	case Open:
		reason = true
	case PTT:
		hold, reason = g.config.Release, g.key
	case Voice:
		hold, reason = g.config.Hold, g.hears(dbfs, voice)
	case Hush:
		if g.key {
			g.left = 0
			return false
		}
		hold, reason = g.config.Hold, g.hears(dbfs, voice)
	}
	if reason {
		g.left = hold
		return true
	}
	g.left -= time.Duration(samples) * time.Second / sampleRate
	return g.left >= 0 && g.open
}

// hears compares with the thresholds, which are lower once the gate is open: speech swings around any one threshold.
func (g *Gate) hears(dbfs, voice float32) bool {
	if g.open {
		return dbfs >= g.config.OpenDBFS-g.config.Hysteresis && (voice < 0 || voice >= g.config.OpenVoice/2)
	}
	return dbfs >= g.config.OpenDBFS && (voice < 0 || voice >= g.config.OpenVoice)
}

func ramp(x []float32, from, to float32) {
	step := (to - from) / float32(len(x))
	for i := range x {
		x[i] *= from + step*float32(i+1)
	}
}
