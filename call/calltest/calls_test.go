package calltest

import (
	"context"
	"testing"
	"time"

	"parley/audio"
	"parley/audio/audiotest"
	"parley/call"
	"parley/wire"
)

// rings lets one call another, until it rings there.
func (p *Person) rings(other *Person) *call.Ring {
	p.w.t.Helper()
	if err := p.ask(call.Call{User: other.Name}); err != nil {
		p.w.t.Fatal(err)
	}
	other.Until("it rings", func(s *call.Snapshot) bool { return s.Ring != nil && !s.Ring.Out && s.Ring.User == p.Key.ID() })
	return other.Snapshot().Ring
}

func (p *Person) ask(c call.Command) error {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	_, err := p.Ask(ctx, c)
	return err
}

// calls lets one call another, who takes it, until both hear each other.
func (p *Person) calls(other *Person) {
	p.w.t.Helper()
	p.rings(other)
	if err := other.ask(call.Accept{}); err != nil {
		p.w.t.Fatal(err)
	}
	talking([]*Person{p, other})
}

// idle waits until somebody is in no call and no channel.
func (p *Person) idle() {
	p.w.t.Helper()
	p.Until("in no call", func(s *call.Snapshot) bool { return s.Place.Phase == call.Idle && s.Ring == nil })
}

// deaf says that all of a person's devices are closed.
func (p *Person) deaf() bool {
	for _, kind := range []audio.Kind{audio.Input, audio.Output} {
		if opened, closed := p.Devices.Counts(kind); opened != closed {
			return false
		}
	}
	return true
}

// notices of a kind that a person's engine has made.
func (p *Person) notices(kind string) (out []call.Notice) {
	for _, n := range p.Snapshot().Notices {
		if n.Kind == kind {
			out = append(out, n)
		}
	}
	return out
}

// While it rings nothing is open and no packet leaves; after a hang-up the last sound is gone in 100 ms, at both, and the devices
// in 500, whether the server is there or not.
func TestCall(t *testing.T) {
	for name, server := range map[string]bool{"with a server": true, "when the server is gone": false} {
		t.Run(name, func(t *testing.T) {
			leakless(t)
			w := New(t)
			p := w.Add("Ana", "Ben")
			ana, ben := p[0], p[1]
			ana.rings(ben)
			for _, x := range p {
				if n := w.Packets(x); n != 0 || !x.deaf() || x.Snapshot().Place.Phase != call.Idle {
					t.Fatalf("%s has sent %d packets while it rang; devices closed: %v", x.Name, n, x.deaf())
				}
			}
			if err := ben.ask(call.Accept{}); err != nil {
				t.Fatal(err)
			}
			talking(p)
			if s := ana.Snapshot().Place; s.With != ben.Key.ID() || s.Call == "" || s.Call != ben.Snapshot().Place.Call {
				t.Errorf("shown: %+v", s)
			}
			if !server {
				w.Hub.Stop()
				ana.Until("the server is lost", func(s *call.Snapshot) bool { return s.Link == call.Lost })
			}
			at := time.Now()
			ana.Do(call.HangUp{})
			w.Until("all devices are closed", func() bool { return ana.deaf() && ben.deaf() })
			if took := time.Since(at); took > 500*time.Millisecond {
				t.Errorf("devices closed after %v", took)
			}
			for _, x := range p {
				x.idle()
				if late := w.LastMedia(x).Sub(at); late > 100*time.Millisecond {
					t.Errorf("%s's last sound left %v after the hang-up", x.Name, late)
				}
				if n := x.notices(call.NoticeCallEnded); len(n) != 1 || n[0].Code != wire.CallLeft || n[0].User != ana.Key.ID() {
					t.Errorf("%s was told %+v", x.Name, n)
				}
			}
			if errs := w.Hub.Errors(); len(errs) > 0 {
				t.Error(errs)
			}
		})
	}
}

// A camera is off until it is wanted in this call: by who calls or accepts with one, or switches it on. It is closed as fast as the
// microphone, and off in the next call.
func TestCallWithPictures(t *testing.T) {
	leakless(t)
	w := New(t)
	p := w.Add("Ana", "Ben")
	ana, ben := p[0], p[1]
	cameras := func(what string, wantAna, wantBen int) {
		t.Helper()
		w.Until(what, func() bool {
			a, aClosed := ana.Lens.Counts()
			b, bClosed := ben.Lens.Counts()
			return a-aClosed == wantAna && b-bClosed == wantBen
		})
	}
	if err := ana.ask(call.Call{User: "Ben", Video: true}); err != nil {
		t.Fatal(err)
	}
	ben.Until("it rings", func(s *call.Snapshot) bool { return s.Ring != nil && s.Ring.Video })
	if n, _ := ana.Lens.Counts(); n != 0 {
		t.Error("the camera is open while it rings")
	}
	if err := ben.ask(call.Accept{}); err != nil {
		t.Fatal(err)
	}
	ben.Sees(ana)
	talking(p)
	camera := func(of, to *Person, on bool) {
		t.Helper()
		w.Until(to.Name+" knows of "+of.Name+"'s camera", func() bool { q, _ := to.Peer(of); return q.Camera == on })
	}
	camera(ana, ben, true)
	if n, _ := ben.Lens.Counts(); n != 0 || ana.Seen(ben) != 0 || len(ben.notices(call.NoticeFirstPicture)) != 1 {
		t.Errorf("Ben's camera was opened %d times, %d of its pictures seen; told %+v", n, ana.Seen(ben), ben.notices(call.NoticeFirstPicture))
	}
	ben.Do(call.SetCamera{On: true})
	ana.Sees(ben)
	camera(ben, ana, true)
	ana.Do(call.SetCamera{})
	cameras("Ana's camera is closed", 0, 1)
	camera(ana, ben, false)
	w.Lose(20)
	ana.Do(call.SetCamera{On: true})
	ben.Sees(ana)
	ana.Sees(ben)
	at := time.Now()
	ben.Do(call.HangUp{})
	cameras("both cameras are closed", 0, 0)
	w.Until("all devices are closed", func() bool { return ana.deaf() && ben.deaf() })
	if took := time.Since(at); took > 500*time.Millisecond {
		t.Errorf("devices closed after %v", took)
	}
	for _, x := range p {
		x.idle()
		if late := w.LastMedia(x).Sub(at); late > 100*time.Millisecond {
			t.Errorf("%s's last packet left %v after the hang-up", x.Name, late)
		}
	}
	w.Lose(0)
	ana.calls(ben)
	if ana.Snapshot().Camera.On || ben.Snapshot().Camera.On {
		t.Error("a camera is on in the next call")
	}
	cameras("none is open", 0, 0)
}

// Who call each other at the same moment are in one call: here Ben has not heard of Ana's when he makes his.
func TestGlare(t *testing.T) {
	w := New(t)
	p := w.Add("Ana", "Ben")
	ana, ben := p[0], p[1]
	w.Hub.Tamper(func(_ string, env wire.Envelope) []wire.Envelope {
		if _, ok := env.Body.(*wire.CallIncoming); ok {
			return nil
		}
		return []wire.Envelope{env}
	})
	if err := ana.ask(call.Call{User: "Ben"}); err != nil {
		t.Fatal(err)
	}
	if err := ben.ask(call.Call{User: "Ana"}); err != nil {
		t.Fatal(err)
	}
	talking(p)
	if one, other := ana.Snapshot().Place.Call, ben.Snapshot().Place.Call; one != other || w.Hub.Calls() != 1 {
		t.Errorf("in %s and %s, of %d calls", one, other, w.Hub.Calls())
	}
	ben.Do(call.HangUp{})
	ana.idle()
	if w.Hub.Calls() != 0 {
		t.Error("the server has a call left")
	}
}

// Whichever way a ring ends, both are told why, once, and nothing was opened.
func TestRingsThatEnd(t *testing.T) {
	w := New(t)
	p := w.Add("Ana", "Ben")
	ana, ben := p[0], p[1]
	for i, end := range []struct {
		reason string
		do     func()
	}{
		{wire.CallDeclined, func() { ben.Do(call.Decline{}) }},
		{wire.CallCancelled, func() { ana.Do(call.HangUp{}) }},
		{wire.CallTimeout, w.Hub.TimeOut},
	} {
		ana.rings(ben)
		end.do()
		for _, x := range p {
			x.idle()
			if n := x.notices(call.NoticeCallEnded); len(n) != i+1 || n[i].Code != end.reason {
				t.Errorf("%s: %s was told %+v", end.reason, x.Name, n)
			}
		}
	}
	if m := ben.Snapshot().Missed; len(m) != 2 || m[0].Why != wire.CallTimeout || m[1].Why != wire.CallCancelled {
		t.Errorf("missed: %+v", m)
	}
	for _, x := range p {
		if opened, _ := x.Devices.Counts(audio.Input); opened != 0 || w.Packets(x) != 0 {
			t.Errorf("%s opened a microphone %d times and sent %d packets", x.Name, opened, w.Packets(x))
		}
	}
}

func TestBusyAndOffline(t *testing.T) {
	w := New(t)
	p := w.Add("Ana", "Ben", "Cy")
	ana, ben, cy := p[0], p[1], p[2]
	ana.calls(ben)
	for want, err := range map[wire.Code]error{
		wire.UserBusy: cy.ask(call.Call{User: "Ben"}), wire.InCall: ana.ask(call.Call{User: "Cy"}), wire.NotFound: cy.ask(call.Call{User: "Dee"}),
	} {
		if wire.CodeOf(err) != want {
			t.Errorf("want %s: %v", want, err)
		}
	}
	talking(p[:2])
	ana.Do(call.HangUp{})
	ben.idle()
	ben.Close()
	if err := ana.ask(call.Call{User: "Ben"}); wire.CodeOf(err) != wire.UserOffline {
		t.Errorf("offline: %v", err)
	}
}

// From a channel into a call: by calling and by taking one. The devices stay open, and who stays behind is not connected to.
func TestCallFromAChannel(t *testing.T) {
	leakless(t)
	w := New(t)
	p := w.Add("Ana", "Ben", "Cy")
	ana, ben, cy := p[0], p[1], p[2]
	joinAll(p)
	ana.rings(ben)
	talking(p) // until Ben says yes, all stay
	if err := ben.ask(call.Accept{}); err != nil {
		t.Fatal(err)
	}
	talking(p[:2])
	cy.With()
	for _, x := range p[:2] {
		if opened, closed := x.Devices.Counts(audio.Input); opened != 1 || closed != 0 {
			t.Errorf("%s's microphone was opened %d times and closed %d", x.Name, opened, closed)
		}
	}
	ana.Do(call.Join{Channel: Hall}) // ends the call
	ben.idle()
	talking([]*Person{ana, cy})
}

// The server dies and comes back with an empty memory: the call goes on all the time and is known there again.
func TestServerRestartInACall(t *testing.T) {
	w := New(t)
	p := w.Add("Ana", "Ben")
	ana, ben := p[0], p[1]
	ana.calls(ben)
	was, _ := ana.Peer(ben)
	w.Hub.Stop()
	for _, x := range p {
		x.Until("the server is lost", func(s *call.Snapshot) bool { return s.Link == call.Lost })
	}
	ana.Hears(ben)
	w.Hub.Start()
	for _, x := range p {
		x.Until("online again, with the other", func(s *call.Snapshot) bool {
			return s.Link == call.Online && len(s.Place.Peers) == 1 && !s.Place.Peers[0].Absent
		})
	}
	talking(p)
	if now, _ := ana.Peer(ben); now.Since != was.Since || now.Member != was.Member || w.Hub.Calls() != 1 {
		t.Errorf("the connection is another one: %+v, before %+v; %d calls", now, was, w.Hub.Calls())
	}
	w.Part(true) // the server ends it too
	ben.Do(call.HangUp{})
	ana.idle()
}

// The switches of the two go past the server.
func TestSwitchesInACall(t *testing.T) {
	w := New(t)
	p := w.Add("Ana", "Ben")
	ana, ben := p[0], p[1]
	ben.Do(call.Mute{On: true})
	ana.rings(ben)
	if err := ben.ask(call.Accept{}); err != nil {
		t.Fatal(err)
	}
	seen := func(muted, deafened bool) {
		t.Helper()
		w.Until("Ana sees Ben's switches", func() bool { q, _ := ana.Peer(ben); return q.Muted == muted && q.Deafened == deafened })
	}
	seen(true, false)
	w.Hub.Stop()
	ben.Do(call.Deafen{On: true})
	seen(true, true)
	ben.Do(call.Deafen{})
	ben.Do(call.Mute{})
	seen(false, false)
	ana.Hears(ben)
}

// twoSpeakers lets somebody have a second loudspeaker to ring on.
func twoSpeakers(p *Person, ringer string) {
	p.Devices.SetDevices(audiotest.Mic("mic"), audiotest.Speaker("speaker"), audiotest.Speaker("bell"))
	p.Do(call.UseRinger{Device: ringer})
}

// A call rings on the loudspeaker that was chosen for it, and on nothing else; a call that goes on is not disturbed, and no
// microphone is opened.
func TestRinger(t *testing.T) {
	leakless(t)
	for name, c := range map[string]struct {
		ringer string
		opens  int // outputs at once, in a call
	}{
		"one of its own": {"bell", 2}, "the usual one": {"", 1}, "the same one": {"speaker", 1}, "one that is gone": {"gone", 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := New(t)
			p := w.Add("Ana", "Ben")
			ana, ben := p[0], p[1]
			twoSpeakers(ana, c.ringer)
			playing := func() int { opened, closed := ana.Devices.Counts(audio.Output); return opened - closed }
			ring := call.Play{Samples: make([]float32, audio.SampleRate/4), Gain: 1, Ring: true}
			ana.Do(ring)
			w.Until("it rings", func() bool { return playing() == 1 })
			want := "speaker"
			if c.opens == 2 {
				want = "bell"
			}
			if got := ana.Devices.Using(audio.Output); got != want {
				t.Errorf("it rings on the %s, want the %s", got, want)
			}
			if opened, _ := ana.Devices.Counts(audio.Input); opened != 0 {
				t.Error("a microphone was opened to ring")
			}
			ana.Do(call.StopRing{})
			w.Until("it is silent", func() bool { return playing() == 0 })
			ana.calls(ben)
			before, _ := ana.Devices.Counts(audio.Output)
			ana.Do(ring)
			ana.Hears(ben)
			if n := playing(); n != c.opens {
				t.Errorf("%d loudspeakers are open, want %d", n, c.opens)
			}
			ana.Do(call.StopRing{})
			w.Until("only people are heard", func() bool { return playing() == 1 })
			if opened, _ := ana.Devices.Counts(audio.Output); opened != before+c.opens-1 {
				t.Errorf("%d loudspeakers were opened for a ring in a call", opened-before)
			}
			ana.Hears(ben)
			ana.Do(call.HangUp{})
			w.Until("all is closed", ana.deaf)
		})
	}
}

// A ring whose loudspeaker is unplugged goes on with the usual one, and is back with it.
func TestRingerFallsBack(t *testing.T) {
	leakless(t)
	w := New(t)
	ana := w.Add("Ana")[0]
	twoSpeakers(ana, "bell")
	ana.Do(call.Play{Samples: make([]float32, 30*audio.SampleRate), Gain: 1, Ring: true})
	rings := func(on string) {
		t.Helper()
		w.Until("it rings on the "+on, func() bool { return ana.Devices.Using(audio.Output) == on })
	}
	rings("bell")
	ana.Devices.Vanish("bell")
	rings("speaker")
	ana.Devices.Appear(audiotest.Speaker("bell"))
	rings("bell")
	ana.Do(call.StopRing{})
	w.Until("all is closed", ana.deaf)
}
