package model

import (
	"fmt"
	"time"

	"parley/call"
)

func inCall(s *call.Snapshot) bool { return s.Place.Phase != call.Idle && s.Place.Call != "" }

// meet finds out who the other one is, of the call that one is in or else of the one that rings. The server's directory may lack
// them; whoever has rung is remembered for that.
func (m *Model) meet(s *call.Snapshot, h here) {
	before := m.other
	switch r := s.Ring; {
	case inCall(s) && len(h.people) > 0:
		m.other = h.people[0]
	case inCall(s):
		m.other = m.crowd.find(s.Place.With, "", nil)
		if before != nil && before.user == s.Place.With && m.crowd[s.Place.With] == nil {
			m.other = before
		}
	case r != nil:
		m.other = m.crowd.find(r.User, r.Name, r.Key)
	default:
		m.other = nil
	}
}

// ringBeat is how long the ring around a face that rings stands on each of its three steps.
const ringBeat = 400 * time.Millisecond

// ringOf draws up the call that rings.
func (m *Model) ringOf(in Input) *Ring {
	r := in.Snapshot.Ring
	if r == nil {
		return nil
	}
	who := m.crowd.find(r.User, r.Name, r.Key)
	out := &Ring{
		Call: r.Call, User: r.User, Name: who.name, Face: who.face, Out: r.Out, Video: r.Video, Step: 2, Chip: keyChip(r), Warning: likeWarning(r),
	}
	if since := in.Now.Sub(r.Since); !in.Settings.LessMotion && since > 0 {
		out.Step += uint8(since / ringBeat % 3)
	}
	switch {
	case r.Out && r.Placed:
		out.Line = "Ringing…"
	case r.Out:
		out.Line = "Calling…"
	case r.Video:
		out.Line = "calls you with video"
	default:
		out.Line = "calls you"
	}
	if !r.Out {
		out.Note = m.acceptNote(in.Snapshot)
	}
	return out
}

// keyChip says what is known of the key that rings.
func keyChip(r *call.Ring) Chip {
	switch {
	case r.Web:
		return *browserChip()
	case r.Verified:
		return Chip{Icon: "lock-verified", Text: "Verified", Tone: Good}
	case r.New:
		return Chip{Icon: "new-person", Text: "New to you", Tone: Fresh}
	}
	return Chip{Icon: "shield", Text: "Not verified", Tone: Warn}
}

// likeWarning tells of somebody who is named like somebody else.
func likeWarning(r *call.Ring) string {
	if r.Like == "" {
		return ""
	}
	return fmt.Sprintf("This name looks like that of %s, whom you know, but the key is another one.", personName(r.Like, ""))
}

// acceptNote says what is not done before somebody accepts, and what is then.
func (m *Model) acceptNote(s *call.Snapshot) string {
	note := "Until you accept, nothing goes to them:\nno sound, no picture, no address."
	if s.Place.Phase != call.Idle {
		note += "\nAccepting leaves " + m.lists.title + "."
	}
	return note
}

// callStage is what one sees of a call that was answered.
func (m *Model) callStage(in Input, h here) Stage {
	s, who := in.Snapshot, m.other
	c := &Call{User: s.Place.With, Name: who.name, Face: who.face, Line: "Connecting", OwnCamera: s.Camera.On, Own: h.me.face}
	if s.Camera.On && s.Camera.Failed != "" {
		c.OwnLine = Inert(s.Camera.Failed)
	}
	st := Stage{Kind: StageCall, Title: who.name, Call: c, Banner: m.banner(in)}
	if len(h.peers) > 0 {
		p := h.peers[0]
		c.User, c.Verified, c.New, c.Camera = p.User, p.Verified, p.New, p.Camera && p.Phase != call.Held
		c.Muted, c.Deafened, c.Bars = p.Muted && !p.Deafened, p.Deafened, m.quality.peer(p.Member)
		c.Line, c.Dim = callLine(p.Phase), p.Phase == call.Reconnecting
		st.Chip = callChip(p)
		m.callPictures(in, h, &st)
	}
	if s.Place.Phase == call.Joined {
		st.Subtitle = callTime(in.Now.Sub(s.Place.Since), c.Camera || c.OwnCamera)
	}
	return st
}

func callLine(p call.PeerPhase) string {
	switch p {
	case call.Connecting:
		return "Connecting"
	case call.Reconnecting:
		return "Reconnecting"
	case call.Held:
		return "Held back"
	}
	return ""
}

func callChip(p call.Peer) *Chip {
	switch {
	case p.Phase == call.Held:
		return nil
	case p.Web:
		return browserChip()
	case p.Verified:
		return &Chip{Icon: "lock-verified", Text: "Encrypted and verified", Short: "Verified", Tone: Good}
	}
	return &Chip{Icon: "shield", Text: "Encrypted, identity not verified", Short: "Not verified", Tone: Warn}
}

// callTime is how long a call has lasted.
func callTime(d time.Duration, video bool) string {
	what := "Call"
	if video {
		what = "Video call"
	}
	d = max(d, 0)
	if d >= time.Hour {
		return fmt.Sprintf("%s, %d:%02d:%02d", what, d/time.Hour, d/time.Minute%60, d/time.Second%60)
	}
	return fmt.Sprintf("%s, %d:%02d", what, d/time.Minute, d/time.Second%60)
}

// NoCall says in a sentence why one can't call somebody now; empty: one can.
func NoCall(s *call.Snapshot, user string) string {
	switch r := s.Ring; {
	case user == s.Self.User:
		return "This is you."
	case s.Link != call.Online:
		return "There is no connection to the server."
	case inCall(s) && s.Place.With == user:
		return "You are in a call with them."
	case inCall(s):
		return "You are in a call. Hang up first."
	case r != nil && r.Out:
		return "You are calling somebody already."
	case r != nil:
		return "Somebody is calling you."
	}
	for _, u := range directoryOf(s).Users {
		if u.ID == user {
			if presenceOf(u.Status) == Offline && channelOf(s, user) == "" {
				return "They are offline."
			}
			return ""
		}
	}
	return "They are not on this server."
}
