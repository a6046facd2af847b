package shell_test

import (
	"context"
	"testing"
	"time"

	"parley/test/lab"
)

// press starts a program that holds a key of somebody's, until it is let go of or killed.
func (w *world) press(who *person, words ...string) *lab.Client {
	w.Helper()
	c, err := programs.Client(lab.Command{Args: append(words, "--home", w.home(who.name))})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = c.Close() })
	return c
}

// TestKeysOfAnotherProgram: other programs hold the key to talk, and whisper; whatever ends them, nothing stays pressed.
func TestKeysOfAnotherProgram(t *testing.T) {
	w := newWorld(t)
	ana, ben := w.both("--mode", "ptt")
	cas := w.sits("Cas", 1100, "--mode", "ptt")
	cas.connected(ana, ben)
	all, none := []*person{ana}, []*person(nil)
	check := func(when string, benHears, casHears []*person) {
		t.Helper()
		for i, heard := range hear(ben, cas) {
			p, hears := []*person{ben, cas}[i], [][]*person{benHears, casHears}[i]
			others := all
			if len(hears) > 0 {
				others = nil
			}
			w.hears(when, p, heard, hears, others)
		}
	}
	w.run("Ana", nil, "whisper", "Nobody").ends(refused, "refused")
	w.run("Nobody", nil, "ptt", "down").ends(connect, "nobody")
	check("before", none, none)
	talk := w.press(ana, "ptt", "down")
	check("held", all, all)
	w.run("Ana", nil, "ptt", "up").done()
	ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
	defer cancel()
	if status, err := talk.Wait(ctx); err != nil || status != done {
		t.Errorf("what held it ends with %d, %v: %s", status, err, talk.Stderr())
	}
	whisper := w.press(ana, "whisper", "Ben")
	check("whispered", all, none)
	_ = whisper.Close()
	check("after it was ended", none, none)
	w.run("Ana", nil, "ptt", "toggle").done()
	w.run("Ana", nil, "mute", "on").done()
	check("talking, but muted", none, none)
	w.run("Ana", nil, "mute").done()
	check("talking", all, all)
	ana.leaves()
}
