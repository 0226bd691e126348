package sync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
)

// ChannelState is how a channel stands.
type ChannelState struct {
	Channel     channel.ID
	Account     AccountID
	Marketplace string
	Name        string        // the shop's own, once probed
	Offset      time.Duration // the marketplace's clock minus ours
	ProbedAt    time.Time     // last success, zero for never
	NextVisit   time.Time
	Visiting    bool // a visit is in progress, or was when its process died

	// Problem is the most pressing reason something does not go on by itself,
	// or keeps failing; "" when all is well.
	Problem string
	// Notes are what the last probe found that a seller should know before it
	// bites: a client secret that ends soon, say. Each is logged once.
	Notes []string

	Lanes       []LaneState
	Parked      map[string]int // what waits for a person, by kind
	Dismissed   map[string]int // what is parked too, and a person has dismissed
	Shipments   map[ShipmentState]int
	Subscribers []SubscriberState
}

// LaneState is how one kind of work of a channel stands.
type LaneState struct {
	Lane     Lane
	Paused   bool
	Class    string // of the last failure; "" with Paused means by a person
	Reason   string
	Failures int // in a row
	NextAt   time.Time
	OKAt     time.Time
	FailedAt time.Time

	// Watermark is the server's time up to which every order is stored, and
	// Freshness how far the server's clock is past it; -1 before the first walk
	// has ended. Import only.
	Watermark time.Time
	Freshness time.Duration
	Pages     int // of the walk in progress; import and reconcile

	Backlog int           // parcels, levels or tickets waiting
	Age     time.Duration // of the oldest of them
}

// SubscriberState is how far a subscriber is behind on a channel.
type SubscriberState struct {
	Name     string
	Backlog  int64
	Failures int
	Reason   string
	NextAt   time.Time
}

// State tells how every channel stands, in the order of their ids.
func (e *Engine) State(ctx context.Context) ([]ChannelState, error) {
	var out []ChannelState
	err := e.view(ctx, func(tx Tx) error {
		out = nil
		now := time.Now()
		rows, err := tx.Channels(ctx, e.ids...)
		if err != nil {
			return err
		}
		lanes, err := tx.Lanes(ctx, e.ids...)
		if err != nil {
			return err
		}
		subs, err := tx.Subscribers(ctx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			st, err := e.channelState(ctx, tx, row, lanes, subs, now)
			if err != nil {
				return err
			}
			out = append(out, st)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("sync: state: %w", err)
	}
	return out, nil
}

func (e *Engine) channelState(ctx context.Context, tx Tx, row ChannelRow, lanes []LaneRow, subs []SubscriberRow, now time.Time) (ChannelState, error) {
	b := e.bound[row.ID]
	st := ChannelState{
		Channel: row.ID, Account: row.Account, Marketplace: row.Marketplace, NextVisit: row.NextAt, Visiting: row.Owner != "",
	}
	notes := decodeNotes(row.Doc)
	st.Name, st.Offset, st.ProbedAt, st.Problem = notes.Account.Name, notes.Account.Offset, notes.ProbedAt, notes.Problem
	st.Notes = slices.Clone(notes.Account.Notes)
	var err error
	if st.Parked, st.Dismissed, err = tx.CountParked(ctx, row.ID); err != nil {
		return st, err
	}
	if st.Shipments, _, err = tx.CountShipments(ctx, row.ID); err != nil {
		return st, err
	}
	for _, l := range Lanes() {
		r := LaneRow{Channel: row.ID, Lane: l}
		if i := slices.IndexFunc(lanes, func(r LaneRow) bool { return r.Channel == row.ID && r.Lane == l }); i >= 0 {
			r = lanes[i]
		}
		ls := LaneState{
			Lane: l, Paused: r.Paused, Class: r.Class, Reason: r.Reason, Failures: r.Failures,
			NextAt: r.NextAt, OKAt: r.OKAt, FailedAt: r.FailedAt,
		}
		if err := e.measure(ctx, tx, b, &ls, r.State, notes, now); err != nil {
			return st, err
		}
		st.Lanes = append(st.Lanes, ls)
	}
	for _, s := range subs {
		if s.Channel != row.ID {
			continue
		}
		n, err := tx.Backlog(ctx, row.ID, s.Position)
		if err != nil {
			return st, err
		}
		st.Subscribers = append(st.Subscribers, SubscriberState{Name: s.Name, Backlog: n, Failures: s.Failures, Reason: s.Reason, NextAt: s.NextAt})
	}
	st.Problem = problem(st.Lanes, st.Subscribers, st.Problem)
	return st, nil
}

// measure fills in what tells whether a lane keeps up.
func (e *Engine) measure(ctx context.Context, tx Tx, b *bound, ls *LaneState, state []byte, notes channelNotes, now time.Time) error {
	const look = 100
	switch ls.Lane {
	case LaneImport:
		st := importStateOf(state)
		ls.Watermark, ls.Pages, ls.Freshness = st.Watermark, st.Pages, -1
		if !st.Watermark.IsZero() {
			ls.Freshness = max(0, now.Add(notes.Account.Offset).Sub(st.Watermark))
		}
	case LaneShip:
		counts, _, err := tx.CountShipments(ctx, b.id)
		if err != nil {
			return err
		}
		ls.Backlog = counts[ShipmentPending] + counts[ShipmentSent]
		if ls.Backlog == 0 {
			return nil
		}
		rows, err := tx.DueShipments(ctx, b.id, now.Add(longest), look)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.State != ShipmentConfirmed {
				ls.Age = max(ls.Age, now.Sub(r.At))
			}
		}
	case LaneTickets:
		rows, err := tx.Intents(ctx, b.id)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Ticket != "" {
				ls.Backlog++
				ls.Age = max(ls.Age, now.Sub(r.SentAt))
			}
		}
	case LaneStock:
		_, due, oldest, err := tx.CountLevels(ctx, b.id, now)
		if err != nil {
			return err
		}
		ls.Backlog = due
		if due > 0 {
			ls.Age = max(0, now.Sub(oldest))
		}
	case LaneReconcile:
		ls.Pages = reconcileStateOf(state).Pages
	case LaneListings, LaneBackfill: // their time of last success says it
	}
	return nil
}

// problem is the reason to show first: what is stopped, then what fails.
func problem(lanes []LaneState, subs []SubscriberState, probe string) string {
	for _, l := range lanes {
		if l.Paused {
			return fmt.Sprintf("%s is stopped: %s", l.Lane, l.Reason)
		}
	}
	for _, l := range lanes {
		if l.Failures > 0 || l.Class != "" {
			return fmt.Sprintf("%s is failing: %s", l.Lane, l.Reason)
		}
	}
	if probe != "" {
		return probe
	}
	for _, s := range subs {
		if s.Failures > 0 {
			return fmt.Sprintf("subscriber %s is failing, %d events wait: %s", s.Name, s.Backlog, s.Reason)
		}
	}
	return ""
}
