package sqlitestore

import (
	"cmp"
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
	sqlLevels = newQueryIn("levels", `
		SELECT `+levelColumns+` FROM levels WHERE (channel, listing, location) IN (VALUES (?, ?, ?)*)`)
	sqlItemLevels = newQueryIn("item levels", `
		SELECT `+levelColumns+` FROM levels WHERE account = ? AND item IN (?*)`)
	sqlChannelLevels = newQuery("channel levels", `
		SELECT `+levelColumns+` FROM levels WHERE channel = ? AND (listing, location) > (?, ?)
		ORDER BY listing, location LIMIT ?`)
	sqlDueLevels = newQuery("due levels", `
		SELECT `+levelColumns+` FROM levels WHERE channel = ? AND due_at <> 0 AND due_at <= ?
		ORDER BY due_at, listing, location LIMIT ?`)
	sqlBusyLevels = newQuery("busy levels", `
		SELECT `+levelColumns+` FROM levels WHERE channel = ? AND busy <> 0`)
	sqlCountLevels    = newQuery("count levels", `SELECT count(*) FROM levels WHERE channel = ?`)
	sqlCountDueLevels = newQuery("count levels", `
		SELECT count(*), coalesce(min(due_at), 0) FROM levels WHERE channel = ? AND due_at <> 0 AND due_at <= ?`)
	sqlPutLevel = newQuery("put levels", `
		INSERT INTO levels (`+levelColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (channel, listing, location) DO UPDATE SET account = excluded.account, item = excluded.item,
			units = excluded.units, released = excluded.released, due_at = excluded.due_at, busy = excluded.busy,
			wanted = excluded.wanted, shown = excluded.shown, reason = excluded.reason, state = excluded.state`)
	sqlDeleteLevel = newQuery("delete levels", `DELETE FROM levels WHERE channel = ? AND listing = ? AND location = ?`)
	sqlTouchLevels = newQueryIn("touch levels", `
		UPDATE levels SET due_at = ? WHERE account = ? AND (due_at = 0 OR due_at > ?) AND item IN (?*)`)
	sqlTouched = newQueryIn("touch levels", `SELECT DISTINCT channel FROM levels WHERE account = ? AND item IN (?*)`)

	sqlAddIntent = newQuery("put intent", `
		INSERT INTO intents (channel, fence, sent_at, deadline, ticket, next_at, doc) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`)
	sqlPutIntent = newQuery("put intent", `
		UPDATE intents SET channel = ?, fence = ?, sent_at = ?, deadline = ?, ticket = ?, next_at = ?, doc = ? WHERE id = ?`)
	sqlIntents      = newQuery("intents", `SELECT `+intentColumns+` FROM intents WHERE channel = ? ORDER BY id`)
	sqlDeleteIntent = newQuery("delete intents", `DELETE FROM intents WHERE id = ?`)
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

func compareLevelKeys(a, b channelsync.LevelKey) int {
	return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Listing, b.Listing), cmp.Compare(a.Location, b.Location))
}

func (t *tx) Levels(ctx context.Context, keys []channelsync.LevelKey) ([]channelsync.LevelRow, error) {
	if len(keys) > inSizes[len(inSizes)-1] {
		keys = slices.Clone(keys)
		slices.SortFunc(keys, compareLevelKeys)
		keys = slices.Compact(keys)
	}
	var all []channelsync.LevelRow
	push := func(c *conn, k channelsync.LevelKey) {
		c.push(string(k.Channel))
		c.push(string(k.Listing))
		c.push(string(k.Location))
	}
	if err := eachIn(ctx, t, sqlLevels, keys, push, func(r *row) { all = append(all, scanLevel(r)) }); err != nil {
		return nil, err
	}
	return all, nil
}

func (t *tx) ItemLevels(ctx context.Context, account channelsync.AccountID, items []string) ([]channelsync.LevelRow, error) {
	return listOf(ctx, t, sqlItemLevels, items, scanLevel, string(account))
}

func (t *tx) ChannelLevels(ctx context.Context, ch channel.ID, after channelsync.LevelKey, n int) ([]channelsync.LevelRow, error) {
	return list(ctx, t, sqlChannelLevels, scanLevel, string(ch), string(after.Listing), string(after.Location), limit(n))
}

func (t *tx) DueLevels(ctx context.Context, ch channel.ID, now time.Time, n int) ([]channelsync.LevelRow, error) {
	return list(ctx, t, sqlDueLevels, scanLevel, string(ch), nanos(now), limit(n))
}

func (t *tx) BusyLevels(ctx context.Context, ch channel.ID) ([]channelsync.LevelRow, error) {
	return list(ctx, t, sqlBusyLevels, scanLevel, string(ch))
}

func (t *tx) CountLevels(ctx context.Context, ch channel.ID, now time.Time) (all, due int, oldest time.Time, err error) {
	if err = t.each(ctx, sqlCountLevels, func(r *row) { all = int(r.int()) }, string(ch)); err != nil {
		return 0, 0, time.Time{}, err
	}
	err = t.each(ctx, sqlCountDueLevels, func(r *row) { due, oldest = int(r.int()), r.time() }, string(ch), nanos(now))
	if err != nil {
		return 0, 0, time.Time{}, err
	}
	return all, due, oldest, nil
}

func (t *tx) PutLevels(ctx context.Context, rows []channelsync.LevelRow) error {
	for i := range rows {
		r := &rows[i]
		if _, err := t.exec(ctx, sqlPutLevel, string(r.Channel), string(r.Listing), string(r.Location), string(r.Account), r.Item, r.Units,
			r.Released, nanos(r.DueAt), r.Busy, r.Wanted, nullable(r.Shown), r.Reason, r.State); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) DeleteLevels(ctx context.Context, keys []channelsync.LevelKey) error {
	for _, k := range keys {
		if _, err := t.exec(ctx, sqlDeleteLevel, string(k.Channel), string(k.Listing), string(k.Location)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) TouchLevels(ctx context.Context, account channelsync.AccountID, items []string, at time.Time) ([]channel.ID, error) {
	if err := t.ready(ctx, sqlTouchLevels.sizes[0], true); err != nil {
		return nil, err
	}
	if err := eachOf(ctx, t, sqlTouchLevels, items, func(*row) {}, nanos(at), string(account), nanos(at)); err != nil {
		return nil, err
	}
	ids, err := listOf(ctx, t, sqlTouched, items, func(r *row) channel.ID { return channel.ID(r.text()) }, string(account))
	slices.Sort(ids)
	return slices.Compact(ids), err
}

func (t *tx) PutIntent(ctx context.Context, put channelsync.IntentRow) (int64, error) {
	args := []any{string(put.Channel), put.Fence, nanos(put.SentAt), nanos(put.Deadline), string(put.Ticket), nanos(put.NextAt), put.Doc}
	if put.ID == 0 {
		err := t.change(ctx, sqlAddIntent, func(r *row) { put.ID = r.int() }, args...)
		return put.ID, err
	}
	_, err := t.exec(ctx, sqlPutIntent, append(args, put.ID)...)
	return put.ID, err
}

func (t *tx) Intents(ctx context.Context, ch channel.ID) ([]channelsync.IntentRow, error) {
	return list(ctx, t, sqlIntents, scanIntent, string(ch))
}

func (t *tx) DeleteIntents(ctx context.Context, ids []int64) error {
	for _, id := range ids {
		if _, err := t.exec(ctx, sqlDeleteIntent, id); err != nil {
			return err
		}
	}
	return nil
}
