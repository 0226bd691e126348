package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// child is the engine's process, one life after the other on the same store.
type child struct {
	setup  setup
	stderr io.Writer
	pace   pace

	mu      sync.Mutex
	cmd     *exec.Cmd
	in      *lines
	closeIn func() error
	ready   chan struct{}
	ended   chan struct{}
	pending map[int]command // not acknowledged, given again to the next life
	next    int
	at      func(point string)
	lives   int
	kills   int
	peak    int64 // largest resident size of any life, bytes; 0 where unknown
	failed  []string
}

func newChild(s setup, stderr io.Writer) *child {
	return &child{setup: s, stderr: stderr, pending: map[int]command{}}
}

// start begins a life. pauseAt, if above zero, stops the child inside its n-th
// commit of a page of orders.
func (c *child) start(pauseAt int) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(exe) //nolint:noctx // ended by kill and stop
	cmd.Env = append(os.Environ(), engineEnv+"=1")
	cmd.Stderr = c.stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	in := &lines{w: stdin}
	s := c.setup
	s.PauseAt = pauseAt
	told := in.write(s) // before any command can be
	c.mu.Lock()
	c.cmd, c.in, c.closeIn, c.ready, c.ended = cmd, in, stdin.Close, ready, ended
	c.lives++
	var again []command
	for id := 1; id <= c.next; id++ {
		if p, ok := c.pending[id]; ok {
			again = append(again, p)
		}
	}
	c.mu.Unlock()

	go func() {
		once := sync.OnceFunc(func() { close(ready) })
		_ = scan(stdout, func(r report) error {
			switch {
			case r.Ready:
				once()
			case r.Ack != 0:
				c.mu.Lock()
				delete(c.pending, r.Ack)
				if r.Error != "" {
					c.failed = append(c.failed, r.Error)
				}
				c.mu.Unlock()
			case r.Peak != 0:
				c.mu.Lock()
				c.peak = max(c.peak, r.Peak)
				c.mu.Unlock()
			case r.Lag != nil:
				c.pace.hear(*r.Lag)
			case r.At != "":
				c.mu.Lock()
				at := c.at
				c.mu.Unlock()
				if at != nil {
					at(r.At)
				}
			}
			return nil
		})
		_ = cmd.Wait()
		close(ended)
	}()
	if told != nil {
		return fmt.Errorf("engine did not start: %w", told)
	}
	select {
	case <-ready:
	case <-ended:
		return errors.New("engine ended at its start")
	case <-time.After(30 * time.Second):
		return errors.New("engine was not ready within 30 s")
	}
	for _, p := range again {
		if err := in.write(p); err != nil {
			return err
		}
	}
	return nil
}

// send gives a command to the engine, and to its next life if this one dies.
func (c *child) send(cmd command) {
	c.mu.Lock()
	c.next++
	cmd.ID = c.next
	c.pending[cmd.ID] = cmd
	in := c.in
	c.mu.Unlock()
	_ = in.write(cmd) // a dead child: the next life gets it
}

// waiting is how many commands are not acknowledged.
func (c *child) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pending)
}

// kill ends the child at once, as kill -9 does, and waits until it is gone.
func (c *child) kill() {
	c.mu.Lock()
	cmd, ended := c.cmd, c.ended
	c.kills++
	c.peak = max(c.peak, peakBytes(cmd.Process.Pid))
	c.mu.Unlock()
	_ = cmd.Process.Kill()
	<-ended
}

// stop ends the child gracefully.
func (c *child) stop() error {
	c.mu.Lock()
	cmd, ended, closeIn := c.cmd, c.ended, c.closeIn
	c.mu.Unlock()
	if cmd == nil {
		return nil
	}
	_ = closeIn()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		_ = cmd.Process.Kill()
		<-ended
		return errors.New("engine did not stop within 30 s")
	}
	if !cmd.ProcessState.Success() {
		return fmt.Errorf("engine ended with %s", cmd.ProcessState)
	}
	return nil
}
