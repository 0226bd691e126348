package amazontest

import (
	"slices"
	"time"
)

// PascalCase is the case of some notifications, camelCase that of others.

type orderChangeJSON struct {
	NotificationLevel  string
	SellerID           string `json:"SellerId"`
	AmazonOrderID      string `json:"AmazonOrderId"`
	OrderChangeType    string
	OrderChangeTrigger struct {
		TimeOfOrderChange string
		ChangeReason      string
	}
	Summary orderSummaryJSON
}

type orderSummaryJSON struct {
	MarketplaceID          string `json:"MarketplaceId"`
	OrderStatus            string
	PurchaseDate           string
	DestinationPostalCode  *string
	FulfillmentType        string
	OrderType              string
	NumberOfItemsShipped   int
	NumberOfItemsUnshipped int
	OrderItems             []orderSummaryItemJSON
}

type orderSummaryItemJSON struct {
	OrderItemID            string  `json:"OrderItemId"`
	SellerSKU              string  `json:"SellerSKU"`
	SupplySourceID         *string `json:"SupplySourceId"`
	Quantity               int
	QuantityShipped        int
	IsBuyerRequestedCancel bool
}

// orderPlaced tells of a new order, which is not sure to be told.
func (f *Fake) orderPlaced(o *order, now time.Time) {
	if !f.cfg.Believed.NewOrdersSilent {
		f.orderChanged(o, "OrderStatusChange", "", now)
	}
}

func (f *Fake) orderChanged(o *order, kind, reason string, now time.Time) {
	f.notify(orderChange, now, func(s *subscription) any {
		filter := s.body.ProcessingDirective.EventFilter
		if filter.OrderChangeTypes != nil && !slices.Contains(filter.OrderChangeTypes, kind) ||
			filter.MarketplaceIDs != nil && !slices.Contains(filter.MarketplaceIDs, o.market.id) {
			return nil
		}
		return map[string]any{"OrderChangeNotification": f.orderEvent(o, kind, reason, now)}
	})
}

func (f *Fake) orderEvent(o *order, kind, reason string, now time.Time) orderChangeJSON {
	e := orderChangeJSON{NotificationLevel: "OrderLevel", SellerID: f.cfg.SellerID, AmazonOrderID: o.id, OrderChangeType: kind}
	e.OrderChangeTrigger.TimeOfOrderChange, e.OrderChangeTrigger.ChangeReason = stamp(now), reason
	shipped, open := o.units()
	e.Summary = orderSummaryJSON{
		MarketplaceID: o.market.id, OrderStatus: o.status.old(), PurchaseDate: stamp(o.created), FulfillmentType: "MFN", OrderType: "StandardOrder",
		NumberOfItemsShipped: shipped, NumberOfItemsUnshipped: open, OrderItems: []orderSummaryItemJSON{},
	}
	if o.in.ByAmazon {
		e.Summary.FulfillmentType = "AFN"
	}
	if code := o.in.ShipTo.PostalCode; code != "" && !o.status.pending() {
		e.Summary.DestinationPostalCode = &code
	}
	for i := range o.lines {
		l := &o.lines[i]
		e.Summary.OrderItems = append(e.Summary.OrderItems, orderSummaryItemJSON{
			OrderItemID: itemID(l.id), SellerSKU: l.sku, Quantity: l.qty, QuantityShipped: l.shipped, IsBuyerRequestedCancel: l.x.cancelRequest != "",
		})
	}
	return e
}

// quantityChanged tells of a live quantity: of no marketplace, and of no cause.
func (f *Fake) quantityChanged(p *product, now time.Time) {
	n := *p.live
	f.notify(quantityChange, now, func(*subscription) any {
		return map[string]any{"SellerId": f.cfg.SellerID, "FulfillmentChannelCode": channelDefault, "Sku": p.sku, "Quantity": n}
	})
}

// workFinished tells of a feed or report that ended, in camel case.
func (f *Fake) workFinished(kind, id, workType string, status Work, result string, now time.Time) {
	name, idName, typeName, resultName := "feedProcessingFinishedNotification", "feedId", "feedType", "resultFeedDocumentId"
	if kind == reportFinished {
		name, idName, typeName, resultName = "reportProcessingFinishedNotification", "reportId", "reportType", "reportDocumentId"
	}
	f.notify(kind, now, func(*subscription) any {
		body := map[string]any{
			"sellerId": f.cfg.SellerID, "accountId": "amzn1.merchant.o." + f.cfg.SellerID, idName: id, typeName: workType,
			"processingStatus": string(status),
		}
		if result != "" {
			body[resultName] = result
		}
		return map[string]any{name: body}
	})
}
