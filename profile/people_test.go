package profile

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/identity"
)

func TestMeet(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	id, key := somebody(t, 1)
	if _, ok := p.Person(id); ok {
		t.Error("known before")
	}
	if isNew, err := p.Meet(id, key, " Anna\u202e "); !isNew || err != nil {
		t.Errorf("first time: %v, %v", isNew, err)
	}
	want := Person{ID: id, Name: "Anna", FirstSeen: newClock().t, Volume: NormalVolume}
	check := func(when string) {
		t.Helper()
		got, ok := p.Person(id)
		if !ok || !got.Key.Equal(key) || got.Name != want.Name || !got.FirstSeen.Equal(want.FirstSeen) ||
			got.Volume != want.Volume || got.Muted != want.Muted || got.Verified != want.Verified || got.ID != id {
			t.Errorf("%s: %+v, %v, want %+v", when, got, ok, want)
		}
	}
	check("met")
	for _, name := range []string{"Anna", "", "\u200b", "Anne"} {
		if isNew, err := p.Meet(id, key, name); isNew || err != nil {
			t.Errorf("again as %q: %v, %v", name, isNew, err)
		}
	}
	want.Name = "Anne"
	check("renamed")
	want.Volume, want.Muted, want.Verified = 150, true, true
	if err := errors.Join(p.SetVolume(id, 150), p.SetLocalMute(id, true), p.SetVerified(id, true)); err != nil {
		t.Error(err)
	}
	check("changed")
	p, _ = reopen(t, dir, p)
	check("after a restart")
	for percent, is := range map[int]int{-5: 0, 0: 0, 200: 200, 201: 200} {
		if err := p.SetVolume(id, percent); err != nil {
			t.Error(err)
		}
		want.Volume = is
		check(fmt.Sprint("volume ", percent))
	}
}

func TestMeetRefuses(t *testing.T) {
	p := fresh(t)
	id, key := somebody(t, 1)
	other, _ := somebody(t, 2)
	zero := make(identity.PublicKey, 32)
	for name, tt := range map[string]struct {
		id  string
		key identity.PublicKey
	}{
		"another's id": {other, key}, "no id": {"", key}, "no key": {id, nil}, "short key": {id, key[:31]},
		"zero key": {identity.UserID(zero), zero},
	} {
		if isNew, err := p.Meet(tt.id, tt.key, "Anna"); err == nil || isNew {
			t.Errorf("%s: %v, %v", name, isNew, err)
		}
		if _, ok := p.Person(tt.id); ok {
			t.Errorf("%s: is known now", name)
		}
	}
	for name, err := range map[string]error{
		"volume": p.SetVolume(id, 50), "mute": p.SetLocalMute(id, true), "verified": p.SetVerified(id, true),
	} {
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("%s of a stranger: %v, want ErrUnknown", name, err)
		}
	}
	if isNew, err := p.Meet(id, key, "Anna"); !isNew || err != nil {
		t.Errorf("the honest one: %v, %v", isNew, err)
	}
}

func TestPersonIsACopy(t *testing.T) {
	p := fresh(t)
	id, key := somebody(t, 1)
	if _, err := p.Meet(id, key, "Anna"); err != nil {
		t.Fatal(err)
	}
	a, _ := p.Person(id)
	a.Key[0]++
	key[0] += 2
	if b, _ := p.Person(id); b.Key.Equal(a.Key) || b.Key.Equal(key) {
		t.Error("the caller's memory is the profile's")
	}
}

func TestLookalike(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	anna, annaKey := somebody(t, 1)
	if _, err := p.Meet(anna, annaKey, "Anna"); err != nil {
		t.Fatal(err)
	}
	stranger, strangerKey := somebody(t, 2)
	if known, ok := p.Lookalike("Аnnа", stranger); !ok || known.ID != anna || known.Name != "Anna" {
		t.Errorf("stranger: %+v, %v", known, ok)
	}
	if known, ok := p.Lookalike("Anna", anna); ok {
		t.Errorf("Anna looks like %+v", known)
	}
	for _, name := range []string{"Hanna", "", "\u200b"} {
		if known, ok := p.Lookalike(name, stranger); ok {
			t.Errorf("%q looks like %+v", name, known)
		}
	}
	// The older acquaintance is named, and a verified one before all.
	if _, err := p.Meet(stranger, strangerKey, "Anna"); err != nil {
		t.Fatal(err)
	}
	p.people[stranger].value.FirstSeen = p.people[anna].value.FirstSeen.Add(time.Hour)
	third, _ := somebody(t, 3)
	if known, ok := p.Lookalike("anna", third); !ok || known.ID != anna {
		t.Errorf("of two: %+v, %v", known, ok)
	}
	if err := p.SetVerified(stranger, true); err != nil {
		t.Fatal(err)
	}
	if known, ok := p.Lookalike("anna", third); !ok || known.ID != stranger {
		t.Errorf("of two, one verified: %+v, %v", known, ok)
	}
	// A new name is looked at from then on, after a restart too.
	if _, err := p.Meet(anna, annaKey, "Marc"); err != nil {
		t.Fatal(err)
	}
	p, _ = reopen(t, dir, p)
	if known, ok := p.Lookalike("rnarc", third); !ok || known.ID != anna {
		t.Errorf("renamed: %+v, %v", known, ok)
	}
}

func TestStrangersMakeRoomForEachOther(t *testing.T) {
	p := fresh(t)
	at := newClock()
	for i := range maxPeople { // in memory: thousands of saves would be slow
		id := fmt.Sprint(i)
		k := newKnown(id)
		k.value.FirstSeen = at.t.Add(time.Duration(i) * time.Second)
		k.value.Verified = i >= maxPeople-2
		k.value.Muted = i == maxPeople-3
		k.value.Volume -= i % 2
		p.people[id] = k
	}
	id, key := somebody(t, 1)
	if isNew, err := p.Meet(id, key, "Anna"); !isNew || err != nil {
		t.Errorf("one more: %v, %v", isNew, err)
	}
	_, gone := p.Person(fmt.Sprint(maxPeople - 4))
	_, first := p.Person("0")
	if len(p.people) != maxPeople || gone || !first {
		t.Errorf("%d people; the last stranger is there: %v; the first: %v", len(p.people), gone, first)
	}
	for _, k := range p.people {
		k.value.Muted = true
	}
	id, key = somebody(t, 2)
	if _, err := p.Meet(id, key, "Ben"); !errors.Is(err, ErrFull) {
		t.Errorf("no strangers left: %v, want ErrFull", err)
	}
}

func TestServers(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	at := newClock()
	p.now = at.now
	var keys []string
	for i := range 3 {
		_, pub := somebody(t, i)
		keys = append(keys, identity.FormatKey(pub))
		s := Server{Key: keys[i], URL: "https://user:pw@talk.example:7000/x?t=1#secret", Mode: identity.Native, Name: "Talk\x00"}
		if err := p.UseServer(s); err != nil {
			t.Fatal(err)
		}
		at.t = at.t.Add(time.Minute)
	}
	if err := errors.Join(p.UseServer(Server{Key: keys[0], URL: "http://127.0.0.1:7000", Mode: identity.Web}),
		p.ForgetServer(keys[1]), p.ForgetServer(keys[1])); err != nil {
		t.Error(err)
	}
	p, _ = reopen(t, dir, p)
	want := []Server{
		{Key: keys[0], URL: "http://127.0.0.1:7000", Mode: identity.Web, LastUsed: at.t},
		{Key: keys[2], URL: "https://talk.example:7000/x", Mode: identity.Native, Name: "Talk", LastUsed: at.t.Add(-time.Minute)},
	}
	if got := p.Servers(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestServerRefused(t *testing.T) {
	p := fresh(t)
	_, pub := somebody(t, 1)
	good := Server{Key: identity.FormatKey(pub), URL: "https://a.example", Mode: identity.Native}
	for name, change := range map[string]func(*Server){
		"key": func(s *Server) { s.Key = "x" }, "mode": func(s *Server) { s.Mode = "" },
		"no address": func(s *Server) { s.URL = "" }, "no host": func(s *Server) { s.URL = "https:///x#secret" },
		"bad address": func(s *Server) { s.URL = "https://[::#secret" },
		"long":        func(s *Server) { s.URL += "/" + strings.Repeat("a", maxURL) },
	} {
		s := good
		change(&s)
		if err := p.UseServer(s); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(p.Servers()) != 0 {
		t.Errorf("kept: %v", p.Servers())
	}
	if err := p.UseServer(good); err != nil {
		t.Error(err)
	}
}

func TestTooManyServers(t *testing.T) {
	p := fresh(t)
	at := newClock()
	p.now = at.now
	for i := range maxServers {
		key := fmt.Sprint(i)
		p.servers[key] = &keeping[Server]{value: Server{Key: key, LastUsed: at.t.Add(time.Duration(i) * time.Second)}}
	}
	at.t = at.t.Add(time.Hour)
	_, pub := somebody(t, 1)
	if err := p.UseServer(Server{Key: identity.FormatKey(pub), URL: "https://a.example", Mode: identity.Web}); err != nil {
		t.Fatal(err)
	}
	if list := p.Servers(); len(list) != maxServers || list[0].Name != "" || list[len(list)-1].Key != "1" {
		t.Errorf("%d servers, last %+v", len(list), list[len(list)-1])
	}
}
