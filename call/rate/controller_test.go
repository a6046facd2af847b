package rate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"
)

// worlds is how many links of each kind are made: a hundred take a minute with the race detector.
func worlds() int {
	if os.Getenv("PARLEY_SOAK") != "" {
		return 100
	}
	return 20
}

// steps is a rate that changes at some times.
func steps(first float64, later ...any) func(time.Duration) float64 {
	return func(at time.Duration) float64 {
		rate := first
		for i := 0; i+1 < len(later); i += 2 {
			if at >= later[i].(time.Duration) {
				rate = later[i+1].(float64)
			}
		}
		return rate
	}
}

// trial is a kind of link, and what is to come of it.
type trial struct {
	name   string
	pipe   pipe
	took   time.Duration
	most   int
	change func(*caller)
	queue  time.Duration // p95 of the waits after five seconds
	use    float64       // of what the link carries, or may be sent
	lost   float64       // besides what the link loses; 0: a twentieth
}

func (r trial) run(seed uint64) (*caller, pipe) {
	dice := rand.New(rand.NewPCG(seed, 7))
	p := r.pipe
	if p.way == 0 {
		p.way = time.Duration(5+dice.IntN(60)) * time.Millisecond
	}
	k := newCaller(r.most, dice)
	if r.change != nil {
		r.change(k)
	}
	live(&p, r.took, nil, k)
	return k, p
}

// use is how much has arrived of what could have, from one second to another.
func (k *caller) use(p *pipe, most int, from, to int) float64 {
	got, could := 0.0, 0.0
	for i := from; i < to; i++ {
		could += min(p.rate(time.Duration(i)*time.Second), float64(most)) * (1 - p.loss)
		if i < len(k.seconds) {
			got += k.seconds[i].got
		}
	}
	return got / could
}

// got is how many bits have arrived from one second to another.
func (k *caller) got(from, to int) float64 {
	sum := 0.0
	for _, s := range k.seconds[from:to] {
		sum += s.got
	}
	return sum
}

// sent is how many bits have been sent from one second to another.
func (k *caller) sent(from, to int) float64 {
	sum := 0.0
	for _, s := range k.seconds[from:to] {
		sum += s.sent
	}
	return sum
}

// p95 is how long of twenty packets nineteen wait at most, from one second to another.
func (k *caller) p95(from, to int) time.Duration {
	var list []time.Duration
	for _, s := range k.seconds[from:to] {
		list = append(list, s.waits...)
	}
	slices.Sort(list)
	return list[len(list)*95/100]
}

const ms = time.Millisecond

var links = []trial{
	{"300 kbit/s", pipe{rate: always(300e3), queue: 500 * ms}, 40 * time.Second, 2_500_000, nil, 150 * ms, 0.8, 0},
	{"1 Mbit/s", pipe{rate: always(1e6), queue: 300 * ms}, 30 * time.Second, 2_500_000, nil, 150 * ms, 0.8, 0},
	{"5 Mbit/s", pipe{rate: always(5e6), queue: 300 * ms}, 20 * time.Second, 4_000_000, nil, 150 * ms, 0.8, 0},
	{"a bloated queue, 300 kbit/s", pipe{rate: always(300e3), queue: 2 * time.Second}, 40 * time.Second, 2_500_000, nil, 150 * ms, 0.8, 0},
	{"a bloated queue, 1 Mbit/s", pipe{rate: always(1e6), queue: 2 * time.Second}, 30 * time.Second, 2_500_000, nil, 150 * ms, 0.8, 0},
	{"a bloated queue, 3 Mbit/s", pipe{rate: always(3e6), queue: 2 * time.Second}, 30 * time.Second, 4_000_000, nil, 150 * ms, 0.8, 0},
	{"hardly a queue", pipe{rate: always(1e6), queue: 40 * ms}, 30 * time.Second, 2_500_000, nil, 150 * ms, 0.8, 0},
	{"a queue of one packet and a half", pipe{rate: always(1e6), queue: 15 * ms}, 30 * time.Second, 2_500_000, nil, 150 * ms, 0.65, 0.3},
	{"jitter", pipe{rate: always(1e6), queue: 300 * ms, jitter: 40 * ms}, 30 * time.Second, 2_500_000, nil, 150 * ms, 0.8, 0},
	{"a radio link that loses 2 percent", pipe{rate: always(2e6), queue: 300 * ms, loss: 0.02}, 30 * time.Second, 2_500_000, nil, 150 * ms, 0.8, 0},
	{"a radio link that loses 10 percent", pipe{rate: always(2e6), queue: 300 * ms, loss: 0.1}, 40 * time.Second, 2_500_000, nil, 150 * ms, 0.8, 0},
	{"a wide radio link that loses 10 percent, of feedback too", pipe{rate: always(8e6), queue: 300 * ms, loss: 0.1}, 30 * time.Second, 2_500_000,
		func(k *caller) { k.mute = func(time.Duration) bool { return k.dice.IntN(10) == 0 } }, 150 * ms, 0.85, 0},
	{"a radio link that loses in bursts", pipe{rate: always(4e6), queue: 300 * ms, loss: 0.05, burst: 5}, 40 * time.Second, 2_500_000, nil, 150 * ms, 0.8, 0},
	{"a radio link that gathers", pipe{rate: always(2e6), queue: 300 * ms, gathers: 15 * ms}, 30 * time.Second, 2_500_000, nil, 150 * ms, 0.8, 0},
	{"far away", pipe{rate: always(2e6), queue: 500 * ms, way: 150 * ms}, 40 * time.Second, 2_500_000, nil, 150 * ms, 0.8, 0},
	{"feedback that is late and rare", pipe{rate: always(1e6), queue: 500 * ms}, 30 * time.Second, 2_500_000,
		func(k *caller) { k.every = 200 * ms }, 150 * ms, 0.8, 0},
	{"feedback that gets lost", pipe{rate: always(1e6), queue: 500 * ms}, 30 * time.Second, 2_500_000,
		func(k *caller) { k.mute = func(time.Duration) bool { return k.dice.IntN(10) == 0 } }, 150 * ms, 0.8, 0},
}

// TestLinks: after five seconds packets wait little, the link is used, and little is lost but by the link's own fault.
func TestLinks(t *testing.T) {
	for _, r := range links {
		var waits []time.Duration
		var uses, losses []float64
		for seed := range uint64(worlds()) {
			k, p := r.run(seed)
			end := int(r.took / time.Second)
			waits, uses, losses = append(waits, k.p95(5, end)), append(uses, k.use(&p, r.most, 5, end)), append(losses, 1-k.got(5, end)/k.sent(5, end)/(1-p.loss))
		}
		slices.Sort(waits)
		slices.Sort(uses)
		slices.Sort(losses)
		worst, least, lost := waits[len(waits)-1], uses[0], losses[len(losses)-1]
		t.Logf("%-36s p95 %4d ms, at most %4d; use %.2f, at least %.2f; lost by us %.3f, at most %.3f", r.name,
			waits[len(waits)/2].Milliseconds(), worst.Milliseconds(), uses[len(uses)/2], least, losses[len(losses)/2], lost)
		if worst > r.queue || least < r.use || lost > max(r.lost, 0.05) {
			t.Errorf("%s: p95 %v (at most %v), use %.2f (at least %.2f), lost %.2f", r.name, worst, r.queue, least, r.use, lost)
		}
	}
}

// trace is a run in numbers, a line for each second.
func (k *caller) trace() string {
	text := ""
	for i, s := range k.seconds {
		text += fmt.Sprintf("%3d s: target %7.0f sent %7.0f got %7.0f queue %v\n", i, s.target, s.sent, s.got, s.queue.Round(ms))
	}
	return text
}

// TestSteps: 5, 0.3 and again 5 Mbit/s. What is sent is under the link's rate in four seconds, and back in twenty; the queue is gone after
// five, and sound never has to wait for half a second; where the queue is short, more of it is lost, until the far end's first word
// of it is here.
func TestSteps(t *testing.T) {
	for _, k := range []struct{ queue, gap time.Duration }{{2 * time.Second, 500 * ms}, {600 * ms, 600 * ms}, {300 * ms, 600 * ms}} {
		stepped(t, k.gap, trial{took: 60 * time.Second, most: 4_000_000,
			pipe: pipe{rate: steps(5e6, 15*time.Second, 300e3, 35*time.Second, 5e6), queue: k.queue}})
	}
}

func stepped(t *testing.T, gapMost time.Duration, r trial) {
	lateDown, lateUp, gap, queue, least := 0, 0, time.Duration(0), time.Duration(0), 1.0
	for seed := range uint64(worlds()) {
		k, p := r.run(seed)
		down, up, p95 := 0, 0, k.p95(20, 35)
		for i := 15; i < 20; i++ {
			if k.seconds[i].sent > 1.05*300e3 {
				down = i - 15 + 1
			}
		}
		for i := 35; i < 60; i++ {
			if k.seconds[i].got < 0.8*4e6 {
				up = i - 35 + 1
			}
		}
		use := k.use(&p, r.most, 20, 35)
		if down > 4 || up > 20 || p95 > 150*ms || k.gap > gapMost || use < 0.8 {
			t.Errorf("a queue of %v, seed %d: below 300 kbit/s in %d s, above 3.2 Mbit/s in %d s, p95 %v, no sound for %v, use %.2f\n%s",
				r.pipe.queue, seed, down, up, p95, k.gap, use, k.trace())
		}
		lateDown, lateUp, gap, queue, least = max(lateDown, down), max(lateUp, up), max(gap, k.gap), max(queue, p95), min(least, use)
	}
	t.Logf("a queue of %v: below 300 kbit/s in %d s, above 3.2 Mbit/s in %d s, p95 at most %v, no sound for %v, use of the narrow link %.2f",
		r.pipe.queue, lateDown, lateUp, queue, gap, least)
}

// TestCompany: two of ours share a link.
func TestCompany(t *testing.T) {
	var fair, uses []float64
	worst := time.Duration(0)
	for seed := range uint64(worlds()) {
		dice := rand.New(rand.NewPCG(seed, 11))
		p := pipe{rate: always(2e6), queue: 500 * ms, way: time.Duration(10+dice.IntN(40)) * ms}
		a, b := newCaller(2_500_000, dice), newCaller(2_500_000, dice)
		b.begin = 10 * time.Second
		live(&p, 60*time.Second, nil, a, b)
		x, y := a.got(30, 60), b.got(30, 60)
		fair, uses = append(fair, min(x, y)/(x+y)), append(uses, (x+y)/60e6)
		worst = max(worst, a.p95(15, 60))
		if min(x, y)/(x+y) < 0.2 || (x+y)/60e6 < 0.8 || a.p95(15, 60) > 150*ms {
			t.Errorf("seed %d: of two of ours one gets %.0f and one %.0f bit/s, p95 %v\n%s\n%s", seed, x/30, y/30, a.p95(15, 60), a.trace(), b.trace())
		}
	}
	slices.Sort(fair)
	slices.Sort(uses)
	t.Logf("of two the one that gets less gets %.2f, at least %.2f; p95 at most %v; use %.2f, at least %.2f", fair[len(fair)/2], fair[0], worst, uses[len(uses)/2], uses[0])
}

// withFile is a run beside a file that knows nothing but loss, which ends at a time, or never.
func withFile(seed uint64, end time.Duration) (*caller, *greedy) {
	dice := rand.New(rand.NewPCG(seed, 13))
	p := pipe{rate: always(2e6), queue: 200 * ms, way: time.Duration(10+dice.IntN(40)) * ms}
	k, g := newCaller(2_500_000, dice), &greedy{begin: 10 * time.Second, end: end}
	live(&p, 60*time.Second, g, k)
	return k, g
}

// TestBesideAFile: a file drives us out as little as we do it; and when it has gone, so has the queue, soon.
func TestBesideAFile(t *testing.T) {
	var beside, queues []float64
	for seed := range uint64(worlds()) {
		k, g := withFile(seed, 0)
		x, y := k.got(20, 60), 0.0
		for _, bits := range g.got[20:60] {
			y += bits
		}
		beside = append(beside, x/80e6)
		if x/80e6 < 0.15 || y/80e6 < 0.15 || (x+y)/80e6 < 0.8 {
			t.Errorf("seed %d: beside a file %.0f bit/s, and the file %.0f\n%s", seed, x/40, y/40, k.trace())
		}
		k, _ = withFile(seed, 30*time.Second)
		queue := 0
		for i := 30; i < 60; i++ {
			if k.seconds[i].queue > 150*ms {
				queue = i - 30 + 1
			}
		}
		queues = append(queues, float64(queue))
		if x := k.got(40, 60) / 40e6; queue > 20 || x < 0.8 {
			t.Errorf("seed %d: when a file has ended: a queue for %d s, %.2f\n%s", seed, queue, x, k.trace())
		}
	}
	slices.Sort(beside)
	slices.Sort(queues)
	t.Logf("beside a file %.2f, %.2f to %.2f; after it a queue for %.0f s, at most %.0f", beside[len(beside)/2], beside[0], beside[len(beside)-1], queues[len(queues)/2], queues[len(queues)-1])
}

// TestUnused: what is not sent proves nothing, in either direction.
func TestUnused(t *testing.T) {
	r := trial{took: 40 * time.Second, most: 4_000_000, pipe: pipe{rate: always(5e6), queue: 300 * ms},
		change: func(k *caller) {
			k.most = steps(4e6, 10*time.Second, 100e3, 30*time.Second, 4e6)
		}}
	k, _ := r.run(1)
	before, after := k.seconds[9].target, k.seconds[29].target
	if before < 3.5e6 || after < 0.9*before || after > 1.1*before {
		t.Errorf("%.0f becomes %.0f while little is sent\n%s", before, after, k.trace())
	}
	r.change = func(k *caller) { k.most = always(100e3) }
	k, _ = r.run(2)
	for i, s := range k.seconds[5:40] {
		if s.target != k.seconds[5].target {
			t.Errorf("second %d: %.0f becomes %.0f", i+5, k.seconds[5].target, s.target)
		}
	}
	if k.padding > 60_000 {
		t.Errorf("%d bytes of padding, though nobody has use for more", k.padding)
	}
	r.pipe.rate = always(1e6)
	r.change = func(k *caller) { k.most = steps(4e6, 10*time.Second, 100e3) }
	k, _ = r.run(3)
	r.took = 11 * time.Second
	if first, _ := r.run(3); k.padding != first.padding || k.seconds[39].target > 1.1*first.seconds[10].target {
		t.Errorf("%d bytes of padding more while little is sent\n%s", k.padding-first.padding, k.trace())
	}
}

// TestSilence: what is not answered is not sent on and on, and afterwards all is as before.
func TestSilence(t *testing.T) {
	r := trial{took: 40 * time.Second, most: 2_500_000, pipe: pipe{rate: always(3e6), queue: 300 * ms},
		change: func(k *caller) {
			k.mute = func(at time.Duration) bool { return at > 10*time.Second && at < 15*time.Second }
		}}
	k, _ := r.run(3)
	if k.seconds[14].target > 150_000 || k.seconds[30].target < 2_000_000 {
		t.Error(k.trace())
	}
}

// TestRest: a packet that is not answered before a pause is no silence, nor are a few in one.
func TestRest(t *testing.T) {
	c := NewController(100_000, 300_000, 2_500_000)
	now, number := feed(c)
	target := c.Target()
	for _, pause := range []time.Duration{10 * time.Second, 400 * ms, 400 * ms, 400 * ms} {
		c.Sent(number, 1000, now, false)
		number++
		now += pause
		c.Tick(now)
	}
	if c.Target() != target {
		t.Errorf("%d becomes %d while nothing much is sent", target, c.Target())
	}
	for range 40 {
		c.Sent(number, 1000, now, false)
		number++
		now += 20 * ms
		c.Tick(now)
	}
	if got := c.Target(); got > target/2+1 {
		t.Errorf("%d becomes %d in silence", target, got)
	}
}

// TestOurClock: it is the same wherever our clock begins.
func TestOurClock(t *testing.T) {
	r := trial{took: 20 * time.Second, most: 4_000_000, pipe: pipe{rate: steps(3e6, 8*time.Second, 500e3), queue: 300 * ms, loss: 0.02}}
	want, _ := r.run(4)
	for _, zero := range []time.Duration{time.Second, 10_000 * time.Hour} {
		r.change = func(k *caller) { k.zero = zero }
		if k, _ := r.run(4); k.trace() != want.trace() {
			t.Errorf("from %v on:\n%s\nand not\n%s", zero, k.trace(), want.trace())
		}
	}
}

// TestDrift: after a long pause, in which the two clocks have gone apart, nothing is a queue.
func TestDrift(t *testing.T) {
	for _, drift := range []time.Duration{-60 * ms, -30 * ms, 30 * ms, 60 * ms} {
		c := NewController(100_000, 300_000, 2_500_000)
		now, number := feed(c)
		now += 10 * time.Minute
		for range 100 {
			c.Sent(number, 1000, now, false)
			c.Feedback(now+20*ms, []Status{{Number: number, Arrived: time.Hour + now + 10*ms + drift}})
			now += 20 * ms
			number++
		}
		if s := c.Stats(); s.Queue > 0 || s.Impossible > 60 {
			t.Errorf("%v: %+v", drift, s)
		}
	}
}

// longer is a run on a path that becomes longer.
func longer(seed uint64, by time.Duration) *caller {
	dice := rand.New(rand.NewPCG(seed, 5))
	p := pipe{rate: always(3e6), queue: 300 * ms, way: 10 * ms}
	k := newCaller(2_500_000, dice)
	for now := time.Duration(0); now < 50*time.Second; now += ms {
		if now == 15*time.Second {
			p.way += by
		}
		k.step(now, &p)
	}
	return k
}

// TestLonger: a path that becomes longer is no queue for good.
func TestLonger(t *testing.T) {
	for _, by := range []time.Duration{20 * ms, 80 * ms, 200 * ms, 300 * ms} {
		least := 1.0
		for seed := range uint64(worlds() / 4) {
			k := longer(seed, by)
			share := k.got(20, 50) / 30 / 2.5e6
			if least = min(least, share); share < 0.75 {
				t.Errorf("%v longer, seed %d: %.2f\n%s", by, seed, share, k.trace())
			}
		}
		t.Logf("%v longer: %.2f of what there was", by, least)
	}
}

// TestBegin: it begins at 300 kbit/s, and within two seconds it is where the link lets it be.
func TestBegin(t *testing.T) {
	if got := NewController(100_000, 300_000, 2_500_000).Target(); got != 300_000 {
		t.Errorf("it begins at %d", got)
	}
	for seed := range uint64(worlds()) {
		k, _ := trial{took: 4 * time.Second, most: 4_000_000, pipe: pipe{rate: always(8e6), queue: 300 * ms}}.run(seed)
		if k.seconds[1].target < 3_500_000 {
			t.Errorf("seed %d\n%s", seed, k.trace())
		}
	}
}

// feed has a controller send and hear of it, with nothing in the way, until a second has gone by; it returns the time and next number.
func feed(c *Controller) (now time.Duration, number uint16) {
	for range 50 {
		c.Sent(number, 1000, now, false)
		c.Feedback(now+20*ms, []Status{{Number: number, Arrived: time.Hour + now + 10*ms}})
		now += 20 * ms
		number++
	}
	return now, number
}

// TestLies: feedback that can't be changes nothing, and is counted.
func TestLies(t *testing.T) {
	second := time.Second
	for _, k := range []struct {
		name string
		lie  func(now time.Duration, number uint16) []Status
		want ControllerStats
	}{
		{"of what was never sent", func(now time.Duration, n uint16) []Status {
			return []Status{{n, time.Hour + now, false}, {n + 1, time.Hour + now, false}, {n + 30000, time.Hour, true}}
		}, ControllerStats{Unsent: 3}},
		{"what was said", func(now time.Duration, n uint16) []Status {
			return []Status{{n - 1, time.Hour + now, false}, {n - 1, time.Hour + now, true}, {n - 9, 0, false}}
		}, ControllerStats{Repeated: 3}},
		{"a negative time", func(now time.Duration, n uint16) []Status {
			return []Status{{n, -time.Hour, false}, {n, math.MinInt64, false}, {n, -1, false}}
		}, ControllerStats{Impossible: 3, Unsent: 0}},
		{"far away", func(now time.Duration, n uint16) []Status {
			return []Status{{n, 100 * time.Hour, false}, {n, math.MaxInt64, false}, {n, time.Hour + now + 5*second, false}, {n, time.Hour + now - second, false}}
		}, ControllerStats{Impossible: 4}},
	} {
		c := NewController(100_000, 300_000, 2_500_000)
		now, number := feed(c)
		if k.want.Impossible > 0 {
			c.Sent(number, 1000, now, false)
		}
		before := c.Stats()
		if before.Unsent+before.Repeated+before.Impossible > 0 {
			t.Fatalf("%+v before", before)
		}
		c.Feedback(now+50*ms, k.lie(now, number))
		after := c.Stats()
		if after.Unsent != k.want.Unsent || after.Repeated != k.want.Repeated || after.Impossible != k.want.Impossible {
			t.Errorf("%s: %+v", k.name, after)
		}
		if after.Target != before.Target || after.Queue != before.Queue || after.Arriving != before.Arriving {
			t.Errorf("%s: %+v becomes %+v", k.name, before, after)
		}
	}
}

// TestOvertaken: a packet that is missing at first is no loss when it comes, and comes once.
func TestOvertaken(t *testing.T) {
	c := NewController(100_000, 300_000, 2_500_000)
	now, number := feed(c)
	c.Sent(number, 1000, now, false)
	c.Sent(number+1, 1000, now, false)
	c.Feedback(now+50*ms, []Status{{number, 0, true}, {number + 1, time.Hour + now + 10*ms, false}})
	if c.losses.lost != 1 {
		t.Errorf("%d lost", c.losses.lost)
	}
	for range 2 {
		c.Feedback(now+100*ms, []Status{{number, time.Hour + now + 20*ms, false}})
	}
	if s := c.Stats(); c.losses.lost != 0 || s.Repeated != 1 {
		t.Errorf("%d lost, %+v", c.losses.lost, s)
	}
}

// TestAnotherClock: a far end whose clock is set is believed again, after a while, also where some packets get lost.
func TestAnotherClock(t *testing.T) {
	for _, lost := range []int{1000, 10} {
		c := NewController(100_000, 300_000, 2_500_000)
		now, number := feed(c)
		target := c.Target()
		for i := range 500 {
			c.Sent(number, 1000, now, false)
			c.Feedback(now+20*ms, []Status{{Number: number, Arrived: 3*time.Hour + now, Lost: i%lost == 1}})
			now += 20 * ms
			number++
		}
		if s := c.Stats(); s.Impossible < 10 || s.Impossible > 60 || s.Queue > 0 || s.Loss > 0.15 {
			t.Errorf("one of %d lost: %+v", lost, s)
		}
		if c.Target() < target/2 {
			t.Errorf("one of %d lost: %d becomes %d", lost, target, c.Target())
		}
	}
}

func TestLimits(t *testing.T) {
	c := NewController(100_000, 300_000, 2_500_000)
	for _, k := range []struct {
		remb, most, want int
	}{{200_000, 2_500_000, 200_000}, {1, 2_500_000, 100_000}, {0, 2_500_000, 100_000}, {5_000_000, 2_500_000, 100_000}, {5_000_000, 10, 100_000}} {
		c.REMB(k.remb)
		if c.SetMost(k.most); c.Target() != k.want {
			t.Errorf("%+v: %d", k, c.Target())
		}
	}
}

// TestNothingAllocated: not for a packet, and not for feedback.
func TestNothingAllocated(t *testing.T) {
	c := NewController(100_000, 300_000, 2_500_000)
	now, number := feed(c)
	list := make([]Status, 10)
	if n := testing.AllocsPerRun(2000, func() {
		for i := range list {
			c.Sent(number, 1100, now, i%2 == 0)
			list[i] = Status{Number: number, Arrived: time.Hour + now + 10*ms, Lost: i == 5}
			number++
			now += 3 * ms
		}
		c.Probe(now)
		c.Feedback(now, list)
		c.Tick(now)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// garble has a controller hear whatever the bytes make.
func garble(t *testing.T, data []byte) {
	c := NewController(100_000, 300_000, 2_500_000)
	now, number := feed(c)
	for data = data[:min(len(data), 4000)]; len(data) >= 4; {
		op, a, b := data[0], int64(int8(data[1])), int64(int8(data[2]))
		span := time.Duration(1) << min(data[3]&63, 62)
		data = data[4:]
		switch op % 6 {
		case 0, 1:
			c.Sent(number, int(a)*16, now, op&16 != 0)
			number++
		case 2, 3:
			c.Feedback(now, []Status{
				{number - 1 + uint16(b%4), time.Hour + now + time.Duration(a)*span, op&16 != 0},
				{number - uint16(b), time.Hour + now + time.Duration(a)*ms, op&32 != 0},
			})
		case 4:
			now += time.Duration(a) * min(span, time.Second)
			c.Tick(now)
		case 5:
			if p, ok := c.Probe(now); ok && (p.Rate <= 0 || p.Rate > 3_000_000 || p.Bytes <= 0 || p.Bytes > 100_000) {
				t.Fatalf("%+v", p)
			}
		}
		s := c.Stats()
		if s.Target < 100_000 || s.Target > 2_500_000 || s.Queue < 0 || s.Arriving < 0 || s.Sending < 0 || !(s.Loss >= 0 && s.Loss <= 1) || !(s.OwnLoss >= 0 && s.OwnLoss <= 1) {
			t.Fatalf("%+v", s)
		}
		if math.IsNaN(c.target) || math.IsNaN(c.full) {
			t.Fatal("no number")
		}
	}
}

// FuzzFeedback: whatever is said, the target stays where it may be.
func FuzzFeedback(f *testing.F) {
	f.Add([]byte{0, 70, 0, 0, 2, 1, 1, 20, 4, 20, 0, 20})
	f.Fuzz(func(t *testing.T, data []byte) { garble(t, data) })
}

// TestGarbled is the same with dice.
func TestGarbled(t *testing.T) {
	dice := rand.New(rand.NewPCG(5, 6))
	data := make([]byte, 4000)
	for range 50 {
		for i := range data {
			data[i] = byte(dice.Uint32())
		}
		garble(t, data)
	}
}
