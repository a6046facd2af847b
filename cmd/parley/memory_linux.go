package main

/*
#include <malloc.h>

static void call(void *f) { ((void (*)(void))f)(); }

static void trim(void) {
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
*/
import "C"

import (
	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.3/glfw"
)

// bare asks for windows without a depth and a stencil buffer, of 4 bytes a pixel: Fyne draws without and clears them for each
// picture. What can't be had Fyne says itself.
func bare() {
	if glfw.Init() != nil {
		return
	}
	glfw.WindowHint(glfw.DepthBits, 0)
	glfw.WindowHint(glfw.StencilBits, 0)
}

// releaseCompiler lets the graphics driver forget how to compile shaders, of which Fyne has none left at the time, and the C library
// give back what is free: 7 MB with Mesa, which keeps all functions of the language for each next one. It would learn it again.
func releaseCompiler(w fyne.Window) {
	drawn, is := w.(interface{ RunWithContext(func()) })
	if !is || handle(w) == 0 {
		return
	}
	drawn.RunWithContext(func() {
		if !glfw.ExtensionSupported("GL_ARB_ES2_compatibility") { // OpenGL 2.1 itself has no such call
			return
		}
		if f := glfw.GetProcAddress("glReleaseShaderCompiler"); f != nil {
			C.call(f)
		}
	})
	C.trim()
}
