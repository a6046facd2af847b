package hotkey

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// read takes out all that is there.
func read(q *queue) (all []Event) {
	for {
		synctest.Wait()
		select {
		case e := <-q.C():
			all = append(all, e)
		default:
			return all
		}
	}
}

func TestQueueOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		defer q.close()
		for _, e := range []Event{
			{ID: "a"}, {ID: "a", Down: true}, {ID: "b", Down: true}, {ID: "a", Down: true}, {ID: "a"}, {ID: "a"}, {ID: "b"},
		} {
			q.put(e)
		}
		got := read(q)
		now := time.Now() // which stands still
		want := []Event{{"a", true, now}, {"b", true, now}, {"a", false, now}, {"b", false, now}}
		if len(got) != len(want) {
			t.Fatalf("%v, want %v", got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%d: %v, want %v", i, got[i], want[i])
			}
		}
	})
}

// Whatever is put in while nobody reads, turns come out and the newest state at the end, and what waits has a bound.
func TestQueueFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seed, 2))
			q := newQueue()
			want, got := map[string]bool{}, map[string]bool{}
			for range 5000 {
				e := Event{ID: strconv.Itoa(r.IntN(6)), Down: r.IntN(2) == 0}
				q.put(e)
				want[e.ID] = e.Down
				q.mu.Lock()
				n := len(q.waiting)
				q.mu.Unlock()
				if n > maxQueue {
					t.Fatalf("%d wait", n)
				}
				if r.IntN(50) == 0 {
					e := <-q.C()
					if got[e.ID] == e.Down {
						t.Fatalf("seed %d: %v twice", seed, e)
					}
					got[e.ID] = e.Down
				}
			}
			for _, e := range read(q) {
				if got[e.ID] == e.Down {
					t.Fatalf("seed %d: %v twice", seed, e)
				}
				got[e.ID] = e.Down
			}
			for id, down := range want {
				if got[id] != down {
					t.Errorf("seed %d: %s is down: %v, want %v", seed, id, got[id], down)
				}
			}
			q.close()
		}
	})
}

func TestQueueClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		q.put(Event{ID: "a", Down: true}) // which nobody reads
		synctest.Wait()
		q.close()
		q.close()
		q.put(Event{ID: "a"})
		for range q.C() { // ends
		}
	})
}
