package ebaytest

var inventoryRoutes []route

const defaultLocation = "default"
