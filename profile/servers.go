package profile

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"parley/identity"
)

// Server is a server that this person has been on. Nothing secret is kept of it: an invite's secret is of no use after
// the first login.
type Server struct {
	Key      string        `json:"key"`  // its public key, as identity.FormatKey writes it; names the server
	URL      string        `json:"url"`  // where it is, without secret, query and fragment
	Mode     identity.Mode `json:"mode"` // as the invite said: never what the server says
	Name     string        `json:"name"` // what it calls itself
	LastUsed time.Time     `json:"last_used"`
}

// Limits of what is kept.
const (
	maxServers = 256
	maxURL     = 1024 // bytes
)

// Servers returns the servers, the last used first.
func (p *Profile) Servers() []Server {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Server, 0, len(p.servers))
	for _, s := range p.servers {
		list = append(list, s.value)
	}
	slices.SortFunc(list, newestFirst)
	return list
}

func newestFirst(a, b Server) int {
	if c := b.LastUsed.Compare(a.LastUsed); c != 0 {
		return c
	}
	if a.Key < b.Key {
		return -1
	}
	return 1
}

// UseServer notes that a server was logged in to, now. What the URL holds besides the place is dropped. The server that
// was not used for longest makes room when there are too many.
func (p *Profile) UseServer(s Server) error {
	if err := s.clean(); err != nil {
		return fmt.Errorf("keep server: %w", err)
	}
	return p.change(serversFile, func() (any, error) {
		s.LastUsed = p.now().UTC()
		entry := keeping[Server]{value: s}
		if before := p.servers[s.Key]; before != nil {
			entry.rest = before.rest
		}
		p.servers[s.Key] = &entry
		p.trimServersLocked()
		return maps.Clone(p.servers), nil
	})
}

// ForgetServer removes a server by its key. One that is not there is fine.
func (p *Profile) ForgetServer(key string) error {
	return p.change(serversFile, func() (any, error) {
		if _, ok := p.servers[key]; !ok {
			return nil, nil
		}
		delete(p.servers, key)
		return maps.Clone(p.servers), nil
	})
}

// clean checks and trims what stands in s.
func (s *Server) clean() error {
	if _, err := identity.ParseKey(s.Key); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	if s.Mode != identity.Native && s.Mode != identity.Web {
		return fmt.Errorf("%w: mode of a server", ErrInvalid)
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Scheme == "" || u.Host == "" || len(s.URL) > maxURL {
		return fmt.Errorf("%w: address of a server", ErrInvalid) // the cause would quote an invite's secret
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	s.URL = u.String()
	s.Name = CleanName(s.Name)
	return nil
}

func (p *Profile) trimServersLocked() {
	for len(p.servers) > maxServers {
		entries := slices.SortedFunc(maps.Values(p.servers), func(a, b *keeping[Server]) int {
			return newestFirst(a.value, b.value)
		})
		delete(p.servers, entries[len(entries)-1].value.Key)
	}
}

// checkServers throws out what is no server and returns one of the reasons.
func (p *Profile) checkServers() (bad error) {
	if p.servers == nil { // the file said null
		p.servers = map[string]*keeping[Server]{}
	}
	for key, s := range p.servers {
		if err := checkServer(key, s); err != nil {
			bad = err
			delete(p.servers, key)
		}
	}
	p.trimServersLocked()
	return bad
}

func checkServer(key string, s *keeping[Server]) error {
	if s == nil || s.value.Key != key {
		return fmt.Errorf("%w: a server without its key", ErrInvalid)
	}
	return s.value.clean()
}
