package ebaytest

var storeRoutes []route
