package ebaytest

var listingRoutes []route

type location struct{ key, name string }
