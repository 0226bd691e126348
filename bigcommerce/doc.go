// Package bigcommerce is a channel to one BigCommerce store.
//
// Orders, their lines and their shipments come from the V2 API, catalogue,
// inventory, locations and refunds from V3. What it covers:
//
//   - Orders changed since a time, walked by id, so that a change made behind
//     the walk cannot push an order past it. One call brings up to 250 orders
//     with addresses, fees and lines; what a page cuts off, the parcels of
//     orders that have some, and refunds are fetched beside it.
//   - Parcels, one shipment for each address, looked for before they are sent
//     and again when the answer is lost.
//   - Stock by location, in batches of up to 2,000, one at a time for a store.
//     With an expectation the difference is sent; without one an absolute
//     quantity, the store's safety stock added.
//   - Listings: every variant, and a product itself where it is counted as one
//     though it has several variants.
//
// # Decisions
//
// Money is in the currency the buyer paid in, default_currency_code, which is
// Order.Currency. The store's own default currency and the rate are attributes
// where they differ: BigCommerce tells no amount in it. Prices, charges and
// discounts contain tax where the store enters them so
// (is_tax_inclusive_pricing); Order.TaxIncluded says it. Store credit and gift
// certificates are payments, so no total is lowered by them; they are
// attributes. A difference of at most one minor unit between the total and its
// parts is BigCommerce's rounding; any other stays as Totals.Residual.
//
// An incomplete order is a checkout that was abandoned at payment, and no sale:
// a walk leaves it out. One that bears a trace of having been a sale (a payment,
// a parcel, a refund) comes as pending with all its open units cancelled, so it
// holds no stock, and so does any that is asked for by id. An order that was
// archived comes only when asked for by id, as cancelled unless it was over.
//
// A completed order, and one marked shipped without any shipment on record,
// has left as a whole: its lines count as shipped. Units that were refunded
// count as unshipped as far as any are, which is what BigCommerce lets be
// shipped.
//
// BigCommerce mails the buyer as the seller has set it up; no request can
// suppress that, and a shipment that wanted it suppressed says so in its
// notes.
//
// # Scopes
//
//	orders    store_v2_orders_read_only
//	ship      store_v2_orders
//	stock     store_inventory, store_v2_products_read_only, store_locations_read_only
//	listings  store_v2_products_read_only
//	probe     store_v2_information_read_only
//
// # Limits
//
// A plan grants a number of requests in 30 seconds (Standard and Plus 150, Pro
// 450), shared by every app of the store. The limiter assumes 150 until the
// answers' headers tell more. A page of orders costs one call, one more for all
// its refunds, one for each order whose lines were cut (250 lines a call), and
// one for each order that has shipped something; it ends early when those
// would be more than a dozen or two, so that no page takes long.
package bigcommerce
