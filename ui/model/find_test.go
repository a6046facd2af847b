package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/call"
)

func toldHits(hits []Hit) string {
	var out []string
	for _, h := range hits {
		out = append(out, flag(h.Channel != "", "#")+flag(h.Call, "(")+h.Name+flag(h.Call, ")")+": "+h.Line)
	}
	return strings.Join(out, "; ")
}

func TestFind(t *testing.T) {
	r := newRig(t)
	r.directory(func(d *call.Directory) {
		d.Users = append([]call.User{user("emile", "Émile Noé", "away"), user("w", "Wren Workman", "online")}, d.Users...)
	})
	r.join(peer("mara", "Mara Lind"))
	for query, want := range map[string]string{
		"":        "#Front porch: Empty; #Workshop: 1 person; #Night shift: Empty; Émile Noé: Away; Wren Workman: Online; Bo: Do not disturb; Kofi: Workshop; Mara Lind: Front porch; Petra N: Away; Sam Reyes: You, Front porch",
		"wor":     "#Workshop: 1 person; Wren Workman: Online; (Call Wren Workman): Online",
		" WREN ":  "Wren Workman: Online; (Call Wren Workman): Online",
		"emile":   "Émile Noé: Away; (Call Émile Noé): Away",
		"ÉMILE":   "Émile Noé: Away; (Call Émile Noé): Away",
		"noe":     "Émile Noé: Away; (Call Émile Noé): Away",
		"porch":   "#Front porch: Empty",
		"shop":    "#Workshop: 1 person",
		"ml":      "Émile Noé: Away; (Call Émile Noé): Away; Mara Lind: Front porch", // letters in order
		"zoe":     "zoe: Offline",
		"xyz":     "",
		"n":       "#Night shift: Empty; Émile Noé: Away; (Call Émile Noé): Away; Petra N: Away; #Front porch: Empty; Wren Workman: Online; Mara Lind: Front porch",
		"call w":  "(Call Wren Workman): Online",
		"call":    "",
		"Call  N": "(Call Émile Noé): Away; (Call Petra N): Away; (Call Wren Workman): Online; (Call Mara Lind): Front porch",
	} {
		equal(t, query, toldHits(new(Finder).Find(r.in.Snapshot, query)), want)
	}
}

func TestFindIsBounded(t *testing.T) {
	s := crowded(1000, 5000)
	for _, query := range []string{"", "e", "channel 99", strings.Repeat("e", 1<<20), strings.Repeat("é", 1<<20)} {
		if hits := new(Finder).Find(s, query); len(hits) > 20 {
			t.Errorf("%d hits", len(hits))
		}
	}
	equal(t, "the exact one first", new(Finder).Find(s, "person 4999")[0].User, "u4999")
	equal(t, "a full one", new(Finder).Find(s, "channel 7")[0].Line, "8 of 8, full")
	equal(t, "nothing to search", len(new(Finder).Find(&call.Snapshot{}, "x")), 0)
}

// A Finder that has searched one directory searches the next one, which has other names.
func TestFindAmongOthers(t *testing.T) {
	s := crowded(10, 50)
	f := NewFinder(s)
	equal(t, "before", len(f.Find(s, "Émile")), 0)
	s.Directory = crowded(10, 50).Directory
	s.Directory.Users[7].Name, s.Directory.Channels[3].Name = "Émile", "Emily's"
	hits := f.Find(s, "emil")
	equal(t, "the channel", hits[0].Channel, "c3")
	equal(t, "the person", hits[1].User, "u7")
	for _, hit := range f.Find(s, "person 7") {
		if hit.User == "u7" {
			t.Errorf("found by the name before: %+v", hit)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("ml", "Mara Lind")
	f.Add("\xff", "a\xffb")
	f.Add(strings.Repeat("x", 63)+"é", "é")
	f.Add("\u0301", "\u0301e")
	f.Fuzz(func(t *testing.T, query, name string) {
		s := &call.Snapshot{Directory: &call.Directory{
			Channels: []call.Channel{{ID: "c", Name: name}}, Users: []call.User{{ID: "u", Name: name, Status: "online"}},
		}}
		hits := new(Finder).Find(s, query)
		for _, h := range hits {
			if h.Name == "" || h.Line == "" || (h.Channel == "") == (h.User == "") {
				t.Fatalf("%+v", h)
			}
		}
		hits = slices.DeleteFunc(hits, func(h Hit) bool { return h.Call })
		if len(query) <= maxQuery && query == name && len(hits) != 2 {
			t.Fatalf("%q does not find itself: %v", name, hits)
		}
	})
}

func TestChoices(t *testing.T) {
	devices := []call.Device{
		{ID: "m1", Name: "Yeti", Default: true}, {ID: "m2", Name: "USB\n headset"}, {ID: "mon", Name: "Monitor of Box", Monitor: true},
		{ID: "m3", Name: "Yeti"}, {ID: "m4", Name: "\u202e"}, {Output: true, ID: "s1", Name: "Box"},
	}
	s := &call.Snapshot{Sound: call.SoundState{Devices: devices}}
	for _, c := range []struct {
		name   string
		output bool
		chosen string
		want   string
	}{
		{"system", false, "", "[Follow the system: Yeti|Yeti|USB headset|Yeti (2)|Unnamed device] [|m1|m2|m3|m4] 0"},
		{"by id", false, "m2", "[Follow the system: Yeti|Yeti|USB headset|Yeti (2)|Unnamed device] [|m1|m2|m3|m4] 2"},
		{"by name, the first", false, "Yeti", "[Follow the system: Yeti|Yeti|USB headset|Yeti (2)|Unnamed device] [|m1|m2|m3|m4] 1"},
		{"a monitor that was chosen", false, "mon", "[Follow the system: Yeti|Yeti|USB headset|Monitor of Box|Yeti (2)|Unnamed device] [|m1|m2|mon|m3|m4] 3"},
		{"gone", true, "old", "[Follow the system|Box|old (not plugged in)] [|s1|old] 2"},
		{"output", true, "", "[Follow the system|Box] [|s1] 0"},
	} {
		labels, ids, selected := Choices(s, c.output, c.chosen)
		equal(t, c.name, fmt.Sprintf("[%s] [%s] %d", strings.Join(labels, "|"), strings.Join(ids, "|"), selected), c.want)
	}
	labels, _, _ := Choices(&call.Snapshot{}, false, "")
	equal(t, "no devices", fmt.Sprint(labels), "[Follow the system]")
}
