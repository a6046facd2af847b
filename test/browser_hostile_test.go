package test

import (
	_ "embed"
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/test/lab"
)

//go:embed testdata/hostile.js
var hostileServer string

// everything is what a server says in a session, and what nobody does.
const everything = "['snapshot', 'user.changed', 'user.removed', 'channel.changed', 'channel.removed', 'member.joined', 'member.changed', 'member.left', 'member.speaking', " +
	"'roster', 'turn', 'ok', 'error', 'call.incoming', 'call.answered', 'call.ended', 'call.placed', 'call.missed', 'rtc.offer', 'rtc.answer', 'rtc.candidate', 'rtc.need_offer', " +
	"'rtc.findings', 'heartbeat', 'constructor', '']"

// TestBrowserAndHostileServer: whatever a server says, the page opens nothing before a click, shows what others wrote as text, and goes on;
// of somebody's descriptions it takes those alone that they have signed, that are new, and that have one fingerprint.
func TestBrowserAndHostileServer(t *testing.T) {
	w := newWorld(t, 0, nil)
	b := w.browse(lab.Chromium{Args: []string{"--use-fake-device-for-media-stream"}})
	b.open("about:blank", "")
	b.open(w.server.Ready.Page, hostileServer)
	// The invite is of the real server, which has another key: this one does not get the secret.
	b.until("document.getElementById('enter') && !document.getElementById('enter').hidden")
	b.do("document.getElementById('name').value = 'Gus'")
	b.click("#come")
	b.until("document.getElementById('trouble').textContent.includes('another server')")
	var said []struct{ Type string }
	if err := b.Evaluate(w.within(20*time.Second), "hostile.said", &said); err != nil || len(said) != 1 || said[0].Type != "hello" {
		t.Errorf("to another server the page has said %+v, %v", said, err)
	}

	b.open("about:blank", "")
	b.open("https://"+w.listen+"/", hostileServer+answering)
	b.enter("Gus")
	rounds := int(400 * soak())
	for i := range rounds / 100 {
		b.do(fmt.Sprintf("hostile.random = %d, hostile.rain(100, %s)", i+1, everything))
	}
	b.do("hostile.snapshot()")
	b.until("document.querySelector('#channels button')?.textContent === 'Den'")
	b.none("hostile.asked")
	b.none("witness.connections.length")
	b.none("document.images.length")

	b.until("hostile.socket.readyState === 1")
	b.do("document.getElementById('ring').close()")
	b.click("#channels button")
	b.until("witness.connections.length === 1") // the member's, and none of those that can't be
	for i := range rounds / 100 {
		b.do(fmt.Sprintf("hostile.random = %d, hostile.rain(100, ['rtc.offer', 'rtc.answer', 'rtc.candidate', 'rtc.need_offer', 'rtc.findings'])", i+1))
	}
	for i, spoiled := range []string{
		`sdp.replace(/^a=fingerprint.*$/gm, '')`,                                                            // none
		`sdp.replace(/^(a=fingerprint:sha-256 )../m, (l, head) => head + (l.endsWith('00') ? '01' : '00'))`, // two values, if sections have their own
		`sdp.replace(/^(a=fingerprint):sha-256.*$/m, '$1:sha-1 ' + Array(20).fill('00').join(':'))`,
		`sdp.replace('m=audio', 'm=video')`,
		`sdp + 'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n'`,
		`sdp.replace(/m=application[^]*/, '')`,
		`sdp + 'a=x\r\n'.repeat(8000)`,
		`sdp.replace('a=mid:1', 'a=mid:1\r\na=simulcast:recv 1;2')`,
		`sdp.replace('s=-', 's=-\r\na=ice-lite')`,
		`''`,
	} {
		b.do(fmt.Sprintf("hostile.offer(%d, sdp => %s)", i+10, spoiled))
	}
	b.do("hostile.offer(100, sdp => sdp)")
	b.until("hostile.answers().length")
	b.do("hostile.offer(100, sdp => sdp).then(() => hostile.offer(99, sdp => sdp)).then(() => hostile.offer(2 ** 32 + 100, sdp => sdp))" +
		".then(() => hostile.offer(100.5, sdp => sdp)).then(() => hostile.offer(101, sdp => sdp))")
	b.until("hostile.answers().includes(101)")
	b.do("hostile.usurp(102).then(() => hostile.offer(103, sdp => sdp))") // the same member by another key is another one
	b.until("hostile.answers().includes(103)")
	var answered []float64
	if err := b.Evaluate(w.within(20*time.Second), "hostile.answers()", &answered); err != nil || !slices.Equal(answered, []float64{100, 101, 103}) {
		t.Errorf("answered were %v, %v", answered, err)
	}
	b.until("hostile.said.some(m => m.type === 'voice.speaking' && m.body.on === true)") // the fake microphone beeps
	b.none("witness.complaints.filter(c => c.startsWith('uncaught')).join()")
}

// none wants an expression to be nothing.
func (t tab) none(expression string) {
	t.w.Helper()
	var got any
	if err := t.Evaluate(t.w.within(20*time.Second), "(x => x ? String(x) : '')("+expression+")", &got); err != nil || got != "" {
		t.w.Errorf("%s: %v, %v", expression, got, err)
	}
}
