package call

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"parley/call/mesh"
	"parley/wire"
)

func (r *rig) self() Self { return r.s.snapshot(time.Time{}, &Directory{}, nil, 0).Self }

func (r *rig) view(p someone) (out Peer) {
	for _, v := range r.s.snapshot(time.Time{}, &Directory{}, nil, 0).Place.Peers {
		if v.User == p.member.User {
			out = v
		}
	}
	return out
}

// Both keys end with everything that ends them, and open nothing where one is not in a place.
func TestHeldKeysEnd(t *testing.T) {
	command := func(list ...Command) func(*rig) {
		return func(r *rig) {
			for _, c := range list {
				r.cmd(c, 0)
			}
		}
	}
	for name, end := range map[string]func(*rig){
		"released": command(Prioritize{}, Whisper{}), "leave": command(Leave{}), "mute": command(Mute{true}), "deafen": command(Deafen{true}),
		"disconnect": command(Disconnect{}), "another server": func(r *rig) { r.cmd(Connect{Link: r.s.address.String(), Name: "Me"}, 0) },
	} {
		r := newRig(t)
		r.watch = &consent{}
		others := r.crowd(2)
		r.cmd(Prioritize{true}, 0)
		did := r.cmd(Whisper{[]string{others[0].member.User}}, 0)
		if f := first[setSpeech](t, did); !f.priority || f.whisper == 0 || !slices.Equal(f.users, []string{others[0].member.User}) {
			t.Fatalf("%+v", f)
		}
		end(r)
		if s := r.self(); s.Priority || len(s.Whisper) > 0 || s.Unheard {
			t.Errorf("%s: %+v", name, s)
		}
	}
	r := newRig(t)
	for _, c := range []Command{Prioritize{true}, Whisper{[]string{"x"}}} {
		if did := r.cmd(c, 3); wire.CodeOf(first[finish](t, did).err) != wire.BadOrder || count[setSpeech](did) > 0 {
			t.Errorf("%+v in no place: %v", c, kinds(did))
		}
	}
	for _, c := range []Command{Prioritize{}, Whisper{}} { // a key that comes up late
		if did := r.cmd(c, 3); first[finish](t, did).err != nil || count[setSpeech](did) > 0 {
			t.Errorf("%+v in no place: %v", c, kinds(did))
		}
	}
}

// Another channel, another call, being sent away: the keys end with the place.
func TestHeldKeysEndWithThePlace(t *testing.T) {
	for name, end := range map[string]func(r *rig, a someone){
		"another channel": func(r *rig, _ someone) {
			member := "5" + "1111111111111111111111111111111"
			r.on(commanded{cmd: Join{games}, member: member, nonce: r.me.member.Nonce})
			r.on(replied{tag{purpose: forJoin, member: member}, &wire.Roster{Channel: games, Seq: 1}})
		},
		"a call": func(r *rig, a someone) { r.knows(a); r.called(a) },
		"kicked": func(r *rig, _ someone) {
			r.on(received{&wire.MemberLeft{Channel: hall, Seq: 2, Member: r.me.member.Address, Reason: wire.LeftKicked}})
		},
		"the channel is removed": func(r *rig, _ someone) { r.on(received{&wire.ChannelRemoved{Channel: hall}}) },
	} {
		r := newRig(t)
		r.watch = &consent{}
		others := r.crowd(2)
		r.cmd(Whisper{[]string{others[0].member.User}}, 0)
		r.cmd(Prioritize{true}, 0)
		end(r, others[1])
		if s := r.self(); s.Priority || len(s.Whisper) > 0 {
			t.Errorf("%s: %+v, %v", name, s, r.s.place.phase)
		}
	}
}

// To is ids or names, and what is wrong with them is said in words.
func TestWhisperTo(t *testing.T) {
	r := newRig(t)
	r.watch = &consent{}
	others := r.crowd(2)
	twin, other := person(t, "Twin", '2'), person(t, "Other", '3')
	r.knows(others...)
	r.knows(twin)
	other.member.Name = "Twin"
	r.knows(other)
	held := person(t, "Held", '8')
	r.comes(2, held, Person{New: true, Like: "Anna"})
	for i, want := range map[string]wire.Code{
		"Nobody": wire.NotFound, "Twin": wire.NotFound, r.me.member.User: wire.NotFound, held.member.User: wire.BadOrder, "": wire.NotFound,
	} {
		did := r.cmd(Whisper{[]string{others[0].member.User, i}}, 3)
		if err := first[finish](t, did).err; wire.CodeOf(err) != want || count[setSpeech](did) > 0 {
			t.Errorf("%q: %v", i, err)
		}
	}
	// Who has an id for a name is not the one with that id.
	gone, liar := person(t, "Gone", '5'), person(t, "Liar", '6')
	liar.member.Name = gone.member.User
	r.knows(liar)
	if f := first[setSpeech](t, r.cmd(Whisper{[]string{gone.member.User}}, 3)); !slices.Equal(f.users, []string{gone.member.User}) || !r.self().Unheard {
		t.Errorf("somebody who is not of this server: %+v, %+v", f, r.self())
	}
	if err := first[finish](t, r.cmd(Call{User: gone.member.User}, 3)).err; wire.CodeOf(err) != wire.NotFound {
		t.Errorf("a call of somebody who is not of this server: %v", err)
	}
	many := make([]string, maxWhisper+1)
	if err := first[finish](t, r.cmd(Whisper{many}, 3)).err; wire.CodeOf(err) != wire.BadMessage {
		t.Errorf("too many: %v", err)
	}
	did := r.cmd(Whisper{[]string{"Person0", others[0].member.User, twin.member.User}}, 3)
	want := []string{others[0].member.User, twin.member.User}
	slices.Sort(want)
	if f := first[setSpeech](t, did); !slices.Equal(f.users, want) {
		t.Errorf("%+v", f)
	}
	before := r.s.whispers
	if did := r.cmd(Whisper{[]string{twin.member.User, "Person0"}}, 3); count[setSpeech](did) > 0 || r.s.whispers != before {
		t.Errorf("the same ones are another audience: %v", kinds(did))
	}
	if f := first[setSpeech](t, r.cmd(Whisper{[]string{"Person0"}}, 3)); f.whisper == before {
		t.Error("others are no other audience")
	}
}

// Those who are whispered to are told, and the rest not; who comes later, or again, is told too.
func TestSpeechIsTold(t *testing.T) {
	r := newRig(t)
	r.watch = &consent{}
	others := r.crowd(2)
	a, b := others[0], others[1]
	did := r.cmd(Prioritize{true}, 0)
	for _, o := range others {
		if w := wordsTo(did, o, "speech"); len(w) != 1 || w[0] != `{"v":1,"type":"speech","priority":true}` {
			t.Errorf("%v", w)
		}
	}
	did = r.cmd(Whisper{[]string{a.member.User}}, 0)
	if w := wordsTo(did, a, "speech"); len(w) != 1 || w[0] != `{"v":1,"type":"speech","priority":true,"whisper":true}` {
		t.Errorf("%v", w)
	}
	if w := wordsTo(did, b, "speech"); len(w) != 1 || w[0] != `{"v":1,"type":"speech"}` {
		t.Errorf("%v", w)
	}
	if s := r.self(); s.Unheard {
		t.Errorf("%+v", s)
	}
	r.did = nil
	r.connected(a) // anew
	r.connected(b)
	if len(wordsTo(r.did, a, "speech")) != 1 || len(wordsTo(r.did, b, "speech")) != 0 {
		t.Errorf("over new connections: %v", kinds(r.did))
	}
	r.on(received{&wire.MemberLeft{Channel: hall, Seq: 2, Member: a.member.Address, Reason: wire.LeftSelf}})
	if s := r.self(); !s.Unheard || len(s.Whisper) != 1 {
		t.Errorf("they have gone: %+v", s)
	}
	r.cmd(Whisper{}, 0)
	if s := r.self(); s.Unheard {
		t.Errorf("%+v", s)
	}
	// Muted before: the key does nothing, and that is shown.
	r.cmd(Mute{true}, 0)
	r.cmd(Prioritize{true}, 0)
	if s := r.self(); !s.Priority || !s.Unheard || !s.Muted {
		t.Errorf("muted: %+v", s)
	}
	r.cmd(Mute{}, 0)
	if s := r.self(); !s.Priority || s.Unheard {
		t.Errorf("not any more: %+v", s)
	}
}

// A path that heals may have been away for one of the two alone, who says nothing anew then: what it has said holds, and it learns what
// has changed meanwhile.
func TestSpeechWhenAPathHeals(t *testing.T) {
	r := newRig(t)
	r.watch = &consent{}
	a := r.crowd(1)[0]
	r.on(told(a, `{"v":1,"type":"speech","priority":true,"whisper":true}`))
	r.cmd(Whisper{[]string{a.member.User}}, 0)
	r.on(peerEvent{mesh.Disconnected{Peer: a.peer()}})
	if did := r.cmd(Whisper{}, 0); len(wordsTo(did, a, "speech")) != 0 {
		t.Errorf("told without a path: %v", kinds(did))
	}
	did := r.on(peerEvent{mesh.Connected{Peer: a.peer(), Healed: true}})
	if w := wordsTo(did, a, "speech"); len(w) != 1 || w[0] != `{"v":1,"type":"speech"}` {
		t.Errorf("the whisper has ended: %v", w)
	}
	if v := r.view(a); !v.Priority || !v.Whispers || count[setPriority](did) > 0 {
		t.Errorf("%+v, %v", v, kinds(did))
	}
	did = r.on(peerEvent{mesh.Connected{Peer: a.peer(), Healed: true}})
	if w := wordsTo(did, a, "speech"); len(w) != 0 {
		t.Errorf("said again: %v", w)
	}
}

// What a peer says of how it speaks is shown, ends with it, and a flood of it does little; the last word counts.
func TestSpeechOfOthers(t *testing.T) {
	r := newRig(t)
	r.watch = &consent{}
	a := r.crowd(1)[0]
	did := r.on(told(a, `{"v":1,"type":"speech","priority":true,"whisper":true}`))
	if f := first[setPriority](t, did); !f.on || f.peer != a.peer() || count[notify](did) != 2 {
		t.Errorf("%+v, %v", f, kinds(did))
	}
	if v := r.view(a); !v.Priority || !v.Whispers {
		t.Errorf("%+v", v)
	}
	if did := r.on(told(a, `{"v":1,"type":"speech","priority":true,"whisper":true}`)); len(did) > 0 {
		t.Errorf("said again: %v", kinds(did))
	}
	r.connected(a) // over a new connection it says so anew
	if v := r.view(a); v.Priority || v.Whispers {
		t.Errorf("%+v", v)
	}
	r.did = nil
	for i := range 1000 {
		r.now += time.Millisecond
		r.on(told(a, fmt.Sprintf(`{"v":1,"type":"speech","priority":%v}`, i%2 == 0)))
	}
	if n := count[setPriority](r.did); n > 3*wordBurst {
		t.Errorf("%d times", n)
	}
	r.on(told(a, `{"v":1,"type":"speech","priority":true,"whisper":true}`))
	r.now += time.Second
	r.on(tick{})
	if v := r.view(a); !v.Priority || !v.Whispers {
		t.Errorf("after the flood: %+v", v)
	}
}

// FuzzSpeech: keys, words, comings and goings in any order; consent_test.go says what must hold.
func FuzzSpeech(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed)
	}
	ana, bob := person(f, "Ana", '7'), person(f, "Bob", '3')
	f.Fuzz(func(t *testing.T, seed uint64) {
		dice := rand.New(rand.NewPCG(seed, 1))
		r := newRig(t)
		r.watch = &consent{}
		r.knows(ana, bob)
		r.join(ana, bob)
		var words int
		for range 300 {
			who := []someone{ana, bob}[dice.IntN(2)]
			r.now += time.Duration(dice.IntN(500)) * time.Millisecond
			var did []effect
			switch on := dice.IntN(2) == 0; dice.IntN(10) {
			case 0:
				r.connected(who)
			case 1:
				did = r.cmd(Prioritize{on}, 0)
			case 2:
				did = r.cmd(Whisper{[]string{who.member.User}}, 0)
			case 3:
				did = r.cmd(Whisper{[]string{"Ana", "Bob"}}, 0)
			case 4:
				did = r.cmd(Whisper{}, 0)
			case 5:
				did = r.on(told(who, fmt.Sprintf(`{"v":1,"type":"speech","priority":%v,"whisper":%v}`, on, dice.IntN(2) == 0)))
			case 6:
				did = r.cmd(Mute{on}, 0)
			case 7:
				r.cmd(SetKnownOnly{on}, 0)
				r.cmd(Trust{who.member.User}, 0)
			case 8:
				r.cmd(Leave{}, 0)
				r.join(ana, bob)
			default:
				did = r.on(tick{})
			}
			words += len(wordsTo(did, ana, "speech"))
			if r.s.quiet() && !r.self().Unheard && (r.self().Priority || len(r.self().Whisper) > 0) {
				t.Fatalf("muted, and heard: %+v", r.self())
			}
		}
		if words > 2*wordBurst+wordRate*int(r.now/time.Second) {
			t.Errorf("%d words in %v", words, r.now)
		}
	})
}
