// Package store holds the wire types of BigCommerce's V2 and V3 APIs, spelled
// as the marketplace spells them, and how they are decoded. V2 prints money as
// strings of any scale, and here and there as numbers; counts and ids come as
// either too. Nothing here decides what a field means.
package store
