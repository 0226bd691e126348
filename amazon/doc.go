// Package amazon is a channel to one seller account on Amazon, in one region,
// over the Selling Partner API. Sellers who sell in several regions have an
// account, and so a channel, in each; the region is told by the marketplaces'
// ids. What it covers:
//
//   - Orders changed since a time, by version 2026-01-01: a hundred a call, with
//     lines, addresses, prices and parcels. Pending ones come as pending.
//   - Parcels by confirmShipment, one call each, looked for before they are sent
//     and again when the answer is lost. Tracking can be corrected.
//   - Quantities: by a patch each, and many by a feed that is followed to its
//     report. What Amazon holds is read, and never written.
//   - Listings: by search, and large catalogues by report.
//   - A probe of the marketplaces, the roles and the client secret's age.
//
// # Decisions
//
// A parcel's reference, which Amazon lets the sender choose, is its number
// within the order, or a thousand more where somebody else's package has that.
// See docs/adr/0008-package-references.md.
//
// Orders are the seller's to ship, Amazon's, or the buyer's to collect, as a
// whole. Those that Amazon ships for sales made elsewhere are left out of walks.
//
// Money has one currency. Whether prices contain tax, and whether the tax that
// Amazon collects is part of the total, is documented nowhere and found out from
// the sums; what fits nothing stays as Totals.Residual.
//
// Why an address is missing is not told either: it follows from the order. One
// that must have an address and has none lacks the restricted role.
//
// A SKU is one listing with one quantity, in all marketplaces of the region. A
// few quantities, little stock and falls are patched; docs/amazon.md has the
// figures, and docs/adr/0009-many-raises-go-as-one-job.md what an engine does
// with a feed that sticks.
//
// # Access
//
// A call bears an access token that Login with Amazon gives for the
// application's id and secret and the seller's refresh token; it is kept until a
// minute before its end, and renewed by one call at a time. The refresh token
// stays as it is. The secret must be replaced every 180 days: Config.Provider
// brings a new one in without a restart, and Credentials.SecretExpires makes
// Probe and the log tell of the end 30 days ahead.
//
// A missing role, a marketplace of another region, an authorisation that was
// withdrawn and a malformed path are refused alike, with 403 and no reason: the
// error is channel.ErrForbidden and names all four. Only a refusal that names
// the token, or one of Login with Amazon, is channel.ErrUnauthorized.
//
// # Limits
//
// Amazon keeps a bucket of calls for each operation of a seller and an
// application, and so does the Limiter, by the default plans until answers tell
// other rates. A few listings operations and feeds have a second limit, which
// channels of one application observe together when they share a Limiter. A
// refusal names no time, so what is throttled comes back with the time that one
// call takes to be granted; no call sleeps longer than Config.MaxWait for it.
package amazon
