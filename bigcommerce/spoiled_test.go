package bigcommerce_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/bigcommerce/bigcommercetest"
	"github.com/penstock-go/penstock/channel"
)

// What a record lacks spoils that record: it is set aside, and the walk goes on
// to its end.
func TestOneSpoiledRecordEndsNoWalk(t *testing.T) {
	for name, c := range map[string]struct {
		field, to string // of one order of four
		reason    string
	}{
		"no date":          {`"date_modified":"`, `"was_modified":"`, "/date_modified"},
		"an empty date":    {`"date_modified":"`, `"date_modified":"","was_modified":"`, "/date_modified"},
		"a date of null":   {`"date_modified":"`, `"date_modified":null,"was_modified":"`, "/date_modified"},
		"a date of nobody": {`"date_modified":"`, `"date_modified":"soon","was_modified":"`, "date_modified"},
		"no id":            {`"id":`, `"was_id":`, "no id"},
		"a negative id":    {`"id":`, `"id":-7,"was_id":`, "no id"},
	} {
		t.Run(name, func(t *testing.T) {
			onStore(t, storeConfig{}, nil, func(r *rig) {
				for range 4 {
					r.place(newOrder{Lines: lines(1)})
				}
				time.Sleep(time.Minute)
				r.wire.Set(func(w *wire) {
					w.Bend = func(req *http.Request, status int, body []byte) (int, []byte) {
						if !strings.HasSuffix(req.URL.Path, "/v2/orders") {
							return status, body
						}
						before, rest, found := strings.Cut(string(body), `[{"id":101,`)
						if !found { // the second of them
							if at := strings.Index(string(body), `{"id":101,`); at >= 0 {
								before, rest = string(body[:at]), string(body[at:])
							} else {
								return status, body
							}
						} else {
							before, rest = before+"[", `{"id":101,`+rest
						}
						return status, []byte(before + strings.Replace(rest, c.field, c.to, 1))
					}
				})
				orders := map[channel.OrderID]bool{}
				parked := map[string]string{}
				pages := r.pages(channel.OrderQuery{Since: time.Now().Add(-time.Hour)})
				for _, p := range pages {
					for _, o := range p.Items {
						orders[o.ID] = true
					}
					for _, p := range p.Parked {
						parked[p.Err.Error()] = p.ID
					}
				}
				if len(orders) != 3 || orders["101"] || len(parked) != 1 || pages[len(pages)-1].Through.IsZero() {
					r.Fatalf("orders %v, parked %v", orders, parked)
				}
				for why := range parked {
					if !strings.Contains(why, c.reason) {
						r.Errorf("the reason is %q, want %q", why, c.reason)
					}
				}
			})
		})
	}
}

// A product that comes without its variants, of which each has one, is set
// aside: nothing that can be bought vanishes in silence.
func TestAProductWithoutVariantsIsSetAside(t *testing.T) {
	for _, bent := range []string{`"variants":null,"were":[`, `"variants":[],"were":[`} {
		onStore(t, storeConfig{}, nil, func(r *rig) {
			if _, err := r.fake.AddProduct(bigcommercetest.NewProduct{Name: "Mug", SKU: "MUG-01", Price: "3.50"}); err != nil {
				r.Fatal(err)
			}
			r.wire.Set(func(w *wire) {
				w.Bend = func(req *http.Request, status int, body []byte) (int, []byte) {
					if !strings.HasSuffix(req.URL.Path, "/v3/catalog/products") {
						return status, body
					}
					return status, []byte(strings.Replace(string(body), `"variants":[`, bent, 1))
				}
			})
			page, err := r.ch.ListingPage(r.Context(), channel.ListingQuery{})
			if err != nil || len(page.Parked) != 1 || !strings.Contains(page.Parked[0].Err.Error(), "product has no variants") {
				r.Errorf("%s: %+v, %v", bent, page.Parked, err)
			}
		})
	}
}

// What is asked for beside a page is refused for one order: that one is set
// aside, and the rest of the page goes on. What is refused to the token ends the
// page, for it concerns every order.
func TestOneOrdersDetailsSpoilNoOther(t *testing.T) {
	for status, whole := range map[int]bool{http.StatusBadRequest: false, http.StatusUnprocessableEntity: false, http.StatusForbidden: true} {
		onStore(t, storeConfig{}, nil, func(r *rig) {
			for i := range 3 {
				id := r.place(newOrder{Lines: lines(2)})
				if i == 0 {
					continue
				}
				o, _ := r.fake.Order(id)
				must(r.fake.Ship(o.ID, bigcommercetest.Parcel{Items: map[int]int{o.Lines[0].ID: 1}, Tracking: "X"}))
			}
			r.wire.Set(func(w *wire) {
				w.Bend = func(req *http.Request, was int, body []byte) (int, []byte) {
					if strings.HasSuffix(req.URL.Path, "/101/shipments") {
						return status, []byte(`[{"status":400,"message":"odd order"}]`)
					}
					return was, body
				}
			})
			page, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{})
			if whole {
				if !errors.Is(err, channel.ErrForbidden) {
					r.Errorf("%d: %v", status, err)
				}
				return
			}
			if err != nil || len(page.Items) != 2 || len(page.Parked) != 1 || page.Parked[0].ID != "101" {
				r.Errorf("%d: %d orders, parked %+v, %v", status, len(page.Items), page.Parked, err)
			}
		})
	}
}
