package mesh

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

func TestReported(t *testing.T) {
	now := time.Unix(1_800_000_000, 500_000_000)
	ago := func(d time.Duration) uint32 { return ntpMiddle(now.Add(-d)) }
	for _, c := range []struct {
		name      string
		report    rtcp.ReceptionReport
		rtt, loss float64
	}{
		{"plain", rtcp.ReceptionReport{SSRC: 7, FractionLost: 64, LastSenderReport: ago(time.Second), Delay: 61440}, 62.5, 0.25},
		{"rounded below zero", rtcp.ReceptionReport{SSRC: 7, LastSenderReport: ago(time.Second), Delay: 1<<16 + 1}, 0, 0},
		{"no report of ours yet", rtcp.ReceptionReport{SSRC: 7, FractionLost: 128}, -1, 0.5},
		{"from the future", rtcp.ReceptionReport{SSRC: 7, LastSenderReport: ago(-time.Minute)}, -1, 0},
		{"from long ago", rtcp.ReceptionReport{SSRC: 7, LastSenderReport: ago(time.Hour)}, -1, 0},
		{"about another stream", rtcp.ReceptionReport{SSRC: 8, FractionLost: 64, LastSenderReport: ago(time.Second)}, -1, -1},
	} {
		var m meters
		m.rtt.store(-1)
		m.loss.store(-1)
		m.reported([]rtcp.ReceptionReport{c.report}, 7, now)
		if s := m.stats(); math.Abs(s.RTT-c.rtt) > 0.05 || s.Loss != c.loss {
			t.Errorf("%s: rtt %v, loss %v", c.name, s.RTT, s.Loss)
		}
	}
}

// Packets that come every 20 ms, each second one late by d, have a jitter of d: also over the turnover of the timestamp.
func TestJitter(t *testing.T) {
	const late = 8 * time.Millisecond
	var m meters
	start := uint32(math.MaxUint32 - 50*960)
	for i := range 400 {
		at := time.Duration(i) * 20 * time.Millisecond
		if i%2 == 1 {
			at += late
		}
		m.received(10, start+uint32(i)*960, at)
	}
	s := m.stats()
	if math.Abs(s.Jitter-8) > 0.1 || s.PacketsReceived != 400 || s.BytesReceived != 4000 {
		t.Errorf("%+v", s)
	}
}

func TestPath(t *testing.T) {
	var m meters
	if s := m.stats(); s.Local != "" || s.Relay {
		t.Errorf("%+v", s)
	}
	host := &webrtc.ICECandidate{Typ: webrtc.ICECandidateTypeHost}
	relay := &webrtc.ICECandidate{Typ: webrtc.ICECandidateTypeRelay, Priority: 3<<8 | 255}
	for _, c := range []struct {
		local, remote *webrtc.ICECandidate
		relay         bool
		by            string
	}{{host, host, false, ""}, {host, relay, true, ""}, {relay, host, true, "udp"}} {
		m.setPath(webrtc.NewICECandidatePair(c.local, c.remote))
		if s := m.stats(); s.Relay != c.relay || s.RelayBy != c.by || s.Local != c.local.Typ.String() || s.Remote != c.remote.Typ.String() {
			t.Errorf("%+v", s)
		}
	}
}

// Reports about streams that never had a packet stay here.
func TestEmptyReports(t *testing.T) {
	for _, c := range []struct {
		packet rtcp.Packet
		want   bool
	}{
		{&rtcp.SenderReport{PacketCount: 1}, false},
		{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 1}}}, true},
		{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 1}, {SSRC: 2, LastSequenceNumber: 1}}}, false},
		{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 1, LastSenderReport: 1}}}, false},
		{&rtcp.PictureLossIndication{}, false},
	} {
		if got := empty(c.packet); got != c.want {
			t.Errorf("%T: %v", c.packet, got)
		}
	}
}
