// Package house holds what must stay true of the repository as a whole, as
// tests: which package may import which, what a program that imports one
// package links, what lies at the top level, and that the documents say what
// is so.
package house
