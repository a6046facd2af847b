package shell_test

import (
	"os"
	"regexp"
	"testing"
)

var sixty = regexp.MustCompile(`^(\d{5} ){11}\d{5}$`)

func TestSafety(t *testing.T) {
	w := newWorld(t)
	ana, ben := w.joins("Ana", "--mic", "none", "--speaker", "none"), w.joins("Ben", "--mic", "none", "--speaker", "none")
	ana.connected(ben)
	key := find(w.ctl("Carl", "who").done(), named("Ben")).Key
	ana.leaves()
	ben.leaves()
	safety := func(who string, args ...string) line {
		t.Helper()
		return w.run(who, nil, append([]string{"safety"}, args...)...).done()[0]
	}
	a, b := safety("Ana", "Ben"), safety("Ben", "Ana")
	if !sixty.MatchString(a.SafetyNumber) || a.SafetyNumber != b.SafetyNumber {
		t.Errorf("Ana reads %q, Ben %q", a.SafetyNumber, b.SafetyNumber)
	}
	if a.User != ben.user || a.Name != "Ben" || a.Verified || b.User != ana.user {
		t.Errorf("Ana knows %+v, Ben %+v", a, b)
	}
	if c := safety("Ana", ben.user); c.SafetyNumber != a.SafetyNumber || c.User != a.User {
		t.Errorf("by id: %+v", c)
	}
	if c := safety("Ana", key); c.SafetyNumber != a.SafetyNumber {
		t.Errorf("by key: %+v", c)
	}
	if c := safety("Carl", key); c.SafetyNumber == a.SafetyNumber || !sixty.MatchString(c.SafetyNumber) {
		t.Errorf("Carl's with Ben: %+v", c)
	}
	if !safety("Ana", "Ben", "--verified").Verified || !safety("Ana", "Ben").Verified || safety("Ben", "Ana").Verified {
		t.Error("what Ana compared is not kept, or Ben knows of it")
	}
	again := w.joins("Ana", "--mic", "none", "--speaker", "none") // meeting again takes nothing back
	again.connected(w.joins("Ben", "--mic", "none", "--speaker", "none"))
	again.leaves()
	if !safety("Ana", "Ben").Verified {
		t.Error("what was compared is forgotten at the next meeting")
	}
	if safety("Ana", "Ben", "--unverified").Verified || safety("Ana", "Ben").Verified {
		t.Error("it can't be taken back")
	}
	w.run("Ana", nil, "safety", "Nobody").ends(refused, "not_found")
	w.run("Ana", nil, "safety").ends(usage, "usage")
	w.run("Ana", nil, "safety", "Ben", "--verified", "--unverified").ends(usage, "usage")
}

func TestIdentity(t *testing.T) {
	w := newWorld(t)
	invite, file := w.server.Ready.Invite, w.path("ana.key")
	right, wrong, short := []string{"PARLEY_PASSPHRASE=correct horse"}, []string{"PARLEY_PASSPHRASE=battery staple"}, []string{"PARLEY_PASSPHRASE=short"}
	w.ctl("Ana", "who").done()
	ana := w.run("Ana", nil, "identity", "show").done()[0]
	if ana.User == "" || ana.Key == "" || ana.Name != "Ana" {
		t.Errorf("show: %+v", ana)
	}
	w.run("Ana", short, "identity", "export", file).ends(refused, "passphrase")
	if _, err := os.Stat(file); err == nil {
		t.Error("a weak passphrase was used all the same")
	}
	w.run("Ana", right, "identity", "export", file).ends(done, "")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("exported: %v, %v", info, err)
	}

	// To a new machine.
	w.run("Laptop", wrong, "identity", "import", file).ends(refused, "passphrase")
	if got := w.run("Laptop", right, "identity", "import", file).done()[0]; got.User != ana.User || got.KeptAside != "" {
		t.Errorf("imported: %+v", got)
	}
	w.run("Laptop", nil, "who", w.server.Ready.URL).ends(done, "") // a member without an invite: the same user

	// Where another key is.
	w.run("Desk", nil, "who", invite).ends(done, "")
	desk := w.run("Desk", nil, "identity", "show").done()[0]
	w.run("Desk", right, "identity", "import", file).ends(refused, "key_exists")
	w.run("Desk", wrong, "identity", "import", file, "--replace").ends(refused, "passphrase")
	if got := w.run("Desk", nil, "identity", "show").done()[0]; got.User != desk.User || desk.User == ana.User {
		t.Errorf("after refusals: %+v, was %+v", got, desk)
	}
	before, err := os.ReadFile(w.home("Desk") + "/identity.key")
	if err != nil {
		t.Fatal(err)
	}
	got := w.run("Desk", right, "identity", "import", file, "--replace").done()[0]
	if kept, err := os.ReadFile(got.KeptAside); err != nil || string(kept) != string(before) || got.User != ana.User {
		t.Errorf("replaced: %+v, %v", got, err)
	}
	if err := os.WriteFile(w.path("cut.key"), []byte("-----BEGIN PARLEY KEY-----\nAAAA"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.run("Desk", right, "identity", "import", w.path("cut.key"), "--replace").ends(refused, "bad_file")
	w.run("Desk", nil, "identity", "paint").ends(usage, "usage")

	// One voice place: who joins from elsewhere ends the visit here, and is told so.
	here := w.joins("Ana", "--mic", "none", "--speaker", "none")
	there := w.joins("Desk", "--mic", "none", "--speaker", "none")
	here.ends(lost, "replaced")
	if there.user != ana.User {
		t.Errorf("the imported key is %s to the server, not %s", there.user, ana.User)
	}
	there.leaves()
}
