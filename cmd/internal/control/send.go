package control

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
	"unicode"

	"parley/cmd/internal/instance"
)

// Errors of Send. They arrive wrapped; use errors.Is.
var (
	ErrNobody  = instance.ErrNobody
	ErrRefused = instance.ErrRefused
	ErrLost    = errors.New("the running Parley has gone")
)

// Send says a line to the Parley that runs in dir: "mute", "whisper Bob". pressed is when the key was pressed, as near as can be
// known; the zero time is not told. A line that holds something holds it until somebody else lets go, which is no error, or ctx
// ends; others return when they are answered. ErrNobody: none listens; ErrRefused: it said no, and why.
func Send(ctx context.Context, dir, line string, pressed time.Time) error {
	what, err := parse(line)
	if err != nil {
		return err
	}
	if !pressed.IsZero() && what.at.IsZero() {
		line = fmt.Sprintf("@%d %s", pressed.UnixNano(), line)
	}
	if len(line)+1 > maxLine {
		return fmt.Errorf("a line has no more than %d bytes", maxLine)
	}
	conn, err := instance.DialSocket(ctx, dir, socketName)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	r := bufio.NewReaderSize(conn, maxLine)
	if err := exchange(conn, r, line); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
	if what.do != press {
		return nil
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	back, err := r.ReadString('\n')
	switch {
	case err == nil && back == "up\n":
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("%w while a key was held", ErrLost)
}

// exchange says a line and reads its answer.
func exchange(conn net.Conn, r *bufio.Reader, line string) error {
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	if _, err := io.WriteString(conn, line+"\n"); err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	back, err := r.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	word, sentence, _ := strings.Cut(strings.TrimSuffix(string(back), "\n"), " ")
	switch word {
	case "ok":
		return nil
	case "error":
		return fmt.Errorf("%w: %s", ErrRefused, plain(sentence))
	}
	return fmt.Errorf("%w: what answers is no Parley", ErrRefused)
}

// plain makes one line of a sentence, that neither ends early nor is acted on by a terminal, and fits.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > maxLine/2 {
		s = strings.ToValidUTF8(s[:maxLine/2], "")
	}
	return s
}
