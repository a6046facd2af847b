package mesh

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pion/transport/v4/vnet"
)

func told(e *end, about, want string) {
	e.w.t.Helper()
	if got := await[Told](e, about); string(got.Data) != want {
		e.w.t.Fatalf("%s was told %.40q, not %.40q", e.name, got.Data, want)
	}
}

// What is told comes in order, also what was told before there was anybody, and never before Connected.
func TestTell(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{MinDelay: 5 * time.Millisecond})
	e := w.add("a", "b")
	a, b := e[0], e[1]
	w.start()
	a.Tell(id("b"), []byte("to nobody yet"))
	join(a, b, Options{})
	a.Tell(id("b"), []byte("early"))
	for _, way := range [][2]*end{{a, b}, {b, a}} {
		for {
			ev := way[0].next(way[1].name)
			if _, ok := ev.(Told); ok {
				t.Fatal("told before Connected")
			}
			if _, ok := ev.(Connected); ok {
				break
			}
		}
	}
	text := []byte("first")
	a.Tell(id("b"), text)
	copy(text, "xxxxx")
	a.Tell(id("b"), nil)
	a.Tell(id("b"), bytes.Repeat([]byte("x"), maxWord+1))
	long := strings.Repeat("y", maxWord)
	a.Tell(id("b"), []byte(long))
	b.Tell(id("a"), []byte("back"))
	told(b, "a", "early")
	told(b, "a", "first")
	told(b, "a", long)
	told(a, "b", "back")
	a.Offer(id("b"), 2, true, nil)
	connected(a, b)
	a.Tell(id("b"), []byte("after a restart"))
	told(b, "a", "after a restart")
}

// A word right before Close arrives, and neither keeps Close from returning at once.
func TestLastWord(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{MinDelay: 30 * time.Millisecond})
	e := w.add("a", "b")
	a, b := e[0], e[1]
	w.start()
	defer a.talk()()
	for i := range 3 {
		join(a, b, Options{})
		connected(a, b)
		if i == 0 { // else at once: the channel itself may not be open yet
			b.hears("a", 30)
		}
		begin := time.Now()
		a.Tell(id("b"), fmt.Append(nil, "bye ", i))
		a.Close(id("b"))
		if d := time.Since(begin); d > farewell/2 {
			t.Errorf("Close took %v", d)
		}
		if i == 0 {
			told(b, "a", "bye 0")
			awaitLeft(b, "a")
		}
		b.Close(id("a"))
		a.quiet()
		b.quiet()
		a.Offer(id("b"), 99, false, nil)
	}
}

// A far end that does not answer any more delays nothing for long.
func TestLastWordToNobody(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{})
	e := w.add("a", "b")
	w.start()
	join(e[0], e[1], Options{})
	connected(e[0], e[1])
	w.parted.Store(true)
	e[0].Tell(id("b"), []byte("bye"))
	begin := time.Now()
	e[0].Shutdown()
	if d := time.Since(begin); d < farewell || d > farewell+5*time.Second {
		t.Errorf("Shutdown took %v", d)
	}
}

// A far end that tells without end, at length, or in bytes that are no text: some of it comes, and the call goes on.
func TestFloodOfWords(t *testing.T) {
	leakless(t)
	w := newWorld(t, vnet.RouterConfig{})
	w.tamper = func(from, to string, ev Event) []Event {
		if d, ok := ev.(LocalDescription); ok && to == "b" {
			d.SDP = strings.ReplaceAll(d.SDP, "max-message-size:65536", "max-message-size:10000000")
			ev = d
		}
		return []Event{ev}
	}
	e := w.add("a", "b")
	a, b := e[0], e[1]
	w.start()
	defer a.talk()()
	defer b.talk()()
	join(a, b, Options{})
	connected(a, b)
	b.Tell(id("a"), []byte("open"))
	told(a, "b", "open")
	channel := b.find(id("a")).words.channel
	send := func(data []byte) {
		if err := channel.Send(data); err != nil {
			t.Fatal(err)
		}
	}
	send([]byte{0, 0xff, 0xfe})
	send(nil)
	send(make([]byte, maxWord+1))
	send(make([]byte, 60_000))
	told(a, "b", "\x00\xff\xfe")
	begin := time.Now()
	for range 3000 {
		send([]byte("again"))
	}
	send(make([]byte, 200_000)) // more than is read at all: the channel ends by it
	a.forget()
	b.forget()
	a.hears("b", 50)
	b.hears("a", 50)
	lasted := time.Since(begin)
	n := 0
	for len(a.events) > 0 {
		if _, ok := (<-a.events).(Told); ok {
			n++
		}
	}
	if most := maxTold + int(lasted/wordGap) + 1; n == 0 || n > most {
		t.Errorf("told %d times in %v", n, lasted)
	}
	a.Tell(id("b"), []byte("nobody listens")) // nothing comes of it
	a.hears("b", 20)
}

// Nothing is taken of a far end that is not trusted yet.
func TestListenWaitsForTrust(t *testing.T) {
	_, peers := sinks(t, 2)
	never, later := peers[0], peers[1]
	over := make(chan struct{})
	go func() {
		defer close(over)
		never.listen([]byte("x"), newAllowance(time.Now()))
		later.listen([]byte("x"), newAllowance(time.Now()))
	}()
	never.close()
	close(later.trusted)
	<-over
	if n := len(never.queue.take()); n != 0 {
		t.Error("told by somebody who was never trusted")
	}
	if n := len(later.queue.take()); n != 1 {
		t.Errorf("told %d times", n)
	}
}

func TestWordsAreBounded(t *testing.T) {
	w := newWords()
	for i := range 3 * maxWords {
		w.put([]byte{byte(i)})
	}
	for i := 2 * maxWords; i < 3*maxWords; i++ {
		if got := w.take(); len(got) != 1 || got[0] != byte(i) {
			t.Fatalf("%v, not the latest", got)
		}
	}
	if w.take() != nil || w.wait() {
		t.Error("more than was kept")
	}
	long := make([]byte, maxWord)
	for i := range 20 {
		long[0] = byte(i)
		w.put(long)
	}
	for i := 20 - maxUnsaid/maxWord; i < 20; i++ {
		if got := w.take(); len(got) != maxWord || got[0] != byte(i) {
			t.Fatalf("%d bytes, not the latest long ones", len(got))
		}
	}
	if w.take() != nil || w.bytes != 0 {
		t.Errorf("%d bytes more than were kept", w.bytes)
	}
}

func TestAllowance(t *testing.T) {
	now := time.Now()
	a := newAllowance(now)
	taken := func(at time.Time) (n int) {
		for a.take(at, 1) {
			n++
		}
		return n
	}
	for i, c := range []struct {
		after time.Duration
		want  int
	}{{0, maxTold}, {wordGap - 1, 0}, {wordGap, 1}, {4 * wordGap, 3}, {time.Hour, maxTold}, {time.Hour, 0}} {
		if n := taken(now.Add(c.after)); n != c.want {
			t.Errorf("%d: %d, not %d", i, n, c.want)
		}
	}
}

// A heap of long ones is bounded by its bytes.
func TestAllowanceOfBytes(t *testing.T) {
	now := time.Now()
	a := newAllowance(now)
	for i, c := range []struct {
		after time.Duration
		want  int
	}{{0, maxHeap / maxWord}, {time.Second / 4, 0}, {time.Second, 2}, {time.Hour, maxHeap / maxWord}} {
		n := 0
		for a.take(now.Add(c.after), maxWord) {
			n++
		}
		if n != c.want {
			t.Errorf("%d: %d, not %d", i, n, c.want)
		}
	}
}
