package transport

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// bucket mirrors a bucket that refills all the time: Shopify's points, Amazon's
// rate and burst. rate.Limiter keeps the tokens. It counts whole tokens, and
// costs can be fractions: a token here is a thousandth of the marketplace's.
type bucket struct {
	size, rate float64 // the marketplace's
	tokens     *rate.Limiter
}

const milli = 1000

// own is how much of a server's burst we take: 95 %, and at least one less.
// Taking all of it is refused as soon as two clocks or two packets disagree
// (measured: 1 to 2 refusals a minute with the whole burst, none with 95 %).
func own(size float64) float64 { return max(1, min(0.95*size, size-1)) }

func newBucket(r Rule, now time.Time) *bucket {
	b := &bucket{size: r.Size, rate: r.Rate}
	b.set(now, b.share())
	return b
}

// mostTokens is how many tokens are counted: a sum of several fits an int.
const mostTokens = math.MaxInt / 16

// share is what we take of the size.
func (b *bucket) share() float64 { return min(own(b.size), mostTokens/milli) }

func (b *bucket) clamp(cost float64) float64 { return min(cost, b.share()) }
func (b *bucket) reserve() float64           { return max(0, b.size-b.share()) }
func (b *bucket) period(time.Time) int       { return 0 }

func (b *bucket) left(now time.Time) float64 { return b.tokens.TokensAt(now) / milli }

func (b *bucket) wait(now time.Time, cost float64) time.Duration {
	short := math.Floor(cost*milli) - b.tokens.TokensAt(now)
	if short <= 0 {
		return 0
	}
	return min(longestWait, Refill(short, b.rate*milli)+time.Microsecond)
}

func (b *bucket) take(now time.Time, cost float64) int {
	b.tokens.ReserveN(now, int(cost*milli)) // wait said that it is there
	return 0
}

func (b *bucket) give(now time.Time, cost float64, _ int) { b.set(now, b.left(now)+cost) }

// set makes left tokens. A rate.Limiter can only be asked for tokens, so a full
// one is made and asked for the rest, a burst at a time; below zero they are
// owed. As nothing is owed beyond mostOwed bursts, it is asked mostOwed+1 times
// at most.
func (b *bucket) set(now time.Time, left float64) {
	share := b.share()
	left = owing(left, share)
	burst := int(share * milli)
	tokens := rate.NewLimiter(rate.Limit(b.rate*milli), burst)
	for spend := burst - int(math.Floor(left*milli)); spend > 0; {
		n := min(spend, burst)
		tokens.ReserveN(now, n)
		spend -= n
	}
	b.tokens = tokens
}

// renewed changes nothing: a bucket fills at its rate, whatever was refused.
func (b *bucket) renewed(time.Time) {}

func (b *bucket) learn(now, _ time.Time, u Usage) bool {
	size, perSecond := b.size, b.rate
	if u.Size > 0 {
		size = u.Size
	}
	if u.Rate > 0 {
		perSecond = u.Rate
	}
	if size != b.size || perSecond != b.rate {
		left := b.left(now)
		b.size, b.rate = size, perSecond
		b.set(now, left)
	}
	return true
}
