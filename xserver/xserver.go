// Package xserver is what those of ours have in common that speak to an X server by its protocol: extensions, the order of a
// pixel's bytes, and memory that is shared with the server. Elsewhere than on Linux it is empty.
package xserver
