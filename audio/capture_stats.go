package audio

import (
	"log/slog"
	"sync/atomic"
	"time"

	"parley/audio/aec"
	"parley/audio/agc"
	"parley/audio/mix"
	"parley/audio/vad"
)

// CaptureStats is what the statistics panel shows of the microphone's side.
type CaptureStats struct {
	Before, After float32 // level in dBFS, as a meter shows it, before suppression and after the gate
	Level         float32 // likewise between the two: what the gate's threshold is compared with
	Voice         float32 // probability of a voice in the last frame, below zero where nobody knows
	Speaking      bool    // somebody talks and is heard
	MutedTalking  bool    // somebody talks and is not heard
	Packets       uint64
	Errors        uint64 // frames that could not be denoised or encoded, settings that were refused
	Dropped       uint64 // samples that found the ring full

	Echo   EchoStats
	GainDB float32 // of the gain control; 0 while it is off

	CaptureMS float64 // from the air to the frame: the device, and the ring
	DSPMS     float64 // cancellation, suppression and gain, with what each looks back
	BusyMS    float64 // of that, the work on a frame
	EncodeMS  float64 // filling the rest of the packet, the encoder's lookahead, and its work
}

// captureStats holds what run writes and Stats reads.
type captureStats struct {
	before, after, voice    gauge
	level                   gauge
	gain                    gauge
	echo                    struct{ delay, erle, drift gauge }
	converged, doubleTalk   atomic.Bool
	speaking, mutedTalking  atomic.Bool
	packets, errors         atomic.Uint64
	wrote                   atomic.Int64 // when the callback last ran, Unix nanoseconds
	device                  atomic.Int64 // the device's own latency, nanoseconds
	wait, dspCPU, encodeCPU gauge        // milliseconds
	lookahead               atomic.Int64 // nanoseconds
	meterBefore, meterAfter *vad.Meter   // run's own
	meterLevel              *vad.Meter
}

func (s *captureStats) init(e Encoder) {
	s.lookahead.Store(int64(6500 * time.Microsecond)) // libopus 1.3.1 at 48 kHz, but for its low-delay mode
	s.tuned(e)
	s.meterBefore, s.meterLevel, s.meterAfter = vad.NewMeter(), vad.NewMeter(), vad.NewMeter()
	s.level.set(mix.Floor)
	s.before.set(mix.Floor)
	s.after.set(mix.Floor)
	s.voice.set(-1)
}

// EchoStats is what the echo canceller knows; all zero while it is off.
type EchoStats = aec.Stats

func (s *captureStats) echoOf(e aec.Stats) {
	s.echo.delay.set(e.DelayMS)
	s.echo.erle.set(e.ERLE)
	s.echo.drift.set(e.DriftPPM)
	s.converged.Store(e.Converged)
	s.doubleTalk.Store(e.DoubleTalk)
}

// tuned notes what the encoder looks ahead.
func (s *captureStats) tuned(e Encoder) {
	if l, ok := e.(interface{ Lookahead() (time.Duration, error) }); ok {
		if d, err := l.Lookahead(); err == nil {
			s.lookahead.Store(int64(d))
		}
	}
}

func (s *captureStats) state(speaking, mutedTalking bool, voice float32) {
	s.speaking.Store(speaking)
	s.mutedTalking.Store(mutedTalking)
	s.voice.setLevel(voice)
}

// What counts as talking, for the people's eyes only: the gate decides by its own settings.
const (
	talkVoice = 0.6
	talkDBFS  = -45
	talkHold  = SampleRate * 3 / 10
)

func (c *Capture) listen(level, voice float32) {
	if level >= talkDBFS && (voice < 0 || voice >= talkVoice) {
		c.talking, c.talkUntil = true, c.clock+talkHold
	} else if int32(c.clock-c.talkUntil) >= 0 {
		c.talking = false
	}
}

// waiting notes how long a sample lies between callback and frame: what the callback brought is as old as the callback,
// and what is left over waits for the next.
func (s *captureStats) waiting(now time.Time, left int) {
	since := now.Sub(time.Unix(0, s.wrote.Load()))
	s.wait.smooth(milliseconds(min(max(since, 0), time.Second) + duration(left)))
}

// failed counts, and logs the first and then each thousandth: an encoder that fails does so a hundred times a second.
func (s *captureStats) failed(log *slog.Logger, verb string, err error) {
	if n := s.errors.Add(1); n%1000 == 1 {
		log.Warn("microphone: "+verb, "err", err, "count", n)
	}
}

// SetDeviceLatency tells what the open microphone adds by itself, for CaptureMS.
func (c *Capture) SetDeviceLatency(d time.Duration) { c.stats.device.Store(int64(d)) }

// Speaking tells whether somebody talks and everybody hears it.
func (c *Capture) Speaking() bool { return c.stats.speaking.Load() && !c.private() }

// Stats may be called from any goroutine.
func (c *Capture) Stats() CaptureStats {
	s := &c.stats
	dropped, _ := c.ring.Lost()
	out := CaptureStats{
		Before: s.before.getLevel(), Level: s.level.getLevel(), After: s.after.getLevel(), Voice: s.voice.getLevel(),
		Speaking: s.speaking.Load(), MutedTalking: s.mutedTalking.Load(),
		Packets: s.packets.Load(), Errors: s.errors.Load(), Dropped: dropped,
		CaptureMS: milliseconds(time.Duration(s.device.Load())) + s.wait.get(),
		DSPMS:     s.dspCPU.get(),
		BusyMS:    s.dspCPU.get(),
		EncodeMS:  float64(c.config.FrameMS) - milliseconds(FrameTime) + milliseconds(time.Duration(s.lookahead.Load())) + s.encodeCPU.get(),
	}
	out.DSPMS += milliseconds(c.stagesDelay())
	if c.cancelled.Load() {
		out.Echo = EchoStats{
			DelayMS: s.echo.delay.get(), ERLE: s.echo.erle.get(), DriftPPM: s.echo.drift.get(),
			Converged: s.converged.Load(), DoubleTalk: s.doubleTalk.Load(),
		}
	}
	if c.levelled.Load() {
		out.GainDB = s.gain.getLevel()
	}
	return out
}

// stagesDelay is what the stages look back.
func (c *Capture) stagesDelay() (d time.Duration) {
	if c.cancelled.Load() {
		d += duration(aec.Delay())
	}
	if c.suppressed.Load() {
		d += FrameTime
	}
	if c.levelled.Load() {
		d += duration(agc.Delay)
	}
	return d
}
