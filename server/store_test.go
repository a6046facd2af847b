package server

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/wire"
)

// serveEnv makes this program a server in the folder it names: for the test that kills one.
const serveEnv = "PARLEY_TEST_SERVE"

func TestMain(m *testing.M) {
	dir := os.Getenv(serveEnv)
	if dir == "" {
		os.Exit(m.Run())
	}
	l := defaultLimits()
	eager(&l)
	srv, err := New(Config{Dir: dir, Listen: "127.0.0.1:0", limits: &l})
	if err == nil {
		fmt.Println(srv.Ready().Invite, srv.Ready().OwnerClaim)
		err = srv.Serve(context.Background())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestRestart(t *testing.T) {
	checkLeaks(t)
	dir := t.TempDir()
	r := startIn(t, dir)
	boss, ben := owner(t, r), join(t, r, "Ben")
	want[*wire.ChannelChanged](boss, wire.ChannelAdd{Name: "Music"})
	made := want[*wire.Invites](boss, wire.InviteCreate{Uses: 3}).Invites[0]
	first := parseLink(t, r.Ready().Invite)
	boss.conn.Close()
	ben.conn.Close()
	r.stop()

	r = startIn(t, dir)
	second := parseLink(t, r.Ready().Invite)
	if r.Ready().OwnerClaim != "" || second.Secret == first.Secret || second.Key.String() != first.Key.String() {
		t.Errorf("ready: %+v", r.Ready())
	}
	if got := r.channelNames(); !slices.Equal(got, []string{"General", "Games", "Music"}) {
		t.Errorf("channels: %v", got)
	}
	boss.link = second
	boss.redial()
	if code := wire.CodeOf(boss.tryResume()); code != wire.SessionGone {
		t.Errorf("resume: %q", code)
	}
	boss.redial()
	if err := boss.tryLogin("Olga", ""); err != nil || boss.welcome.Role != wire.RoleOwner || len(boss.snap.Users) != 2 {
		t.Errorf("the owner after a restart: %v %+v", err, boss.welcome)
	}
	if list := want[*wire.Invites](boss, wire.InviteList{}).Invites; len(list) != 3 {
		t.Errorf("invites: %+v", list)
	}
	for _, secret := range []string{first.Secret, second.Secret, parseLink(t, made.URL).Secret} {
		if err := dial(t, second, newKey(t)).tryLogin("New", secret); err != nil {
			t.Errorf("an invite from before the restart: %v", err)
		}
	}
}

// As long as nobody is the owner each start gives a claim, and the one before ends.
func TestClaimOfEachStart(t *testing.T) {
	dir := t.TempDir()
	r := startIn(t, dir)
	lost := r.Ready().OwnerClaim
	ana := join(t, r, "Ana")
	ana.conn.Close()
	r.stop()

	r = startIn(t, dir)
	fresh := r.Ready().OwnerClaim
	if lost == "" || fresh == "" || fresh == lost {
		t.Fatalf("claims: %q, then %q", lost, fresh)
	}
	ana = join(t, r, "Ana")
	ana.refused(wire.Claim{Secret: lost}, wire.ClaimInvalid)
	want[*wire.OK](ana, wire.Claim{Secret: fresh})
	ana.conn.Close()
	r.stop()

	if r = startIn(t, dir); r.Ready().OwnerClaim != "" {
		t.Error("a claim although there is an owner")
	}
}

// A folder of an older version is brought to this one, with all that is in it.
func TestMigrate(t *testing.T) {
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, databaseFile))
	if err == nil {
		_, err = db.Exec(fmt.Sprintf("%s; PRAGMA application_id = %d; PRAGMA user_version = 1", schema, applicationID))
	}
	if err == nil {
		_, err = db.Exec(`INSERT INTO users (id, key, name, role, created) VALUES ('u', x'01', 'Ana', 'owner', 1);
			INSERT INTO channels (id, name, position) VALUES ('c', 'Den', 0)`)
	}
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	for round := range 2 { // the second finds what the first has made
		st, err := openStore(dir)
		if err != nil {
			t.Fatal(err)
		}
		users, err := st.users()
		if err != nil || len(users) != 1 || users[0].name != "Ana" || users[0].role != wire.RoleOwner {
			t.Errorf("users: %+v %v", users, err)
		}
		channels, err := st.channels()
		if err != nil || len(channels) != 1 || channels[0].name != "Den" {
			t.Errorf("channels: %+v %v", channels, err)
		}
		if list, err := st.missed("x"); err != nil || len(list) != round {
			t.Errorf("missed: %+v %v", list, err)
		}
		if err := st.addMissed("x", wire.Missed{Call: "1", User: "u", At: 7, Why: wire.MissedBusy}); err != nil {
			t.Error(err)
		}
		st.close()
	}
}

func TestMissedRows(t *testing.T) {
	st, err := openStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer st.close()
	if _, err := st.db.Exec(`INSERT INTO users (id, key, name, role, created) VALUES ('u', x'01', 'Ana', 'member', 1)`); err != nil {
		t.Fatal(err)
	}
	add := func(to string, at int64) {
		t.Helper()
		if err := st.addMissed(to, wire.Missed{Call: "same", User: "u", At: at, Video: at%2 == 0, Why: wire.CallTimeout}); err != nil {
			t.Fatal(err)
		}
	}
	add("other", 1000)
	for at := range int64(wire.MaxMissed + 5) {
		add("x", 500-at) // a clock that is set back changes no order
	}
	list, err := st.missed("x")
	if err != nil || len(list) != wire.MaxMissed {
		t.Fatalf("%d, %v", len(list), err)
	}
	if m := list[0]; m != (wire.Missed{Call: "same", User: "u", Name: "Ana", At: 495, Why: wire.CallTimeout}) {
		t.Errorf("the oldest: %+v", m)
	}
	if m := list[len(list)-1]; m.At != 446 || !m.Video {
		t.Errorf("the newest: %+v", m)
	}
	if err := st.forgetMissed("x"); err != nil {
		t.Fatal(err)
	}
	if list, err := st.missed("x"); err != nil || list == nil || len(list) != 0 {
		t.Errorf("after it was seen: %+v %v", list, err)
	}
	if list, err := st.missed("other"); err != nil || len(list) != 1 || list[0].At != 1000 {
		t.Errorf("another's: %+v %v", list, err)
	}
}

// The claim comes with the start that succeeds.
func TestFirstStart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	if _, err := New(Config{Dir: dir, Listen: l.Addr().String()}); err == nil {
		t.Fatal("a port in use was taken")
	}
	r := startIn(t, dir)
	boss := owner(t, r)
	if len(boss.snap.Channels) != 2 {
		t.Errorf("channels: %+v", boss.snap.Channels)
	}
}

// Restarts don't pile invites up.
func TestStartInvites(t *testing.T) {
	st, err := openStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer st.close()
	l := defaultLimits()
	clock := newClock()
	h := newHub(Config{limits: &l, Now: clock.now}, st)
	h.link = wire.Link{Host: "h:1", Key: make(wire.Bytes, 32), Mode: wire.ModeNative}
	for i := range 3 * startInvites {
		if _, err := h.newInvite(0, 0, i != 0); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := st.invites(clock.now()); err != nil || len(list) != startInvites+1 {
		t.Errorf("%d invites, %v", len(list), err)
	}
	if _, err := h.newInvite(wire.MaxUses+1, 0, false); wire.CodeOf(err) != wire.BadMessage {
		t.Errorf("too many uses: %v", err)
	}
}

// A server that is killed has kept everything that it had acknowledged, at whatever moment it dies.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	boss := &client{t: t, key: newKey(t)}
	var acknowledged []string
	for round := range 4 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), serveEnv+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill() }) // where the test has failed before
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		invite, claim, _ := strings.Cut(strings.TrimSpace(line), " ")
		boss.link = parseLink(t, invite)
		boss.redial()
		if err := boss.tryLogin("Olga", boss.link.Secret); err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			want[*wire.OK](boss, wire.Claim{Secret: claim})
		}
		for i := range 5 + 3*round {
			name := fmt.Sprintf("c%d-%d", round, i)
			want[*wire.ChannelChanged](boss, wire.ChannelAdd{Name: name})
			acknowledged = append(acknowledged, name)
		}
		want[*wire.OK](boss, wire.NameSet{Name: fmt.Sprint("Olga ", round)})
		boss.write(wire.Envelope{ID: 9999, Body: wire.ChannelAdd{Name: fmt.Sprint("in flight ", round)}})
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		boss.conn.Close()
	}
	st, err := openStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.close()
	channels, err := st.channels()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range acknowledged {
		if !slices.ContainsFunc(channels, func(c *channel) bool { return c.name == name }) {
			t.Errorf("%s is lost", name)
		}
	}
	users, err := st.users()
	if err != nil || len(users) != 1 || users[0].name != "Olga 3" || users[0].role != wire.RoleOwner {
		t.Errorf("users: %+v %v", users, err)
	}
}

func TestFolders(t *testing.T) {
	try := func(dir string) error {
		t.Helper()
		srv, err := New(Config{Dir: dir, Listen: "127.0.0.1:0"})
		if err == nil {
			err = srv.Close()
		}
		return err
	}
	odd := filepath.Join(t.TempDir(), "a b?c%20d#e;f&g", strings.Repeat("long", 40))
	if err := try(odd); err != nil {
		t.Fatalf("an odd and long path: %v", err)
	}
	if _, err := os.Stat(filepath.Join(odd, databaseFile)); err != nil {
		t.Error(err)
	}
	for _, name := range []string{databaseFile, "server.key"} {
		if info, err := os.Stat(filepath.Join(odd, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}

	t.Run("in use", func(t *testing.T) {
		dir := t.TempDir()
		r := startIn(t, dir)
		if err := try(dir); !errors.Is(err, ErrInUse) {
			t.Errorf("while another runs: %v", err)
		}
		join(t, r, "Ana").conn.Close()
		r.stop()
		if err := try(dir); err != nil {
			t.Errorf("after it: %v", err)
		}
	})
	t.Run("newer", func(t *testing.T) {
		dir := t.TempDir()
		if err := try(dir); err != nil {
			t.Fatal(err)
		}
		set := func(version int) {
			db, err := sql.Open("sqlite", filepath.Join(dir, databaseFile))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(fmt.Sprint("PRAGMA user_version = ", version)); err != nil {
				t.Fatal(err)
			}
		}
		set(schemaVersion + 1)
		if err := try(dir); !errors.Is(err, ErrNewer) {
			t.Errorf("a newer version: %v", err)
		}
		set(schemaVersion)
		if err := try(dir); err != nil {
			t.Errorf("the same version: %v", err)
		}
	})
	t.Run("not ours", func(t *testing.T) {
		dir := t.TempDir()
		garbage := []byte(strings.Repeat("this is a text and no database. ", 400))
		if err := os.WriteFile(filepath.Join(dir, databaseFile), garbage, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := try(dir); !errors.Is(err, ErrNotOur) {
			t.Errorf("a text: %v", err)
		}
		if after, err := os.ReadFile(filepath.Join(dir, databaseFile)); err != nil || string(after) != string(garbage) {
			t.Errorf("the text was changed: %v", err)
		}
		other := t.TempDir()
		db, err := sql.Open("sqlite", filepath.Join(other, databaseFile))
		if err == nil {
			_, err = db.Exec("CREATE TABLE theirs (x)")
		}
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
		if err := try(other); !errors.Is(err, ErrNotOur) {
			t.Errorf("another program's database: %v", err)
		}
	})
	t.Run("not a folder", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{file, filepath.Join(file, "below"), "/proc/parley"} {
			if err := try(dir); err == nil {
				t.Errorf("%s: no error", dir)
			}
		}
		if err := try(""); err == nil {
			t.Error("no folder: no error")
		}
	})
	t.Run("a broken key", func(t *testing.T) {
		dir := t.TempDir()
		if err := try(dir); err != nil {
			t.Fatal(err)
		}
		key := filepath.Join(dir, "server.key")
		if err := os.WriteFile(key, []byte("cut"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := try(dir); err == nil {
			t.Error("no error")
		}
		if data, _ := os.ReadFile(key); string(data) != "cut" {
			t.Error("the key was overwritten")
		}
	})
}
