// Package ebay is a channel to one seller account on eBay, over the Sell APIs
// and, where they do not reach, the Trading API.
package ebay
