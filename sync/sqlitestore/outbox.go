package sqlitestore

import (
	"context"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

const subscriberColumns = "name, channel, position, next_at, failures, reason, owner, until"

var (
	// One writer at a time, and numbers that are never given twice: seq grows
	// in the order of commits.
	sqlAppendOutbox = newQueryRows("append to outbox", `INSERT INTO outbox (channel, kind, order_id, at, doc) VALUES (?, ?, ?, ?, ?)*`)
	sqlOutbox       = newQuery("outbox", `
		SELECT seq, channel, kind, order_id, at, doc FROM outbox WHERE channel = ? AND seq > ? ORDER BY seq LIMIT ?`)
	sqlFloors = newQuery("prune outbox", `
		SELECT id, coalesce((SELECT min(position) FROM subscribers WHERE channel = c.id), 9223372036854775807)
		FROM channels AS c`)
	sqlPruneOutbox = newQuery("prune outbox", `
		DELETE FROM outbox WHERE seq IN (
			SELECT seq FROM outbox WHERE channel = ? AND seq <= ? AND at < ? LIMIT ?)`)
	sqlBacklog = newQuery("backlog", `SELECT count(*) FROM outbox WHERE channel = ? AND seq > ?`)

	sqlAddSubscriber = newQuery("add subscriber", `
		INSERT INTO subscribers (`+subscriberColumns+`) SELECT ?, id, 0, 0, 0, '', '', 0 FROM channels WHERE true
		ON CONFLICT (name, channel) DO NOTHING`)
	sqlSubscriber      = newQuery("add subscriber", `SELECT `+subscriberColumns+` FROM subscribers WHERE name = ?`)
	sqlSubscribers     = newQuery("subscribers", `SELECT `+subscriberColumns+` FROM subscribers`)
	sqlClaimSubscriber = newQuery("claim subscriber", `
		UPDATE subscribers AS s SET owner = ?, until = ?
		WHERE name = ? AND channel = ? AND next_at <= ? AND (owner = '' OR until <= ?)
			AND EXISTS (SELECT 1 FROM outbox WHERE channel = s.channel AND seq > s.position)
		RETURNING `+subscriberColumns)
	sqlPutSubscriber = newQuery("put subscriber", `
		UPDATE subscribers SET position = ?, next_at = ?, failures = ?, reason = ?, owner = '', until = 0
		WHERE name = ? AND channel = ? AND owner = ? AND until = ? AND owner <> ''`)
)

func scanOutbox(r *row) channelsync.OutboxRow {
	return channelsync.OutboxRow{
		Seq: r.int(), Channel: channel.ID(r.text()), Kind: r.text(), Order: channel.OrderID(r.text()), At: r.time(), Doc: r.bytes(),
	}
}

func scanSubscriber(r *row) channelsync.SubscriberRow {
	return channelsync.SubscriberRow{
		Name: r.text(), Channel: channel.ID(r.text()), Position: r.int(), NextAt: r.time(),
		Failures: int(r.int()), Reason: r.text(), Owner: r.text(), Until: r.time(),
	}
}

func (t *tx) AppendOutbox(ctx context.Context, rows []channelsync.OutboxRow) error {
	return put(ctx, t, sqlAppendOutbox, rows, func(c *conn, r *channelsync.OutboxRow) {
		c.push(string(r.Channel), r.Kind, string(r.Order), nanos(r.At), r.Doc)
	})
}

func (t *tx) Outbox(ctx context.Context, ch channel.ID, after int64, n int) ([]channelsync.OutboxRow, error) {
	return list(ctx, t, sqlOutbox, scanOutbox, string(ch), after, limit(n))
}

func (t *tx) PruneOutbox(ctx context.Context, before time.Time, n int) (int, error) {
	type floor struct {
		channel  string
		position int64
	}
	floors, err := list(ctx, t, sqlFloors, func(r *row) floor { return floor{r.text(), r.int()} })
	if err != nil {
		return 0, err
	}
	pruned := 0
	for _, f := range floors {
		if n > 0 && pruned == n {
			break
		}
		gone, err := t.exec(ctx, sqlPruneOutbox, f.channel, f.position, nanos(before), limit(n-pruned))
		if err != nil {
			return 0, err
		}
		pruned += int(gone)
	}
	return pruned, nil
}

func (t *tx) AddSubscriber(ctx context.Context, name string) ([]channelsync.SubscriberRow, error) {
	if _, err := t.exec(ctx, sqlAddSubscriber, name); err != nil {
		return nil, err
	}
	return list(ctx, t, sqlSubscriber, scanSubscriber, name)
}

func (t *tx) Subscribers(ctx context.Context) ([]channelsync.SubscriberRow, error) {
	return list(ctx, t, sqlSubscribers, scanSubscriber)
}

func (t *tx) ClaimSubscriber(ctx context.Context, name string, ch channel.ID, owner string, now, until time.Time) (channelsync.SubscriberRow, bool, error) {
	var claimed channelsync.SubscriberRow
	if owner == "" {
		return claimed, false, t.fail(sqlClaimSubscriber, errOwner)
	}
	ok := false
	err := t.change(ctx, sqlClaimSubscriber, func(r *row) { claimed, ok = scanSubscriber(r), true },
		owner, nanos(until), name, string(ch), nanos(now), nanos(now))
	return claimed, ok, err
}

func (t *tx) PutSubscriber(ctx context.Context, row channelsync.SubscriberRow) error {
	n, err := t.exec(ctx, sqlPutSubscriber, row.Position, nanos(row.NextAt), int64(row.Failures), row.Reason,
		row.Name, string(row.Channel), row.Owner, nanos(row.Until))
	if err == nil && n == 0 {
		return channelsync.ErrFenced
	}
	return err
}

func (t *tx) Backlog(ctx context.Context, ch channel.ID, after int64) (n int64, err error) {
	err = t.each(ctx, sqlBacklog, func(r *row) { n = r.int() }, string(ch), after)
	return n, err
}
