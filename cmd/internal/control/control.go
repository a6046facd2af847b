// Package control is how another program presses Parley's keys: a desktop that has keys of its own, a game controller's, a
// script. It talks to the Parley that runs with a profile folder over DIR/control.sock, which only the folder's owner may open:
//
//	ptt down       talk, for as long as this connection is there
//	ptt up         let go of ptt, priority and whisper, whoever holds them
//	ptt toggle     talk until somebody lets go; or let go of all, where somebody talks
//	priority       talk, and others are turned down, for as long as this connection is there
//	whisper NAME   talk to NAME alone, for as long as this connection is there
//	mute [on|off]  without a word: the other of what is
//	deafen [on|off]
//
// A line is answered with "ok" or "error" and a sentence, and may be followed by others. "up" comes besides, once, when what the
// connection held is let go of by somebody else. One connection at a time holds each of ptt, priority and whisper: the newest. So
// a desktop that runs "ptt down" over and over while its key repeats leaves one program and not thirty.
//
// A line may begin with "@" and the time at which its key was pressed, in nanoseconds since 1970. A desktop starts a program for
// each press and one for each release, and the second may be faster: what was pressed before the last "ptt up" is let go of at
// once.
//
// The socket is like instance's: the profile's lock decides who listens, and what comes is bounded and checked.
package control

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Key is what can be held.
type Key uint8

// The keys.
const (
	Talk Key = iota
	Priority
	Whisper
	keys
)

// Switch is what mute and deafen come to.
type Switch uint8

// The switches.
const (
	Other Switch = iota // of what is
	On
	Off
)

// Controls is what a Server works. One method at a time is called; each returns soon. An error is told to whoever asked, as a
// sentence.
type Controls interface {
	// Press holds a key until Release. It may be held already; then to is what counts from now on.
	Press(k Key, to string) error // to: for Whisper, a name as it was typed
	Release(k Key)
	Mute(s Switch) error
	Deafen(s Switch) error
}

const (
	socketName = "control.sock"
	maxLine    = 512 // bytes, with its end
	maxName    = 128 // bytes of a name, as in wire
	maxShown   = 32  // bytes of an unknown word in its error
	maxLate    = 2 * time.Second
)

// action is what a line asks.
type action uint8

const (
	press action = iota
	lift
	toggle
	mute
	deafen
)

type command struct {
	do  action
	key Key
	to  string
	set Switch
	at  time.Time // zero: not told
}

// parse reads a line without its end. The errors are sentences for whoever wrote it.
func parse(line string) (c command, err error) {
	if !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) && r != '\t' }) {
		return command{}, errors.New("a line is plain text")
	}
	if c.at, line, err = stamp(strings.TrimSpace(line)); err != nil {
		return command{}, err
	}
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "ptt":
		c.do, err = choose(word, rest, map[string]action{"down": press, "up": lift, "toggle": toggle})
	case "priority":
		c.key = Priority
		_, err = choose(word, rest, map[string]action{"": press})
	case "whisper":
		c.key, c.to = Whisper, rest
		if rest == "" || len(rest) > maxName {
			err = fmt.Errorf("whisper takes a name of up to %d bytes", maxName)
		}
	case "mute", "deafen":
		if c.do = mute; word == "deafen" {
			c.do = deafen
		}
		c.set, err = choose(word, rest, map[string]Switch{"": Other, "on": On, "off": Off})
	default:
		err = fmt.Errorf("there is no command %q: it is ptt down, ptt up, ptt toggle, priority, whisper NAME, mute or deafen", shown(word))
	}
	if err != nil {
		return command{}, err
	}
	return c, nil
}

// stamp takes the time off that a line may begin with.
func stamp(line string) (at time.Time, rest string, err error) {
	if !strings.HasPrefix(line, "@") {
		return time.Time{}, line, nil
	}
	number, rest, _ := strings.Cut(line[1:], " ")
	ns, err := strconv.ParseInt(number, 10, 64)
	if err != nil || ns <= 0 {
		return time.Time{}, "", fmt.Errorf("@%s is no time in nanoseconds", shown(number))
	}
	return time.Unix(0, ns), strings.TrimSpace(rest), nil
}

// choose looks a word's argument up.
func choose[T any](word, rest string, of map[string]T) (T, error) {
	v, ok := of[rest]
	if ok {
		return v, nil
	}
	switch word {
	case "ptt":
		return v, errors.New("ptt takes down, up or toggle")
	case "priority":
		return v, errors.New("priority takes nothing")
	}
	return v, fmt.Errorf("%s takes on, off or nothing", word)
}

func shown(s string) string {
	if len(s) > maxShown {
		return strings.ToValidUTF8(s[:maxShown], "") + "…"
	}
	return s
}
