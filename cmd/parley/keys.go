package main

import (
	"parley/cmd/internal/keys"
	"parley/hotkey"
	"parley/ui"
)

// openKeys has keys heard everywhere, and pressed by other programs. It is closed before the engine.
func (p *program) openKeys() error {
	p.keys = keys.New(keys.Config{
		Engine: p.engine, Settings: p.home.Profile.Settings, Whisper: p.home.Profile.WhisperTo, Open: hotkey.Open, Dir: p.dir, Log: p.log,
	})
	p.closeLater(p.keys.Close)
	return nil
}

func globalKeys(k *keys.Keys) ui.GlobalKeys {
	return ui.GlobalKeys{State: k.Status, Changed: k.Changed(), Rebind: k.Rebind, Typing: k.Typing, Choosing: k.Choosing, Window: k.Window, Lift: k.Lift}
}
