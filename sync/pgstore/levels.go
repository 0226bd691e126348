package pgstore

import (
	"context"
	"slices"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

const (
	levelColumns  = "channel, listing, location, account, item, units, released, due_at, busy, wanted, shown, reason, state"
	intentColumns = "id, channel, fence, sent_at, deadline, ticket, next_at, doc"
)

var (
	sqlLevels = newQuery("levels", `
		SELECT `+levelColumns+` FROM @levels
		WHERE (channel, listing, location) IN (SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]))`)
	sqlItemLevels = newQuery("item levels", `
		SELECT `+levelColumns+` FROM @levels WHERE account = $1 AND item = ANY($2)`)
	sqlChannelLevels = newQuery("channel levels", `
		SELECT `+levelColumns+` FROM @levels WHERE channel = $1 AND (listing, location) > ($2, $3)
		ORDER BY listing, location LIMIT $4`)
	sqlDueLevels = newQuery("due levels", `
		SELECT `+levelColumns+` FROM @levels WHERE channel = $1 AND due_at <> 0 AND due_at <= $2
		ORDER BY due_at, listing, location LIMIT $3`)
	sqlBusyLevels = newQuery("busy levels", `
		SELECT `+levelColumns+` FROM @levels WHERE channel = $1 AND busy`)
	sqlCountLevels    = newQuery("count levels", `SELECT count(*) FROM @levels WHERE channel = $1`)
	sqlCountDueLevels = newQuery("count levels", `
		SELECT count(*), coalesce(min(due_at), 0) FROM @levels WHERE channel = $1 AND due_at <> 0 AND due_at <= $2`)
	sqlPutLevels = newQueryRows("put levels", "tttttnfnfnmtt", `
		INSERT INTO @levels (`+levelColumns+`) *
		ON CONFLICT (channel, listing, location) DO UPDATE SET account = excluded.account, item = excluded.item,
			units = excluded.units, released = excluded.released, due_at = excluded.due_at, busy = excluded.busy,
			wanted = excluded.wanted, shown = excluded.shown, reason = excluded.reason, state = excluded.state`)
	sqlDeleteLevels = newQuery("delete levels", `
		DELETE FROM @levels
		WHERE (channel, listing, location) IN (SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]))`)
	sqlTouchLevels = newQuery("touch levels", `
		UPDATE @levels SET due_at = $1 WHERE account = $2 AND (due_at = 0 OR due_at > $1) AND item = ANY($3)`)
	sqlTouched = newQuery("touch levels", `SELECT DISTINCT channel FROM @levels WHERE account = $1 AND item = ANY($2)`)

	sqlAddIntent = newQuery("put intent", `
		INSERT INTO @intents (channel, fence, sent_at, deadline, ticket, next_at, doc) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`)
	sqlPutIntent = newQuery("put intent", `
		UPDATE @intents SET channel = $1, fence = $2, sent_at = $3, deadline = $4, ticket = $5, next_at = $6, doc = $7 WHERE id = $8`)
	sqlIntents       = newQuery("intents", `SELECT `+intentColumns+` FROM @intents WHERE channel = $1 ORDER BY id`)
	sqlDeleteIntents = newQuery("delete intents", `DELETE FROM @intents WHERE id = ANY($1)`)
)

func scanLevel(r *row) channelsync.LevelRow {
	return channelsync.LevelRow{
		LevelKey: channelsync.LevelKey{
			Channel: channel.ID(r.text()), Listing: channel.ListingID(r.text()), Location: channel.LocationID(r.text()),
		},
		Account: channelsync.AccountID(r.text()), Item: r.text(), Units: r.int(), Released: r.bool(), DueAt: r.time(), Busy: r.bool(),
		Wanted: r.int(), Shown: r.maybe(), Reason: r.text(), State: r.bytes(),
	}
}

func scanIntent(r *row) channelsync.IntentRow {
	return channelsync.IntentRow{
		ID: r.int(), Channel: channel.ID(r.text()), Fence: r.int(), SentAt: r.time(), Deadline: r.time(),
		Ticket: channel.Ticket(r.text()), NextAt: r.time(), Doc: r.bytes(),
	}
}

// levelKeys are keys as parameters, a column each.
func levelKeys(all []channelsync.LevelKey) []any {
	b := newBatch("ttt", len(all))
	for _, k := range all {
		b.text(string(k.Channel)).text(string(k.Listing)).text(string(k.Location))
	}
	return b.args()
}

func (t *tx) Levels(ctx context.Context, all []channelsync.LevelKey) ([]channelsync.LevelRow, error) {
	if len(all) == 0 {
		return nil, nil
	}
	return list(ctx, t, sqlLevels, scanLevel, levelKeys(all)...)
}

func (t *tx) ItemLevels(ctx context.Context, account channelsync.AccountID, items []string) ([]channelsync.LevelRow, error) {
	return listOf(ctx, t, sqlItemLevels, items, scanLevel, text(account))
}

func (t *tx) ChannelLevels(ctx context.Context, ch channel.ID, after channelsync.LevelKey, n int) ([]channelsync.LevelRow, error) {
	return list(ctx, t, sqlChannelLevels, scanLevel, text(ch), text(after.Listing), text(after.Location), limit(n))
}

func (t *tx) DueLevels(ctx context.Context, ch channel.ID, now time.Time, n int) ([]channelsync.LevelRow, error) {
	return list(ctx, t, sqlDueLevels, scanLevel, text(ch), nanos(now), limit(n))
}

func (t *tx) BusyLevels(ctx context.Context, ch channel.ID) ([]channelsync.LevelRow, error) {
	return list(ctx, t, sqlBusyLevels, scanLevel, text(ch))
}

func (t *tx) CountLevels(ctx context.Context, ch channel.ID, now time.Time) (all, due int, oldest time.Time, err error) {
	if err = t.each(ctx, sqlCountLevels, func(r *row) { all = int(r.int()) }, text(ch)); err != nil {
		return 0, 0, time.Time{}, err
	}
	err = t.each(ctx, sqlCountDueLevels, func(r *row) { due, oldest = int(r.int()), r.time() }, text(ch), nanos(now))
	if err != nil {
		return 0, 0, time.Time{}, err
	}
	return all, due, oldest, nil
}

func (t *tx) PutLevels(ctx context.Context, rows []channelsync.LevelRow) error {
	return upsert(ctx, t, sqlPutLevels, rows, func(r *channelsync.LevelRow) channelsync.LevelKey { return r.LevelKey },
		func(b *batch, r *channelsync.LevelRow) {
			b.text(string(r.Channel)).text(string(r.Listing)).text(string(r.Location)).text(string(r.Account)).text(r.Item).int(r.Units).
				bool(r.Released).time(r.DueAt).bool(r.Busy).int(r.Wanted).maybe(r.Shown).text(r.Reason).doc(r.State)
		})
}

func (t *tx) DeleteLevels(ctx context.Context, all []channelsync.LevelKey) error {
	if len(all) == 0 {
		return nil
	}
	_, err := t.exec(ctx, sqlDeleteLevels, levelKeys(all)...)
	return err
}

func (t *tx) TouchLevels(ctx context.Context, account channelsync.AccountID, items []string, at time.Time) ([]channel.ID, error) {
	if len(items) == 0 {
		return nil, nil
	}
	if _, err := t.exec(ctx, sqlTouchLevels, nanos(at), text(account), keys(items)); err != nil {
		return nil, err
	}
	ids, err := listOf(ctx, t, sqlTouched, items, func(r *row) channel.ID { return channel.ID(r.text()) }, text(account))
	slices.Sort(ids)
	return ids, err
}

func (t *tx) PutIntent(ctx context.Context, put channelsync.IntentRow) (int64, error) {
	args := []any{text(put.Channel), put.Fence, nanos(put.SentAt), nanos(put.Deadline), text(put.Ticket), nanos(put.NextAt), put.Doc}
	if put.ID == 0 {
		err := t.change(ctx, sqlAddIntent, func(r *row) { put.ID = r.int() }, args...)
		return put.ID, err
	}
	_, err := t.exec(ctx, sqlPutIntent, append(args, put.ID)...)
	return put.ID, err
}

func (t *tx) Intents(ctx context.Context, ch channel.ID) ([]channelsync.IntentRow, error) {
	return list(ctx, t, sqlIntents, scanIntent, text(ch))
}

func (t *tx) DeleteIntents(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := t.exec(ctx, sqlDeleteIntents, ids)
	return err
}
