package doctor

import (
	"slices"
	"strings"
	"testing"

	"parley/wire"
)

// side makes findings of "stun:fail turn_udp:pass".
func side(text string) []Finding {
	out := []Finding{}
	for _, w := range strings.Fields(text) {
		step, result, _ := strings.Cut(w, ":")
		out = append(out, Finding{Step: step, Result: result})
	}
	return out
}

func TestNoPathSays(t *testing.T) {
	const (
		open   = "tcp:pass stun:pass turn_udp:pass turn_tcp:pass turn_tls:pass relay_call:pass"
		closed = "tcp:pass stun:fail turn_udp:fail turn_tcp:fail turn_tls:fail relay_call:skipped"
		alone  = "name:pass tcp:fail tls:skipped login:skipped stun:fail turn_udp:skipped turn_tcp:skipped turn_tls:skipped"
		by443  = "stun:fail turn_udp:fail turn_tcp:fail turn_tls:pass relay_call:pass"
		shut   = "stun:pass turn_udp:pass relay_call:fail"
		none   = "stun:fail turn_udp:skipped turn_tcp:skipped turn_tls:skipped"
	)
	for _, c := range []struct {
		mine, theirs string // "-": they have not said
		step         string
		says         []string
		not          string
	}{
		{closed, "-", TurnTLS, []string{"your network lets no UDP out", "answers you neither", "Try another network"}, "there,"},
		{open, closed, TurnTLS, []string{"there, their network lets no UDP out", "answers them neither", "They may try"}, "your network"},
		{closed, closed, TurnTLS, []string{"answers you neither", "and there, their network", "Tell whoever runs the server"}, ""},
		{alone, "-", TCP, []string{"the server can't be reached from your network"}, ""},
		{open, alone, TCP, []string{"the server can't be reached from their network"}, ""},
		{shut, open, RelayCall, []string{"lets nothing through", "Tell whoever runs the server"}, ""},
		{by443, "-", "", []string{"theirs has not said"}, "no UDP"},
		{by443, open, "", []string{"nothing was found that is wrong"}, "no UDP"},
		{none, open, STUN, []string{"your network lets no UDP out, and the server has no relay"}, ""},
		{"", "-", "", []string{"theirs has not said"}, ""},
	} {
		var theirs []Finding
		if c.theirs != "-" {
			theirs = side(c.theirs)
		}
		step, text := NoPath("Ana", side(c.mine), theirs)
		missing := slices.DeleteFunc(slices.Clone(c.says), func(s string) bool { return strings.Contains(text, s) })
		if step != c.step || len(missing) > 0 || c.not != "" && strings.Contains(text, c.not) || !strings.HasPrefix(text, "No way to Ana's computer: ") || !strings.HasSuffix(text, ".") {
			t.Errorf("%q and %q: %s: %s (lacks %q)", c.mine, c.theirs, step, text, missing)
		}
	}
}

// What is told holds the network's steps, and nothing but words.
func TestWords(t *testing.T) {
	var list []Finding
	for _, step := range append(slices.Clone(Steps), "unknown") {
		list = append(list, Finding{Step: step, Result: Fail, Code: "code", Text: "At 192.0.2.1."}, Finding{Step: step, Result: Running})
	}
	words := Words(list)
	if len(words) != len(Steps)-2 {
		t.Errorf("%+v", words)
	}
	for _, w := range words {
		if w.Step == Microphone || w.Step == Speaker || w.Result != Fail {
			t.Errorf("%+v", w)
		}
		if theirWords[w.Step] == "" {
			t.Errorf("nothing is said of %s", w.Step)
		}
	}
	if back := Theirs(words); len(back) != len(words) || back[0].Text != theirWords[Name] {
		t.Errorf("%+v", back)
	}
	if Theirs(nil) == nil {
		t.Error("nothing found is not nothing said")
	}
}

func FuzzTheirs(f *testing.F) {
	f.Add("stun:fail turn_udp:pass")
	f.Add("stun:fail stun:pass \x1b:fail microphone:fail name:skipped turn_tls:maybe")
	f.Fuzz(func(t *testing.T, text string) {
		var steps []wire.StepResult
		for _, s := range side(text) {
			steps = append(steps, wire.StepResult{Step: s.Step, Result: s.Result})
		}
		list := Theirs(steps)
		if len(list) > len(Steps) {
			t.Errorf("%d findings", len(list))
		}
		for _, x := range list {
			if !isOfNetwork(x.Step) || x.Text == "" || x.Result != Pass && x.Result != Fail && x.Result != Skipped {
				t.Errorf("%+v", x)
			}
		}
		step, said := NoPath("Ana", nil, list)
		if step != "" && !isOfNetwork(step) || !strings.HasSuffix(said, ".") {
			t.Errorf("%q %q", step, said)
		}
	})
}
