// Package stock is the arithmetic that keeps a listing's quantity in step with
// the item behind it: state in, event in, state and commands out. It does no
// I/O, reads no clock and starts nothing; every time is a parameter.
//
// Every marketplace lowers its own number when it sells, before we have
// imported the order. A rule that pushes whenever "wanted" differs from "last
// pushed" therefore puts sold units back on sale. This package remembers, per
// listing and location, what may be shown (C), which writes are unsettled (W),
// and which falls and rises of the number no order explains yet (U and R). The
// unexplained falls are held (h): they are taken off what may be sold on every
// channel until their order arrives or the time an order may take has passed.
//
//	A = on hand − reserved             [Available]
//	H = Σ h over all listings          [Held]
//	T = f(max(0, A − H))               [Policy.Want]
//
// and only a T that differs from the one number known to be shown is sent.
//
// # Driving it
//
// The caller stores one [State] for each listing and location, applies an
// [Event] for whatever happened ([Fall], [Rise], [Read], [Sent], [Outcome],
// [TicketEnded], [Through]) in the transaction that records it, and asks [Plan]
// what to do. A [Sent] is stored before the request leaves; its [Outcome] after
// the answer. Quantities are units of the listing unless a comment says units
// of the item; a link's units per sale convert. Times are the server's, and two
// of them closer than [Rules.Epsilon] have no known order.
package stock
