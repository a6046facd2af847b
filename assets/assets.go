// Package assets holds what the programs carry inside themselves. It imports nothing of ours.
package assets

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

// ErrMissing is wrapped by every error of an asset that the set-up fetches and that was not there when the program was
// built. A clean clone compiles without it; the remedy stands in the text.
var ErrMissing = errors.New("not in this build: run make deps and build again")

//go:embed models
var models embed.FS

// RNNoise returns RNNoise with its built-in model as WebAssembly, for audio/ns.
func RNNoise() ([]byte, error) { return model(models, "rnnoise_simd.wasm") }

func model(from fs.FS, name string) ([]byte, error) {
	data, err := fs.ReadFile(from, "models/"+name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("model %s: %w", name, ErrMissing)
	}
	return data, err
}
