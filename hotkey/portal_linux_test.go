package hotkey

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/godbus/dbus/v5"
)

// withPortal runs a test in a bubble, with a portal whose events are collected.
func withPortal(t *testing.T, test func(t *testing.T, f *fakeBus, p *portal)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus(t)
		p, err := newPortal(slog.New(slog.NewTextHandler(t.Output(), nil)), f.dial)
		if err != nil {
			t.Fatal(err)
		}
		test(t, f, p)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if e, open := <-p.Events(); open {
			t.Errorf("%v is left", e)
		}
		if err := p.Bind(nil); !errors.Is(err, ErrUnsupported) {
			t.Errorf("Bind after Close: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

// heard is what came since the last time: "+talk" for a press, "-talk" for a release.
func heard(p *portal) string {
	var all []string
	for {
		synctest.Wait()
		select {
		case e, open := <-p.Events():
			if !open {
				return strings.Join(append(all, "end"), " ")
			}
			all = append(all, map[bool]string{true: "+", false: "-"}[e.Down]+e.ID)
		default:
			return strings.Join(all, " ")
		}
	}
}

func expect(t *testing.T, p *portal, want string) {
	t.Helper()
	if got := heard(p); got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func wishes(chords ...string) (all []Binding) {
	for _, s := range chords {
		id, chord, _ := strings.Cut(s, "=")
		c, err := ParseChord(chord)
		if err != nil && chord != "" {
			panic(err)
		}
		all = append(all, Binding{ID: id, Words: "Does " + id, Chord: c})
	}
	return all
}

func bind(t *testing.T, p *portal, chords ...string) {
	t.Helper()
	if err := p.Bind(wishes(chords...)); err != nil {
		t.Fatal(err)
	}
}

func TestPortalPresses(t *testing.T) {
	withPortal(t, func(t *testing.T, f *fakeBus, p *portal) {
		bind(t, p, "talk=Ctrl+Shift+F13", "talk=Mouse4", "mute=KeyM", "nothing=")
		var got []string
		for _, s := range asked(f.last("BindShortcuts")) {
			trigger, _ := s.Props["preferred_trigger"].Value().(string)
			got = append(got, s.ID+"="+trigger+" "+s.Props["description"].Value().(string))
		}
		if want := []string{"talk=CTRL+SHIFT+F13 Does talk", "talk-2= Does talk", "mute=m Does mute"}; !slices.Equal(got, want) {
			t.Errorf("asked for %q, want %q", got, want)
		}
		f.key("talk", true)
		f.key("talk", true) // without a release between
		f.key("talk-2", true)
		expect(t, p, "+talk")
		f.key("mute", true)
		f.key("talk", false)
		f.key("talk", false)
		expect(t, p, "+mute")
		f.key("talk-2", false)
		expect(t, p, "-talk")

		bind(t, p, "talk=F13") // with mute held
		expect(t, p, "-mute")
		if f.count("CreateSession") != 2 || f.last("Close").Headers[dbus.FieldPath].Value() == any(f.session) {
			t.Error("the second time is not in another session, or the first one stays open")
		}
		f.key("talk", true)
		expect(t, p, "+talk")
		f.shortcut("ShortcutsChanged", []shortcut{{"talk", map[string]dbus.Variant{"trigger_description": dbus.MakeVariant("Strg+M")}, ""}})
		expect(t, p, "-talk")
		bind(t, p)
		if f.count("CreateSession") != 2 {
			t.Error("a session for nothing")
		}
	})
}

func TestPortalTimes(t *testing.T) {
	withPortal(t, func(t *testing.T, f *fakeBus, p *portal) {
		bind(t, p, "talk=F13")
		time.Sleep(time.Hour)
		start := time.Now()
		for _, c := range []struct {
			member string
			stamp  time.Time
			want   time.Duration
		}{
			{"Activated", start.Add(-500 * time.Millisecond), -500 * time.Millisecond},
			{"Deactivated", start.Add(-time.Second), -500 * time.Millisecond}, // before the press
			{"Activated", start.Add(-time.Minute), 0},
			{"Deactivated", start.Add(time.Minute), 0},
		} {
			f.shortcut(c.member, "talk", uint64(c.stamp.UnixMicro()), map[string]dbus.Variant{})
			if e := <-p.Events(); e.Down != (c.member == "Activated") || e.At.Sub(start) != c.want {
				t.Errorf("%s of %v: %+v, %v", c.member, c.stamp, e, e.At.Sub(start))
			}
		}
	})
}

func TestPortalStrangeSignals(t *testing.T) {
	withPortal(t, func(t *testing.T, f *fakeBus, p *portal) {
		bind(t, p, "talk=F13", "mute=F14")
		none := map[string]dbus.Variant{}
		activated := shortcutsFace + ".Activated"
		long := strings.Repeat("x", 1<<20)
		for range 100 {
			f.signal(":1.66", portalPath, activated, f.session, "talk", uint64(0), none)
			f.signal(busName, portalPath, activated, f.session, "talk", uint64(0), none)
			f.signal(fakeOwner, "/elsewhere", activated, f.session, "talk", uint64(0), none)
			f.signal(fakeOwner, portalPath, activated, f.session+"x", "talk", uint64(0), none)
			f.signal(fakeOwner, portalPath, activated, string(f.session), "talk", uint64(0), none)
			f.signal(fakeOwner, portalPath, activated)
			f.shortcut("Activated", "talk", int64(0), none)
			f.shortcut("Activated", "talk", uint64(0))
			f.shortcut("Activated", uint32(1), uint64(0), none)
			f.shortcut("Activated", "whisper", uint64(0), none)
			f.shortcut("Jumped", "talk", uint64(0), none)
			f.shortcut("ShortcutsChanged", "talk")
			f.signal(":1.66", f.session, sessionFace+".Closed")
			f.signal(fakeOwner, f.session+"x", sessionFace+".Closed")
			f.signal(fakeOwner, requestOf(f.last("BindShortcuts")), requestFace+".Response", uint32(1), none)
			f.signal(":1.66", "/", busName+".NameOwnerChanged", portalName, fakeOwner, "")
			f.signal(busName, "/", busName+".NameOwnerChanged", portalName)
			f.owner("org.freedesktop.impl.portal.desktopper", ":1.5", "")
		}
		for _, list := range []any{
			[]string{long}, long, []struct {
				ID    string
				Props map[string]dbus.Variant
			}{{long, none}},
		} {
			f.shortcut("ShortcutsChanged", list)
		}
		f.shortcut("Activated", long, uint64(0), none)
		expect(t, p, "")
		for range 1000 { // a flood, which nobody reads
			f.key("talk", true)
			f.key("talk", false)
			f.key("mute", true)
		}
		if n := len(strings.Fields(heard(p))); n > maxQueue+2 {
			t.Errorf("%d events are kept", n)
		}
		f.key("talk", true)
		expect(t, p, "+talk")
	})
}

func TestPortalSilent(t *testing.T) {
	for method, want := range map[string]struct {
		after time.Duration
		err   error
	}{"CreateSession": {busPatience, ErrUnsupported}, "BindShortcuts": {dialogPatience, ErrDenied}} {
		for name, silence := range map[string]func(f *fakeBus) func(*dbus.Message) bool{
			"call": func(f *fakeBus) func(*dbus.Message) bool { return func(*dbus.Message) bool { return true } },
			"request": func(f *fakeBus) func(*dbus.Message) bool {
				return func(m *dbus.Message) bool { f.reply(m, requestOf(m)); return true }
			},
		} {
			t.Run(method+"/"+name, func(t *testing.T) {
				withPortal(t, func(t *testing.T, f *fakeBus, p *portal) {
					f.hook(method, silence(f))
					start := time.Now()
					err := p.Bind(wishes("talk=F13"))
					if took := time.Since(start); !errors.Is(err, want.err) || took != want.after {
						t.Errorf("%v after %v, want %v after %v", err, took, want.err, want.after)
					}
					synctest.Wait()
					closed := 0
					for _, m := range f.calls {
						if member(m) == "Close" && m.Headers[dbus.FieldPath].Value() == any(requestOf(f.last(method))) {
							closed++
						}
					}
					if closed != 1 {
						t.Errorf("the request is closed %d times", closed)
					}
					time.Sleep(time.Hour)
					if n := f.count(method); n != 1 {
						t.Errorf("%s is called %d times", method, n)
					}
					f.hook(method, nil)
					bind(t, p, "talk=F13")
					f.key("talk", true)
					expect(t, p, "+talk")
				})
			})
		}
	}
}

func TestPortalClosedDuringDialog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus(t)
		p, err := newPortal(slog.New(slog.DiscardHandler), f.dial)
		if err != nil {
			t.Fatal(err)
		}
		f.hook("BindShortcuts", func(*dbus.Message) bool { return true })
		start := time.Now()
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { first <- p.Bind(wishes("talk=F13")) }()
		time.Sleep(time.Second)
		go func() { second <- p.Bind(wishes("talk=F14")) }()
		if err := <-first; !errors.Is(err, ErrDenied) || time.Since(start) != time.Second {
			t.Errorf("the first, when another is asked for: %v after %v", err, time.Since(start))
		}
		time.Sleep(time.Second)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := <-second; !errors.Is(err, ErrUnsupported) || time.Since(start) != 2*time.Second {
			t.Errorf("the second, when all is closed: %v after %v", err, time.Since(start))
		}
	})
}

func TestPortalRefuses(t *testing.T) {
	yes := map[string]dbus.Variant{}
	for name, c := range map[string]struct {
		method string
		do     func(f *fakeBus, m *dbus.Message)
		want   error
	}{
		"no session": {"CreateSession", func(f *fakeBus, m *dbus.Message) {
			f.reply(m, requestOf(m))
			f.respond(m, 2, nil)
		}, ErrUnsupported},
		"unknown app": {"CreateSession", func(f *fakeBus, m *dbus.Message) {
			f.fail(m, "org.freedesktop.portal.Error.NotAllowed")
		}, ErrDenied},
		"session error": {"CreateSession", func(f *fakeBus, m *dbus.Message) { f.fail(m, "org.x.Error") }, ErrUnsupported},
		"without handle": {"CreateSession", func(f *fakeBus, m *dbus.Message) {
			f.reply(m, requestOf(m))
			f.respond(m, 0, yes)
		}, ErrUnsupported},
		"other's handle": {"CreateSession", func(f *fakeBus, m *dbus.Message) {
			f.reply(m, requestOf(m))
			f.respond(m, 0, map[string]dbus.Variant{"session_handle": dbus.MakeVariant(dbus.ObjectPath(sessionPath + "/1_8/x"))})
		}, ErrUnsupported},
		"no handle": {"CreateSession", func(f *fakeBus, m *dbus.Message) { f.reply(m, uint32(3)) }, ErrUnsupported},
		"a no":      {"BindShortcuts", func(f *fakeBus, m *dbus.Message) { f.respond(m, 1, nil); f.reply(m, requestOf(m)) }, ErrDenied},
		"an end":    {"BindShortcuts", func(f *fakeBus, m *dbus.Message) { f.respond(m, 2, nil); f.reply(m, requestOf(m)) }, ErrDenied},
		"nonsense": {"BindShortcuts", func(f *fakeBus, m *dbus.Message) {
			f.signal(fakeOwner, requestOf(m), requestFace+".Response", "yes")
			f.reply(m, requestOf(m))
		}, ErrDenied},
		"none of them": {"BindShortcuts", func(f *fakeBus, m *dbus.Message) {
			f.reply(m, requestOf(m))
			f.respond(m, 0, map[string]dbus.Variant{"shortcuts": dbus.MakeVariant([]shortcut{})})
		}, ErrDenied},
		"closed": {"BindShortcuts", func(f *fakeBus, m *dbus.Message) {
			f.signal(fakeOwner, f.session, sessionFace+".Closed")
		}, ErrUnsupported},
		"portal gone":  {"BindShortcuts", func(f *fakeBus, m *dbus.Message) { f.owner(portalName, fakeOwner, "") }, ErrUnsupported},
		"desktop gone": {"BindShortcuts", func(f *fakeBus, m *dbus.Message) { f.owner(backends+".kde", ":1.5", "") }, ErrUnsupported},
		"bus gone":     {"BindShortcuts", func(f *fakeBus, m *dbus.Message) { f.cutOff(false) }, ErrUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			withPortal(t, func(t *testing.T, f *fakeBus, p *portal) {
				f.hook(c.method, func(m *dbus.Message) bool {
					if c.method == "BindShortcuts" {
						f.key("talk", true) // too early
					}
					c.do(f, m)
					return true
				})
				start := time.Now()
				err := p.Bind(wishes("talk=F13"))
				if !errors.Is(err, c.want) || time.Since(start) != 0 {
					t.Errorf("%v after %v, want %v", err, time.Since(start), c.want)
				}
				down := false
				for _, e := range strings.Fields(heard(p)) {
					down = e == "+talk"
				}
				if down {
					t.Error("what is not bound is down")
				}
				time.Sleep(time.Hour)
				if n := f.count(c.method); n != 1 {
					t.Errorf("asked %d times", n)
				}
				f.hook(c.method, nil)
				if name == "portal gone" {
					f.owner(portalName, "", fakeOwner)
				}
				bind(t, p, "talk=F13")
				f.key("talk", true)
				expect(t, p, "+talk")
			})
		})
	}
}

func TestPortalComesBack(t *testing.T) {
	for name, c := range map[string]struct{ lose, back func(f *fakeBus) }{
		"portal":  {func(f *fakeBus) { f.owner(portalName, fakeOwner, "") }, func(f *fakeBus) { f.owner(portalName, "", fakeOwner) }},
		"desktop": {func(f *fakeBus) { f.owner(backends+".kde", ":1.5", "") }, func(f *fakeBus) { f.owner(backends+".kde", "", ":1.6") }},
		"bus":     {func(f *fakeBus) { f.cutOff(true) }, func(f *fakeBus) { f.cutOff(false); time.Sleep(longPause) }},
		"session": {func(f *fakeBus) { f.signal(fakeOwner, f.session, sessionFace+".Closed") }, func(f *fakeBus) {}},
	} {
		t.Run(name, func(t *testing.T) {
			withPortal(t, func(t *testing.T, f *fakeBus, p *portal) {
				bind(t, p, "talk=F13", "mute=F14")
				f.key("talk", true)
				expect(t, p, "+talk")
				f.hook("CreateSession", func(m *dbus.Message) bool { f.reply(m, requestOf(m)); f.respond(m, 2, nil); return true })
				c.lose(f)
				expect(t, p, "-talk")
				time.Sleep(3 * time.Hour)
				if n := f.count("CreateSession") + f.dials; n < 10 || n > 200 {
					t.Errorf("%d attempts in three hours", n)
				}
				f.hook("CreateSession", nil)
				c.back(f)
				if name == "session" {
					time.Sleep(longPause)
				}
				time.Sleep(shortPause)
				synctest.Wait()
				f.key("mute", true)
				expect(t, p, "+mute")
			})
		})
	}
}

// TestPortalIsTold has a portal that wants to know who we are before anything else, and again when it was started anew.
func TestPortalIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus(t)
		told := false
		f.hook("Register", func(m *dbus.Message) bool {
			told = f.count("Get") == 0 && m.Body[0] == any(appID)
			f.reply(m)
			return true
		})
		f.hook("CreateSession", func(m *dbus.Message) bool {
			if !told {
				f.fail(m, "org.freedesktop.portal.Error.NotAllowed")
			}
			return !told
		})
		p, err := newPortal(slog.New(slog.DiscardHandler), f.dial)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		bind(t, p, "talk=F13")
		bind(t, p, "talk=F14")
		if n := f.count("Register"); n != 1 {
			t.Errorf("told %d times", n)
		}
		f.hook("Register", func(m *dbus.Message) bool { told = true; f.reply(m); return true })
		told = false
		f.owner(portalName, fakeOwner, "")
		f.owner(portalName, "", fakeOwner)
		time.Sleep(shortPause)
		synctest.Wait()
		f.key("talk", true)
		expect(t, p, "+talk")
	})
}

// TestPortalDeniedLater has the desktop come back and say no: nobody is asked again and again.
func TestPortalDeniedLater(t *testing.T) {
	withPortal(t, func(t *testing.T, f *fakeBus, p *portal) {
		bind(t, p, "talk=F13")
		f.hook("BindShortcuts", func(m *dbus.Message) bool { f.reply(m, requestOf(m)); f.respond(m, 1, nil); return true })
		f.signal(fakeOwner, f.session, sessionFace+".Closed")
		time.Sleep(time.Hour)
		if n := f.count("BindShortcuts"); n != 2 {
			t.Errorf("asked %d times", n)
		}
	})
}

// TestPortalFlaps has a desktop that never lasts: pauses grow, whatever comes and goes.
func TestPortalFlaps(t *testing.T) {
	withPortal(t, func(t *testing.T, f *fakeBus, p *portal) {
		bind(t, p, "talk=F13")
		f.hook("BindShortcuts", func(m *dbus.Message) bool {
			f.answer(m)
			f.owner(backends+".kde", ":1.5", "")
			return true
		})
		f.owner(backends+".kde", ":1.5", "")
		time.Sleep(time.Hour)
		if n := f.count("BindShortcuts"); n < 10 || n > 80 {
			t.Errorf("asked %d times in an hour", n)
		}
		f.hook("BindShortcuts", nil)
		time.Sleep(2 * longPause)
		f.key("talk", true)
		expect(t, p, "+talk")
	})
}

func TestPortalMissing(t *testing.T) {
	for name, c := range map[string]struct {
		after time.Duration
		set   func(f *fakeBus)
	}{
		"no bus": {0, func(f *fakeBus) { f.refuse = true }},
		"no portal": {0, func(f *fakeBus) {
			f.hook("Get", func(m *dbus.Message) bool { f.fail(m, busName+".Error.ServiceUnknown"); return true })
		}},
		"no version": {0, func(f *fakeBus) {
			f.hook("Get", func(m *dbus.Message) bool { f.reply(m, dbus.MakeVariant("one")); return true })
		}},
		"silent portal": {busPatience, func(f *fakeBus) { f.hook("Get", func(*dbus.Message) bool { return true }) }},
		"silent bus":    {busPatience, func(f *fakeBus) { f.hook("Hello", func(*dbus.Message) bool { return true }) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeBus(t)
				c.set(f)
				start := time.Now()
				_, err := newPortal(slog.New(slog.DiscardHandler), f.dial)
				if !errors.Is(err, ErrUnsupported) || time.Since(start) != c.after {
					t.Fatalf("%v after %v, want %v after %v", err, time.Since(start), ErrUnsupported, c.after)
				}
				if name != "silent bus" && !strings.Contains(err.Error(), "parleyctl ptt") {
					t.Errorf("%v: it does not say what else there is", err)
				}
			})
		})
	}
}
