package update

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"runtime"
	"time"
)

// The names of what lies beside the files.
const (
	ManifestName  = "manifest.json"
	SignatureName = ManifestName + ".minisig"
)

// Source is where versions come from, and what is run here.
type Source struct {
	Base     string // URL of the folder that has the manifest of a channel in it; https, or loopback in a test
	Keys     Keys
	Channel  string
	Current  Version
	Platform string       // the name that the manifest has for what runs here: see Platform
	Client   *http.Client // nil: one with limits
	Folder   string       // of the user's own, for downloads and what was seen; made where it is missing
	Now      func() time.Time
}

// Platform is the name of a file's platform: "linux-amd64-appimage", or "windows-amd64-program" for the program alone.
func Platform(kind string) string { return runtime.GOOS + "-" + runtime.GOARCH + "-" + kind }

// Offer is a newer version.
type Offer struct {
	Version Version
	File    File   // its Size is zero where this version has none for the platform
	News    string // what is new in it, as the manifest has it
}

func (s *Source) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Source) client() *http.Client {
	if s.Client != nil {
		return s.Client
	}
	return &http.Client{CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) >= 5 || r.URL.Scheme != "https" {
			return fmt.Errorf("the server sends us elsewhere: %s", r.URL.Scheme)
		}
		return nil
	}}
}

// Check asks for what is current. nil: this version is. It remembers the newest manifest that it saw, and refuses older ones.
func (s *Source) Check(ctx context.Context) (*Offer, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	text, err := s.get(ctx, ManifestName)
	if err != nil {
		return nil, err
	}
	signature, err := s.get(ctx, SignatureName)
	if err != nil {
		return nil, err
	}
	m, err := s.Keys.Open(text, signature)
	if err != nil {
		return nil, err
	}
	if m.Channel != s.Channel {
		return nil, fmt.Errorf("%w: it is for another channel", ErrManifest)
	}
	if err := m.Current(s.now()); err != nil {
		return nil, err
	}
	if err := s.remember(m); err != nil {
		return nil, err
	}
	v, _ := ParseVersion(m.Version) // Validate has read it
	if v.Compare(s.Current) <= 0 {
		return nil, nil
	}
	return &Offer{Version: v, File: m.Files[s.Platform], News: m.News}, nil
}

// address is that of a file beside the manifest.
func (s *Source) address(name string) (string, error) {
	u, err := url.Parse(s.Base)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return "", fmt.Errorf("updates come from an https address")
	}
	u.Path = path.Join("/", u.Path, name)
	return u.String(), nil
}

func loopback(host string) bool { return host == "127.0.0.1" || host == "::1" || host == "localhost" }

func (s *Source) get(ctx context.Context, name string) ([]byte, error) {
	address, err := s.address(name)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := s.client().Do(r)
	if err != nil {
		return nil, unreached(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the update server says %d", answer.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, MaxManifest+1))
	if err != nil {
		return nil, fmt.Errorf("the update server broke off: %w", silent(err))
	}
	return data, nil
}

// unreached says that a request got no answer, and why, without its address.
func unreached(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return fmt.Errorf("the update server can't be reached: %w", silent(err))
}

// silent says in words that the time was over.
func silent(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("it does not answer")
	}
	return err
}
