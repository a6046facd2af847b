package model

import (
	"strings"
	"testing"
	"time"

	"parley/call"
)

func TestTransferLines(t *testing.T) {
	const mb = 1_000_000
	for _, c := range []struct {
		name string
		in   call.Transfer
		want Transfer
	}{
		{"offered to oneself", call.Transfer{Incoming: true, Size: 2.4 * mb}, Transfer{Line: "2.4 MB, from Mara Lind", Offer: true}},
		{"to come", call.Transfer{Incoming: true, Size: 999, Accepted: true}, Transfer{Line: "999 bytes, from Mara Lind, comes after the others"}},
		{"offered", call.Transfer{Size: 999}, Transfer{Line: "999 bytes, waiting for Mara Lind to accept"}},
		{"coming", call.Transfer{Incoming: true, Phase: call.TransferRunning, Size: 40 * mb, Done: 10 * mb, Rate: 5 * mb},
			Transfer{Line: "10 MB of 40 MB from Mara Lind, 5.0 MB/s, 6 s left", Bar: true, Share: 0.25}},
		{"going, and its rate is not known", call.Transfer{Phase: call.TransferRunning, Size: 40 * mb}, Transfer{Line: "0 bytes of 40 MB to Mara Lind", Bar: true}},
		{"paused", call.Transfer{Phase: call.TransferPaused, Size: 40 * mb, Done: 20 * mb},
			Transfer{Line: "20 MB of 40 MB to Mara Lind, waiting for the connection to Mara Lind", Bar: true, Share: 0.5, Still: true}},
		{"has come", call.Transfer{Incoming: true, Phase: call.TransferDone, Size: mb, Done: mb, Path: "/d/x"},
			Transfer{Line: "From Mara Lind, 1.0 MB", Tone: Good, Over: true, Path: "/d/x"}},
		{"was sent", call.Transfer{Phase: call.TransferDone, Size: mb, Done: mb, Path: "/secret"}, Transfer{Line: "Sent to Mara Lind, 1.0 MB", Tone: Good, Over: true}},
		{"refused there", call.Transfer{Phase: call.TransferRefused}, Transfer{Line: "Mara Lind refused it.", Tone: Warn, Over: true}},
		{"refused here", call.Transfer{Incoming: true, Phase: call.TransferRefused}, Transfer{Line: "You refused it.", Over: true}},
		{"failed", call.Transfer{Phase: call.TransferFailed, Failed: "The disk\u202e is\nfull."}, Transfer{Line: "The disk is full.", Tone: Warn, Over: true}},
		{"failed without a word", call.Transfer{Phase: call.TransferFailed}, Transfer{Line: "It did not arrive.", Tone: Warn, Over: true}},
		{"cancelled", call.Transfer{Phase: call.TransferCancelled}, Transfer{Line: "It was cancelled.", Over: true}},
		{"lies about its size", call.Transfer{Phase: call.TransferRunning, Size: 10, Done: 1 << 60}, Transfer{Line: "1.2 EB of 10 bytes to Mara Lind", Bar: true, Share: 1}},
		{"of less than nothing", call.Transfer{Incoming: true, Size: -5}, Transfer{Line: "0 bytes, from Mara Lind", Offer: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t).join(peer("mara", "Mara Lind"))
			c.in.ID, c.in.User, c.in.Name, c.in.File = "7", "mara", "Mara", "tide.csv"
			c.want.ID, c.want.File = "7", "tide.csv"
			r.in.Snapshot.Transfers = []call.Transfer{c.in}
			v := r.now()
			if len(v.Transfers) != 1 {
				t.Fatalf("%d lines", len(v.Transfers))
			}
			equal(t, "line", v.Transfers[0], c.want)
		})
	}
}

func TestTransfers(t *testing.T) {
	stranger := peer("x", "Mara Lind")
	stranger.New = true
	r := newRig(t).join(stranger)
	v := r.now()
	equal(t, "none", len(v.Transfers), 0)
	for range 2 * maxTransfers {
		r.in.Snapshot.Transfers = append(r.in.Snapshot.Transfers, call.Transfer{User: "x", Name: "\u202e", File: strings.Repeat("W", 1000), Incoming: true})
	}
	r.in.Snapshot.Transfers = append(r.in.Snapshot.Transfers, call.Transfer{ID: "last", User: "x", Name: "\u202e", Incoming: true})
	w := r.now()
	if w.TransfersVersion == v.TransfersVersion || len(w.Transfers) != maxTransfers {
		t.Fatalf("version %d after %d, %d lines", w.TransfersVersion, v.TransfersVersion, len(w.Transfers))
	}
	first := w.Transfers[0]
	if first.ID != "last" || !first.New || first.File != "A file" || len([]rune(w.Transfers[1].File)) > maxText {
		t.Errorf("the newest is %+v", first)
	}
	if again := r.after(time.Second); again.TransfersVersion != w.TransfersVersion || &again.Transfers[0] != &w.Transfers[0] {
		t.Error("the same lines are made again")
	}
}

func TestBytesAndTimes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1000: "1.0 kB", 9949: "9.9 kB", 9950: "10 kB", 999_499: "999 kB", 999_500: "1.0 MB", 148_000_000: "148 MB", 1 << 62: "4.6 EB"} {
		equal(t, "bytes", bytesOf(n), want)
	}
	for d, want := range map[time.Duration]string{
		0: "0 s left", 300 * time.Millisecond: "1 s left", 59 * time.Second: "59 s left", 90 * time.Second: "2 min left", time.Hour + 5*time.Minute: "1 h 5 min left",
		-1: "more than a day left", 25 * time.Hour: "more than a day left",
	} {
		equal(t, "time", remaining(d), want)
	}
}

func TestWhoGetsFiles(t *testing.T) {
	held, connecting := peer("kofi", "Kofi"), peer("bo", "Bo")
	held.Phase, connecting.Phase = call.Held, call.Connecting
	s := newRig(t).join(peer("mara", "Mara Lind"), held, connecting).in.Snapshot
	for user, want := range map[string]string{
		"mara": "", "sam": "This is you.", "kofi": "They are held back. Let them in first.", "bo": "They are not connected yet.",
		"zoe": "Files go to people in your channel or call.", "": "Files go to people in your channel or call.",
	} {
		equal(t, user, NoFile(s, user), want)
	}
	if all := Receivers(s); len(all) != 1 || all[0] != (Receiver{"mara", "Mara Lind"}) {
		t.Errorf("receivers: %v", all)
	}
}

// What the stage shows is told in a line for who looks elsewhere, and the desktop hears of an offer.
func TestFileNews(t *testing.T) {
	r := newRig(t).join(peer("mara", "Mara Lind"))
	r.now()
	r.in.Snapshot.Transfers = []call.Transfer{{ID: "1", User: "mara", Name: "Mara", File: "tide.csv", Incoming: true}}
	r.happens(call.Notice{Kind: call.NoticeFileOffered, User: "mara", Name: "Mara Lind", Channel: "1", Text: "tide.csv"})
	v := r.now()
	if len(v.Lines) != 1 || v.Lines[0].Text != "Mara Lind wants to send you a file: tide.csv" || !v.Lines[0].Stage || len(v.Alerts) != 1 || v.Alerts[0] != alertFile {
		t.Errorf("%+v %+v", v.Lines, v.Alerts)
	}
	r.in.Snapshot.Transfers = []call.Transfer{{ID: "1", User: "mara", File: "tide.csv", Incoming: true, Phase: call.TransferFailed, Failed: "The disk is full."}}
	r.happens(call.Notice{Kind: call.NoticeFileFailed, User: "mara", Channel: "1"})
	r.happens(call.Notice{Kind: call.NoticeFileDone, User: "mara", Channel: "of nothing"})
	if v := r.after(time.Second); len(v.Lines) != 2 || v.Lines[1].Text != "tide.csv: The disk is full." || len(v.Alerts) != 0 {
		t.Errorf("%+v %+v", v.Lines, v.Alerts)
	}
}
