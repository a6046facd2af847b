package ns

import (
	"bytes"
	"testing"
)

func TestShrink(t *testing.T) {
	const start = "\x00asm\x01\x00\x00\x00"
	for _, c := range []struct{ name, in, want string }{
		{"256 pages and a maximum", start + "\x01\x02xy\x05\x07\x01\x01\x80\x02\x80\x80\x02\x07\x01z", start + "\x01\x02xy\x05\x07\x01\x01\xe0\x00\x80\x80\x02\x07\x01z"},
		{"300 pages in a long form", start + "\x05\x06\x01\x00\xac\x82\x80\x00", start + "\x05\x06\x01\x00\xe0\x80\x80\x00"},
		{"few pages", start + "\x05\x03\x01\x00\x10", start + "\x05\x03\x01\x00\x10"},
		{"two memories", start + "\x05\x05\x02\x00\x80\x02\x00\x01", start + "\x05\x05\x02\x00\x80\x02\x00\x01"},
		{"none", start, start},
		{"cut", start + "\x05\x07\x01", start + "\x05\x07\x01"},
		{"cut in a length", start + "\x05\x80", start + "\x05\x80"},
		{"short section", start + "\x05\x01\x01", start + "\x05\x01\x01"},
		{"number without end", start + "\x05\x03\x01\x00\x80", start + "\x05\x03\x01\x00\x80"},
		{"nothing", "", ""},
	} {
		in := []byte(c.in)
		if got := shrink(in, 96); !bytes.Equal(got, []byte(c.want)) {
			t.Errorf("%s: %q", c.name, got)
		}
		if string(in) != c.in {
			t.Errorf("%s: the module itself was changed", c.name)
		}
	}
}
