package call

import (
	"strings"
	"testing"
)

const someKey = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"

func TestReadInvite(t *testing.T) {
	link := "parley://198.51.100.7:4400/?key=" + someKey + "#hL3k9_s-ecret"
	page := "https" + strings.TrimPrefix(link, "parley")
	if got := PageOf(link); got != page || PageOf("hello") != "" {
		t.Errorf("for a browser: %q", got)
	}
	want := Invitation{Host: "198.51.100.7:4400", Key: someKey, Link: link, HasSecret: true}
	for _, text := range []string{
		link, "  \n" + link + "\r\n", `"` + link + `"`, "<" + link + ">", "Join us: " + link + ".", "(" + link + ")", "“" + link + "”",
		"PARLEY" + strings.TrimPrefix(link, "parley"), "*" + link + "*", "Come on\u202e " + link + " \u200b!",
		page, "With the app " + link + ", in a browser " + page + ".", "https://parley.example " + link,
	} {
		if got, err := ReadInvite(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	web, err := ReadInvite("parley://a.example:443/?key=" + someKey + "&mode=web")
	if err != nil || !web.Web || web.HasSecret || web.Host != "a.example:443" {
		t.Errorf("%+v, %v", web, err)
	}
	for what, text := range map[string]string{
		"nothing": "", "blanks": " \n", "no link": "hello", "two links": link + " " + link, "a novel": strings.Repeat("Call me Ishmael. ", 1000),
		"half a key": strings.Replace(link, someKey, someKey[:20], 1), "no port": strings.Replace(link, ":4400", "", 1),
		"a shell's": strings.Replace(link, "198.51.100.7", "$(reboot)", 1), "long": "parley://" + strings.Repeat("a", 3000), "another scheme": "http://a.example/?key=" + someKey, "a page": "https://a.example/?k=" + someKey,
		"a user": strings.Replace(link, "//", "//ana@", 1),
	} {
		_, err := ReadInvite(text)
		if err == nil || !strings.HasSuffix(err.Error(), ".") || strings.ToUpper(err.Error()[:1]) != err.Error()[:1] {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzReadInvite(f *testing.F) {
	f.Add("parley://198.51.100.7:4400/?key=" + someKey + "#s")
	f.Add("parley://[::1]:1/?key=" + someKey)
	f.Add("x parley://")
	f.Fuzz(func(t *testing.T, text string) {
		i, err := ReadInvite(text)
		if err != nil {
			return
		}
		again, err := ReadInvite(i.Link)
		if err != nil || again != i {
			t.Errorf("%q is %+v, and then %+v, %v", text, i, again, err)
		}
		if strings.ContainsAny(i.Link, " \n\"<>") {
			t.Errorf("%q", i.Link)
		}
	})
}
