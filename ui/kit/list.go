package kit

import (
	"sort"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
)

// List shows many rows of a few kinds, each kind with its own height. Only the rows that can be seen exist; they are taken again as
// one scrolls. It is one stop of the Tab key: arrows, Page Up and Down, Home and End move in it, Enter and Space activate.
type List struct {
	control
	// OnActivate hears of a click on a row, or Enter. It comes at once: a double click is an OnActivate and then an OnDouble.
	OnActivate func(i int)
	OnDouble   func(i int)
	// OnEnter hears of Enter and Space in the place of OnActivate.
	OnEnter func(i int)
	// OnSecondary hears of the other mouse button, with the place on the canvas.
	OnSecondary func(i int, pos fyne.Position)
	// Enabled says which rows can be activated and hovered; nil: all. Headings and separators are not.
	Enabled func(i int) bool
	// KeyOf names a row, so that the keyboard's row stays on the same one when SetRows moves it. Nil: it stays at its place.
	KeyOf func(i int) string
	// Fit makes the list want the height of its rows, up to that many units at scale 1; 0: it takes what it gets.
	Fit float32
	// HeightOf measures a row at a width; nil: a row is as high as its kind.
	HeightOf func(i int, width float32) float32
	// Tail keeps the end in sight while it is: what comes then is seen.
	Tail bool

	heights []float32
	create  func(kind int) fyne.CanvasObject
	bind    func(i, kind int, obj fyne.CanvasObject)

	kinds []int
	tops  []float32 // where each row begins, and the end of the last
	wide  float32   // that HeightOf measured at
	look  look      // that tops and spare rows are made for

	current, active int // row of the keyboard, and the one that is marked; or -1
	currentKey      string

	scroll *container.Scroll
	body   *listBody
	shown  map[int]*listRow
	// filling: some of them are to be filled in the next frame; this one has taken filled for that, and began at frame
	filling bool
	filled  time.Duration
	frame   time.Time
	spare   [][]*listRow // by kind

	clock  func() time.Time
	held   held
	tapped time.Time
	last   string // the row tapped before
	lastAt int
}

// NewList returns an empty list. Heights are those of the kinds, in units at scale 1. Create makes a row's content; bind fills it
// with row i, is called often, and should use setters that do nothing where nothing changed.
func NewList(heights []float32, create func(kind int) fyne.CanvasObject, bind func(i, kind int, obj fyne.CanvasObject)) *List {
	l := &List{heights: heights, create: create, bind: bind, current: -1, active: -1, lastAt: -1,
		shown: make(map[int]*listRow), spare: make([][]*listRow, len(heights)), tops: []float32{0}, clock: time.Now}
	l.body = newListBody(l)
	l.scroll = container.NewVScroll(l.body)
	l.scroll.OnScrolled = func(fyne.Position) { l.place(false) }
	l.extend(l)
	return l
}

// SetRows says how many rows there are and of which kind each is. The scroll position stays, as far as there still are rows.
func (l *List) SetRows(n int, kindOf func(i int) int) {
	same := n == len(l.kinds)
	kinds := make([]int, n)
	for i := range kinds {
		kinds[i] = kindOf(i)
		same = same && kinds[i] == l.kinds[i]
	}
	l.kinds = kinds
	if same = same && l.HeightOf == nil; !same {
		ends := l.atEnd()
		l.measure()
		defer l.keepEnd(ends)
	}
	l.follow()
	if l.active >= n {
		l.active = -1
	}
	if same {
		l.place(true)
		return
	}
	l.resized()
}

// resized lays the rows out anew, after there are others or they are of another height.
func (l *List) resized() {
	room := l.scroll.Size().Height
	if room > 0 {
		l.scroll.Offset.Y = max(0, min(l.scroll.Offset.Y, l.total()-room))
	}
	l.place(true)
	l.scroll.Refresh()
}

func (l *List) measure() {
	l.look, l.wide = currentLook(), l.scroll.Size().Width
	px := make([]float32, len(l.heights))
	for i, h := range l.heights {
		px[i] = Px(h)
	}
	l.tops = append(l.tops[:0], 0)
	y := float32(0)
	for i, k := range l.kinds {
		if l.HeightOf != nil {
			y += l.HeightOf(i, l.wide)
		} else {
			y += px[k]
		}
		l.tops = append(l.tops, y)
	}
}

// atEnd says whether the end of the last row is in sight, and is to stay there.
func (l *List) atEnd() bool {
	return l.Tail && l.scroll.Offset.Y+l.scroll.Size().Height >= l.total()-1
}

// keepEnd brings it there again, after rows have come or have another height.
func (l *List) keepEnd(ends bool) {
	if ends {
		l.ScrollTo(len(l.kinds) - 1)
	}
}

func (l *List) total() float32 { return l.tops[len(l.tops)-1] }

// follow keeps the row of the keyboard on what it was on.
func (l *List) follow() {
	if l.current < 0 {
		return
	}
	if l.KeyOf != nil && (l.current >= len(l.kinds) || l.KeyOf(l.current) != l.currentKey) {
		l.current = l.find(l.currentKey)
	}
	if l.current >= len(l.kinds) {
		l.current = -1
	}
}

func (l *List) find(key string) int {
	for i := range l.kinds {
		if l.KeyOf(i) == key {
			return i
		}
	}
	return -1
}

// Len is how many rows there are.
func (l *List) Len() int { return len(l.kinds) }

// RowAt is the row at a place of the canvas, or -1.
func (l *List) RowAt(pos fyne.Position) int {
	at := pos.Subtract(fyne.CurrentApp().Driver().AbsolutePositionForObject(l))
	if size := l.Size(); at.X < 0 || at.Y < 0 || at.X >= size.Width || at.Y >= size.Height {
		return -1
	}
	return l.rowAt(at.Y + l.scroll.Offset.Y)
}

// RefreshVisible binds again what can be seen.
func (l *List) RefreshVisible() { l.place(true) }

// SetActive marks a row, or none with -1.
func (l *List) SetActive(i int) {
	if l.active != i {
		l.active = i
		l.repaintRows()
	}
}

// ScrollTo brings a row into sight, by as little as needed.
func (l *List) ScrollTo(i int) {
	if i < 0 || i >= len(l.kinds) {
		return
	}
	room := l.scroll.Size().Height
	y := l.scroll.Offset.Y
	if l.tops[i] < y {
		y = l.tops[i]
	} else if l.tops[i+1] > y+room {
		y = l.tops[i+1] - room
	}
	l.scroll.ScrollToOffset(fyne.NewPos(0, max(0, y)))
	l.place(false)
}

// A row with new texts costs a millisecond or two, half of that as it is filled and half as it is painted, and a frame has room for
// some of them: what is not filled after fillFor is left for the next one.
const (
	fillFor   = 2 * time.Millisecond
	nextFrame = 12 * time.Millisecond // after that it is another one
)

// place gives each row that can be seen an object at its height; rebind fills those anew that already had one. Where a whole page is
// new, or has other names, that is done from the top down in some frames; until then a new row is not there, and an old one as it was.
func (l *List) place(rebind bool) {
	if l.look != currentLook() {
		// Rows that wait to be used again do not hear of another theme: none is kept.
		clear(l.spare)
		clear(l.shown)
		l.measure()
	}
	first, last := l.span()
	changed := false // which rows there are
	for i, r := range l.shown {
		if i < first || i >= last || r.kind != l.kinds[i] {
			delete(l.shown, i)
			changed = true
			r.setHovered(false)
			l.spare[r.kind] = append(l.spare[r.kind], r)
		}
	}
	l.body.rows = l.body.rows[:0]
	owes, out, begun := false, !l.mayFill(), l.clock()
	for i := first; i < last; i++ {
		r, ok := l.shown[i]
		if out && !ok {
			owes = true
			continue
		}
		if !ok {
			r = l.take(l.kinds[i])
			l.shown[i] = r
			changed = true
		}
		r.due = r.due || !ok || rebind
		if r.due && !out {
			r.i, r.due = i, false
			l.bind(i, r.kind, r.content)
			out = l.filled+l.clock().Sub(begun) > fillFor
		}
		owes = owes || r.due
		r.show()
		place(r, 0, l.tops[i], l.body.Size().Width, l.tops[i+1]-l.tops[i])
		l.body.rows = append(l.body.rows, r)
	}
	if changed { // a row that was never painted is on no canvas, and can't ask for that by itself
		canvas.Refresh(l.body)
	}
	l.filled += l.clock().Sub(begun)
	if owes && !l.filling {
		l.fillLater()
	}
}

// mayFill says whether this frame has room for a row. Several keys may have been pressed in it.
func (l *List) mayFill() bool {
	if now := l.clock(); now.Sub(l.frame) > nextFrame {
		l.frame, l.filled = now, 0
	}
	return !l.filling && l.filled <= fillFor
}

// fillLater fills in the next frame what this one has no room for.
func (l *List) fillLater() {
	l.filling = true
	fyne.NewAnimation(nextFrame, func(done float32) {
		if done == 1 {
			l.filling, l.frame = false, time.Time{}
			l.place(false)
		}
	}).Start()
}

// look is what decides how a row is drawn.
type look struct {
	scale float32
	dark  bool
}

func currentLook() look { return look{Current().Scale(), Current().Dark()} }

// span is the range of rows that can be seen.
func (l *List) span() (first, last int) {
	from := l.scroll.Offset.Y
	to := from + l.scroll.Size().Height
	if to <= from {
		return 0, 0
	}
	n := len(l.kinds)
	first = sort.Search(n, func(i int) bool { return l.tops[i+1] > from })
	last = first + sort.Search(n-first, func(i int) bool { return l.tops[first+i] >= to })
	return first, last
}

func (l *List) take(kind int) *listRow {
	if s := l.spare[kind]; len(s) > 0 {
		l.spare[kind] = s[:len(s)-1]
		return s[len(s)-1]
	}
	return newListRow(l, kind)
}

func (l *List) repaintRows() {
	for _, r := range l.shown {
		r.show()
	}
}

func (l *List) enabled(i int) bool {
	return i >= 0 && i < len(l.kinds) && (l.Enabled == nil || l.Enabled(i))
}

// activate is a click or a key on row i.
func (l *List) activate(i int) {
	if l.enabled(i) && l.OnActivate != nil {
		l.OnActivate(i)
	}
}

// MouseIn implements desktop.Hoverable: the rows hover, the list does not.
func (l *List) MouseIn(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (l *List) MouseOut() {}

// CreateRenderer implements fyne.Widget.
func (l *List) CreateRenderer() fyne.WidgetRenderer { return newDrawing(l, l.scroll) }

func (l *List) paint() { l.repaintRows() }

func (l *List) natural() fyne.Size {
	h := Px(32)
	if l.Fit > 0 {
		h = min(l.total(), Px(l.Fit))
	}
	return fyne.NewSize(Px(32), h)
}

func (l *List) arrange(size fyne.Size) {
	ends, another := l.atEnd(), l.HeightOf != nil && l.wide != size.Width
	place(l.scroll, 0, 0, size.Width, size.Height)
	if another {
		l.measure()
		l.resized()
	}
	l.keepEnd(ends)
	l.place(false)
}
