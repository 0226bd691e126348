package bigcommercetest

var storeRoutes = []route{
	{method: "GET", path: "/v2/time", scopes: []string{ScopeInformationRead}, handle: (*Fake).getTime},
	{method: "GET", path: "/v2/store", scopes: []string{ScopeInformationRead}, handle: (*Fake).getStore},
	{
		method: "GET", path: "/v3/settings/inventory", scopes: []string{ScopeInformationRead},
		query: []string{"channel_id"}, handle: (*Fake).getInventorySettings,
	},
}

func (f *Fake) getTime(c *call) answer {
	return ok(struct {
		Time int64 `json:"time"`
	}{c.now.Unix()})
}

func (f *Fake) getStore(*call) answer {
	return ok(map[string]any{
		"id": f.cfg.StoreHash, "account_uuid": accountUUID, "domain": "shop.example.com", "secure_url": "https://shop.example.com",
		"control_panel_base_url": "https://store-" + f.cfg.StoreHash + ".mybigcommerce.com", "status": "live", "name": "Example Shop",
		"first_name": "Ada", "last_name": "Seller", "address": "1 Warehouse Way", "country": "United States", "country_code": "US",
		"infrastructure_region": "us-central1", "phone": "5550100", "admin_email": sellerEmail, "order_email": sellerEmail, "favicon_url": "",
		"timezone": map[string]any{
			"name": "Etc/UTC", "raw_offset": 0, "dst_offset": 0, "dst_correction": false,
			"date_format": map[string]any{"display": "M jS Y", "export": "M jS Y", "extended_display": "M jS Y @ g:i A"},
		},
		"language": "en", "currency": f.cfg.Currency, "currency_symbol": "$", "decimal_separator": ".", "thousands_separator": ",",
		"decimal_places": 2, "currency_symbol_location": "left", "weight_units": "Ounces", "dimension_units": "Inches",
		"dimension_decimal_places": 2, "dimension_decimal_token": ".", "dimension_thousands_token": ",", "plan_name": f.plan(),
		"plan_level": f.plan(), "plan_is_trial": false, "industry": "Other", "logo": []any{}, "is_price_entered_with_tax": false,
		"store_id": f.cfg.StoreID, "default_channel_id": 1, "default_site_id": 1000, "active_comparison_modules": []any{},
		"features": map[string]any{
			"stencil_enabled": true, "sitewidehttps_enabled": true, "facebook_catalog_id": "", "checkout_type": "optimized",
			"wishlists_enabled": true, "graphql_storefront_api_enabled": true, "shopper_consent_tracking_enabled": false,
			"multi_storefront_enabled": true, "storefront_limits": map[string]any{"active": 3, "total_including_inactive": 4},
		},
	})
}

const (
	accountUUID = "8d4d492f-17a1-4d95-b396-e1c572081500"
	sellerEmail = "seller@example.com"
)

func (f *Fake) plan() string {
	if f.cfg.Quota >= 3 {
		return "Pro"
	}
	return "Standard"
}

// getInventorySettings answers with the seller's stock setting. The endpoint
// is documented; the field names are those of the published settings
// specification as client libraries generated from it carry them, and nothing
// here validates them.
func (f *Fake) getInventorySettings(c *call) answer {
	if f.cfg.Stock.Hidden {
		return c.refuse(403, msgNoScope)
	}
	when := "order_placed"
	if f.cfg.Stock.FallsAtShipment {
		when = "order_completed_or_shipped"
	}
	return ok(map[string]any{
		"data": map[string]any{
			"product_out_of_stock_behavior": "do_nothing",
			"option_out_of_stock_behavior":  "do_nothing",
			"update_stock_behavior":         when,
			"edit_order_stock_adjustment":   !f.cfg.Stock.KeepOnEdit,
			"delete_order_stock_adjustment": !f.cfg.Stock.KeepOnCancel,
			"refund_order_stock_adjustment": !f.cfg.Stock.KeepOnRefund,
			"stock_level_display":           "dont_show",
			"default_out_of_stock_message":  "Out of stock",
			"hide_in_product_filtering":     false,
			"show_pre_order_stock_levels":   false,
			"show_out_of_stock_message":     false,
		},
		"meta": map[string]any{},
	})
}
