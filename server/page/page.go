// Package page is the page by which people without the app take part: a few scripts of ours, which speak the same protocol by the
// browser's own websocket, keys and WebRTC. It is served by the server itself, so who uses it trusts the server with what they say:
// others see that about them (wire.User.Web).
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// Folder is where the page's own files are; the page itself is at the root, which is what an invite's https address leads to.
const Folder = "/page/"

//go:embed files
var files embed.FS

// kinds are what there is in the page, by how a name ends. (Package mime asks the machine, which may say anything.)
var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// headers go with every answer. What is not this server's own is not loaded and not connected to, nothing stands in the page itself, no other
// page may frame it, and where it leads nobody is told whence. No Strict-Transport-Security: a server that has only a certificate of its
// own would be shut out for good.
var headers = map[string]string{
	"Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), autoplay=(self), " +
		"fullscreen=(self), geolocation=(), payment=(), usb=()",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cache-Control":                "no-cache", // kept, and asked about: a page must fit its server
}

// policy is the Content-Security-Policy for a page that was asked for at host. Its own websocket is of another scheme, and not every browser
// takes that for the same place.
func policy(host string) string {
	own := "'self'"
	if strings.Trim(host, hostLetters) == "" && host != "" {
		own += " wss://" + host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src " + own + "; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
}

// hostLetters are those of a host and a port (RFC 3986, section 3.2.2), without what a policy would make more of.
const hostLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]"

// file is one of the page's.
type file struct {
	kind, tag string // its type, and its ETag (RFC 9110, section 8.8.3)
	data      []byte
}

// Handler serves the page at / and its files below Folder, by GET and HEAD; of anything else there is nothing.
func Handler() (http.Handler, error) {
	all, err := read()
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		w.Header().Set("Content-Security-Policy", policy(r.Host))
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "GET or HEAD", http.StatusMethodNotAllowed)
			return
		}
		f, ok := all[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", f.kind)
		w.Header().Set("ETag", f.tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
	}), nil
}

// read makes the table of what is served, by path: there is no folder to look into.
func read() (map[string]file, error) {
	all := map[string]file{}
	err := fs.WalkDir(files, "files", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		at := Folder + strings.TrimPrefix(name, "files/")
		if path.Base(name) == "index.html" {
			at = "/"
		}
		all[at] = file{kinds[path.Ext(name)], `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, data}
		return nil
	})
	return all, err
}

// plain is what a browser shows that speaks http where https is spoken.
const plain = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="dark light"><title>Parley</title>
<h1>Parley is at https</h1>
<p>You have come by plain http. Browsers give a microphone and a camera to pages that came by https alone, because anybody on the way could have
changed this one. Open the same address with <b>https://</b> in front.</p>
`

// Plain is the whole HTTP answer to whoever speaks http, unencrypted, where https is spoken. It redirects nobody: who carried that request could
// have sent it elsewhere too.
func Plain() []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 400 Bad Request\r\nContent-Type: text/html; charset=utf-8\r\nContent-Security-Policy: default-src 'none'\r\n" +
		"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(len(plain)) + "\r\n\r\n" + plain)
	return b.Bytes()
}
