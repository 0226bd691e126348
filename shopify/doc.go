// Package shopify is a channel to one Shopify shop.
//
// It speaks the Admin GraphQL API, version 2026-10, which Shopify serves until
// 16 October 2027. What it covers:
//
//   - Orders changed since a time, in every state, with lines, amounts in both
//     currencies, people, parcels and refunds, whatever their number: what a
//     page cuts off is fetched, many orders at a time. A walk then goes over the
//     fulfilment orders that changed, since a hold or a move need not touch the
//     order; those arrive as orders that have their units only.
//   - Parcels. One becomes a fulfilment at each location its lines are assigned
//     to, always with explicit lines. Shopify knows no key for this write, so
//     the order is looked at before, and again when an answer is lost: a parcel
//     is known by its number and lines.
//   - Stock by location: the quantity "available", compared and set, 250 levels
//     a call. A level that is stale or refused is taken out and the others are
//     sent again. An item that is not stocked at a location is stocked there
//     first: a quantity set without that is taken in silence and not sold.
//   - Listings: every variant, its inventory item as handle.
//   - Bulk snapshots of orders, listings and stock, read line by line.
//   - Notifications, verified and reduced to ids by a [Receiver], one for an app.
//
// # Decisions
//
// Ids are the numbers that end Shopify's global ids, as notifications and the
// shop's own pages show them. Order.Currency is the shop's; amounts in the
// buyer's currency stand beside. An order is held while its risk says
// INVESTIGATE or CANCEL, and pending until it is paid or authorised. A removed
// line stays, with all its units cancelled. Units that left an order count as
// restocked only where a refund says so. What a fulfilment service is to ship
// is [channel.ByOther].
//
// Personal data that is null where an order must have it is taken for withheld
// ([channel.MissingNotGranted]): an app needs Shopify's approval for protected
// customer data, and for level 2 of it to see names and addresses.
//
// Bulk results tell neither refunds nor what lies in which parcel, so orders
// that have some of either are read again by id. A bulk operation that failed
// half way is refused, its partial result too.
//
// # What it refuses
//
// A parcel of more than is left to ship, for a cancelled order, or on hold or
// scheduled for later, is a conflict; holds are the seller's to release. A
// quantity is not written where sales do not follow it: an item whose stock is
// not tracked; a bundle, whose stock is that of its components; a location that
// is closed, or that a fulfilment service keeps. Drafts are not orders. Redirects are not followed: the token
// would go along.
//
// # Grants
//
// A static token, an app on its owner's shop (client credentials), or an
// expiring offline token in a [channel.TokenStore], refreshed before it ends. A
// refresh token works once: whoever else uses it takes the grant away, and a
// grant that is dead says so once and makes no further calls.
//
// # Scopes
//
//	orders    read_orders; parts need read_customers, read_products,
//	          read_merchant_managed_fulfillment_orders (and its assigned and third_party kin)
//	ship      write_merchant_managed_fulfillment_orders (or kin)
//	stock     write_inventory
//	listings  read_products, read_inventory
//	history   read_all_orders: without it orders older than 60 days are not shown
//	places    read_locations names locations and tells which are closed
//
// Queries are built from what is granted, since Shopify answers some things
// without their scope with an empty list: [Channel.Probe] names what is missing.
//
// # Limits
//
// Shopify counts points, by app and shop. The Standard plan has a bucket of
// 2,000 that fills with 100 a second, larger plans up to twenty times that; the
// limiter starts there and learns from each answer. Every query is announced
// with its cost before it is sent: a page of orders up to 1,000, which is the
// most one may cost, its size chosen by the orders seen so far; a look at up to
// 25 orders 106, a parcel 12, 250 stock levels 10. Channels of one app
// on one shop, in one process, share a [Limiter].
//
// A search finds what changed after some seconds ([Config].Lag): a walk's
// watermark stays that much behind.
package shopify
