package wire

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/golden.jsonl anew")

const golden = "testdata/golden.jsonl"

// encodeAll also proves that every type has a sample.
func encodeAll(t *testing.T) []string {
	t.Helper()
	var lines []string
	seen := map[string]bool{}
	for _, e := range samples() {
		data, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		seen[Kind(e.Body)] = true
		lines = append(lines, string(data))
	}
	for kind := range blanks {
		if !seen[kind] {
			t.Errorf("no sample of %s", kind)
		}
	}
	return lines
}

func TestGolden(t *testing.T) {
	got := strings.Join(encodeAll(t), "\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the wire has changed; is that meant? (go test ./wire -update)\n%s", got)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, e := range samples() {
		data, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if !reflect.DeepEqual(back, e) {
			t.Errorf("%s came back as %+v", data, back)
		}
	}
}

// TestProtocol holds PROTOCOL.md against this package: each type has a section with its sample, each field a line, and
// nothing is described that does not exist.
func TestProtocol(t *testing.T) {
	text, err := os.ReadFile("../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, s := range strings.Split(string(text), "\n#### ")[1:] {
		head, body, _ := strings.Cut(s, "\n")
		body, _, _ = strings.Cut(body, "\n## ")
		sections[strings.Trim(head, "` ")] = body
	}
	for _, e := range samples() {
		kind := Kind(e.Body)
		data, _ := Encode(e)
		body, ok := sections[kind]
		if !ok {
			t.Errorf("no section %s", kind)
			continue
		}
		if !strings.Contains(body, "\n"+string(data)+"\n") {
			t.Errorf("section %s lacks its example:\n%s", kind, data)
		}
		for _, name := range fieldNames(reflect.TypeOf(e.Body).Elem()) {
			if !strings.Contains(body, "`"+name+"`") {
				t.Errorf("section %s does not describe `%s`", kind, name)
			}
		}
	}
	for kind := range sections {
		if blanks[kind] == nil {
			t.Errorf("section %s describes what does not exist", kind)
		}
	}
	for _, code := range declared(t, "errors.go", `Code = "([a-z_]+)"`) {
		if !strings.Contains(string(text), "| `"+code+"` |") {
			t.Errorf("error code %s is not described", code)
		}
	}
	for _, reason := range slices.Concat(declared(t, "session.go", `Reason[A-Za-z]+ += "([a-z_]+)"`), declared(t, "voice.go", `Left[A-Za-z]+ += "([a-z_]+)"`),
		declared(t, "call.go", `(?:Call|Missed)[A-Za-z]+ += "([a-z_]+)"`)) {
		if !strings.Contains(string(text), "`"+reason+"`") {
			t.Errorf("reason %s is not described", reason)
		}
	}
}

func fieldNames(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			if f.Type.Name() != "Route" { // described once, for all four
				names = append(names, fieldNames(f.Type)...)
			}
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func declared(t *testing.T, file, pattern string) (out []string) {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(source, -1) {
		out = append(out, string(m[1]))
	}
	if len(out) == 0 {
		t.Fatalf("nothing declared in %s", file)
	}
	return out
}

func TestDecodeRefuses(t *testing.T) {
	ok := `{"type":"channel.add","id":1,"body":{"name":"Music"}}`
	if e, err := Decode([]byte(ok)); err != nil || e.Body.(*ChannelAdd).Name != "Music" {
		t.Fatalf("the good one: %v", err)
	}
	for name, c := range map[string]struct {
		text string
		code Code
	}{
		"empty":            {"", BadMessage},
		"not JSON":         {"hello", BadMessage},
		"an array":         {"[]", BadMessage},
		"no type":          {"{}", UnknownType},
		"unknown type":     {`{"type":"nonsense","id":9}`, UnknownType},
		"missing field":    {`{"type":"channel.add","id":1}`, BadMessage},
		"wrong field type": {`{"type":"channel.add","body":{"name":5}}`, BadMessage},
		"body no object":   {`{"type":"channel.add","body":"x"}`, BadMessage},
		"long name":        {`{"type":"channel.add","body":{"name":"` + strings.Repeat("x", MaxName+1) + `"}}`, BadMessage},
		"10 000 deep":      {`{"type":"ok","body":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + `}`, BadMessage},
		"1 MiB":            {`{"type":"ok","body":{"x":"` + strings.Repeat("x", 1<<20) + `"}}`, BadMessage},
		"not UTF-8":        {"{\"type\":\"channel.add\",\"body\":{\"name\":\"\xff\"}}", BadMessage},
		"negative id":      {`{"type":"ok","id":-1}`, BadMessage},
		"id in capitals":   {`{"type":"kick","body":{"user":"` + strings.Repeat("A", 32) + `"}}`, BadMessage},
		"path in an id":    {`{"type":"channel.remove","body":{"channel":"../x"}}`, BadMessage},
		"padded base64":    {`{"type":"hello","body":{"mode":"native","nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}`, BadMessage},
		"loose base64":     {`{"type":"hello","body":{"mode":"native","nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"}}`, BadMessage},
		"two JSON values":  {ok + ok, BadMessage},
		"a channel's call": {`{"type":"call.end","body":{"call":"c1","reason":"left"}}`, BadMessage},
		"no nonce":         {`{"type":"call.ring","body":{"call":"` + strings.Repeat("0", 32) + `","to":"` + strings.Repeat("a", 32) + `","member":"` + strings.Repeat("0", 32) + `"}}`, BadMessage},
		"missed too much":  {`{"type":"call.missed","body":{"missed":[` + strings.Repeat("{},", MaxMissed) + `{}]}}`, BadMessage},
	} {
		if _, err := Decode([]byte(c.text)); CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

func TestDecodeKeepsRequestID(t *testing.T) {
	if e, err := Decode([]byte(`{"type":"nonsense","id":9}`)); err == nil || e.ID != 9 {
		t.Errorf("id %d, %v", e.ID, err)
	}
}

func TestEncodeRefusesItsOwnMistakes(t *testing.T) {
	if _, err := Encode(Envelope{Body: &ChannelAdd{}}); err == nil {
		t.Error("a message without its field was encoded")
	}
}

// Fuzzing holds that whatever Decode takes, Encode can say again, and it means the same.
func FuzzDecode(f *testing.F) {
	for _, e := range samples() {
		data, _ := Encode(e)
		f.Add(data)
	}
	f.Add([]byte(`{"type":"ok","body":` + strings.Repeat("[", 20)))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Decode(data)
		if err != nil {
			if code := CodeOf(err); code != BadMessage && code != UnknownType {
				t.Fatalf("%v", err)
			}
			if _, encErr := Encode(Envelope{Body: err.(*Error)}); encErr != nil {
				t.Fatalf("the error can't be sent back: %v", encErr)
			}
			return
		}
		again, err := Encode(e)
		if err != nil {
			t.Fatalf("%q was taken but can't be said: %v", data, err)
		}
		back, err := Decode(again)
		if err != nil {
			t.Fatal(err)
		}
		third, err := Encode(back)
		if err != nil || !bytes.Equal(again, third) {
			t.Fatalf("%q became %q", again, third)
		}
	})
}

func TestLink(t *testing.T) {
	key := Bytes(bytes.Repeat([]byte{4}, 32))
	want := Link{Host: "[2001:db8::1]:4400", Key: key, Mode: ModeNative, Secret: "hL3k9_s-ecret"}
	for _, l := range []Link{want, want.Server(), {Host: "example.org:443", Key: key, Mode: ModeWeb, Secret: "x"}} {
		got, err := ParseLink(" \n" + l.String() + "\r\n")
		if err != nil || !reflect.DeepEqual(got, l) {
			t.Errorf("%s: %+v, %v", l, got, err)
		}
		if got, err = ParseLink(l.Page()); err != nil || !reflect.DeepEqual(got, l) {
			t.Errorf("%s: %+v, %v", l.Page(), got, err)
		}
	}
	if l, err := ParseLink("https://example.org/?key=" + key.String() + "#x"); err != nil || l.Host != "example.org:443" {
		t.Errorf("without a port: %+v, %v", l, err)
	}
	good := want.String()
	for name, s := range map[string]string{
		"empty": "", "a novel": strings.Repeat("It was a dark and stormy night. ", 1000), "http": "http" + strings.TrimPrefix(good, "parley"),
		"no key": "parley://example.org:1/#x", "short key": "parley://example.org:1/?key=AAAA#x", "no port": "parley://example.org/?key=" + key.String(),
		"port 0": "parley://example.org:0/?key=" + key.String(), "port 99999": "parley://example.org:99999/?key=" + key.String(),
		"user": "parley://me@example.org:1/?key=" + key.String(), "odd mode": "parley://example.org:1/?key=" + key.String() + "&mode=plain",
		"odd secret": "parley://example.org:1/?key=" + key.String() + "#a%20b", "opaque": "parley:x", "control": "parley://a\x00b:1/",
		"a shell": "parley://$(reboot):1/?key=" + key.String(),
	} {
		if l, err := ParseLink(s); err == nil {
			t.Errorf("%s: taken as %+v", name, l)
		}
	}
}

func FuzzParseLink(f *testing.F) {
	f.Add("parley://example.org:1/?key=BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ#x")
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLink(s)
		if err != nil {
			return
		}
		back, err := ParseLink(l.String())
		if err != nil || !reflect.DeepEqual(l, back) {
			t.Fatalf("%q: %v, %+v, %+v", s, err, l, back)
		}
	})
}

func ExampleCodeOf() {
	err := fmt.Errorf("join: %w", Errorf(ChannelFull, "The channel is full."))
	fmt.Println(CodeOf(err))
	// Output: channel_full
}
