package ebaytest

const (
	tradingPath    = "/ws/api.dll"
	headerCallName = "X-EBAY-API-CALL-NAME"

	opRevise = "ReviseInventoryStatus"
)

var tradingCalls = map[string]func(){}

func tradingRefusal(*call, int, string, string) answer { return answer{} }
func tradingFailure(*call) answer                      { return answer{} }
func (f *Fake) trading(*call) answer                   { return answer{} }
