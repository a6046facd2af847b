package update

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aead.dev/minisign"
)

// depot is an update server of a test.
type depot struct {
	*httptest.Server
	private [2]minisign.PrivateKey
	keys    Keys
	files   map[string][]byte
	cut     atomic.Int64 // bytes after which a download breaks off; 0: never
	whole   atomic.Bool  // it knows of no parts
	ranges  atomic.Int64 // requests for a part
}

var now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func newDepot(t *testing.T) *depot {
	d := &depot{files: map[string][]byte{}}
	for i := range d.private {
		public, private, err := minisign.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		d.private[i], d.keys = private, append(d.keys, public)
	}
	d.Server = httptest.NewServer(http.HandlerFunc(d.serve))
	t.Cleanup(d.Close)
	return d
}

func (d *depot) serve(w http.ResponseWriter, r *http.Request) {
	data, ok := d.files[strings.TrimPrefix(r.URL.Path, "/stable/")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Header.Get("Range") != "" {
		d.ranges.Add(1)
	}
	if d.whole.Load() {
		r.Header.Del("Range")
	}
	if n := d.cut.Load(); n > 0 && int64(len(data)) > n && !strings.HasPrefix(r.URL.Path, "/stable/manifest") {
		w = &cutting{ResponseWriter: w, left: n}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// cutting breaks off after so many bytes.
type cutting struct {
	http.ResponseWriter
	left int64
}

func (c *cutting) Write(p []byte) (int, error) {
	if c.left <= 0 {
		panic(http.ErrAbortHandler)
	}
	n, err := c.ResponseWriter.Write(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	c.ResponseWriter.(http.Flusher).Flush()
	if c.left <= 0 {
		panic(http.ErrAbortHandler)
	}
	return n, err
}

const platform = "test"

// publish puts a version on the server, signed with one of the keys.
func (d *depot) publish(t *testing.T, key int, version string, data []byte, edit func(*Manifest)) {
	t.Helper()
	sum := sha256.Sum256(data)
	m := Manifest{
		Format: Format, Channel: "stable", Version: version, Issued: now.Add(-time.Hour), Expires: now.Add(30 * 24 * time.Hour),
		Files: map[string]File{platform: {Name: "parley-" + version, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}},
	}
	if edit != nil {
		edit(&m)
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	d.files["parley-"+version] = data
	d.files[ManifestName], d.files[SignatureName] = text, minisign.Sign(d.private[key], text)
}

func (d *depot) source(t *testing.T, current string) *Source {
	v, err := ParseVersion(current)
	if err != nil {
		t.Fatal(err)
	}
	return &Source{
		Base: d.URL + "/stable", Keys: d.keys, Channel: "stable", Current: v, Platform: platform, Folder: t.TempDir(),
		Now: func() time.Time { return now },
	}
}

func TestCheck(t *testing.T) {
	d := newDepot(t)
	ctx := context.Background()
	for key := range d.private { // either of the two will do
		d.publish(t, key, "1.3.0", []byte("new"), nil)
		o, err := d.source(t, "1.2.9").Check(ctx)
		if err != nil || o == nil || o.Version.String() != "1.3.0" || o.File.Size != 3 {
			t.Fatalf("key %d: %+v, %v", key, o, err)
		}
		if o, err := d.source(t, "1.3.0").Check(ctx); o != nil || err != nil {
			t.Errorf("the same version: %+v, %v", o, err)
		}
		if o, err := d.source(t, "1.4.0-beta.1").Check(ctx); o != nil || err != nil {
			t.Errorf("an older version: %+v, %v", o, err)
		}
	}
}

// TestRefused: each lie is refused for its own reason, beside the same manifest without it.
func TestRefused(t *testing.T) {
	ctx := context.Background()
	stranger, strange, err := minisign.GenerateKey(rand.Reader)
	if err != nil || stranger.ID() == 0 {
		t.Fatal(err)
	}
	file := func(name string, size int64) map[string]File {
		return map[string]File{platform: {name, size, strings.Repeat("0", 64)}}
	}
	for name, c := range map[string]struct {
		edit func(*Manifest)
		lie  func(d *depot)
		want error
	}{
		"as it is": {nil, func(*depot) {}, nil},
		"a stranger": {nil, func(d *depot) {
			d.files[SignatureName] = minisign.Sign(strange, d.files[ManifestName])
		}, ErrSignature},
		"no signature":   {nil, func(d *depot) { d.files[SignatureName] = nil }, ErrSignature},
		"a changed byte": {nil, func(d *depot) { d.files[ManifestName][30] ^= 1 }, ErrSignature},
		"a space more":   {nil, func(d *depot) { d.files[ManifestName] = append(d.files[ManifestName], ' ') }, ErrSignature},
		"endless":        {nil, func(d *depot) { d.files[ManifestName] = bytes.Repeat([]byte(" "), 1<<20) }, ErrManifest},
		"expired":        {func(m *Manifest) { m.Expires = now.Add(-time.Minute) }, func(*depot) {}, ErrExpired},
		"of the future": {func(m *Manifest) {
			m.Issued, m.Expires = now.Add(72*time.Hour), now.Add(99*time.Hour)
		}, func(*depot) {}, ErrExpired},
		"another channel": {func(m *Manifest) { m.Channel = "beta" }, func(*depot) {}, ErrManifest},
		"another format":  {func(m *Manifest) { m.Format = 2 }, func(*depot) {}, ErrManifest},
		"a path":          {func(m *Manifest) { m.Files = file("../x", 3) }, func(*depot) {}, ErrManifest},
		"huge":            {func(m *Manifest) { m.Files = file("x", MaxSize+1) }, func(*depot) {}, ErrManifest},
		"no version":      {func(m *Manifest) { m.Version = "latest" }, func(*depot) {}, ErrManifest},
	} {
		d := newDepot(t)
		d.publish(t, 0, "1.3.0", []byte("new"), c.edit)
		c.lie(d)
		o, err := d.source(t, "1.2.0").Check(ctx)
		if !errors.Is(err, c.want) || (o != nil) != (c.want == nil) {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
}

// TestCutAnywhere: a manifest that is cut at any byte is refused, as is its signature.
func TestCutAnywhere(t *testing.T) {
	d := newDepot(t)
	d.publish(t, 0, "1.3.0", []byte("new"), nil)
	text, signature := d.files[ManifestName], d.files[SignatureName]
	if _, err := d.keys.Open(text, signature); err != nil {
		t.Fatal(err)
	}
	for i := range text {
		if _, err := d.keys.Open(text[:i], signature); err == nil {
			t.Fatalf("%d bytes of the manifest are taken", i)
		}
	}
	for i := range len(signature) - 1 { // without its last newline it is whole
		if _, err := d.keys.Open(text, signature[:i]); err == nil {
			t.Fatalf("%d of %d bytes of the signature are taken", i, len(signature))
		}
	}
}

// TestFreeze: who shows an older list than was seen before is not believed, not even for the same version.
func TestFreeze(t *testing.T) {
	d, ctx := newDepot(t), context.Background()
	s := d.source(t, "1.2.0")
	d.publish(t, 0, "1.4.0", []byte("newest"), nil)
	if o, err := s.Check(ctx); err != nil || o == nil {
		t.Fatal(o, err)
	}
	d.publish(t, 0, "1.3.0", []byte("newer"), nil)
	if o, err := s.Check(ctx); !errors.Is(err, ErrOlder) || o != nil {
		t.Errorf("an older version: %v, %v", o, err)
	}
	d.publish(t, 0, "1.4.0", []byte("newest"), func(m *Manifest) { m.Issued = m.Issued.Add(-time.Minute) })
	if o, err := s.Check(ctx); !errors.Is(err, ErrOlder) || o != nil {
		t.Errorf("an older list: %v, %v", o, err)
	}
	d.publish(t, 1, "1.5.0", []byte("newest of all"), func(m *Manifest) { m.Issued = m.Issued.Add(time.Minute) })
	if o, err := s.Check(ctx); err != nil || o == nil {
		t.Errorf("a newer one: %v, %v", o, err)
	}
}

func TestDownload(t *testing.T) {
	ctx := context.Background()
	data := make([]byte, 300_000)
	if _, err := rand.Read(data); err != nil {
		t.Fatal(err)
	}
	for _, whole := range []bool{false, true} {
		t.Run(fmt.Sprintf("server without parts %v", whole), func(t *testing.T) {
			d := newDepot(t)
			d.publish(t, 0, "1.3.0", data, nil)
			d.whole.Store(whole)
			s := d.source(t, "1.2.0")
			o, err := s.Check(ctx)
			if err != nil {
				t.Fatal(err)
			}
			d.cut.Store(100_000)
			for range 2 {
				if _, err := s.Download(ctx, o, nil); err == nil {
					t.Fatal("what broke off is whole")
				}
			}
			d.cut.Store(0)
			first := int64(-1)
			file, err := s.Download(ctx, o, func(done, all int64) {
				if first < 0 {
					first = done
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, data) {
				t.Error("it differs", err)
			}
			if resumed := first > 100_000; resumed == whole || d.ranges.Load() == 0 {
				t.Errorf("it began at %d of %d", first, len(data))
			}
			if again, err := s.Download(ctx, o, func(int64, int64) { t.Error("it was fetched twice") }); err != nil || again != file {
				t.Error(again, err)
			}
		})
	}
}

// TestTamperedDownload: what is not what was signed never gets a name of its own, and the next try begins anew.
func TestTamperedDownload(t *testing.T) {
	d, ctx := newDepot(t), context.Background()
	data := bytes.Repeat([]byte("parley "), 1000)
	d.publish(t, 0, "1.3.0", data, nil)
	s := d.source(t, "1.2.0")
	o, err := s.Check(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for name, lie := range map[string][]byte{
		"changed": append([]byte("P"), data[1:]...), "longer": append(bytes.Clone(data[:len(data)-1]), "x and more"...),
	} {
		d.files["parley-1.3.0"] = lie
		if file, err := s.Download(ctx, o, nil); !errors.Is(err, ErrTampered) {
			t.Errorf("%s: %s, %v", name, file, err)
		}
		left, err := filepath.Glob(filepath.Join(s.Folder, o.File.SHA256+"*"))
		if err != nil || len(left) != 0 {
			t.Errorf("%s: left over %v", name, left)
		}
	}
	d.files["parley-1.3.0"] = data[:100]
	if _, err := s.Download(ctx, o, nil); err == nil {
		t.Error("a short one is whole")
	}
	d.files["parley-1.3.0"] = data
	if _, err := s.Download(ctx, o, nil); err != nil {
		t.Error(err)
	}
}

// program writes a program of a test: a script that does something.
func program(t *testing.T, file, does string) {
	t.Helper()
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+does+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var from, to = Version{Major: 1, Minor: 2}, Version{Major: 1, Minor: 3}

// swapped has a program swapped, in a folder with blanks and umlauts.
func swapped(t *testing.T, does string) (i Installation, before string) {
	folder := filepath.Join(t.TempDir(), "Größe und Maß")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	i = Installation{Target: filepath.Join(folder, "parley"), Folder: filepath.Join(folder, "updates")}
	program(t, i.Target, "exit 0 # old")
	program(t, filepath.Join(folder, "download"), does)
	before = read(t, i.Target)
	if err := i.Swap(filepath.Join(folder, "download"), from, to); err != nil {
		t.Fatal(err)
	}
	if read(t, i.Target) == before || read(t, i.old()) != before {
		t.Fatal("nothing was swapped")
	}
	return i, before
}

func TestSwapAndHealthy(t *testing.T) {
	i, _ := swapped(t, "true")
	if on, failed, err := i.Begin(to); !on || failed != "" || err != nil {
		t.Fatal(on, failed, err)
	}
	if err := i.Healthy(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(i.old()); !errors.Is(err, os.ErrNotExist) {
		t.Error("the version before is still there")
	}
	if on, failed, err := i.Begin(to); on || failed != "" || err != nil {
		t.Error(on, failed, err)
	}
}

// TestNeverHealthy: a version that begins over and over is rolled back without anybody who watches it.
func TestNeverHealthy(t *testing.T) {
	i, before := swapped(t, "true")
	for n := range maxStarts {
		if on, failed, err := i.Begin(to); !on || failed != "" || err != nil {
			t.Fatal(n, on, failed, err)
		}
	}
	if on, failed, err := i.Begin(to); on || failed != to.String() || err != nil {
		t.Fatal(on, failed, err)
	}
	if read(t, i.Target) != before {
		t.Error("the version before is not back")
	}
	if !i.Failed(to) || i.Failed(from) {
		t.Error("the version that does not work would be offered again")
	}
	if on, failed, err := i.Begin(from); on || failed != "" || err != nil {
		t.Error(on, failed, err)
	}
}

func TestSupervise(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		does   string
		within time.Duration
		back   bool
	}{
		"it works":   {`rm "$1"; sleep 60`, time.Minute, false},
		"it breaks":  {"exit 3", time.Minute, true},
		"it hangs":   {"exec sleep 60", 300 * time.Millisecond, true},
		"no program": {"", time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			i, before := swapped(t, c.does)
			if c.does == "" {
				if err := os.WriteFile(i.Target, []byte("\x7fELF"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			command := exec.Command(i.Target, filepath.Join(i.Folder, trialName))
			t.Cleanup(func() {
				if command.Process != nil {
					_ = command.Process.Kill()
				}
			})
			back, err := i.Supervise(ctx, c.within, command)
			if back != c.back || (err != nil) != c.back {
				t.Fatal(back, err)
			}
			if (read(t, i.Target) == before) != c.back || i.Failed(to) != c.back {
				t.Error("the wrong version is in place")
			}
		})
	}
}

// TestSwapRefused: whatever is in the way, the version before still starts.
func TestSwapRefused(t *testing.T) {
	folder := t.TempDir()
	i := Installation{Target: filepath.Join(folder, "parley"), Folder: filepath.Join(folder, "updates")}
	program(t, i.Target, "exit 0")
	before := read(t, i.Target)
	fresh := filepath.Join(folder, "fresh")
	program(t, fresh, "true")
	if err := i.Swap(fresh, to, from); err == nil {
		t.Error("a downgrade is taken")
	}
	if err := i.Swap(filepath.Join(folder, "missing"), from, to); err == nil {
		t.Error("nothing is taken for something")
	}
	if err := os.Mkdir(i.Target+".new", 0o755); err != nil { // stands for a full disk or a folder of somebody else's
		t.Fatal(err)
	}
	if err := i.Swap(fresh, from, to); err == nil {
		t.Error("it can't be written, and was")
	}
	if read(t, i.Target) != before || exec.Command(i.Target).Run() != nil {
		t.Error("the version before is damaged")
	}
	if on, failed, err := i.Begin(from); on || failed != "" || err != nil {
		t.Error(on, failed, err)
	}
}

func TestVersions(t *testing.T) {
	order := []string{"0.1.0-dev", "0.1.0", "0.2.0-alpha", "0.2.0-beta.2", "0.2.0-beta.10", "0.2.0", "0.10.0", "1.0.0"}
	for i, a := range order {
		for j, b := range order {
			v, err := ParseVersion(a)
			w, err2 := ParseVersion(b)
			if err != nil || err2 != nil || v.String() != a {
				t.Fatal(a, b, err, err2)
			}
			if c := v.Compare(w); (c < 0) != (i < j) || (c > 0) != (i > j) {
				t.Errorf("%s to %s: %d", a, b, c)
			}
		}
	}
	for _, bad := range []string{
		"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.-3", "1.2.3-", "1.2.3-ä", "v1.2.3", "1.2.3+4", "1.2.3-a..b", "1.2.3-.a", "1.2.3-beta.02",
		strings.Repeat("1", 100),
	} {
		if v, err := ParseVersion(bad); err == nil {
			t.Errorf("%q is %v", bad, v)
		}
	}
}

func FuzzOpen(f *testing.F) {
	public, private, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"format":1,"channel":"stable","version":"1.2.3","issued":"2026-01-01T00:00:00Z","expires":"2026-02-01T00:00:00Z",` +
		`"files":{"x":{"name":"x","size":1,"sha256":"` + strings.Repeat("0f", 32) + `"}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if m, err := (Keys{public}).Open(text, minisign.Sign(private, text)); err == nil && m.Validate() != nil {
			t.Errorf("taken, and not valid: %s", text)
		}
	})
}
