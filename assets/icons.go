package assets

import (
	"embed"
	"fmt"
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
func Icons() []string { return names(icons, "icons/*.svg") }
