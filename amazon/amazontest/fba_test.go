package amazontest

import (
	"fmt"
	"testing"
	"time"
)

func TestWhatAmazonHoldsIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := New(Config{Rates: map[string]Rate{"getInventorySummaries": {10, 100}}})
		c := newClient(t, f)
		for i := range 120 {
			must(f.AddProduct(NewProduct{SKU: fmt.Sprintf("F-%03d", i), OnHand: int64(i), ByAmazon: true}))
		}
		must(f.AddProduct(NewProduct{SKU: "MINE", OnHand: 1}))
		base := []string{"granularityType", "Marketplace", "granularityId", us, "marketplaceIds", us}
		get := func(kv ...string) reply {
			return c.get("/fba/inventory/v1/summaries" + query(append(append([]string{}, base...), kv...)...))
		}
		r := get("details", "true").want(200)
		if r.text("payload.inventorySummaries.49.inventoryDetails.fulfillableQuantity") != "49" || r.at("payload.pagination") != nil {
			t.Errorf("body %s", r.body)
		}
		token := r.text("pagination.nextToken")
		time.Sleep(30*time.Second - time.Millisecond)
		r = get("nextToken", token).want(200)
		time.Sleep(time.Millisecond)
		get("nextToken", token).want(400)
		r = get("nextToken", r.text("pagination.nextToken")).want(200)
		if r.text("payload.inventorySummaries.19.totalQuantity") != "119" || r.at("pagination") != nil {
			t.Errorf("last page %s", r.body)
		}
		if r = get("sellerSkus", "F-003,MINE,X"); r.text("payload.inventorySummaries.0.sellerSku") != "F-003" || r.at("payload.inventorySummaries.1") != nil {
			t.Errorf("named %s", r.body)
		}
		time.Sleep(time.Minute)
		check(t, f.SetOnHand("F-005", 9))
		if r = get("startDateTime", ago(time.Second)); r.text("payload.inventorySummaries.0.totalQuantity") != "9" || r.at("payload.inventorySummaries.1") != nil {
			t.Errorf("changed %s", r.body)
		}
		get("sellerSku", "F-001").want(200).says("F-001").saysNot("F-002").saysNot("inventoryDetails")
		for _, kv := range [][]string{
			{"granularityType", "Region"},
			{"granularityId", ca},
			{"marketplaceIds", us + "," + us},
			{"marketplaceIds", ca},
			{"details", "maybe"},
			{"nextToken", "x"},
			{"startDateTime", "x"},
		} {
			get(kv...).want(400)
		}
		c.get("/fba/inventory/v1/summaries").want(400)
	})
}

func TestParticipations(t *testing.T) {
	f := New(Config{Marketplaces: []string{us, ca}})
	c := newClient(t, f)
	r := c.get("/sellers/v1/marketplaceParticipations").want(200)
	if r.text("payload.1.marketplace.id") != ca || r.text("payload.1.participation.hasSuspendedListings") != "false" {
		t.Errorf("body %s", r.body)
	}
	f.Suspend()
	c.get("/sellers/v1/marketplaceParticipations").want(200).says(`"hasSuspendedListings":true`)
	f.Resume()
	c.get("/sellers/v1/marketplaceParticipations").want(200).says(`"hasSuspendedListings":false`)
}

func TestEveryRegionHasItsAccount(t *testing.T) {
	for id, host := range map[string]string{"A1PA6795UKMFR9": "eu", "A1VC38T7YXB528": "fe", us: "na"} {
		f := New(Config{Marketplaces: []string{id}})
		c := newClient(t, f)
		c.root = "https://sellingpartnerapi-" + host + ".amazon.com"
		must(f.AddProduct(NewProduct{SKU: "A", ByAmazon: true, OnHand: 1}))
		order := must(f.PlaceOrder(NewOrder{ByAmazon: true, Lines: []NewLine{{SKU: "A", Price: "5"}}}))
		c.get(ordersPath + "/" + order + "?includedData=PROCEEDS").want(200).says(marketplaceByID[id].currency)
		c.get("/listings/2021-08-01/items/" + DefaultSellerID + "/A" + query("marketplaceIds", id, "includedData", "fulfillmentAvailability")).want(200).says("AMAZON_")
		c.get("/sellers/v1/marketplaceParticipations").want(200).says(id)
	}
}
