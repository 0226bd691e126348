package ebaytest

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// contrast is what a probe sees with its switch off and on.
type contrast struct {
	off, on string
	probe   func(f *Fake, c *client) string
}

func statusOf(r reply) string { return strconv.Itoa(r.status) }

// shipOnce sends a parcel with a change and returns the answer's status.
func shipOnce(f *Fake, c *client, id string, change object) string {
	path, body := fulfil(id, firstLine(f, id), "UPS", "1Z", 1)
	maps.Copy(body, change)
	return statusOf(c.do(http.MethodPost, path, body))
}

// moved reports whether act moves an order's modification time.
func moved(act func(f *Fake, c *client, id string)) func(f *Fake, c *client) string {
	return func(f *Fake, c *client) string {
		id := must(f.PlaceOrder(mugs(2)))
		before, _ := f.Order(id)
		time.Sleep(time.Minute)
		act(f, c, id)
		after, _ := f.Order(id)
		return strconv.FormatBool(after.Modified.After(before.Modified))
	}
}

// soldCounts tells what an offer says was sold: of a purchase of 1 that lapses,
// one of 2 that is paid late, and two sales of 1, of which one is cancelled, when
// all are bought and after each of the three.
func soldCounts(f *Fake, c *client) string {
	buy := func(n int, unpaid bool) string {
		o := mugs(n)
		o.Unpaid = unpaid
		return must(f.PlaceOrder(o))
	}
	sold := func() string {
		return c.get("/sell/inventory/v1/offer?sku=MUG").want(200).text("offers.0.listing.soldQuantity")
	}
	lapses, late := buy(1, true), buy(2, true)
	buy(1, false)
	cancelled := buy(1, false)
	bought := sold()
	check(c.t, f.CancelOrder(lapses))
	lapsed := sold()
	check(c.t, f.Pay(late))
	paid := sold()
	check(c.t, f.CancelOrder(cancelled))
	return strings.Join([]string{bought, lapsed, paid, sold()}, " ")
}

// switches has a probe for each switch of Believed that its test is not
// elsewhere for.
var switches = map[string]contrast{
	"RefreshRotates": {"200", "400", func(_ *Fake, c *client) string { return statusOf(c.form(grantForm())) }},
	"NoTokenIs403":   {"400", "403", func(_ *Fake, c *client) string { c.token = ""; return statusOf(c.get(ordersPath)) }},
	"AnyHostAnswers": {"404", "200", func(_ *Fake, c *client) string { return statusOf(c.get(userPath)) }},
	"UnknownFieldsPass": {"400", "200", func(_ *Fake, c *client) string {
		return statusOf(c.do(http.MethodPost, bulkPath, requests(with(update("MUG", 1), "x", 1))))
	}},
	"CarrierFree": {"400", "201", func(f *Fake, c *client) string {
		return shipOnce(f, c, must(f.PlaceOrder(mugs(1))), object{"trackingNumber": "1Z 9-9"})
	}},
	"TokensUncounted": {"429", "200", func(f *Fake, c *client) string {
		f.UseQuota(grantRefresh, 1e6)
		return statusOf(c.form(grantForm()))
	}},
	"NoCount": {"1", "<nil>", func(_ *Fake, c *client) string {
		return c.application().get(limitsPath + "?api_name=Analytics").text("rateLimits.0.resources.0.rates.0.count")
	}},
	"TradingByCall": {"tradingapi.tradingapi", "CompleteSale", func(_ *Fake, c *client) string {
		return c.application().get(limitsPath + "?api_context=tradingapi").text("rateLimits.0.resources.0.name")
	}},
	"CommonQuotaOnly": {"200", "204", func(_ *Fake, c *client) string {
		return statusOf(c.get("/developer/analytics/v1_beta/user_rate_limit/"))
	}},
	"UnpaidKeepsStock": {"7", "10", func(f *Fake, _ *client) string {
		n := mugs(3)
		n.Unpaid = true
		must(f.PlaceOrder(n))
		return strconv.FormatInt(must(f.Available("MUG")), 10)
	}},
	"SoldStays":    {"5 4 4 3", "5 5 5 5", soldCounts},
	"SoldWhenPaid": {"5 4 4 3", "2 2 4 3", soldCounts},
	"CreatedAtPurchase": {"1h0m0s", "0s", func(f *Fake, c *client) string {
		n, at := mugs(3), time.Now()
		n.Unpaid = true
		id := must(f.PlaceOrder(n))
		time.Sleep(time.Hour)
		check(c.t, f.Pay(id))
		o, _ := f.Order(id)
		return o.Created.Sub(at).String()
	}},
	"OrderReadsLag": {"200", "404", func(f *Fake, c *client) string {
		return statusOf(c.get(ordersPath + "/" + must(f.PlaceOrder(mugs(1)))))
	}},
	"NewestFirst": {"true", "false", func(f *Fake, c *client) string {
		first := must(f.PlaceOrder(mugs(1)))
		time.Sleep(time.Minute)
		must(f.PlaceOrder(mugs(1)))
		time.Sleep(time.Minute)
		return strconv.FormatBool(c.get(ordersPath).ids()[0] == first)
	}},
	"ShipmentsSilent": {"true", "false", moved(func(f *Fake, c *client, id string) { shipOnce(f, c, id, nil) })},
	"RefundsSilent":   {"true", "false", moved(func(f *Fake, c *client, id string) { check(c.t, f.Refund(id, NewRefund{Amount: "1"})) })},
	"RequestsSilent":  {"true", "false", moved(func(f *Fake, c *client, id string) { check(c.t, f.RequestCancel(id, "")) })},
	"LegacyOrderIDs": {"false", "true", func(f *Fake, c *client) string {
		id := must(f.PlaceOrder(mugs(1)))
		return strconv.FormatBool(c.get(ordersPath+"/"+id).text("legacyOrderId") == id)
	}},
	"AnyShippedDate": {"400", "201", func(f *Fake, c *client) string {
		return shipOnce(f, c, must(f.PlaceOrder(mugs(1))), object{"shippedDate": ago(time.Hour)})
	}},
	"RepeatsRefused": {"201", "400", func(f *Fake, c *client) string {
		id := must(f.PlaceOrder(mugs(2)))
		shipOnce(f, c, id, nil)
		return shipOnce(f, c, id, nil)
	}},
	"MarkedOnceOnly": {"201", "400", func(f *Fake, c *client) string {
		id := must(f.PlaceOrder(mugs(1)))
		check(c.t, f.Ship(id, Parcel{}))
		return shipOnce(f, c, id, nil)
	}},
	"NoChangeCounts": {"200", "400", func(f *Fake, c *client) string {
		mug := offerOf(f, "MUG")
		check(c.t, f.UseRevisions(mug.ListingID, 250))
		return statusOf(c.do(http.MethodPost, bulkPath, requests(update("MUG", 10, offerTo(mug.OfferID, 10)))))
	}},
	"NoMessageIDs": {"1", "", func(_ *Fake, c *client) string {
		task := c.submit(status("110500000002", "CUP", 3))
		time.Sleep(time.Hour)
		return c.result(task).path("ReviseInventoryStatusResponse").value("CorrelationID")
	}},
}

func with(o object, name string, v any) object {
	o[name] = v
	return o
}

// Every switch makes a difference, and the one it says.
func TestSwitches(t *testing.T) {
	elsewhere := []string{"ScopesIgnored", "LanguageOptional", "ZeroOffersEnd", "OneSKUPerCall", "PartlyApplied", "ReportCountsSold"}
	for field := range reflect.TypeFor[Believed]().Fields() {
		if _, here := switches[field.Name]; here == slices.Contains(elsewhere, field.Name) {
			t.Errorf("%s has no test, or two", field.Name)
		}
	}
	for _, name := range sortedKeys(switches) {
		for _, on := range []bool{false, true} {
			bubble(t, func(t *testing.T) {
				var b Believed
				reflect.ValueOf(&b).Elem().FieldByName(name).SetBool(on)
				f := mugShop(t, Config{Believed: b})
				s := switches[name]
				want := s.off
				if on {
					want = s.on
				}
				if got := s.probe(f, unheld(t, f)); got != want {
					t.Errorf("%s %v: %q, want %q", name, on, got, want)
				}
			})
		}
	}
}
