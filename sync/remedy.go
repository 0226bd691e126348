package sync

import (
	"cmp"
	"errors"
	"strings"

	"github.com/penstock-go/penstock/channel"
)

// remedyMark stands in a reason between what went wrong and what to do.
const remedyMark = "; remedy: "

// withRemedy is the reason of something set aside: which record it is, why, and
// what a person can do about it.
func withRemedy(record, why, remedy string) string {
	if record != "" {
		why = record + ": " + why
	}
	return why + remedyMark + remedy
}

// splitRemedy takes a reason apart again. One of an earlier release has no
// remedy.
func splitRemedy(reason string) (why, remedy string) {
	if i := strings.LastIndex(reason, remedyMark); i >= 0 {
		return reason[:i], reason[i+len(remedyMark):]
	}
	return reason, ""
}

// recordName names a parked order or listing for a person.
func recordName(kind, ref string) string {
	switch {
	case strings.HasPrefix(ref, "raw:"):
		return "a record without an id (" + ref + ")"
	case strings.Contains(ref, " "): // a part of an order, as the adapter names it
		return ref
	}
	return kind + " " + ref
}

// errSeal marks a record that Config.Sealer did not take.
var errSeal = errors.New("it could not be sealed")

// remedyFor is what to do about an order or a listing that cannot be taken.
func remedyFor(kind string, why error) string {
	class := channel.Class(why)
	switch {
	case errors.Is(why, errSeal), errors.Is(why, errNoSealer):
		return "mend Config.Sealer, then Replay"
	case errors.Is(class, channel.ErrNotFound) && kind == parkedOrder:
		return "none if it was deleted there: Dismiss it; Replay asks for it again"
	case kind == parkedListing:
		return "correct what is named on the marketplace, or take a release that reads it; it is tried again by itself"
	case class == nil:
		return "report it with its log line; Replay it after an upgrade"
	}
	return "correct what is named on the marketplace, or take a release that reads it, then Replay; it also comes through when it changes there"
}

// stockRemedy is what to do about a quantity that the marketplace refused.
func stockRemedy(why error) string {
	const then = "then Replay; it also clears when the listing changes there"
	class := channel.Class(why)
	switch {
	case errors.Is(class, channel.ErrNotFound):
		return "stock the listing at the location there, or Unlink it if it is gone; " + then
	case errors.Is(class, channel.ErrInvalid):
		return "fix what is named on the listing there (its SKU, its stock tracking, its location), " + then
	case errors.Is(class, channel.ErrConflict):
		return "see what else writes the listing's stock there, " + then
	case errors.Is(class, channel.ErrStaleHandle):
		return "none, unless it stays: it clears when the listing has been read anew; then Replay"
	case errors.Is(class, channel.ErrForbidden):
		return "grant the permission that is named, " + then
	}
	return "mend what is named, " + then
}

// shipRemedy is what to do about a parcel that the marketplace refused.
func shipRemedy(why error) string {
	if errors.Is(why, channel.ErrConflict) || errors.Is(why, channel.ErrStaleHandle) {
		return "look at the order there: Replay once it can be shipped, or Ship what is open under another Key and Dismiss this one"
	}
	return "CorrectTracking if the carrier or the number is at fault, or mend the order there, then Replay; if its lines have changed, Ship what is open " +
		"under another Key and Dismiss this one"
}

// name names a level for a person.
func (l *level) name() string {
	name := "listing " + levelRef(l.LevelKey)
	if l.Item != "" {
		name += " of item " + l.Item
	}
	return name
}

// unlinkedName names what was sold and is linked to nothing.
func unlinkedName(t *TotalRow) string {
	sku := cmp.Or(t.SKU, "none")
	if t.Listing == "" {
		return "SKU " + sku
	}
	return "listing " + string(t.Listing) + " with the SKU " + sku
}
