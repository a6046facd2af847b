package pulse

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math"
	"net"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"parley/audio"
)

// replies are those that we wait for.
var replies = []proto.Reply{
	&proto.AuthReply{}, &proto.SetClientNameReply{}, &proto.GetServerInfoReply{}, &proto.GetSinkInfoListReply{},
	&proto.GetSourceInfoListReply{}, &proto.CreatePlaybackStreamReply{}, &proto.CreateRecordStreamReply{},
	&proto.GetPlaybackLatencyReply{}, &proto.GetRecordLatencyReply{},
}

// requests are what they answer.
var requests = []proto.RequestArgs{
	&proto.Auth{Version: version, Cookie: make([]byte, cookieSize)}, &proto.SetClientName{}, &proto.GetServerInfo{}, &proto.GetSinkInfoList{},
	&proto.GetSourceInfoList{}, &proto.CreatePlaybackStream{}, &proto.CreateRecordStream{},
	&proto.GetPlaybackLatency{}, &proto.GetRecordLatency{},
}

// example writes a value of type t as a server would.
func example(b []byte, t reflect.Type) []byte {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Pointer {
		return fields(fields(b, t.Elem().Elem()), t.Elem().Elem())
	}
	return fields(b, t)
}

func fields(b []byte, t reflect.Type) []byte {
	properties := append(append([]byte("tkey\x00L\x00\x00\x00\x02x\x00\x00\x00\x02v\x00"), "tk\x00L\x00\x00\x00\x00x\x00\x00\x00\x00"...), 'N')
	format := append([]byte("B\x01P"), properties...)
	values := map[byte][]byte{
		'a': []byte("\x05\x01\x00\x00\xbb\x80"), 'f': format, 'P': properties, 'T': make([]byte, 8), 'U': make([]byte, 8),
		'V': make([]byte, 4), 'm': {1, 0}, 'v': {1, 0, 1, 0, 0}, 'B': {7}, 'L': {0, 0, 0, 5}, 'R': make([]byte, 8),
		'r': make([]byte, 8), 't': []byte("name\x00"), '1': nil,
	}
	for i := range t.NumField() {
		f := t.Field(i).Type
		tag, ok := tags[f]
		if !ok {
			tag = kindTags[f.Kind()]
		}
		b = append(b, tag)
		switch {
		case tag == 'B' && f.Kind() == reflect.Slice:
			b = append(append(b, 1, 'f'), format...)
		case tag == 'L' && f.Kind() == reflect.Slice:
			b = fields(append(b, 0, 0, 0, 1), f.Elem())
		default:
			b = append(b, values[tag]...)
		}
	}
	return b
}

// control frames a command.
func frame(command, tag uint32, values []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(prologue+len(values)))
	b = binary.BigEndian.AppendUint32(b, control)
	b = append(b, make([]byte, 12)...)
	b = binary.BigEndian.AppendUint32(append(b, 'L'), command)
	b = binary.BigEndian.AppendUint32(append(b, 'L'), tag)
	return append(b, values...)
}

// ask sends request i over a link to a server that answers with these bytes and goes away.
func ask(t testing.TB, i int, answer []byte) (proto.Reply, error) {
	ours, theirs := net.Pipe()
	l := newLink(ours, nil)
	defer l.close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		defer theirs.Close()
		head := make([]byte, headerSize)
		if _, err := io.ReadFull(theirs, head); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, theirs, int64(binary.BigEndian.Uint32(head))); err != nil {
			return
		}
		_, _ = theirs.Write(answer)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	reply := reflect.New(reflect.TypeOf(replies[i]).Elem()).Interface().(proto.Reply)
	err := l.request(ctx, requests[i], reply)
	<-served
	return reply, err
}

func TestRepliesAreUnderstood(t *testing.T) {
	for i, r := range replies {
		body := example(nil, reflect.TypeOf(r).Elem())
		got, err := ask(t, i, frame(proto.OpReply, 0, body))
		if err != nil || reflect.ValueOf(got).Elem().IsZero() {
			t.Errorf("%T: %+v, %v", r, got, err)
		}
		// Each cut is found out, but for those between two members of a list.
		for cut := range body {
			if whole := fits(body[:cut], reflect.TypeOf(r).Elem(), version); whole && cut > 0 && 2*cut != len(body) {
				t.Errorf("%T of %d bytes fits when cut to %d", r, len(body), cut)
			}
		}
		if fits(append(bytes.Clone(body), 'L'), reflect.TypeOf(r).Elem(), version) {
			t.Errorf("%T fits with a byte too many", r)
		}
	}
}

// What nobody asked for ends the link, and so does what nobody can understand; a refusal does not.
func TestStrangeAnswers(t *testing.T) {
	auth := example(nil, reflect.TypeFor[proto.AuthReply]())
	long := frame(proto.OpReply, 0, auth)
	binary.BigEndian.PutUint32(long, maxFrame+1)
	shared := frame(proto.OpReply, 0, auth)
	shared[headerSize-4] = 0x80
	for name, answer := range map[string][]byte{
		"nothing": nil, "another tag": frame(proto.OpReply, 1, auth), "too long": long, "shared memory": shared,
		"no command":            append(make([]byte, 3), 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'L'),
		"a string for a number": frame(proto.OpReply, 0, []byte("tversion\x00")),
		"an error of no code":   frame(proto.OpError, 0, nil),
		"killed":                frame(proto.OpRecordStreamKilled, control, auth),
	} {
		if _, err := ask(t, 0, answer); err == nil || refused(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ask(t, 0, frame(proto.OpError, 0, []byte("L\x00\x00\x00\x01"))); !refused(err) {
		t.Errorf("a refusal: %v", err)
	}
}

// FuzzReply: the module gets nothing that it panics at, whatever a server answers.
func FuzzReply(f *testing.F) {
	for i, r := range replies {
		f.Add(uint8(i), example(nil, reflect.TypeOf(r).Elem()))
	}
	f.Add(uint8(0), []byte("tx\x00"))
	f.Add(uint8(5), bytes.Repeat([]byte{'P'}, 100))
	f.Fuzz(func(t *testing.T, i uint8, body []byte) {
		n := int(i) % len(replies)
		if len(body) > 1<<16 {
			return
		}
		_, err := ask(t, n, frame(proto.OpReply, 0, body))
		if whole := fits(body, reflect.TypeOf(replies[n]).Elem(), version); whole != (err == nil) {
			t.Errorf("fits says %v, the request %v", whole, err)
		}
	})
}

// FuzzFrames: any bytes at all, to a link with a stream.
func FuzzFrames(f *testing.F) {
	f.Add(frame(proto.OpReply, 0, []byte("L\x00\x00\x00\x20")))
	f.Add(frame(proto.OpRequest, control, []byte("L\x00\x00\x00\x00L\xff\xff\xff\xff")))
	f.Add(append([]byte{0, 0, 0, 5, 0, 0, 0, 0}, make([]byte, 17)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, theirs := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		s := newStream(audio.Output, 1, 480, func(buf []float32) {
			if len(buf) == 0 || len(buf) > 480 {
				t.Errorf("%d samples", len(buf))
			}
		})
		if len(b)%2 == 0 {
			s.kind = audio.Input
		}
		l := newLink(ours, s)
		_, _ = theirs.Write(b) // fails where the link has had enough
		_ = theirs.Close()
		l.close()
	})
}

// piped is a stream on a pipe, and the server's end of that.
func piped(k audio.Kind, io func([]float32)) (l *link, server net.Conn) {
	ours, theirs := net.Pipe()
	return newLink(ours, newStream(k, 1, 480, io)), theirs
}

// A fill has what io gave, in one frame; a chunk reaches io a period at a time. Neither allocates.
func TestSoundPasses(t *testing.T) {
	next := float32(0)
	out, server := piped(audio.Output, func(buf []float32) {
		for i := range buf {
			buf[i], next = next, next+1
		}
	})
	defer out.close()
	const n = 700
	question := frame(proto.OpRequest, control, []byte("L\x00\x00\x00\x07L\x00\x00\x0a\xf0"))
	answer := make([]byte, headerSize+n*sampleSize)
	round := func() {
		if _, err := server.Write(question); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(server, answer); err != nil {
			t.Fatal(err)
		}
	}
	round()
	if binary.BigEndian.Uint32(answer) != n*sampleSize || binary.BigEndian.Uint32(answer[4:]) != 7 {
		t.Errorf("header %x", answer[:headerSize])
	}
	if a := testing.AllocsPerRun(50, round); a >= 1 {
		t.Errorf("%v allocations for a fill", a)
	}

	want, got := float32(0), make(chan int, 8)
	in, server := piped(audio.Input, func(buf []float32) {
		for _, v := range buf {
			if v != want {
				t.Errorf("%v, want %v", v, want)
			}
			want++
		}
		got <- len(buf)
	})
	defer in.close()
	sound := func() {
		want = 0
		if _, err := server.Write(answer); err != nil {
			t.Fatal(err)
		}
		if a, b := <-got, <-got; a != 480 || b != n-480 {
			t.Errorf("pieces of %d and %d", a, b)
		}
	}
	for i := range n {
		binary.LittleEndian.PutUint32(answer[headerSize+i*sampleSize:], math.Float32bits(float32(i)))
	}
	if a := testing.AllocsPerRun(50, sound); a >= 1 {
		t.Errorf("%v allocations for a chunk", a)
	}
}

// Whatever the server asks for at once, it gets so much, as it asks for nothing twice; but no more sound than the frame holds, and silence
// before.
func TestGreedyServer(t *testing.T) {
	sound := 0
	out, server := piped(audio.Output, func(buf []float32) {
		for i := range buf {
			buf[i] = 1
		}
		sound += len(buf)
	})
	defer out.close()
	const asked = 100*480 + 7
	bytes := binary.BigEndian.AppendUint32(nil, asked*sampleSize)
	if _, err := server.Write(frame(proto.OpRequest, control, append([]byte("L\x00\x00\x00\x07L"), bytes...))); err != nil {
		t.Fatal(err)
	}
	got, head := make([]byte, 0, asked*sampleSize), make([]byte, headerSize)
	for len(got) < asked*sampleSize {
		if _, err := io.ReadFull(server, head); err != nil {
			t.Fatal(err)
		}
		piece := make([]byte, binary.BigEndian.Uint32(head))
		if _, err := io.ReadFull(server, piece); err != nil {
			t.Fatal(err)
		}
		got = append(got, piece...)
	}
	if len(got) != asked*sampleSize {
		t.Errorf("%d bytes for %d", len(got), asked*sampleSize)
	}
	if sound > maxFill || sound < maxFill-480 {
		t.Errorf("%d samples of sound", sound)
	}
	for i := range asked {
		want := float32(0)
		if i >= asked-sound {
			want = 1
		}
		if v := math.Float32frombits(binary.LittleEndian.Uint32(got[i*sampleSize:])); v != want {
			t.Fatalf("sample %d is %v, of %d the last %d should be sound", i, v, asked, sound)
		}
	}
}

func TestServerStrings(t *testing.T) {
	got := parseServers("{elsewhere}unix:/a {here}unix:/b /c tcp:host tcp6:[::1]:99 {broken unix: name ", []string{"here"})
	want := []address{{"unix", "/b"}, {"unix", "/c"}, {"tcp", "host:4713"}, {"tcp6", "[::1]:99"}, {"tcp", "name:4713"}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	env := map[string]string{"XDG_RUNTIME_DIR": "/run/x"}
	if got := addresses(func(k string) string { return env[k] }); got[0] != (address{"unix", "/run/x/pulse/native"}) {
		t.Errorf("%v", got)
	}
}
