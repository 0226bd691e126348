package amazontest_test

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/penstock-go/penstock/amazon/amazontest"
)

const noOrder = "/orders/2026-01-01/orders/111-0000000-0000000"

// signedIn is a client with a token.
func signedIn(account *amazontest.Fake) (get func(path string) string) {
	client := &http.Client{Transport: account.Transport()}
	token, err := login(client)
	if err != nil {
		panic(err)
	}
	return func(path string) string {
		status, _, _, err := call(client, token, path)
		if err != nil {
			return "no answer"
		}
		return strconv.Itoa(status)
	}
}

func ExampleFake_Fault() {
	account := shop(amazontest.Config{})
	get := signedIn(account)
	account.Fault(amazontest.Fault{Op: "getOrder", Kind: amazontest.DropAfter})
	fmt.Println(get(noOrder), get(noOrder))
	// Output: no answer 404
}

func ExampleFake_FailWith() {
	account := shop(amazontest.Config{})
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

// A bucket of 30 is empty after as many calls, and another program of the same
// application takes from it, too.
func ExampleFake_UseQuota() {
	account := shop(amazontest.Config{})
	get := signedIn(account)
	account.UseQuota("getOrder", 29)
	fmt.Println(get(noOrder), get(noOrder), account.Throttled(), account.ThrottledBy())
	// Output: 404 429 1 map[getOrder:1]
}

func ExampleFake_ThrottleNext() {
	account := shop(amazontest.Config{})
	get := signedIn(account)
	account.ThrottleNext("getOrder", 1)
	fmt.Println(get(noOrder), get(noOrder))
	// Output: 429 404
}

func ExampleFake_Revoke() {
	account := shop(amazontest.Config{})
	get := signedIn(account)
	account.Revoke()
	_, err := login(&http.Client{Transport: account.Transport()})
	fmt.Println(get(noOrder), err)
	account.Authorise()
	fmt.Println(signedIn(account)(noOrder))
	// Output:
	// 403 <nil>
	// 404
}

// The seller authorises an application in the browser, which comes back with a
// code for the refresh token.
func ExampleFake_Install() {
	account := shop(amazontest.Config{})
	account.AddApp(amazontest.App{ClientID: "second", ClientSecret: "s", RefreshToken: "r", Roles: []amazontest.Role{amazontest.RoleInventory}})
	came := account.Install("https://app.example.com/back", "state-1")
	fmt.Println(came.Get("selling_partner_id"), came.Get("state"), came.Has("spapi_oauth_code"))
	// Output: A3TESTSELLER01 state-1 true
}

func ExampleFake_SetRoles() {
	account := shop(amazontest.Config{})
	get := signedIn(account)
	account.SetRoles(amazontest.RoleListing)
	fmt.Println(get(noOrder))
	account.SetRoles(amazontest.AllRoles()...)
	fmt.Println(get(noOrder))
	// Output:
	// 403
	// 404
}

func ExampleFake_ExpireTokens() {
	account := shop(amazontest.Config{})
	get := signedIn(account)
	account.ExpireTokens()
	fmt.Println(get(noOrder), signedIn(account)(noOrder))
	account.ExpireSecret()
	fmt.Println(get(noOrder))
	account.RotateSecret("next")
	fmt.Println(get(noOrder))
	// Output:
	// 403 404
	// 403
	// 403
}

func ExampleFake_Violations() {
	account := shop(amazontest.Config{Believed: amazontest.Believed{UnknownFiltersPass: true}})
	get := signedIn(account)
	fmt.Println(get(noOrder+"?marketplaceIds=ATVPDKIKX0DER"), account.Violations())
	// Output: 404 [getOrder: unknown query parameter "marketplaceIds"]
}

func ExamplePlans() {
	fmt.Println(amazontest.Plans()["searchOrders"])
	// Output: {0.0056 20}
}
