package pgstore

import (
	"context"
	"time"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

const shipmentColumns = "key, channel, order_id, seq, state, next_at, sent_at, deadline, fence, attempts, reason, doc, at"

var (
	sqlShipments      = newQuery("shipments", `SELECT `+shipmentColumns+` FROM @shipments WHERE key = ANY($1)`)
	sqlOrderShipments = newQuery("order shipments", `
		SELECT `+shipmentColumns+` FROM @shipments WHERE channel = $1 AND order_id = ANY($2) ORDER BY order_id, seq`)
	sqlDueShipments = newQuery("due shipments", `
		SELECT `+shipmentColumns+` FROM @shipments WHERE channel = $1 AND next_at <> 0 AND next_at <= $2
		ORDER BY next_at, order_id, seq LIMIT $3`)
	sqlCountShipments = newQuery("count shipments", `SELECT state, count(*) FROM @shipments WHERE channel = $1 GROUP BY state`)
	sqlOldestShipment = newQuery("count shipments", `SELECT min(next_at) FROM @shipments WHERE channel = $1 AND next_at <> 0`)
	sqlNextSeq        = newQuery("add shipment", `
		SELECT coalesce(max(seq), 0) + 1 FROM @shipments WHERE channel = $1 AND order_id = $2`)
	sqlPutShipments = newQueryRows("put shipments", "tttntnnnnnttn", `
		INSERT INTO @shipments (`+shipmentColumns+`) *
		ON CONFLICT (key) DO UPDATE SET state = excluded.state, next_at = excluded.next_at, sent_at = excluded.sent_at, deadline = excluded.deadline,
			fence = excluded.fence, attempts = excluded.attempts, reason = excluded.reason, doc = excluded.doc, at = excluded.at`)
)

func scanShipment(r *row) channelsync.ShipmentRow {
	return channelsync.ShipmentRow{
		Key: r.text(), Channel: channel.ID(r.text()), Order: channel.OrderID(r.text()), Seq: int(r.int()),
		State: channelsync.ShipmentState(r.text()), NextAt: r.time(), SentAt: r.time(), Deadline: r.time(), Fence: r.int(),
		Attempts: int(r.int()), Reason: r.text(), Doc: r.bytes(), At: r.time(),
	}
}

func (t *tx) Shipments(ctx context.Context, keys []string) ([]channelsync.ShipmentRow, error) {
	return listOf(ctx, t, sqlShipments, keys, scanShipment)
}

func (t *tx) OrderShipments(ctx context.Context, ch channel.ID, orders []channel.OrderID) ([]channelsync.ShipmentRow, error) {
	return listOf(ctx, t, sqlOrderShipments, orders, scanShipment, text(ch))
}

func (t *tx) DueShipments(ctx context.Context, ch channel.ID, now time.Time, n int) ([]channelsync.ShipmentRow, error) {
	return list(ctx, t, sqlDueShipments, scanShipment, text(ch), nanos(now), limit(n))
}

func (t *tx) CountShipments(ctx context.Context, ch channel.ID) (map[channelsync.ShipmentState]int, time.Time, error) {
	counts := map[channelsync.ShipmentState]int{}
	err := t.each(ctx, sqlCountShipments, func(r *row) { counts[channelsync.ShipmentState(r.text())] = int(r.int()) }, text(ch))
	if err != nil {
		return nil, time.Time{}, err
	}
	var oldest time.Time
	if err := t.each(ctx, sqlOldestShipment, func(r *row) { oldest = r.time() }, text(ch)); err != nil {
		return nil, time.Time{}, err
	}
	return counts, oldest, nil
}

// AddShipment fails, and is to be tried again, when another transaction gives
// the same number at the same time: no two parcels of an order share one.
func (t *tx) AddShipment(ctx context.Context, add channelsync.ShipmentRow) (channelsync.ShipmentRow, bool, error) {
	stored, err := t.Shipments(ctx, []string{add.Key})
	if err != nil {
		return channelsync.ShipmentRow{}, false, err
	}
	if len(stored) > 0 {
		return stored[0], false, nil
	}
	if err := t.each(ctx, sqlNextSeq, func(r *row) { add.Seq = int(r.int()) }, text(add.Channel), text(add.Order)); err != nil {
		return channelsync.ShipmentRow{}, false, err
	}
	if err := t.PutShipments(ctx, []channelsync.ShipmentRow{add}); err != nil {
		return channelsync.ShipmentRow{}, false, err
	}
	stored, err = t.Shipments(ctx, []string{add.Key})
	if err != nil {
		return channelsync.ShipmentRow{}, false, err
	}
	return stored[0], true, nil
}

func (t *tx) PutShipments(ctx context.Context, rows []channelsync.ShipmentRow) error {
	return upsert(ctx, t, sqlPutShipments, rows, func(r *channelsync.ShipmentRow) string { return r.Key },
		func(b *batch, r *channelsync.ShipmentRow) {
			b.text(r.Key).text(string(r.Channel)).text(string(r.Order)).int(int64(r.Seq)).text(string(r.State)).
				time(r.NextAt).time(r.SentAt).time(r.Deadline).int(r.Fence).int(int64(r.Attempts)).text(r.Reason).doc(r.Doc).time(r.At)
		})
}
