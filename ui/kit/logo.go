package kit

import "fyne.io/fyne/v2"

// Logo draws the app's icon px units wide at scale 1.
func Logo(px float32) fyne.CanvasObject {
	if px <= 24 {
		return NewIcon("app-16", px, "") // whole pixels, no dot
	}
	return NewIcon("app", px, "")
}
