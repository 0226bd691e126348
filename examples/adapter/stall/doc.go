// Package stall is a channel to a shop on Stall, a marketplace that does not
// exist. It is the adapter that docs/write-an-adapter.md builds, made of nothing
// but what any module can import.
//
// It reads orders, listings and quantities, records parcels and corrects their
// tracking, and sets quantities. It needs a key of the shop with the scopes
// orders, parcels, listings and stock. Stall takes 10 calls a second.
package stall
