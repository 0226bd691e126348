package shopify_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// spoiler changes every answer to the calls of a name.
type spoiler struct {
	base     http.RoundTripper
	name     string
	old, new string // in the answer; new is put once for each old
}

func (s *spoiler) RoundTrip(req *http.Request) (*http.Response, error) {
	sent, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	req.Body = io.NopCloser(bytes.NewReader(sent))
	resp, err := s.base.RoundTrip(req)
	if err != nil || s.name == "" || !strings.Contains(string(sent), `"operationName":"`+s.name+`"`) {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	body = bytes.ReplaceAll(body, []byte(s.old), []byte(s.new))
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, err
}

func onSpoiled(t *testing.T, f func(r rig, s *spoiler)) {
	t.Helper()
	s := &spoiler{}
	onShop(t, shopifytest.Config{}, func(c *shopify.Config) { s.base, c.Transport = c.Transport, s }, func(r rig) { f(r, s) })
}

// What is asked for beside a page is spoiled for one order: that one is set
// aside, and the rest of the page goes on.
func TestOneOrdersDetailsSpoilNoOther(t *testing.T) {
	onSpoiled(t, func(r rig, s *spoiler) {
		r.product("MUG", 100)
		var refunded []shopifytest.Order
		for _, note := range []string{"fine", "spoil me"} {
			o := r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 2}}})
			r.must(r.fake.Refund(o.ID, shopifytest.NewRefund{Note: note, Lines: []shopifytest.RefundedLine{{Line: o.Lines[0].ID, Quantity: 1, Restock: shopifytest.RestockCancel}}}))
			refunded = append(refunded, o)
		}
		r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG", Quantity: 1}}})
		s.name, s.old, s.new = "OrderRefunds", `"note":"spoil me"`, `"note":{"text":["spoil me"]}`

		orders, _, pages := r.walk()
		var parked []channel.Parked
		for _, p := range pages {
			parked = append(parked, p.Parked...)
		}
		if len(orders) != 2 || len(parked) != 1 || "gid://shopify/Order/"+parked[0].ID != refunded[1].ID {
			t.Fatalf("%d orders, parked %+v", len(orders), parked)
		}
		if _, err := r.ch.DecodeOrder(parked[0].Raw); err == nil || !strings.Contains(err.Error(), "read it again by its id") {
			t.Errorf("the cut payload decodes: %v", err)
		}
		s.name = ""
		page, err := r.ch.OrdersByID(r.Context(), []channel.OrderID{channel.OrderID(parked[0].ID)})
		r.must(err)
		if len(page.Items) != 1 || len(page.Items[0].Refunds) != 1 {
			t.Errorf("read again: %+v", page)
		}
	})
}

// One listing whose level makes no sense keeps no other from being read.
func TestOneListingsLevelSpoilsNoOther(t *testing.T) {
	onSpoiled(t, func(r rig, s *spoiler) {
		r.product("FINE", 10)
		r.product("ODD", 20)
		refs := r.refs()
		found := []channel.ListingRef{refs["FINE"], refs["ODD"]}
		for name, to := range map[string]string{"tracking": `"sku":"ODD","tracked":"yes"`, "level": `"sku":"ODD","tracked":true,"inventoryLevels":7,"was"`} {
			s.name, s.old, s.new = "StockByListing", `"sku":"ODD","tracked":true`, to
			if name == "level" {
				s.old += `,"inventoryLevels"`
			}
			page, err := r.ch.StockPage(r.Context(), channel.StockQuery{Listings: found})
			if err != nil || len(page.Items) != 1 || page.Items[0].Quantity != 10 || len(page.Parked) != 1 || page.Parked[0].ID != string(found[1].ID) {
				t.Errorf("%s: %+v, %v", name, page, err)
			}
		}
	})
}
