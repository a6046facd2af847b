package sound

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCards(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cards")
	if Cards(path) {
		t.Error("no list, and a card")
	}
	for text, want := range map[string]bool{
		"": false, "\n": false, "--- no soundcards ---\n": false,
		" 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n                      HDA Intel PCH at 0xf7f10000 irq 30\n": true,
		"12 [Headset        ]: USB-Audio - Headset\n":                                                                 true,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := Cards(path); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
