//go:build !linux

package surface

import "errors"

func open(uintptr, bool) (backend, error) { return nil, errors.New("not on this system") }
