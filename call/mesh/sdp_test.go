package mesh

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// testdata/offer.sdp is an offer of this package, with one host candidate.
func sampleOffer(t testing.TB) string {
	b, err := os.ReadFile("testdata/offer.sdp")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const (
	printA = "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB"
	printB = "CD:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB"
)

func withPrints(session string, media ...string) string {
	s := "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + session
	for _, m := range media {
		s += "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n" + m
	}
	return s
}

func TestFingerprint(t *testing.T) {
	line := func(hash, value string) string { return "a=fingerprint:" + hash + " " + value + "\r\n" }
	a, b := line("sha-256", printA), line("sha-256", printB)
	for _, c := range []struct {
		name, sdp string
		want      error
	}{
		{"session", withPrints(a, ""), nil},
		{"media", withPrints("", a), nil},
		{"repeated as browsers do", withPrints("", a, a, a), nil},
		{"lower case", withPrints(line("SHA-256", strings.ToLower(printA)), a), nil},
		{"none", withPrints("", "", ""), ErrNoFingerprint},
		{"two", withPrints(a, b), ErrTwoFingerprints},
		{"two in one section", withPrints("", a+b), ErrTwoFingerprints},
		{"md5", withPrints(line("md5", printA[:47])), ErrFingerprintHash},
		{"sha-1", withPrints(line("sha-1", printA[:59])), ErrFingerprintHash},
		{"sha-1 beside sha-256", withPrints(a, line("sha-1", printA[:59])), ErrFingerprintHash},
		{"sha-512 beside sha-256", withPrints(line("sha-512", printA+":"+printA), a), ErrFingerprintHash},
		{"other case of the key", withPrints(a, "a=Fingerprint:sha-256 "+printB+"\r\n"), ErrTwoFingerprints},
		{"short", withPrints(line("sha-256", printA[3:])), ErrFingerprintForm},
		{"long", withPrints(line("sha-256", printA+":AB")), ErrFingerprintForm},
		{"no colons", withPrints(line("sha-256", strings.ReplaceAll(printA, ":", ""))), ErrFingerprintForm},
		{"colons elsewhere", withPrints(line("sha-256", ":ABA"+printA[4:])), ErrFingerprintForm},
		{"no hex", withPrints(line("sha-256", "XX"+printA[2:])), ErrFingerprintForm},
		{"trailing", withPrints(line("sha-256", printA+" x")), ErrFingerprintForm},
		{"empty", withPrints("a=fingerprint:\r\n"), ErrFingerprintHash},
	} {
		got, err := Fingerprint(c.sdp)
		if !errors.Is(err, c.want) || c.want == nil && (err != nil || got != printA) || c.want != nil && got != "" {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
	for _, garbage := range []string{"", "x", "v=0", strings.Repeat("a", maxSDP+1)} {
		if f, err := Fingerprint(garbage); err == nil || f != "" {
			t.Errorf("%.10q has fingerprint %q", garbage, f)
		}
	}
}

// hostile are descriptions that must be refused, made from one that is taken.
func hostile(good string) map[string]string {
	replace := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	cut := func(prefix string) string {
		var kept []string
		for _, l := range strings.SplitAfter(good, "\r\n") {
			if !strings.HasPrefix(l, prefix) {
				kept = append(kept, l)
			}
		}
		return strings.Join(kept, "")
	}
	_, media, _ := strings.Cut(good, "m=audio")
	first, _, _ := strings.Cut(media, "m=video")
	ssrcs := ""
	for i := range maxSSRCs {
		ssrcs += "a=ssrc:100" + string(rune('0'+i)) + " cname:x\r\n"
	}
	return map[string]string{
		"empty":                 "",
		"garbage":               "\x00\xff nothing of the kind",
		"cut":                   good[:len(good)/2],
		"32 KiB":                good + strings.Repeat("a=x:"+strings.Repeat("y", 60)+"\r\n", 32<<10/64),
		"a thousand sections":   good + strings.Repeat("m=audio 9 x 0\r\n", 1000),
		"one section more":      good + "m=audio" + first,
		"one section less":      good[:strings.Index(good, "m=application")],
		"sections in disorder":  replace("m=audio", "m=video"),
		"no ICE user":           cut("a=ice-ufrag"),
		"no ICE password":       cut("a=ice-pwd"),
		"short ICE password":    replace("a=ice-pwd:", "a=ice-pwd:short\r\na=ice-pwd:"),
		"two ICE users":         replace("a=ice-ufrag:", "a=ice-ufrag:another\r\na=ice-ufrag:"),
		"ice-lite":              replace("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n"),
		"no fingerprint":        cut("a=fingerprint"),
		"sha-1":                 replace("a=fingerprint:sha-256", "a=fingerprint:sha-1"),
		"two fingerprints":      good + "a=fingerprint:sha-256 " + printA + "\r\n",
		"no bundle":             cut("a=group"),
		"no mids":               cut("a=mid"),
		"two of one mid":        replace("a=mid:1\r\n", "a=mid:0\r\n"),
		"a long mid":            replace("a=mid:1\r\n", "a=mid:"+strings.Repeat("1", maxMid+1)+"\r\n"),
		"simulcast":             replace("a=mid:1\r\n", "a=mid:1\r\na=rid:x send\r\na=simulcast:send x\r\n"),
		"many streams":          replace("a=mid:1\r\n", "a=mid:1\r\n"+ssrcs),
		"fingerprint malformed": replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 zz"),
	}
}

func TestAdmit(t *testing.T) {
	good := sampleOffer(t)
	if d, err := admit(good, horizon{}); err != nil || d.sdp != good || d.fingerprint == "" || len(d.ufrag) < 4 {
		t.Fatalf("the good one: %+v, %v", d, err)
	}
	for name, s := range hostile(good) {
		if _, err := admit(s, horizon{}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	bad := strings.Replace(good, "192.0.2.1", "secret.local", 1)
	if d, err := admit(bad, horizon{}); err != nil || strings.Contains(d.sdp, "secret.local") || !strings.Contains(d.sdp, "m=application") {
		t.Errorf("a host name stays in: %v", err)
	}
}

func TestAdmitCandidate(t *testing.T) {
	at := func(address string) string { return "candidate:1 1 udp 2130706431 " + address + " 5000 typ host" }
	for c, want := range map[string]bool{
		at("192.0.2.1"):       true,
		at("10.0.0.1"):        true,
		at("2001:db8::1"):     true,
		at("::ffff:10.0.0.1"): true,
		"candidate:1 1 UDP 1 192.0.2.1 1 typ relay raddr 0.0.0.0 rport 9": true,
		"": false,
		"candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active": false,
		"candidate:1 1 udp 1 192.0.2.1 0 typ host":                false,
		"candidate:1 1 udp 1 192.0.2.1 65536 typ host":            false,
		"candidate:1 1 udp 1 192.0.2.1 -1 typ host":               false,
		"candidate:1 1 udp 1 192.0.2.1 1 typ other":               false,
		"candidate:1 1 udp 1 192.0.2.1 1 host":                    false,
		at("host.example"):                                        false,
		at("1c3f5a9e-0000-4000-8000-000000000000.local"):          false,
		at("127.0.0.1"):        false,
		at("::1"):              false,
		at("::ffff:127.0.0.1"): false,
		at("0.0.0.0"):          false,
		at("::"):               false,
		at("224.0.0.1"):        false,
		at("255.255.255.255"):  false,
		at("169.254.169.254"):  false,
		at("fe80::1"):          false,
		at("2001:db8::1%eth0"): false,
		at("192.0.2.1") + strings.Repeat(" generation 0", maxICEText):        false,
		"candidate:1 1 udp 1 192.0.2.1 5000 typ srflx raddr x.local rport 9": true, // the related address is never used
	} {
		if got := (horizon{}).admits(c); got != want {
			t.Errorf("%q: %v", c, got)
		}
	}
	local := horizon{loopback: true}
	if !local.admits(at("127.0.0.1")) || !local.admits(at("::1")) {
		t.Error("loopback is refused where it is wanted")
	}
}

func FuzzFingerprint(f *testing.F) {
	f.Add(sampleOffer(f))
	f.Add(withPrints("a=fingerprint:sha-256 "+printA+"\r\n", ""))
	f.Add(withPrints("a=fingerprint:sha-1 "+printA[:59]+"\r\n", "a=fingerprint:md5 x\r\n"))
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Fingerprint(s)
		if err != nil {
			return
		}
		if len(v) != len(printA) || v != strings.ToUpper(v) || !strings.Contains(strings.ToUpper(s), v) {
			t.Errorf("%q from %q", v, s)
		}
	})
}

// Whatever is taken is taken again with the same meaning after pion's own writing of it.
func FuzzAdmit(f *testing.F) {
	good := sampleOffer(f)
	f.Add(good)
	for _, s := range hostile(good) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := admit(s, horizon{})
		if err != nil {
			return
		}
		again, err := admit(d.sdp, horizon{})
		if err != nil || again.fingerprint != d.fingerprint || again.ufrag != d.ufrag {
			t.Errorf("%+v, then %+v, %v", d, again, err)
		}
	})
}
