// Package tray tells whether a tray icon would be seen. Windows and macOS have a place for one; on Linux some desktop has to
// offer it, and GNOME by itself does not.
package tray
