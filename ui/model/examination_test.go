package model

import (
	"strings"
	"testing"
	"time"

	"parley/call"
	"parley/call/doctor"
)

func TestExamination(t *testing.T) {
	r := newRig(t)
	if v := r.now(); v.Examination.Known {
		t.Fatal("there was none")
	}
	x := call.Examination{Running: true, AtMS: 5, Why: call.WhyAsked, Findings: []call.Finding{
		{Step: doctor.Name, Result: doctor.Pass, Text: "It is found.", TookMS: 4},
		{Step: doctor.STUN, Result: doctor.Running, Text: "It is asked.", TookMS: 9},
	}}
	r.in.Snapshot.Examination = x
	v := r.now()
	equal(t, "line", v.Examination.Line, "Checking: 1 of 12 steps are done.")
	equal(t, "a step", v.Examination.Steps[0], ExaminationStep{Icon: "check", Name: "The server's name", Tone: Good, Text: "It is found.", Took: "4 ms"})
	equal(t, "one that runs", v.Examination.Steps[1], ExaminationStep{Icon: "refresh", Name: "UDP", Text: "It is asked."})
	if again := r.after(time.Minute); again.Examination.Version != v.Examination.Version {
		t.Error("the same is made again")
	}
	x.Running, x.Findings = false, []call.Finding{
		x.Findings[0], {Step: doctor.STUN, Result: doctor.Fail, Text: "Nothing\u202e\ncame.", TookMS: 3000}, {Step: doctor.Microphone, Result: doctor.Skipped, Text: "There is none.", TookMS: 1}, {Step: "\u202e", Result: "?"},
	}
	r.in.Snapshot.Examination = x
	v = r.now()
	equal(t, "when it began", v.Examination.Line, "Checked at 20:00: one step failed.")
	equal(t, "tone", v.Examination.Tone, Warn)
	equal(t, "what failed", v.Examination.Steps[1], ExaminationStep{Icon: "close", Name: "UDP", Tone: Bad, Text: "Nothing came.", Took: "3.0 s"})
	equal(t, "what was not tried", v.Examination.Steps[2], ExaminationStep{Icon: "minus", Name: "Microphone", Text: "There is none."})
	equal(t, "nonsense", v.Examination.Steps[3], ExaminationStep{Icon: "minus", Name: "Another step"})
	r.in.Snapshot.Examination = call.Examination{}
	if v := r.now(); v.Examination.Known || len(v.Examination.Steps) != 0 {
		t.Errorf("%+v", v.Examination)
	}
}

func TestOutcomes(t *testing.T) {
	all := func(results ...string) (out []call.Finding) {
		for _, result := range results {
			out = append(out, call.Finding{Step: doctor.TCP, Result: result})
		}
		return out
	}
	for _, c := range []struct {
		findings []call.Finding
		want     string
	}{
		{nil, "Stopped at 20:00, before anything was found."},
		{all(doctor.Skipped), "Stopped at 20:00, before anything was found."},
		{all(doctor.Pass, doctor.Skipped), "Checked at 20:00: everything that was tried works."},
		{all(doctor.Pass, doctor.Fail, doctor.Fail), "Checked at 20:00: 2 steps failed."},
	} {
		r := newRig(t)
		r.in.Snapshot.Examination = call.Examination{AtMS: 1, Findings: c.findings}
		equal(t, "line", r.now().Examination.Line, c.want)
	}
	for _, step := range doctor.Steps {
		if stepNames[step] == "" {
			t.Errorf("%s has no name for people", step)
		}
	}
}

// Whom no path leads to is said on the stage, with what is in the way, for as long as that is so.
func TestNoPath(t *testing.T) {
	bo := peer("bo", "Bo")
	bo.Phase = call.Connecting
	r := newRig(t).join(bo)
	if v := r.now(); v.Stage.Banner != nil {
		t.Fatalf("%+v", v.Stage.Banner)
	}
	r.in.Snapshot.Examination = call.Examination{Running: true, AtMS: 1, Why: call.WhyNoPath, With: "bo"}
	want := Banner{Icon: "warning", Tone: Warn, Text: "No way to Bo's computer so far. Parley looks for what is in the way.", Button: "Show the steps", Action: ShowExamination}
	equal(t, "while it is looked for", *r.now().Stage.Banner, want)
	const found = "No way to Bo's computer: your network lets no UDP out, and the server's relay answers you neither by UDP nor by TCP or TLS. Try another network, or have your firewall let the server's ports through. And a word more to be longer than a name."
	r.in.Snapshot.Examination.Running = false
	r.happens(call.Notice{Kind: call.NoticeNoPath, User: "bo", Name: "Bo", Code: doctor.TurnTLS, Text: found})
	v := r.now()
	want.Text = found
	equal(t, "what was found", *v.Stage.Banner, want)
	if len(v.Lines) != 1 || v.Lines[0].Text != found || !v.Lines[0].Stage {
		t.Errorf("%+v", v.Lines)
	}
	r.in.Snapshot.Place.Peers[0].Phase = call.Connected
	if v := r.now(); v.Stage.Banner != nil {
		t.Errorf("there is a way now: %+v", v.Stage.Banner)
	}
}

// A call that did not come about says what was in its way.
func TestCallWithoutAPath(t *testing.T) {
	r := newRig(t)
	r.now()
	r.happens(call.Notice{Kind: call.NoticeCallIncoming, User: "bo", Name: "Bo", Channel: "c1"})
	r.happens(call.Notice{Kind: call.NoticeCallJoined, User: "bo", Name: "Bo", Channel: "c1"})
	r.happens(call.Notice{Kind: call.NoticeNoPath, User: "bo", Name: "Bo", Text: "No way to Bo's computer."})
	r.happens(call.Notice{Kind: call.NoticeCallEnded, User: "bo", Name: "Bo", Channel: "c1", Code: call.CodeFailed})
	v := r.now()
	if len(v.Lines) != 2 || v.Lines[1].Text != "No way to Bo's computer." || v.Lines[1].Stage {
		t.Errorf("%+v", v.Lines)
	}
}

// A report is for others to read: it names steps and results, and is bounded.
func TestReport(t *testing.T) {
	x := call.Examination{With: "bo", Findings: []call.Finding{{Step: doctor.TCP, Result: doctor.Pass, Text: "It answers.", TookMS: 31}}, Theirs: []call.Finding{{Step: doctor.STUN, Result: doctor.Fail, Text: "Their network lets no UDP out."}}}
	equal(t, "report", Report(x, "1.0"), "Parley 1.0, check of the connection\n"+
		"pass     tcp            31 ms  It answers.\n\nThe other computer:\nfail     stun            0 ms  Their network lets no UDP out.\n")
	for range 1000 {
		x.Findings = append(x.Findings, call.Finding{Step: strings.Repeat("x", 10_000), Text: strings.Repeat("y\n", 10_000)})
	}
	if n := len(Report(x, "1.0")); n > 100_000 {
		t.Errorf("%d bytes", n)
	}
}

func TestFindActions(t *testing.T) {
	r := newRig(t)
	for query, want := range map[string]string{"check": "Check connection", "conn": "Check connection", "CHECK CON": "Check connection", "eck": "", "send": ""} {
		got := ""
		for _, h := range (&Finder{}).Find(r.in.Snapshot, query) {
			if h.Action != None {
				got += h.Name
			}
		}
		equal(t, query, got, want)
	}
	r.join(peer("mara", "Mara Lind"))
	if hits := (&Finder{}).Find(r.in.Snapshot, "share"); len(hits) != 1 || hits[0].Action != ShareScreen {
		t.Errorf("share: %+v", hits)
	}
	r.in.Snapshot.Screen.Sharing = true
	if hits := (&Finder{}).Find(r.in.Snapshot, "share"); len(hits) != 0 {
		t.Errorf("share, while one does: %+v", hits)
	}
	if hits := (&Finder{}).Find(r.in.Snapshot, "send"); len(hits) != 1 || hits[0].Action != SendFile {
		t.Errorf("%+v", hits)
	}
}
