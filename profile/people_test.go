package profile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/identity"
)

func TestKeep(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	id, key := somebody(t, 1)
	if _, ok := p.Person(id); ok {
		t.Error("known before")
	}
	if err := meet(p, id, key, " Anna\u202e "); err != nil {
		t.Errorf("first time: %v", err)
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
		if err := meet(p, id, key, name); err != nil {
			t.Errorf("again as %q: %v", name, err)
		}
	}
	want.Name = "Anne"
	check("renamed")
	want.Volume, want.Muted, want.Verified = 150, true, true
	if err := p.Keep(Person{ID: id, Key: key, Verified: true, Volume: 150, Muted: true}); err != nil {
		t.Error(err)
	}
	check("changed")
	p, _ = reopen(t, dir, p)
	check("after a restart")
	for percent, is := range map[int]int{-5: 0, 0: 0, 200: 200, 201: 200} {
		if err := p.Keep(Person{ID: id, Key: key, Verified: true, Volume: percent, Muted: true}); err != nil {
			t.Error(err)
		}
		want.Volume = is
		check(fmt.Sprint("volume ", percent))
	}
}

// One about whom something was decided before they were met is nobody's namesake, and is first seen when they are met.
func TestKeepUnmet(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	at := newClock()
	p.now = at.now
	id, key := somebody(t, 1)
	keep := func(v Person) Person {
		t.Helper()
		v.ID, v.Key = id, key
		if err := p.Keep(v); err != nil {
			t.Fatal(err)
		}
		got, _ := p.Person(id)
		return got
	}
	keep(Person{Unmet: true, Volume: NormalVolume})
	if len(p.People()) != 0 {
		t.Error("a stranger is kept for nothing")
	}
	keep(Person{Unmet: true, Name: "Anna", Volume: 35})
	p, _ = reopen(t, dir, p)
	p.now = at.now
	if got, ok := p.Person(id); !ok || !got.Unmet || got.Name != "" || got.Volume != 35 || len(p.Named("Anna")) != 0 {
		t.Errorf("a stranger: %+v, %v", got, ok)
	}
	if _, ok := p.Lookalike("Anna", "x"); ok {
		t.Error("somebody looks like a stranger")
	}
	at.t = at.t.Add(time.Hour)
	if got := keep(Person{Name: "Anna", Volume: 35}); got.Unmet || got.Name != "Anna" || !got.FirstSeen.Equal(at.t) {
		t.Errorf("met: %+v", got)
	}
	if got := keep(Person{Unmet: true, Volume: NormalVolume}); got.Unmet || got.Name != "Anna" || got.Volume != NormalVolume {
		t.Errorf("unmet again: %+v", got)
	}
}

func TestKeepRefuses(t *testing.T) {
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
		if err := meet(p, tt.id, tt.key, "Anna"); err == nil {
			t.Errorf("%s: was kept", name)
		}
		if _, ok := p.Person(tt.id); ok {
			t.Errorf("%s: is known now", name)
		}
	}
	if err := p.SetVerified(id, true); !errors.Is(err, ErrUnknown) {
		t.Errorf("a stranger is verified: %v, want ErrUnknown", err)
	}
	if err := meet(p, id, key, "Anna"); err != nil {
		t.Errorf("the honest one: %v", err)
	}
}

func TestPersonIsACopy(t *testing.T) {
	p := fresh(t)
	id, key := somebody(t, 1)
	if err := meet(p, id, key, "Anna"); err != nil {
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
	if err := meet(p, anna, annaKey, "Anna"); err != nil {
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
	if err := meet(p, stranger, strangerKey, "Anna"); err != nil {
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
	if err := meet(p, anna, annaKey, "Marc"); err != nil {
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
	if err := meet(p, id, key, "Anna"); err != nil {
		t.Errorf("one more: %v", err)
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
	if err := meet(p, id, key, "Ben"); !errors.Is(err, ErrFull) {
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

// Whoever says again what is known already does not make the disk work.
func TestWhatHasNotChangedIsNotWritten(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	id, key := somebody(t, 1)
	v := Person{ID: id, Key: key, Name: "Anna", Volume: 80, Muted: true}
	if err := errors.Join(p.Keep(v), p.Update(func(s *Settings) { s.Name = "Ben" })); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, peopleFile)
	written := func(name string, err error) bool {
		t.Helper()
		_, e := os.Stat(path)
		if err != nil || e != nil && !errors.Is(e, fs.ErrNotExist) {
			t.Fatalf("%s: %v, %v", name, err, e)
		}
		if e == nil {
			e = os.Remove(path)
		}
		return e == nil
	}
	if !written("met", nil) {
		t.Error("met: not written")
	}
	nameless := v
	nameless.Name = " "
	for name, err := range map[string]error{
		"the same": p.Keep(v), "without a name": p.Keep(nameless), "not verified": p.SetVerified(id, false),
		"settings": p.Update(func(s *Settings) {}),
	} {
		if written(name, err) {
			t.Errorf("%s: written", name)
		}
	}
	for name, change := range map[string]func(){
		"name": func() { v.Name = "Anne" }, "volume": func() { v.Volume = 81 }, "mute": func() { v.Muted = false },
		"verified": func() { v.Verified = true },
	} {
		change()
		if !written(name, p.Keep(v)) {
			t.Errorf("%s: not written", name)
		}
	}
	if got, _ := p.Person(id); !got.FirstSeen.Equal(newClock().t) || got.Name != "Anne" {
		t.Errorf("kept: %+v", got)
	}
}

// While one change is being written, whoever only reads is served.
func TestReadersDoNotWaitForTheDisk(t *testing.T) {
	p := fresh(t)
	id, key := somebody(t, 1)
	if err := meet(p, id, key, "Anna"); err != nil {
		t.Fatal(err)
	}
	slow := slowFile{started: make(chan struct{}), finish: make(chan struct{})}
	saved := make(chan error, 2)
	go func() { saved <- p.change(serversFile, func() (any, error) { return slow, nil }) }()
	<-slow.started
	go func() { saved <- p.SetVerified(id, true) }() // this one has to wait for its turn
	read := make(chan struct{})
	go func() {
		p.Person(id)
		p.Lookalike("Anna", "x")
		p.Named("Anna")
		p.Settings()
		p.Servers()
		close(read)
	}()
	select {
	case <-read:
	case <-time.After(10 * time.Second):
		t.Error("readers wait for the disk")
	}
	if len(saved) != 0 {
		t.Error("the second change overtook the first")
	}
	close(slow.finish)
	if err := errors.Join(<-saved, <-saved); err != nil {
		t.Error(err)
	}
	if v, _ := p.Person(id); !v.Verified {
		t.Error("the second change is lost")
	}
}

// slowFile takes as long to be written as the test likes.
type slowFile struct{ started, finish chan struct{} }

func (s slowFile) MarshalJSON() ([]byte, error) {
	close(s.started)
	<-s.finish
	return []byte("{}"), nil
}
