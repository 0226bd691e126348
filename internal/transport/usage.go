package transport

import (
	"math"
	"time"
)

// Usage is what an answer tells about its key's limit. The zero value tells
// nothing. Whatever a server says may be put in: see [Limiter] for what of it is
// believed.
type Usage struct {
	Size      float64       // bucket size or window quota; 0: not told, and Remaining is not either
	Remaining float64       // left at the time of the answer
	Rate      float64       // restored per second; 0: not told
	Window    time.Duration // 0: not told
	Reset     time.Duration // until the window ends; 0: not told
}

// How far from what is assumed a figure may lie to be believed. Plans lie above
// what is assumed, few below and not by much, and a window's length is no matter
// of plans.
const (
	mostTimes   = 1e6 // so many times a size or a rate: fakes are a great deal faster than life
	leastPart   = 100 // the hundredth part of them
	windowTimes = 10  // a window, either way
)

// mostOwed is how many times our share of a limit a mirror can be in debt.
const mostOwed = 4

// owing returns what is left of a share, within what can be: not more than all of
// it, and no more owed than mostOwed times that.
func owing(left, share float64) float64 {
	if least := -mostOwed * share; !(left > least) { // or NaN
		return least
	}
	return min(left, share)
}

// longestSilence is for how long nothing is granted at most, by what answers told
// of the limit and by a wait they named, if what is assumed needs no longer to be
// granted anew. The longest that the marketplaces of today restore is a window
// of 30 s (BigCommerce), a bucket in 20 s (Shopify), a call in 2 min (Amazon's
// createFeed, 0.0083 a second): more than an hour is a mistake, and to ask again
// by then costs one call.
const longestSilence = time.Hour

// believed returns what of u can be. What cannot is not told.
func (r Rule) believed(u Usage) Usage {
	within := func(told, assumed float64) float64 {
		if told >= assumed/leastPart && told <= assumed*mostTimes { // no NaN
			return told
		}
		return 0
	}
	u.Size, u.Rate = within(u.Size, r.Size), within(u.Rate, r.Rate)
	if math.IsNaN(u.Remaining) || math.IsInf(u.Remaining, 0) {
		u.Size = 0
	}
	u.Remaining = min(u.Size, max(-u.Size, u.Remaining))
	if u.Size == 0 {
		u.Remaining = 0
	}
	if u.Window < r.Window/windowTimes || u.Window > r.Window*windowTimes {
		u.Window = 0
	}
	u.Reset = min(max(0, u.Reset), r.Window*windowTimes)
	return u
}

// silence is for how long nothing is granted at most by what answers told.
func (r Rule) silence() time.Duration {
	again := r.Window
	if again == 0 {
		again = Refill(r.Size, r.Rate)
	}
	return max(longestSilence, again)
}

// Refill is how long it takes to restore short at a rate: not below zero, not
// beyond thirty days, whatever the figures are.
func Refill(short, perSecond float64) time.Duration {
	if short <= 0 {
		return 0
	}
	s := short / perSecond
	if s >= 0 && s < longestWait.Seconds() { // no NaN
		return time.Duration(math.Ceil(s*1e6)) * time.Microsecond
	}
	return longestWait
}
