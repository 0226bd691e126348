// Package adaptertest holds what the tests of all adapters share beside the
// conformance suite: a look at what goes over the wire, golden files, and trials
// of how an adapter decodes orders.
package adaptertest
