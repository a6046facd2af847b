package jitter

import (
	"math/rand/v2"
	"testing"
	"time"
)

// push sends one packet of 20 ms, number i of a stream, and fails unless the verdict is as wanted.
func push(t *testing.T, b *Buffer, i int, now time.Duration, want Verdict) {
	t.Helper()
	if got := b.Push(uint16(i), uint32(i*960), []byte{byte(i), 1, 2}, now); got != want {
		t.Fatalf("packet %d at %v: %v, want %v", i, now, got, want)
	}
}

// pull fails unless the step is as wanted. packet is looked at for Decode and Recover.
func pull(t *testing.T, b *Buffer, now time.Duration, want Action, packet int) Step {
	t.Helper()
	s := b.Pull(now)
	if s.Action != want {
		t.Fatalf("at %v: action %v, want %v", now, s.Action, want)
	}
	if (want == Decode || want == Recover) && s.Payload[0] != byte(packet) {
		t.Fatalf("at %v: packet %d, want %d", now, s.Payload[0], packet)
	}
	return s
}

func TestReorderedAndDuplicated(t *testing.T) {
	b := New(Config{Start: 40 * ms})
	push(t, b, 11, 20*ms, Stored) // before the very first
	push(t, b, 10, 21*ms, Stored)
	push(t, b, 10, 22*ms, Duplicate)
	push(t, b, 13, 23*ms, Stored)
	push(t, b, 12, 24*ms, Stored)
	for i := range 4 {
		pull(t, b, time.Duration(60+20*i)*ms, Decode, 10+i)
	}
	push(t, b, 12, 125*ms, Duplicate)
	push(t, b, 9, 126*ms, Late)
	push(t, b, 9, 127*ms, Duplicate)
	if s := b.Stats(); s.Received != 8 || s.Duplicates != 3 || s.Late != 1 || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
}

func TestRecoverThenDecode(t *testing.T) {
	b := New(Config{Start: 40 * ms})
	push(t, b, 0, 0, Stored)
	push(t, b, 1, 20*ms, Stored)
	push(t, b, 3, 60*ms, Stored)
	pull(t, b, 40*ms, Decode, 0)
	pull(t, b, 60*ms, Decode, 1)
	if s := pull(t, b, 80*ms, Recover, 3); s.Samples != 960 {
		t.Errorf("recover %d samples", s.Samples)
	}
	pull(t, b, 100*ms, Decode, 3)
	push(t, b, 6, 119*ms, Stored)
	if s := pull(t, b, 120*ms, Conceal, 0); s.Samples != 960 { // 4: the redundancy in 6 is that of 5
		t.Errorf("conceal %d samples", s.Samples)
	}
	pull(t, b, 140*ms, Recover, 6)
	pull(t, b, 160*ms, Decode, 6)
	if s := b.Stats(); s.Lost != 3 || s.Recovered != 2 {
		t.Errorf("%+v", s)
	}
}

// TestLatePacketIsHeard: what was invented while the buffer was dry makes room for the packet that it waited for.
func TestLatePacketIsHeard(t *testing.T) {
	b := New(Config{Start: 10 * ms})
	push(t, b, 0, 0, Stored)
	pull(t, b, 10*ms, Decode, 0)
	if s := pull(t, b, 30*ms, Conceal, 0); s.Samples != 480 {
		t.Errorf("conceal %d samples", s.Samples)
	}
	push(t, b, 1, 35*ms, Stored)
	pull(t, b, 40*ms, Decode, 1)
	if d := b.Delay(); d != 20*ms {
		t.Errorf("delay %v", d)
	}
	if s := b.Stats(); s.Underruns != 1 || s.Lost != 0 || s.Late != 0 {
		t.Errorf("%+v", s)
	}
}

// TestPauseIsNotLoss: a gate that closes, or DTX, leaves a hole in the timestamps and none in the numbers.
func TestPauseIsNotLoss(t *testing.T) {
	for _, last := range []int{100, 2, 1} { // bytes of the last packet before the pause
		b := New(Config{Start: 20 * ms})
		payload := make([]byte, 100)
		for i := range 10 {
			size := 100
			if i == 9 {
				size = last
			}
			b.Push(uint16(i), uint32(i*960), payload[:size], time.Duration(i)*20*ms)
		}
		waits := 0
		for turn := range 10 {
			pull(t, b, time.Duration(20+20*turn)*ms, Decode, 0)
		}
		for turn := range 98 {
			switch s := b.Pull(time.Duration(220+10*turn) * ms); {
			case s.Action == Wait:
				waits++
			case s.Action != Conceal || last <= dtxSize || turn >= 10:
				t.Fatalf("turn %d after a packet of %d bytes: %v", turn, last, s.Action)
			}
		}
		if waits < 88 {
			t.Errorf("%d waits", waits)
		}
		b.Push(10, 60*960, payload, 1200*ms) // the next spurt
		if s := b.Pull(1204 * ms); s.Action != Wait {
			t.Errorf("it began without its delay: %v", s.Action)
		}
		if s := b.Pull(1205 * ms); s.Action != Decode {
			t.Errorf("its first step was %v", s.Action)
		}
		if s := b.Stats(); s.Lost != 0 || s.Late != 0 || s.Restarts != 0 || b.Target() != 10*ms {
			t.Errorf("%+v, target %v", s, b.Target())
		}
	}
}

// TestPauseWithPacketsBehind: the pause is kept where the packets after it are here already.
func TestPauseWithPacketsBehind(t *testing.T) {
	b := New(Config{Start: 40 * ms})
	b.Push(0, 0, []byte{0, 1, 2}, 0)
	b.Push(1, 960*3, []byte{1, 1, 2}, 60*ms) // 40 ms of silence between
	pull(t, b, 60*ms, Decode, 0)
	pull(t, b, 80*ms, Wait, 0)
	pull(t, b, 90*ms, Wait, 0)
	pull(t, b, 100*ms, Decode, 1)
}

func TestSenderBeginsAnew(t *testing.T) {
	for name, ts := range map[string]uint32{"backwards": 7, "far ahead": 1 << 30} {
		b := New(Config{})
		for i := range 50 {
			push(t, b, i+20000, time.Duration(i)*20*ms, Stored)
			b.Pull(time.Duration(i) * 20 * ms)
		}
		got := []Verdict{}
		for i := range 3 {
			got = append(got, b.Push(uint16(i), ts+uint32(i*960), []byte{byte(i), 1, 2}, time.Duration(1000+20*i)*ms))
		}
		if got[0] != Bad || got[1] != Stored || got[2] != Stored {
			t.Errorf("%s: %v", name, got)
		}
		pull(t, b, 1070*ms, Decode, 1)
		if s := b.Stats(); s.Restarts != 1 || s.Bad != 1 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// TestSenderSlept: a machine that was suspended goes on with the next number and timestamp, an hour later.
func TestSenderSlept(t *testing.T) {
	b := New(Config{})
	start := time.Duration(0)
	for i := range 500 {
		if i == 250 {
			start = time.Hour
		}
		now := start + time.Duration(i)*20*ms
		push(t, b, i, now, Stored)
		b.Pull(now)
		b.Pull(now + 10*ms)
	}
	if b.Delay() > 60*ms || b.Target() > 60*ms || b.Stats().Overflow != 0 {
		t.Errorf("delay %v, target %v, %+v", b.Delay(), b.Target(), b.Stats())
	}
}

func TestOverflowKeepsTheNewest(t *testing.T) {
	b := New(Config{Slots: 16})
	for i := range 20 {
		want := Stored
		if i >= 16 {
			want = Overflow
		}
		push(t, b, i, 0, want)
	}
	if s := b.Stats(); s.Overflow != 4 {
		t.Errorf("%+v", s)
	}
	pull(t, b, 10*ms, Decode, 4)
}

func TestRefused(t *testing.T) {
	b := New(Config{MaxPayload: 10})
	if b.Push(1, 1, nil, 0) != Bad || b.Push(1, 1, make([]byte, 11), 0) != Bad || b.Push(1, 1, make([]byte, 10), 0) != Stored {
		t.Error("sizes")
	}
	if b.Push(2, 1, []byte{1}, 0) != Bad { // the same time under another number
		t.Error("timestamps")
	}
	pull(t, New(Config{}), 0, Wait, 0)
}

// TestExcess: one frame too much is asked for once, and not again after it was removed.
func TestExcess(t *testing.T) {
	b := New(Config{Start: 60 * ms})
	now := time.Duration(0)
	for i := range 40 {
		now = time.Duration(20*i) * ms
		push(t, b, i, now, Stored)
		if i >= 3 {
			pull(t, b, now, Decode, i-3)
		}
	}
	if e := b.Excess(); e != 50*ms { // nothing was late: the target is the least
		t.Errorf("excess %v, target %v", e, b.Target())
	}
	b.Stretched(-45 * 48)
	if e := b.Excess(); e != 5*ms {
		t.Errorf("excess %v after 45 of 50 ms were removed", e)
	}
	b.Stretched(-5 * 48)
	if e := b.Excess(); e != 0 {
		t.Errorf("excess %v after all of 50 ms were removed", e)
	}
	b.Stretched(-10 * 48)
	if e := b.Excess(); e != -10*ms {
		t.Errorf("excess %v after 60 of 50 ms were removed", e)
	}
}

// TestReady: a second packet can be taken before its time without an effect on what is measured.
func TestReady(t *testing.T) {
	b := New(Config{Start: 40 * ms})
	for i := range 3 {
		if b.Ready() {
			t.Error("ready before it began")
		}
		push(t, b, i, time.Duration(i)*20*ms, Stored)
	}
	pull(t, b, 40*ms, Decode, 0)
	if !b.Ready() {
		t.Fatal("the second packet is here, but not ready")
	}
	pull(t, b, 60*ms, Decode, 1)
	if b.Delay() != 40*ms {
		t.Errorf("delay %v", b.Delay())
	}
	before := b.delay.base()
	push(t, b, 4, 48*ms, Stored) // on a clock behind that of the early pull, faster than all before
	if faster := before - b.delay.base(); faster != 32*ms {
		t.Errorf("faster by %v", faster)
	}
	pull(t, b, 80*ms, Decode, 2)
	if b.Ready() {
		t.Error("ready with the next packet lost")
	}
}

func TestNoAllocation(t *testing.T) {
	b := New(Config{})
	payload, i := make([]byte, 160), 0
	if n := testing.AllocsPerRun(2000, func() {
		now := time.Duration(i) * 20 * ms
		if i%7 != 0 {
			b.Push(uint16(i), uint32(i*960), payload, now)
			b.Repair(uint16(i-1), uint32((i-1)*960), payload, Source(1+i%2), now)
			b.Covered(2, now)
		}
		b.Pull(now)
		b.Excess()
		i++
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

// operate does what data says to a buffer and checks what must hold whatever comes.
func operate(t *testing.T, data []byte) {
	b := New(Config{Slots: 16, MaxPayload: 8})
	seq, ts, now := uint16(65530), uint32(1<<32-5000), time.Duration(0)
	payload := make([]byte, 10)
	for len(data) >= 4 {
		op, x, y, z := data[0], data[1], data[2], data[3]
		data = data[4:]
		now += time.Duration(op>>3) * ms
		switch op & 7 {
		case 0: // anything
			b.Push(uint16(x)<<8|uint16(y), uint32(z)<<24|uint32(x), payload[:z%11], now)
		case 1: // a jump
			seq += uint16(x)<<8 | uint16(y)
			ts += uint32(y)<<16 | uint32(z)<<8
		case 5: // a repair
			n := uint16(int8(x) / 8)
			b.Repair(seq-n, ts-uint32(int32(int16(n))*480)-uint32(y>>7), payload[:y%11], Source(z%4), now)
			b.Covered(int(z)/16, now)
		case 2, 3, 4: // near the last
			seq += uint16(int8(x) / 16)
			ts += uint32(int32(int8(x)/16) * 480)
			b.Push(seq, ts, payload[:y%9], now)
		default:
			b.Turn(time.Duration(int8(x))*ms/8, now+time.Duration(int8(z))*ms)
			b.Fill(time.Duration(y) * ms / 8)
			if x > 250 {
				now = b.Next(time.Duration(z)*ms, now)
			}
			s := b.Pull(now)
			if (s.Action == Decode || s.Action == Recover) != (len(s.Payload) > 0) || len(s.Payload) > 8 {
				t.Fatalf("action %v with %d bytes", s.Action, len(s.Payload))
			}
			if (s.Action == Conceal || s.Action == Recover) != (s.Samples > 0) || s.Samples%120 != 0 || s.Samples > 5760 {
				t.Fatalf("action %v of %d samples", s.Action, s.Samples)
			}
			if e := b.Excess(); e != 0 {
				b.Stretched(int(int8(z)))
			}
		}
		if b.stored < 0 || b.stored > len(b.slots) || b.Target() < b.config.Min || b.Target() > b.config.Max {
			t.Fatalf("%d stored, target %v", b.stored, b.Target())
		}
	}
	s := b.Stats()
	if s.Received < s.Late+s.Duplicates {
		t.Fatalf("%+v", s)
	}
	// Whatever it was, a sender that behaves is heard again within three seconds.
	heard := 0
	for i := range 300 {
		b.Push(uint16(i+1000), uint32(i*480+77), payload[:3], now+time.Duration(i)*10*ms)
		b.Turn(10*ms, now+time.Duration(i)*10*ms)
		if b.Pull(now+time.Duration(i)*10*ms).Action == Decode {
			heard++
		}
	}
	if heard < 100 {
		t.Fatalf("%d packets heard afterwards, %+v", heard, b.Stats())
	}
}

func FuzzBuffer(f *testing.F) {
	f.Add([]byte{2, 16, 5, 0, 13, 0, 0, 0})
	f.Add([]byte{0, 1, 2, 3, 1, 255, 255, 255, 2, 16, 4, 0, 255, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) { operate(t, data[:min(len(data), 1<<16)]) })
}

func TestHostile(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		data := make([]byte, 4000)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		operate(t, data)
	}
}
