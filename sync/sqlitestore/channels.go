package sqlitestore

import (
	"context"
	"errors"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

const channelColumns = "id, account, marketplace, next_at, urgent, wake, fence, owner, until, doc"

var (
	sqlAddChannel = newQuery("add channels", `
		INSERT INTO channels (id, account, marketplace, next_at, doc) VALUES (?, ?, ?, 0, ?)
		ON CONFLICT (id) DO UPDATE SET account = excluded.account, marketplace = excluded.marketplace`)
	sqlChannels      = newQuery("channels", `SELECT `+channelColumns+` FROM channels ORDER BY id`)
	sqlChannelsIn    = newQueryIn("channels", `SELECT `+channelColumns+` FROM channels WHERE id IN (?*)`)
	sqlSetChannelDoc = newQuery("set channel doc", `UPDATE channels SET doc = ? WHERE id = ?`)

	// A claim serves the urgency of wakes before it; one that comes during the
	// turn sets it anew and outlives the release. That a turn never released
	// shows in its owner being there still, or in the mark FreeAll left.
	sqlTaken = newQuery("claim", `SELECT owner <> '' OR former <> 0 FROM channels WHERE id = ?`)
	sqlClaim = newQuery("claim", `
		UPDATE channels SET owner = ?, until = ?, fence = fence + 1, urgent = 0, former = 0
		WHERE id = ? AND (owner = '' OR until <= ?)
		RETURNING fence, wake`)
	sqlHold = newQuery("hold", `
		UPDATE channels SET until = max(until, ?) WHERE id = ? AND owner = ? AND fence = ?`)
	sqlRelease = newQuery("release", `
		UPDATE channels SET owner = '', until = 0, next_at = CASE wake WHEN ? THEN ? ELSE ? END
		WHERE id = ? AND owner = ? AND fence = ?
		RETURNING next_at`)
	sqlFreeAll         = newQuery("free all", `UPDATE channels SET owner = '', until = 0, former = 1 WHERE owner <> ''`)
	sqlFreeSubscribers = newQuery("free subscribers", `UPDATE subscribers SET owner = '', until = 0 WHERE owner <> ''`)

	sqlWake = newQuery("wake", `
		UPDATE channels SET wake = wake + 1, next_at = min(next_at, ?), urgent = max(urgent, ?) WHERE id = ?`)
	sqlDue = newQuery("due channels", `
		SELECT `+channelColumns+` FROM channels
		WHERE urgent = ? AND next_at <= ? AND (owner = '' OR until <= ?)
		ORDER BY next_at, id LIMIT ?`)
	sqlNextFree = newQuery("due channels", `
		SELECT next_at FROM channels WHERE urgent = ? AND next_at > ? AND (owner = '' OR until <= ?)
		ORDER BY next_at LIMIT 1`)
	sqlNextHeld = newQuery("due channels", `
		SELECT min(max(next_at, until)) FROM channels WHERE owner <> '' AND until > ?`)
	sqlUnwoken = newQuery("unwoken", `
		SELECT id FROM channels AS c
		WHERE urgent IN (0, 1) AND next_at > ? AND (
			EXISTS (SELECT 1 FROM levels WHERE channel = c.id AND due_at <> 0 AND due_at <= ?)
			OR EXISTS (SELECT 1 FROM shipments WHERE channel = c.id AND next_at <> 0 AND next_at <= ?)
			OR EXISTS (
				SELECT 1 FROM subscribers AS s
				WHERE s.channel = c.id AND s.next_at <= ? AND (s.owner = '' OR s.until <= ?)
				AND EXISTS (SELECT 1 FROM outbox WHERE channel = c.id AND seq > s.position)))
		LIMIT ?`)
)

func scanChannel(r *row) channelsync.ChannelRow {
	return channelsync.ChannelRow{
		ID: channel.ID(r.text()), Account: channelsync.AccountID(r.text()), Marketplace: r.text(),
		NextAt: r.time(), Urgent: r.bool(), Wake: r.int(), Fence: r.int(), Owner: r.text(), Until: r.time(), Doc: r.bytes(),
	}
}

func (t *tx) AddChannels(ctx context.Context, rows []channelsync.ChannelRow) error {
	for i := range rows {
		r := &rows[i]
		if _, err := t.exec(ctx, sqlAddChannel, string(r.ID), string(r.Account), r.Marketplace, r.Doc); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) Channels(ctx context.Context, ids ...channel.ID) ([]channelsync.ChannelRow, error) {
	if len(ids) == 0 {
		return list(ctx, t, sqlChannels, scanChannel)
	}
	return listOf(ctx, t, sqlChannelsIn, ids, scanChannel)
}

func (t *tx) SetChannelDoc(ctx context.Context, id channel.ID, doc []byte) error {
	_, err := t.exec(ctx, sqlSetChannelDoc, doc, string(id))
	return err
}

var errOwner = errors.New("a claim needs an owner")

func (t *tx) Claim(ctx context.Context, id channel.ID, owner string, now, until time.Time) (channelsync.Lease, bool, error) {
	if owner == "" {
		return channelsync.Lease{}, false, t.fail(sqlClaim, errOwner)
	}
	lease := channelsync.Lease{Channel: id, Owner: owner, Until: fromNanos(nanos(until))}
	if err := t.each(ctx, sqlTaken, func(r *row) { lease.Former = r.bool() }, string(id)); err != nil {
		return channelsync.Lease{}, false, err
	}
	ok := false
	err := t.change(ctx, sqlClaim, func(r *row) { lease.Fence, lease.Wake, ok = r.int(), r.int(), true },
		owner, nanos(until), string(id), nanos(now))
	if err != nil || !ok {
		return channelsync.Lease{}, false, err
	}
	return lease, true, nil
}

func (t *tx) Hold(ctx context.Context, l channelsync.Lease) error {
	n, err := t.exec(ctx, sqlHold, nanos(l.Until), string(l.Channel), l.Owner, l.Fence)
	switch {
	case err != nil:
		return err
	case n == 0 || l.Owner == "":
		return channelsync.ErrFenced
	}
	return nil
}

func (t *tx) Release(ctx context.Context, l channelsync.Lease, now, next time.Time) (time.Time, error) {
	if l.Owner == "" {
		return time.Time{}, channelsync.ErrFenced
	}
	var at time.Time
	held := false
	err := t.change(ctx, sqlRelease, func(r *row) { at, held = r.time(), true },
		l.Wake, nanos(next), nanos(now), string(l.Channel), l.Owner, l.Fence)
	switch {
	case err != nil:
		return time.Time{}, err
	case !held:
		return time.Time{}, channelsync.ErrFenced
	}
	return at, nil
}

func (t *tx) FreeAll(ctx context.Context) error {
	if _, err := t.exec(ctx, sqlFreeAll); err != nil {
		return err
	}
	_, err := t.exec(ctx, sqlFreeSubscribers)
	return err
}

func (t *tx) Wake(ctx context.Context, now time.Time, urgent bool, ids ...channel.ID) error {
	for _, id := range ids {
		if _, err := t.exec(ctx, sqlWake, nanos(now), urgent, string(id)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) DueChannels(ctx context.Context, now time.Time, n int) (due []channelsync.ChannelRow, next time.Time, err error) {
	at := nanos(now)
	for _, urgent := range []int64{1, 0} {
		room := int64(-1)
		if n > 0 {
			room = int64(n + 1 - len(due)) // one more than asked for tells whether there are more
		}
		rows, err := list(ctx, t, sqlDue, scanChannel, urgent, at, at, room)
		if err != nil {
			return nil, time.Time{}, err
		}
		due = append(due, rows...)
	}
	if n > 0 && len(due) > n {
		return due[:n], fromNanos(at), nil
	}
	// A channel whose lease has yet to end is due no earlier than that: its
	// turn may be dead.
	var nexts int64
	earlier := func(r *row) {
		if at := r.int(); at != 0 && (nexts == 0 || at < nexts) {
			nexts = at
		}
	}
	for _, urgent := range []int64{1, 0} {
		if err := t.each(ctx, sqlNextFree, earlier, urgent, at, at); err != nil {
			return nil, time.Time{}, err
		}
	}
	if err := t.each(ctx, sqlNextHeld, earlier, at); err != nil {
		return nil, time.Time{}, err
	}
	return due, fromNanos(nexts), nil
}

func (t *tx) Unwoken(ctx context.Context, now time.Time, n int) ([]channel.ID, error) {
	at := nanos(now)
	return list(ctx, t, sqlUnwoken, func(r *row) channel.ID { return channel.ID(r.text()) }, at, at, at, at, at, limit(n))
}

const laneColumns = "channel, lane, next_at, ok_at, failed_at, failures, class, reason, paused, state"

var (
	sqlLanes   = newQuery("lanes", `SELECT `+laneColumns+` FROM lanes`)
	sqlLanesIn = newQueryIn("lanes", `SELECT `+laneColumns+` FROM lanes WHERE channel IN (?*)`)
	sqlPutLane = newQuery("put lanes", `
		INSERT INTO lanes (`+laneColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (channel, lane) DO UPDATE SET next_at = excluded.next_at, ok_at = excluded.ok_at,
			failed_at = excluded.failed_at, failures = excluded.failures, class = excluded.class,
			reason = excluded.reason, paused = excluded.paused, state = excluded.state`)
)

func scanLane(r *row) channelsync.LaneRow {
	return channelsync.LaneRow{
		Channel: channel.ID(r.text()), Lane: channelsync.Lane(r.text()), NextAt: r.time(), OKAt: r.time(), FailedAt: r.time(),
		Failures: int(r.int()), Class: r.text(), Reason: r.text(), Paused: r.bool(), State: r.bytes(),
	}
}

func (t *tx) Lanes(ctx context.Context, ids ...channel.ID) ([]channelsync.LaneRow, error) {
	if len(ids) == 0 {
		return list(ctx, t, sqlLanes, scanLane)
	}
	return listOf(ctx, t, sqlLanesIn, ids, scanLane)
}

func (t *tx) PutLanes(ctx context.Context, rows []channelsync.LaneRow) error {
	for i := range rows {
		r := &rows[i]
		if _, err := t.exec(ctx, sqlPutLane, string(r.Channel), string(r.Lane), nanos(r.NextAt), nanos(r.OKAt), nanos(r.FailedAt),
			int64(r.Failures), r.Class, r.Reason, r.Paused, r.State); err != nil {
			return err
		}
	}
	return nil
}
