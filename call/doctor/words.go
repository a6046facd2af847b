package doctor

import (
	"slices"

	"parley/wire"
)

// Words is what a far end may know of findings: how the steps of the network went.
func Words(list []Finding) (out []wire.StepResult) {
	for _, f := range list {
		if isOfNetwork(f.Step) && f.Result != Running && len(out) < wire.MaxFindings {
			out = append(out, wire.StepResult{Step: f.Step, Result: f.Result})
		}
	}
	return out
}

func isOfNetwork(step string) bool {
	return step != Microphone && step != Speaker && slices.Contains(Steps, step)
}

// theirWords is what a step says of somebody else's side: when it has failed, and what to do.
var theirWords = map[string]string{
	Name:      "The server's name is not found there.",
	TCP:       "The server's port does not answer there.",
	TLS:       "Whoever answers there is not the server: something stands in between.",
	Websocket: "No websocket to the server comes about there: something in between lets none through.",
	Login:     "The server does not let them in.",
	STUN:      "Their network lets no UDP out.",
	TurnUDP:   "The relay does not answer there by UDP.",
	TurnTCP:   "The relay does not answer there by TCP.",
	TurnTLS:   "The relay does not answer there by TLS.",
	RelayCall: "Nothing comes through the relay there.",
}

// Theirs makes findings of what a far end says, which is a stranger: steps that are not known and repetitions are left out. It is
// never nil.
func Theirs(steps []wire.StepResult) []Finding {
	out := []Finding{}
	for _, s := range steps {
		known := isOfNetwork(s.Step) && !slices.ContainsFunc(out, func(f Finding) bool { return f.Step == s.Step })
		switch {
		case !known:
		case s.Result == Pass:
			out = append(out, Finding{Step: s.Step, Result: Pass, Text: "It works there."})
		case s.Result == Fail:
			out = append(out, Finding{Step: s.Step, Result: Fail, Text: theirWords[s.Step]})
		case s.Result == Skipped:
			out = append(out, Finding{Step: s.Step, Result: Skipped, Text: "It was not tried there."})
		}
	}
	Sort(out)
	return out
}

// results are findings by step.
type results map[string]string

func resultsOf(list []Finding) results {
	r := results{}
	for _, f := range list {
		r[f.Step] = f.Result
	}
	return r
}

func (r results) failed(step string) bool { return r[step] == Fail }

// relayed tells whether any way to a relay works, and tried whether any was.
func (r results) relayed() (works, tried bool) {
	for _, step := range []string{TurnUDP, TurnTCP, TurnTLS} {
		works = works || r[step] == Pass
		tried = tried || r[step] == Pass || r[step] == Fail
	}
	return works, tried
}

// broken is the step that keeps a call from coming about; empty: none does. Who reaches a relay reaches everybody, so UDP alone
// is not to blame.
func (r results) broken() string {
	works, tried := r.relayed()
	if works {
		if r.failed(RelayCall) {
			return RelayCall
		}
		return ""
	}
	if tried {
		for _, step := range []string{TurnTLS, TurnTCP, TurnUDP} {
			if r.failed(step) {
				return step
			}
		}
	}
	for _, step := range []string{Name, TCP, TLS, Websocket, Login, STUN} {
		if r.failed(step) {
			return step
		}
	}
	return ""
}

// side is what is said of one side of a call.
func (r results) side(whose, who string) string {
	udp := ""
	if r.failed(STUN) {
		udp = whose + " network lets no UDP out, and "
	}
	switch r.broken() {
	case TurnTLS, TurnTCP, TurnUDP:
		return udp + "the server's relay answers " + who + " neither by UDP nor by TCP or TLS"
	case RelayCall:
		return "the server's relay answers " + who + ", but lets nothing through"
	case Name, TCP, TLS, Websocket, Login:
		return "the server can't be reached from " + whose + " network"
	case STUN:
		return whose + " network lets no UDP out, and the server has no relay"
	}
	return ""
}

const tellHost = " Tell whoever runs the server: its relay must be reachable, with its UDP ports open."

// NoPath says in a sentence why no path came about to somebody, and what to do: by what was found here, and there (nil: it has not
// been told). step is the one that is broken; empty: none is.
func NoPath(name string, mine, theirs []Finding) (step, text string) {
	my, their := resultsOf(mine), resultsOf(theirs)
	text = "No way to " + name + "'s computer: "
	broken, far := my.broken(), their.broken()
	switch {
	case broken != "" && far != "":
		text += my.side("your", "you") + "; and there, " + their.side("their", "them") + "."
	case broken != "":
		text += my.side("your", "you") + "."
	case far != "":
		text += "there, " + their.side("their", "them") + ". On your side nothing is wrong."
	case theirs == nil:
		return "", text + "nothing was found that is wrong on your side, and theirs has not said. They may have lost their network."
	default:
		return "", text + "and yet nothing was found that is wrong, here or there. Try once more; if it stays so, tell whoever runs the server."
	}
	switch {
	case broken == RelayCall || far == RelayCall:
		text += tellHost
	case broken != "" && far != "":
		text += " If one of you can, try another network." + tellHost
	case broken != "":
		text += " Try another network, or have your firewall let the server's ports through."
	default:
		text += " They may try another network, or have their firewall let the server's ports through."
	}
	if broken == "" {
		broken = far
	}
	return broken, text
}
