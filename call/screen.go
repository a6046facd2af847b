package call

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"parley/video"
)

// screen is one's own screen, or a window of it: what can be shown, and what is.
type screen struct {
	local

	// Of the work goroutine alone.
	watch  bool
	share  int         // that is on; 0: none
	told   ScreenState // what was posted last
	of     int         // the share that it was of
	now    ScreenState // what it is to be
	source video.Source
	timer  *time.Timer
}

// A screen is sent in this size at most: in a larger one nobody sees it.
const (
	maxScreenWidth  = 1920
	maxScreenHeight = 1080
)

func (s *screen) init(p *picture) {
	s.local.init(p, ScreenTrack, maxBitrate, s)
	s.timer = time.AfterFunc(lookEvery, func() { s.work.do(s.look) })
	s.timer.Stop()
}

func (s *screen) shutdown() {
	s.permit(0)
	s.work.do(func() {
		s.watch = false
		s.stop()
		s.timer.Stop()
	})
	s.work.shutdown()
	s.timer.Stop()
}

// perform takes an effect. When it has returned from stopShare, no picture leaves but for a packet that is being written (mesh.Cease), and
// from shareScreen none of what was shown before.
func (s *screen) perform(f effect) {
	switch f := f.(type) {
	case shareScreen:
		s.permit(f.share)
	case stopShare:
		s.permit(0)
	}
	s.work.do(func() { s.apply(f) })
}

func (s *screen) apply(f effect) {
	switch f := f.(type) {
	case listScreens:
		s.watch = f.on
	case shareScreen:
		s.stop()
		s.show(f)
	case stopShare:
		s.stop()
	}
	s.look()
}

// look sees what there is to choose, and what has become of what is shown, and does so again as long as somebody wants to know.
func (s *screen) look() {
	if s.watch {
		list, err := s.list()
		s.now.Unavailable = ""
		if err != nil {
			s.now.Unavailable = sentence(err).Error()
		}
		if !slices.Equal(list, s.now.Subjects) {
			s.now.Subjects = list
		}
	}
	if feed := s.feed.Load(); feed != nil {
		if seen := feed.Stats(); seen.Width > 0 {
			s.now.Width, s.now.Height = seen.Width, seen.Height
		}
		h, ok := s.source.(interface{ Hidden() bool })
		s.now.Hidden = ok && h.Hidden()
	}
	s.tell()
	if s.watch || s.share != 0 {
		s.timer.Reset(lookEvery)
	}
}

// listWithin is how long a display may take to say what there is.
const listWithin = 3 * time.Second

func (s *screen) list() ([]Subject, error) {
	if s.p.config.Screens == nil || s.p.config.NewEncoder == nil {
		return nil, errNoPictures
	}
	ctx, cancel := context.WithTimeout(context.Background(), listWithin)
	defer cancel()
	return s.p.config.Screens.List(ctx)
}

// show opens what is to be shown.
func (s *screen) show(f shareScreen) {
	s.on, s.share = true, f.share
	s.now.FPS, s.now.Subject = f.fps, Subject{ID: f.subject}
	all, err := s.list()
	found, missing := choose(all, f.subject)
	if s.now.Subject = found; missing != nil {
		s.fail(cmp.Or(err, missing))
		return
	}
	source, format, err := s.p.config.Screens.Open(s.now.Subject.ID, video.Format{Width: maxScreenWidth, Height: maxScreenHeight, FPS: f.fps})
	if err != nil {
		s.fail(err)
		return
	}
	s.source = source
	s.serve(f.share)
	s.now.Width, s.now.Height, s.now.FPS = format.Width, format.Height, format.FPS
	s.direct()
	s.begin(source)
}

// choose finds the subject with an id, or the only one with a name. A window names itself as it likes: an id goes before any name.
func choose(all []Subject, want string) (Subject, error) {
	if i := slices.IndexFunc(all, func(k Subject) bool { return k.ID == want }); i >= 0 {
		return all[i], nil
	}
	named := func(k Subject) bool { return k.Name == want }
	i := slices.IndexFunc(all, named)
	switch {
	case i < 0:
		return Subject{ID: want}, video.ErrNoSubject
	case slices.ContainsFunc(all[i+1:], named):
		return Subject{ID: want}, errSeveral
	}
	return all[i], nil
}

var errSeveral = errors.New("there are several of that name")

func (s *screen) stop() {
	s.on, s.share, s.source = false, 0, nil
	s.end()
	s.direct()
	s.now = ScreenState{Subjects: s.now.Subjects, Unavailable: s.now.Unavailable}
}

func (s *screen) began() {
	s.now.Open = true
	s.tell()
	s.p.post(soundEvent{Notice{
		Kind: NoticeScreen, Code: "screen_shown", Device: s.now.Subject.Name, Text: fmt.Sprintf("You are showing %s.", s.name()),
	}})
}

func (s *screen) lost(err error) { s.fail(err) }

// fail ends the share, by way of the engine.
func (s *screen) fail(err error) {
	code, text := "screen_failed", fmt.Sprintf("%s can't be shown: %v.", s.name(), err)
	switch {
	case errors.Is(err, errNoPictures):
		code, text = "screen_none", "This program was started without pictures."
	case errors.Is(err, video.ErrNoScreen), errors.Is(err, video.ErrWayland):
		code, text = "screen_none", sentence(err).Error()
	case errors.Is(err, video.ErrNoSubject):
		code, text = "screen_unknown", fmt.Sprintf("There is no screen or window %s.", s.name())
	case errors.Is(err, video.ErrWindowClosed):
		code, text = "screen_closed", fmt.Sprintf("The window %s was closed, and is not shown any more.", s.name())
	case errors.Is(err, video.ErrScreenGone):
		code, text = "screen_gone", fmt.Sprintf("%s is gone, and is not shown any more.", s.name())
	}
	s.p.log.Info("screen", "code", code)
	s.now.Open = false
	s.p.post(screenEnded{s.share, Notice{Kind: NoticeScreen, Code: code, Device: s.now.Subject.Name, Text: text}})
}

// name is what a sentence calls the subject by.
func (s *screen) name() string {
	if s.now.Subject.Name != "" {
		return s.now.Subject.Name
	}
	return s.now.Subject.ID
}

// tell posts what is new.
func (s *screen) tell() {
	same := slices.Equal(s.told.Subjects, s.now.Subjects) && s.of == s.share
	a, b := s.told, s.now
	a.Subjects, b.Subjects = nil, nil
	if !same || !sameScreen(a, b) {
		s.told, s.of = s.now, s.share
		s.p.post(screenSeen{s.share, s.now})
	}
}

func sameScreen(a, b ScreenState) bool {
	return a.Unavailable == b.Unavailable && a.Subject == b.Subject && a.Open == b.Open && a.Hidden == b.Hidden &&
		a.Width == b.Width && a.Height == b.Height && a.FPS == b.FPS
}
