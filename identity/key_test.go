package identity

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
)

// seeded is the key whose seed is 32 times b. The golden values of this package's tests stand for seeded(1) as the server,
// seeded(2) as Anna and seeded(3) as Ben; they were computed by another implementation (Python, OpenSSL).
func seeded(b byte) Key {
	return newKey(bytes.Repeat([]byte{b}, ed25519.SeedSize))
}

func TestUserIDAndKeyText(t *testing.T) {
	tests := []struct {
		seed     byte
		text, id string
	}{
		{1, "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w", "jvhlqatbzm3dulrug35v4xtffc4pyrmo"},
		{2, "gTl3Dqh9F19Wo1Rmw0x-zMuNipG07jeiXfYPW4_Js5Q", "34fqqv57ws4uggiw62smet3gpjsmue2x"},
		{3, "7UkoxijRwsbq6QM4kFmVYSlZJzpcY_k2NsFGFKyHN9E", "a4onvtdx33apzs25xpjwpakwiiubqike"},
	}
	for _, tt := range tests {
		k := seeded(tt.seed)
		if k.ID() != tt.id || !ValidUserID(tt.id) {
			t.Errorf("id of key %d: %s, want %s", tt.seed, k.ID(), tt.id)
		}
		if got := FormatKey(k.Public()); got != tt.text {
			t.Errorf("text of key %d: %s, want %s", tt.seed, got, tt.text)
		}
		if pub, err := ParseKey(tt.text); err != nil || !pub.Equal(k.Public()) {
			t.Errorf("ParseKey(%s) = %v, %v", tt.text, pub, err)
		}
	}
}

func TestParseKeyRefuses(t *testing.T) {
	good := FormatKey(seeded(2).Public())
	bad := map[string]string{
		"empty":         "",
		"short":         good[:42],
		"long":          good + "A",
		"padded":        good + "=",
		"line break":    good[:20] + "\n" + good[21:],
		"standard set":  strings.Replace(good, "-", "+", 1),
		"stray bits":    good[:42] + "R", // the last character holds 4 bits and two that must be 0
		"not ASCII":     good[:41] + "é",
		"megabytes":     strings.Repeat("A", 1<<20),
		"all zeros":     strings.Repeat("A", 43),
		"not the curve": FormatKey(unhex(t, "02"+strings.Repeat("00", 31))),
	}
	for name, s := range bad {
		if _, err := ParseKey(s); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v, want ErrKey", name, err)
		}
	}
}

// The eight points of low order in all their encodings, as RFC 7748's successors list them.
func TestCheckKeyRefusesLowOrder(t *testing.T) {
	low := []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	}
	for _, s := range low {
		if err := CheckKey(unhex(t, s)); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "low order") {
			t.Errorf("%s: %v, want low order", s, err)
		}
	}
	second := []string{ // y + p instead of y
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	}
	for _, s := range second {
		if err := CheckKey(unhex(t, s)); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "canonical") {
			t.Errorf("%s: %v, want not canonical", s, err)
		}
	}
	for _, n := range []int{0, 31, 33} {
		if err := CheckKey(make([]byte, n)); !errors.Is(err, ErrKey) {
			t.Errorf("%d bytes: %v, want ErrKey", n, err)
		}
	}
}

func TestCheckKeyTakesEveryGeneratedKey(t *testing.T) {
	for b := range 100 {
		if err := CheckKey(seeded(byte(b)).Public()); err != nil {
			t.Fatalf("key %d: %v", b, err)
		}
	}
}

func TestGenerate(t *testing.T) {
	a, err := Generate(bytes.NewReader(bytes.Repeat([]byte{2}, 32)))
	if err != nil || !a.Equal(seeded(2)) {
		t.Errorf("from a given source: %v, %v", a, err)
	}
	if _, err := Generate(strings.NewReader("short")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("from a short source: %v", err)
	}
	b, err1 := Generate(nil)
	c, err2 := Generate(nil)
	if err1 != nil || err2 != nil || b.Equal(c) {
		t.Errorf("two keys: %v %v %v %v", b, c, err1, err2)
	}
}

func TestKeyNeverPrintsItsSecret(t *testing.T) {
	k := seeded(2)
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p"} {
		fmt.Fprintf(&out, verb+" ", k)
		fmt.Fprintf(&out, verb+" ", struct{ Key Key }{k})
		fmt.Fprintf(&out, verb+" ", &struct{ key Key }{k})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "key", k)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "key", k)
	for _, secret := range []string{"AgICAgIC", "02020202", "2 2 2 2", `\x02`, "0x2, 0x2", "\x02\x02"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("output holds the seed as %q: %s", secret, &out)
		}
	}
	if !strings.Contains(out.String(), k.ID()) {
		t.Errorf("output lacks the id: %s", &out)
	}
}

func TestMemberIDAndNonce(t *testing.T) {
	m, n := NewMemberID(), NewNonce()
	if !ValidMemberID(m) || len(m) != 32 || m == NewMemberID() {
		t.Errorf("member id %q", m)
	}
	if !ValidNonce(n) || len(n) != 43 || n == NewNonce() {
		t.Errorf("nonce %q", n)
	}
	for _, s := range []string{"", m[:31], m + "0", strings.ToUpper(m[:31] + "a"), m[:31] + "g", m[:31] + "\n"} {
		if ValidMemberID(s) {
			t.Errorf("member id %q was taken", s)
		}
	}
	for _, s := range []string{"", n[:42], n + "A", n[:42] + "\n", n[:42] + "="} {
		if ValidNonce(s) {
			t.Errorf("nonce %q was taken", s)
		}
	}
	id := seeded(1).ID()
	for _, s := range []string{"", id[:31], id + "a", strings.ToUpper(id), id[:31] + "1", id[:31] + "="} {
		if ValidUserID(s) {
			t.Errorf("user id %q was taken", s)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(FormatKey(seeded(1).Public()))
	f.Add(strings.Repeat("A", 43))
	f.Fuzz(func(t *testing.T, s string) {
		if pub, err := ParseKey(s); err == nil && FormatKey(pub) != s {
			t.Fatalf("%q has a second form %q", s, FormatKey(pub))
		}
	})
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
