package simulation

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/channel/channeltest"
)

// kind is a way a marketplace acts. Where nobody documents which of two ways
// it has, a coin decides by the seed.
type kind struct {
	poll   [2]time.Duration // of which one is drawn
	config func(coin *rand.Rand) channeltest.MemoryConfig
}

// kinds are named as in the tables of docs/reliability.md.
var kinds = map[string]kind{
	"S":  {minutes(2, 5), func(*rand.Rand) channeltest.MemoryConfig { return channeltest.LikeShopify() }},
	"Ba": {minutes(3, 7), func(*rand.Rand) channeltest.MemoryConfig { return channeltest.LikeBigCommerce(false) }},
	"Br": {minutes(3, 7), func(*rand.Rand) channeltest.MemoryConfig { return channeltest.LikeBigCommerce(true) }},
	"Ha": {minutes(3, 7), func(coin *rand.Rand) channeltest.MemoryConfig { return atShipment(coin, false) }},
	"Hr": {minutes(3, 7), func(coin *rand.Rand) channeltest.MemoryConfig { return atShipment(coin, true) }},
	"A": {minutes(5, 15), func(coin *rand.Rand) channeltest.MemoryConfig {
		c := channeltest.LikeAmazon()
		c.CancelKeeps = flip(coin, 0.5)
		if flip(coin, 1.0/3) {
			c.Tickets = 0.15
		}
		return c
	}},
	"E": {minutes(10, 20), func(coin *rand.Rand) channeltest.MemoryConfig {
		c := channeltest.LikeEbay()
		c.CancelKeeps = flip(coin, 0.5)
		c.Unpaid.PlacedAtPayment = flip(coin, 0.5)
		c.Unpaid.Share = 1 // of the sales that are not paid within minutes
		return c
	}},
}

func atShipment(coin *rand.Rand, relative bool) channeltest.MemoryConfig {
	c := channeltest.LikeBigCommerceAtShipment(relative)
	c.NoClip = flip(coin, 0.5)
	return c
}

func minutes(from, to int) [2]time.Duration {
	return [2]time.Duration{time.Duration(from) * time.Minute, time.Duration(to) * time.Minute}
}

func flip(rng *rand.Rand, p float64) bool { return rng.Float64() < p }

func draw(rng *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(rng.Int64N(int64(to-from)+1))
}

func drawn(rng *rand.Rand, r [2]time.Duration) time.Duration { return draw(rng, r[0], r[1]) }

// faults are the shares of calls that go wrong.
func faults() []channeltest.Fault {
	return []channeltest.Fault{
		{Op: channeltest.OpSetStock, Kind: channeltest.FaultUnavailable, Chance: 0.01},
		{Op: channeltest.OpSetStock, Kind: channeltest.FaultAnswerLost, Chance: 0.03},
		{Op: channeltest.OpSetStock, Kind: channeltest.FaultLost, Chance: 0.01},
		{Op: channeltest.OpStock, Kind: channeltest.FaultUnavailable, Chance: 0.02},
		{Op: channeltest.OpOrders, Kind: channeltest.FaultUnavailable, Chance: 0.01},
		{Op: channeltest.OpShip, Kind: channeltest.FaultAnswerLost, Chance: 0.05},
	}
}

// roughFaults come on top where a world is rough: all that a Memory can do
// that a contract allows, and reads of the past, which none does.
func roughFaults() []channeltest.Fault {
	return []channeltest.Fault{
		{Op: channeltest.OpSetStock, Kind: channeltest.FaultThrottled, Chance: 0.05},
		{Op: channeltest.OpSetStock, Kind: channeltest.FaultAnswerLost, Chance: 0.10},
		{Op: channeltest.OpSetStock, Kind: channeltest.FaultTruncated, Chance: 0.05},
		{Op: channeltest.OpSetStock, Kind: channeltest.FaultLost, Chance: 0.05},
		{Op: channeltest.OpSetStock, Kind: channeltest.FaultDropped, Chance: 0.03},
		{Op: channeltest.OpSetStock, Kind: channeltest.FaultRefused, Chance: 0.03},
		{Op: channeltest.OpSetStock, Kind: channeltest.FaultStaleHandle, Chance: 0.03},
		{Op: channeltest.OpSetStock, Kind: channeltest.FaultUnauthorized, Chance: 0.01},
		{Op: channeltest.OpSetStock, Kind: channeltest.FaultTicketFails, Chance: 0.10},
		{Op: channeltest.OpStock, Kind: channeltest.FaultLost, Chance: 0.05},
		{Op: channeltest.OpStock, Kind: channeltest.FaultStale, Chance: 0.03},
		{Op: channeltest.OpStock, Kind: channeltest.FaultThrottled, Chance: 0.05},
		{Op: channeltest.OpOrders, Kind: channeltest.FaultThrottled, Chance: 0.05},
		{Op: channeltest.OpOrders, Kind: channeltest.FaultCursorLost, Chance: 0.05},
		{Op: channeltest.OpOrders, Kind: channeltest.FaultRepeat, Chance: 0.10},
		{Op: channeltest.OpOrders, Kind: channeltest.FaultTruncated, Chance: 0.05},
		{Op: channeltest.OpTicket, Kind: channeltest.FaultUnavailable, Chance: 0.10},
		{Op: channeltest.OpShip, Kind: channeltest.FaultLost, Chance: 0.05},
		{Op: channeltest.OpShip, Kind: channeltest.FaultUnavailable, Chance: 0.05},
	}
}

// configurations are the sets of channels that are tried.
func configurations() []string {
	return []string{
		"S", "Ba", "Br", "Ha", "Hr", "A", "E",
		"S+S", "S+Ba", "S+Br", "S+Hr", "S+A", "S+E", "Br+A", "Br+E", "A+E",
		"S+Ba+A+E", "S+Br+A+E", "S+Hr+A+E",
	}
}

// memories returns the marketplaces of a configuration.
func memories(config string, seed uint64, coin *rand.Rand) (ms []*channeltest.Memory, polls []time.Duration) {
	for i, name := range strings.Split(config, "+") {
		k := kinds[name]
		c := k.config(coin)
		c.CountKeeps = seed&1 == 1 // nor is it documented for a count of units sold
		c.ID = channel.ID(fmt.Sprintf("%s%d", name, i+1))
		c.Seed = seed<<3 | uint64(i)
		c.Offset = draw(coin, -90*time.Second, 90*time.Second)
		c.PageSize = 2 + coin.IntN(20)
		ms = append(ms, channeltest.NewMemory(c))
		polls = append(polls, drawn(coin, k.poll))
	}
	return ms, polls
}
