package call

import (
	"errors"
	"strings"
	"testing"
	"time"

	"parley/call/doctor"
	"parley/call/mesh"
	"parley/wire"
)

// passes lets time pass by ticks.
func (r *rig) passes(d time.Duration) (did []effect) {
	for end := r.now + d; r.now < end; {
		r.now += tickEvery
		did = append(did, r.on(tick{})...)
	}
	return did
}

// reports has the run that goes on end with these findings.
func (r *rig) reports(list ...Finding) (did []effect) {
	for _, f := range list {
		did = append(did, r.on(examined{run: r.s.exam.run, finding: Finding{Step: f.Step, Result: doctor.Running}})...)
		did = append(did, r.on(examined{run: r.s.exam.run, finding: f})...)
	}
	return append(did, r.on(examined{run: r.s.exam.run, over: true})...)
}

func noPaths(did []effect) (list []Notice) {
	for _, f := range did {
		if n, ok := f.(notify); ok && n.notice.Kind == NoticeNoPath {
			list = append(list, n.notice)
		}
	}
	return list
}

func findingsTold(did []effect) (list []*wire.Findings) {
	for _, f := range did {
		if m, ok := f.(tell); ok {
			if found, ok := m.body.(*wire.Findings); ok {
				list = append(list, found)
			}
		}
	}
	return list
}

var (
	closedNet = []Finding{
		{Step: doctor.TCP, Result: doctor.Pass, Text: "It answers."}, {Step: doctor.STUN, Result: doctor.Fail, Text: "At 192.0.2.1."},
		{Step: doctor.TurnUDP, Result: doctor.Fail}, {Step: doctor.TurnTCP, Result: doctor.Fail}, {Step: doctor.TurnTLS, Result: doctor.Fail},
		{Step: doctor.RelayCall, Result: doctor.Skipped}, {Step: doctor.Microphone, Result: doctor.Fail, Text: "My microphone."},
	}
	openNet = []Finding{{Step: doctor.STUN, Result: doctor.Pass}, {Step: doctor.TurnUDP, Result: doctor.Pass}, {Step: doctor.RelayCall, Result: doctor.Pass}}
)

// What keeps a path from coming about is looked for by itself, without devices, once, and told to both in words.
func TestNoPath(t *testing.T) {
	r, ana := newRig(t), person(t, "Ana", '9')
	r.watch = &consent{}
	r.join(ana)
	if did := r.passes(noPathAfter); count[startExamination](did) != 0 {
		t.Error("looked for too early")
	}
	start := first[startExamination](t, r.passes(time.Second))
	if start.sound || start.within != noPathWithin || start.link.Host != "localhost:1" || start.relay == nil || !start.options.Loopback {
		t.Errorf("the run is %+v", start)
	}
	if x := r.s.exam.view; !x.Running || x.Why != WhyNoPath || x.With != ana.member.User || x.AtMS == 0 {
		t.Errorf("shown: %+v", x)
	}
	did := r.passes(2 * time.Second)
	if count[startExamination](did) != 0 || len(findingsTold(did)) != 0 {
		t.Error("once is enough")
	}
	did = r.reports(closedNet...)
	told := findingsTold(did)
	if len(told) != 1 || told[0].To != ana.member.Address || told[0].Channel != hall || len(told[0].Steps) != 6 {
		t.Fatalf("told %+v", told)
	}
	if err := func() error { _, err := wire.Encode(wire.Envelope{Body: told[0]}); return err }(); err != nil {
		t.Error(err)
	}
	n := noPaths(did)
	if len(n) != 1 || n[0].Code != doctor.TurnTLS || n[0].User != ana.member.User || !strings.Contains(n[0].Text, "Ana") || !strings.Contains(n[0].Text, "UDP") {
		t.Errorf("notices %+v", n)
	}
	if x := r.s.exam.view; x.Running || len(x.Findings) != len(closedNet) || x.Theirs != nil {
		t.Errorf("shown: %+v", x)
	}
	if did := r.passes(3 * time.Second); count[startExamination](did) != 0 || len(noPaths(did)) != 0 {
		t.Error("told twice")
	}

	// What she has found comes, with words that nobody knows.
	hers := &wire.Findings{Route: r.route(ana), Steps: []wire.StepResult{
		{Step: "stun", Result: "fail"}, {Step: "stun", Result: "pass"}, {Step: "microphone", Result: "fail"}, {Step: "\x1b[2J", Result: "fail"}, {Step: "turn_udp", Result: "pass"},
	}}
	n = noPaths(r.on(received{hers}))
	x := r.s.exam.view
	if len(n) != 1 || len(x.Theirs) != 2 || x.Theirs[0].Step != doctor.STUN || x.Theirs[0].Result != doctor.Fail || x.Theirs[1].Result != doctor.Pass {
		t.Errorf("notices %+v, shown %+v", n, x.Theirs)
	}
	r.on(received{hers})
	refused := r.s.refused
	if did := r.on(received{hers}); len(noPaths(did)) != 0 || r.s.refused != refused+1 {
		t.Error("a flood of findings was taken")
	}
	r.connected(ana)
	if p := r.s.peers[ana.peer()]; p.pathless || p.theirs != nil {
		t.Error("there is a path now")
	}
	r.now += time.Hour
	if did := r.on(received{hers}); len(noPaths(did)) != 0 {
		t.Error("findings of somebody who is connected were taken")
	}
}

// What she says first waits for what is found here; who has lost us is looked into as well.
func TestNoPathTheyWereFirst(t *testing.T) {
	r, ana, bob := newRig(t), person(t, "Ana", '9'), person(t, "Bob", '8')
	r.join(ana, bob)
	r.connected(ana)
	r.connected(bob)
	r.on(peerEvent{mesh.Disconnected{Peer: ana.peer()}})
	if did := r.on(received{&wire.Findings{Route: r.route(ana), Steps: []wire.StepResult{{Step: "turn_tls", Result: "fail"}}}}); len(noPaths(did)) != 0 {
		t.Error("told before it was looked into here")
	}
	if count[startExamination](r.passes(noPathAfter+time.Second)) != 1 {
		t.Error("not looked into")
	}
	did := r.reports(openNet...)
	n := noPaths(did)
	if len(n) != 1 || n[0].Code != doctor.TurnTLS || n[0].User != ana.member.User || len(findingsTold(did)) != 1 || len(r.s.exam.view.Theirs) != 1 {
		t.Errorf("notices %+v", n)
	}
	// Another one soon after is told the same, and it is not looked for anew.
	r.on(peerEvent{mesh.Disconnected{Peer: bob.peer()}})
	did = r.passes(noPathAfter + time.Second)
	if count[startExamination](did) != 0 || len(noPaths(did)) != 1 || findingsTold(did)[0].To != bob.member.Address {
		t.Errorf("did %v", kinds(did))
	}
}

func TestExamine(t *testing.T) {
	r := newRig(t)
	r.watch = &consent{}
	start := first[startExamination](t, r.on(commanded{cmd: Examine{}}))
	if !start.sound || start.within != 0 || start.run != 1 || start.relay != nil {
		t.Errorf("the run is %+v", start)
	}
	r.on(examined{run: 1, finding: Finding{Step: doctor.TLS, Result: doctor.Pass}})
	before := r.s.exam.view.Findings
	r.on(examined{run: 1, finding: Finding{Step: doctor.Name, Result: doctor.Pass}})
	if x := r.s.exam.view; len(before) != 1 || len(x.Findings) != 2 || x.Findings[0].Step != doctor.Name || !x.Running || x.Why != WhyAsked {
		t.Errorf("shown: %+v", x)
	}
	if did := r.on(commanded{cmd: Examine{}}); first[startExamination](t, did).run != 2 || len(r.s.exam.view.Findings) != 0 {
		t.Errorf("did %v", kinds(did))
	}
	r.on(examined{run: 1, finding: Finding{Step: doctor.TLS, Result: doctor.Fail}})
	r.on(examined{run: 1, over: true})
	if x := r.s.exam.view; len(x.Findings) != 0 || !x.Running {
		t.Errorf("the run before is shown: %+v", x)
	}
	if did := r.on(commanded{cmd: StopExamine{}}); count[stopExamination](did) != 1 {
		t.Errorf("did %v", kinds(did))
	}
	if r.on(examined{run: 2, over: true}); r.s.exam.view.Running {
		t.Error("it is over")
	}
	if did := r.on(commanded{cmd: StopExamine{}}); count[stopExamination](did) != 0 {
		t.Error("nothing runs")
	}
	r.on(commanded{cmd: Examine{}})
	link := wire.Link{Host: "elsewhere.example:7440", Key: wire.Bytes(person(t, "Another server", '0').key.Public())}
	did := r.on(commanded{cmd: Connect{Link: link.String(), Name: "Me"}})
	r.on(examined{run: 3, finding: Finding{Step: doctor.TLS, Result: doctor.Pass}})
	if x := r.s.exam.view; count[stopExamination](did) != 1 || x.Running || len(x.Findings) != 0 {
		t.Errorf("at another server: did %v, shown: %+v", kinds(did), x)
	}
	nowhere := &rig{t: t, s: newState(r.me.key.Public())}
	if f := first[finish](t, nowhere.on(commanded{cmd: Examine{}, made: 1})); f.err == nil {
		t.Error("without a server")
	}
}

// The doctor's login waits for the session, and hears why there is none.
func TestEnter(t *testing.T) {
	r := newRig(t)
	question := func(did []effect) tag {
		t.Helper()
		a := first[ask](t, did)
		if m, ok := a.body.(*wire.TurnGet); !ok || !m.Doctor {
			t.Errorf("asked %+v", a.body)
		}
		return a.tag
	}
	g := question(r.on(commanded{cmd: enter{}, made: 7}))
	if f := first[finish](t, r.on(replied{g, &wire.Turn{Username: "u"}})); f.made != 7 || f.err != nil || f.reply.relay.Username != "u" {
		t.Errorf("%+v", f)
	}
	if f := first[finish](t, r.on(replied{g, wire.Errorf(wire.RateLimited, "Wait.")})); f.err == nil {
		t.Errorf("%+v", f)
	}
	if f := first[finish](t, r.on(replied{g, &wire.OK{}})); f.err == nil {
		t.Errorf("%+v", f)
	}
	r.on(linkDown{err: errors.New("cut")})
	if did := r.on(commanded{cmd: enter{}, made: 8}); len(did) != 0 {
		t.Errorf("did %v", kinds(did))
	}
	g = question(r.on(linkUp{serverKey: r.s.serverKey}))
	if g.made != 8 {
		t.Errorf("%+v", g)
	}
	r.on(linkDown{err: errors.New("cut")})
	r.on(commanded{cmd: enter{}, made: 9})
	if f := first[finish](t, r.on(linkDown{err: errors.New("again")})); f.made != 9 || f.err == nil {
		t.Errorf("%+v", f)
	}
	r.on(linkDown{err: wire.Errorf(wire.InviteExpired, ""), final: true})
	f := first[finish](t, r.on(commanded{cmd: enter{}, made: 10}))
	if told := (*wire.Error)(nil); !errors.As(f.err, &told) || told.Code != wire.InviteExpired || !strings.HasSuffix(told.Text, ".") || strings.Contains(told.Text, "invite_expired") {
		t.Errorf("%+v", f)
	}
	r.on(commanded{cmd: Disconnect{}})
	if f := first[finish](t, r.on(commanded{cmd: enter{}, made: 11})); f.err == nil {
		t.Errorf("%+v", f)
	}
}
