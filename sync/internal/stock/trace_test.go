package stock

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	second = time.Second
	minute = time.Minute
)

// The example of DESIGN's section "Stock arithmetic".
func TestWorkedExampleAnAnswerLostOverAnUnseenSale(t *testing.T) {
	for name, rules := range map[string]Rules{"compare-and-set": shopify, "absolute": amazon} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 10, 10, rules)
			r.item.Available = 8 // another channel sells 2
			r.plan("write 8 on 10")
			r.write(0, Unsure)
			r.shows(0, 0, 10)
			r.plan("wait: a write is not settled")

			r.to(9 * minute) // past any effect
			r.plan("read: a write has had its time")
			r.read(0, 7) // and one was sold unseen
			r.shows(0, 1, 7)
			r.plan("nothing")

			r.sale(0, 1, 5*minute)
			r.shows(0, 0, 7)
			r.plan("nothing")
		})
	}
}

func TestWorkedExampleReadBeforeTheWriteIsSettled(t *testing.T) {
	r := newRig(t, 10, 10, shopify)
	r.item.Available = 8
	r.write(0, Unsure)
	r.to(5 * second)
	r.read(0, 7)
	r.shows(0, 1, 7)
	r.plan("nothing")
}

// F1: raises were held for ever, for the watermark never passes the last read.
func TestF1ARaiseAfterAFreshReadDoesNotWaitForTheWatermark(t *testing.T) {
	r := newRig(t, 10, 10, amazon)
	r.item.Available = 12
	r.to(30 * minute)
	r.item.Listings[0].Watermark = at(25 * minute) // past the first read, behind the last
	r.plan("read: this write needs a read just before it")
	r.read(0, 10)
	r.plan("write 12 on 10 absolute: shows less")
}

func TestF1ARaiseWaitsForTheWatermarkWhereNothingWasKnown(t *testing.T) {
	r := newRig(t, 12, 10, amazon)
	r.item.Listings[0].Watermark = at(-minute)
	r.plan("wait: a raise waits until orders are imported")
	r.item.Listings[0].Watermark = at(0)
	r.plan("write 12 on 10")
}

// F2: one line nobody links held every raise of its channel for ever.
func TestF2UnresolvedDemandHoldsOnlyItsOwnListing(t *testing.T) {
	r := newRig(t, 12, 10, shopify, shopify)
	r.item.Listings[1].Unresolved = true
	r.plan("write 12 on 10", "wait: a raise waits for demand")
	r.item.Available = 9
	r.plan("write 9 on 10", "write 9 on 10") // never a fall
}

// F3: a line cancelled after it was shipped counted as less than nothing open.
func TestF3ALateCancelOfAShippedLineFreesNothing(t *testing.T) {
	line := Line{Ordered: 1}
	steps := []struct {
		name string
		then func()
		want int64
	}{
		{"sold", func() {}, 9},
		{"shipped", func() { line.Shipped = 1 }, 9},
		{"cancelled", func() { line.Cancelled = 1 }, 9},
	}
	for _, step := range steps {
		step.then()
		if got := Available(Ledger{Counted: 10}, []Line{line}); got != step.want {
			t.Errorf("%s: available %d, want %d", step.name, got, step.want)
		}
	}
}

// F4: after an unsure write, the number kept subtracts twice ….
func TestF4AnUnsureWriteReadBackIsNotAnUnseenSale(t *testing.T) {
	r := newRig(t, 8, 10, shopify)
	r.write(0, Unsure)
	r.to(minute)
	r.read(0, 8)
	r.shows(0, 0, 8)
	r.plan("nothing")
}

// … and the number forgotten restores. eBay does it with every undocumented
// cancel: y imported, x unpaid, y cancelled.
func TestF4AnUndocumentedCancelKeepsWhatIsHeld(t *testing.T) {
	r := newRig(t, 10, 10, ebay)
	r.sale(0, 1, 10*second) // y
	r.to(20 * second)
	r.read(0, 9)
	r.shows(0, 0, 9)
	r.to(minute)
	r.apply(0, Rise{Units: 1, At: at(40 * second)}) // y cancelled: back or not
	r.item.Available++
	r.shows(0, 0, 9, 10)
	r.plan("read: several")
	r.to(2 * minute)
	r.read(0, 8) // not back, and x was sold
	r.shows(0, 1, 8)
	r.plan("write 9 on 8") // A 10, one held
}

// F5: a lowering sent at once overwrites an unseen sale.
func TestF5AnAbsoluteLoweringReadsFirst(t *testing.T) {
	r := newRig(t, 10, 10, ebay)
	r.to(10 * minute)
	r.item.Available = 9 // another channel sells 1; E shows 9 for x, unpaid
	r.plan("read: this write needs")
	r.read(0, 9)
	r.shows(0, 1, 9)
	r.plan("write 8 on 9 absolute: shows more")
}

// F6: a hold counted by the clock gave units up while imports were out.
func TestF6HoldIsCountedByTheWatermark(t *testing.T) {
	r := newRig(t, 10, 10, shopify)
	r.to(10 * minute)
	r.read(0, 9)
	r.to(5 * time.Hour) // imports are out
	if drift := r.apply(0, Through{At: at(39 * minute)}); drift != nil {
		t.Fatalf("given up early: %v", drift)
	}
	r.shows(0, 1, 9)
	drift := r.apply(0, Through{At: at(40 * minute)})
	want := []Drift{{N: -1, From: at(0), To: at(10 * minute), Why: "fewer, and no order came in time"}}
	if d := cmp.Diff(want, drift); d != "" {
		t.Error(d)
	}
	r.shows(0, 0, 9)
}

// F7: x unseen, read 9; y sold after that read and imported first must not take
// x's cover.
func TestF7ALaterSaleDoesNotTakeAnEarlierOnesCover(t *testing.T) {
	r := newRig(t, 10, 10, shopify)
	r.to(minute)
	r.read(0, 9) // x
	r.shows(0, 1, 9)
	r.sale(0, 1, 2*minute) // y
	r.shows(0, 1, 8)
	r.plan("nothing")       // A 9, one held: 8 is right
	r.sale(0, 1, 30*second) // x at last
	r.shows(0, 0, 8)
	r.plan("nothing")
}

// F8: an edit upwards hid the sales after it.
func TestF8ARiseDoesNotHideLaterSales(t *testing.T) {
	r := newRig(t, 10, 10, shopify)
	r.to(minute)
	r.read(0, 13) // edited by hand
	r.shows(0, 0, 13)
	r.plan("write 10 on 13")
	r.write(0, Applied)
	r.to(2 * minute)
	r.read(0, 9) // an unseen sale
	r.shows(0, 1, 9)
	r.plan("nothing")
	r.sale(0, 1, 90*second)
	r.plan("nothing")
}

// F9: an unseen sale and an edit cancel out in the number; the order's time
// tells that the read counted it.
func TestF9AnOrderPlacedBeforeTheReadDoesNotLowerTheNumberAgain(t *testing.T) {
	r := newRig(t, 10, 10, shopify)
	r.to(minute)
	r.read(0, 10) // sold one, edited by one
	r.sale(0, 1, 30*second)
	r.shows(0, 0, 10)
	r.plan("write 9 on 10")
}

func TestF9TheSameForACompareAndSetAndARestock(t *testing.T) {
	r := newRig(t, 9, 10, shopify)
	r.to(minute)
	r.write(0, Applied)                                            // 9, in force after 60 s
	r.apply(0, Rise{Units: 1, At: at(30 * second), Certain: true}) // before it: overwritten
	r.shows(0, 0, 9)
	r.apply(0, Rise{Units: 1, At: at(90 * second), Certain: true})
	r.shows(0, 0, 10)
}

// F10: a relative write does not move the time its number counts up to.
func TestF10ARelativeWriteKeepsTheTimeOfItsNumber(t *testing.T) {
	r := newRig(t, 8, 10, bigcommerce)
	r.to(5 * minute)
	r.plan("write 8 on 10 relative") // unseen: 10 is 9 by now, live 7
	r.write(0, Accepted)
	r.to(10 * minute)
	r.plan("nothing") // 8, by the counts of before
	r.sale(0, 1, 3*minute)
	r.to(11 * minute)
	r.plan("nothing") // A 7, and the sale lowers 8 to 7: live 7
	r.to(12 * minute)
	r.read(0, 7)
	r.shows(0, 0, 7)
}

// F11: where shipment lowers the number, units gone are shipped units, and hold
// nothing back elsewhere.
func TestF11AShipmentSeenBeforeItIsImportedHoldsNothing(t *testing.T) {
	r := newRig(t, 10, 10, byShipment, shopify)
	r.to(minute)
	r.read(0, 9)
	r.shows(0, 0, 9)
	r.to(30 * minute)
	r.plan("read: this write needs", "nothing")
}

func TestF11ANumberBelowZeroMayClip(t *testing.T) {
	r := newRig(t, 0, 0, byShipment)
	r.apply(0, Fall{Units: 1, At: at(minute), Shipment: true})
	r.shows(0, 0, -1, 0)
	r.plan("read: several")
	r.to(2 * minute)
	r.read(0, 0)
	r.shows(0, 0, 0)
	r.plan("nothing") // no unit is added to a number that clipped
}

// F12: a read before the effect does not settle a write.
func TestF12AnUnsureWriteIsSettledOnlyAfterItsEffect(t *testing.T) {
	r := newRig(t, 8, 10, amazon)
	r.write(0, Unsure)
	r.to(30 * second)
	r.read(0, 10) // not in force yet
	r.shows(0, 0, 10)
	r.plan("wait: a write is not settled") // and not sent again
	r.to(2 * minute)
	r.read(0, 8) // in force before its outcome is known
	r.shows(0, 0, 8)
	r.plan("wait: a write is not settled")
	r.to(9 * minute)
	r.plan("read: a write has had its time")
	r.read(0, 8)
	r.plan("nothing")
}

// F13: a feed that a later write overtook still lands.
func TestF13AnOvertakenFeedIsNoSale(t *testing.T) {
	r := newRig(t, 6, 10, amazon)
	r.apply(0, Sent{Key: "feed", Mode: Absolute, Want: 6, Was: 10, At: r.now, Feed: true})
	r.apply(0, Outcome{Key: "feed", Result: Accepted, At: r.now, Ticket: true})
	r.item.Available = 9 // goods come in
	r.to(minute)
	r.plan("read: this write needs")
	r.read(0, 10)
	r.plan("write 9 on 10")
	r.write(0, Accepted)
	r.to(15 * minute)
	r.plan("read: a write has had its time")
	r.read(0, 6) // the feed lands
	r.shows(0, 0, 6)
	r.plan("wait: a raise waits until the open feed has ended")
	r.to(40 * minute)
	r.apply(0, TicketEnded{Key: "feed", At: r.now})
	r.to(49 * minute)
	r.plan("read: a write has had its time")
	r.read(0, 6)
	r.plan("write 9 on 6 absolute: shows less")
}

func TestF13AnOvertakenFeedOfMoreIsNoRise(t *testing.T) {
	r := newRig(t, 12, 10, amazon)
	r.apply(0, Sent{Key: "feed", Mode: Absolute, Want: 12, Was: 10, At: r.now, Feed: true})
	r.apply(0, Outcome{Key: "feed", Result: Accepted, At: r.now, Ticket: true})
	r.item.Available = 9
	r.to(10 * second)
	r.write(0, Accepted)
	r.to(15 * minute)
	r.read(0, 12)
	r.shows(0, 0, 12)
	if len(r.state(0).R) != 0 {
		t.Errorf("the feed was taken for a rise: %v", r.state(0).R)
	}
	r.plan("write 9 on 12") // a fall does not wait for the feed
}

// F14: edits by hand and dropped writes are seen by nothing but a read.
func TestF14EveryListingIsReadEachAuditInterval(t *testing.T) {
	for name, tt := range map[string]struct {
		rules Rules
		after time.Duration
	}{
		"two hours":        {shopify, 2 * time.Hour},
		"eBay four":        {ebay, 4 * time.Hour},
		"by its own value": {Rules{Audit: minute}, minute},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 10, 10, tt.rules)
			r.to(tt.after - second)
			r.plan("nothing")
			if c := Plan(r.item, r.now)[0]; !c.Until.Equal(at(tt.after)) {
				t.Errorf("come back at %v, want %v", c.Until, at(tt.after))
			}
			r.to(tt.after)
			r.plan("read: not read for an audit interval")
		})
	}
}

// Where shipment lowers the number, our shipment lowers the number, and the next push raises it.
func TestAShipmentOfOursIsMadeGoodByTheNextPush(t *testing.T) {
	r := newRig(t, 10, 10, byShipment)
	r.item.Available = 9 // sold here: the number stays
	r.apply(0, Fall{Units: 1, At: at(minute)})
	r.shows(0, 0, 10)
	r.to(2 * minute)
	r.plan("write 9 on 10 relative")
	r.write(0, Accepted)
	r.to(10 * minute)
	r.apply(0, Fall{Units: 1, At: at(9 * minute), Shipment: true})
	r.plan("read: this write needs")
	r.read(0, 8)
	r.plan("write 9 on 8 relative")
}

// An unsure write of 7 on 10, two units sold unseen, and a read of 8: had the
// write been applied, one unit came. An order of which nobody knows whether it
// gave one back leaves both open; the units stay held until the orders of that
// time are there.
func TestAnUncertainRestockFreesNothingAtOnce(t *testing.T) {
	r := newRig(t, 10, 10, bigcommerce, shopify)
	r.to(10 * second)
	r.sale(1, 3, 10*second)
	r.write(0, Unsure)
	r.to(3 * minute)
	r.read(0, 8)
	r.shows(0, 2, 8)
	r.apply(0, Rise{Units: 1, At: at(2 * minute)})
	r.item.Available++
	if free := r.item.Available - Held(r.item.Listings); free != 6 {
		t.Errorf("%d free, there are 6\n%s", free, Explain(*r.state(0), bigcommerce))
	}
	r.apply(0, Through{At: at(3 * minute)})
	if h := r.state(0).Held(bigcommerce); h != 2 {
		t.Errorf("%d held before the orders of that time are there", h)
	}
	r.apply(0, Through{At: at(3*minute + second)})
	if h := r.state(0).Held(bigcommerce); h != 0 {
		t.Errorf("%d held though no order took them\n%s", h, Explain(*r.state(0), bigcommerce))
	}
}

// A feed's line is refused: its number was never shown, and explains nothing.
func TestARefusedWriteNoLongerExplainsAReading(t *testing.T) {
	r := newRig(t, 10, 10, amazon, shopify)
	r.to(10 * second)
	r.sale(1, 3, 10*second)
	r.apply(0, Sent{Key: "f", Mode: Absolute, Want: 7, Was: 10, At: r.now, Feed: true})
	r.apply(0, Outcome{Key: "f", Result: Accepted, Ticket: true, At: r.now})
	r.to(3 * minute)
	r.read(0, 8)
	r.apply(0, Outcome{Key: "f", Result: Refused, At: at(5 * minute)})
	r.apply(0, Rise{Units: 1, At: at(2 * minute), Certain: true})
	r.item.Available++
	if free := r.item.Available - Held(r.item.Listings); free != 6 {
		t.Errorf("%d free, there are 6\n%s", free, Explain(*r.state(0), amazon))
	}
}
