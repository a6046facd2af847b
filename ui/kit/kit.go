// Package kit is what the window is drawn with: the theme, icons, text, and widgets that know nothing of calls. Everything
// follows one set of numbers (a grid of 4, a few sizes, radii and colours), so that screens only say what stands where.
package kit
