package assets

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed icons/*.svg
var icons embed.FS

// Icon returns the SVG of one of our icons, by the name of its file without the suffix ("mic-off"). All but app and
// app-16 stand on a 24 grid and are drawn in "#000000" with stroke-width="2": whoever draws one puts a colour and a width
// in place of these. The caller owns the bytes.
func Icon(name string) ([]byte, error) {
	data, err := icons.ReadFile("icons/" + name + ".svg")
	if err != nil {
		return nil, fmt.Errorf("icon: %w", err)
	}
	return data, nil
}

// Icons returns the names that Icon knows, sorted.
func Icons() []string {
	files, err := fs.Glob(icons, "icons/*.svg")
	if err != nil {
		return nil // only for a malformed pattern
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(path.Base(file), ".svg")
	}
	return files
}
