package setup

import (
	"log/slog"
	"runtime"

	"parley/audio"
	"parley/audio/device"
	"parley/audio/pulse"
)

// Devices opens the sound system of this machine: on Linux its sound server if one answers, else what audio/device finds.
// The returned function closes it, after its devices.
func Devices(log *slog.Logger) (audio.Backend, func() error, error) {
	if runtime.GOOS == "linux" {
		if b, err := pulse.New(log); err == nil {
			return b, b.Close, nil
		}
	}
	b, err := device.NewBackend(log)
	if err != nil {
		return nil, nil, err
	}
	return b, b.Close, nil
}
