// Package screen is what a window needs of its display and the toolkit does not have: whether there is one, to be minimised,
// and whether anybody can see it.
package screen

import "errors"

// ErrNone is the answer where no window can be shown.
var ErrNone = errors.New("no display. Start Parley in a desktop session, or use parleyctl")
