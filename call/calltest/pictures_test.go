package calltest

import (
	"testing"

	"parley/call"
)

// shows says what another is believed to show.
func (p *Person) shows(of *Person, camera, screen bool) func() bool {
	return func() bool { q, ok := p.Peer(of); return ok && q.Camera == camera && q.Screen == screen }
}

// In a channel everybody sees camera and screen of who shows them, and nothing of who does not. Nothing is seen after the end of it, by
// the command or by leaving, and who comes later sees what goes on.
func TestPicturesInAChannel(t *testing.T) {
	leakless(t)
	w := New(t)
	p := w.Add("Ana", "Ben", "Cem", "Dua")
	ana, ben, cem, dua := p[0], p[1], p[2], p[3]
	if m, err := ana.Thumbnail(t.Context(), "wall", 64, 64); err != nil || m.Bounds().Empty() {
		t.Errorf("a thumbnail: %v", err)
	}
	ana.Do(call.WatchScreens{On: true})
	ana.Until("what can be shown", func(s *call.Snapshot) bool { return len(s.Screen.Subjects) == 1 && s.Screen.Unavailable == "" })
	ana.Do(call.WatchScreens{})
	if opened, _ := ana.Wall.Counts(); opened != 0 {
		t.Error("to choose opens a screen")
	}
	for _, x := range []*Person{ana, ben, cem} {
		if err := x.ask(call.Join{Channel: Hall}); err != nil {
			t.Fatal(err)
		}
	}
	ana.With(ben, cem)
	ben.With(ana, cem)
	cem.With(ana, ben)
	for _, c := range []call.Command{call.SetCamera{On: true}, call.ShareScreen{Subject: "the wall"}} {
		if err := ana.ask(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := ben.ask(call.ShareScreen{Subject: "wall", FPS: 30}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []*Person{ben, cem} {
		x.Sees(ana)
		x.SeesOf(ana, call.ScreenTrack)
	}
	ana.SeesOf(ben, call.ScreenTrack)
	cem.SeesOf(ben, call.ScreenTrack)
	w.Until("all know who shows what", func() bool {
		return ben.shows(ana, true, true)() && cem.shows(ana, true, true)() && ana.shows(ben, false, true)() && ana.shows(cem, false, false)()
	})
	if err := dua.ask(call.Join{Channel: Hall}); err != nil {
		t.Fatal(err)
	}
	dua.Sees(ana)
	dua.SeesOf(ana, call.ScreenTrack)
	dua.SeesOf(ben, call.ScreenTrack)

	if err := ana.ask(call.StopShare{}); err != nil {
		t.Fatal(err)
	}
	w.Until("Ana's screen is gone", cem.shows(ana, true, false))
	cem.Sees(ana) // what was under way came before
	before := cem.SeenOf(ana, call.ScreenTrack)
	cem.Sees(ana)
	if n := cem.SeenOf(ana, call.ScreenTrack) - before; n > 0 {
		t.Errorf("%d pictures of a screen that is not shown any more", n)
	}
	for _, x := range []*Person{ana, ben} {
		if err := x.ask(call.Leave{}); err != nil {
			t.Fatal(err)
		}
	}
	w.Until("all is closed", func() bool {
		for _, x := range []*Person{ana, ben} {
			for _, l := range []*Lens{x.Lens, &x.Wall.Lens} {
				if opened, closed := l.Counts(); opened != closed {
					return false
				}
			}
		}
		return true
	})
	for x, want := range map[*Person][2]int{ana: {1, 1}, ben: {0, 1}, cem: {}, dua: {}} {
		camera, _ := x.Lens.Counts()
		screen, _ := x.Wall.Counts()
		if camera != want[0] || screen != want[1] {
			t.Errorf("%s: the camera was opened %d times, the screen %d", x.Name, camera, screen)
		}
		if s := x.Snapshot(); s.Camera.On || s.Screen.Sharing {
			t.Errorf("%s: %+v, %+v", x.Name, s.Camera, s.Screen)
		}
	}
	if q := ben.Picture(ana.Key.ID(), call.CameraTrack); q.Take() != nil {
		t.Error("a picture is left")
	}
}
