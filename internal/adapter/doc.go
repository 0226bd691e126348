// Package adapter holds what adapters share beside HTTP (package transport) and
// JSON (package wire): units of parcels, feeds that are under way, and what
// orders have in common.
package adapter
