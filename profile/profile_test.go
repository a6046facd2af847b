package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/identity"
)

// clock is a time that stands until it is moved.
type clock struct{ t time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.t }

// reopen closes p, if it is not nil, and opens dir again.
func reopen(t *testing.T, dir string, p *Profile) (*Profile, []Notice) {
	t.Helper()
	if p != nil {
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	p, notices, err := open(dir, newClock().now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p, notices
}

func fresh(t *testing.T) *Profile {
	p, _ := reopen(t, t.TempDir(), nil)
	return p
}

// somebody makes a key that depends on n only.
func somebody(t *testing.T, n int) (string, identity.PublicKey) {
	t.Helper()
	k, err := identity.Generate(bytes.NewReader(fmt.Appendf(nil, "%032d", n)))
	if err != nil {
		t.Fatal(err)
	}
	return k.ID(), k.Public()
}

// meet is Keep for somebody about whom nothing was decided.
func meet(p *Profile, id string, key identity.PublicKey, name string) error {
	return p.Keep(Person{ID: id, Key: key, Name: name, Volume: NormalVolume})
}

func TestOpenMakesTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	p, notices := reopen(t, dir, nil)
	if len(notices) != 0 || p.Settings() != DefaultSettings() || len(p.Servers()) != 0 {
		t.Errorf("a new profile: %v %+v", notices, p.Settings())
	}
	if info, err := os.Stat(dir); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}
}

func TestOpenRefusesWhatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	lockIsFolder := t.TempDir()
	if err := os.Mkdir(filepath.Join(lockIsFolder, lockFile), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below"), lockIsFolder, "", "\x00"} {
		if p, _, err := Open(dir); err == nil {
			p.Close()
			t.Errorf("%q was opened", dir)
		}
	}
}

func TestOpenLocks(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	if _, _, err := Open(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("second open: %v, want ErrInUse", err)
	}
	p, _ = reopen(t, dir, p)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

// holdEnv tells a copy of this test program to open the profile there, say so, and hold it until it is killed.
const holdEnv = "PARLEY_PROFILE_TEST_HOLD"

func TestMain(m *testing.M) {
	dir := os.Getenv(holdEnv)
	if dir == "" {
		os.Exit(m.Run())
	}
	if _, _, err := Open(dir); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("held")
	_, _ = os.Stdin.Read(make([]byte, 1))
}

func TestLockOfAnotherProcessEndsWithIt(t *testing.T) {
	dir := t.TempDir()
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), holdEnv+"="+dir)
	stdin, err1 := other.StdinPipe()
	stdout, err2 := other.StdoutPipe()
	if err := errors.Join(err1, err2, other.Start()); err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	said := make([]byte, 4)
	if _, err := stdout.Read(said); err != nil || string(said) != "held" {
		t.Fatalf("the other process says %q, %v", said, err)
	}
	if _, _, err := Open(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("while it runs: %v, want ErrInUse", err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait()
	reopen(t, dir, nil)
}

func TestSettingsStay(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	want := Settings{
		Name: "Anna", Mic: "alsa_input.usb", Speaker: "{0.0.1}", RingSpeaker: "tv", Camera: "/dev/video2", Mode: PushToTalk, Threshold: -32.5, HoldMS: 400, LevelPeople: true, Music: true, MusicBitrate: 160000,
		FrameMS: 10, Bitrate: 96000, KnownOnly: true, AlwaysRelay: true, RelayNew: true, ShareSpeaking: true,
		OutputVolume: 70, SoundVolume: 130, Sounds: SoundSwitches{Deafen: true, Ring: true}, PTTKey: "Ctrl+F9",
		Keys:  Keys{Does: TalkByPress, DelayMS: 350, DoubleTap: true, Mute: "F1", Deafen: "F2", Priority: "Mouse4", Whisper: "Mouse5"},
		Theme: DarkTheme, Scale: 120, LessMotion: true,
		Width: 1200, Height: 700, Status: DoNotDisturb, Notify: true, Hosting: true, HostPort: 4400, MapPorts: true, TrayExplained: true, MissedSeen: 1_800_000_000,
	}
	if err := p.Update(func(s *Settings) { *s = want }); err != nil {
		t.Fatal(err)
	}
	p, notices := reopen(t, dir, p)
	if p.Settings() != want || len(notices) != 0 {
		t.Errorf("%+v %v, want %+v", p.Settings(), notices, want)
	}
}

func TestSettingsAreClamped(t *testing.T) {
	p := fresh(t)
	nan := 0.0
	nan /= nan
	tests := map[string]struct {
		change func(*Settings)
		want   func(*Settings)
	}{
		"name":      {func(s *Settings) { s.Name = " A\x00\u202e " }, func(s *Settings) { s.Name = "A" }},
		"mode":      {func(s *Settings) { s.Mode = "loud" }, func(s *Settings) {}},
		"loud":      {func(s *Settings) { s.Threshold = 7 }, func(s *Settings) { s.Threshold = 0 }},
		"silent":    {func(s *Settings) { s.Threshold = -1e300 }, func(s *Settings) { s.Threshold = -90 }},
		"no number": {func(s *Settings) { s.Threshold = nan }, func(s *Settings) {}},
		"frame":     {func(s *Settings) { s.FrameMS = 15 }, func(s *Settings) {}},
		"low rate":  {func(s *Settings) { s.Bitrate = -1 }, func(s *Settings) { s.Bitrate = 8000 }},
		"high rate": {func(s *Settings) { s.Bitrate = 1 << 40 }, func(s *Settings) { s.Bitrate = 192000 }},
		"device":    {func(s *Settings) { s.Mic = "\xff"; s.Speaker = strings.Repeat("a", 513) }, func(s *Settings) {}},
		"camera":    {func(s *Settings) { s.RingSpeaker = "\xff"; s.Camera = strings.Repeat("a", 513) }, func(s *Settings) {}},
		"ringer":    {func(s *Settings) { s.RingSpeaker = strings.Repeat("a", 512) }, func(s *Settings) { s.RingSpeaker = strings.Repeat("a", 512) }},
		"theme":     {func(s *Settings) { s.Theme = "pink" }, func(*Settings) {}},
		"light":     {func(s *Settings) { s.Theme = LightTheme }, func(s *Settings) { s.Theme = LightTheme }},
		"tiny":      {func(s *Settings) { s.Scale = 1 }, func(s *Settings) { s.Scale = 80 }},
		"huge":      {func(s *Settings) { s.Scale = 1 << 40 }, func(s *Settings) { s.Scale = 150 }},
		"no scale":  {func(s *Settings) { s.Scale = 0 }, func(*Settings) {}},
		"loud all":  {func(s *Settings) { s.OutputVolume, s.SoundVolume = 900, -1 }, func(s *Settings) { s.OutputVolume, s.SoundVolume = 200, 0 }},
		"no key":    {func(s *Settings) { s.PTTKey = "" }, func(*Settings) {}},
		"odd key":   {func(s *Settings) { s.PTTKey = "F8\n" }, func(*Settings) {}},
		"long key":  {func(s *Settings) { s.PTTKey = strings.Repeat("F", 65) }, func(*Settings) {}},
		"own key":   {func(s *Settings) { s.PTTKey = "LeftControl" }, func(s *Settings) { s.PTTKey = "LeftControl" }},
		"small":     {func(s *Settings) { s.Width, s.Height = 1, 1 }, func(s *Settings) { s.Width, s.Height = 800, 500 }},
		"vast":      {func(s *Settings) { s.Width, s.Height = 1<<40, 1<<40 }, func(s *Settings) { s.Width, s.Height = 10000, 10000 }},
		"half":      {func(s *Settings) { s.Width = 1000 }, func(*Settings) {}},
		"status":    {func(s *Settings) { s.Status = "away" }, func(*Settings) {}},
		"busy":      {func(s *Settings) { s.Status = DoNotDisturb }, func(s *Settings) { s.Status = DoNotDisturb }},
		"port":      {func(s *Settings) { s.HostPort = 65536 }, func(*Settings) {}},
		"seen":      {func(s *Settings) { s.MissedSeen = -1 }, func(*Settings) {}},
		"switches": {
			func(s *Settings) { s.Sounds.Mute, s.Notify, s.ShareSpeaking, s.Hosting = false, false, false, true },
			func(s *Settings) { s.Sounds.Mute, s.Notify, s.ShareSpeaking, s.Hosting = false, false, false, true },
		},
		"good value": {func(s *Settings) { s.FrameMS = 10 }, func(s *Settings) { s.FrameMS = 10 }},
	}
	for name, tt := range tests {
		want := DefaultSettings()
		tt.want(&want)
		err := p.Update(func(s *Settings) { *s = DefaultSettings(); tt.change(s) })
		if got := p.Settings(); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
		}
	}
}

// What an older Parley did not write has its default, within the groups too.
func TestSettingsOfAnOlderParley(t *testing.T) {
	dir := t.TempDir()
	text := `{"name": "Ana", "mode": "ptt", "sounds": {"mute": false}, "suppression": false}`
	if err := os.WriteFile(filepath.Join(dir, settingsFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, notices := reopen(t, dir, nil)
	want := DefaultSettings()
	want.Name, want.Mode, want.Suppression, want.Sounds.Mute = "Ana", PushToTalk, false, false
	if got := p.Settings(); got != want || len(notices) != 0 {
		t.Errorf("%+v, %v", got, notices)
	}
}

func TestFieldsOfANewerParleyStay(t *testing.T) {
	dir := t.TempDir()
	id, key := somebody(t, 1)
	p, _ := reopen(t, dir, nil)
	if err := meet(p, id, key, "Anna"); err != nil {
		t.Fatal(err)
	}
	if err := p.UseServer(Server{Key: identity.FormatKey(key), URL: "https://a.example", Mode: identity.Native}); err != nil {
		t.Fatal(err)
	}
	if err := p.Update(func(s *Settings) { s.Name = "Ben" }); err != nil {
		t.Fatal(err)
	}
	p.Close()
	for _, name := range []string{settingsFile, peopleFile, serversFile} { // as a newer Parley would write them
		edit(t, filepath.Join(dir, name), `"name"`, `"future": {"a": [1, 2]}, "name"`)
	}
	p, notices := reopen(t, dir, nil)
	if len(notices) != 0 {
		t.Errorf("notices: %v", notices)
	}
	if err := errors.Join(
		p.Update(func(s *Settings) { s.Name = "Cleo" }),
		p.Keep(Person{ID: id, Key: key, Volume: 50}),
		p.UseServer(Server{Key: identity.FormatKey(key), URL: "https://b.example", Mode: identity.Native}),
	); err != nil {
		t.Fatal(err)
	}
	for name, changed := range map[string]string{
		settingsFile: `"Cleo"`, peopleFile: `"volume": 50`, serversFile: "https://b.example",
	} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Contains(data, []byte(`"future"`)) || !bytes.Contains(data, []byte(changed)) {
			t.Errorf("%s lost a field: %s, %v", name, data, err)
		}
	}
	p, _ = reopen(t, dir, p)
	if p.Settings().Name != "Cleo" {
		t.Errorf("settings: %+v", p.Settings())
	}
}

func edit(t *testing.T, path, old, new string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(data, []byte(old)) {
		t.Fatalf("%s: %s, %v", path, data, err)
	}
	if err := os.WriteFile(path, bytes.Replace(data, []byte(old), []byte(new), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestBrokenFilesAreSetAside(t *testing.T) {
	for _, file := range []string{settingsFile, peopleFile, serversFile} {
		for name, content := range map[string]string{
			"empty": "", "cut": `{"name": "An`, "garbage": "\x00\xff", "another type": `[1]`, "zeros": strings.Repeat("\x00", 4096),
			"deep": strings.Repeat("[", 20000), "huge": strings.Repeat(" ", fileLimit+1) + "{}",
		} {
			t.Run(file+" "+name, func(t *testing.T) {
				dir := t.TempDir()
				path := filepath.Join(dir, file)
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
				p, notices := reopen(t, dir, nil)
				if len(notices) != 1 || notices[0].File != file || notices[0].Err == nil ||
					!strings.Contains(notices[0].String(), notices[0].Kept) {
					t.Fatalf("notices: %v", notices)
				}
				if kept := notices[0].Kept; kept != path+".broken-20261122T070000" {
					t.Errorf("kept as %s", kept)
				}
				if data, err := os.ReadFile(notices[0].Kept); err != nil || string(data) != content {
					t.Errorf("kept: %d bytes, %v", len(data), err)
				}
				if p.Settings() != DefaultSettings() {
					t.Errorf("settings: %+v", p.Settings())
				}
				if _, notices = reopen(t, dir, p); len(notices) != 0 {
					t.Errorf("at the next start: %v", notices)
				}
			})
		}
	}
}

func TestBrokenFilesOfOneSecondAreAllKept(t *testing.T) {
	dir := t.TempDir()
	var p *Profile
	seen := map[string]bool{}
	for range 3 {
		if p != nil {
			p.Close()
		}
		if err := os.WriteFile(filepath.Join(dir, settingsFile), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		var notices []Notice
		p, notices = reopen(t, dir, nil)
		seen[notices[0].Kept] = true
	}
	if len(seen) != 3 {
		t.Errorf("kept as %v", seen)
	}
}

func TestTheGoodPartOfADamagedFileIsUsed(t *testing.T) {
	dir := t.TempDir()
	id, key := somebody(t, 1)
	otherID, _ := somebody(t, 2)
	person, _ := json.Marshal(Person{Key: key, Name: "Anna", Verified: true, Volume: 999})
	zero, _ := json.Marshal(Person{Key: make([]byte, 32)})
	server, _ := json.Marshal(Server{Key: identity.FormatKey(key), URL: "https://a.example/#secret", Mode: identity.Web})
	for name, content := range map[string]string{
		settingsFile: `{"name": "Ben", "bitrate": "lots", "frame_ms": 10}`,
		peopleFile:   fmt.Sprintf(`{"%s": %s, "%s": %s, "x": %s, "y": null, "z": 7}`, id, person, otherID, person, zero),
		serversFile:  fmt.Sprintf(`{"%s": %s, "a": %s, "b": null}`, identity.FormatKey(key), server, server),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, notices := reopen(t, dir, nil)
	if len(notices) != 3 {
		t.Errorf("notices: %v", notices)
	}
	check := func() {
		t.Helper()
		if s := p.Settings(); s.Name != "Ben" || s.FrameMS != 10 || s.Bitrate != 64000 {
			t.Errorf("settings: %+v", s)
		}
		if a, ok := p.Person(id); !ok || !a.Verified || a.Volume != MaxVolume || a.Name != "Anna" || len(p.people) != 1 {
			t.Errorf("person: %+v, %v; %d people", a, ok, len(p.people))
		}
		if s := p.Servers(); len(s) != 1 || s[0].URL != "https://a.example/" || s[0].Mode != identity.Web {
			t.Errorf("servers: %+v", s)
		}
	}
	check()
	if p, notices = reopen(t, dir, p); len(notices) != 0 {
		t.Errorf("at the next start: %v", notices)
	}
	check()
}

func TestOpenClearsWhatAKilledProcessLeft(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{settingsFile + ".tmp-123", peopleFile + ".tmp-1", keyFile + ".tmp-1", "other.tmp-1"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, _ := reopen(t, dir, nil)
	if err := p.Update(func(s *Settings) { s.Name = "Anna" }); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	var names []string
	for _, e := range left {
		names = append(names, e.Name())
	}
	if want := []string{keyFile + ".tmp-1", lockFile, "other.tmp-1", settingsFile}; err != nil || !reflect.DeepEqual(names, want) {
		t.Errorf("left: %v, %v, want %v", names, err, want)
	}
}

// A change that can't be saved holds for this run, and says so.
func TestSaveFails(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	id, key := somebody(t, 1)
	if err := meet(p, id, key, "Anna"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, peopleFile)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{settingsFile, peopleFile, serversFile} { // a folder in the way: rename fails, for root too
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Update(func(s *Settings) { s.Bitrate = 32000 }); err == nil || p.Settings().Bitrate != 32000 {
		t.Errorf("settings: %v, %+v", err, p.Settings())
	}
	if err := p.Keep(Person{ID: id, Key: key, Volume: 150}); err == nil {
		t.Error("volume: no error")
	}
	if a, _ := p.Person(id); a.Volume != 150 {
		t.Errorf("person: %+v", a)
	}
	if err := p.UseServer(Server{Key: identity.FormatKey(key), URL: "https://a.example", Mode: identity.Native}); err == nil {
		t.Error("server: no error")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp-*")); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestConcurrentUse(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	var all sync.WaitGroup
	for i := range 8 {
		id, key := somebody(t, i)
		all.Go(func() {
			err := errors.Join(meet(p, id, key, fmt.Sprintf("Person %c", 'A'+i)),
				p.Keep(Person{ID: id, Key: key, Volume: 10 * i, Muted: i%2 == 1}), p.SetVerified(id, i%3 == 0),
				p.Update(func(s *Settings) { s.Bitrate += 1000 }),
				p.UseServer(Server{Key: identity.FormatKey(key), URL: "https://a.example", Mode: identity.Native}))
			if err != nil {
				t.Error(err)
			}
			p.Person(id)
			p.Lookalike("Person A", id)
			p.Settings()
			p.Servers()
		})
	}
	all.Wait()
	p, notices := reopen(t, dir, p)
	if s := p.Settings(); s.Bitrate != 72000 || len(p.Servers()) != 8 || len(notices) != 0 {
		t.Errorf("after all: %+v, %d servers, %v", s, len(p.Servers()), notices)
	}
	for i := range 8 {
		id, _ := somebody(t, i)
		a, ok := p.Person(id)
		if !ok || a.Volume != 10*i || a.Muted != (i%2 == 1) || a.Verified != (i%3 == 0) {
			t.Errorf("person %d: %+v, %v", i, a, ok)
		}
	}
}

// Whatever a file holds, what was understood of it is in range, and is written so that it reads back whole.
func FuzzFiles(f *testing.F) {
	k, _ := identity.Generate(bytes.NewReader(make([]byte, 32)))
	key := identity.FormatKey(k.Public())
	person, _ := json.Marshal(map[string]Person{k.ID(): {Key: k.Public(), Name: "Anna"}})
	server, _ := json.Marshal(map[string]Server{key: {Key: key, URL: "https://a.example", Mode: identity.Web}})
	f.Add([]byte(`{"name": "Anna", "bitrate": -1, "future": [1]}`), person, server)
	f.Add([]byte(`null`), []byte(`null`), []byte(`{"a": null}`))
	f.Add([]byte(`{"name": null, "bitrate": 1e99}`), []byte(`[]`), []byte(`{"a": 7, "A": {}}`))
	f.Fuzz(func(t *testing.T, settings, people, servers []byte) {
		p := empty()
		_ = decode(settings, &p.settings, p.checkSettings)
		_ = decode(people, &p.people, p.checkPeople)
		_ = decode(servers, &p.servers, p.checkServers)
		clamped := p.settings.value
		if clamped.clamp(); clamped != p.settings.value {
			t.Fatalf("out of range: %+v", p.settings.value)
		}
		q := empty()
		if err := errors.Join(decode(encode(t, p.settings), &q.settings, q.checkSettings),
			decode(encode(t, p.people), &q.people, q.checkPeople),
			decode(encode(t, p.servers), &q.servers, q.checkServers)); err != nil {
			t.Fatalf("what would be saved is damaged: %v", err)
		}
		if q.settings.value != p.settings.value || len(q.people) != len(p.people) || len(q.servers) != len(p.servers) {
			t.Fatalf("reads back as something else: %+v, was %+v", q, p)
		}
	})
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestDevicePeriods: what was learnt of a device is there after the next start, for that device and direction alone.
func TestDevicePeriods(t *testing.T) {
	dir := t.TempDir()
	p, _ := reopen(t, dir, nil)
	failed := func(err error) { t.Error(err) }
	p.KeepDevicePeriod(true, "usb", 5*time.Millisecond, failed)
	p.KeepDevicePeriod(false, "usb", 20*time.Millisecond, failed)
	p.KeepDevicePeriod(false, "nonsense", time.Hour, failed)
	p.KeepDevicePeriod(false, strings.Repeat("x", 600), 5*time.Millisecond, failed)
	p, notices := reopen(t, dir, p)
	if len(notices) != 0 {
		t.Error(notices)
	}
	for _, c := range []struct {
		output bool
		id     string
		want   time.Duration
	}{{true, "usb", 5 * time.Millisecond}, {false, "usb", 20 * time.Millisecond}, {true, "other", 0}, {false, "nonsense", 0}, {false, strings.Repeat("x", 600), 0}} {
		if got := p.DevicePeriod(c.output, c.id); got != c.want {
			t.Errorf("output %v %.9q: %v, want %v", c.output, c.id, got, c.want)
		}
	}
	for i := range 3 * maxDevices {
		p.KeepDevicePeriod(true, strings.Repeat("d", i+1), 10*time.Millisecond, failed)
	}
	p, _ = reopen(t, dir, p)
	if n := len(p.worked); n == 0 || n > maxDevices {
		t.Errorf("%d devices are remembered", n)
	}
	if err := os.WriteFile(filepath.Join(dir, devicesFile), []byte(`{"output usb": -4, "input usb": 10}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p, notices = reopen(t, dir, p)
	if len(notices) != 1 || p.DevicePeriod(true, "usb") != 0 || p.DevicePeriod(false, "usb") != 10*time.Millisecond {
		t.Error(notices, p.worked)
	}
}
