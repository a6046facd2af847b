package model

import (
	"fmt"
	"math"

	"parley/call"
)

// Detail is one line of the quality popover.
type Detail struct{ Label, Value string }

const notMeasured = "not measured yet"

// Details are the figures behind the bars: those of the worst connection, and where the time goes between one's own mouth and an
// ear at the far end, whose machine is taken to be like this one.
func Details(s *call.Snapshot, st call.Stats) []Detail {
	w := worstOf(st)
	trip := notMeasured
	if w.rtt > 0 {
		trip = milliseconds(w.rtt)
		if name := peerName(s, w.member); len(st.Peers) > 1 && name != "" {
			trip += ", " + name
		}
	}
	loss, jitter := notMeasured, notMeasured
	if w.packets {
		loss, jitter = fmt.Sprintf("%.1f %%", 100*min(max(w.loss, 0), 1)), milliseconds(w.jitter)
	}
	out := []Detail{{"Round trip", trip}, {"Loss", loss}, {"Jitter", jitter}, {"Path", pathOf(st)}}
	return append(append(out, pictureDetails(s, st)...), delays(st, w)...)
}

// worst is the largest of each figure over all peers.
type worst struct {
	rtt, loss, jitter, buffer float64
	member                    string // whose rtt it is
	packets                   bool   // some have come or gone
}

func worstOf(st call.Stats) worst {
	var w worst
	for _, p := range st.Peers {
		if p.Link.RTT > w.rtt {
			w.rtt, w.member = p.Link.RTT, p.Member
		}
		w.loss, w.jitter = max(w.loss, p.Link.Loss), max(w.jitter, p.Link.Jitter)
		w.buffer = max(w.buffer, p.Stream.DelayMS)
		w.packets = w.packets || p.Link.PacketsSent+p.Link.PacketsReceived > 0
	}
	return w
}

// Delays says where the time goes between one's own mouth and the ear of the one farthest away, as Details do, with the sum at the
// end; nothing where it is not measured.
func Delays(st call.Stats) []Detail {
	if !st.Sound || len(st.Peers) == 0 {
		return nil
	}
	all := delays(st, worstOf(st))
	return append(all[1:], Detail{"All together", all[0].Value})
}

func delays(st call.Stats, w worst) []Detail {
	if !st.Sound {
		return []Detail{{"Delay", notMeasured}}
	}
	c := st.Capture
	stages := []struct {
		label string
		ms    float64
	}{
		{"Microphone", c.CaptureMS}, {"Processing", c.DSPMS}, {"Encoding", c.EncodeMS}, {"Network, one way", w.rtt / 2},
		{"Jitter buffer", w.buffer}, {"Loudspeaker", st.Playout.PlayoutMS},
	}
	out, sum := make([]Detail, 1, len(stages)+1), 0.0
	for _, stage := range stages {
		if !math.IsNaN(stage.ms) {
			sum += stage.ms
		}
		out = append(out, Detail{stage.label, milliseconds(stage.ms)})
	}
	out[0] = Detail{"Delay, all together", milliseconds(sum)}
	return out
}

// pathOf says how packets travel.
func pathOf(st call.Stats) string {
	direct, relayed := 0, 0
	for _, p := range st.Peers {
		switch {
		case p.Link.Relay:
			relayed++
		case p.Link.Local != "":
			direct++
		}
	}
	switch {
	case direct+relayed == 0:
		return notMeasured
	case relayed == 0:
		return "Direct"
	case direct == 0:
		return "Through the server's relay"
	}
	return fmt.Sprintf("Direct to %d, through the server's relay to %d", direct, relayed)
}

func peerName(s *call.Snapshot, member string) string {
	for _, p := range s.Place.Peers {
		if p.Member == member {
			return personName(p.Name, p.User)
		}
	}
	return ""
}
