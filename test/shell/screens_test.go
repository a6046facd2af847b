package shell_test

import (
	"image/png"
	"os"
	"testing"

	"parley/test/lab"
)

// What can be shown is listed, and can be looked at; without a display it is said that there is none.
func TestScreens(t *testing.T) {
	w := newWorld(t)
	d, err := lab.StartDisplay(w.ctx, 640, 400, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	lines := w.run("Ana", d.Env(), "screens").done()
	if len(lines) != 1 || lines[0].ID != "screen:"+lines[0].Name {
		t.Fatalf("%+v", lines)
	}
	file := w.path("screen.png")
	w.run("Ana", d.Env(), "screens", lines[0].ID, file).done()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if m, err := png.DecodeConfig(f); err != nil || m.Width != 640 || m.Height != 400 {
		t.Errorf("%+v, %v", m, err)
	}
	w.run("Ana", d.Env(), "screens", "window:0x1", file).ends(refused, "screens")
	w.run("Ana", d.Env(), "screens", lines[0].ID).ends(usage, "usage")
	w.run("Ana", []string{"DISPLAY=", "WAYLAND_DISPLAY="}, "screens").ends(refused, "screens")
	w.run("Ana", append(d.Env(), "WAYLAND_DISPLAY=wayland-0"), "screens").ends(refused, "screens")
}
