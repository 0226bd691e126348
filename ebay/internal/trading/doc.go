// Package trading reads and writes the XML of eBay's Trading API, spelled as its
// schema spells it; what the adapter does not read is left out. Documents are read
// strictly and within bounds: no document type, no entities but XML's own five, no
// encoding but UTF-8, bounded depth and size.
package trading
