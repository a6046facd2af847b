//go:build !linux

package main

import "fyne.io/fyne/v2"

// bare is for Mesa, whose buffers are in this process's memory where there is no graphics card.
func bare() {}

// releaseCompiler is for Mesa, too.
func releaseCompiler(fyne.Window) {}
