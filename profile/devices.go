package profile

import (
	"errors"
	"fmt"
	"maps"
	"time"
)

// maxDevices is how many devices are remembered. Who plugs in more forgets them all, which costs a few measurements.
const maxDevices = 64

// worked is with which period a sound device worked, in milliseconds, by kind and id.
type worked map[string]int

func deviceKey(output bool, id string) string {
	if output {
		return "output " + id
	}
	return "input " + id
}

// DevicePeriod is the period with which a sound device worked before; 0: it is not known to have worked.
func (p *Profile) DevicePeriod(output bool, id string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Duration(p.worked[deviceKey(output, id)]) * time.Millisecond
}

// KeepDevicePeriod remembers it. It waits for no disk; where it can't be saved, failed is called with the reason, on another
// goroutine.
func (p *Profile) KeepDevicePeriod(output bool, id string, period time.Duration, failed func(error)) {
	key, ms := deviceKey(output, id), int(period/time.Millisecond)
	if cleanDevice(id) != id || !goodPeriod(ms) {
		return
	}
	p.writer.Go(func() {
		err := p.change(devicesFile, func() (any, error) {
			if p.worked[key] == ms {
				return nil, nil
			}
			if len(p.worked) >= maxDevices && p.worked[key] == 0 {
				clear(p.worked)
			}
			p.worked[key] = ms
			return maps.Clone(p.worked), nil
		})
		if err != nil {
			failed(err)
		}
	})
}

func goodPeriod(ms int) bool { return ms > 0 && ms <= 100 }

// checkDevices throws out what makes no sense.
func (p *Profile) checkDevices() (bad error) {
	if p.worked == nil { // the file said null
		p.worked = worked{}
	}
	if len(p.worked) > maxDevices {
		clear(p.worked)
		return errors.New("too many devices")
	}
	for key, ms := range p.worked {
		if !goodPeriod(ms) || len(key) > maxDeviceID+len("output ") {
			bad = fmt.Errorf("%w: a device with a period of %d ms", ErrInvalid, ms)
			delete(p.worked, key)
		}
	}
	return bad
}
