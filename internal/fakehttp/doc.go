// Package fakehttp is what every fake marketplace shares: one handler served in
// process or on a socket, faults that strike before or after the handler has
// had its effect, the agenda of what happens later by itself, and amounts of
// money.
//
// A fake marketplace has three parts: state, a handler that judges requests
// against that state, and this package around the handler. The in-process
// transport starts no timers and opens no sockets, so it works inside a
// testing/synctest bubble.
package fakehttp
