// Package sell holds the wire types of eBay's Fulfillment API, spelled as the
// specification spells them. What the adapter does not read is left out.
package sell
