package hotkey

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	busName     = "org.freedesktop.DBus"
	portalName  = "org.freedesktop.portal.Desktop"
	portalPath  = "/org/freedesktop/portal/desktop"
	requestPath = portalPath + "/request"
	sessionPath = portalPath + "/session"

	shortcutsFace = "org.freedesktop.portal.GlobalShortcuts"
	requestFace   = "org.freedesktop.portal.Request"
	sessionFace   = "org.freedesktop.portal.Session"
	registryFace  = "org.freedesktop.host.portal.Registry"
	backends      = "org.freedesktop.impl.portal.desktop" // what names of the desktops' own parts begin with
)

// appID is whose the shortcuts are: the name of our .desktop file without its ending, and cmd/parley's appID.
const appID = "chat.parley.app"

// maxLate is how old a press may be by its own timestamp. Desktops do not agree on what these count from, so one that makes no sense
// as a time of day is not believed.
const maxLate = 2 * time.Second

// link is one connection to the bus with at most one session of the portal in it. It handles signals where the connection reads
// them, in their order, without waiting for anybody: there is no queue that could be flooded. What comes from another sender than the
// portal, for another session or with other types than it should is nothing.
type link struct {
	conn *dbus.Conn
	log  *slog.Logger
	lost chan struct{} // capacity 1: what was bound, or asked for, is gone
	back chan struct{} // capacity 1: the portal or a desktop's part has come

	mu      sync.Mutex
	events  *queue
	owner   string            // the portal's unique name
	told    bool              // the bus has said who that is
	knows   string            // the owner that was told who we are
	request dbus.ObjectPath   // whose response is awaited; empty: none
	answer  chan response     // of request; capacity 1
	session dbus.ObjectPath   // empty: none
	ids     map[string]string // the session's shortcuts: which binding each is for
	down    map[string]bool   // the shortcuts that are down; no others are in it
	latest  time.Time         // of what was pressed or let go of
	strange bool              // a signal that makes no sense was logged
}

// response is what a request came to. Code 0 is success, 1 the user's no, 2 any other end.
type response struct {
	code    uint32
	results map[string]dbus.Variant
}

// newLink connects, life being how long that may last and ctx how long it may take.
func newLink(life, ctx context.Context, dial dialFunc, events *queue, log *slog.Logger) (*link, error) {
	l := &link{log: log, events: events, lost: make(chan struct{}, 1), back: make(chan struct{}, 1)}
	conn, err := dial(dbus.WithContext(life), dbus.WithSignalHandler(l))
	if err != nil {
		return nil, fmt.Errorf("%w: no session bus (%w): %s", ErrUnsupported, err, elsewhere)
	}
	l.conn = conn
	if err := l.begin(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return l, nil
}

// begin introduces us, subscribes to the signals and looks for the portal, which the bus may start for that.
func (l *link) begin(ctx context.Context) error {
	if err := l.conn.Auth(nil); err != nil {
		return fmt.Errorf("%w: the session bus refuses us (%w)", ErrUnsupported, err)
	}
	if err := l.conn.Hello(); err != nil {
		return fmt.Errorf("%w: the session bus refuses us (%w)", ErrUnsupported, err)
	}
	from := dbus.WithMatchSender(portalName)
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(busName), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, portalName)},
		{dbus.WithMatchSender(busName), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg0Namespace(backends)},
		{from, dbus.WithMatchInterface(requestFace), dbus.WithMatchPathNamespace(l.ours(requestPath))},
		{from, dbus.WithMatchInterface(sessionFace), dbus.WithMatchPathNamespace(l.ours(sessionPath))},
		{from, dbus.WithMatchInterface(shortcutsFace)},
	} {
		if err := l.conn.AddMatchSignalContext(ctx, match...); err != nil {
			return fmt.Errorf("%w: the session bus refuses us (%w)", ErrUnsupported, err)
		}
	}
	l.introduce(ctx) // has to be the first call
	var version dbus.Variant
	err := l.conn.Object(portalName, portalPath).CallWithContext(ctx, busName+".Properties.Get", 0, shortcutsFace, "version").Store(&version)
	if v, ok := version.Value().(uint32); err == nil && (!ok || v == 0) {
		err = errors.New("its version is unknown")
	}
	if err != nil {
		return fmt.Errorf("%w: this desktop has no portal with global shortcuts (%w): %s", ErrUnsupported, err, elsewhere)
	}
	var owner string
	if err := l.conn.BusObject().CallWithContext(ctx, busName+".GetNameOwner", 0, portalName).Store(&owner); err != nil {
		return fmt.Errorf("%w: the desktop's portal went away at once (%w): %s", ErrUnsupported, err, elsewhere)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.told { // a signal, which is handled in another goroutine, may be newer than the answer
		l.owner, l.told = owner, true
	}
	l.knows = l.owner
	return nil
}

// introduce tells the portal which app we are. Later versions (1.20 on, since they have org.freedesktop.host.portal.Registry) give
// shortcuts to no app they do not know, and know by themselves only those that the desktop started from its menu. Where there is no
// registry, or no .desktop file of ours, there is an error that does not matter here.
func (l *link) introduce(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	err := l.conn.Object(portalName, portalPath).CallWithContext(ctx, registryFace+".Register", 0, appID, map[string]dbus.Variant{}).Err
	if err != nil {
		l.log.Debug("The desktop's portal does not take our name.", "err", err)
	}
}

// reintroduce does it again for a portal that was started since.
func (l *link) reintroduce(ctx context.Context) {
	l.mu.Lock()
	known := l.owner != "" && l.knows == l.owner
	l.mu.Unlock()
	if known {
		return
	}
	l.introduce(ctx)
	l.mu.Lock()
	l.knows = l.owner
	l.mu.Unlock()
}

// ours is the path below which the portal has what belongs to our connection.
func (l *link) ours(path string) dbus.ObjectPath {
	name := strings.TrimPrefix(l.conn.Names()[0], ":")
	return dbus.ObjectPath(path + "/" + strings.ReplaceAll(name, ".", "_"))
}

// enter makes a session and binds shortcuts in it.
func (l *link) enter(ctx context.Context, all []shortcut) error {
	l.reintroduce(ctx)
	options := map[string]dbus.Variant{"session_handle_token": dbus.MakeVariant(token())}
	r, err := l.ask(ctx, busPatience, "CreateSession", options)
	if err != nil {
		return err
	}
	if r.code != 0 {
		return fmt.Errorf("%w: the desktop makes no session for global shortcuts: %s", ErrUnsupported, elsewhere)
	}
	session, ok := pathOf(r.results["session_handle"])
	if !ok || !strings.HasPrefix(string(session), string(l.ours(sessionPath))+"/") {
		return fmt.Errorf("%w: the desktop's portal gives no session", ErrUnsupported)
	}
	ids := map[string]string{}
	for _, s := range all {
		ids[s.ID] = s.binding
	}
	l.mu.Lock()
	l.session, l.ids, l.down = session, ids, map[string]bool{} // before the call, as presses may come with its answer
	l.mu.Unlock()

	r, err = l.ask(ctx, dialogPatience, "BindShortcuts", map[string]dbus.Variant{}, session, all, "")
	switch {
	case err != nil:
		return err
	case r.code == 1:
		return fmt.Errorf("%w: the desktop's question about them was answered with no", ErrDenied)
	case r.code != 0:
		return fmt.Errorf("%w: the desktop refuses them and does not say why: %s", ErrDenied, elsewhere)
	}
	list, told := r.results["shortcuts"]
	got, ok := parseShortcuts(list.Value())
	if told && ok && len(got) == 0 {
		return fmt.Errorf("%w: the desktop gave none of them", ErrDenied)
	}
	l.log.Info("Global shortcuts are bound.", "asked", len(all), "given", got)
	return nil
}

// leave ends the session, if there is one, and waits for the portal to say so: an end that comes late could take the keys of the next
// session with it.
func (l *link) leave(ctx context.Context) {
	if session := l.forget(); session != "" {
		ctx, cancel := context.WithTimeout(ctx, busPatience)
		defer cancel()
		if err := l.conn.Object(portalName, session).CallWithContext(ctx, sessionFace+".Close", 0).Err; err != nil {
			l.log.Debug("The session of global shortcuts is not there to be closed.", "err", err)
		}
	}
}

// forget releases all and takes nothing more for this session, which it returns.
func (l *link) forget() dbus.ObjectPath {
	l.mu.Lock()
	defer l.mu.Unlock()
	session := l.session
	l.releaseLocked()
	l.session, l.ids = "", nil
	select { // what the old session still had to say is said
	case <-l.lost:
	default:
	}
	return session
}

// ask makes a request: a call whose answer is a signal of an object that exists for it alone. The signal can come before the call
// returns, so it is known beforehand where from.
func (l *link) ask(ctx context.Context, patience time.Duration, method string, options map[string]dbus.Variant, args ...any) (
	response, error,
) {
	name := token()
	options["handle_token"] = dbus.MakeVariant(name)
	path := l.ours(requestPath) + dbus.ObjectPath("/"+name)
	answer := make(chan response, 1)
	l.mu.Lock()
	l.request, l.answer = path, answer
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		l.request, l.answer = "", nil
		l.mu.Unlock()
	}()
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var handle dbus.ObjectPath
	call := l.conn.Object(portalName, portalPath).CallWithContext(waiting, shortcutsFace+"."+method, 0, append(args, options)...)
	err := call.Store(&handle)
	if err == nil && !handle.IsValid() { // dbus makes strings of numbers
		err = errors.New("it gives no request")
	}
	if err == nil {
		l.mu.Lock()
		if l.request == path { // not answered yet
			l.request = handle // the same, but the portal has the last word
		}
		l.mu.Unlock()
		select {
		case r := <-answer:
			return r, nil
		case <-waiting.Done():
			err = waiting.Err()
		case <-l.lost:
			return response{}, errLost
		case <-l.conn.Context().Done():
			return response{}, errLost
		}
	}
	if refused := (dbus.Error{}); errors.As(err, &refused) && refused.Name == "org.freedesktop.portal.Error.NotAllowed" {
		return response{}, fmt.Errorf("%w: the desktop gives them to programs of its menu alone (%w): start Parley from there, or %s",
			ErrDenied, err, elsewhere)
	}
	if waiting.Err() == nil {
		return response{}, fmt.Errorf("%w: %s: %w: %s", ErrUnsupported, method, err, elsewhere)
	}
	l.conn.Object(portalName, path).Go(requestFace+".Close", dbus.FlagNoReplyExpected, nil) // and with it the dialog
	if cause := context.Cause(ctx); cause != nil {
		return response{}, cause
	}
	if method == "BindShortcuts" {
		return response{}, fmt.Errorf("%w: nobody answered the desktop's question about them within %v", ErrDenied, patience)
	}
	return response{}, fmt.Errorf("%w: the desktop's portal does not answer: %s", ErrUnsupported, elsewhere)
}

// token is a name for a request or a session that nobody guesses.
func token() string { return "parley_" + rand.Text() }
