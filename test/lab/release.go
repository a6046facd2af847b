package lab

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"time"

	"aead.dev/minisign"

	"parley/update"
)

// Install is the file beside a program that says how it was installed.
const Install = "parley.install"

// Release is an update server on this machine that offers one version.
type Release struct {
	Env []string // has a program look here, and believe its key

	server *httptest.Server
	mu     sync.Mutex
	files  map[string][]byte // by path
}

// NewRelease offers a program as that version. Its key lies in dir.
func NewRelease(dir, version string, program []byte) (*Release, error) {
	public, private, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(program)
	file := update.File{Name: "parley", Size: int64(len(program)), SHA256: hex.EncodeToString(sum[:])}
	manifest, err := json.Marshal(update.Manifest{
		Format: update.Format, Channel: "stable", Version: version, Issued: time.Now(), Expires: time.Now().AddDate(0, 1, 0),
		News:  "Parley has got older.\nNothing else.",
		Files: map[string]update.File{update.Platform("program"): file, update.Platform("appimage"): file},
	})
	keys := filepath.Join(dir, "release.pub")
	if err := errors.Join(err, os.WriteFile(keys, []byte(public.String()+"\n"), 0o600)); err != nil {
		return nil, err
	}
	r := &Release{files: map[string][]byte{"/parley": program, "/" + update.ManifestName: manifest, "/" + update.SignatureName: minisign.Sign(private, manifest)}}
	r.server = httptest.NewServer(r)
	r.Env = []string{"PARLEY_UPDATE_FROM=" + r.server.URL, "PARLEY_UPDATE_KEYS=" + keys}
	return r, nil
}

// ServeHTTP implements http.Handler.
func (r *Release) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	data := r.files[q.URL.Path]
	r.mu.Unlock()
	http.ServeContent(w, q, "", time.Time{}, bytes.NewReader(data))
}

// Tamper changes a byte in the middle of a file: "parley", or one of package update's names.
func (r *Release) Tamper(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	data := bytes.Clone(r.files["/"+name])
	data[len(data)/2] ^= 1
	r.files["/"+name] = data
}

// Close ends the server.
func (r *Release) Close() { r.server.Close() }
