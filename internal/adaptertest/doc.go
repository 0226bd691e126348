// Package adaptertest holds what the tests of all adapters and their fakes share
// beside the conformance suite: a look at what goes over the wire and what is
// logged, golden files, requests and answers, and trials of how an adapter
// decodes orders.
package adaptertest
