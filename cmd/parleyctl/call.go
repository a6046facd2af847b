package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/assets"
	"parley/call"
	"parley/wire"
)

// newCallOptions are those of a call: of a visit with pictures.
func newCallOptions(command string) *visitOptions {
	o := newVisitOptions(command)
	o.pictures.flags(o.flags)
	o.pictures.recordFlag(o.flags)
	return o
}

// ring calls somebody and stays until the call is over.
func ring(ctx context.Context, args []string) error {
	o := newCallOptions("call")
	peer := ""
	return o.stay(ctx, args, errand{
		take: func(words []string) error {
			if len(words) != 1 {
				return usageError("call takes one person: a user id, or a name that only one has")
			}
			peer = words[0]
			return nil
		},
		begin: func(ctx context.Context, e *call.Engine) error {
			_, err := ask(ctx, e, call.Call{User: peer, Video: o.pictures.video})
			return err
		},
		begun: func(s *call.Snapshot) bool { return s.Place.Phase == call.Joined },
		over: func(v *visitor, s *call.Snapshot) (bool, error) {
			return s.Place.Phase == call.Idle && s.Ring == nil, v.ended(s)
		},
	})
}

// answer waits for calls.
func answer(ctx context.Context, args []string) error {
	o := newCallOptions("answer")
	auto := o.flags.Bool("auto", false, "take every call at once, but of people who would be held back in a channel")
	aloud := o.flags.Bool("ring", false, "ring, on the profile's loudspeaker for that or the one that people are heard on")
	count := o.flags.Int("for", 0, "end after so many calls, taken or not (default: stay)")
	agree := o.check
	o.check = func() error {
		if *count < 0 {
			return usageError("--for takes a number of calls")
		}
		return agree()
	}
	tone := &tone{}
	return o.stay(ctx, args, errand{
		take: func(words []string) (err error) {
			if len(words) > 0 {
				return usageError("answer does not know %q", words[0])
			}
			if *aloud {
				tone.samples, err = assets.Sound("ring")
			}
			return err
		},
		rings: func(v *visitor, r *call.Ring) bool {
			known := !o.knownOnly && !v.home.Profile.Settings().KnownOnly || !r.New
			if !*auto || !known || r.Like != "" {
				return false
			}
			v.engine.Do(call.Accept{Call: r.Call, Video: o.pictures.video})
			return true
		},
		over: func(v *visitor, s *call.Snapshot) (bool, error) {
			tone.turn(v.engine, s.Ring != nil && !s.Ring.Out, time.Now())
			if s.Link == call.Offline {
				return true, v.ended(s)
			}
			return *count > 0 && v.calls >= *count && s.Place.Call == "", nil
		},
	})
}

// tone rings as long as a call does.
type tone struct {
	samples []float32 // nil: it is silent
	on      bool
	next    time.Time
}

// toneEvery is from one ring to the next; who looks once a second is late by as much.
const toneEvery = 2 * time.Second

func (t *tone) turn(e *call.Engine, rings bool, now time.Time) {
	switch {
	case t.samples == nil:
	case rings && !now.Before(t.next):
		e.Do(call.Play{Samples: t.samples, Gain: 1, Ring: true})
		t.on, t.next = true, now.Add(toneEvery)
	case !rings && t.on:
		e.Do(call.StopRing{})
		t.on, t.next = false, time.Time{}
	}
}

// rings tells of a call that rings here.
func (v *visitor) rings(s *call.Snapshot, n call.Notice) {
	r := s.Ring
	if r == nil || r.Out || r.Call != n.Channel {
		return // over already
	}
	if v.answer != nil && v.answer(v, r) {
		return
	}
	how := "calls"
	if r.Video {
		how = "calls with video"
	}
	tell("%s %s. Type accept, accept video or decline.", r.Name, how)
	switch {
	case r.Like != "":
		tell("That name looks like %s, whom you know, and the key is another.", r.Like)
	case r.New:
		tell("They are new to you.")
	}
	if r.Web {
		tell("They are in a browser, whose page came from the server: it could listen there.")
	}
}

// parseCall reads the commands about calls, and about what is shown in them.
func parseCall(words []string) (call.Command, error) {
	rest := strings.Join(words[1:], " ")
	switch words[0] {
	case "call":
		return call.Call{User: rest}, nil
	case "accept":
		if rest != "" && rest != "video" {
			return nil, errors.New("accept takes video or nothing")
		}
		return call.Accept{Video: rest == "video"}, nil
	case "decline":
		return call.Decline{}, nil
	case "hangup":
		return call.HangUp{}, nil
	}
	if words[0] == "share" {
		switch rest {
		case "":
			return nil, errors.New("share takes the id or name of a screen or window, or off")
		case "off":
			return call.StopShare{}, nil
		}
		return call.ShareScreen{Subject: rest}, nil
	}
	switch camera, use := strings.CutPrefix(rest, "use "); {
	case use:
		return call.UseCamera{Camera: camera}, nil
	case rest == "on" || rest == "off":
		return call.SetCamera{On: rest == "on"}, nil
	}
	return nil, errors.New("camera takes on, off or use ID")
}

// endOfCall makes a failure of the end of a call, where it was none that somebody wanted.
func endOfCall(n call.Notice) error {
	why := map[string]string{
		wire.CallDeclined: "the call was declined", wire.CallTimeout: "nobody answered", wire.CallLost: "the connection was lost",
		wire.CallKicked: "they are no member of the server any more", call.CodeFailed: "no connection to the other one came about",
	}
	switch n.Code {
	case wire.CallLeft, wire.CallCancelled:
		return nil
	case wire.CallDeclined, wire.CallTimeout:
		return &failure{exitRefused, n.Code, errors.New(why[n.Code])}
	}
	text := why[n.Code]
	if text == "" {
		text = fmt.Sprintf("the call is over (%s)", n.Code)
	}
	return &failure{exitLost, n.Code, errors.New(text)}
}

// calls lists the calls that were missed, the newest first.
func calls(ctx context.Context, args []string) error {
	o := newOptions("calls")
	forget := o.flags.Bool("forget", false, "and forget them")
	_ = o.flags.Bool("json", true, "as JSON lines, which is how everything is printed")
	return visit(ctx, o, args, func(ctx context.Context, e *call.Engine, words []string) error {
		if len(words) > 0 {
			return usageError("calls takes a link and nothing else")
		}
		missed, err := missedCalls(ctx, e)
		if err != nil {
			return err
		}
		for _, m := range missed {
			emit(map[string]any{
				"call": m.Call, "user": m.User, "name": m.Name, "video": m.Video, "why": m.Why, "at": time.Unix(m.At, 0).UTC().Format(time.RFC3339),
			})
		}
		if *forget {
			_, err = ask(ctx, e, call.ForgetMissed{})
		}
		return err
	})
}

// missedCalls waits for the server's list, which is the last thing that it tells after a login.
func missedCalls(ctx context.Context, e *call.Engine) ([]call.Missed, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	for {
		if s := e.Snapshot(); s.Missed != nil {
			return s.Missed, nil
		}
		select {
		case <-e.Changed():
		case <-ctx.Done():
			return nil, refused(ctx.Err())
		}
	}
}
