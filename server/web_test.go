package server

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/identity"
	"parley/wire"
)

// browse connects and greets as a page of the server's does.
func (c *client) browse() {
	c.t.Helper()
	c.link.Mode = wire.ModeNative // a browser believes a certificate that Dial in mode web would not
	c.rawDial()
	c.link.Mode = wire.ModeWeb
	c.greet()
}

// pageGuest makes a new member of the server, by its page.
func pageGuest(t *testing.T, r *running, name string) *client {
	t.Helper()
	link := r.invite()
	c := &client{t: t, key: newKey(t), link: link}
	c.browse()
	if err := c.tryLogin(name, link.Secret); err != nil {
		t.Fatal(err)
	}
	return c
}

// Who came by the page is known as such to everybody, by the server's word, whatever they call themselves.
func TestBrowserGuest(t *testing.T) {
	r := start(t)
	olga := owner(t, r)
	guest := pageGuest(t, r, "Gus")
	m := expect[*wire.UserChanged](olga)
	for m.User.ID == olga.id() { // that she is the owner now
		m = expect[*wire.UserChanged](olga)
	}
	if m.User.ID != guest.id() || !m.User.Web {
		t.Errorf("user: %+v", m.User)
	}
	general := olga.channel("General")
	_, g := guest.sit(general)
	if m := expect[*wire.MemberJoined](olga); m.Member.Address != g || !m.Member.Web {
		t.Errorf("member: %+v", m.Member)
	}
	roster, o := olga.sit(general)
	for _, m := range roster.Members {
		if m.Web != (m.Address == g) {
			t.Errorf("roster: %+v", m)
		}
	}
	joined := expect[*wire.MemberJoined](guest)
	for joined.Member.Address == g { // that they sit there themselves
		joined = expect[*wire.MemberJoined](guest)
	}
	if joined.Member.Address != o || joined.Member.Web {
		t.Errorf("member: %+v", joined.Member)
	}

	// Under the owner's name they are a guest still, and no owner.
	want[*wire.OK](guest, &wire.NameSet{Name: "Olga"})
	if m := expect[*wire.MemberChanged](olga); m.Member.Name != "Olga" || !m.Member.Web {
		t.Errorf("renamed: %+v", m.Member)
	}
	guest.refused(&wire.ChannelAdd{Name: "Mine"}, wire.NotAllowed)
	nel := join(t, r, "Nel")
	if len(nel.snap.Users) != 3 {
		t.Errorf("%d users", len(nel.snap.Users))
	}
	for _, u := range nel.snap.Users {
		if u.Web != (u.ID == guest.id()) || (u.Role == wire.RoleOwner) != (u.ID == olga.id()) {
			t.Errorf("user: %+v", u)
		}
	}

	call := identity.NewMemberID()
	want[*wire.CallPlaced](guest, &wire.CallRing{Call: call, To: olga.id(), Member: identity.NewMemberID(), Nonce: identity.NewChallenge()})
	if m := expect[*wire.CallIncoming](olga); m.Call != call || !m.From.Web {
		t.Errorf("incoming: %+v", m.From)
	}
}

// A session goes on in the mode that it began in: else the others would be told of the one and talk with the other.
func TestModeStays(t *testing.T) {
	r := start(t)
	for _, web := range []bool{true, false} {
		begin := join
		if web {
			begin = pageGuest
		}
		c := begin(t, r, "Ana")
		c.conn.Close()
		if c.link.Mode = wire.ModeNative; web {
			c.redial()
		} else {
			c.browse()
		}
		if err := c.tryResume(); wire.CodeOf(err) != wire.SessionGone {
			t.Errorf("web %v: %v", web, err)
		}
		if c.link.Mode = wire.ModeNative; web {
			c.browse()
		} else {
			c.redial()
		}
		if err := c.tryResume(); err != nil || !c.welcome.Resumed {
			t.Errorf("web %v: %v", web, err)
		}
	}
}

// The page is there for whoever has the invite's https address, and by plain http there is an explanation.
func TestPageIsServed(t *testing.T) {
	r := start(t)
	l, err := wire.ParseLink(r.Ready().Page)
	if err != nil || l.String() != r.Ready().Invite {
		t.Errorf("%q beside %q: %v", r.Ready().Page, r.Ready().Invite, err)
	}
	host := r.invite().Host
	web := &http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer web.CloseIdleConnections()
	for _, c := range []struct {
		method, url string
		status      int
		has         string
	}{
		{"GET", "https://" + host + "/?key=x", http.StatusOK, "<title>Parley</title>"},
		{"GET", "https://" + host + "/page/main.js", http.StatusOK, "import"},
		{"GET", "https://" + host + "/page/", http.StatusNotFound, ""},
		{"GET", "https://" + host + "/page/..%2f..%2fserver.key", http.StatusNotFound, ""},
		{"GET", "https://" + host + "/invite", http.StatusNotFound, ""},
		{"POST", "https://" + host + "/", http.StatusMethodNotAllowed, ""},
		{"GET", "http://" + host + "/?key=x", http.StatusBadRequest, "microphone"},
		{"HEAD", "http://" + host + "/", http.StatusBadRequest, ""},
	} {
		req, err := http.NewRequest(c.method, c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := web.Do(req)
		if err != nil {
			t.Errorf("%s %s: %v", c.method, c.url, err)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != c.status || !strings.Contains(string(body), c.has) {
			t.Errorf("%s %s: %s, %v: %.80q", c.method, c.url, resp.Status, err, body)
		}
	}
}

// What is neither TLS nor HTTP gets no answer, and a request without an end does not hold the server for long.
func TestPlainIsBounded(t *testing.T) {
	r := start(t)
	unharmed(t, r)
	for name, text := range map[string]string{
		"SSH": "SSH-2.0-x\r\n", "POST": "POST / HTTP/1.1\r\n\r\n", "an endless request": "GET / HTTP/1.1\r\nX: " + strings.Repeat("a", 1<<20),
	} {
		conn, err := net.Dial("tcp", r.invite().Host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = conn.Write([]byte(text)) // it may be cut off in the middle
		answer, _ := io.ReadAll(conn)
		if want := strings.HasPrefix(text, "GET"); !want && strings.Contains(string(answer), "HTTP") {
			t.Errorf("%s: %q", name, answer)
		}
	}
}
