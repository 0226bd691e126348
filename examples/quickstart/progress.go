package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress tells what happens: with a bar on a terminal, in plain lines
// otherwise, not more than one every two seconds.
type progress struct {
	out   io.Writer
	tty   bool
	start time.Time
	last  time.Time
	meter *progressbar.ProgressBar
}

func newProgress(out io.Writer) *progress {
	f, ok := out.(*os.File)
	return &progress{out: out, tty: ok && term.IsTerminal(int(f.Fd())), start: time.Now()}
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
	if time.Since(p.last) >= 2*time.Second {
		p.last = time.Now()
		p.say("%s: %d of %d", what, n, of)
	}
}

// left shows how much is still to do.
func (p *progress) left(what string, n int) {
	if n > 0 && time.Since(p.last) >= 2*time.Second {
		p.last = time.Now()
		p.say("%s: %d", what, n)
	}
}

func (p *progress) end(text string) { p.say("%s", text) }
