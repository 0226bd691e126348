package sell_test

import (
	"testing"

	"github.com/penstock-go/penstock/ebay/internal/sell"
	"github.com/penstock-go/penstock/internal/spectest"
)

// What is decoded and encoded here, eBay's specifications declare.
func TestFieldsAreDeclared(t *testing.T) {
	fields := 0
	for _, tt := range []struct {
		file, schema string
		v            any
		elsewhere    []string
	}{
		{"fulfillment_v1", "OrderSearchPagedCollection", sell.OrderList{}, nil},
		{"fulfillment_v1", "Order", sell.Order{}, []string{"Order.lineItems.taxes.ebayReference", "Order.lineItems.refunds.refundStatus"}},
		{"fulfillment_v1", "ShippingFulfillmentPagedCollection", sell.ShipmentList{}, nil},
		{"fulfillment_v1", "ShippingFulfillmentDetails", sell.NewShipment{}, nil},
		{"inventory_v1", "BulkGetInventoryItem", sell.BulkItemsRequest{}, nil},
		{"inventory_v1", "BulkGetInventoryItemResponse", sell.BulkItems{}, nil},
		{"inventory_v1", "Offers", sell.Offers{}, nil},
		{"inventory_v1", "BulkPriceQuantity", sell.Quantities{}, nil},
		{"feed_v1", "CreateTaskRequest", sell.NewTask{}, nil},
		{"feed_v1", "Task", sell.Task{}, nil},
		{"feed_v1", "TaskCollection", sell.Tasks{}, nil},
	} {
		fields += spectest.Declared(t, "ebay/sell_"+tt.file+"_oas3.json", tt.schema, tt.v, tt.elsewhere...)
	}
	t.Log(fields, "fields")
}
