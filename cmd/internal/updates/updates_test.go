package updates

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aead.dev/minisign"

	"parley/update"
)

// depot is an update server without a network, so that a test can run in a bubble.
type depot struct {
	t       *testing.T
	private minisign.PrivateKey
	origin  Origin
	mu      sync.Mutex
	files   map[string][]byte
	down    atomic.Bool
	slow    atomic.Bool // a download stands still after its first half
	asked   atomic.Int64
	ranges  atomic.Int64
}

func newDepot(t *testing.T) *depot {
	public, private, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &depot{t: t, private: private, origin: Origin{"https://updates.example/stable", update.Keys{public}}, files: map[string][]byte{}}
}

// RoundTrip implements http.RoundTripper.
func (d *depot) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.down.Load() {
		return nil, errors.New("no network")
	}
	name := strings.TrimPrefix(r.URL.Path, "/stable/")
	if name == update.ManifestName {
		d.asked.Add(1)
	}
	data, ok := d.file(name)
	answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: r}
	if !ok {
		answer.StatusCode = http.StatusNotFound
	}
	if r.Header.Get("Range") != "" {
		d.ranges.Add(1)
		answer.StatusCode = http.StatusPartialContent
		from := len(data) / 2
		answer.Header.Set("Content-Range", "bytes "+r.Header.Get("Range")[len("bytes="):])
		data = data[from:]
	}
	answer.Body = io.NopCloser(bytes.NewReader(data))
	if d.slow.Load() && strings.HasPrefix(name, "parley") {
		answer.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data[:len(data)/2]), hanging{r}))
	}
	return answer, nil
}

func (d *depot) file(name string) (data []byte, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	data, ok = d.files[name]
	return data, ok
}

func (d *depot) put(name string, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[name] = data
}

// hanging brings nothing until whoever asked gives up.
type hanging struct{ r *http.Request }

func (h hanging) Read([]byte) (int, error) {
	<-h.r.Context().Done()
	return 0, h.r.Context().Err()
}

func (d *depot) publish(version string, platforms ...string) {
	d.t.Helper()
	data := bytes.Repeat([]byte(version), 1000)
	sum := sha256.Sum256(data)
	file := update.File{Name: "parley-" + version, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
	m := update.Manifest{Format: update.Format, Channel: Channel, Version: version, Issued: time.Now(), Expires: time.Now().AddDate(0, 1, 0),
		Files: map[string]update.File{"other": file}, News: "Better."}
	for _, p := range platforms {
		m.Files[p] = file
	}
	text, err := json.Marshal(m)
	if err != nil {
		d.t.Fatal(err)
	}
	d.put(file.Name, data)
	d.put(update.ManifestName, text)
	d.put(update.SignatureName, minisign.Sign(d.private, text))
}

// rig is a Keeper of a copy in a folder with blanks and umlauts.
type rig struct {
	*Keeper
	on, busy atomic.Bool
	changes  atomic.Int64
	copy     Copy
	folder   string
}

func newRig(t *testing.T, d *depot, kind Kind) *rig {
	folder := filepath.Join(t.TempDir(), "Größe und Maß")
	r := &rig{copy: Copy{kind, filepath.Join(folder, "parley")}, folder: filepath.Join(folder, "updates")}
	if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(r.copy.Target, []byte("old"), 0o755)); err != nil {
		t.Fatal(err)
	}
	r.on.Store(true)
	r.again(d)
	return r
}

func (r *rig) again(d *depot) {
	r.Keeper = New(Config{
		Origin: d.origin, Copy: r.copy, Current: update.Version{Major: 1}, Folder: r.folder, On: r.on.Load, Busy: r.busy.Load,
		Changed: func() { r.changes.Add(1) }, Client: &http.Client{Transport: d},
	})
}

// is wants a phase, once everything has come to rest.
func (r *rig) is(t *testing.T, want Phase) State {
	t.Helper()
	synctest.Wait()
	s := r.State()
	if s.Phase != want {
		t.Fatalf("phase %d, want %d: %+v", s.Phase, want, s)
	}
	return s
}

func (r *rig) look(t *testing.T, want Phase) State {
	t.Helper()
	r.Check()
	return r.is(t, want)
}

// with runs a test in a bubble, with a server that offers 1.1.0 and a Keeper of 1.0.0 that was not started.
func with(t *testing.T, kind Kind, do func(t *testing.T, d *depot, r *rig)) {
	t.Helper()
	d := newDepot(t)
	synctest.Test(t, func(t *testing.T) {
		d.publish("1.1.0", update.Platform("program"))
		do(t, d, newRig(t, d, kind))
	})
}

// TestDaily: some minutes after the start and then once a day somebody looks, but not with the switch off; what is there is fetched and
// waits for the next start.
func TestDaily(t *testing.T) {
	d := newDepot(t)
	synctest.Test(t, func(t *testing.T) {
		d.publish("1.0.0", update.Platform("program"))
		r := newRig(t, d, Tar)
		r.Start()
		defer func() { _ = r.Close() }() // of the second one
		time.Sleep(firstAfter - time.Second)
		if r.is(t, Idle); d.asked.Load() != 0 {
			t.Error("it looks while the program starts")
		}
		time.Sleep(firstMore + time.Second)
		r.is(t, Current)
		r.on.Store(false)
		time.Sleep(every + everyMore)
		if synctest.Wait(); d.asked.Load() != 1 {
			t.Errorf("it has looked %d times", d.asked.Load())
		}
		r.on.Store(true)
		d.publish("1.1.0", update.Platform("program"))
		time.Sleep(every + everyMore)
		if s := r.is(t, Ready); s.Version != "1.1.0" || s.News != "Better." || time.Since(s.Looked) > every {
			t.Errorf("%+v", s)
		}
		if o, ok := r.program.Waiting(r.c.Current); !ok || o.Version.Minor != 1 {
			t.Error("nothing waits for the next start", o)
		}
		asked := d.asked.Load()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		r.again(d)
		r.Start()
		if s := r.is(t, Ready); s.Version != "1.1.0" || s.News != "Better." {
			t.Errorf("after another start: %+v", s)
		}
		time.Sleep(time.Hour)
		if synctest.Wait(); d.asked.Load() != asked {
			t.Error("a program that is started often looks often")
		}
		d.publish("1.0.0")
		if r.look(t, Ready).Problem == "" {
			t.Error("a downgrade is taken")
		}
	})
}

// TestCalls: nothing is downloaded while somebody talks, and a call stops a download, which goes on after it.
func TestCalls(t *testing.T) {
	with(t, NSIS, func(t *testing.T, d *depot, r *rig) {
		r.on.Store(false) // one may ask all the same
		r.Start()
		defer r.Close()
		r.busy.Store(true)
		r.look(t, Waiting)
		time.Sleep(time.Hour)
		r.is(t, Waiting)
		d.slow.Store(true)
		r.busy.Store(false)
		time.Sleep(2 * quietEvery)
		if s := r.is(t, Downloading); s.Done != s.All/2 || s.All != 5000 {
			t.Errorf("%+v", s)
		}
		r.busy.Store(true)
		time.Sleep(2 * quietEvery)
		r.is(t, Waiting)
		d.slow.Store(false)
		r.busy.Store(false)
		time.Sleep(2 * quietEvery)
		if r.is(t, Ready); d.ranges.Load() != 1 {
			t.Error("the download began anew")
		}
	})
}

func TestSwitchedOffMeanwhile(t *testing.T) {
	with(t, Tar, func(t *testing.T, d *depot, r *rig) {
		d.slow.Store(true)
		r.Start()
		defer r.Close()
		time.Sleep(firstAfter)
		for r.State().Phase != Downloading {
			time.Sleep(quietEvery)
		}
		r.on.Store(false)
		time.Sleep(2 * quietEvery)
		if s := r.is(t, Known); s.Problem != errUnwanted.Error() {
			t.Errorf("%+v", s)
		}
		r.look(t, Downloading) // somebody asks
		time.Sleep(time.Minute)
		if s := r.is(t, Known); !strings.Contains(s.Problem, "nothing has come") {
			t.Errorf("a server that stands still: %+v", s)
		}
	})
}

// TestTold: what others have installed, what can't be written and what is not made for this system is only said.
func TestTold(t *testing.T) {
	for _, kind := range []Kind{Deb, RPM, MSI, Flatpak, Unknown} {
		with(t, kind, func(t *testing.T, d *depot, r *rig) {
			r.Start()
			defer r.Close()
			if s := r.look(t, Known); s.How == "" || s.Version != "1.1.0" || s.Problem != "" {
				t.Errorf("%q: %+v", kind, s)
			}
			if d.publish("1.2.0"); r.look(t, Known).Version != "1.2.0" {
				t.Error("the newest is not told")
			}
		})
	}
	for _, kind := range []Kind{AppImage, NSIS, Tar} {
		with(t, kind, func(t *testing.T, d *depot, r *rig) {
			d.publish("1.1.0")
			r.Start()
			defer r.Close()
			if s := r.look(t, Known); s.How != "It is not made for this system." {
				t.Errorf("%+v", s)
			}
			d.publish("1.2.0", r.copy.Platform())
			r.program.Target = filepath.Join(r.folder, "gone", "parley")
			if s := r.look(t, Known); s.How != r.copy.how() {
				t.Errorf("a folder that can't be written: %+v", s)
			}
		})
	}
}

// TestTrouble: a server that can't be reached, lies or hands out something else is said, and asked again within the hour.
func TestTrouble(t *testing.T) {
	with(t, Tar, func(t *testing.T, d *depot, r *rig) {
		r.Start()
		defer r.Close()
		d.down.Store(true)
		if s := r.look(t, Idle); !strings.Contains(s.Problem, "reached") {
			t.Errorf("%+v", s)
		}
		d.down.Store(false)
		text, _ := d.file(update.ManifestName)
		d.put(update.ManifestName, append(bytes.Clone(text), ' '))
		if s := r.look(t, Idle); !strings.Contains(s.Problem, "not signed") {
			t.Errorf("%+v", s)
		}
		d.publish("1.1.0", update.Platform("program"))
		whole, _ := d.file("parley-1.1.0")
		d.put("parley-1.1.0", bytes.Repeat([]byte("6.6.6"), 1000))
		if s := r.look(t, Known); !strings.Contains(s.Problem, "have signed") || s.Version != "1.1.0" {
			t.Errorf("%+v", s)
		}
		d.put("parley-1.1.0", whole)
		time.Sleep(afterError + firstMore)
		if s := r.is(t, Ready); s.Problem != "" {
			t.Errorf("%+v", s)
		}
		time.Sleep(40 * 24 * time.Hour) // nobody has signed anything since
		if s := r.look(t, Ready); !strings.Contains(s.Problem, "out of date") {
			t.Errorf("%+v", s)
		}
	})
}

// TestNoPlace: a home that can't be written is said, and nothing is fetched into it.
func TestNoPlace(t *testing.T) {
	with(t, Tar, func(t *testing.T, d *depot, r *rig) {
		if err := os.WriteFile(r.folder, nil, 0o600); err != nil { // where the folder would be
			t.Fatal(err)
		}
		r.Start()
		defer r.Close()
		if s := r.look(t, Idle); !strings.Contains(s.Problem, "what was seen of updates") {
			t.Errorf("%+v", s)
		}
		if err := os.Remove(r.folder); err != nil {
			t.Fatal(err)
		}
		r.look(t, Ready)
	})
}

// TestNotAgain: a version that was rolled back is not fetched again, and the next one is.
func TestNotAgain(t *testing.T) {
	with(t, Tar, func(t *testing.T, d *depot, r *rig) {
		if err := r.program.Remember(update.Version{Major: 1, Minor: 1}); err != nil {
			t.Fatal(err)
		}
		r.again(d)
		r.is(t, Failed)
		r.Start()
		defer r.Close()
		if s := r.look(t, Failed); s.Version != "1.1.0" {
			t.Errorf("%+v", s)
		}
		d.publish("1.2.0", update.Platform("program"))
		r.look(t, Ready)
	})
}

// TestSwitchedOff: what was fetched before does not come by itself, either.
func TestSwitchedOff(t *testing.T) {
	with(t, Tar, func(t *testing.T, d *depot, r *rig) {
		r.Start()
		defer r.Close()
		r.look(t, Ready)
		r.Switched()
		r.is(t, Ready)
		r.on.Store(false)
		r.Switched()
		if _, waits := r.program.Waiting(r.c.Current); waits || r.is(t, Known).How == "" {
			t.Error("it waits for the next start")
		}
		if r.look(t, Ready); d.asked.Load() != 2 {
			t.Error("nobody can ask for it")
		}
	})
}

// TestSwitchedOffInTime: what comes to lie there while the switch is turned off is not taken, whichever of the two is first, and neither is
// an older one that lies there while a newer one is looked for.
func TestSwitchedOffInTime(t *testing.T) {
	with(t, Tar, func(t *testing.T, d *depot, r *rig) {
		waits := func() bool {
			_, waits := r.program.Waiting(r.c.Current)
			return waits
		}
		err := r.Keeper.look(t.Context(), func() bool {
			if waits() { // it was not there the time before
				r.on.Store(false)
			}
			return r.on.Load()
		})
		if s := r.State(); err != nil || waits() || s.Phase != Known || s.How == "" {
			t.Errorf("%+v, %v", s, err)
		}
		r.on.Store(true)
		if r.Now(t.Context()).Phase != Ready {
			t.Fatal(r.State())
		}
		d.publish("1.2.0", update.Platform("program"))
		d.put("parley-1.2.0", nil)
		if s := r.Now(t.Context()); s.Phase != Known || s.Version != "1.2.0" || !waits() {
			t.Fatalf("%+v", s)
		}
		r.on.Store(false)
		if r.Switched(); waits() {
			t.Error("the next start takes the older one")
		}
	})
}

// TestRefusedIsAskedSeldom: a list that nobody has signed anew for long is not asked for all day, and once there is a new one it is found
// within a day. Somebody who asks has the first hours begin again.
func TestRefusedIsAskedSeldom(t *testing.T) {
	with(t, Tar, func(t *testing.T, d *depot, r *rig) {
		d.publish("1.0.0", update.Platform("program"))
		r.Start()
		defer r.Close()
		time.Sleep(31 * 24 * time.Hour) // it is good for a month
		before := d.asked.Load()
		time.Sleep(10 * 24 * time.Hour)
		if s := r.is(t, Current); !strings.Contains(s.Problem, "out of date") {
			t.Errorf("%+v", s)
		}
		if n := d.asked.Load() - before; n < 9 || n > 15 {
			t.Errorf("asked %d times in ten days", n)
		}
		r.look(t, Current)
		before = d.asked.Load()
		time.Sleep(afterError + 2*firstMore + 2*afterError)
		if n := d.asked.Load() - before; n != 2 {
			t.Errorf("asked %d times in three hours", n)
		}
		d.publish("1.1.0", update.Platform("program"))
		time.Sleep(every + everyMore)
		r.is(t, Ready)
	})
}

// TestUntilDue: a clock that is set back does not keep anybody from looking.
func TestUntilDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for in, want := range map[time.Duration]time.Duration{
			time.Hour: time.Hour, -time.Hour: -time.Hour, every + everyMore: every + everyMore, 365 * 24 * time.Hour: 0,
		} {
			if left := untilDue(time.Now().Add(in)); left != want {
				t.Errorf("%s: %s", in, left)
			}
		}
	})
}

// TestNow is for programs that look once.
func TestNow(t *testing.T) {
	with(t, Tar, func(t *testing.T, d *depot, r *rig) {
		if s := r.Now(t.Context()); s.Phase != Ready || s.Phase.String() != "ready" || s.Version != "1.1.0" {
			t.Errorf("%+v", s)
		}
		d.down.Store(true)
		if s := r.Now(t.Context()); s.Phase != Ready || s.Problem == "" {
			t.Errorf("%+v", s)
		}
	})
	r := newRig(t, &depot{t: t}, Tar)
	if s := r.Now(t.Context()); s.Phase != NoOrigin || s.Phase.String() != "none" || Failed.String() != "failed" {
		t.Errorf("%+v", s)
	}
}

func TestNoOrigin(t *testing.T) {
	d := &depot{t: t}
	r := newRig(t, d, Tar)
	r.Start()
	r.Check()
	if err := r.Close(); err != nil || r.State().Phase != NoOrigin {
		t.Error(err, r.State())
	}
}
