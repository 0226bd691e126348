// Package channel is the contract between a marketplace adapter and whatever
// uses it: a [Channel] is one seller account on one marketplace.
//
// The core interface is small: pages of orders, pages of listings, ship, set
// stock. What only some marketplaces can do is a capability, an interface of
// its own that [As] finds. What every caller needs on top, such as ranging
// over a walk, is a function written once here: [Orders], [OrderPages],
// [Listings].
//
// Nothing here is particular to one marketplace, and nothing here does I/O.
// Amounts are exact [Money]. Names, addresses and everything else about a
// buyer are [Personal]: they print as redacted. Errors carry a class that
// [errors.Is] finds, and above an adapter nobody looks at a status code.
package channel
