package assets

import (
	"embed"
	"fmt"
)

// Where a picture must be made of pixels (window managers, trays, packages), it was made from the SVG of its name by
// "go test ./assets -update", and is committed, so that neither a build nor a package needs something that draws SVG.
//
//go:embed icons/app icons/tray
var bitmaps embed.FS

// appSizes are the sides of the app icon that there are, in pixels.
var appSizes = []int{16, 24, 32, 48, 64, 128, 256, 512}

// AppIcon returns the app's icon as a square PNG, the smallest of 16, 24, 32, 48, 64, 128, 256 and 512 pixels that has at
// least px, or else the largest. The two smallest are a drawing of their own. The caller owns the bytes.
func AppIcon(px int) ([]byte, error) {
	size := appSizes[len(appSizes)-1]
	for _, s := range appSizes {
		if s >= px {
			size = s
			break
		}
	}
	data, err := bitmaps.ReadFile(fmt.Sprintf("icons/app/%d.png", size))
	if err != nil {
		return nil, fmt.Errorf("app icon: %w", err)
	}
	return data, nil
}

// TrayPixels is the side of a tray icon: twice the usual 22, for dense screens.
const TrayPixels = 44

// TrayIcon returns "tray", "tray-live" (the microphone is live) or "tray-muted" as a PNG of TrayPixels in one colour:
// light for a dark panel, or dark for a light one. Trays take no SVG. The caller owns the bytes.
func TrayIcon(name string, darkPanel bool) ([]byte, error) {
	data, err := bitmaps.ReadFile("icons/tray/" + trayFile(name, darkPanel))
	if err != nil {
		return nil, fmt.Errorf("tray icon: %w", err)
	}
	return data, nil
}

func trayFile(name string, darkPanel bool) string {
	if darkPanel {
		return name + "-light.png"
	}
	return name + "-dark.png"
}
