package ebaytest

var limitRoutes []route
