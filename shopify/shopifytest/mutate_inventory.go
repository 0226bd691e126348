package shopifytest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// adjustmentGroup is one accepted change of quantities.
type adjustmentGroup struct {
	id               int64
	at               time.Time
	reason, document string
	changes          []change
}

func (g *adjustmentGroup) gid() string { return gid("InventoryAdjustmentGroup", g.id) }

type change struct {
	level  *level
	name   string
	delta  int
	ledger string
}

// reasons are the ones the API accepts.
var reasons = []string{
	"correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created", "movement_received",
	"movement_updated", "other", "promotion", "quality_control", "received", "reservation_created", "reservation_deleted",
	"reservation_updated", "restock", "safety_stock", "shrinkage",
}

// adjustable are the states that can be adjusted.
var adjustable = []string{"available", "damaged", "incoming", "quality_control", "reserved", "safety_stock"}

const maxQuantity = 1_000_000_000

func inventoryMutations(m map[string]resolver) {
	m["inventorySetQuantities"] = idempotent("inventorySetQuantities", true, inventorySet)
	m["inventoryAdjustQuantities"] = idempotent("inventoryAdjustQuantities", true, inventoryAdjust)
	m["inventoryActivate"] = idempotent("inventoryActivate", false, inventoryActivate)
	m["inventoryDeactivate"] = mutation(func(x *run, a args) any {
		l, ok := find[*level](x.Fake, a.str("inventoryLevelId"))
		if !ok {
			return refused(userError("", "The product couldn't be unstocked because the location doesn't exist.", "inventoryLevelId"))
		}
		if l.q[committed] > 0 {
			return refused(userError("", "The product couldn't be unstocked from "+l.loc.name+" because it has committed inventory.", "inventoryLevelId"))
		}
		x.setActive(l, false)
		return rec{"userErrors": []rec{}}
	})
	m["inventoryBulkToggleActivation"] = mutation(bulkToggle)
}

// row is one line of a set or adjust.
type row struct {
	level    *level
	item     *item
	loc      *location
	from     any // changeFromQuantity: nil opts out
	quantity int
	ledger   string
}

// rows reads and judges the lines of a set or adjust. kind is the input type's
// name, list and number the names of its list and its quantity.
func (x *run) rows(in args, kind, list, number string, errs *[]rec) ([]row, *gqlError) {
	var rows []row
	for i, q := range in.objects(list) {
		if !q.has("changeFromQuantity") {
			return nil, failf("INVALID_FIELD_ARGUMENTS", "%s must include the following argument: changeFromQuantity.", kind)
		}
		at := func(field string) []string { return []string{"input", list, strconv.Itoa(i), field} }
		r := row{from: q["changeFromQuantity"], ledger: q.str("ledgerDocumentUri")}
		r.quantity, _ = q.integer(number)
		var ok bool
		if r.item, ok = find[*item](x.Fake, q.str("inventoryItemId")); !ok {
			*errs = append(*errs, userError("INVALID_INVENTORY_ITEM", "The specified inventory item could not be found.", at("inventoryItemId")...))
		} else if len(r.item.variant.components) > 0 {
			*errs = append(*errs, userError("NON_MUTABLE_INVENTORY_ITEM", "The specified inventory item is not allowed to be adjusted via API.", at("inventoryItemId")...))
		}
		if r.loc, ok = find[*location](x.Fake, q.str("locationId")); !ok {
			*errs = append(*errs, userError("INVALID_LOCATION", "The specified location could not be found.", at("locationId")...))
		}
		if r.item != nil && r.loc != nil {
			r.level = r.item.level(r.loc)
		}
		switch {
		case r.quantity > maxQuantity:
			*errs = append(*errs, userError("INVALID_QUANTITY_TOO_HIGH", "The quantity can't be higher than 1,000,000,000.", at(number)...))
		case r.quantity < -maxQuantity:
			*errs = append(*errs, userError("INVALID_QUANTITY_TOO_LOW", "The quantity can't be lower than -1,000,000,000.", at(number)...))
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func (x *run) judgeReason(in args, errs *[]rec) {
	if !slices.Contains(reasons, in.str("reason")) {
		*errs = append(*errs, userError("INVALID_REASON", "The specified reason is invalid. Valid values are: "+strings.Join(reasons, ", ")+".", "input", "reason"))
	}
	if d := in.str("referenceDocumentUri"); d != "" && !strings.Contains(d, "://") {
		*errs = append(*errs, userError("INVALID_REFERENCE_DOCUMENT", "The specified reference document is invalid.", "input", "referenceDocumentUri"))
	}
}

// stale compares a row with what is stored.
func (r row) stale(name string) bool {
	want, cas := r.from.(int)
	if !cas {
		return false
	}
	have := 0
	if r.level != nil {
		have = r.level.get(name)
	}
	return have != want
}

func staleError(list string, i int) rec {
	return userError("CHANGE_FROM_QUANTITY_STALE", "The changeFromQuantity argument no longer matches the persisted quantity.",
		"input", list, strconv.Itoa(i), "changeFromQuantity")
}

func inventorySet(x *run, a args) any {
	in := a.object("input")
	var errs []rec
	rows, err := x.rows(in, "InventoryQuantityInput", "quantities", "quantity", &errs)
	if err != nil {
		return err
	}
	name := in.str("name")
	if name != "available" && name != onHand {
		errs = append(errs, userError("INVALID_NAME", "The quantity name must be either 'available' or 'on_hand'.", "input", "name"))
	}
	x.judgeReason(in, &errs)
	seen := map[[2]int64][]int{}
	for i, r := range rows {
		if name == onHand && r.quantity < 0 && r.quantity >= -maxQuantity {
			errs = append(errs, userError("INVALID_QUANTITY_NEGATIVE", "The quantity can't be negative.", "input", "quantities", strconv.Itoa(i), "quantity"))
		}
		if r.item != nil && r.loc != nil {
			key := [2]int64{r.item.id, r.loc.id}
			seen[key] = append(seen[key], i)
		}
	}
	for _, r := range rows {
		if r.item == nil || r.loc == nil {
			continue
		}
		key := [2]int64{r.item.id, r.loc.id}
		if at := seen[key]; len(at) > 1 {
			for _, i := range at {
				errs = append(errs, userError("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR",
					"The combination of inventoryItemId and locationId must be unique.", "input", "quantities", strconv.Itoa(i), "locationId"))
			}
			delete(seen, key)
		}
	}
	if len(errs) > 0 {
		return rec{"inventoryAdjustmentGroup": nil, "userErrors": errs}
	}
	var fresh []row
	for i, r := range rows {
		if r.stale(name) {
			errs = append(errs, staleError("quantities", i))
		} else {
			fresh = append(fresh, r)
		}
	}
	if len(errs) > 0 && !x.cfg.PartialSets {
		return rec{"inventoryAdjustmentGroup": nil, "userErrors": errs}
	}
	g := &adjustmentGroup{reason: in.str("reason"), document: in.str("referenceDocumentUri")}
	for _, r := range fresh {
		l := x.levelFor(r)
		// What is set is what sells: on hand moves by the same amount.
		x.adjust(g, l, available, r.quantity-l.get(name), "", "inventorySetQuantities", r.from)
	}
	return x.adjusted(g, errs)
}

// levelFor returns the row's level. A quantity set where the item is not
// stocked succeeds in silence: the level it makes is inactive.
func (x *run) levelFor(r row) *level {
	if r.level != nil {
		return r.level
	}
	if l := r.item.level(r.loc); l != nil {
		return l
	}
	l := x.levelAt(r.item, r.loc)
	l.active = false
	return l
}

func inventoryAdjust(x *run, a args) any {
	in := a.object("input")
	var errs []rec
	rows, err := x.rows(in, "InventoryChangeInput", "changes", "delta", &errs)
	if err != nil {
		return err
	}
	name := in.str("name")
	if !slices.Contains(adjustable, name) {
		errs = append(errs, userError("INVALID_QUANTITY_NAME",
			"The specified quantity name is invalid. Valid values are: "+strings.Join(adjustable, ", ")+".", "input", "name"))
	}
	x.judgeReason(in, &errs)
	for i, r := range rows {
		switch {
		case name == "available" && r.ledger != "":
			errs = append(errs, userError("INVALID_AVAILABLE_DOCUMENT", "A ledger document URI is not allowed when adjusting available.",
				"input", "changes", strconv.Itoa(i), "ledgerDocumentUri"))
		case name != "available" && r.ledger == "" && slices.Contains(adjustable, name):
			errs = append(errs, userError("INVALID_QUANTITY_DOCUMENT", "A ledger document URI is required except when adjusting available.",
				"input", "changes", strconv.Itoa(i), "ledgerDocumentUri"))
		}
	}
	if len(errs) > 0 {
		return rec{"inventoryAdjustmentGroup": nil, "userErrors": errs}
	}
	for i, r := range rows {
		if r.stale(name) {
			errs = append(errs, staleError("changes", i))
		}
	}
	if len(errs) > 0 {
		return rec{"inventoryAdjustmentGroup": nil, "userErrors": errs}
	}
	q, _ := quantityNamed(name)
	g := &adjustmentGroup{reason: in.str("reason"), document: in.str("referenceDocumentUri")}
	for _, r := range rows {
		x.adjust(g, x.levelFor(r), q, r.quantity, r.ledger, "inventoryAdjustQuantities", r.from)
	}
	return x.adjusted(g, nil)
}

// adjust moves a quantity and notes it in the group and the log of writes.
func (x *run) adjust(g *adjustmentGroup, l *level, q quantity, delta int, ledger, op string, from any) {
	if delta == 0 {
		return
	}
	w := Write{
		Time: x.now(), Op: op, SKU: l.item.sku, ItemID: l.item.gid(), LocationID: l.loc.gid(), Name: quantityNames[q],
		From: l.q[q], To: l.q[q] + delta, Reason: g.reason, Document: g.document, Key: x.key,
	}
	_, w.Compared = from.(int)
	x.shift(l, q, delta)
	x.log = append(x.log, w)
	g.changes = append(g.changes, change{l, quantityNames[q], delta, ledger})
	if q < incoming {
		g.changes = append(g.changes, change{l, onHand, delta, ""})
	}
}

// adjusted answers a set or adjust. When nothing changed there is no group.
func (x *run) adjusted(g *adjustmentGroup, errs []rec) any {
	if len(g.changes) == 0 {
		return rec{"inventoryAdjustmentGroup": nil, "userErrors": orEmpty(errs)}
	}
	g.id, g.at = x.ids.next(), x.now()
	return rec{"inventoryAdjustmentGroup": g, "userErrors": orEmpty(errs)}
}

func inventoryActivate(x *run, a args) any {
	fail := func(message string, field ...string) any {
		return rec{"inventoryLevel": nil, "userErrors": []rec{userError("", message, field...)}}
	}
	it, ok := find[*item](x.Fake, a.str("inventoryItemId"))
	if !ok {
		return fail("The product couldn't be stocked because it wasn't found.", "inventoryItemId")
	}
	loc, ok := find[*location](x.Fake, a.str("locationId"))
	if !ok {
		return fail("The product couldn't be stocked because the location wasn't found.", "locationId")
	}
	avail, hasAvail := a.integer("available")
	hand, hasHand := a.integer("onHand")
	if hasAvail && hasHand {
		return fail("Cannot specify both available and onHand quantities.", "available")
	}
	l := it.level(loc)
	if l != nil && l.active {
		switch {
		case hasAvail:
			return fail("Not allowed to set available quantity when the item is already active at the location.", "available")
		case hasHand:
			return fail("Not allowed to set on_hand quantity when the item is already active at the location.", "onHand")
		}
		return rec{"inventoryLevel": l, "userErrors": []rec{}}
	}
	if l == nil {
		l = x.levelAt(it, loc)
	} else {
		x.setActive(l, true)
	}
	if hasHand {
		avail, hasAvail = hand-l.onHand()+l.q[available], true
	}
	if hasAvail { // without a quantity the old numbers stay
		x.adjust(&adjustmentGroup{reason: "correction"}, l, available, avail-l.q[available], "", "inventoryActivate", nil)
	}
	return rec{"inventoryLevel": l, "userErrors": []rec{}}
}

func bulkToggle(x *run, a args) any {
	it, ok := find[*item](x.Fake, a.str("inventoryItemId"))
	if !ok {
		return refused(userError("INVENTORY_ITEM_NOT_FOUND", "The quantity couldn't be updated because the inventory item was not found.", "inventoryItemId"))
	}
	var out []*level
	for i, u := range a.objects("inventoryItemUpdates") {
		at := []string{"inventoryItemUpdates", strconv.Itoa(i), "locationId"}
		loc, ok := find[*location](x.Fake, u.str("locationId"))
		if !ok {
			return refused(userError("LOCATION_NOT_FOUND", "The quantity couldn't be updated because the location was not found.", at...))
		}
		l := it.level(loc)
		if u.boolean("activate") {
			if l == nil {
				l = x.levelAt(it, loc)
			} else {
				x.setActive(l, true)
			}
			out = append(out, l)
			continue
		}
		if l == nil {
			continue
		}
		if l.q[committed] > 0 {
			return refused(userError("COMMITTED_INVENTORY_AT_LOCATION",
				"The inventory item couldn't be unstocked from "+loc.name+" because it has committed inventory.", at...))
		}
		x.setActive(l, false)
	}
	return rec{"inventoryItem": it, "inventoryLevels": orEmpty(out), "userErrors": []rec{}}
}
