package sqlitestore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

var (
	sqlPark = newQuery("park", `
		INSERT INTO parked (channel, kind, ref, class, reason, raw, at, tries, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (channel, kind, ref) DO UPDATE SET class = excluded.class, reason = excluded.reason,
			raw = excluded.raw, at = excluded.at, tries = tries + 1, digest = excluded.digest,
			dismissed_at = CASE digest WHEN excluded.digest THEN dismissed_at ELSE 0 END`)
	sqlUnpark      = newQuery("unpark", `DELETE FROM parked WHERE channel = ? AND kind = ? AND ref = ?`)
	sqlDismiss     = newQuery("dismiss", `UPDATE parked SET dismissed_at = ? WHERE id = ?`)
	sqlCountParked = newQuery("count parked", `
		SELECT kind, dismissed_at <> 0, count(*) FROM parked WHERE channel = ? GROUP BY 1, 2`)

	sqlParkedOne = newQuery("parked", `SELECT `+parkedColumns+` FROM parked WHERE id = ?`)
	sqlParked    = parkedQueries()
)

const parkedColumns = "id, channel, kind, ref, class, reason, raw, at, tries, digest, dismissed_at"

// parkedQueries are one for each state and set of conditions, so that each can
// use the index it has.
func parkedQueries() map[channelsync.ParkedState]*[1 << 3]*query {
	all := map[channelsync.ParkedState]*[1 << 3]*query{}
	for _, state := range []struct {
		name channelsync.ParkedState
		is   string
	}{
		{channelsync.ParkedOpen, "dismissed_at = 0"},
		{channelsync.ParkedDismissed, "dismissed_at <> 0"},
		{channelsync.ParkedAny, "true"},
	} {
		all[state.name] = new([1 << 3]*query)
		for set := range all[state.name] {
			where := []string{state.is}
			for i, condition := range []string{"channel = ?", "kind = ?", "ref = ?"} {
				if set&(1<<i) != 0 {
					where = append(where, condition)
				}
			}
			all[state.name][set] = newQuery("parked", `SELECT `+parkedColumns+` FROM parked WHERE `+
				strings.Join(where, " AND ")+` ORDER BY id LIMIT ?`)
		}
	}
	return all
}

var errParkedState = errors.New("no such state of parked rows")

func scanParked(r *row) channelsync.ParkedRow {
	return channelsync.ParkedRow{
		ID: r.int(), Channel: channel.ID(r.text()), Kind: r.text(), Ref: r.text(), Class: r.text(), Reason: r.text(),
		Raw: r.bytes(), At: r.time(), Tries: int(r.int()), Digest: r.text(), DismissedAt: r.time(),
	}
}

func (t *tx) Park(ctx context.Context, rows []channelsync.ParkedRow) error {
	for i := range rows {
		r := &rows[i]
		if _, err := t.exec(ctx, sqlPark, string(r.Channel), r.Kind, r.Ref, r.Class, r.Reason, r.Raw, nanos(r.At), int64(r.Tries), r.Digest); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) Unpark(ctx context.Context, ch channel.ID, kind, ref string) error {
	_, err := t.exec(ctx, sqlUnpark, string(ch), kind, ref)
	return err
}

func (t *tx) Dismiss(ctx context.Context, id int64, at time.Time) error {
	_, err := t.exec(ctx, sqlDismiss, nanos(at), id)
	return err
}

func (t *tx) Parked(ctx context.Context, f channelsync.ParkedFilter) ([]channelsync.ParkedRow, error) {
	if f.ID != 0 {
		rows, err := list(ctx, t, sqlParkedOne, scanParked, f.ID)
		return slices.DeleteFunc(rows, func(r channelsync.ParkedRow) bool {
			return f.Channel != "" && r.Channel != f.Channel || f.Kind != "" && r.Kind != f.Kind || f.Ref != "" && r.Ref != f.Ref ||
				f.State != channelsync.ParkedAny && r.DismissedAt.IsZero() != (f.State == channelsync.ParkedOpen)
		}), err
	}
	set, args := 0, make([]any, 0, 4)
	if f.Channel != "" {
		set, args = set|1, append(args, string(f.Channel))
	}
	if f.Kind != "" {
		set, args = set|2, append(args, f.Kind)
	}
	if f.Ref != "" {
		set, args = set|4, append(args, f.Ref)
	}
	queries := sqlParked[f.State]
	if queries == nil {
		return nil, t.fail(sqlParkedOne, errParkedState)
	}
	return list(ctx, t, queries[set], scanParked, append(args, limit(f.Limit))...)
}

func (t *tx) CountParked(ctx context.Context, ch channel.ID) (open, dismissed map[string]int, err error) {
	open, dismissed = map[string]int{}, map[string]int{}
	err = t.each(ctx, sqlCountParked, func(r *row) {
		kind, counts := r.text(), open
		if r.bool() {
			counts = dismissed
		}
		counts[kind] = int(r.int())
	}, string(ch))
	if err != nil {
		return nil, nil, err
	}
	return open, dismissed, nil
}
