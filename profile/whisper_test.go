package profile

import (
	"errors"
	"slices"
	"testing"

	"parley/identity"
)

// Whom the key for whispers is for outlives what the engine keeps of a person, and the program; a stranger it can't be for.
func TestWhisperTo(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	var ids []string
	var keys []identity.PublicKey
	for i := range 3 {
		id, key := somebody(t, i+1)
		ids, keys = append(ids, id), append(keys, key)
		if err := p.Keep(Person{ID: id, Key: key, Name: "Somebody", Volume: NormalVolume, Whisper: true}); err != nil {
			t.Fatal(err)
		}
	}
	if list := p.WhisperTo(); len(list) != 0 {
		t.Errorf("Keep has chosen %v", list)
	}
	for _, i := range []int{2, 0} {
		if err := p.SetWhisper(ids[i], true); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.SetWhisper("nobody", true); !errors.Is(err, ErrUnknown) {
		t.Errorf("a stranger is chosen: %v", err)
	}
	if err := p.Keep(Person{ID: ids[0], Key: keys[0], Name: "Another name", Volume: 50}); err != nil {
		t.Fatal(err)
	}
	want := []string{ids[0], ids[2]}
	slices.Sort(want)
	p, _ = reopen(t, dir, p)
	if list := p.WhisperTo(); !slices.Equal(list, want) {
		t.Errorf("%v, want %v", list, want)
	}
	if v, _ := p.Person(ids[0]); !v.Whisper || v.Volume != 50 {
		t.Errorf("%+v", v)
	}
	if err := p.SetWhisper(ids[0], false); err != nil || !slices.Equal(p.WhisperTo(), ids[2:]) {
		t.Errorf("%v, %v", p.WhisperTo(), err)
	}
}

// Whoever was chosen is not pushed out by strangers.
func TestWhisperIsADecision(t *testing.T) {
	if v := (Person{Volume: NormalVolume, Whisper: true}); !v.decided() {
		t.Error("it is none")
	}
}
