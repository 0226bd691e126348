package sync_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/channel"
	channelsync "github.com/penstock-go/penstock/sync"
)

func TestEventsAndOrdersTellNobody(t *testing.T) {
	const canary = "Kanarienvogel"
	order := channel.Order{
		ID: "1", Buyer: channel.Buyer{Name: canary}, Note: canary,
		Recipient: channel.Recipient{Address: channel.Address{Name: canary, City: canary}},
	}
	event := channelsync.OrderEvent{Seq: 7, Channel: "shop", Kind: channelsync.OrderCreated, Order: order}
	stored := channelsync.StoredOrder{Channel: "shop", Order: order}
	parked := channelsync.ParkedRow{Channel: "shop", Raw: []byte(canary)}
	raw := channelsync.RawRow{Channel: "shop", Payload: []byte(canary)}
	row := channelsync.OrderRow{Channel: "shop", Doc: []byte(canary)}
	for _, v := range []any{
		parked, &parked,
		[]channelsync.ParkedRow{parked},
		raw, &raw,
		[]channelsync.RawRow{raw},
		row, &row,
		[]channelsync.OrderRow{row},
		event, &event,
		[]channelsync.OrderEvent{event},
		[]*channelsync.OrderEvent{&event},
		stored, &stored,
		[]*channelsync.StoredOrder{&stored},
	} {
		for _, verb := range []string{"%v", "%+v", "%s", "%q", "%#v"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, canary) || strings.Contains(text, fmt.Sprint([]byte(canary))) {
				t.Errorf("%s of %T: %s", verb, v, text)
			}
		}
	}
	for _, v := range []any{event, &event, stored, &stored, parked, &parked, raw, &raw, row, &row} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("order", "event", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("order", "event", v)
		if strings.Contains(log.String(), canary) || !strings.Contains(log.String(), "shop") {
			t.Errorf("%T: %s", v, log.String())
		}
	}
}
