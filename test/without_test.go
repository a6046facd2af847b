package test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"parley/test/lab"
)

// withAndWithout runs a test beside a server, and where it is killed on the way. The function that the test gets kills it, or does
// nothing, and the one that this returns brings it back.
func withAndWithout(t *testing.T, test func(w *world, kill func(...*lab.Client) (restart func()))) {
	for name, without := range map[string]bool{"with": false, "without": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0, nil)
			test(w, func(clients ...*lab.Client) func() {
				if !without {
					return func() {}
				}
				if err := w.server.Kill(); err != nil {
					t.Fatal(err)
				}
				for _, c := range clients {
					w.await(c, 0, "lost")
				}
				return func() {
					marks := make([]int, len(clients))
					for i, c := range clients {
						marks[i] = c.Mark()
					}
					w.serve(lab.Command{})
					for i, c := range clients {
						select {
						case <-c.Done():
						default:
							w.await(c, marks[i], "online")
						}
					}
				}
			})
		})
	}
}

// sees waits until somebody's statistics say of another what they should.
func (w *world) sees(who, user, field string, want any) {
	w.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	ctx := w.within(20 * time.Second)
	for {
		list, _ := lines(w.statsOf(who), user)
		if len(list) > 0 && list[len(list)-1][field] == want {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.Fatalf("%s never sees that %s is %v", who, field, want)
		}
	}
}

func (w *world) statsOf(who string) string { return filepath.Join(w.dir, who+".stats") }

// reads waits for a text.
func (w *world) reads(c *lab.Client, mark int, text string) {
	w.Helper()
	_, err := c.Await(w.within(20*time.Second), mark, "text", func(e lab.Event) bool {
		var n struct{ Text string }
		return json.Unmarshal(e.JSON, &n) == nil && n.Text == text
	})
	if err != nil {
		w.Fatal(err)
	}
}

// leaving waits until somebody sees that another leaves by their own will, and says how long after a moment it was.
func (w *world) leaving(c *lab.Client, mark int, event, user string, since time.Time) {
	w.Helper()
	_, err := c.Await(w.within(20*time.Second), mark, event, func(e lab.Event) bool {
		var n struct{ User, Code string }
		return json.Unmarshal(e.JSON, &n) == nil && n.User == user && n.Code == "left"
	})
	if err != nil {
		w.Fatal(err)
	}
	w.Logf("%s seen after %v", event, time.Since(since).Round(time.Millisecond))
}

// never wants that something did not happen.
func (w *world) never(c *lab.Client, mark int, event string) {
	w.Helper()
	if e, err := c.Await(w.within(10*time.Millisecond), mark, event, nil); err == nil {
		w.Errorf("%s", e.JSON)
	}
}

// quiet is one without devices whose statistics are written.
func (w *world) quiet(name string) []string {
	return []string{"--mic", "none", "--speaker", "none", "--stats", w.statsOf(name), "--stats-every", "100ms"}
}

// TestCallWithoutServer: to mute, to write and to hang up reach the other one in a call, whether there is a server or not; and with the
// server that comes back the same two can have another call.
func TestCallWithoutServer(t *testing.T) {
	withAndWithout(t, func(w *world, kill func(...*lab.Client) func()) {
		b := w.visit("answer", "ben", lab.Command{}, append(w.quiet("ben"), "--auto")...)
		w.await(b, 0, "online")
		a := w.visit("call", "ana", lab.Command{}, append(w.quiet("ana"), "ben")...)
		w.await(a, 0, "peer_connected")
		w.await(b, 0, "peer_connected")
		ana, ben := w.user(a), w.user(b)
		restart := kill(a, b)
		w.tell(a, "mute on")
		w.sees("ben", ana, "muted", true)
		w.tell(b, "deafen on")
		w.sees("ana", ben, "deafened", true)
		w.tell(a, "mute off")
		w.sees("ben", ana, "muted", false)
		mark, back := b.Mark(), a.Mark()
		w.tell(a, "say can you  read this?")
		w.reads(b, mark, "can you  read this?")
		w.tell(b, "say yes")
		w.reads(a, back, "yes")
		hung := time.Now()
		if err := a.Tell("hangup"); err != nil {
			w.Fatal(err)
		}
		w.leaving(b, mark, "call_ended", ana, hung)
		if status, err := a.Wait(w.within(20 * time.Second)); status != 0 || err != nil {
			w.Errorf("who hung up ended with status %d, %v\n%s", status, err, a.Stderr())
		}
		w.never(b, mark, "call_missed")
		mark = b.Mark()
		restart()
		a = w.visit("call", "ana", lab.Command{}, append(w.quiet("ana"), "ben")...)
		w.await(a, 0, "peer_connected")
		w.await(b, mark, "peer_connected")
		w.never(b, mark, "call_ended") // of the first, once more
		w.leave(a, b)
	})
}

// TestChannelWithoutServer: the same in a channel of three, where the two who stay have each other as before, once.
func TestChannelWithoutServer(t *testing.T) {
	withAndWithout(t, func(w *world, kill func(...*lab.Client) func()) {
		names := []string{"ana", "ben", "cleo"}
		var clients []*lab.Client
		users := map[string]string{}
		for _, name := range names {
			c := w.client(name, lab.Command{}, w.quiet(name)...)
			w.await(c, 0, "joined")
			clients, users[name] = append(clients, c), w.user(c)
		}
		for _, who := range names {
			for _, other := range names {
				if who != other {
					w.sees(who, users[other], "phase", "connected")
				}
			}
		}
		restart := kill(clients...)
		ana, rest := clients[0], clients[1:]
		marks := []int{rest[0].Mark(), rest[1].Mark()}
		w.tell(ana, "mute on")
		w.tell(ana, "say good night")
		for i, c := range rest {
			w.sees(names[i+1], users["ana"], "muted", true)
			w.reads(c, marks[i], "good night")
		}
		left := time.Now()
		w.leave(ana)
		for i, c := range rest {
			w.leaving(c, marks[i], "peer_left", users["ana"], left)
			marks[i] = c.Mark()
		}
		restart()
		w.tell(rest[0], "say still there?")
		w.reads(rest[1], marks[1], "still there?")
		wait(2) // what the server says of who is there has long come
		for i, c := range rest {
			w.never(c, marks[i], "peer_left")
			w.never(c, marks[i], "peer_joined")
			w.never(c, marks[i], "peer_reconnecting")
			last := w.lastPeers(names[i+1])
			if len(last) != 1 || last[0] != users[names[2-i]] {
				w.Errorf("%s has %v", names[i+1], last)
			}
		}
		w.leave(rest...)
	})
}

// lastPeers are those whom somebody's last statistics tell of.
func (w *world) lastPeers(who string) (users []string) {
	w.Helper()
	list := momentsIn(w.statsOf(who))
	if len(list) == 0 {
		w.Fatalf("%s has no statistics", who)
	}
	for _, p := range list[len(list)-1].Peers {
		users = append(users, p.User)
	}
	return users
}
