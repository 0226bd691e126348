package channeltest

import (
	"time"

	"github.com/penstock-go/penstock/channel"
)

// LikeShopify acts as Shopify does: compare-and-set in effect at once, a search
// index that lags by seconds, times to the second, restocks told.
func LikeShopify() MemoryConfig {
	return MemoryConfig{
		ID: "shopify",
		Traits: channel.Traits{
			Marketplace: "shopify", PollEvery: 2 * time.Minute, VisibilityLag: 30 * time.Second,
			StockWrite: channel.StockCompareAndSet, Falls: channel.FallsAtSale, StockBatch: 250,
			ExactTimes: true, SoldCount: channel.SoldOpen, FallsAtOnce: true, Notify: true,
		},
		Grain: time.Second, Visibility: Range{0, 10 * time.Second}, TellsRestock: true, Disorder: true,
	}
}

// LikeBigCommerce acts as BigCommerce does with the quantity falling at
// placement: an order is dated when its checkout began, writes take effect
// within a minute, a few later, and restocks are not told. With relative, a
// write that knows what is shown sends the difference.
func LikeBigCommerce(relative bool) MemoryConfig {
	c := MemoryConfig{
		ID: "bigcommerce",
		Traits: channel.Traits{
			Marketplace: "bigcommerce", PollEvery: 3 * time.Minute, VisibilityLag: time.Minute, EffectLag: time.Minute,
			StockWrite: channel.StockAbsolute, Falls: channel.FallsBySetting, StockBatch: 2000, PlacedFirst: true,
		},
		Grain: time.Second, Visibility: Range{0, 5 * time.Second}, Phases: true, Begun: Range{0, 10 * time.Minute},
		Effect: Range{time.Second, time.Minute}, Late: 0.01,
	}
	if relative {
		c.Traits.StockWrite = channel.StockRelative
	}
	return c
}

// LikeBigCommerceAtShipment is LikeBigCommerce with the quantity falling when
// an order is shipped.
func LikeBigCommerceAtShipment(relative bool) MemoryConfig {
	c := LikeBigCommerce(relative)
	c.Setting = channel.FallsAtShipment
	return c
}

// LikeAmazon acts as Amazon does: orders are visible after minutes and pending
// at first, writes take effect within minutes, some much later and some never.
// Set Tickets for writes by feed.
func LikeAmazon() MemoryConfig {
	return MemoryConfig{
		ID: "amazon",
		Traits: channel.Traits{
			Marketplace: "amazon", PollEvery: 5 * time.Minute, VisibilityLag: 4 * time.Minute, EffectLag: 8 * time.Minute,
			StockWrite: channel.StockAbsolute, Falls: channel.FallsAtSale, StockBatch: 1, ExactTimes: true,
			FallsAtOnce: true, Hold: 6 * time.Hour,
		},
		Visibility: Range{2 * time.Minute, 4 * time.Minute}, Disorder: true,
		Effect: Range{5 * time.Second, 8 * time.Minute}, Late: 0.02, Dropped: 0.02,
		Unpaid: Unpaid{Share: 0.1, Delay: Range{time.Minute, 30 * time.Minute}, Never: 0.1, Expiry: 4 * time.Hour, Returns: 1},
	}
}

// LikeEbay acts as eBay does: a commitment to buy lowers the quantity, and the
// order is shown only when it is paid, hours or days later or never.
func LikeEbay() MemoryConfig {
	return MemoryConfig{
		ID: "ebay",
		Traits: channel.Traits{
			Marketplace: "ebay", PollEvery: 10 * time.Minute, VisibilityLag: 2 * time.Minute, EffectLag: 20 * time.Second,
			StockWrite: channel.StockAbsolute, Falls: channel.FallsAtSale, StockBatch: 25, SoldCount: channel.SoldEver,
			FallsAtOnce: true, Hold: 60 * time.Hour, AuditEvery: 4 * time.Hour,
		},
		Grain: time.Millisecond, Visibility: Range{0, 30 * time.Second}, Effect: Range{time.Second, 20 * time.Second},
		Unpaid: Unpaid{
			Share: 0.35, Delay: Range{time.Hour, 36 * time.Hour}, Never: 1.0 / 3, Expiry: 40 * time.Hour, Returns: 0.5,
			Hidden: true, PlacedAtPayment: true,
		},
	}
}
