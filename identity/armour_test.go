package identity

import (
	"encoding/binary"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// goldenArmour is seeded(2) under "käse und brot", made by another implementation with the cheapest parameters.
const goldenArmour = `-----BEGIN PARLEY KEY-----
AQAAAAEAAABAAgABAgMEBQYHCAkKCwwNDg9kZWZnaGlqa2xtbm9wcXJzdHV2d3h5
ens2drbes7rz6B6r1Z766NNZTBdj/wi8W3ByNIeGVTIxdjOkY0eCiFxGF9qE2ofe
Mts=
-----END PARLEY KEY-----
`

func TestGoldenArmour(t *testing.T) {
	for name, pass := range map[string]string{"composed": "käse und brot", "decomposed": "ka\u0308se und brot"} {
		k, err := Decode([]byte(goldenArmour), pass)
		if err != nil || !k.Equal(seeded(2)) {
			t.Errorf("%s passphrase: %v, %v", name, k, err)
		}
	}
	fresh := append(count(0, saltSize), count(100, 24)...)
	block, err := seal(seeded(2), "käse und brot", cost{1, 64, 2}, fresh)
	if err != nil || string(block) != goldenArmour {
		t.Errorf("sealed anew: %s, %v", block, err)
	}
}

func TestExportAndDecode(t *testing.T) {
	const pass = "eight wo"
	block, err := Export(seeded(2), pass)
	if err != nil {
		t.Fatal(err)
	}
	mail := "Hello,\n\n" + strings.ReplaceAll(string(block), "\n", "\r\n") + "\r\nBye\n"
	for name, text := range map[string]string{"as it is": string(block), "in a mail": mail} {
		if k, err := Decode([]byte(text), pass); err != nil || !k.Equal(seeded(2)) {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
	if again, _ := Export(seeded(2), pass); string(again) == string(block) {
		t.Error("two exports are the same: salt or nonce is not fresh")
	}
	for _, short := range []string{"", "7 chars", "äöüäöüä"} {
		if _, err := Export(seeded(2), short); !errors.Is(err, ErrWeak) {
			t.Errorf("passphrase %q: %v, want ErrWeak", short, err)
		}
	}
	if _, err := Export(Key{}, pass); !errors.Is(err, ErrKey) {
		t.Errorf("no key: %v, want ErrKey", err)
	}
}

func TestDecodeRefusesWrongPassphrase(t *testing.T) {
	for _, pass := range []string{"", "kase und brot", "käse und brot ", strings.Repeat("x", 1<<20)} {
		if _, err := Decode([]byte(goldenArmour), pass); !errors.Is(err, ErrPassphrase) {
			t.Errorf("passphrase of %d bytes: %v, want ErrPassphrase", len(pass), err)
		}
	}
}

// Whatever byte of a block is changed, it opens no more: as a broken block or as one that does not match.
func TestDecodeRefusesEveryChange(t *testing.T) {
	for i := range armourSize {
		_, err := Decode(tamper(func(b []byte) []byte { b[i] ^= 1; return b }), "käse und brot")
		if !errors.Is(err, ErrPassphrase) && !errors.Is(err, ErrArmour) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
}

func TestDecodeRefusesBrokenBlocks(t *testing.T) {
	number := func(at int, n uint32) []byte {
		return tamper(func(b []byte) []byte { binary.BigEndian.PutUint32(b[at:], n); return b })
	}
	bad := map[string][]byte{
		"empty":          nil,
		"no block":       []byte("hello"),
		"cut":            []byte(goldenArmour[:100]),
		"another type":   []byte(strings.ReplaceAll(goldenArmour, "PARLEY KEY", "PRIVATE KEY")),
		"header":         []byte(strings.Replace(goldenArmour, "\n", "\nCost: low\n\n", 1)),
		"newer":          tamper(func(b []byte) []byte { b[0] = 2; return b }),
		"short":          tamper(func(b []byte) []byte { return b[:len(b)-1] }),
		"nothing inside": tamper(func([]byte) []byte { return nil }),
		"long":           []byte(goldenArmour + strings.Repeat("\n", armourLimit)),
		"no rounds":      number(1, 0),
		"endless rounds": number(1, 1<<31),
		"no memory":      number(5, 0),
		"4 TiB":          number(5, 1<<32-1),
		"512 MiB":        number(5, 512<<10),
		"no lanes":       tamper(func(b []byte) []byte { b[9] = 0; return b }),
		"255 lanes":      tamper(func(b []byte) []byte { b[9] = 255; return b }),
	}
	for name, block := range bad {
		if _, err := Decode(block, "käse und brot"); !errors.Is(err, ErrArmour) {
			t.Errorf("%s: %v, want ErrArmour", name, err)
		}
	}
}

func TestExportCostIsBearable(t *testing.T) {
	if !exportCost().bearable() {
		t.Error("an exported key could not be imported")
	}
}

func TestImport(t *testing.T) {
	const pass = "käse und brot"
	path := filepath.Join(t.TempDir(), "home", "key")
	block := []byte(goldenArmour)

	if _, _, err := Import(path, block, "wrong pass", true); !errors.Is(err, ErrPassphrase) {
		t.Errorf("wrong passphrase: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a refused import wrote a file")
	}
	for _, when := range []string{"into an empty home", "the same key again"} {
		if k, kept, err := Import(path, block, pass, false); err != nil || kept != "" || !k.Equal(seeded(2)) {
			t.Errorf("%s: %v, %q, %v", when, k, kept, err)
		}
	}
	if k, err := Load(path); err != nil || !k.Equal(seeded(2)) {
		t.Errorf("after import: %v, %v", k, err)
	}
}

func TestImportOverAnotherKey(t *testing.T) {
	const pass = "käse und brot"
	for name, old := range map[string]string{
		"another key": string(formatKeyFile(seeded(3))), "a broken key": "broken", "an empty file": "",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			write(t, path, old, 0o644) // loose: the copy that is kept must not be
			if _, _, err := Import(path, []byte(goldenArmour), pass, false); !errors.Is(err, ErrKeyExists) {
				t.Errorf("unasked: %v, want ErrKeyExists", err)
			}
			if now, _ := os.ReadFile(path); string(now) != old {
				t.Error("a refused import changed the file")
			}
			k, kept, err := Import(path, []byte(goldenArmour), pass, true)
			if err != nil || !k.Equal(seeded(2)) {
				t.Fatalf("replace: %v, %v", k, err)
			}
			if now, err := Load(path); err != nil || !now.Equal(seeded(2)) {
				t.Errorf("after replace: %v, %v", now, err)
			}
			if data, err := os.ReadFile(kept); err != nil || string(data) != old {
				t.Errorf("kept %q: %q, %v", kept, data, err)
			}
			if info, err := os.Stat(kept); err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("kept: %v, %v", info.Mode(), err)
			}
		})
	}
	dir := t.TempDir()
	if _, _, err := Import(dir, []byte(goldenArmour), pass, true); err == nil {
		t.Error("a folder was replaced by a key")
	}
}

func FuzzParseArmour(f *testing.F) {
	f.Add([]byte(goldenArmour))
	f.Add(tamper(func(b []byte) []byte { b[5] = 0xff; return b }))
	f.Add([]byte("-----BEGIN PARLEY KEY-----\n\n-----END PARLEY KEY-----"))
	f.Fuzz(func(t *testing.T, block []byte) {
		body, c, err := parseArmour(block)
		if err == nil && (len(body) != armourSize || c.memory > 256<<10 || c.rounds > 8 || c.lanes > 8) {
			t.Fatalf("taken: %d bytes, %+v", len(body), c)
		}
	})
}

// tamper is goldenArmour with its bytes changed by f.
func tamper(f func([]byte) []byte) []byte {
	p, _ := pem.Decode([]byte(goldenArmour))
	p.Bytes = f(p.Bytes)
	return pem.EncodeToMemory(p)
}
