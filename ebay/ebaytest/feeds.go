package ebaytest

const (
	feedRevise = "LMS_REVISE_INVENTORY_STATUS"
	feedReport = "LMS_ACTIVE_INVENTORY_REPORT"
)

// feedTypes are the kinds of task there are, and how many of each a seller may
// create on a day: 25 reports, from the vendor's page "data-file-limits", and
// 400 of the others, which that page has for uploads in general.
var feedTypes = map[string]int64{feedRevise: 400, feedReport: 25}

func (f *Fake) feedLimit(kind string) Limit { return Limit{PerDay: f.scaled(feedTypes[kind])} }

var feedRoutes []route

type feedBook struct{}

func (*feedBook) init() {}
