package pgstore

import (
	"context"
	"hash/fnv"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

const subscriberColumns = "name, channel, position, next_at, failures, reason, owner, until"

var (
	// Numbers are given before the commit, and a subscriber that has seen one
	// never looks for a smaller. So whoever appends to a channel's outbox waits
	// for those who have: seq grows in the order of commits.
	sqlLockOutbox   = newQuery("append to outbox", `SELECT pg_advisory_xact_lock(key) IS NULL FROM unnest($1::bigint[]) AS key`)
	sqlAppendOutbox = newQueryRows("append to outbox", "tttnt", `INSERT INTO @outbox (channel, kind, order_id, at, doc) *`)
	sqlOutbox       = newQuery("outbox", `
		SELECT seq, channel, kind, order_id, at, doc FROM @outbox WHERE channel = $1 AND seq > $2 ORDER BY seq LIMIT $3`)
	sqlPruneOutbox = newQuery("prune outbox", `
		DELETE FROM @outbox WHERE seq = ANY(ARRAY(
			SELECT seq FROM @outbox AS o
			WHERE at < $1 AND NOT EXISTS (SELECT FROM @subscribers WHERE channel = o.channel AND position < o.seq)
			ORDER BY at, seq LIMIT $2))`)
	sqlBacklog = newQuery("backlog", `SELECT count(*) FROM @outbox WHERE channel = $1 AND seq > $2`)

	sqlAddSubscriber = newQuery("add subscriber", `
		INSERT INTO @subscribers (`+subscriberColumns+`) SELECT $1, id, 0, 0, 0, '', '', 0 FROM @channels
		ON CONFLICT (name, channel) DO NOTHING`)
	sqlSubscriber      = newQuery("add subscriber", `SELECT `+subscriberColumns+` FROM @subscribers WHERE name = $1`)
	sqlSubscribers     = newQuery("subscribers", `SELECT `+subscriberColumns+` FROM @subscribers`)
	sqlClaimSubscriber = newQuery("claim subscriber", `
		UPDATE @subscribers AS s SET owner = $1, until = $2
		WHERE name = $3 AND channel = $4 AND next_at <= $5 AND (owner = '' OR until <= $5)
			AND EXISTS (SELECT FROM @outbox WHERE channel = s.channel AND seq > s.position)
		RETURNING `+subscriberColumns)
	sqlPutSubscriber = newQuery("put subscriber", `
		UPDATE @subscribers SET position = $1, next_at = $2, failures = $3, reason = $4, owner = '', until = 0
		WHERE name = $5 AND channel = $6 AND owner = $7 AND until = $8 AND owner <> ''`)
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
	if len(rows) == 0 {
		return nil
	}
	locks := make([]int64, 0, 1)
	for i := range rows {
		if i == 0 || rows[i].Channel != rows[i-1].Channel {
			locks = append(locks, lockKey("outbox", string(rows[i].Channel)))
		}
	}
	slices.Sort(locks) // in one order, or two could wait for each other
	if err := t.change(ctx, sqlLockOutbox, func(*row) {}, slices.Compact(locks)); err != nil {
		return err
	}
	_, err := put(ctx, t, sqlAppendOutbox, rows, func(b *batch, r *channelsync.OutboxRow) {
		b.text(string(r.Channel)).text(r.Kind).text(string(r.Order)).time(r.At).doc(r.Doc)
	})
	return err
}

// lockKey is the number of an advisory lock of this package's. Two that share
// one by chance only wait for each other.
func lockKey(what, name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("penstock " + what + " " + name))
	return int64(h.Sum64())
}

func (t *tx) Outbox(ctx context.Context, ch channel.ID, after int64, n int) ([]channelsync.OutboxRow, error) {
	return list(ctx, t, sqlOutbox, scanOutbox, text(ch), after, limit(n))
}

func (t *tx) PruneOutbox(ctx context.Context, before time.Time, n int) (int, error) {
	pruned, err := t.exec(ctx, sqlPruneOutbox, nanos(before), limit(n))
	return int(pruned), err
}

func (t *tx) AddSubscriber(ctx context.Context, name string) ([]channelsync.SubscriberRow, error) {
	if _, err := t.exec(ctx, sqlAddSubscriber, text(name)); err != nil {
		return nil, err
	}
	return list(ctx, t, sqlSubscriber, scanSubscriber, text(name))
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
		text(owner), nanos(until), text(name), text(ch), nanos(now))
	return claimed, ok, err
}

func (t *tx) PutSubscriber(ctx context.Context, row channelsync.SubscriberRow) error {
	n, err := t.exec(ctx, sqlPutSubscriber, row.Position, nanos(row.NextAt), int64(row.Failures), text(row.Reason),
		text(row.Name), text(row.Channel), text(row.Owner), nanos(row.Until))
	if err == nil && n == 0 {
		return channelsync.ErrFenced
	}
	return err
}

func (t *tx) Backlog(ctx context.Context, ch channel.ID, after int64) (n int64, err error) {
	err = t.each(ctx, sqlBacklog, func(r *row) { n = r.int() }, text(ch), after)
	return n, err
}
