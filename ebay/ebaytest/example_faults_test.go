package ebaytest_test

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/penstock-go/penstock/ebay/ebaytest"
)

const noOrder = "/sell/fulfillment/v1/order/27-99999-99999"

// signedIn is a client with a token.
func signedIn(account *ebaytest.Fake) (get func(path string) string) {
	client := &http.Client{Transport: account.Transport()}
	token, err := login(client)
	if err != nil {
		panic(err)
	}
	return func(path string) string {
		status, _, err := call(client, token, path)
		if err != nil {
			return "no answer"
		}
		return strconv.Itoa(status)
	}
}

func ExampleFake_Fault() {
	account := shop(ebaytest.Config{})
	get := signedIn(account)
	account.Fault(ebaytest.Fault{Op: "getOrder", Kind: ebaytest.DropAfter, Times: 1})
	fmt.Println(get(noOrder), get(noOrder))
	// Output: no answer 404
}

func ExampleFake_FailWith() {
	account := shop(ebaytest.Config{})
	get := signedIn(account)
	account.FailWith("getOrder", http.StatusInternalServerError, 1)
	account.FailWith("", http.StatusServiceUnavailable, -1)
	fmt.Println(get(noOrder), get(noOrder))
	account.ClearFaults()
	fmt.Println(get(noOrder))
	// Output:
	// 500 503
	// 404
}

// A day's calls are the application's: what its other sellers use is gone.
func ExampleFake_UseQuota() {
	account := shop(ebaytest.Config{})
	get := signedIn(account)
	account.UseQuota(ebaytest.APIFulfillment, ebaytest.Limits()[ebaytest.APIFulfillment].PerDay-1)
	fmt.Println(get(noOrder), get(noOrder), account.Throttled(), account.ThrottledBy())
	// Output: 404 429 1 map[getOrder:1]
}

// Two sellers of one application share its calls.
func ExampleNewCounters() {
	cfg := ebaytest.Config{Counters: ebaytest.NewCounters(), Limits: map[string]ebaytest.Limit{ebaytest.APIFulfillment: {PerDay: 2}}}
	first, second := signedIn(shop(cfg)), signedIn(shop(cfg))
	fmt.Println(first(noOrder), second(noOrder), first(noOrder))
	// Output: 404 404 429
}

func ExampleFake_ThrottleNext() {
	account := shop(ebaytest.Config{})
	get := signedIn(account)
	account.ThrottleNext("getOrder", 1)
	fmt.Println(get(noOrder), get(noOrder), account.Calls()["getOrder"])
	// Output: 429 404 2
}

func ExampleFake_Revoke() {
	account := shop(ebaytest.Config{})
	get := signedIn(account)
	account.Revoke()
	token, err := login(&http.Client{Transport: account.Transport()})
	fmt.Println(get(noOrder), token == "", err)
	account.Authorise()
	fmt.Println(signedIn(account)(noOrder))
	// Output:
	// 401 true <nil>
	// 404
}

// The seller consents to an application in the browser, which comes back with a
// code.
func ExampleFake_Install() {
	account := shop(ebaytest.Config{})
	account.AddApp(ebaytest.App{ClientID: "second", ClientSecret: "s", RuName: "second-ru", RefreshToken: "r", Scopes: []string{ebaytest.ScopeInventory}})
	came := account.Install(ebaytest.DefaultRuName, "state-1", ebaytest.ScopeFulfillment)
	fmt.Println(came.Get("state"), came.Get("expires_in"), came.Has("code"))
	// Output: state-1 299 true
}

func ExampleFake_SetScopes() {
	account := shop(ebaytest.Config{})
	get := signedIn(account)
	account.SetScopes(ebaytest.ScopeInventory)
	fmt.Println(get(noOrder))
	account.SetScopes(ebaytest.AllScopes()...)
	fmt.Println(get(noOrder))
	// Output:
	// 403
	// 404
}

func ExampleFake_ExpireTokens() {
	account := shop(ebaytest.Config{})
	get := signedIn(account)
	account.ExpireTokens()
	fmt.Println(get(noOrder), signedIn(account)(noOrder))
	// Output: 401 404
}

// A suspended seller reads, and changes nothing.
func ExampleFake_Suspend() {
	account := shop(ebaytest.Config{})
	get := signedIn(account)
	account.Suspend()
	fmt.Println(get(noOrder))
	account.Resume()
	// Output: 404
}

func ExampleFake_Violations() {
	account := shop(ebaytest.Config{})
	get := signedIn(account)
	fmt.Println(get(noOrder+"?sort=asc"), account.Violations())
	// Output: 404 [getOrder: query parameter "sort" unknown or repeated]
}

// The keyset is switched off, or has another secret: refreshing is refused, and
// tokens that were given out go on.
func ExampleFake_DisableKeyset() {
	account := shop(ebaytest.Config{})
	get := signedIn(account)
	account.DisableKeyset(true)
	token, _ := login(&http.Client{Transport: account.Transport()})
	fmt.Println(token == "", get(noOrder))
	account.DisableKeyset(false)
	account.RotateSecret("next")
	token, _ = login(&http.Client{Transport: account.Transport()})
	fmt.Println(token == "")
	// Output:
	// true 404
	// true
}
