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
// The engine never writes refunds, prices, returns or listings to a
// marketplace: parcels, their tracking, and quantities are all it sends.
//
// # Visits
//
// A worker takes a channel for a visit of a few seconds and runs what is due
// there in lanes: ship, import, tickets, stock, listings, backfill, reconcile.
// After each page or batch a higher lane that became due goes first, and a lane
// that fills its turn lets the lower ones have theirs. A lease row decides who
// may visit, and every commit of a visit is conditional on it. What a visit is
// about to change on a marketplace is stored before it is sent, so a process may
// be killed at any moment. No transaction is open across a call.
//
// What fails rests as the class of its error says, lane by lane: see [Lane] and
// [Engine.State]. Some failures only a person can mend; they stop the lane, or
// the channel, with a reason, and are tried again rarely.
//
// # Orders
//
// A walk's page is stored in one transaction: each order merged with what is
// known of it, what it needs of the seller's stock, an event for subscribers if
// there is news in it, and where to go on. An older or narrower read never
// replaces what a newer or wider one told. A record that cannot be read or
// stored is parked, see [Engine.Parked], and the rest go on. A walk of its own
// looks for what the marketplace showed only after the watermark had passed it,
// see [Config].ReconcileEvery.
//
// Subscribers, see [Engine.OnOrder], are told after the commit, each at its own
// pace.
//
// # Parcels
//
// [Engine.Ship] stores a parcel, and a visit sends it. One with a tracking
// number may be sent again after a lost answer, since it is looked for first.
// One without is sent at most once; if its outcome stays unknown it is
// unconfirmed until [Engine.SettleShipment].
package sync
