package sync

// AccountID names a seller, who owns channels and items. A service with one
// seller leaves it empty.
type AccountID string

// Lane is one kind of work inside a visit. Next-time, cool-down and back-off
// are per channel and lane, so a throttled order search never delays tracking.
type Lane string

// The lanes, in the order in which a visit runs them.
const (
	LaneShip      Lane = "ship"
	LaneImport    Lane = "import"
	LaneTickets   Lane = "tickets"
	LaneStock     Lane = "stock"
	LaneListings  Lane = "listings"
	LaneBackfill  Lane = "backfill"
	LaneReconcile Lane = "reconcile" // what the import missed, see Config.ReconcileEvery
)

// Lanes lists every lane in the order in which a visit runs them.
func Lanes() []Lane {
	return []Lane{LaneShip, LaneImport, LaneTickets, LaneStock, LaneListings, LaneBackfill, LaneReconcile}
}
