package identity

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestLoadOrCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", "key")
	if _, err := Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("load before: %v", err)
	}
	k, err := LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := LoadOrCreate(path)
	if err != nil || !again.Equal(k) {
		t.Errorf("second start: %v, %v, want %v", again, err, k)
	}
	if loaded, err := Load(path); err != nil || !loaded.Equal(k) {
		t.Errorf("load: %v, %v", loaded, err)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	onlyFiles(t, filepath.Dir(path), "key")
}

func TestLoadRefuses(t *testing.T) {
	good := string(formatKeyFile(seeded(2)))
	other := strings.Split(string(formatKeyFile(seeded(3))), "\n")
	lines := strings.Split(good, "\n")
	tests := map[string]string{
		"empty":         "",
		"cut in seed":   good[:30],
		"cut by a byte": good[:len(good)-1],
		"doubled":       good + good,
		"garbage":       "\x00\xff\x00 not a key",
		"bit flipped":   strings.Replace(good, "AgI", "AgM", 1),
		"halves mixed":  lines[0] + "\n" + lines[1] + "\n" + other[2] + "\n",
		"newer":         strings.Replace(good, "v1", "v2", 1),
		"line ends":     strings.ReplaceAll(good, "\n", "\r\n"),
		"huge":          strings.Repeat("A", 1<<20),
	}
	for name, content := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			write(t, path, content, 0o600)
			for what, f := range map[string]func(string) (Key, error){"Load": Load, "LoadOrCreate": LoadOrCreate} {
				_, err := f(path)
				if !errors.Is(err, ErrKeyFile) || !strings.Contains(err.Error(), path) {
					t.Errorf("%s: %v, want ErrKeyFile with the path", what, err)
				}
				if err != nil && strings.Contains(err.Error(), "AgI") {
					t.Errorf("%s: the error quotes the secret: %v", what, err)
				}
			}
			if now, err := os.ReadFile(path); err != nil || string(now) != content {
				t.Errorf("the broken file was changed: %v", err)
			}
		})
	}
	path := filepath.Join(t.TempDir(), "key")
	write(t, path, good, 0o600)
	if k, err := Load(path); err != nil || !k.Equal(seeded(2)) {
		t.Errorf("the whole file: %v, %v", k, err)
	}
}

func TestLoadRefusesWhatIsNoPrivateFile(t *testing.T) {
	dir := t.TempDir()
	real := filepath.Join(dir, "real")
	write(t, real, string(formatKeyFile(seeded(2))), 0o600)
	link, dangling := filepath.Join(dir, "link"), filepath.Join(dir, "dangling")
	for from, to := range map[string]string{link: real, dangling: filepath.Join(dir, "nowhere")} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{dir, link, dangling} {
		if _, err := LoadOrCreate(path); !errors.Is(err, ErrKeyFile) {
			t.Errorf("%s: %v, want ErrKeyFile", path, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key was written through a link: %v", err)
	}
	if _, err := LoadOrCreate(filepath.Join(real, "key")); err == nil {
		t.Error("a key below a file")
	}
}

func TestLoadRefusesLoosePermissions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	for _, mode := range []os.FileMode{0o644, 0o640, 0o602, 0o610} {
		write(t, path, string(formatKeyFile(seeded(2))), mode)
		_, err := LoadOrCreate(path)
		if refused := errors.Is(err, ErrPermissions); refused == (runtime.GOOS == "windows") {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	write(t, path, string(formatKeyFile(seeded(2))), 0o400)
	if _, err := LoadOrCreate(path); err != nil {
		t.Errorf("mode 0400: %v", err)
	}
}

// Many starts at the same moment have one key among them.
func TestLoadOrCreateAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	keys, errs := make([]Key, 16), make([]error, 16)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() { keys[i], errs[i] = LoadOrCreate(path) })
	}
	all.Wait()
	for i := range keys {
		if errs[i] != nil || !keys[i].Equal(keys[0]) {
			t.Errorf("start %d: %v, %v, want %v", i, keys[i], errs[i], keys[0])
		}
	}
	onlyFiles(t, filepath.Dir(path), "key")
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, content := range []string{"old and long", "new"} {
		if err := WriteFile(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != content {
			t.Errorf("%q, %v, want %q", now, err, content)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, "sub"), nil); err == nil {
		t.Error("a folder was replaced")
	}
	if err := WriteFile(filepath.Join(dir, "no", "folder"), nil); err == nil {
		t.Error("a file without a folder")
	}
	onlyFiles(t, dir, "file", "sub")
}

func FuzzParseKeyFile(f *testing.F) {
	f.Add(formatKeyFile(seeded(1)))
	f.Add([]byte("parley key v1\n\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if k, err := parseKeyFile(data); err == nil && string(formatKeyFile(k)) != string(data) {
			t.Fatalf("a second form of a key file: %q", data)
		}
	})
}

func write(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// onlyFiles fails when a folder holds anything but names: a temporary file left over, for one.
func onlyFiles(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s holds %q, want %q", dir, got, names)
	}
}
