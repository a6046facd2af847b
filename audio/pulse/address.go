package pulse

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// address is where a sound server may listen.
type address struct{ network, path string }

// addresses are the servers that the environment names, in the order in which they are tried:
// https://www.freedesktop.org/wiki/Software/PulseAudio/Documentation/User/ServerStrings/
func addresses(getenv func(string) string) []address {
	if list := getenv("PULSE_SERVER"); list != "" {
		return parseServers(list, hostNames())
	}
	var all []address
	for _, dir := range []struct{ base, below string }{
		{getenv("PULSE_RUNTIME_PATH"), ""},
		{getenv("XDG_RUNTIME_DIR"), "pulse"},
		{"/run/user/" + strconv.Itoa(os.Getuid()), "pulse"},
		{"/run/pulse", ""}, // one for the whole machine
	} {
		if dir.base != "" {
			all = append(all, address{"unix", filepath.Join(dir.base, dir.below, "native")})
		}
	}
	return all
}

// hostNames are what a server string may call this machine by.
func hostNames() []string {
	var names []string
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	if id, err := os.ReadFile("/etc/machine-id"); err == nil {
		names = append(names, strings.TrimSpace(string(id)))
	}
	return names
}

// parseServers reads server strings, which spaces separate: {machine}unix:/path, /path, tcp:host:port, host. Those for
// other machines and those that nobody understands are left out.
func parseServers(list string, machine []string) []address {
	var all []address
	for s := range strings.FieldsSeq(list) {
		if only, isFor := strings.CutPrefix(s, "{"); isFor {
			name, rest, ok := strings.Cut(only, "}")
			if !ok || !slices.Contains(machine, name) {
				continue
			}
			s = rest
		}
		if a, ok := parseServer(s); ok {
			all = append(all, a)
		}
	}
	return all
}

func parseServer(s string) (address, bool) {
	network, where, ok := strings.Cut(s, ":")
	switch {
	case strings.HasPrefix(s, "/"):
		return address{"unix", s}, true
	case s == "":
		return address{}, false
	case ok && network == "unix":
		return address{"unix", where}, where != ""
	case ok && (network == "tcp" || network == "tcp4" || network == "tcp6"):
	default:
		network, where = "tcp", s
	}
	if _, _, err := net.SplitHostPort(where); err != nil {
		where = net.JoinHostPort(strings.Trim(where, "[]"), "4713")
	}
	return address{network, where}, true
}

// cookieSize is what the protocol wants, no more and no less.
const cookieSize = 256

// cookie is the secret that server and clients of one user share. Without one that can be read it is zeros, as with PulseAudio's own
// clients: a server knows its own user by the socket, too, and some take everybody.
func cookie(getenv func(string) string) []byte {
	places := []string{getenv("PULSE_COOKIE")}
	if places[0] == "" {
		home, config := getenv("HOME"), getenv("XDG_CONFIG_HOME")
		if config == "" {
			config = filepath.Join(home, ".config")
		}
		places = []string{filepath.Join(config, "pulse", "cookie"), filepath.Join(home, ".pulse-cookie")}
	}
	secret := make([]byte, cookieSize)
	for _, path := range places {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		defer f.Close()
		if n, err := io.ReadFull(f, secret); err != nil {
			clear(secret[:n])
			continue
		}
		return secret
	}
	return secret
}
