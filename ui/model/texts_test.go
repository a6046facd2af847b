package model

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/call"
	"parley/profile"
)

func said(seq uint64, user, text string) call.Text {
	return call.Text{Seq: seq, User: user, Name: user, Text: text, Mine: user == "sam"}
}

func TestTexts(t *testing.T) {
	r := newRig(t)
	if v := r.now(); v.Texts.Open || len(v.Texts.Rows) != 0 {
		t.Fatalf("nobody is anywhere: %+v", v.Texts)
	}
	r.join(peer("mara", "Mara Lind"), peer("kofi", "Kofi"))
	v := r.now()
	if !v.Texts.Open || v.Texts.Readers != "Goes to Kofi and Mara Lind, encrypted. Nobody keeps it." {
		t.Errorf("%+v", v.Texts)
	}
	first := said(1, "mara", "Hello\nthere")
	r.in.Snapshot.Texts = []call.Text{first}
	v = r.now()
	if len(v.Texts.Rows) != 1 || v.Texts.Unread != 1 {
		t.Fatalf("%+v", v.Texts)
	}
	equal(t, "the first", v.Texts.Rows[0], TextRow{Seq: 1, User: "mara", Name: "Mara Lind", Face: FaceOf(keyOf("mara"), "Mara Lind", "mara"), Text: "Hello\nthere", At: "20:00"})
	r.in.Now = r.in.Now.Add(2 * time.Minute)
	r.in.Snapshot.Texts = []call.Text{first, said(2, "mara", "Well?"), said(3, "sam", "Yes")}
	r.in.Snapshot.Texts[2].Missed = []string{"Kofi", "Zoe\u202e"}
	r.in.Read = 1
	v = r.now()
	if rows := v.Texts.Rows; rows[0].At != "20:00" || rows[1].Name != "" || rows[2].Name != "Sam Reyes" || rows[2].At != "20:02" || rows[2].Missed != "Kofi and Zoe did not get this." {
		t.Errorf("%+v", rows)
	}
	equal(t, "unread", v.Texts.Unread, 1) // one's own are read
	if again := r.after(time.Second); again.Texts.Version != v.Texts.Version || &again.Texts.Rows[0] != &v.Texts.Rows[0] {
		t.Error("the same rows are made again")
	}
	r.in.Now = r.in.Now.Add(goesOn)
	r.in.Snapshot.Texts = append(r.in.Snapshot.Texts[:3:3], said(4, "sam", "Later"))
	if rows := r.now().Texts.Rows; rows[3].Name == "" {
		t.Error("a text of much later stands under the name of the one before")
	}
	r.directory(func(d *call.Directory) {
		d.Users = []call.User{user("mara", "Mara L", "online"), user("sam", "Sam Reyes", "online")}
	})
	if rows := r.now().Texts.Rows; rows[0].Name != "Mara L" {
		t.Errorf("the name is still %q", rows[0].Name)
	}
	r.in.Snapshot.Texts, r.in.Snapshot.Place = nil, call.Place{}
	if v := r.now(); v.Texts.Open || len(v.Texts.Rows) != 0 || v.Texts.Unread != 0 {
		t.Errorf("after leaving: %+v", v.Texts)
	}
}

func TestHostileTexts(t *testing.T) {
	r := newRig(t).join(peer("mara", "Mara Lind"))
	for i, text := range []string{
		"", "\u202e\u2066", strings.Repeat("x", 100_000), "a\u202eb\x1b[31m\x00c\r\n\td", "\xff\xfe", strings.Repeat("\n", 5000), "![x](file:///etc/passwd)",
	} {
		r.in.Snapshot.Texts = append(r.in.Snapshot.Texts, said(uint64(i+1), "mara", text))
	}
	rows := r.now().Texts.Rows
	for i, row := range rows {
		if n := len([]rune(row.Text)); n == 0 || n > maxTextRunes+1 || strings.ContainsAny(row.Text, "\u202e\u2066\x1b\x00\r\t") {
			t.Errorf("%d: %d characters, %.60q", i, n, row.Text)
		}
	}
	equal(t, "what is left", rows[3].Text, "ab[31mc\n d")
	equal(t, "no mark-up", rows[6].Text, "![x](file:///etc/passwd)")
	for i := range 3 * maxTexts {
		r.in.Snapshot.Texts = append(r.in.Snapshot.Texts, said(uint64(i+100), "mara", "x"))
	}
	if n := len(r.now().Texts.Rows); n != maxTexts {
		t.Errorf("%d rows", n)
	}
}

func TestReaders(t *testing.T) {
	gone := peer("kofi", "Kofi")
	gone.Phase = call.Reconnecting
	for _, c := range []struct {
		peers []call.Peer
		want  string
	}{
		{nil, "Nobody is here to read it."},
		{[]call.Peer{gone}, "Nobody is here to read it."},
		{[]call.Peer{gone, peer("mara", "Mara Lind")}, "Goes to Mara Lind, encrypted. Nobody keeps it."},
		{[]call.Peer{peer("a", "A"), peer("b", "B"), peer("c", "C")}, "Goes to A, B and C, encrypted. Nobody keeps it."},
		{[]call.Peer{peer("a", "A"), peer("b", "B"), peer("c", "C"), peer("d", "D")}, "Goes to A, B and 2 others, encrypted. Nobody keeps it."},
	} {
		equal(t, "readers", newRig(t).join(c.peers...).now().Texts.Readers, c.want)
	}
}

// The desktop is told that somebody wrote, not what.
func TestTextNews(t *testing.T) {
	r := newRig(t).join(peer("mara", "Mara Lind"))
	r.now()
	for range 3 {
		r.happens(call.Notice{Kind: call.NoticeText, User: "mara", Name: "Mara Lind", Text: "secret"})
	}
	if v := r.now(); len(v.Alerts) != 1 || v.Alerts[0] != alertText || len(v.Lines) != 0 || len(v.Sounds) != 0 {
		t.Errorf("%+v %+v %v", v.Alerts, v.Lines, v.Sounds)
	}
}

// A text, or a file that is offered, is heard where the window is not looked at: some of them once, and none where that is not wanted.
func TestTextIsHeard(t *testing.T) {
	r := newRig(t).join(peer("mara", "Mara Lind"))
	text := call.Notice{Kind: call.NoticeText, User: "mara", Name: "Mara Lind", Text: "secret"}
	r.happens(text)
	equal(t, "before the window was there", fmt.Sprint(r.now().Aside), "[]")
	writes := func(what, want string) {
		t.Helper()
		r.in.Now = r.in.Now.Add(textApart)
		r.happens(text)
		r.happens(text)
		equal(t, what, fmt.Sprint(r.now().Aside), want)
	}
	writes("two texts", "[text]")
	equal(t, "told once", fmt.Sprint(r.after(time.Second).Aside), "[]")
	r.in.Settings.Sounds.Text = false
	writes("switched off", "[]")
	r.in.Settings.Sounds.Text, r.in.Settings.Status = true, profile.DoNotDisturb
	writes("do not disturb", "[]")
	r.in.Settings.Status = profile.Available
	r.in.Now = r.in.Now.Add(textApart)
	r.in.Snapshot.Transfers = []call.Transfer{{ID: "1", User: "mara", Name: "Mara", File: "tide.csv", Incoming: true}}
	r.happens(call.Notice{Kind: call.NoticeFileOffered, User: "mara", Name: "Mara Lind", Channel: "1"})
	equal(t, "a file", fmt.Sprint(r.now().Aside), "[text]")
}
