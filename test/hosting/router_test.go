//go:build linux

package hosting

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"parley/server/router"
)

const (
	listen = "0.0.0.0:7440"
	public = "11.7.0.1" // an address that is somebody's: those reserved for tests are no public ones
)

// outer is where the router passes a port of the server on, as it says.
func outer(t *testing.T, h hosted, protocol string) string {
	t.Helper()
	to, ok := h.status(t).Router.Outside(router.Port{Protocol: protocol, Inside: 7440})
	if !ok {
		t.Fatalf("no way in by %s: %+v", protocol, h.status(t).Router)
	}
	return to.String()
}

// A real router passes the ports on: somebody outside, who got nowhere before, joins by the invite, and gets nowhere afterwards.
func TestMapping(t *testing.T) {
	for name, conf := range map[string]string{"NAT-PMP": speaksPMP, "UPnP": speaksUPnP} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t, public)
			h.daemon(conf + lets)
			direct := serve(t, h.den, listen) // not allowed to ask
			if tcp, udp := h.reaches(public+":7440", public+":7440"); tcp || udp || h.mappings() != 0 || strings.Contains(direct.Ready.Invite, public) {
				t.Fatalf("before it was asked: TCP %v, UDP %v, invite %s", tcp, udp, direct.Ready.Invite)
			}
			direct.Close()
			s := serve(t, h.den, listen, "--map-ports")
			state := s.status(t)
			if r := state.Router; r.Outcome != router.Open || r.Way != name || r.External.String() != public || len(r.Mapped) != 4 || state.Host != public+":7440" {
				t.Fatalf("%+v\n%s", state, s.Stderr())
			}
			if tcp, udp := h.reaches(public+":7440", public+":7440"); !tcp || !udp || h.mappings() != 4 {
				t.Errorf("TCP %v, UDP %v, %d mappings", tcp, udp, h.mappings())
			}
			if tcp, udp := h.reaches(public+":3478", public+":3478"); !tcp || !udp {
				t.Errorf("the relay: TCP %v, UDP %v", tcp, udp)
			}
			if code := who(t, h.outside, s.Ready.Invite); code != 0 {
				t.Errorf("somebody outside can't join by %s: %d", s.Ready.Invite, code)
			}
			if err := s.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			<-s.Done()
			if h.mappings() != 0 {
				t.Errorf("%d mappings are left", h.mappings())
			}
		})
	}
}

// Two servers in one house want the same port: the second gets another one, and its invites say so.
func TestAnotherPort(t *testing.T) {
	for name, conf := range map[string]string{"NAT-PMP": speaksPMP, "UPnP": speaksUPnP} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t, public)
			h.daemon(conf + lets)
			first := serve(t, h.den, listen, "--map-ports")
			second := serve(t, h.attic, listen, "--map-ports")
			tcp, udp := outer(t, second, router.TCP), outer(t, second, router.UDP)
			if outer(t, first, router.TCP) != public+":7440" || tcp == public+":7440" || udp == public+":7440" || second.status(t).Host != tcp || h.mappings() != 8 {
				t.Errorf("TCP at %s, UDP at %s, %+v, %d mappings", tcp, udp, second.status(t), h.mappings())
			}
			if byTCP, byUDP := h.reaches(tcp, udp); !byTCP || !byUDP {
				t.Errorf("TCP %v, UDP %v", byTCP, byUDP)
			}
			for _, s := range []hosted{first, second} { // each client verifies whom it has reached
				if code := who(t, h.outside, s.Ready.Invite); code != 0 {
					t.Errorf("%s: %d", s.Ready.Invite, code)
				}
			}
			second.Close()
			if byTCP, _ := h.reaches(public+":7440", public+":7440"); !byTCP || h.mappings() != 4 {
				t.Errorf("the end of the second took the first one's: %v, %d mappings", byTCP, h.mappings())
			}
		})
	}
}

// What can't be had is said, and the server is there for the house.
func TestNoMapping(t *testing.T) {
	for name, tt := range map[string]struct {
		address, conf string
		outcome       router.Outcome
		say           string
	}{
		"refused":              {public, speaksUPnP + letsNobody, router.Refused, "it is set to map no ports for others"},
		"two routers, NAT-PMP": {"10.7.0.1", speaksPMP + lets, router.Refused, "or no public address"},
		"two routers, UPnP":    {"10.7.0.1", speaksUPnP + lets, router.Refused, "or no public address"},
		"silent":               {public, "", router.Silent, "by hand"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t, tt.address)
			if tt.conf != "" {
				h.daemon(tt.conf)
			}
			s := serve(t, h.den, listen, "--map-ports")
			state := s.status(t)
			if r := state.Router; r.Outcome != tt.outcome || !strings.Contains(r.Text, tt.say) || !strings.Contains(s.Stderr(), tt.say) {
				t.Errorf("%+v\n%s", r, s.Stderr())
			}
			if want := "192.168.7.5:7440"; state.Host != want || !strings.Contains(s.Ready.Invite, want) {
				t.Errorf("%s, invite %s", state.Host, s.Ready.Invite)
			}
			if code := who(t, h.attic, s.Ready.Invite); code != 0 {
				t.Errorf("from within: %d", code)
			}
			if tcp, _ := h.reaches(fmt.Sprintf("%s:7440", tt.address), tt.address+":7440"); tcp != (tt.outcome == router.Behind) {
				t.Errorf("from outside: %v", tcp)
			}
		})
	}
}
