package probe

import "golang.org/x/sys/windows"

// What systems say of sockets. On Windows package syscall has these names for numbers that nobody gives.
const (
	ECONNREFUSED = windows.WSAECONNREFUSED
	ENETUNREACH  = windows.WSAENETUNREACH
	EHOSTUNREACH = windows.WSAEHOSTUNREACH
	EADDRINUSE   = windows.WSAEADDRINUSE
)
