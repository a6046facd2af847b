// Package appimage is the AppImage's runtime, which is written in C, and the tests of it.
package appimage
