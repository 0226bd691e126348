// Package storetest holds every store of the sync engine to the contract of
// [channelsync.Store]. A store's test is
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(tb testing.TB) channelsync.Store { … })
//	}
//
// where the function returns a new, empty store and sees to its end with
// tb.Cleanup. A case tests one rule and says why it is there; the reason is
// printed when the case fails. The cases run in no bubble and sleep never:
// every time is a parameter.
package storetest
