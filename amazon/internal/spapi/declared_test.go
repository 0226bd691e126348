package spapi_test

import (
	"testing"

	"github.com/penstock-go/penstock/amazon/internal/spapi"
	"github.com/penstock-go/penstock/internal/spectest"
)

// What is decoded and encoded here, Amazon's specifications declare.
func TestFieldsAreDeclared(t *testing.T) {
	fields := 0
	for _, tt := range []struct {
		file, schema string
		v            any
		elsewhere    []string
	}{
		{"orders_2026-01-01", "SearchOrdersResponse", spapi.OrderList{}, nil},
		{"orders_2026-01-01", "GetOrderResponse", spapi.OrderAnswer{}, nil},
		{"orders_2026-01-01", "Order", spapi.Order{}, []string{"Order.proceeds.breakdowns.detailedBreakdowns", "Order.orderItems.proceeds.breakdowns.status"}},
		{"listingsItems_2021-08-01", "ItemSearchResults", spapi.Listings{}, nil},
		{"listingsItems_2021-08-01", "Item", spapi.Listing{}, nil},
		{"listingsItems_2021-08-01", "ListingsItemPatchRequest", spapi.Patch{}, []string{ // of the product type's own schema
			"ListingsItemPatchRequest.patches.value.fulfillment_channel_code", "ListingsItemPatchRequest.patches.value.quantity",
		}},
		{"listingsItems_2021-08-01", "ListingsItemSubmissionResponse", spapi.Submission{}, nil},
		{"sellers", "GetMarketplaceParticipationsResponse", spapi.Participations{}, nil},
		{"feeds_2021-06-30", "CreateFeedDocumentSpecification", spapi.CreateDocument{}, nil},
		{"feeds_2021-06-30", "CreateFeedSpecification", spapi.CreateFeed{}, nil},
		{"feeds_2021-06-30", "FeedDocument", spapi.Document{}, []string{"FeedDocument.reportDocumentId"}},
		{"reports_2021-06-30", "CreateReportSpecification", spapi.CreateReport{}, nil},
	} {
		fields += spectest.Declared(t, "amazon/"+tt.file+".json", tt.schema, tt.v, tt.elsewhere...)
	}
	t.Log(fields, "fields")
}
