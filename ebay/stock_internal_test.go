package ebay

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/internal/wire"
)

func TestHandlesSurvive(t *testing.T) {
	for _, h := range []handle{
		{route: routeTrading},
		{route: routeNone},
		{route: routeOffer, offer: "9040000010"},
		{route: routeOffer, offer: "1", shared: true},
		{route: routeOffer, offer: "1", auction: 4},
		{route: routeOffer, offer: "1", shared: true, auction: maxUnits},
	} {
		got, ok := parseHandle(h.ref("110", "A", nil))
		if !ok || got != h {
			t.Errorf("%s became %+v, %v", h, got, ok)
		}
	}
}

func FuzzHandle(f *testing.F) {
	for _, s := range []string{"trading", "none", "offer/1", "offer/1/shared/4", "offer//", ""} {
		f.Add(s, "110/A", "A")
	}
	f.Fuzz(func(t *testing.T, s, id, sku string) {
		ref := channel.ListingRef{ID: channel.ListingID(id), SKU: sku, Handle: channel.Handle(s)}
		h, ok := parseHandle(ref)
		if item, variation, fits := itemOf(ref); fits && (!digits(item) || variation != strings.Contains(id, "/")) {
			t.Errorf("%q is item %q, variation %v", id, item, variation)
		}
		if ok && h.route == routeOffer && (!digits(h.offer) || h.auction < 0 || h.auction > maxUnits) {
			t.Errorf("%q is %+v", s, h)
		}
	})
}

func FuzzCatalogWalk(f *testing.F) {
	f.Add(string(wire.Cursor(catalogWalk{Kind: walkStock, Began: time.Unix(1, 0), Size: 3, Page: 2})))
	f.Add("")
	c := &Channel{}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := c.parseCatalogWalk("stock page", channel.Cursor(s), walkStock)
		if err == nil && (w.Page < 1 || w.Size < 1 || w.Size > maxEntries) {
			t.Errorf("%+v", w)
		}
	})
}

// The outcome of a level is that of its two entries together.
func TestOutcomeOfTwoEntries(t *testing.T) {
	const (
		fine      = `"statusCode":200`
		invalid   = `"statusCode":400,"errors":[{"errorId":25002}]`
		gone      = `"statusCode":404,"errors":[{"errorId":25713}]`
		bids      = `"statusCode":400,"errors":[{"errorId":25038}]`
		contended = `"statusCode":500,"errors":[{"errorId":25025}]`
		system    = `"statusCode":500,"errors":[{"errorId":25001}]`
		throttled = `"statusCode":429,"errors":[{"errorId":2001}]`
		odd       = `"statusCode":418`
		warned    = `"statusCode":200,"warnings":[{"errorId":25096}]`
	)
	for name, tt := range map[string]struct {
		item, offer string
		want        channel.StockState
		again       bool
	}{
		"both":                          {fine, fine, channel.StockAccepted, false},
		"the offer alone is told":       {"", fine, channel.StockAccepted, false},
		"with a warning":                {fine, warned, channel.StockAccepted, false},
		"the item alone is told":        {fine, "", channel.StockUnsure, false},
		"none":                          {"", "", channel.StockUnsure, false},
		"both refused":                  {invalid, invalid, channel.StockRefused, false},
		"the item refused, alone":       {invalid, "", channel.StockRefused, false},
		"the offer refused":             {fine, gone, channel.StockRefused, false},
		"the item refused":              {invalid, fine, channel.StockRefused, false},
		"the listing's state":           {fine, bids, channel.StockRefused, false},
		"another write":                 {contended, contended, "", true},
		"another write to one":          {fine, contended, "", true},
		"eBay's own failure":            {system, system, channel.StockUnsure, false},
		"no calls left":                 {throttled, throttled, channel.StockNotSent, false},
		"no calls left for one of them": {fine, throttled, channel.StockUnsure, false},
		"a status nobody knows":         {odd, odd, channel.StockUnsure, false},
	} {
		t.Run(name, func(t *testing.T) {
			var parts []string
			for key, entry := range map[string]string{`"sku":"A","offerId":"1",`: tt.offer, `"sku":"A",`: tt.item} {
				if entry != "" {
					parts = append(parts, "{"+key+entry+"}")
				}
			}
			var w quantityAnswer
			if err := wire.Unmarshal([]byte(`{"responses":[`+strings.Join(parts, ",")+`]}`), &w); err != nil {
				t.Fatal(err)
			}
			s := &stockSetter{c: &Channel{}, results: make([]channel.StockResult, 1), counted: map[string]bool{}, stops: map[string]error{}}
			l := &stockLine{item: "110", sku: "A", handle: handle{route: routeOffer, offer: "1"}, level: &channel.StockLevel{}}
			again := s.judge(&skuWrite{sku: "A", lines: []*stockLine{l}}, w.Responses, false)
			if got := s.results[0]; got.State != tt.want || again != tt.again || (got.Err == nil) != (tt.want == channel.StockAccepted || tt.again) {
				t.Errorf("%+v, again %v", got, again)
			}
			if tt.again {
				if s.judge(&skuWrite{sku: "A", lines: []*stockLine{l}}, w.Responses, true) || s.results[0].Err == nil {
					t.Errorf("the last time: %+v", s.results[0])
				}
			}
		})
	}
}

// Every error that a quantity may meet comes to what the engine goes by.
func TestOutcomeOfEachError(t *testing.T) {
	for id, want := range map[int64]channel.StockState{
		25001: channel.StockUnsure, 25002: channel.StockRefused, 25004: channel.StockRefused, 25019: channel.StockRefused,
		25025: channel.StockNotSent, 25026: channel.StockRefused, 25038: channel.StockRefused, 25039: channel.StockRefused,
		25040: channel.StockRefused, 25097: channel.StockRefused, 25098: channel.StockRefused, 25702: channel.StockRefused,
		25709: channel.StockRefused, 25713: channel.StockRefused, 25759: channel.StockRefused,
	} {
		s := &stockSetter{c: &Channel{}}
		e := s.entryError(&quantityEntry{Status: http.StatusBadRequest, apiErrors: apiErrors{Errors: []apiError{{ID: id}}}})
		if got := stateOf(e); got != want {
			t.Errorf("%d: %s, want %s", id, got, want)
		}
	}
	for code, want := range map[string]error{
		"17": channel.ErrNotFound, "291": channel.ErrNotFound, "240": channel.ErrConflict, "21919474": channel.ErrStaleHandle,
		"21916799": channel.ErrNotFound, "21916254": channel.ErrInvalid,
	} {
		if _, known := listingCodes[code]; !known && tradingCodes[code] == nil {
			t.Errorf("%s is not known", code)
		}
		if class, known := listingCodes[code]; known && !errors.Is(class, want) {
			t.Errorf("%s is %v, want %v", code, class, want)
		}
	}
}

// The day of revisions ends at midnight in California, and what is remembered is
// bounded.
func TestRevisionsOfADay(t *testing.T) {
	var r routes
	now := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)
	for range maxRevisions {
		r.revised("1", now)
	}
	if wait, spent := r.spent("1", true, now); !spent || wait != 12*time.Hour {
		t.Errorf("%v, %v", wait, spent)
	}
	if _, spent := r.spent("2", false, now); spent {
		t.Error("another listing is spent, too")
	}
	if _, spent := r.spent("1", false, now.Add(12*time.Hour)); spent {
		t.Error("the next day is spent, too")
	}
	for i := range maxRemembered + 10 {
		r.revised(string(rune('a'+i%26))+time.Duration(i).String(), now)
	}
	if len(r.counts) > maxRemembered {
		t.Errorf("%d listings are remembered", len(r.counts))
	}
}
