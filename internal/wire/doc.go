// Package wire holds what all adapters share of reading and writing JSON:
// records of a page that are decoded one at a time, what is said of one that
// does not decode, amounts and times as they come, and cursors.
package wire
