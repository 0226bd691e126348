package ebaytest

var feedRoutes []route

type feedBook struct{}

func (*feedBook) init() {}
