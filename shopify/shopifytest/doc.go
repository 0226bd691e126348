// Package shopifytest is a small Shopify to test against: one shop with
// products, stock, orders, fulfilments, webhooks and bulk operations behind the
// Admin GraphQL API, version 2026-10, and its token endpoint.
//
// It is built from the API's published contract and from answers others have
// recorded, not from any client, so a client in any language can be held to
// it: in process through Fake.Transport, which works inside a testing/synctest
// bubble, or on a socket through Fake.Serve.
//
// # Two sides
//
// A test plays the seller and the buyer with methods: AddProduct, PlaceOrder,
// SetAvailable, EditOrder, Refund, CancelOrder, Ship, Hold, Move and more. The
// shop does what the real one does: a sale takes stock where it will be
// fulfilled and is refused above what is shown, fulfilment orders change state,
// amounts add up, updatedAt moves.
//
// The program under test plays the app, over HTTP. Requests are judged: a field
// that does not exist, a token that expired, a scope that is missing, a compare
// that is stale, an array that is too long, a query that costs too much are all
// refused in the words the real API uses.
//
// Afterwards the test reads what there is, past the API: Orders, Quantities,
// Sales, Writes, Deliveries, Calls, Stats.
//
// # Time
//
// The shop goes by time.Now and starts nothing of its own: no goroutine, no
// timer. What happens with time (tokens expiring, the cost bucket filling, jobs
// and bulk operations ending, searches catching up with changes) is worked out
// when someone looks. Webhooks are queued and go out when Fake.Deliver is
// called.
//
// # Misbehaviour
//
// Fault puts dropped connections, lost answers, error pages, stalls and
// truncated bodies in force, for one operation or all. InternalError,
// BadGateway, Frozen, Locked, Forbidden, TooMany, Truncated, Slow and
// LostRefresh are the ones Shopify is known for. KeyFault, Refuse, BulkFault,
// HookFault, ExpireCursors, DrainBucket, OmitExpiresIn, Revoke and SetScopes do
// the rest.
//
// # What is certain and what is not
//
// Where public sources do not settle how the real API behaves, a field of
// Config chooses between the readings. A client should work with both.
//
// # What is left out
//
// The schema is the part of the real one that orders, shipments, stock, SKUs
// and webhooks need; a field outside it is answered like one that does not
// exist. Every other version is served with the schema of 2026-10. There is no
// introspection, no bulk mutation and no metafield.
package shopifytest
