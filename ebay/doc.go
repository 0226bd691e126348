// Package ebay is a channel to one seller account on eBay, over the Sell APIs
// and, where they do not reach, the Trading API. What it covers:
//
//   - Orders changed since a time: two hundred a call, with lines, addresses,
//     prices, refunds and the tax that eBay collects. A request to cancel costs a
//     call more.
//   - Parcels by createShippingFulfillment, one call each, looked for before they
//     are sent and again when the answer is lost. A number can be corrected, by a
//     Trading call, where its parcel holds a whole order or line.
//   - Listings of both worlds, those made with the Inventory API and all others,
//     with their variations.
//   - Quantities by the route of each listing: twenty-five SKUs to a call of the
//     Inventory API, four to one of Trading's, or very many as a feed.
//   - A probe of the account, the scopes and what is left of the day's calls.
//
// # Decisions
//
// An order is told once it is paid for, while its units are gone since the buyer
// committed to buy. How long that may take is Traits.Hold.
//
// Lists of orders have offsets and no cursor. Closed windows of time are read from
// the last offset to the first, so that what changes meanwhile comes twice and is
// never missed.
//
// An order's recipient is who the label names: the hub of an international order,
// the authenticator of one that is checked.
//
// A parcel is known by its number: eBay has no key for it, and no way to change
// or take back what was written. One without a number is sent once.
//
// # Access
//
// A call bears an access token of two hours that is renewed, by one call at a
// time, with the refresh token of the seller's consent. App makes the page for
// that and trades its code. A consent ends after 18 months, and with a change of
// the seller's user name or password: that is channel.ErrUnauthorized and a state,
// told 30 days ahead where Credentials.RefreshExpires says when. What is wrong
// with the application's keys is channel.ErrForbidden.
//
// # Limits
//
// eBay counts calls by day and application, all sellers together. What is left is
// read once an hour and spent through Config.Quota, which sellers' channels share;
// orders and parcels go before quantities, and those before what can wait.
// Config.QuotaShare bounds what one of them spends. Beyond a limit calls are
// channel.ErrThrottled until midnight in California.
package ebay
