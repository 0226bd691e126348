// Package amazontest is a fake Amazon seller account to test against, for users
// of this module and of any other client of the Selling Partner API.
//
// A [Fake] keeps what belongs to one seller in one region: listings and their
// quantities, orders and their packages, feeds, reports and their documents,
// the applications the seller has authorised, and each one's token buckets. It
// answers the token endpoint, Orders 2026-01-01 and confirmShipment, Listings
// Items, Feeds, Reports, FBA inventory, Sellers, Notifications and Tokens in the
// shapes of the marketplace's published models, and judges requests against them: a
// token that is expired or lacks a role is 403, a Before bound within two
// minutes 400, a call beyond the operation's plan 429.
//
// Tests drive the seller's and the buyer's side with methods: [Fake.AddProduct],
// [Fake.PlaceOrder], [Fake.CancelOrder], [Fake.Refund], [Fake.Ship] and so on.
// They read the outcome with [Fake.Orders], [Fake.Quantities], [Fake.Sales],
// [Fake.Writes], [Fake.Feeds] and [Fake.Violations], never through a client.
//
// It runs in process, through [Fake.Transport], or on a socket, through
// [Fake.Serve]. It reads the time with time.Now and starts no goroutine and no
// timer of its own, so it lives in a testing/synctest bubble: what happens
// later, such as a patch taking effect or a feed moving on in its queue, is
// worked out when somebody looks. Documents have an address on a host of their
// own; on a socket, where there is one host, a path of their own.
//
// [Config] chooses the plan's rates, the lags and the like. What the models
// leave open has a switch in [Believed]. Faults come in three kinds:
// [Fake.Fault] loses connections, answers and time, [Fake.FailWith] answers with
// a status in the API's shape, and [Fake.ThrottleNext], [Fake.FeedFault],
// [Fake.ReportFault], [Fake.LoseEffects], [Fake.AfterPage], [Fake.ExpireCursors]
// and the like are the marketplace's own moods.
//
// Not in the fake: the retired v0 reads, creating listings, prices, fulfilment
// by Amazon other than its quantities, report schedules, and the delivery of
// notifications to a queue, which [Fake.TakeNotifications] stands for.
package amazontest
