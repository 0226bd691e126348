// Package bench holds, as tests and benchmarks, what shows only when adapter,
// engine, store and marketplace work together: how fast an import is against
// bare upserts of its rows, how many calls orders, parcels and quantities cost,
// and how much of a marketplace's quota is used. docs/benchmarks.md has the
// figures.
package bench
