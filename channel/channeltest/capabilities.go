package channeltest

import "github.com/penstock-go/penstock/channel"

// The names of the capabilities, as a [Fixture] lists them.
const (
	CapOrderReader     = "OrderReader"
	CapOrderDecoder    = "OrderDecoder"
	CapStockReader     = "StockReader"
	CapTicketReader    = "TicketReader"
	CapTicketCanceller = "TicketCanceller"
	CapTicketFinder    = "TicketFinder"
	CapShipmentEditor  = "ShipmentEditor"
	CapProber          = "Prober"
	CapBackfiller      = "Backfiller"
)

// Capability is something only some channels can do.
type Capability struct {
	Name string // the interface's, in package channel
	Does string // in a line, for a table
	Has  func(ch channel.Channel) bool
}

// Capabilities lists every capability of package channel, in a fixed order.
func Capabilities() []Capability {
	return []Capability{
		{CapOrderReader, "read orders by id", has[channel.OrderReader]},
		{CapOrderDecoder, "decode a stored payload again, without a call", has[channel.OrderDecoder]},
		{CapStockReader, "read what listings show", has[channel.StockReader]},
		{CapTicketReader, "follow writes that the marketplace does later", has[channel.TicketReader]},
		{CapTicketCanceller, "cancel such writes while they still wait", has[channel.TicketCanceller]},
		{CapTicketFinder, "find such writes again of which the answer is lost", has[channel.TicketFinder]},
		{CapShipmentEditor, "correct the tracking of a parcel already recorded", has[channel.ShipmentEditor]},
		{CapProber, "read the account: currency, scopes, locations, when stock falls", has[channel.Prober]},
		{CapBackfiller, "take bulk snapshots for a first import", has[channel.Backfiller]},
	}
}

func has[T any](ch channel.Channel) bool {
	_, ok := channel.As[T](ch)
	return ok
}
