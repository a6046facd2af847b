package test

import (
	"context"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	daemon "parley/server"
	"parley/test/lab"
	"parley/test/netlab"
)

// TestClockJump: the server's clock goes an hour forward, and back again, while two talk by its relay. They hear each other all the
// time, and somebody new is heard by both as before.
func TestClockJump(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	w := newWorld(t, 0, nil)
	w.server.Close()
	srv, err := daemon.New(daemon.Config{
		Dir: filepath.Join(w.dir, "jumps"), Listen: "127.0.0.1:0", RelayListen: "127.0.0.1:0",
		RelayAllow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Now:        func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	w.server.Ready.Invite = srv.Ready().Invite
	x := (&stayers{world: w, hosts: [2]*netlab.Host{{}, {}}}).meet("--always-relay")
	for i, jump := range []time.Duration{time.Hour, 0} {
		begin, marks := x.now(), [2]int{x.clients[0].Mark(), x.clients[1].Mark()}
		ahead.Store(int64(jump))
		wait(3)
		name := lab.Letter(2 + i)
		c := x.client(name, lab.Command{}, plain("--play", x.voice(0), "--loop", "--speaker", "none", "--always-relay", "--stats", x.stats(2+i))...)
		user := x.user(c)
		for k, old := range x.clients {
			x.await(old, marks[k], "first_sound")
			if _, relay := x.relayedBy(x.stats(2+i), x.users[k]); !relay {
				t.Errorf("%s is not relayed to %s", name, lab.Letter(k))
			}
			if _, relay := x.relayedBy(x.stats(k), user); !relay {
				t.Errorf("%s is not relayed to %s", lab.Letter(k), name)
			}
			if list := x.moments(k); len(list[len(list)-1].Peers) != 2 {
				t.Errorf("%s has %+v", lab.Letter(k), list[len(list)-1].Peers)
			}
		}
		x.leave(c)
		for k, old := range x.clients {
			x.await(old, marks[k], "peer_left")
			for _, event := range []string{"lost", "peer_reconnecting"} {
				if _, err := old.Await(x.within(10*time.Millisecond), marks[k], event, nil); err == nil {
					t.Errorf("%s says %s", lab.Letter(k), event)
				}
			}
		}
		for k, end := range x.now() {
			if gap := x.gap(k, begin[k], end); gap > time.Second {
				t.Errorf("%s heard nothing for %v", lab.Letter(k), gap)
			}
		}
	}
	x.finish()
}
