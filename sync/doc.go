// Package sync keeps a seller's channels in step: it imports their orders,
// writes tracking back to them, and keeps the stock they show level. Import it
// under a name of its own, since the standard library has a sync too:
//
//	import channelsync "github.com/penstock-go/penstock/sync"
//
// An [Engine] has a [Store], channels, and Run. State is in the store's
// tables; whatever wakes the engine only says when to look, so a lost wake-up
// delays work and never loses it.
//
// A worker takes a channel for a visit of a few seconds and runs what is due
// there in lanes: ship, import, tickets, stock, backfill. A lease row decides
// who may, and every commit of a visit is conditional on it. What a visit is
// about to change on a marketplace is stored before it is sent, so a process
// may be killed at any moment.
//
// The engine never writes refunds, prices, returns or listings to a
// marketplace: parcels, their tracking, and quantities are all it sends.
package sync
