package sync

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"iter"
	"slices"
	"time"
)

// shippedLog is which units of a listing left when, oldest first, for counts
// as of a time ago: the last countedBack, to the microsecond. Every import and
// every parcel rewrites it, so it is kept small: base64 of pairs of varints,
// the microseconds since the pair before and the units.
type shippedLog string

const (
	// countedBack is how far back a count may be dated.
	countedBack = 7 * 24 * time.Hour
	shippedMost = 64
)

// shippedUnits are units of the listing that left at a time, our clock.
type shippedUnits struct {
	micros int64 // since 1970
	n      int64
}

func (s shippedLog) all() iter.Seq[shippedUnits] {
	return func(yield func(shippedUnits) bool) {
		b, err := base64.RawStdEncoding.DecodeString(string(s))
		if err != nil {
			return // damaged: counts dated back miss what left before
		}
		var at int64
		for len(b) > 0 {
			d, k := binary.Varint(b)
			n, m := binary.Varint(b[max(0, k):])
			if k <= 0 || m <= 0 {
				return
			}
			at, b = at+d, b[k+m:]
			if !yield(shippedUnits{at, n}) {
				return
			}
		}
	}
}

// since is how many units left after a time.
func (s shippedLog) since(at time.Time) int64 {
	var n int64
	for u := range s.all() {
		if u.micros > at.UnixMicro() {
			n += u.n
		}
	}
	return n
}

// add returns the log with units that left at a time.
func (s shippedLog) add(at time.Time, n int64, now time.Time) shippedLog {
	units := slices.AppendSeq(make([]shippedUnits, 0, shippedMost+1), s.all())
	units = append(units, shippedUnits{at.UnixMicro(), n})
	slices.SortStableFunc(units, func(a, b shippedUnits) int { return cmp.Compare(a.micros, b.micros) })
	oldest := now.Add(-countedBack).UnixMicro()
	units = slices.DeleteFunc(units, func(u shippedUnits) bool { return u.micros < oldest })
	for len(units) > shippedMost {
		// The two oldest are joined: a count dated between them is out by the
		// older, and few are dated that far back.
		units[1].n += units[0].n
		units = units[1:]
	}
	var b []byte
	var before int64
	for _, u := range units {
		b = binary.AppendVarint(b, u.micros-before)
		b = binary.AppendVarint(b, u.n)
		before = u.micros
	}
	return shippedLog(base64.RawStdEncoding.EncodeToString(b))
}
