package updates

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/windows/registry"

	"parley/update"
)

// TestList: the list of apps shows what runs, where it is that copy which is listed.
func TestList(t *testing.T) {
	folder, elsewhere := emptied(t), emptied(t)
	path := `Software\Parley test ` + filepath.Base(folder)
	c := Copy{Kind: NSIS, Target: filepath.Join(folder, "parley.exe")}
	newer := update.Version{Major: 1, Minor: 10, Pre: "beta.2"}
	if err := c.list(path, newer); err != nil {
		t.Fatal(err)
	}
	if _, err := registry.OpenKey(registry.CURRENT_USER, path, registry.QUERY_VALUE); err == nil {
		t.Fatal("nothing is listed, and an entry is made")
	}
	k, _, err := registry.CreateKey(registry.CURRENT_USER, path, registry.ALL_ACCESS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = k.Close()
		_ = registry.DeleteKey(registry.CURRENT_USER, path)
	})
	says := func() (version, key string) {
		t.Helper()
		version, _, err := k.GetStringValue("DisplayVersion")
		if err != nil {
			t.Fatal(err)
		}
		key, _, _ = k.GetStringValue("VersionKey")
		return version, key
	}
	set := func(name, value string) {
		t.Helper()
		if err := k.SetStringValue(name, value); err != nil {
			t.Fatal(err)
		}
	}
	set("DisplayVersion", "1.9.0")
	set("InstallLocation", elsewhere)
	if err := c.list(path, newer); err != nil {
		t.Error(err)
	}
	if version, key := says(); version != "1.9.0" || key != "" {
		t.Error("another copy's entry was changed", version, key)
	}
	set("InstallLocation", folder+`\.`) // the same by another name
	for range 2 {
		if err := c.list(path, newer); err != nil {
			t.Error(err)
		}
		if version, k := says(); version != "1.10.0-beta.2" || k != key(newer) {
			t.Error(version, k)
		}
	}
}

// emptied is a folder for a test that leaves it empty: what T.TempDir does at the end Wine 8 does not know.
func emptied(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "parley Größe")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestKey: packaging/windows/setup_test.go has the setup make the same.
func TestKey(t *testing.T) {
	for version, want := range map[string]string{
		"1.2.3":          "000000100000020000003~",
		"1.10.0-beta.2":  "000000100000100000000-1beta 000000000000000000002 ",
		"1.0.0-rc.1.x-y": "000000100000000000000-1rc 000000000000000000001 1x-y ",
	} {
		v, err := update.ParseVersion(version)
		if err != nil {
			t.Fatal(err)
		}
		if got := key(v); got != want {
			t.Errorf("%s: %q instead of %q", version, got, want)
		}
	}
}
