package device

import (
	"errors"
	"runtime"
	"time"
	"unsafe"

	"github.com/gen2brain/malgo"

	"parley/audio"
)

// stream is one running device.
type stream struct {
	dev     *malgo.Device
	latency time.Duration
	release func() // gives the connection back, once
}

func (s *stream) Latency() time.Duration { return s.latency }

// Close waits for a callback that runs; it must not be called from one.
func (s *stream) Close() error {
	if s.dev != nil {
		// Uninit alone joins the driver's thread without waking it: when PulseAudio has killed the stream, because its
		// device was unplugged, nothing else ever would.
		_ = s.dev.Stop() // it is closed whatever this says
		s.dev.Uninit()
		s.dev = nil
		s.release()
	}
	return nil
}

func open(s *system, r audio.Request, io func(buf []float32)) (*stream, error) {
	period := r.Period
	if period == 0 {
		period = DefaultPeriod
	}
	period = min(max(period, minPeriod), maxPeriod)

	kind := malgo.Playback
	if r.Kind == audio.Input {
		kind = malgo.Capture
	}
	cfg := malgo.DefaultDeviceConfig(kind)
	cfg.SampleRate = audio.SampleRate
	cfg.PeriodSizeInFrames = uint32(period * audio.SampleRate / time.Second)
	cfg.Periods = periods
	cfg.Pulse.StreamNameCapture, cfg.Pulse.StreamNamePlayback = "Parley", "Parley"
	// miniaudio collects whole periods by default. A microphone's period is one frame, which Capture would collect anyway,
	// and fewer calls into Go cost less (below). A loudspeaker's would lie in a second buffer behind Playout's own.
	side := &cfg.Capture
	if r.Kind == audio.Output {
		side, cfg.NoFixedSizedCallback = &cfg.Playback, 1
	}
	side.Format, side.Channels = malgo.FormatF32, uint32(r.Width())

	var pin runtime.Pinner // the configuration is handed to C with this pointer in it; C copies what it points to
	defer pin.Unpin()
	if r.ID != "" {
		raw, ok := idBytes(r.ID)
		if !ok {
			return nil, errors.New("no such device")
		}
		pin.Pin(&raw)
		side.DeviceID = unsafe.Pointer(&raw)
	}

	a := &adapter{io: io}
	dev, err := malgo.InitDevice(s.ctx.Context, cfg, malgo.DeviceCallbacks{Data: a.data})
	if err != nil {
		return nil, err
	}
	if err := dev.Start(); err != nil {
		dev.Uninit()
		return nil, err
	}
	return &stream{dev: dev, latency: latency(s.backend, r.Kind, period)}, nil
}

// latency is what a device adds between air and callback. Measured on a PulseAudio null sink whose monitor is the
// microphone, periods of 5, 10 and 20 ms: 4.2, 7.7 and 15.3 ms from callback to callback, no gap in 6 s; a quarter of the
// period is the microphone's part (PulseAudio hands out quarters), and collecting a whole period adds the rest of it.
// Elsewhere the loudspeaker's whole buffer is ahead of a new sample.
//
// CPU time of the two driver threads and Go's sysmon, which each call into Go keeps awake: at 10 ms 0.049 of a core; 0.062
// if the microphone does not collect; at 20 ms 0.042.
func latency(b malgo.Backend, k audio.Kind, period time.Duration) time.Duration {
	switch {
	case k == audio.Input:
		return period
	case b == malgo.BackendPulseaudio:
		return period * 3 / 5
	}
	return period * periods
}

// adapter turns the driver's bytes into samples. It runs on the driver's thread: no lock, no allocation.
type adapter struct {
	io      func([]float32)
	scratch [audio.FrameSize]float32 // for memory that is not aligned to a sample
}

func (a *adapter) data(out, in []byte, frames uint32) {
	switch {
	case frames == 0:
	case len(in) > 0:
		a.give(in, true)
	case len(out) > 0:
		a.give(out, false)
	}
}

const sampleSize = int(unsafe.Sizeof(float32(0)))

// give hands the driver's memory over as it is where that is possible, and through scratch, piece by piece, where not.
func (a *adapter) give(b []byte, input bool) {
	n := len(b) / sampleSize
	if uintptr(unsafe.Pointer(&b[0]))%unsafe.Alignof(float32(0)) == 0 {
		a.io(unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), n))
		return
	}
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&a.scratch[0])), len(a.scratch)*sampleSize)
	for n > 0 {
		m := min(n, len(a.scratch))
		piece := b[:m*sampleSize]
		if input {
			copy(raw, piece)
		}
		a.io(a.scratch[:m])
		if !input {
			copy(piece, raw)
		}
		b, n = b[m*sampleSize:], n-m
	}
}
