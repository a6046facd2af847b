package control

import (
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]command{
		"ptt down":                 {do: press},
		"  ptt   up ":              {do: lift},
		"ptt toggle":               {do: toggle},
		"priority":                 {do: press, key: Priority},
		"whisper Bob of the  hill": {do: press, key: Whisper, to: "Bob of the  hill"},
		"mute":                     {do: mute},
		"mute on":                  {do: mute, set: On},
		"deafen off":               {do: deafen, set: Off},
		"@17 ptt down":             {do: press, at: time.Unix(0, 17)},
		"@1764000000000000000 whisper @7": {
			do: press, key: Whisper, to: "@7", at: time.Unix(1764000000, 0),
		},
	} {
		if got, err := parse(line); err != nil || got != want {
			t.Errorf("%q: %+v %v", line, got, err)
		}
	}
	for line, want := range map[string]string{
		"":                                    `there is no command ""`,
		"dance":                               `there is no command "dance": it is ptt down`,
		"PTT down":                            `there is no command "PTT"`,
		strings.Repeat("ü", 100):              `there is no command "` + strings.Repeat("ü", 16) + `…"`,
		"ptt":                                 "ptt takes down, up or toggle",
		"ptt down now":                        "ptt takes down, up or toggle",
		"priority on":                         "priority takes nothing",
		"whisper":                             "whisper takes a name",
		"whisper " + strings.Repeat("x", 129): "whisper takes a name",
		"mute maybe":                          "mute takes on, off or nothing",
		"deafen 1":                            "deafen takes on, off or nothing",
		"@ ptt down":                          "@ is no time",
		"@x ptt down":                         "@x is no time",
		"@-1 ptt down":                        "@-1 is no time",
		"@99999999999999999999 ptt up":        "is no time",
		"@17":                                 `there is no command ""`,
		"whisper \x1b[2J":                     "plain text",
		"whisper a\u202eb":                    "plain text",
		"whisper \xff":                        "plain text",
		"mute\x00":                            "plain text",
	} {
		if got, err := parse(line); err == nil || !strings.Contains(err.Error(), want) || got != (command{}) {
			t.Errorf("%q: %+v %v", line, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range []string{"ptt down", "@17 whisper x", "mute on", "@@ \x00"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c, err := parse(line)
		if err != nil {
			reply := plain(err.Error())
			if c != (command{}) || len(reply) > maxLine/2 || strings.ContainsFunc(reply, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%+v and %q", c, err)
			}
			return
		}
		if c.key >= keys || len(c.to) > maxName || (c.to == "") == (c.key == Whisper) || strings.ContainsAny(c.to, "\x00\n\r\x1b") {
			t.Errorf("%+v", c)
		}
	})
}
