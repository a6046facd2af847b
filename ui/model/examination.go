package model

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/call"
	"parley/call/doctor"
)

// examination keeps what was shown of one, and when it began.
type examination struct {
	from call.Examination
	at   time.Time
	out  Examination
}

// maxFindings is how many are shown.
const maxFindings = 32

func (e *examination) update(in Input, c crowd) Examination {
	x := in.Snapshot.Examination
	switch {
	case x.AtMS == 0:
		if e.out.Known {
			e.out = Examination{Version: e.out.Version + 1}
		}
		e.from = x
		return e.out
	case x.AtMS != e.from.AtMS:
		e.at = in.Now
	case x.Running == e.from.Running && sameFindings(x.Findings, e.from.Findings) && sameFindings(x.Theirs, e.from.Theirs):
		return e.out
	}
	e.from = x
	out := Examination{Known: true, Running: x.Running, Version: e.out.Version + 1, Steps: stepsOf(x.Findings), Theirs: stepsOf(x.Theirs)}
	if x.Why == call.WhyNoPath {
		out.With = c.find(x.With, "", nil).name
	}
	out.Tone, out.Line = outcome(x, out.With, e.at)
	e.out = out
	return out
}

// sameFindings compares slices that are never changed.
func sameFindings(a, b []call.Finding) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// stepNames are the steps, for people.
var stepNames = map[string]string{
	doctor.Name: "The server's name", doctor.TCP: "The server's port", doctor.TLS: "The server's key", doctor.Websocket: "The server's language", doctor.Login: "Login",
	doctor.STUN: "UDP", doctor.TurnUDP: "Relay by UDP", doctor.TurnTCP: "Relay by TCP", doctor.TurnTLS: "Relay by TLS",
	doctor.Microphone: "Microphone", doctor.Speaker: "Loudspeaker", doctor.RelayCall: "A call through the relay",
}

func stepName(word string) string {
	if name := stepNames[word]; name != "" {
		return name
	}
	return "Another step"
}

func stepsOf(all []call.Finding) []ExaminationStep {
	var out []ExaminationStep
	for _, f := range all[:min(len(all), maxFindings)] {
		s := ExaminationStep{Name: stepName(f.Step), Text: sentence(f.Text), Icon: "minus"}
		switch f.Result {
		case doctor.Pass:
			s.Icon, s.Tone = "check", Good
		case doctor.Fail:
			s.Icon, s.Tone = "close", Bad
		case doctor.Running:
			s.Icon = "refresh"
		}
		if f.TookMS > 0 && f.Result != doctor.Running && f.Result != doctor.Skipped {
			s.Took = tookOf(f.TookMS)
		}
		out = append(out, s)
	}
	return out
}

func tookOf(ms int) string {
	if ms < 1000 {
		return fmt.Sprintf("%d ms", ms)
	}
	return fmt.Sprintf("%.1f s", float64(ms)/1000)
}

// outcome says what came of it all.
func outcome(x call.Examination, with string, at time.Time) (Tone, string) {
	count := map[string]int{}
	for _, f := range x.Findings {
		count[f.Result]++
	}
	about := ""
	if with != "" {
		about = "There was no way to " + with + "'s computer, so Parley looked for what is in the way. "
	}
	failed := count[doctor.Fail]
	switch {
	case x.Running:
		return Plain, fmt.Sprintf("%sChecking: %d of %d steps are done.", about, len(x.Findings)-count[doctor.Running], len(doctor.Steps))
	case failed == 1:
		return Warn, fmt.Sprintf("%sChecked at %s: one step failed.", about, at.Format("15:04"))
	case failed > 1:
		return Warn, fmt.Sprintf("%sChecked at %s: %d steps failed.", about, at.Format("15:04"), failed)
	case count[doctor.Pass] == 0:
		return Plain, fmt.Sprintf("%sStopped at %s, before anything was found.", about, at.Format("15:04"))
	}
	return Good, fmt.Sprintf("%sChecked at %s: everything that was tried works.", about, at.Format("15:04"))
}

// Report is an examination as text, to be sent to whoever can help. It holds the steps and nothing else: no names, no addresses.
func Report(x call.Examination, version string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "Parley %s, check of the connection\n", Inert(version))
	write := func(all []call.Finding) {
		for _, f := range all[:min(len(all), maxFindings)] {
			fmt.Fprintf(&out, "%-8s %-10s %6d ms  %s\n", Inert(f.Result), Inert(f.Step), f.TookMS, sentence(f.Text))
		}
	}
	write(x.Findings)
	if len(x.Theirs) > 0 {
		out.WriteString("\nThe other computer:\n")
		write(x.Theirs)
	}
	return out.String()
}

// noPath is whom an examination is about that no path leads to, while that is so; the sentence says what is in the way.
func noPath(s *call.Snapshot) (user, text string, ok bool) {
	x := s.Examination
	if x.Why != call.WhyNoPath || x.With == "" {
		return "", "", false
	}
	at := slices.IndexFunc(s.Place.Peers, func(p call.Peer) bool {
		return p.User == x.With && (p.Phase == call.Connecting || p.Phase == call.Reconnecting)
	})
	if at < 0 {
		return "", "", false
	}
	return x.With, noPathText(s, x.With), true
}

// noPathText says what is in the way to somebody; empty: that was not found yet.
func noPathText(s *call.Snapshot, user string) string {
	for _, n := range slices.Backward(s.Notices) {
		if n.Kind == call.NoticeNoPath && n.User == user {
			return sentence(n.Text)
		}
	}
	return ""
}

// noPathBanner says that no path leads to somebody, and what is in the way.
func (m *Model) noPathBanner(s *call.Snapshot) *Banner {
	user, text, ok := noPath(s)
	if !ok {
		return nil
	}
	if text == "" {
		text = "No way to " + m.crowd.find(user, "", nil).name + "'s computer so far. Parley looks for what is in the way."
	}
	return &Banner{Icon: "warning", Tone: Warn, Text: text, Button: "Show the steps", Action: ShowExamination}
}
