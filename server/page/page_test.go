package page

import (
	"bufio"
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func handler(t *testing.T) http.Handler {
	t.Helper()
	h, err := Handler()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(h http.Handler, method, target string, header http.Header) *http.Response {
	r := httptest.NewRequest(method, "https://example.org/", nil)
	r.URL.Path = target
	r.Header = header
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestPage(t *testing.T) {
	h := handler(t)
	for target, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/page/main.js": "text/javascript; charset=utf-8", "/page/style.css": "text/css; charset=utf-8", "/page/icon.svg": "image/svg+xml",
	} {
		resp := get(h, "GET", target, nil)
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != kind || len(body) == 0 {
			t.Errorf("%s: %s, %q, %d bytes", target, resp.Status, resp.Header.Get("Content-Type"), len(body))
		}
		tag := resp.Header.Get("ETag")
		if tag == "" {
			t.Errorf("%s: no ETag", target)
		}
		if again := get(h, "GET", target, http.Header{"If-None-Match": {tag}}); again.StatusCode != http.StatusNotModified {
			t.Errorf("%s, as known: %s", target, again.Status)
		}
		head := get(h, "HEAD", target, nil)
		if rest, _ := io.ReadAll(head.Body); head.StatusCode != http.StatusOK || len(rest) != 0 {
			t.Errorf("HEAD %s: %s, %d bytes", target, head.Status, len(rest))
		}
	}
}

func TestHeaders(t *testing.T) {
	h := handler(t)
	for _, target := range []string{"/", "/page/main.js", "/page/nothing"} {
		resp := get(h, "GET", target, nil)
		for name, want := range headers {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %s: %q", target, name, got)
			}
		}
	}
	own := "connect-src 'self' wss://example.org; "
	got := get(h, "GET", "/", nil).Header.Get("Content-Security-Policy")
	for _, bad := range []string{"unsafe", "*", "http", "data:", "blob:"} {
		if strings.Contains(got, bad) {
			t.Errorf("the policy has %q", bad)
		}
	}
	if got != policy("example.org") || !strings.Contains(got, own) {
		t.Errorf("the policy is %q", got)
	}
	for _, host := range []string{"", "a b", "a;script-src *", "a,b", "*", "a'b", "a\nb"} {
		if !strings.Contains(policy(host), "connect-src 'self'; ") {
			t.Errorf("host %q: %q", host, policy(host))
		}
	}
	if !strings.Contains(policy("[2001:db8::1]:7440"), "wss://[2001:db8::1]:7440; ") {
		t.Error(policy("[2001:db8::1]:7440"))
	}
}

// Nothing but the page's files is served, by whatever spelling, and nothing is listed.
func TestNothingElse(t *testing.T) {
	h := handler(t)
	for _, target := range []string{
		"/page", "/page/", "/page/files", "/page/index.html", "/page/../main.js", "/page//main.js", "/page/main.js/", "/page/MAIN.js", "/files/main.js",
		"/page/../../../../etc/passwd", "/page/main.js\x00", "", "*",
	} {
		resp := get(h, "GET", target, nil)
		if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusNotFound || bytes.Contains(body, []byte("main.js")) {
			t.Errorf("%q: %s: %.80q", target, resp.Status, body)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"} {
		if resp := get(h, method, "/", nil); resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") == "" {
			t.Errorf("%s: %s", method, resp.Status)
		}
	}
}

// The page has nothing in it that its policy forbids, leads to no other place, and puts in what others wrote as text alone.
func TestNothingInline(t *testing.T) {
	forbidden := map[string]*regexp.Regexp{
		".html": regexp.MustCompile(`(?i)<script(?:>| [^>]*>[^<])|<style|\son\w+=|\sstyle=|javascript:|https?://`),
		".js":   regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|['"` + "`" + `]https?://[^ ]`),
		".css":  regexp.MustCompile(`@import|url\(`),
	}
	used := map[string]bool{}
	imports := regexp.MustCompile(`from '\./([a-z]+\.js)'|"/page/([a-z.]+)"`)
	err := fs.WalkDir(files, "files", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		for ending, bad := range forbidden {
			if found := bad.Find(data); strings.HasSuffix(name, ending) && found != nil {
				t.Errorf("%s has %q", name, found)
			}
		}
		for _, m := range imports.FindAllSubmatch(data, -1) {
			used[string(m[1])+string(m[2])] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all, err := read()
	if err != nil {
		t.Fatal(err)
	}
	for name := range used {
		if _, ok := all[Folder+name]; !ok {
			t.Errorf("%s is used and not there", name)
		}
	}
	for at, f := range all {
		if f.kind == "" {
			t.Errorf("%s is of no known kind", at)
		}
		if at != "/" && !used[strings.TrimPrefix(at, Folder)] {
			t.Errorf("%s is not used", at)
		}
	}
}

func TestPlain(t *testing.T) {
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(Plain())), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusBadRequest || !bytes.Contains(body, []byte("https://")) || !bytes.Contains(body, []byte("microphone")) {
		t.Errorf("%s, %v: %s", resp.Status, err, body)
	}
}
