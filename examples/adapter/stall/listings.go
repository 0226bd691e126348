package stall

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/penstock-go/penstock/channel"
)

const listingsPath = "/v1/listings"

// ListingPage returns a page of the shop's listings. Stall cannot filter by SKU,
// so q.SKUs is not asked for. It costs one call.
func (c *Channel) ListingPage(ctx context.Context, q channel.ListingQuery) (channel.Page[channel.Listing], error) {
	const op = "listing page"
	w, err := c.parse(op, q.After, walk{Kind: walkListings, Since: q.Since})
	if err != nil {
		return channel.Page[channel.Listing]{}, err
	}
	rows, at, err := c.rows(ctx, op, listingsPath, &w, q.Limit)
	if err != nil {
		return channel.Page[channel.Listing]{}, err
	}
	p := page(rows, at, decodeListing)
	if p.Next = w.next(); p.Next == "" {
		p.Through = w.through(visibilityLag)
	}
	return p, nil
}

func unmarshalListing(raw []byte) (w wireListing, err error) {
	if err := json.Unmarshal(raw, &w); err != nil {
		return w, unread("listing", err)
	}
	if w.ID == "" || w.Quantity == nil {
		return w, errors.New("listing lacks its id or its quantity")
	}
	return w, nil
}

func decodeListing(raw []byte) (channel.Listing, error) {
	w, err := unmarshalListing(raw)
	return channel.Listing{
		Ref: ref(&w), Title: w.Title, Barcode: w.Barcode, UpdatedAt: w.UpdatedAt,
		Status: w.Status, Active: w.Status == "live", Tracked: true, FulfilledBy: channel.BySeller,
	}, err
}

// ref has the SKU as it is: listings that share one, or have none, stay apart.
func ref(w *wireListing) channel.ListingRef {
	return channel.ListingRef{ID: channel.ListingID(w.ID), SKU: w.SKU}
}
