package mesh

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v4/vnet"
)

func TestSource(t *testing.T) {
	s := source{rate: pictureRate}
	s.ssrc.Store(9)
	now := time.Unix(1_800_000_000, 0)
	if _, ok := s.report(now); ok {
		t.Error("a report of nothing")
	}
	for i, c := range []struct {
		timestamp uint32
		after     time.Duration
		news      bool
	}{
		{1000, 0, true},                         // the first
		{91_000, time.Second, false},            // as it should be
		{91_000 + 9_000, time.Second, false},    // early or late is no news,
		{91_000, time.Second, false},            //
		{math.MaxUint32, time.Second, true},     // another beginning is,
		{89_999, 2 * time.Second, false},        // and the turnover is not
		{math.MaxUint32, time.Second, false},    // nor is going back as far as time does
		{math.MaxUint32, 2 * time.Second, true}, // but standing still is
	} {
		if s.sent(c.timestamp, now.Add(c.after), 10) != c.news {
			t.Errorf("packet %d: news is wrong", i)
		}
	}
	s.packets, s.octets, s.captured = 2, 30, now.Add(time.Second)
	r, ok := s.report(now.Add(1500 * time.Millisecond))
	want := rtcp.SenderReport{SSRC: 9, NTPTime: ntp(now.Add(1500 * time.Millisecond)), RTPTime: 44_999, PacketCount: 2, OctetCount: 30}
	if !ok || r.SSRC != want.SSRC || r.NTPTime != want.NTPTime || r.RTPTime != want.RTPTime || r.PacketCount != 2 || r.OctetCount != 30 {
		t.Errorf("%+v", r)
	}
	if r, _ := s.report(now); r.RTPTime != math.MaxUint32-90_000 { // taken after the report, as far as it knows
		t.Errorf("%+v", r)
	}
	if r, _ := s.report(now.Add(24*time.Hour + time.Second)); r.RTPTime != uint32(24*3600*90_000%(1<<32)-1) {
		t.Errorf("a day later: %+v", r)
	}
}

func TestNTP(t *testing.T) {
	for _, at := range []time.Time{
		time.Unix(0, 0), time.Unix(1_800_000_000, 123_456_789), time.Unix(1_800_000_000, 999_999_999),
		time.Date(2036, 2, 7, 6, 28, 16, 5, time.UTC), time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC), // past the turnover
	} {
		if d := ntpTime(ntp(at)).Sub(at); d.Abs() > time.Nanosecond {
			t.Errorf("%v is off by %v", at, d)
		}
	}
	if n := ntp(time.Unix(0, 0)); n != 2208988800<<32 {
		t.Errorf("1970 is %d", n>>32)
	}
}

func TestClock(t *testing.T) {
	c := clock{rate: soundRate}
	c.reported(&rtcp.SenderReport{RTPTime: 5})
	if c.read().Known {
		t.Error("a report without a wall clock is believed")
	}
	c.reported(&rtcp.SenderReport{RTPTime: 5, NTPTime: math.MaxUint64})
	if k := c.read(); !k.Known || k.Timestamp != 5 || k.Rate != soundRate {
		t.Errorf("%+v", k)
	}
}

// The two clocks of a far end say when what is heard and seen of it was taken, to within 5 ms, long before a second has passed; and they
// still do when a while later.
func TestClocks(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{MinDelay: 10 * time.Millisecond})
	a, b := w.addWith("a", Config{}), w.addWith("b", Config{Picture: func(Peer, Picture) {}})
	w.start()
	join(a, b, Options{})
	connected(a, b)
	begin := time.Now()
	const soundBase, pictureBase = math.MaxUint32 - 1000, 123_456
	captured := func(n int) time.Time { return begin.Add(time.Duration(n)*20*time.Millisecond - 300*time.Millisecond) } // late, as if encoded slowly
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	right := func(c SenderClock, base uint32) bool {
		since := time.Duration(int32(c.Timestamp-base)) * time.Second / time.Duration(c.Rate)
		d := a.steady(captured(0).Add(since)).Sub(c.NTP)
		if d.Abs() > 5*time.Millisecond {
			t.Errorf("a clock of %d is off by %v", c.Rate, d)
		}
		return !t.Failed()
	}
	var first SenderClock
	for n := range 500 {
		a.Send(Sound{Payload: []byte{1}, Timestamp: soundBase + uint32(n*960), Captured: captured(n)})
		a.SendPicture(id("b"), CameraTrack, [][]byte{{1, 2, 3}}, pictureBase+uint32(n*1800), captured(n))
		<-tick.C
		sound, picture := b.Clocks(id("a"), CameraTrack)
		if !sound.Known || !picture.Known {
			continue
		}
		if !right(sound, soundBase) || !right(picture, pictureBase) {
			return
		}
		if !first.Known {
			first = picture
			if d := time.Since(begin); d > reportInterval/2 {
				t.Errorf("the first came after %v", d)
			}
		} else if picture.NTP.Sub(first.NTP) > 3*reportInterval/2 {
			return
		}
	}
	t.Error("too few reports")
}

func TestClocksOfNobody(t *testing.T) {
	m, _ := sinks(t, 0)
	if s, p := m.Clocks(id("nobody"), ScreenTrack); s.Known || p.Known {
		t.Error("known")
	}
}
