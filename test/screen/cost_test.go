package screen_test

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
)

// BenchmarkScreen shows a screen of 1080p at 30 pictures a second: of which all changes each time, as in a film, a few lines, as when
// somebody types, or nothing. It tells the CPU time of this side for each picture, and the share of a core of this side and of the
// server, which draws the changes, too.
func BenchmarkScreen(b *testing.B) {
	for name, height := range map[string]int{"film": 1080, "typing": 40, "still": 0} {
		b.Run(name, func(b *testing.B) { benchScreen(b, height) })
	}
}

func benchScreen(b *testing.B, height int) {
	w := bare(b, "1920x1080x24")
	stop := animate(w, height)
	s := w.open("screen:screen", full)
	begin, before, serverBefore, pictures := time.Now(), used(b), usedBy(b, w.server.PID()), 0
	for b.Loop() {
		for until := time.Now().Add(time.Second); time.Now().Before(until); pictures++ {
			f, err := s.Read()
			w.must(err)
			f.Release()
		}
	}
	since, spent, server := time.Since(begin), used(b)-before, usedBy(b, w.server.PID())-serverBefore
	stop()
	b.ReportMetric(float64(pictures)/since.Seconds(), "pictures/s")
	b.ReportMetric(spent.Seconds()*1000/float64(max(pictures, 1)), "CPU-ms/picture")
	b.ReportMetric(spent.Seconds()*100/since.Seconds(), "%core")
	b.ReportMetric(server.Seconds()*100/since.Seconds(), "%core-of-X")
}

// animate copies noise to the screen, from another place each time: the server does the work. stop ends that and waits.
func animate(w *world, height int) (stop func()) {
	source := w.show(noise(600, 400, 1), image.Point{}, "Noise", true)
	source.paint()
	source.conn.Sync()
	ground, err := xproto.NewPixmapId(w.conn)
	w.must(err)
	xproto.CreatePixmap(w.conn, w.depth, ground, xproto.Drawable(w.root), 2048, 1080)
	for y := 0; y < 1080; y += 400 {
		for x := 0; x < 2048; x += 600 {
			xproto.CopyArea(w.conn, xproto.Drawable(source.id), xproto.Drawable(ground), source.gc, 0, 0, int16(x), int16(y), 600, 400)
		}
	}
	source.close()
	gc, err := xproto.NewGcontextId(w.conn)
	w.must(err)
	xproto.CreateGC(w.conn, gc, xproto.Drawable(w.root), 0, nil)
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second / 30)
		defer tick.Stop()
		for i := 0; height > 0; i++ {
			select {
			case <-quit:
				return
			case <-tick.C:
				xproto.CopyArea(w.conn, xproto.Drawable(ground), xproto.Drawable(w.root), gc, int16(i%128), 0, 0, 0, 1920, uint16(height))
			}
		}
	}()
	return func() {
		close(quit)
		<-ended
	}
}

// used is this process's CPU time.
func used(b *testing.B) time.Duration {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// usedBy is another's (proc(5): fields 14 and 15, after a name in brackets, in hundredths of a second).
func usedBy(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	var sum int
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(string(f))
		if err != nil {
			b.Fatal(err)
		}
		sum += n
	}
	return time.Duration(sum) * 10 * time.Millisecond
}
