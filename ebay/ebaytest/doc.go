// Package ebaytest is a fake eBay seller account to test against, for users of
// this module and of any other client of eBay's Sell APIs.
//
// A [Fake] keeps what belongs to one seller: inventory items, offers and
// listings with their quantities, orders and their shipping fulfilments, feed
// tasks and their files, the applications the seller has consented to, and the
// calls each of them has made today. It answers the token endpoint, Fulfillment,
// Inventory, Feed, Developer Analytics, Identity and the calls of the Trading
// API that a connector needs, in the shapes of the marketplace's published
// documents, and judges requests against them: an expired token is 401 with
// errorId 1001, a filter value that is no set eBay knows 400 with 30800, a
// Trading call over quota 200 with ErrorCode 518.
//
// Listings come from two worlds. Those made with the Inventory API have an
// inventory item and an offer a marketplace, and show the smaller of the two
// quantities; those made elsewhere, with [NewProduct].Trading, are unknown to
// the Inventory API and are revised by Trading calls and feeds.
//
// Tests drive the seller's and the buyer's side with methods: [Fake.AddProduct],
// [Fake.PlaceOrder], [Fake.Pay], [Fake.CancelOrder], [Fake.Refund], [Fake.Ship]
// and so on. They read the outcome with [Fake.Orders], [Fake.Quantities],
// [Fake.Sales], [Fake.Writes], [Fake.Tasks] and [Fake.Violations], never through
// a client. A purchase that is not paid yet takes its units at once and shows no
// order.
//
// It runs in process, through [Fake.Transport], or on a socket, through
// [Fake.Serve]. It reads the time with time.Now and starts no goroutine and no
// timer of its own, so it lives in a testing/synctest bubble: what happens
// later, such as a feed task going on, is worked out when somebody looks.
//
// [Config] chooses quotas, lags and the like. What the documents leave open has
// a switch in [Believed]. Faults come in three kinds: [Fake.Fault] loses
// connections, answers and time, [Fake.FailWith] answers with a status in the
// API's shape, and [Fake.ThrottleNext], [Fake.FeedFault], [Fake.LoseEffects],
// [Fake.RejectWrites], [Fake.AfterPage] and the like are the marketplace's own
// moods.
//
// Not in the fake: creating listings through the API, prices, auctions other
// than their mark, payment disputes, refunds through the API, returns, key
// management and notifications.
package ebaytest
