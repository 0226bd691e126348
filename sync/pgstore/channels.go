package pgstore

import (
	"context"
	"errors"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

const channelColumns = "id, account, marketplace, next_at, urgent, wake, fence, owner, until, doc"

var (
	sqlAddChannels = newQueryRows("add channels", "tttnt", `
		INSERT INTO @channels (id, account, marketplace, next_at, doc) *
		ON CONFLICT (id) DO UPDATE SET account = excluded.account, marketplace = excluded.marketplace`)
	sqlChannels      = newQuery("channels", `SELECT `+channelColumns+` FROM @channels ORDER BY id`)
	sqlChannelsIn    = newQuery("channels", `SELECT `+channelColumns+` FROM @channels WHERE id = ANY($1) ORDER BY id`)
	sqlSetChannelDoc = newQuery("set channel doc", `UPDATE @channels SET doc = $1 WHERE id = $2`)

	// A claim serves the urgency of wakes before it; one that comes during the
	// turn sets it anew and outlives the release. That a turn never released
	// shows in its owner being there still, or in the mark FreeAll left.
	sqlClaim = newQuery("claim", `
		WITH was AS (SELECT owner <> '' OR former AS taken FROM @channels WHERE id = $1 FOR UPDATE)
		UPDATE @channels SET owner = $2, until = $3, fence = fence + 1, urgent = false, former = false
		FROM was WHERE id = $1 AND (owner = '' OR until <= $4)
		RETURNING fence, wake, was.taken`)
	sqlHold = newQuery("hold", `
		UPDATE @channels SET until = greatest(until, $1) WHERE id = $2 AND owner = $3 AND fence = $4`)
	sqlRelease = newQuery("release", `
		UPDATE @channels SET owner = '', until = 0, next_at = CASE wake WHEN $1 THEN $2::bigint ELSE $3::bigint END
		WHERE id = $4 AND owner = $5 AND fence = $6
		RETURNING next_at`)
	sqlFreeAll         = newQuery("free all", `UPDATE @channels SET owner = '', until = 0, former = true WHERE owner <> ''`)
	sqlFreeSubscribers = newQuery("free subscribers", `UPDATE @subscribers SET owner = '', until = 0 WHERE owner <> ''`)

	// Rows are locked in the order of their ids, or two wakes of the same
	// channels could wait for each other.
	sqlWake = newQuery("wake", `
		UPDATE @channels SET wake = wake + 1, next_at = least(next_at, $1), urgent = urgent OR $2
		WHERE id IN (SELECT id FROM @channels WHERE id = ANY($3) ORDER BY id FOR UPDATE)`)

	sqlDue = newQuery("due channels", `
		SELECT `+channelColumns+` FROM @channels
		WHERE urgent = $1 AND next_at <= $2 AND (owner = '' OR until <= $2)
		ORDER BY next_at, id LIMIT $3`)
	sqlNext = newQuery("due channels", `
		SELECT coalesce(least(
			(SELECT min(next_at) FROM @channels WHERE urgent AND next_at > $1 AND (owner = '' OR until <= $1)),
			(SELECT min(next_at) FROM @channels WHERE NOT urgent AND next_at > $1 AND (owner = '' OR until <= $1)),
			(SELECT min(greatest(next_at, until)) FROM @channels WHERE owner <> '' AND until > $1)), 0)`)
	sqlUnwoken = newQuery("unwoken", `
		SELECT id FROM @channels AS c
		WHERE next_at > $1 AND (
			EXISTS (SELECT FROM @levels WHERE channel = c.id AND due_at <> 0 AND due_at <= $1)
			OR EXISTS (SELECT FROM @shipments WHERE channel = c.id AND next_at <> 0 AND next_at <= $1)
			OR EXISTS (
				SELECT FROM @subscribers AS s
				WHERE s.channel = c.id AND s.next_at <= $1 AND (s.owner = '' OR s.until <= $1)
				AND EXISTS (SELECT FROM @outbox WHERE channel = c.id AND seq > s.position)))
		LIMIT $2`)
)

func scanChannel(r *row) channelsync.ChannelRow {
	return channelsync.ChannelRow{
		ID: channel.ID(r.text()), Account: channelsync.AccountID(r.text()), Marketplace: r.text(),
		NextAt: r.time(), Urgent: r.bool(), Wake: r.int(), Fence: r.int(), Owner: r.text(), Until: r.time(), Doc: r.bytes(),
	}
}

func (t *tx) AddChannels(ctx context.Context, rows []channelsync.ChannelRow) error {
	return upsert(ctx, t, sqlAddChannels, rows, func(r *channelsync.ChannelRow) channel.ID { return r.ID },
		func(b *batch, r *channelsync.ChannelRow) {
			b.text(string(r.ID)).text(string(r.Account)).text(r.Marketplace).int(0).doc(r.Doc)
		})
}

func (t *tx) Channels(ctx context.Context, ids ...channel.ID) ([]channelsync.ChannelRow, error) {
	if len(ids) == 0 {
		return list(ctx, t, sqlChannels, scanChannel)
	}
	return list(ctx, t, sqlChannelsIn, scanChannel, keys(ids))
}

func (t *tx) SetChannelDoc(ctx context.Context, id channel.ID, doc []byte) error {
	_, err := t.exec(ctx, sqlSetChannelDoc, doc, text(id))
	return err
}

var errOwner = errors.New("a claim needs an owner")

func (t *tx) Claim(ctx context.Context, id channel.ID, owner string, now, until time.Time) (channelsync.Lease, bool, error) {
	if owner == "" {
		return channelsync.Lease{}, false, t.fail(sqlClaim, errOwner)
	}
	lease := channelsync.Lease{Channel: id, Owner: owner, Until: fromNanos(nanos(until))}
	ok := false
	err := t.change(ctx, sqlClaim, func(r *row) { lease.Fence, lease.Wake, lease.Former, ok = r.int(), r.int(), r.bool(), true },
		text(id), text(owner), nanos(until), nanos(now))
	if err != nil || !ok {
		return channelsync.Lease{}, false, err
	}
	return lease, true, nil
}

func (t *tx) Hold(ctx context.Context, l channelsync.Lease) error {
	n, err := t.exec(ctx, sqlHold, nanos(l.Until), text(l.Channel), text(l.Owner), l.Fence)
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
		l.Wake, nanos(next), nanos(now), text(l.Channel), text(l.Owner), l.Fence)
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
	if len(ids) == 0 {
		return nil
	}
	_, err := t.exec(ctx, sqlWake, nanos(now), urgent, keys(ids))
	return err
}

func (t *tx) DueChannels(ctx context.Context, now time.Time, n int) (due []channelsync.ChannelRow, next time.Time, err error) {
	at := nanos(now)
	for _, urgent := range []bool{true, false} {
		var room *int64
		if n > 0 {
			room = limit(n + 1 - len(due)) // one more than asked for tells whether there are more
		}
		rows, err := list(ctx, t, sqlDue, scanChannel, urgent, at, room)
		if err != nil {
			return nil, time.Time{}, err
		}
		if due = append(due, rows...); n > 0 && len(due) > n {
			return due[:n], fromNanos(at), nil
		}
	}
	// A channel whose lease has yet to end is due no earlier than that: its
	// turn may be dead.
	err = t.each(ctx, sqlNext, func(r *row) { next = r.time() }, at)
	if err != nil {
		return nil, time.Time{}, err
	}
	return due, next, nil
}

func (t *tx) Unwoken(ctx context.Context, now time.Time, n int) ([]channel.ID, error) {
	return list(ctx, t, sqlUnwoken, func(r *row) channel.ID { return channel.ID(r.text()) }, nanos(now), limit(n))
}

const laneColumns = "channel, lane, next_at, ok_at, failed_at, failures, class, reason, paused, state"

var (
	sqlLanes    = newQuery("lanes", `SELECT `+laneColumns+` FROM @lanes`)
	sqlLanesIn  = newQuery("lanes", `SELECT `+laneColumns+` FROM @lanes WHERE channel = ANY($1)`)
	sqlPutLanes = newQueryRows("put lanes", "ttnnnnttft", `
		INSERT INTO @lanes (`+laneColumns+`) *
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
	return list(ctx, t, sqlLanesIn, scanLane, keys(ids))
}

func (t *tx) PutLanes(ctx context.Context, rows []channelsync.LaneRow) error {
	type key struct {
		channel channel.ID
		lane    channelsync.Lane
	}
	return upsert(ctx, t, sqlPutLanes, rows, func(r *channelsync.LaneRow) key { return key{r.Channel, r.Lane} },
		func(b *batch, r *channelsync.LaneRow) {
			b.text(string(r.Channel)).text(string(r.Lane)).time(r.NextAt).time(r.OKAt).time(r.FailedAt).
				int(int64(r.Failures)).text(r.Class).text(r.Reason).bool(r.Paused).doc(r.State)
		})
}
