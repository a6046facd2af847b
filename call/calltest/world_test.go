package calltest

import (
	"testing"

	"parley/call"
)

func joinAll(people []*Person) {
	for _, p := range people {
		p.Do(call.Join{Channel: Hall})
	}
}

func others(people []*Person, but *Person) (out []*Person) {
	for _, p := range people {
		if p != but {
			out = append(out, p)
		}
	}
	return out
}

func all(people []*Person, f func(p *Person, others []*Person)) {
	for _, p := range people {
		f(p, others(people, p))
	}
}

func TestTwo(t *testing.T) {
	w := New(t)
	p := w.Add("Ana", "Ben")
	for _, x := range p {
		if opened, _ := x.Devices.Counts(0); opened != 0 {
			t.Error("a microphone is open before a join")
		}
	}
	joinAll(p)
	p[0].With(p[1])
	p[1].With(p[0])
	p[0].Hears(p[1])
	p[1].Hears(p[0])
	p[0].Do(call.Leave{})
	p[1].With()
	w.Until("Ana's devices are closed", func() bool { o, c := p[0].Devices.Counts(0); return o == c })
	if errs := w.Hub.Errors(); len(errs) > 0 {
		t.Error(errs)
	}
}
