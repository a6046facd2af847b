package model

import (
	"fmt"
	"testing"

	"parley/call"
)

func TestBars(t *testing.T) {
	for _, c := range []struct {
		rtt, loss float64
		want      uint8
	}{
		{1, 0, 4}, {79, 0.009, 4}, {80, 0, 3}, {1, 0.01, 3}, {149, 0.029, 3}, {150, 0, 2}, {1, 0.03, 2}, {299, 0.079, 2},
		{300, 0, 1}, {1, 0.08, 1}, {60000, 1, 1},
	} {
		equal(t, fmt.Sprint(c.rtt, c.loss), barsOf(c.rtt, c.loss), c.want)
	}
}

func (r *rig) linkOf(i int, rtt, loss float64) {
	r.in.Stats.Peers[i].Link.RTT, r.in.Stats.Peers[i].Link.Loss = rtt, loss
}

func TestQualityStands(t *testing.T) {
	r := newRig(t).join(peer("mara", "Mara Lind"))
	equal(t, "nothing was measured", r.now().Stage.Tiles[0].Bars, Bars{})
	r.linkOf(0, 24, 0)
	v := r.after(tick)
	equal(t, "the first at once", v.Stage.Tiles[0].Bars, Bars{4, true})
	equal(t, "delay", v.Dock.Delay, "24 ms")
	changes, last := 0, v.Dock
	for i := range 75 { // ten seconds of a connection that can't decide
		r.linkOf(0, 24+float64(i%2)*400, 0)
		v = r.after(tick)
		if v.Dock.Bars != last.Bars || v.Dock.Delay != last.Delay {
			changes++
		}
		last = v.Dock
	}
	if changes < 3 || changes > 5 {
		t.Errorf("%d changes in ten seconds", changes)
	}
	r.in.Snapshot.Place.Peers = []call.Peer{peer("mara", "Mara Lind")}
	r.in.Snapshot.Place.Peers[0].Phase = call.Reconnecting
	equal(t, "reconnecting", r.after(qualityStays).Stage.Tiles[0].Bars, Bars{0, true})
	r.in.Snapshot.Place.Peers = nil
	v = r.after(tick)
	equal(t, "nobody is left", fmt.Sprint(v.Dock.Bars, v.Dock.Delay), "{0 false}")
}

func TestOwnQualityIsTheWorst(t *testing.T) {
	r := newRig(t).join(peer("a", "A"), peer("b", "B"), peer("c", "C"))
	r.linkOf(0, 10, 0)
	r.linkOf(1, 200, 0)
	v := r.now()
	equal(t, "bars", v.Dock.Bars, Bars{2, true})
	equal(t, "on the own tile", v.Stage.Tiles[3].Bars, Bars{2, true})
	equal(t, "of three, one is not measured: the worse of two", v.Dock.Delay, "200 ms")
	r.linkOf(2, 30, 0)
	equal(t, "the one in the middle", r.after(qualityStays).Dock.Delay, "30 ms")
}

// What comes in can be bad although the far end gets all of ours.
func TestIncomingLoss(t *testing.T) {
	r := newRig(t).join(peer("mara", "Mara Lind"))
	r.linkOf(0, 10, 0)
	st := &r.in.Stats.Peers[0].Stream
	r.now()
	st.Packets, st.Lost = 10, 10
	equal(t, "too few to tell", r.after(qualityStays).Stage.Tiles[0].Bars.Level, 4)
	st.Packets, st.Lost = 100, 20
	equal(t, "ten of a hundred", r.after(qualityStays).Stage.Tiles[0].Bars.Level, 1)
	st.Packets, st.Lost = 0, 0
	r.after(qualityStays)
	st.Packets = 100
	equal(t, "counted anew", r.after(qualityStays).Stage.Tiles[0].Bars.Level, 4)
}

func TestMilliseconds(t *testing.T) {
	nan := 0.0
	nan /= nan
	for in, want := range map[float64]string{0.4: "under 1 ms", 1: "1 ms", 24.4: "24 ms", 999.4: "999 ms", 999.6: "1.0 s", 1234: "1.2 s", -1: "unknown", 1e9: "unknown"} {
		equal(t, fmt.Sprint(in), milliseconds(in), want)
	}
	equal(t, "NaN", milliseconds(nan), "unknown")
}

func TestDetails(t *testing.T) {
	r := newRig(t)
	say := func() string { return fmt.Sprint(Details(r.in.Snapshot, r.in.Stats)) }
	equal(t, "nothing", say(), "[{Round trip not measured yet} {Loss not measured yet} {Jitter not measured yet} {Path not measured yet} {Delay not measured yet}]")
	r.join(peer("mara", "Mara\nLind"), peer("teo", "Teo"))
	for i := range r.in.Stats.Peers {
		p := &r.in.Stats.Peers[i]
		p.Link.RTT, p.Link.Loss, p.Link.Jitter, p.Link.Local, p.Link.PacketsSent = 30-10*float64(i), 0.004*float64(i), 3, "host", 9
		p.Stream.DelayMS = 20
	}
	c := &r.in.Stats.Capture
	c.CaptureMS, c.DSPMS, c.EncodeMS, r.in.Stats.Playout.PlayoutMS = 12, 10, 26, 17
	want := "[{Round trip 30 ms, Mara Lind} {Loss 0.4 %} {Jitter 3 ms} {Path Direct} {Delay, all together 100 ms} {Microphone 12 ms} " +
		"{Processing 10 ms} {Encoding 26 ms} {Network, one way 15 ms} {Jitter buffer 20 ms} {Loudspeaker 17 ms}]"
	equal(t, "two", say(), want)
	r.in.Stats.Peers[0].Link.Relay = true
	equal(t, "two ways", Details(r.in.Snapshot, r.in.Stats)[3].Value, "Direct to 1, through the server's relay to 1")
	r.in.Stats.Peers[1].Link.Relay = true
	equal(t, "relay", Details(r.in.Snapshot, r.in.Stats)[3].Value, "Through the server's relay")
}
