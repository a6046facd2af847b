package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"parley/probe"
)

// diskHasRoom sees that the data folder can be written to, and how much.
func diskHasRoom(dir string) probe.Finding {
	f, err := os.CreateTemp(dir, "doctor-*")
	if err == nil {
		name := f.Name()
		defer os.Remove(name)
		_, err = f.Write(make([]byte, 64<<10))
		err = errors.Join(err, f.Sync(), f.Close())
	}
	switch {
	case errors.Is(err, diskFull):
		return probe.Failed("full", "The disk of the data folder is full: make room, or nothing more can be kept.")
	case errors.Is(err, os.ErrPermission):
		return probe.Failed("not_writable", "The data folder can't be written to by this user: correct its owner or its mode.")
	case err != nil:
		return probe.Failed("not_writable", "The data folder can't be written to. See that its disk is there and not mounted read-only.")
	}
	free, err := freeBytes(dir)
	switch {
	case err != nil:
		return probe.Passed("", "The data folder can be written to.")
	case free < leastDisk:
		return probe.Failed("low", fmt.Sprintf("The disk of the data folder has %d MB left: make room.", free>>20))
	}
	return probe.Passed("", fmt.Sprintf("The data folder can be written to, and its disk has %d MB left.", free>>20))
}

func filesSuffice() probe.Finding {
	limit, err := openFiles()
	switch {
	case err != nil:
		return probe.Omitted("This system has no such limit.")
	case limit < leastFiles:
		return probe.Failed("low", fmt.Sprintf("This process may have %d files open, and each person needs up to three: allow more, by ulimit -n or LimitNOFILE=65536.", limit))
	}
	return probe.Passed("", fmt.Sprintf("Up to %d files may be open at once.", limit))
}

// Doctor looks for what stands in the way of the server of a folder: by itself if it runs there, else as far as that can be seen
// without it; then listen and relayListen say where it would listen, and empty ones are read from what it has left.
func Doctor(ctx context.Context, dir, listen, relayListen string) ([]probe.Finding, error) {
	conn, err := dialControl(ctx, dir)
	if err == nil {
		defer conn.Close()
		r, err := ask(conn, Command{Do: DoDoctor})
		if err == nil && r.Error != nil {
			err = r.Error
		}
		return r.Findings, err
	}
	host, stopped := stoppedIn(ctx, dir)
	if listen == "" {
		if _, port, err := net.SplitHostPort(host); err == nil {
			listen = ":" + port
		}
	}
	looks := map[string]func(context.Context) probe.Finding{
		stepServer: func(context.Context) probe.Finding { return stopped },
		stepClock:  func(context.Context) probe.Finding { return sane(time.Now()) },
		stepDisk:   func(context.Context) probe.Finding { return diskHasRoom(existing(dir)) },
		stepPorts:  func(context.Context) probe.Finding { return probe.Omitted("Say by --listen where it is to listen.") },
		stepFiles:  func(context.Context) probe.Finding { return filesSuffice() },
	}
	if listen != "" {
		looks[stepPorts] = func(context.Context) probe.Finding { return portsAreFree(listen, relayListen) }
	}
	if host != "" {
		looks[stepAddress] = func(ctx context.Context) probe.Finding {
			list, wrong := addressFound(ctx, host)
			switch {
			case wrong != nil:
				return *wrong
			case !ofTheWorld(list[0].Addr()):
				return reachOf(list[0].Addr())
			}
			return probe.Passed("", "The address that invites carry is one of the world.")
		}
	}
	return take(ctx, looks), nil
}

// existing is the folder, or the one that it would be made in.
func existing(dir string) string {
	for {
		above := filepath.Dir(dir)
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) || above == dir {
			return dir
		}
		dir = above
	}
}

// stoppedIn says of a folder where no server answers what it is, and what invites of its last run lead to.
func stoppedIn(ctx context.Context, dir string) (host string, f probe.Finding) {
	_, err := os.Stat(filepath.Join(dir, databaseFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", probe.Omitted("No server has run in this folder yet.")
	case err != nil:
		return "", probe.Failed("not_readable", "The data folder can't be read by this user: correct its owner or its mode.")
	}
	st, err := openStore(dir)
	switch {
	case errors.Is(err, ErrInUse):
		return "", probe.Failed("not_answering", "A server has this folder open, and does not answer: look at its log, and restart it.")
	case err != nil:
		return "", probe.Failed("not_readable", "The database in the data folder can't be opened: "+err.Error()+".")
	}
	defer st.close()
	value, _ := st.meta(metaHost) // none: it was never started to the end
	return string(value), probe.Omitted("The server does not run: start it, and ask again for what only it can tell.")
}

// portsAreFree tells whether a server could listen there.
func portsAreFree(listen, relayListen string) probe.Finding {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return probe.Failed("bad_address", "--listen is not HOST:PORT.")
	}
	if relayListen == "" {
		relayListen = net.JoinHostPort(host, relayPort(Config{Listen: listen}))
	}
	for _, at := range []string{listen, relayListen} {
		s := &sockets{}
		tcp, err := s.both(at, nil, nil)
		if err == nil {
			tcp.Close()
		}
		s.close()
		_, port, _ := net.SplitHostPort(at)
		switch {
		case errors.Is(err, probe.EADDRINUSE):
			return probe.Failed("in_use", "Port "+port+" belongs to another program: end that, or choose another port.")
		case errors.Is(err, os.ErrPermission):
			return probe.Failed("forbidden", "This user may not listen at port "+port+": ports below 1024 need a right, such as AmbientCapabilities=CAP_NET_BIND_SERVICE in a unit of systemd.")
		case err != nil:
			return probe.Failed("bad_address", "Port "+port+" can't be listened at: see that the address of --listen is one of this computer's.")
		}
	}
	return probe.Passed("free", "The ports are free.")
}
