package keying

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

const ms = time.Millisecond

var epoch = time.Unix(1_700_000_000, 0)

// letters are states: o open, p priority, w whisper, l locked.
func letters(s State) string {
	var b strings.Builder
	for _, f := range []struct {
		is     bool
		letter byte
	}{{s.Open, 'o'}, {s.Priority, 'p'}, {s.Whisper, 'w'}, {s.Locked, 'l'}} {
		if f.is {
			b.WriteByte(f.letter)
		}
	}
	return b.String()
}

// A script's words begin with the time in milliseconds: 10+t presses talk, 10-p lets go of priority, 10! is Release, 10~ is Lift, and
// 10=ow wants the microphone open and whispering, 10= closed.
func TestKeyer(t *testing.T) {
	hold := Config{Delay: DefaultDelay}
	lock := Config{Delay: DefaultDelay, DoubleTap: true}
	toggle := Config{Mode: Toggle, Delay: DefaultDelay, DoubleTap: true}
	mute := Config{Mode: PushToMute, Delay: DefaultDelay, DoubleTap: true}
	for name, c := range map[string]struct {
		config Config
		script string
	}{
		"hold":                       {hold, "0= 0+t 0=o 5000=o 5000-t 5000=o 5199=o 5200="},
		"hold, without delay":        {Config{}, "0+t 10-t 10="},
		"delay, too long":            {Config{Delay: time.Hour}, "0+t 10-t 1009=o 1010="},
		"delay, negative":            {Config{Delay: -time.Hour}, "0+t 10-t 10="},
		"pressed in the delay":       {hold, "0+t 100-t 150+t 400=o 500-t 699=o 700="},
		"repeats":                    {hold, "0+t 30+t 60+t 90-t 100-t 289=o 290="},
		"up first":                   {hold, "0-t 0= 10+t 10=o"},
		"no such action":             {hold, "0+x 0="},
		"taps lock nothing":          {hold, "0+t 50-t 150+t 200-t 399=o 400="},
		"two taps":                   {lock, "0+t 50-t 150+t 150=o 200-t 200=ol 99999=ol"},
		"two taps and one":           {lock, "0+t 50-t 150+t 200-t 5000+t 5000=o 5050-t 5249=o 5250="},
		"the tap that ends is long":  {lock, "0+t 50-t 150+t 200-t 5000+t 7000=o 7050-t 7250="},
		"three quick taps":           {lock, "0+t 50-t 100+t 150-t 200+t 250-t 260=o 450="},
		"four":                       {lock, "0+t 50-t 100+t 150-t 200+t 250-t 300+t 350-t 560="},
		"five":                       {lock, "0+t 50-t 100+t 150-t 200+t 250-t 300+t 350-t 400+t 450-t 999=ol"},
		"taps far apart":             {lock, "0+t 50-t 301+t 350-t 549=o 550="},
		"taps as far as may be":      {lock, "0+t 50-t 300+t 600-t 999=ol"},
		"the second is held":         {lock, "0+t 50-t 150+t 451-t 460=o 651="},
		"a third after a held one":   {lock, "0+t 50-t 150+t 460-t 470+t 500-t 700="},
		"two after one too early":    {lock, "0+t 50-t 400+t 450-t 600+t 650-t 999=ol"},
		"toggle":                     {toggle, "0= 0+t 0=ol 50-t 9000=ol 9000+t 9000= 9050-t 9050="},
		"toggle, fast":               {toggle, "0+t 50-t 100+t 150-t 150= 200+t 200=ol"},
		"toggle, repeats":            {toggle, "0+t 500+t 530+t 530=ol 560-t 560=ol"},
		"push to mute":               {mute, "0=o 0+t 0= 3000= 3000-t 3000=o"},
		"push to mute, locked":       {mute, "0+t 50-t 100+t 150-t 150=l 9000=l 9000+t 9000= 9050-t 9050=o"},
		"whisper":                    {hold, "0+w 0=ow 1000-w 1199=ow 1200="},
		"whisper in toggle":          {toggle, "0+w 0=ow 1000-w 1199=ow 1200="},
		"whisper while toggled":      {toggle, "0+t 10-t 20+w 20=owl 30-w 229=owl 230=ol"},
		"whisper, then to all":       {hold, "0+w 1000-w 1000+t 1199=ow 1200=o"},
		"whisper while muted":        {mute, "0+t 0+w 0=w 10-w 209=w 210= 300-t 300=o"},
		"priority":                   {hold, "0+p 0=op 10-p 209=op 210="},
		"priority and talk":          {hold, "0+t 0+p 0=op 10-p 210=o 300-t 500="},
		"two taps on whisper":        {lock, "0+w 50-w 100+w 150-w 349=ow 350="},
		"release":                    {lock, "0+t 0+w 0+p 0=opw 10! 10= 20-t 20-w 20-p 20="},
		"release in the delay":       {hold, "0+t 10-t 10! 10="},
		"release of a lock":          {lock, "0+t 50-t 100+t 150-t 150=ol 200! 200="},
		"release of a toggle":        {toggle, "0+t 10-t 20! 20= 30+t 30=ol"},
		"release in push to mute":    {mute, "0+t 10! 10=o 20-t 20=o"},
		"release between taps":       {lock, "0+t 50-t 60! 150+t 200-t 399=o 400="},
		"pressed after release":      {hold, "0+t 10! 20+t 20=o 30-t 230="},
		"lift":                       {lock, "0+t 0+w 10~ 10= 20-t 20="},
		"lift leaves a lock":         {lock, "0+t 50-t 100+t 150-t 160~ 160=ol 9000+t 9010-t 9210="},
		"lift leaves a toggle":       {toggle, "0+t 10~ 10=ol 20-t 20=ol 30+t 30="},
		"the clock jumps back":       {hold, "9000+t 9010-t 8960=o 8959= 9000= 9100="},
		"the clock jumps back, taps": {lock, "9000+t 9010-t 0+t 10-t 10=o 210="},
	} {
		k := New(c.config)
		for _, word := range strings.Fields(c.script) {
			i := strings.IndexAny(word, "+-!~=")
			n, err := strconv.Atoi(word[:i])
			if err != nil {
				t.Fatal(err)
			}
			at := epoch.Add(time.Duration(n) * ms)
			switch word[i] {
			case '!':
				k.Release()
			case '~':
				k.Lift()
			case '=':
				if got := letters(k.State(at)); got != word[i+1:] {
					t.Errorf("%s: at %d ms it is %q, want %q", name, n, got, word[i+1:])
				}
			default:
				a, ok := map[string]Action{"t": Talk, "p": Priority, "w": Whisper, "x": 200}[word[i+1:]]
				if !ok {
					t.Fatalf("%s: %s", name, word)
				}
				k.Key(a, word[i] == '+', at)
			}
		}
	}
}

func TestConfigure(t *testing.T) {
	k := New(Config{DoubleTap: true, Delay: DefaultDelay})
	tap := func(n int) {
		k.Key(Talk, true, epoch.Add(time.Duration(n)*ms))
		k.Key(Talk, false, epoch.Add(time.Duration(n+20)*ms))
	}
	is := func(n int, want string) {
		t.Helper()
		if got := letters(k.State(epoch.Add(time.Duration(n) * ms))); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	tap(0)
	tap(100)
	k.Configure(Config{DoubleTap: true, Delay: MaxDelay})
	is(200, "ol")
	k.Configure(Config{Delay: MaxDelay}) // nothing could end the lock any more
	is(1119, "o")
	is(1120, "")
	k.Key(Talk, true, epoch)
	k.Configure(Config{Mode: Toggle})
	is(0, "")
	tap(0)
	k.Configure(Config{Mode: Toggle, DoubleTap: true})
	is(100, "ol")
	k.Configure(Config{Mode: PushToMute})
	is(100, "o")
}

// Next is told of every change that comes by itself.
func TestNext(t *testing.T) {
	k := New(Config{Delay: DefaultDelay})
	if _, ok := k.Next(epoch); ok {
		t.Error("something changes with no key")
	}
	k.Key(Talk, true, epoch)
	k.Key(Whisper, true, epoch)
	if _, ok := k.Next(epoch); ok {
		t.Error("something changes while keys are down")
	}
	k.Key(Talk, false, epoch.Add(50*ms))
	k.Key(Whisper, false, epoch.Add(10*ms))
	at := epoch.Add(60 * ms)
	for _, want := range []time.Duration{210 * ms, 250 * ms} {
		next, ok := k.Next(at)
		if !ok || next.Sub(epoch) != want {
			t.Errorf("%v, %v, want %v", next.Sub(epoch), ok, want)
		}
		if k.State(next.Add(-1)) == k.State(next) {
			t.Errorf("nothing changes at %v", want)
		}
		at = next
	}
	if next, ok := k.Next(at); ok {
		t.Error(next)
	}
}

func TestAllocates(t *testing.T) {
	k := New(Config{Delay: DefaultDelay, DoubleTap: true})
	if n := testing.AllocsPerRun(100, func() {
		for a := range actions {
			k.Key(a, true, epoch)
			k.Key(a, false, epoch)
		}
		k.State(epoch)
		k.Next(epoch)
		k.Release()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzKeyer presses keys in any order at any times, those of a broken clock too.
func FuzzKeyer(f *testing.F) {
	f.Add(byte(0), uint16(200), []byte("\x01\x10\x00\x10\x03\x20"))
	f.Add(byte(4), uint16(200), []byte("\x01\x10\x00\x10\x01\x10\x00\x10\x05\x05"))
	f.Add(byte(5), uint16(0), []byte("\x01\x10\x06\x10\x01\xff"))
	f.Add(byte(6), uint16(65535), []byte("\x01\x10\x00\x10\x01\x10\x00\x90\x08\x01\x07\x30"))
	f.Fuzz(func(t *testing.T, settings byte, delay uint16, script []byte) {
		c := Config{Mode: Mode(settings % 3), DoubleTap: settings&4 != 0, Delay: time.Duration(delay) * ms}
		k := New(c)
		nothing := State{Open: c.Mode == PushToMute}
		at := epoch
		for ; len(script) >= 2; script = script[2:] {
			step := time.Duration(int8(script[1])) * 8 * ms // back, too
			if at = at.Add(step); script[1] == 0x7F {
				at = at.Add(time.Duration(script[0]) << 55) // far ahead
			}
			switch op := script[0] % 16; {
			case op < 8:
				k.Key(Action(op/2), op%2 == 1, at) // one of them does not exist
			case op == 8:
				if k.Release(); k.State(at) != nothing {
					t.Fatalf("after Release: %+v", k.State(at))
				}
			case op == 9:
				locked := k.State(at).Locked
				k.Lift()
				if s := k.State(at); s.Locked != locked || s.Priority || s.Whisper || s.Open != (locked != (c.Mode == PushToMute)) {
					t.Fatalf("after Lift: %+v", s)
				}
			}
			if s := k.State(at); s.Locked && c.Mode != Toggle && !c.DoubleTap {
				t.Fatalf("%+v", s)
			}
			if next, ok := k.Next(at); ok && (!next.After(at) || next.Sub(at) > MaxDelay+skew) {
				t.Fatalf("next after %v", next.Sub(at))
			}
		}
		for a := range actions {
			k.Key(a, false, at)
		}
		want := State{Locked: k.State(at).Locked}
		want.Open = want.Locked != (c.Mode == PushToMute)
		for _, later := range []time.Duration{MaxDelay + skew, time.Hour, 0, -time.Hour} {
			if s := k.State(at.Add(later)); s != want {
				t.Fatalf("%v later: %+v, want %+v", later, s, want)
			}
		}
		if want.Locked { // one press ends it, whatever came before
			k.Key(Talk, true, at)
			k.Key(Talk, false, at)
			if s := k.State(at.Add(MaxDelay)); s != nothing {
				t.Fatalf("still %+v", s)
			}
		}
		k.Key(Talk, true, at)
		if k.Release(); k.State(at) != nothing {
			t.Fatalf("after Release: %+v", k.State(at))
		}
	})
}

// Talk is told apart from what opens the microphone besides.
func TestTalk(t *testing.T) {
	at := time.Unix(1_000_000, 0)
	for _, mode := range []Mode{Hold, Toggle, PushToMute} {
		k := New(Config{Mode: mode, Delay: DefaultDelay})
		k.Key(Whisper, true, at)
		k.Key(Priority, true, at)
		if s := k.State(at); s.Talk || !s.Open {
			t.Errorf("mode %d, whispering: %+v", mode, s)
		}
		k.Key(Talk, true, at)
		if s := k.State(at); !s.Talk || s.Open != (mode != PushToMute) {
			t.Errorf("mode %d, talking: %+v", mode, s)
		}
		k.Key(Talk, false, at)
		if s := k.State(at.Add(DefaultDelay)); s.Talk != (mode == Toggle) {
			t.Errorf("mode %d, after the key: %+v", mode, s)
		}
		k.Release()
		if s := k.State(at); s.Talk {
			t.Errorf("mode %d, after all: %+v", mode, s)
		}
	}
}
