package ebaytest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func update(sku string, n int, offers ...object) object {
	out := object{"sku": sku, "shipToLocationAvailability": object{"quantity": n}}
	if len(offers) > 0 {
		out["offers"] = offers
	}
	return out
}

func offerTo(id string, n int) object { return object{"offerId": id, "availableQuantity": n} }

func requests(updates ...object) object { return object{"requests": updates} }

// offerOf is the first offer of a SKU.
func offerOf(f *Fake, sku string) Unit {
	for _, p := range f.Products() {
		if p.SKU == sku {
			return p.Units[0]
		}
	}
	panic("no " + sku)
}

// A page's offset is its number, here and in getOffers; what size counts is not
// the same in the two.
func TestItemsPageByNumber(t *testing.T) {
	f := New(Config{})
	for i := range 5 {
		must(f.AddProduct(NewProduct{SKU: fmt.Sprintf("SKU-%d", i), Price: "1", OnHand: int64(i)}))
	}
	c := newClient(t, f)
	second := c.get(itemsPath + "?limit=2&offset=1").want(200)
	if second.text("inventoryItems.0.sku") != "SKU-2" || second.text("total") != "5" || second.text("size") != "3" {
		t.Errorf("%s", second.body)
	}
	last := c.get(second.text("next")).want(200)
	if last.text("inventoryItems.0.sku") != "SKU-4" || last.text("next") != "<nil>" || last.text("inventoryItems.0.availability.shipToLocationAvailability.quantity") != "4" {
		t.Errorf("%s", last.body)
	}
	unheld(t, f).get(itemsPath+"?limit=201").refused(400, 25706)
	offers := c.get(offersPath + "?sku=SKU-3").want(200)
	if offers.text("size") != "1" || offers.text("offers.0.availableQuantity") != "3" || offers.text("offers.0.listing.listingStatus") != "ACTIVE" {
		t.Errorf("%s", offers.body)
	}
	c.get(offersPath+"?sku=NONE").refused(404, 25713)
	c.get(offersPath + "/" + offers.text("offers.0.offerId")).want(200)
	c.get(itemsPath+"/NONE").refused(404, 25710)
	if got := c.get(itemsPath + "/SKU-1").want(200); got.text("sku") != "SKU-1" {
		t.Errorf("%s", got.body)
	}
	bulk := c.do(http.MethodPost, "/sell/inventory/v1/bulk_get_inventory_item", requests(object{"sku": "SKU-1"}, object{"sku": "NONE"})).want(207)
	if bulk.text("responses.1.statusCode") != "404" {
		t.Errorf("%s", bulk.body)
	}
	f.AddLocation(NewLocation{Key: "shop", Name: "Shop", Store: true})
	places := c.get("/sell/inventory/v1/location?limit=1&offset=1").want(200)
	if places.text("total") != "2" || places.text("locations.0.locationTypes.0") != "STORE" {
		t.Errorf("%s", places.body)
	}
}

// Signs in a SKU are escaped in a path: a raw slash leads elsewhere.
func TestSKUsAreEscaped(t *testing.T) {
	f := New(Config{})
	must(f.AddProduct(NewProduct{SKU: "a/b c", Price: "1"}))
	c := newClient(t, f)
	c.get(itemsPath + "/a%2Fb%20c").want(200)
	unheld(t, f).get(itemsPath+"/a/b").refused(404, 2002)
}

func TestLanguageIsWanted(t *testing.T) {
	f := mugShop(t, Config{})
	c := unheld(t, f)
	for _, tag := range []string{"", "*"} {
		req := c.request(http.MethodGet, itemsPath, nil)
		req.Header.Set("Accept-Language", tag)
		must(c.send(req)).want(400).says("Invalid value for header Accept-Language.")
	}
	put := c.request(http.MethodPut, itemsPath+"/MUG", object{})
	must(c.send(put)).want(400).says("Invalid value for header Content-Language.")
	lax := mugShop(t, Config{Believed: Believed{LanguageOptional: true}})
	req := c.request(http.MethodGet, itemsPath, nil)
	req.Header.Del("Accept-Language")
	c = unheld(t, lax)
	req.Header.Set("Authorization", "Bearer "+c.token)
	must(c.send(req)).want(200)
}

// Each entry of a bulk update has its own outcome; the smaller quantity is what
// buyers are shown.
func TestBulkUpdate(t *testing.T) {
	f := mugShop(t, Config{})
	must(f.AddProduct(NewProduct{SKU: "JUG", Price: "1", OnHand: 5}))
	c := newClient(t, f)
	mug, jug := offerOf(f, "MUG"), offerOf(f, "JUG")
	all := c.do(http.MethodPost, bulkPath, requests(update("MUG", 4, offerTo(mug.OfferID, 3)), update("JUG", 2, offerTo(jug.OfferID, 2)))).want(200)
	if all.text("responses.0.sku") != "MUG" || all.text("responses.1.offerId") != mug.OfferID || all.text("responses.3.statusCode") != "200" {
		t.Errorf("%s", all.body)
	}
	if f.shownOf(t, "MUG") != 3 || f.shownOf(t, "JUG") != 2 {
		t.Errorf("%+v", f.Quantities())
	}
	some := c.do(http.MethodPost, bulkPath, requests(update("MUG", 9, offerTo("1", 9)), update("NONE", 1))).want(207)
	if some.text("responses.1.errors.0.errorId") != "25713" || some.text("responses.2.errors.0.errorId") != "25702" || some.text("responses.0.statusCode") != "200" {
		t.Errorf("%s", some.body)
	}
	c.do(http.MethodPost, bulkPath, requests(update("NONE", 1))).want(400).says("25702")
	if w := f.Writes(); len(w) != 5 || w[4].SKU != "MUG" || w[4].Quantity != 9 || w[4].OfferID != "" || w[1].ListingID != mug.ListingID {
		t.Errorf("%+v", w)
	}
}

func TestBulkUpdatesThatAreRefused(t *testing.T) {
	f := mugShop(t, Config{Batch: 2})
	must(f.AddProduct(NewProduct{SKU: "OLD", Price: "1", OnHand: 5, Auction: 2, Unpublished: true}))
	c, loose := newClient(t, f), unheld(t, f)
	mug := offerOf(f, "MUG")
	for _, tc := range []struct {
		body object
		id   int
	}{
		{requests(update("MUG", 1), update("MUG", 2)), 25734},
		{requests(update("MUG", 1), update("OLD", 2), update("X", 3)), 25727},
		{requests(), 25709},
	} {
		loose.do(http.MethodPost, bulkPath, tc.body).refused(400, tc.id)
	}
	for _, tc := range []struct {
		body object
		id   int
	}{
		{update("MUG", -1), 25004},
		{update("OLD", 1), 25759},
		{object{"sku": "OLD", "offers": []object{offerTo(offerOf(f, "OLD").OfferID, 1)}}, 25002},
		{object{"sku": "OLD", "offers": []object{offerTo(mug.OfferID, 1)}}, 25709},
		{object{"sku": "MUG", "offers": []object{offerTo(mug.OfferID, 1), offerTo(mug.OfferID, 2)}}, 25002},
		{object{"sku": "MUG"}, 25709},
	} {
		got := loose.do(http.MethodPost, bulkPath, requests(tc.body)).want(400)
		if got.text("responses.0.errors.0.errorId") != strconv.Itoa(tc.id) {
			t.Errorf("%v: %s", tc.body, got.body)
		}
	}
	c.do(http.MethodPost, bulkPath, requests(update("MUG", 3))).want(200)
	if one := mugShop(t, Config{Believed: Believed{OneSKUPerCall: true}}); one != nil {
		newClient(t, one).do(http.MethodPost, bulkPath, requests(update("MUG", 1), update("X", 1))).refused(400, 25727)
	}
	loose.do(http.MethodPost, bulkPath, object{"requests": []object{{"Sku": "MUG"}}}).refused(400, 2004)
}

// A listing can be revised so often on a day, and a revision that changes
// nothing is none.
func TestRevisionsOfADay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{})
		c := newClient(t, f)
		mug := offerOf(f, "MUG")
		check(t, f.UseRevisions(mug.ListingID, 249))
		set := func(n int) reply {
			return c.do(http.MethodPost, bulkPath, requests(update("MUG", n, offerTo(mug.OfferID, n))))
		}
		set(10).want(200)
		set(9).want(200)
		set(8).want(400).says("25019")
		if f.shownOf(t, "MUG") != 9 {
			t.Errorf("%+v", f.Quantities())
		}
		time.Sleep(24 * time.Hour)
		c.login()
		set(8).want(200)
	})
}

// Two writes to one SKU at once: the later one is refused.
func TestWritesThatOverlap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{Latency: time.Second})
		c := unheld(t, f)
		done := make(chan int)
		for range 2 {
			go func() {
				done <- c.do(http.MethodPost, bulkPath, requests(update("MUG", 5))).status
			}()
		}
		got := []int{<-done, <-done}
		slices.Sort(got)
		if !slices.Equal(got, []int{200, 500}) {
			t.Errorf("%v", got)
		}
	})
}

// Replacing an item for its quantity loses the rest of it.
func TestPutReplacesEverything(t *testing.T) {
	f := mugShop(t, Config{})
	c := newClient(t, f)
	put := func(sku string, body object) reply {
		req := c.request(http.MethodPut, itemsPath+"/"+sku, body)
		req.Header.Set("Content-Language", "en-US")
		return must(c.send(req))
	}
	put("MUG", object{"availability": object{"shipToLocationAvailability": object{"quantity": 4}}}).want(204)
	if got := c.get(itemsPath + "/MUG"); got.text("product.title") != "<nil>" || f.shownOf(t, "MUG") != 4 {
		t.Errorf("%s", got.body)
	}
	put("NEW", object{"product": object{"title": "New"}}).want(201)
	c.get(itemsPath + "/NEW").want(200).says("New")
}

// Trading-born listings are unknown to the Inventory API until they are
// migrated, and to Trading's writes afterwards.
func TestMigration(t *testing.T) {
	f, cup, shirt := shirtShop(t, Config{})
	bare := must(f.AddProduct(NewProduct{Title: "Bare", Price: "1", OnHand: 1, Trading: true}))
	c := newClient(t, f)
	c.get(itemsPath+"/CUP").refused(404, 25710)
	migrate := func(ids ...string) reply {
		var list []object
		for _, id := range ids {
			list = append(list, object{"listingId": id})
		}
		return c.do(http.MethodPost, "/sell/inventory/v1/bulk_migrate_listing", object{"requests": list})
	}
	got := migrate(cup, shirt, bare.Units[0].ListingID).want(207)
	if got.text("responses.0.inventoryItems.0.sku") != "CUP" || got.text("responses.1.inventoryItems.1.sku") != "M" || got.text("responses.2.errors.0.errorId") != "25718" {
		t.Errorf("%s", got.body)
	}
	unheld(t, f).do(http.MethodPost, "/sell/inventory/v1/bulk_migrate_listing", requests()).refused(400, 25718)
	if got := c.get(itemsPath + "/M").want(200); got.text("inventoryItemGroupKeys.0") == "<nil>" {
		t.Errorf("%s", got.body)
	}
	c.trade(opRevise, status(cup, "", 1)).acks("Failure", 21919474)
	c.do(http.MethodPost, bulkPath, requests(update("CUP", 2, offerTo(offerOf(f, "CUP").OfferID, 2)))).want(200)
	if n := must(f.Shown(shirt, "M")); n != 6 || f.shownOf(t, "CUP") != 2 {
		t.Errorf("%+v", f.Quantities())
	}
}

// An offer without stock keeps its listing, or does not.
func TestZeroByOffers(t *testing.T) {
	for _, end := range []bool{false, true} {
		f := mugShop(t, Config{Believed: Believed{ZeroOffersEnd: end}})
		c := newClient(t, f)
		mug := offerOf(f, "MUG")
		c.do(http.MethodPost, bulkPath, requests(update("MUG", 0, offerTo(mug.OfferID, 0))))
		got := c.get(offersPath + "/" + mug.OfferID).want(200)
		want := "OUT_OF_STOCK"
		if end {
			want = "<nil>"
		}
		if got.text("offers") != "<nil>" || got.text("listing.listingStatus") != want {
			t.Errorf("end %v: %s", end, got.body)
		}
	}
}

// What a write does comes late, or never, or is refused.
func TestEffects(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{EffectLag: time.Minute, ShuffleResponses: true})
		c := newClient(t, f)
		mug := offerOf(f, "MUG")
		set := func(n int) reply {
			return c.do(http.MethodPost, bulkPath, requests(update("MUG", n, offerTo(mug.OfferID, n))))
		}
		if got := set(3).want(200); got.text("responses.0.offerId") != mug.OfferID {
			t.Errorf("in order: %s", got.body)
		}
		if q := f.Quantities()[0]; q.Available != 10 || q.Pending != 1 {
			t.Errorf("%+v", q)
		}
		time.Sleep(time.Minute)
		if f.shownOf(t, "MUG") != 3 {
			t.Errorf("%+v", f.Quantities())
		}
		f.SetEffectLag(0)
		f.LoseEffects(func(sku string) bool { return sku == "MUG" })
		set(2).want(200)
		f.LoseEffects(nil)
		f.RejectWrites(func(string) bool { return true })
		set(1).want(400).says("25002")
		if w := f.Writes(); f.shownOf(t, "MUG") != 3 || !w[len(w)-1].Dropped {
			t.Errorf("%+v", w)
		}
	})
}

// A listing that is held, frozen or ended cannot be revised, and each says why.
func TestListingsThatCannotBeRevised(t *testing.T) {
	f := mugShop(t, Config{})
	c := newClient(t, f)
	mug := offerOf(f, "MUG")
	set := func() reply {
		return c.do(http.MethodPost, bulkPath, requests(update("MUG", 1, offerTo(mug.OfferID, 1))))
	}
	check(t, f.HoldListing(mug.ListingID, true))
	set().want(400).says("25097")
	c.get(offersPath + "/" + mug.OfferID).says(`"listingOnHold":true`)
	check(t, f.HoldListing(mug.ListingID, false))
	check(t, f.FreezeListing(mug.ListingID, "It ends within twelve hours."))
	set().want(400).says("25040")
	check(t, f.FreezeListing(mug.ListingID, ""))
	check(t, f.EndListing(mug.ListingID))
	if got := c.get(offersPath + "/" + mug.OfferID); got.text("status") != "UNPUBLISHED" {
		t.Errorf("%s", got.body)
	}
	set().want(207).says("is not published")
	check(t, f.DeleteProduct("MUG"))
	c.get(offersPath+"/"+mug.OfferID).refused(404, 25713)
}

// What the seller does in Seller Hub.
func TestSellerHub(t *testing.T) {
	f, cup, shirt := shirtShop(t, Config{Stock: StockSetting{EndAtZero: true}})
	check(t, f.SetOnHand("CUP", 0))
	check(t, f.SetOnHand("MUG", 4))
	check(t, f.RenameSKU(shirt, "S", "SMALL"))
	if n := must(f.Shown(cup, "")); n != 0 || f.shownOf(t, "MUG") != 4 || f.shownOf(t, "SMALL") != 4 {
		t.Errorf("%+v", f.Quantities())
	}
	c := newClient(t, f)
	c.trade(opRevise, status(shirt, "S", 1)).acks("Failure", 21916799)
	f.SetOutOfStockControl(true)
	programs := c.get("/sell/account/v1/program/get_opted_in_programs").want(200)
	if !strings.Contains(string(programs.body), "OUT_OF_STOCK_CONTROL") {
		t.Errorf("%s", programs.body)
	}
	c.get("/sell/account/v1/privilege").want(200)
	f.Suspend()
	c.get(apizHost + userPath).says("SUSPENDED")
	f.Resume()
	if err := f.SetOnHand("NONE", 1); err == nil {
		t.Error("counted what is not there")
	}
}
