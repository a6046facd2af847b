package assets

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

// The sum that fetch.sh checks too.
const rnnoiseSum = "378fd17c294db15ee4e818ba5ef072242a21c8ad7445b483f7f46d7dc4f2c253"

func TestRNNoise(t *testing.T) {
	wasm, err := RNNoise()
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(wasm); hex.EncodeToString(sum[:]) != rnnoiseSum {
		t.Fatalf("not the pinned file: sha256 %x", sum)
	}
}

func TestMissingSaysTheRemedy(t *testing.T) {
	_, err := model(fstest.MapFS{"models/README.md": {}}, "rnnoise_simd.wasm")
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "make deps") {
		t.Fatalf("got %v", err)
	}
}
