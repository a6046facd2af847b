package model

import (
	"fmt"
	"testing"
	"time"

	"parley/call"
)

// crowded is a server of many, half of whom sit in channels, the first ones full.
func crowded(channels, people int) *call.Snapshot {
	d := &call.Directory{Complete: true, Sitting: map[string][]call.Seat{}}
	for i := range channels {
		d.Channels = append(d.Channels, call.Channel{ID: fmt.Sprint("c", i), Name: fmt.Sprint("Channel ", i), Position: i})
	}
	for i := range people {
		id := fmt.Sprint("u", i)
		d.Users = append(d.Users, user(id, fmt.Sprint("Person ", i), []string{"online", "away", "dnd", "offline"}[i%4]))
		if i < people/2 {
			at := fmt.Sprint("c", min(i/8, channels-1))
			d.Sitting[at] = append(d.Sitting[at], call.Seat{User: id, Name: d.Users[i].Name})
		}
	}
	return &call.Snapshot{Link: call.Online, Server: "Big", ServerKey: "k", Self: call.Self{User: "u4999", Name: "Person 4999", Status: "online"}, Directory: d}
}

func crowdedRig() (*Model, Input) {
	in := Input{Now: start, Snapshot: crowded(1000, 5000), Stats: call.Stats{Sound: true}}
	in.Snapshot.Place = call.Place{Phase: call.Joined, Channel: "c999", Since: start}
	for i := range 7 {
		p := peer(fmt.Sprint("u", 4000+i), fmt.Sprint("Person ", 4000+i))
		in.Snapshot.Place.Peers = append(in.Snapshot.Place.Peers, p)
		st := call.PeerStats{User: p.User, Member: p.Member}
		st.Link.RTT, st.Stream.Speaking, st.Stream.Level = 20, true, -20
		in.Stats.Peers = append(in.Stats.Peers, st)
	}
	return New(), in
}

func BenchmarkFirst(b *testing.B) {
	_, in := crowdedRig()
	for b.Loop() {
		New().Update(in)
	}
}

// unchanged draws up Views of one directory.
func unchanged() func() {
	m, in := crowdedRig()
	m.Update(in)
	return func() {
		in.Now = in.Now.Add(tick)
		m.Update(in)
	}
}

func BenchmarkTick(b *testing.B) { benchmark(b, unchanged()) }

// alternating draws up a View of one directory, then of the other, and so on.
func alternating(change func(d *call.Directory)) func() {
	m, in := crowdedRig()
	two := [2]*call.Directory{in.Snapshot.Directory, crowded(1000, 5000).Directory}
	change(two[1])
	m.Update(in)
	i := 0
	return func() {
		i++
		s := *in.Snapshot
		s.Directory = two[i%2]
		in.Snapshot, in.Now = &s, in.Now.Add(tick)
		m.Update(in)
	}
}

func moved(d *call.Directory) {
	d.Users[3000].Name = "Somebody else"
	d.Sitting["c500"] = []call.Seat{{User: "u3000"}}
}

func speaks(d *call.Directory) { d.Sitting["c0"][0].Speaking = true }

// BenchmarkMoved is a new directory each time, in which somebody has moved to another channel and has another name.
func BenchmarkMoved(b *testing.B) { benchmark(b, alternating(moved)) }

// BenchmarkSpeaks is one in which somebody has begun or ceased to speak.
func BenchmarkSpeaks(b *testing.B) { benchmark(b, alternating(speaks)) }

func benchmark(b *testing.B, update func()) {
	b.ReportAllocs()
	for b.Loop() {
		update()
	}
}

func BenchmarkFind(b *testing.B) {
	s := crowded(1000, 5000)
	var f Finder
	for b.Loop() {
		f.Find(s, "pers 49")
	}
}

// The best of some turns is taken, and ten times as long allowed as is meant: the race detector and a busy machine cost that.
func TestUpdateIsCheap(t *testing.T) {
	for name, c := range map[string]struct {
		update func()
		meant  time.Duration
	}{"unchanged": {unchanged(), 100 * time.Microsecond}, "changed": {alternating(moved), 10 * time.Millisecond}} {
		best := time.Hour
		for range 20 {
			begin := time.Now()
			c.update()
			best = min(best, time.Since(begin))
		}
		if best > 10*c.meant {
			t.Errorf("%s: %v an update, meant are %v", name, best, c.meant)
		}
	}
}
