package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// The engine runs as a child process. The two talk in lines of JSON: commands
// on its standard input, what happened on its standard output. A command that
// was not acknowledged before the child died is given again to the next one,
// so each carries a key that makes a repeat harmless.

// command is something the seller tells the engine.
type command struct {
	ID    int       `json:"id"`
	Op    string    `json:"op"` // "count", "adjust", "correct", "imported"
	Key   string    `json:"key,omitempty"`
	Units []unitsOf `json:"units,omitempty"`
	Order string    `json:"order,omitempty"` // "correct": channel/order
	To    string    `json:"to,omitempty"`    // "correct": the new tracking number
	At    time.Time `json:"at,omitzero"`     // "imported": acknowledged once orders are stored up to then
}

type unitsOf struct {
	SKU string `json:"sku"`
	N   int64  `json:"n"`
}

// report is a line from the child.
type report struct {
	Ready bool   `json:"ready,omitempty"`
	Ack   int    `json:"ack,omitempty"`
	Error string `json:"error,omitempty"`
	At    string `json:"at,omitempty"`   // a point the parent asked to be told of
	Peak  int64  `json:"peak,omitempty"` // at its end: the largest resident size it had, bytes

	Lag *lag `json:"lag,omitempty"`
}

// setup is the child's first line of input.
type setup struct {
	Store       string  `json:"store"`
	Shopify     string  `json:"shopify"`     // endpoint
	BigCommerce string  `json:"bigcommerce"` // endpoint
	Amazon      string  `json:"amazon,omitempty"`
	AmazonSite  string  `json:"amazon_site,omitempty"` // the marketplace's id
	Ebay        string  `json:"ebay,omitempty"`
	EbaySite    string  `json:"ebay_site,omitempty"`
	Quota       float64 `json:"quota"`
	PauseAt     int     `json:"pause_at,omitempty"` // pause inside the n-th commit of a page of orders
	Still       bool    `json:"still,omitempty"`    // of tests: no quantity is ever written
}

// lines writes JSON values, one a line. It is safe for concurrent use.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lines) write(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err = l.w.Write(append(b, '\n'))
	return err
}

// maxLine bounds a line: a count of every good of a large catalogue fits.
const maxLine = 16 << 20

// scan reads JSON values, one a line, until the input ends or f fails.
func scan[T any](r io.Reader, f func(T) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 1<<16), maxLine)
	for s.Scan() {
		var v T
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			return fmt.Errorf("not a line of the protocol: %w", err)
		}
		if err := f(v); err != nil {
			return err
		}
	}
	return s.Err()
}
