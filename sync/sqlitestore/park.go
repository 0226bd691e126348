package sqlitestore

import (
	"context"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

var (
	sqlPark = newQuery("park", `
		INSERT INTO parked (channel, kind, ref, class, reason, raw, at, tries) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (channel, kind, ref) DO UPDATE SET class = excluded.class, reason = excluded.reason,
			raw = excluded.raw, at = excluded.at, tries = tries + 1`)
	sqlUnpark      = newQuery("unpark", `DELETE FROM parked WHERE channel = ? AND kind = ? AND ref = ?`)
	sqlCountParked = newQuery("count parked", `SELECT kind, count(*) FROM parked WHERE channel = ? GROUP BY kind`)

	sqlParkedOne = newQuery("parked", `SELECT `+parkedColumns+` FROM parked WHERE id = ?`)
	sqlParked    = parkedQueries()
)

const parkedColumns = "id, channel, kind, ref, class, reason, raw, at, tries"

// parkedQueries are one for each set of conditions, so that each can use the
// index it has.
func parkedQueries() (all [1 << 3]*query) {
	for set := range all {
		where := []string{"true"}
		for i, condition := range []string{"channel = ?", "kind = ?", "ref = ?"} {
			if set&(1<<i) != 0 {
				where = append(where, condition)
			}
		}
		all[set] = newQuery("parked", `SELECT `+parkedColumns+` FROM parked WHERE `+
			strings.Join(where, " AND ")+` ORDER BY id LIMIT ?`)
	}
	return all
}

func scanParked(r *row) channelsync.ParkedRow {
	return channelsync.ParkedRow{
		ID: r.int(), Channel: channel.ID(r.text()), Kind: r.text(), Ref: r.text(), Class: r.text(), Reason: r.text(),
		Raw: r.bytes(), At: r.time(), Tries: int(r.int()),
	}
}

func (t *tx) Park(ctx context.Context, rows []channelsync.ParkedRow) error {
	for i := range rows {
		r := &rows[i]
		if _, err := t.exec(ctx, sqlPark, string(r.Channel), r.Kind, r.Ref, r.Class, r.Reason, r.Raw, nanos(r.At), int64(r.Tries)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) Unpark(ctx context.Context, ch channel.ID, kind, ref string) error {
	_, err := t.exec(ctx, sqlUnpark, string(ch), kind, ref)
	return err
}

func (t *tx) Parked(ctx context.Context, f channelsync.ParkedFilter) ([]channelsync.ParkedRow, error) {
	if f.ID != 0 {
		rows, err := list(ctx, t, sqlParkedOne, scanParked, f.ID)
		return slices.DeleteFunc(rows, func(r channelsync.ParkedRow) bool {
			return f.Channel != "" && r.Channel != f.Channel || f.Kind != "" && r.Kind != f.Kind || f.Ref != "" && r.Ref != f.Ref
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
	return list(ctx, t, sqlParked[set], scanParked, append(args, limit(f.Limit))...)
}

func (t *tx) CountParked(ctx context.Context, ch channel.ID) (map[string]int, error) {
	counts := map[string]int{}
	err := t.each(ctx, sqlCountParked, func(r *row) { counts[r.text()] = int(r.int()) }, string(ch))
	if err != nil {
		return nil, err
	}
	return counts, nil
}
