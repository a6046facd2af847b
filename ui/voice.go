package ui

import "parley/call"

// voice is how the settings want the microphone to be treated.
func (w *Window) voice() call.Voice { return w.c.Voice(w.c.Profile.Settings()) }
