package router

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// loop is a network on loopback: the gateway has an address of its own there.
var loop = place{gateway: netip.MustParseAddr("127.0.0.77"), local: netip.MustParseAddr("127.0.0.1")}

const stranger = "127.0.0.78"

// igd is a gateway device that speaks UPnP, as well or badly as a test wants.
type igd struct {
	t        *testing.T
	web      net.Listener
	location string // that searches are answered by
	from     string // the address that they are answered from
	describe string
	service  string
	external string
	act      func(action string, in map[string]string) (code int, out string) // before what a good one does

	mu      sync.Mutex
	actions []string
	entries map[string][2]string // "TCP 7440": client and port inside
}

func newIGD(t *testing.T) *igd {
	t.Helper()
	l, err := net.Listen("tcp", loop.gateway.String()+":0")
	if err != nil {
		t.Fatal(err)
	}
	d := &igd{t: t, web: l, from: loop.gateway.String(), service: services[1], external: world.String(), entries: map[string][2]string{}}
	d.location = "http://" + l.Addr().String() + "/root.xml"
	d.describe = rootXML(d.service, "/ctl")
	srv := &http.Server{Handler: d}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close() })
	return d
}

func rootXML(service, control string) string {
	return `<?xml version="1.0" encoding="iso-8859-1"?><root xmlns="urn:schemas-upnp-org:device-1-0"><URLBase>http://` + stranger + `/</URLBase><device>
<deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><friendlyName>B` + "\xf6" + `x</friendlyName><deviceList><device><deviceList><device>
<serviceList><service><serviceType>` + service + `</serviceType><controlURL>` + control + `</controlURL></service></serviceList>
</device></deviceList></device></deviceList></device></root>`
}

// announce answers searches.
func (d *igd) announce() {
	d.t.Helper()
	conn, err := net.ListenPacket("udp4", loop.gateway.String()+":1900")
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := net.ListenPacket("udp4", d.from+":0")
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { conn.Close(); out.Close() })
	go func() {
		buf := make([]byte, 2048)
		for {
			n, to, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if strings.HasPrefix(string(buf[:n]), "M-SEARCH * HTTP/1.1\r\n") {
				_, _ = out.WriteTo([]byte("HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nLOCATION: "+d.location+"\r\n\r\n"), to)
			}
		}
	}()
}

var argument = regexp.MustCompile(`<(New\w+)>([^<]*)</New\w+>`)

// ServeHTTP is the description, and the actions.
func (d *igd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		_, _ = io.WriteString(w, d.describe)
		return
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	in := map[string]string{}
	for _, m := range argument.FindAllStringSubmatch(string(body), -1) {
		in[m[1]] = m[2]
	}
	service, action, _ := strings.Cut(strings.Trim(r.Header.Get("SOAPAction"), `"`), "#")
	if service != d.service {
		d.t.Errorf("service %q", service)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.actions = append(d.actions, action)
	code, out := 0, ""
	if d.act != nil {
		code, out = d.act(action, in)
	}
	if code == 0 && out == "" {
		code, out = d.obey(action, in)
	}
	if code != 0 {
		w.WriteHeader(http.StatusInternalServerError)
		out = fmt.Sprintf(`<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>%d</errorCode>`+
			`<errorDescription>%s</errorDescription></UPnPError></detail></s:Fault>`, code, "\u202eevil")
	} else {
		out = fmt.Sprintf(`<u:%sResponse xmlns:u="%s">%s</u:%sResponse>`, action, service, out, action)
	}
	_, _ = io.WriteString(w, `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`+out+`</s:Body></s:Envelope>`)
}

func (d *igd) obey(action string, in map[string]string) (int, string) {
	key := in["NewProtocol"] + " " + in["NewExternalPort"]
	entry, taken := d.entries[key]
	switch action {
	case "GetExternalIPAddress":
		return 0, "<NewExternalIPAddress>" + d.external + "</NewExternalIPAddress>"
	case "GetSpecificPortMappingEntry":
		if !taken {
			return codeNoEntry, ""
		}
		return 0, "<NewInternalPort>" + entry[1] + "</NewInternalPort><NewInternalClient>" + entry[0] + "</NewInternalClient>"
	case "AddPortMapping":
		d.entries[key] = [2]string{in["NewInternalClient"], in["NewInternalPort"]}
		return 0, " "
	case "DeletePortMapping":
		delete(d.entries, key)
		return 0, " "
	}
	return codeUnknown, ""
}

// find is findUPnP with the search left out.
func (d *igd) find(t *testing.T) protocol {
	t.Helper()
	d.announce()
	p, err := findUPnP(t.Context(), loop)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestUPnP(t *testing.T) {
	for _, service := range services {
		t.Run(service[len(service)-20:], func(t *testing.T) {
			d := newIGD(t)
			d.service, d.describe = service, rootXML(service, "ctl")
			p := d.find(t)
			if a, err := p.external(t.Context()); err != nil || a != world {
				t.Errorf("%v %v", a, err)
			}
			for range 2 { // and renewed
				if outside, life, err := p.open(t.Context(), ports[1], 7440); err != nil || outside != 7440 || life != lease {
					t.Fatalf("%d %v %v", outside, life, err)
				}
			}
			if got := d.entries["UDP 7440"]; got != [2]string{"127.0.0.1", "7440"} {
				t.Errorf("mapped: %v", got)
			}
			if err := p.shut(t.Context(), Mapping{ports[1], 7440}); err != nil || len(d.entries) != 0 {
				t.Errorf("%v, left: %v", err, d.entries)
			}
		})
	}
}

// Ports of others are left to them, whether the router minds or not.
func TestTakenPorts(t *testing.T) {
	d := newIGD(t)
	d.entries["TCP 7440"] = [2]string{"127.0.0.9", "80"}
	p := d.find(t)
	outside, _, err := p.open(t.Context(), ports[0], 7440)
	if err != nil || outside < firstOther || outside > lastOther || d.entries["TCP 7440"][0] != "127.0.0.9" {
		t.Errorf("%d %v, %v", outside, err, d.entries)
	}
	d.act = func(action string, _ map[string]string) (int, string) {
		if action == "AddPortMapping" {
			return codeConflict, ""
		}
		return 0, ""
	}
	if _, _, err := p.open(t.Context(), ports[1], 7440); codeOf(err) != codeConflict {
		t.Errorf("all taken: %v", err)
	}
	tries := 0
	for _, a := range d.actions {
		if a == "AddPortMapping" {
			tries++
		}
	}
	if tries != 1+portTries {
		t.Errorf("%d tries", tries)
	}
}

// A router's answers to AddPortMapping and to the look behind it.
func TestBadAnswers(t *testing.T) {
	on := func(action string, code int, out string) func(string, map[string]string) (int, string) {
		return func(a string, _ map[string]string) (int, string) {
			if a == action {
				return code, out
			}
			return 0, ""
		}
	}
	second := func(out string, code int) func(string, map[string]string) (int, string) { // of the looks
		looks := 0
		return func(a string, _ map[string]string) (int, string) {
			if a != "GetSpecificPortMappingEntry" {
				return 0, ""
			}
			if looks++; looks == 1 {
				return codeNoEntry, ""
			}
			return code, out
		}
	}
	for name, tt := range map[string]struct {
		act  func(string, map[string]string) (int, string)
		want error // nil: it works
		code int
	}{
		"refused":                      {on("AddPortMapping", 606, ""), unwilling, 606},
		"an unknown error":             {on("AddPortMapping", 4711, ""), unwilling, 4711},
		"for good or not at all":       {func(a string, in map[string]string) (int, string) { return permanent(a, in), "" }, nil, 0},
		"can't be looked at":           {on("GetSpecificPortMappingEntry", codeUnknown, ""), nil, 0},
		"yes to everything, and no":    {second("", codeNoEntry), errNonsense, 0},
		"to somebody else":             {second("<NewInternalPort>7440</NewInternalPort><NewInternalClient>127.0.0.9</NewInternalClient>", 0), errNonsense, 0},
		"to another port":              {second("<NewInternalPort>22</NewInternalPort><NewInternalClient>127.0.0.1</NewInternalClient>", 0), errNonsense, 0},
		"an answer without what it is": {second("<x/>", 0), errNonsense, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := newIGD(t)
			d.act = tt.act
			_, _, err := d.find(t).open(t.Context(), ports[0], 7440)
			var answer *answerError
			switch {
			case tt.want == nil && err != nil, tt.want != nil && err == nil, codeOf(err) != tt.code:
				t.Errorf("%v, want %v", err, tt.want)
			case tt.want == errNonsense && !errors.Is(err, errNonsense):
				t.Errorf("%v, want %v", err, tt.want)
			case err != nil && errors.As(err, &answer) && strings.Contains(refusal(err), "evil"):
				t.Errorf("the router's own words are shown: %q", refusal(err))
			}
		})
	}
	for name, address := range map[string]string{"none": "", "a name": "router.example", "long": strings.Repeat("1.", 5000), "markup": "&lt;b&gt;"} {
		t.Run("address: "+name, func(t *testing.T) {
			d := newIGD(t)
			d.external = address
			if a, err := d.find(t).external(t.Context()); !errors.Is(err, errNonsense) {
				t.Errorf("%v %v", a, err)
			}
		})
	}
}

// permanent is a router that knows no leases.
func permanent(action string, in map[string]string) int {
	if action == "AddPortMapping" && in["NewLeaseDuration"] != "0" {
		return codePermanentOnly
	}
	return 0
}

// Only the gateway is listened to and connected to, wherever an answer leads.
func TestOnlyTheGateway(t *testing.T) {
	met := make(chan struct{}, 100)
	elsewhere, err := net.Listen("tcp", stranger+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()
	go func() {
		for {
			conn, err := elsewhere.Accept()
			if err != nil {
				return
			}
			conn.Close()
			met <- struct{}{}
		}
	}()
	away := "http://" + elsewhere.Addr().String()
	for name, change := range map[string]func(*igd){
		"an answer by somebody else":    func(d *igd) { d.from = stranger },
		"an answer that leads away":     func(d *igd) { d.location = away + "/root.xml" },
		"by a name":                     func(d *igd) { d.location = strings.Replace(d.location, loop.gateway.String(), "localhost", 1) },
		"by another protocol":           func(d *igd) { d.location = "file:///etc/passwd" },
		"with a password":               func(d *igd) { d.location = strings.Replace(d.location, "http://", "http://a:b@", 1) },
		"a description that leads away": func(d *igd) { d.describe = rootXML(d.service, away+"/ctl") },
		"no XML":                        func(d *igd) { d.describe = "<html><p>Welcome" },
		"no services":                   func(d *igd) { d.describe = rootXML("urn:other", "/ctl") },
		"far too much": func(d *igd) {
			d.describe = strings.Replace(d.describe, "<device>", "<device>"+strings.Repeat("<i>", maxBody), 1)
		},
		"deep": func(d *igd) { d.describe = strings.Repeat("<device>", 20000) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newIGD(t)
			change(d)
			d.announce()
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			p, err := findUPnP(ctx, loop)
			if err == nil { // it is found, and not spoken to
				_, err = p.external(ctx)
			}
			if err == nil {
				t.Error("it is taken for a router")
			}
		})
	}
	t.Run("a redirect", func(t *testing.T) {
		web, err := net.Listen("tcp", loop.gateway.String()+":0")
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{Handler: http.RedirectHandler(away, http.StatusFound)}
		go func() { _ = srv.Serve(web) }()
		defer srv.Close()
		if _, err := describe(t.Context(), bounded(loop), &url.URL{Scheme: "http", Host: web.Addr().String(), Path: "/"}); err == nil {
			t.Error("it was followed")
		}
	})
	if len(met) > 0 {
		t.Errorf("a stranger was connected to %d times", len(met))
	}
}

// A router that takes connections and says nothing keeps nobody for long.
func TestASilentRouter(t *testing.T) {
	l, err := net.Listen("tcp", loop.gateway.String()+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := describe(ctx, bounded(loop), &url.URL{Scheme: "http", Host: l.Addr().String(), Path: "/"}); err == nil {
		t.Error("silence was understood")
	}
}

func FuzzLocation(f *testing.F) {
	for _, s := range []string{"", "HTTP/1.1 200 OK\r\nLocation: http://127.0.0.77:80/\r\n\r\n", "HTTP/1.1 200 OK\r\nLocation: http://127.0.0.78/\r\n\r\n",
		"HTTP/1.1 200 OK\r\nLocation: http://[::ffff:127.0.0.77]/x\r\n\r\n", "HTTP/1.1 404 x\r\n\r\n", "\x00\xff", "HTTP/1.1 200 OK\r\nLocation: %\r\nLocation: //\r\n\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		u := location(answer, loop)
		if u == nil {
			return
		}
		if a, err := netip.ParseAddr(u.Hostname()); err != nil || a.Unmap() != loop.gateway || u.Scheme != "http" {
			t.Errorf("it leads to %v", u)
		}
	})
}

// canned answers every request by the same text.
type canned string

// Do implements doer.
func (c canned) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: &cut{io.NopCloser(strings.NewReader(string(c))), maxBody}}, nil
}

func FuzzDescribe(f *testing.F) {
	for _, s := range []string{"", "<root>", rootXML(services[0], "/ctl"), rootXML(services[2], "http://[::1]:namedport"), "<!DOCTYPE x [<!ENTITY a \"b\">]><root>&a;</root>"} {
		f.Add(s)
	}
	where := &url.URL{Scheme: "http", Host: "127.0.0.77:5000", Path: "/root.xml"}
	f.Fuzz(func(t *testing.T, text string) {
		root, err := describe(t.Context(), canned(text), where)
		if err != nil {
			return
		}
		for _, service := range services {
			for _, s := range root.Device.FindService(service) {
				_ = s.ControlURL.URL.String()
			}
		}
	})
}
