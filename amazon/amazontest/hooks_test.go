package amazontest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/internal/spectest"
)

const testARN = "arn:aws:sqs:us-east-2:444455556666:queue1"

func subscribePath(kind string) string { return "/notifications/v1/subscriptions/" + kind }

// subscribe subscribes to every kind of notification.
func subscribe(t *testing.T, c *client, kinds ...string) {
	t.Helper()
	own := c.grantless(ScopeNotifications)
	id := own.do(http.MethodPost, destinationsPath, object{"name": "q", "resourceSpecification": object{"sqs": object{"arn": testARN}}}).
		want(200).text("payload.destinationId")
	for _, kind := range kinds {
		body := object{"payloadVersion": payloadVersions[kind], "destinationId": id}
		if kind == orderChange {
			body["processingDirective"] = object{"eventFilter": object{
				"eventFilterType": orderChange, "orderChangeTypes": []string{"OrderStatusChange", "BuyerRequestedChange", "DeliveryTipChange"},
			}}
		}
		c.do(http.MethodPost, subscribePath(kind), body).want(200)
	}
}

func TestDestinationsAndSubscriptions(t *testing.T) {
	f := New(Config{Rates: map[string]Rate{
		"createDestination": {1, 100}, "createSubscription": {1, 100}, "getDestination": {1, 100}, "deleteDestination": {1, 100},
	}})
	c := newClient(t, f)
	own := c.grantless(ScopeNotifications)
	spec := object{"name": "q", "resourceSpecification": object{"sqs": object{"arn": testARN}}}
	c.do(http.MethodPost, destinationsPath, spec).want(403) // with a seller's token
	id := own.do(http.MethodPost, destinationsPath, spec).want(200).text("payload.destinationId")
	own.do(http.MethodPost, destinationsPath, spec).want(409)
	own.get(destinationsPath).want(200).says(id)
	own.get(destinationsPath + "/" + id).want(200).says(testARN)
	own.get(destinationsPath + "/x").want(404)
	bus := own.do(http.MethodPost, destinationsPath, object{"name": "b", "resourceSpecification": object{
		"eventBridge": object{"region": "us-east-1", "accountId": "444455556666"},
	}}).want(200).text("payload.destinationId")
	for name, body := range map[string]object{
		"no name": {"resourceSpecification": object{"sqs": object{"arn": testARN}}}, "nowhere": {"name": "q", "resourceSpecification": object{}},
		"bad ARN": {"name": "q", "resourceSpecification": object{"sqs": object{"arn": "queue"}}}, "unknown field": {"x": 1},
	} {
		if r := own.do(http.MethodPost, destinationsPath, body); r.status != 400 {
			t.Errorf("%s: %d", name, r.status)
		}
	}

	sub := func(kind string, body object) reply { return c.do(http.MethodPost, subscribePath(kind), body) }
	good := object{"payloadVersion": "1.0", "destinationId": id}
	c.get(subscribePath(quantityChange)).want(404)
	subscription := sub(quantityChange, good).want(200).text("payload.subscriptionId")
	sub(quantityChange, good).want(409)
	c.get(subscribePath(quantityChange)).want(200).says(subscription)
	filter := object{"eventFilter": object{"eventFilterType": orderChange, "orderChangeTypes": []string{"OrderStatusChange"}, "marketplaceIds": []string{us}}}
	for name, tc := range map[string]struct {
		kind string
		body object
	}{
		"unknown kind":        {"NEWS", good},
		"unknown version":     {feedFinished, good},
		"unknown destination": {orderChange, object{"payloadVersion": "1.0", "destinationId": "x", "processingDirective": filter}},
		"no filter":           {orderChange, good},
		"both filters": {orderChange, object{"payloadVersion": "1.0", "destinationId": id, "processingDirective": object{
			"eventFilter": filter["eventFilter"], "filterExpression": "x",
		}}},
		"unknown field": {orderChange, object{"x": 1}},
	} {
		if r := sub(tc.kind, tc.body); r.status != 400 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	sub(orderChange, object{"payloadVersion": "1.0", "destinationId": bus, "processingDirective": filter}).want(200)
	c.get(subscribePath(orderChange)).want(200).says("OrderStatusChange")
	own.get(subscribePath(quantityChange) + "/" + subscription).want(200).says(id)
	own.get(subscribePath(quantityChange) + "/x").want(404)
	own.do(http.MethodDelete, destinationsPath+"/"+id, nil).want(400)
	own.do(http.MethodDelete, subscribePath(quantityChange)+"/"+subscription, nil).want(200)
	own.do(http.MethodDelete, subscribePath(quantityChange)+"/"+subscription, nil).want(404)
	own.do(http.MethodDelete, destinationsPath+"/"+id, nil).want(200)
	own.do(http.MethodDelete, destinationsPath+"/"+id, nil).want(404)
	must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "A"}}}))
	if n := f.TakeNotifications(0); len(n) != 1 || !strings.HasPrefix(n[0].Queue, "aws.partner/") {
		t.Errorf("notifications %+v", n)
	}
}

func TestNotificationsKeepToTheirSchemas(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{TokenLifetime: 100 * time.Hour})
		c := newClient(t, f)
		subscribe(t, c, orderChange, quantityChange, feedFinished, reportFinished)
		n := mugs(2)
		n.Status = Pending
		id := must(f.PlaceOrder(n))
		check(t, f.Pay(id))
		check(t, f.RequestCancel(id, "x"))
		check(t, f.SetTip(id, "1", false))
		c.do(http.MethodPost, confirmPath(id), parcel("1", firstLine(f, id), 1)).want(204)
		must(f.PlaceOrder(NewOrder{ByAmazon: true, Lines: []NewLine{{SKU: "FBA"}}}))
		check(t, f.CancelOrder(must(f.PlaceOrder(mugs(1)))))
		for _, s := range []Status{PendingAvailability, Shipped, Unfulfillable, "NEW"} {
			check(t, f.SetStatus(id, s))
		}
		c.submit(feedOf(message(1, "MUG", 4)))
		c.report(reportSpec(reportAll))
		time.Sleep(time.Hour)
		counts := map[string]int{}
		for _, n := range f.TakeNotifications(0) {
			counts[n.Type]++
			if n.Queue != testARN || n.ID == "" || n.Created.IsZero() {
				t.Errorf("notification %+v", n)
			}
			if strings.HasSuffix(n.Type, "_FINISHED") {
				r := reply{t: t, body: n.Body}
				r.says(`"notificationType":"` + n.Type + `"`).says(`"processingStatus":"DONE"`).says("DocumentId")
				continue
			}
			if err := spectest.AmazonNotification(n.Type, n.Body); err != nil {
				t.Errorf("%s: %v\n%s", n.Type, err, n.Body)
			}
		}
		want := map[string]int{orderChange: 12, quantityChange: 4, feedFinished: 1, reportFinished: 1}
		for kind, n := range want {
			if counts[kind] != n {
				t.Errorf("%s: %d, want %d", kind, counts[kind], n)
			}
		}
	})
}

func TestNotificationsComeAtLeastOnceAndInNoOrder(t *testing.T) {
	f := mugShop(t, Config{EffectLag: -1, Believed: Believed{NewOrdersSilent: true, OwnWritesSilent: true}})
	c := newClient(t, f)
	subscribe(t, c, orderChange, quantityChange)
	id := must(f.PlaceOrder(mugs(1)))
	c.do(http.MethodPatch, listingPath("MUG"), quantity("merge", 5)).want(200)
	check(t, f.CancelOrder(id))
	got := f.TakeNotifications(2)
	if len(got) != 2 || got[0].Type != quantityChange || !strings.Contains(string(got[0].Body), `"Quantity":9`) {
		t.Errorf("%d notifications", len(got))
	}
	f.ReverseNotifications(true)
	f.RedeliverNotifications(5)
	again := f.TakeNotifications(0)
	if len(again) != 3 || again[0].ID != got[1].ID || again[1].ID != got[0].ID {
		t.Errorf("%d again", len(again))
	}
	f.LoseNotifications(func(kind string) bool { return kind == orderChange })
	check(t, f.CancelOrder(must(f.PlaceOrder(mugs(1)))))
	for _, n := range f.TakeNotifications(0) {
		if n.Type == orderChange {
			t.Error("not lost")
		}
	}
}
