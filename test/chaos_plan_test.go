package test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// trouble is what happens to somebody, or to the server, and is over after a while.
type trouble struct {
	kind     *kind
	who      int           // of the places; server: the server
	at, last time.Duration // from the beginning; how long it lasts
	dice     uint64        // what else there is to choose
}

const server = -1

func (t trouble) String() string {
	who := "server"
	if t.who != server {
		who = places6[t.who]
	}
	return fmt.Sprintf("%6.1f s for %4.1f s: %-9s %s", t.at.Seconds(), t.last.Seconds(), who, t.kind.name)
}

// kind is a sort of trouble.
type kind struct {
	name     string
	min, max time.Duration
	to       []string // places; nil: all
	away     bool     // who has it is not there meanwhile, and comes back as one who begins
	begin    func(*chaos, trouble) error
	end      func(*chaos, trouble) error // nil: there is nothing to be undone
}

// places6 are where the people of a chaos sit, one in each.
var places6 = []string{"open", "home", "carrier", "symmetric", "only-443", "six"}

const (
	atServer  = "server"
	returning = 12 * time.Second // how long one who comes back needs a server, at least
)

// plan is what happens within length, the same for the same seed: each kind once, in some order, before any comes again; nobody
// has two troubles at a time, and nobody comes back while there is no server, since a first connection is not tried for long.
func plan(seed uint64, length time.Duration, kinds []kind) (list []trouble) {
	dice := rand.New(rand.NewPCG(seed, 0))
	between := func(from, to time.Duration) time.Duration {
		return from + time.Duration(dice.Int64N(int64(to-from)+1)).Round(100*time.Millisecond)
	}
	free := map[int]time.Duration{}       // when somebody's trouble is over
	var allBack, serverBack time.Duration // when all who were away are there again, and when there is a server
	var deck []int                        // of kinds, that are still to come
	for at := between(0, 2*time.Second); ; at += between(2*time.Second, 4*time.Second) {
		if len(deck) == 0 {
			deck = dice.Perm(len(kinds))
		}
		k := &kinds[deck[0]]
		deck = deck[1:]
		t := trouble{kind: k, who: k.target(dice, free, at), last: between(k.min, k.max), dice: dice.Uint64()}
		at = max(at, free[t.who])
		switch {
		case k.away && t.who == server:
			at = max(at, allBack)
			serverBack = at + t.last
		case k.away:
			at = max(at, serverBack+time.Second)
		}
		if t.at = at; t.at+t.last > length {
			return list
		}
		free[t.who] = t.at + t.last + time.Second
		if k.away && t.who != server {
			free[t.who] += returning
			allBack = max(allBack, free[t.who])
		}
		list = append(list, t)
	}
}

// target is one of those to whom it can happen and who have no other trouble, or else whoever is rid of it first.
func (k *kind) target(dice *rand.Rand, free map[int]time.Duration, at time.Duration) int {
	if slices.Equal(k.to, []string{atServer}) {
		return server
	}
	best := -1
	for _, who := range dice.Perm(len(places6)) {
		if k.to != nil && !slices.Contains(k.to, places6[who]) {
			continue
		}
		if best < 0 || max(free[who], at) < max(free[best], at) {
			best = who
		}
	}
	return best
}

// TestChaosPlan: a seed has one plan, which keeps its rules.
func TestChaosPlan(t *testing.T) {
	kinds := troubles()
	for seed := range uint64(50) {
		list := plan(seed, 10*time.Minute, kinds)
		if again := plan(seed, 10*time.Minute, kinds); fmt.Sprint(list) != fmt.Sprint(again) {
			t.Fatalf("seed %d: %v, and then %v", seed, list, again)
		}
		met := map[string]int{}
		for i, a := range list {
			met[a.kind.name]++
			if i >= 10 && len(met) < 5 {
				t.Errorf("seed %d: ten troubles of %d kinds", seed, len(met))
			}
			if i > 0 && a.at < list[i-1].at || a.at+a.last > 10*time.Minute {
				t.Errorf("seed %d: %v out of its time", seed, a)
			}
			for _, b := range list[:i] {
				over := b.at + b.last
				switch {
				case a.who == b.who && a.at < over:
					t.Errorf("seed %d: %v and %v", seed, b, a)
				case a.kind.away && b.kind.away && a.who == server && b.who != server && a.at < over+returning:
					t.Errorf("seed %d: %v while %v", seed, a, b)
				case a.kind.away && b.kind.away && a.who != server && b.who == server && a.at < over:
					t.Errorf("seed %d: %v while %v", seed, a, b)
				}
			}
		}
		if len(met) != len(kinds) {
			t.Errorf("seed %d: %d of %d kinds: %v", seed, len(met), len(kinds), met)
		}
	}
}
