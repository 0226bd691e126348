// Package bigcommercetest is a fake BigCommerce store to test against, for
// users of this module and of any other client of that marketplace.
//
// A [Fake] keeps a store's state: products and their stock by location,
// orders, shipments, refunds, hooks, tokens and the request quota. It answers
// the V2 orders and shipments API, the V3 catalogue, inventory, locations,
// refunds, transactions and hooks APIs and the OAuth token endpoint in the
// shapes of the marketplace's published contract, and judges requests against
// it: a wrong token is 401, a missing scope 403, a field that cannot be written
// 400, stock written by the wrong identity 422, a request beyond the quota 429.
//
// Tests drive the seller's and the buyer's side with methods: [Fake.AddProduct],
// [Fake.PlaceOrder], [Fake.SetStatus], [Fake.Ship] and so on. They read the
// outcome with [Fake.Orders], [Fake.Quantities], [Fake.Sales], [Fake.Writes],
// [Fake.Emails] and [Fake.Violations], never through a client.
//
// It runs in process, through [Fake.Transport], or on a socket, through
// [Fake.Serve]. It reads the time with time.Now and starts no goroutine and no
// ticker of its own, so it lives in a testing/synctest bubble: what happens
// later, such as an inventory adjustment taking effect, is worked out when
// somebody looks. Notifications are sent by [Fake.DeliverHooks] or, for as long
// as the caller lets it run, [Fake.RunHooks].
//
// [Config] chooses the plan's quota, when stock falls, how money is printed and
// the like. What the contract leaves open has a switch in [Believed]. Faults
// come in three kinds: [Fake.Fault] loses connections, answers and time,
// [Fake.FailWith] answers with a status in the shape of the API that was called,
// and [Fake.ThrottleNext], [Fake.Suspend], [Fake.BlankLineItems],
// [Fake.AfterPage], [Fake.SaveCatalogWithoutStock], [Fake.ReverseHooks],
// [Fake.RedeliverHooks] and [Fake.LoseHooks] are the marketplace's own moods.
//
// Not in the fake: creating orders, products and locations by API, refunds by
// API, metafields, images, and the storefront's APIs.
package bigcommercetest
