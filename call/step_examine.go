package call

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"parley/call/doctor"
	"parley/call/mesh"
	"parley/wire"
)

// examining is what there is of examinations.
type examining struct {
	view     Examination
	run      int           // the number of the last; what others report is old
	began    time.Duration // the last
	entering waiter        // waits for the session

	relay      *wire.Turn // as the server last said in a place; nil: it did not
	relayUntil time.Duration
}

// enter asks for the relay's credentials, as soon as there is a session. It is the doctor's.
type enter struct{}

func (enter) command() {}

func (t *turn) examineCommand(cmd Command, made waiter) {
	switch cmd.(type) {
	case enter:
		t.enter(made)
		return
	case StopExamine:
		t.endExamination()
	case Examine:
		if t.address.Host == "" {
			t.finish(made, Reply{}, wire.Errorf(wire.BadOrder, "There is no server to look at: connect to one first."))
			return
		}
		t.examine(Examination{Why: WhyAsked}, 0)
	}
	t.finish(made, Reply{}, nil)
}

// examine begins a run. Devices open for it only where it was asked for, which is a test that is seen and sends nothing.
func (t *turn) examine(x Examination, within time.Duration) {
	t.exam.run++
	t.exam.began = t.now
	x.Running, x.AtMS = true, t.now.Milliseconds()
	t.exam.view = x
	f := startExamination{run: t.exam.run, link: t.address, sound: x.Why == WhyAsked, within: within, options: mesh.Options{Loopback: isLoopback(t.address.Host)}}
	if t.now < t.exam.relayUntil {
		f.relay = t.exam.relay
	}
	t.do(f)
}

func (t *turn) endExamination() {
	if t.exam.view.Running {
		t.do(stopExamination{})
	}
}

// forgetExamination is for another server: of that one nothing was found yet, and a run under way would ask it for the other's relay.
func (t *turn) forgetExamination() {
	run := t.exam.run
	if t.exam.view.Running {
		t.endExamination()
		run++ // what that still reports is old
	}
	t.notEntered(wire.Errorf(wire.BadOrder, "You have gone to another server."))
	t.exam = examining{run: run, began: t.now - noPathEvery}
}

// examined takes what a run reports.
func (t *turn) examined(ev examined) {
	x := &t.exam.view
	switch {
	case ev.run != t.exam.run:
	case !ev.over:
		list := slices.DeleteFunc(slices.Clone(x.Findings), func(f Finding) bool { return f.Step == ev.finding.Step })
		list = append(list, ev.finding)
		doctor.Sort(list)
		x.Findings = list
	default:
		x.Running = false
		if x.Why == WhyNoPath {
			t.examinedNoPath()
		}
	}
}

// enter answers with the relay's credentials, or with why there is no session.
func (t *turn) enter(made waiter) {
	switch t.link {
	case Online:
		t.ask(&wire.TurnGet{Doctor: true}, tag{purpose: forEnter, made: made})
	case Offline:
		err := wire.Errorf(wire.BadOrder, "You have ended the connection to the server: connect again.")
		if t.ended.Code != "" {
			text := strings.TrimSuffix(t.ended.Text, " ("+t.ended.Code+")")
			err = wire.Errorf(wire.Code(t.ended.Code), "%s", sentence(errors.New(cmp.Or(text, "the server refused"))))
		}
		t.finish(made, Reply{}, err)
	default:
		t.exam.entering = made
	}
}

// entered goes on with who waits for the session; notEntered tells them that the try has failed.
func (t *turn) entered() {
	if made := t.exam.entering; made != 0 {
		t.exam.entering = 0
		t.enter(made)
	}
}

func (t *turn) notEntered(err error) {
	if made := t.exam.entering; made != 0 {
		t.exam.entering = 0
		t.finish(made, Reply{}, err)
	}
}

func (t *turn) enterReply(r replied, failure *wire.Error) {
	m, ok := r.body.(*wire.Turn)
	switch {
	case failure != nil:
		t.finish(r.tag.made, Reply{}, failure)
	case !ok:
		t.finish(r.tag.made, Reply{}, errNonsense())
	default:
		t.finish(r.tag.made, Reply{relay: m}, nil)
	}
}

// noPath is called for as long as no path has come about to a peer: what stands in the way is looked for, once, and told to both.
func (t *turn) noPath(id mesh.Peer, p *peer) {
	x := &t.exam
	lost := p.phase == Connecting || p.phase == Reconnecting
	switch {
	case !lost || p.pathless || x.view.Running:
	case x.run > 0 && t.now-x.began < noPathEvery:
		t.tellNoPath(id, p)
	default:
		t.examine(Examination{Why: WhyNoPath, With: id.User}, noPathWithin)
	}
}

// examinedNoPath tells everybody to whom there is still none.
func (t *turn) examinedNoPath() {
	for id, p := range t.peers {
		if (p.phase == Connecting || p.phase == Reconnecting) && t.now-p.since > noPathAfter {
			t.tellNoPath(id, p)
		}
	}
}

// tellNoPath lets the peer know what was found here, and shows it.
func (t *turn) tellNoPath(id mesh.Peer, p *peer) {
	p.pathless = true
	t.do(tell{&wire.Findings{Route: t.route(p), Steps: doctor.Words(t.exam.view.Findings)}})
	x := &t.exam.view
	x.Why, x.With, x.Theirs = WhyNoPath, id.User, p.theirs
	t.showNoPath(id, p)
}

func (t *turn) showNoPath(id mesh.Peer, p *peer) {
	step, text := doctor.NoPath(p.member.Name, t.exam.view.Findings, p.theirs)
	t.notify(Notice{Kind: NoticeNoPath, User: id.User, Name: p.member.Name, Code: step, Text: text})
}

// How often a peer may say what it has found: so often at once, and then in a second.
const (
	findingsBurst = 2
	findingsRate  = 1.0 / 30
)

// findings takes what a peer has found, while there is no path to it. Words that are not known are left out.
func (t *turn) findings(m *wire.Findings) {
	id, p := t.from(m.Route)
	if p == nil {
		return
	}
	if p.phase == Connected || !p.findings.take(t.now, findingsBurst, findingsRate) {
		t.refuse()
		return
	}
	p.theirs = doctor.Theirs(m.Steps)
	if !p.pathless {
		return // it is told with what is found here
	}
	if t.exam.view.With == id.User {
		t.exam.view.Theirs = p.theirs
	}
	t.showNoPath(id, p)
}
