package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// apart is how far lines about how things stand are from each other.
const apart = 2 * time.Second

// progress tells what happens: with a bar on a terminal, in plain lines
// otherwise.
type progress struct {
	out   io.Writer
	tty   bool
	start time.Time
	last  time.Time
	meter *progressbar.ProgressBar
}

func newProgress(out io.Writer) *progress {
	f, ok := out.(*os.File)
	now := time.Now()
	return &progress{out: out, tty: ok && term.IsTerminal(int(f.Fd())), start: now, last: now}
}

func (p *progress) say(format string, args ...any) {
	p.clear()
	fmt.Fprintf(p.out, "%6.1fs  %s\n", time.Since(p.start).Seconds(), fmt.Sprintf(format, args...))
}

func (p *progress) clear() {
	if p.meter != nil {
		_ = p.meter.Clear()
		p.meter = nil
	}
}

// bar shows how far along something is.
func (p *progress) bar(what string, n, of int) {
	if p.tty {
		if p.meter == nil {
			p.meter = progressbar.NewOptions(of, progressbar.OptionSetWriter(p.out), progressbar.OptionSetDescription(what),
				progressbar.OptionSetWidth(30), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
		}
		_ = p.meter.Set(min(n, of))
		return
	}
	p.now("%s: %d of %d", what, n, of)
}

// now says how things stand. Who calls it often calls it with all there is to
// say: of several lines that take turns, one would be heard seldom.
func (p *progress) now(format string, args ...any) {
	if time.Since(p.last) >= apart {
		p.last = time.Now()
		p.say(format, args...)
	}
}

func (p *progress) end(text string) { p.say("%s", text) }
