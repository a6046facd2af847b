package video

import "time"

// meter tells how many pictures and bytes there were a second, over the last two seconds.
type meter struct {
	buckets [meterBuckets]struct {
		at              int64 // which bucket of time
		pictures, bytes int
	}
	first int64 // bucket of the first of them all
}

const (
	meterBuckets = 8
	meterBucket  = 250 * time.Millisecond
)

// bucket is counted from 1, so that the zero meter is empty.
func bucket(now time.Duration) int64 { return int64(now/meterBucket) + 1 }

// add takes a picture of so many bytes; the clock is any that does not go back.
func (m *meter) add(now time.Duration, bytes int) {
	at := bucket(now)
	if m.first == 0 {
		m.first = at
	}
	b := &m.buckets[at%meterBuckets]
	if b.at != at {
		b.at, b.pictures, b.bytes = at, 0, 0
	}
	b.pictures++
	b.bytes += bytes
}

// rates leaves the bucket out that is not over, unless there is no other.
func (m *meter) rates(now time.Duration) (fps, kbps float64) {
	at := bucket(now)
	pictures, bytes, over := 0, 0, min(at-m.first, meterBuckets-1)
	if m.first == 0 || over == 0 {
		return 0, 0
	}
	for _, b := range m.buckets {
		if b.at < at && b.at >= at-over {
			pictures, bytes = pictures+b.pictures, bytes+b.bytes
		}
	}
	seconds := (time.Duration(over) * meterBucket).Seconds()
	return float64(pictures) / seconds, float64(bytes) * 8 / 1000 / seconds
}
