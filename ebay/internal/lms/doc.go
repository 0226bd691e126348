// Package lms reads and writes the files of eBay's Feed API that hold many calls
// of the Trading API: quantities to be revised, and what became of each.
package lms
