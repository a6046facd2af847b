//go:build !linux && !windows

package idle

func openSource() (source, error) { return nil, errUnknown }
