package stock

import (
	"testing"
	"time"
)

func busy() State {
	s, _ := State{}.Apply(amazon, Read{Shown: 40, At: epoch})
	for i := range 4 {
		s, _ = s.Apply(amazon, Read{Shown: int64(38 - 2*i), At: at(time.Duration(i+1) * time.Minute)})
	}
	s, _ = s.Apply(amazon, Sent{Key: "a", Want: 28, Was: 32, At: at(5 * time.Minute)})
	return s
}

func BenchmarkApply(b *testing.B) {
	s := busy()
	for name, e := range map[string]Event{
		"fall":    Fall{Units: 1, At: at(90 * time.Second)},
		"read":    Read{Shown: 31, At: at(6 * time.Minute)},
		"through": Through{At: at(10 * time.Minute)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Apply(amazon, e)
			}
		})
	}
}

func BenchmarkPlan(b *testing.B) {
	it := Item{Counted: true, Available: 40}
	for range 4 {
		it.Listings = append(it.Listings, Listing{Rules: amazon, State: busy()})
	}
	b.ReportAllocs()
	for b.Loop() {
		Plan(it, at(6*time.Minute))
	}
}
