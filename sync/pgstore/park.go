package pgstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

var (
	sqlPark = newQueryRows("park", "ttttttnnt", `
		INSERT INTO @parked AS p (channel, kind, ref, class, reason, raw, at, tries, digest) *
		ON CONFLICT (channel, kind, ref) DO UPDATE SET class = excluded.class, reason = excluded.reason,
			raw = excluded.raw, at = excluded.at, tries = p.tries + 1, digest = excluded.digest,
			dismissed_at = CASE p.digest WHEN excluded.digest THEN p.dismissed_at ELSE 0 END`)
	sqlUnpark      = newQuery("unpark", `DELETE FROM @parked WHERE channel = $1 AND kind = $2 AND ref = $3`)
	sqlDismiss     = newQuery("dismiss", `UPDATE @parked SET dismissed_at = $1 WHERE id = $2`)
	sqlCountParked = newQuery("count parked", `
		SELECT kind, dismissed_at <> 0, count(*) FROM @parked WHERE channel = $1 GROUP BY 1, 2`)

	sqlParkedOne = newQuery("parked", `SELECT `+parkedColumns+` FROM @parked WHERE id = $1`)
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
			for i, column := range []string{"channel", "kind", "ref"} {
				if set&(1<<i) != 0 {
					where = append(where, fmt.Sprintf("%s = $%d", column, len(where)))
				}
			}
			all[state.name][set] = newQuery("parked", fmt.Sprintf("SELECT %s FROM @parked WHERE %s ORDER BY id LIMIT $%d",
				parkedColumns, strings.Join(where, " AND "), len(where)))
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
	// A row that comes twice counts twice: each time goes into a statement of
	// its own.
	type key struct {
		channel   channel.ID
		kind, ref string
	}
	for len(rows) > 0 {
		n, seen := 0, map[key]bool{}
		for n < len(rows) && !seen[key{rows[n].Channel, rows[n].Kind, rows[n].Ref}] {
			seen[key{rows[n].Channel, rows[n].Kind, rows[n].Ref}] = true
			n++
		}
		if _, err := put(ctx, t, sqlPark, rows[:n], func(b *batch, r *channelsync.ParkedRow) {
			b.text(string(r.Channel)).text(r.Kind).text(r.Ref).text(r.Class).text(r.Reason).doc(r.Raw).time(r.At).int(int64(r.Tries)).text(r.Digest)
		}); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (t *tx) Unpark(ctx context.Context, ch channel.ID, kind, ref string) error {
	_, err := t.exec(ctx, sqlUnpark, text(ch), text(kind), text(ref))
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
		set, args = set|1, append(args, text(f.Channel))
	}
	if f.Kind != "" {
		set, args = set|2, append(args, text(f.Kind))
	}
	if f.Ref != "" {
		set, args = set|4, append(args, text(f.Ref))
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
	}, text(ch))
	if err != nil {
		return nil, nil, err
	}
	return open, dismissed, nil
}
