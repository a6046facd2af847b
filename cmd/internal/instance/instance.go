// Package instance is how a second start of Parley talks to the one that runs with the same profile folder: a JSON object on
// a line over DIR/app.sock, which only the folder's owner may open, and one back.
//
//	{"do":"open","link":"parley://…"}  ─►
//	                                   ◄─  {"ok":true}   or   {"error":"a sentence"}
//
// The profile's lock decides who runs; the socket only carries words. What comes over it is not trusted more than what is
// typed: it is bounded, checked and has a deadline.
package instance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
	"unicode"
	"unicode/utf8"
)

// Open is the Do by which the window comes to the front, with the link to be shown, if there is one.
const Open = "open"

// Request is what the running Parley is asked.
type Request struct {
	Do   string `json:"do"`
	Link string `json:"link,omitempty"` // Open: a link, not yet looked at; empty: none
}

type reply struct {
	OK    bool   `json:"ok,omitempty"`
	Error string `json:"error,omitempty"` // a sentence
}

// Errors of Send. They arrive wrapped; use errors.Is.
var (
	ErrNobody  = errors.New("no Parley listens in this folder")
	ErrRefused = errors.New("the running Parley refused")
)

const (
	socketName = "app.sock"
	maxLine    = 8 << 10
	maxWord    = 32              // bytes of a Do
	patience   = 2 * time.Second // for a whole exchange
)

var errMalformed = errors.New("malformed request")

// decode reads a request from its line. It takes no text that a terminal or a log would act on.
func decode(line []byte) (Request, error) {
	var r Request
	if len(line) > maxLine || !utf8.Valid(line) || json.Unmarshal(line, &r) != nil {
		return Request{}, errMalformed
	}
	if r.Do == "" || len(r.Do) > maxWord || !plain(r.Do) || !plain(r.Link) {
		return Request{}, errMalformed
	}
	return r, nil
}

func plain(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// Send hands a request to the Parley that runs in dir, and returns when it has answered or ctx ends. ErrNobody: none
// listens; ErrRefused: it said no, and why.
func Send(ctx context.Context, dir string, r Request) error {
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("tell the running Parley: %w", err)
	}
	if len(line)+1 > maxLine {
		return fmt.Errorf("tell the running Parley: the request is too long")
	}
	conn, err := DialSocket(ctx, dir, socketName)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	answer, err := exchange(conn, append(line, '\n'))
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("tell the running Parley: %w", ctx.Err())
	case err != nil:
		return fmt.Errorf("tell the running Parley: %w", err)
	case !answer.OK:
		return fmt.Errorf("%w: %s", ErrRefused, answer.Error)
	}
	return nil
}

func exchange(conn net.Conn, line []byte) (answer reply, err error) {
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return answer, err
	}
	if _, err := conn.Write(line); err != nil {
		return answer, err
	}
	back, err := readLine(conn)
	if err != nil {
		return answer, err
	}
	if !utf8.Valid(back) || json.Unmarshal(back, &answer) != nil || !plain(answer.Error) {
		return reply{}, errors.New("malformed answer")
	}
	return answer, nil
}

// readLine reads up to a line's end, and no more than maxLine.
func readLine(r io.Reader) ([]byte, error) {
	buf := make([]byte, 0, 512)
	for len(buf) < maxLine {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):min(cap(buf), maxLine)])
		buf = buf[:len(buf)+n]
		if i := bytes.IndexByte(buf, '\n'); i >= 0 {
			return buf[:i], nil
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, errMalformed
}
