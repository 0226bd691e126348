package amazontest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const feedType = "application/json; charset=UTF-8"

// message is a message of a feed that sets a quantity.
func message(id int, sku string, n any) object {
	m := quantity("merge", n)
	m["messageId"], m["sku"], m["operationType"] = id, sku, "PATCH"
	return m
}

func feedOf(messages ...object) object {
	return object{"header": object{"sellerId": DefaultSellerID, "version": "2.0"}, "messages": messages}
}

// storageCall calls a presigned address, as no API client would.
func (c *client) storageCall(method, address, ctype string, body []byte) reply {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if ctype != "" {
		req.Header.Set("Content-Type", ctype)
	}
	r, err := c.send(req)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// upload uploads a feed and returns its document's id.
func (c *client) upload(doc any) string {
	c.t.Helper()
	r := c.do(http.MethodPost, feedDocsPath, object{"contentType": feedType}).want(http.StatusCreated)
	raw, is := doc.([]byte)
	if !is {
		raw = must(json.Marshal(doc))
	}
	c.storageCall(http.MethodPut, r.text("url"), feedType, raw).want(200)
	return r.text("feedDocumentId")
}

func (c *client) createFeed(document string) reply {
	c.t.Helper()
	return c.do(http.MethodPost, feedsPath, object{"feedType": listingsFeed, "marketplaceIds": []string{us}, "inputFeedDocumentId": document})
}

// submit uploads and creates a feed and returns its id.
func (c *client) submit(doc any) string {
	c.t.Helper()
	return c.createFeed(c.upload(doc)).want(http.StatusAccepted).text("feedId")
}

func (c *client) feed(id string) reply {
	c.t.Helper()
	return c.get(feedsPath + "/" + id).want(200)
}

// result downloads a feed's processing report.
func (c *client) result(id string) reply {
	c.t.Helper()
	r := c.get(feedDocsPath + "/" + c.feed(id).text("resultFeedDocumentId")).want(200)
	got := c.storageCall(http.MethodGet, r.text("url"), "", nil).want(200)
	if r.text("compressionAlgorithm") == "GZIP" {
		got.body = must(io.ReadAll(must(gzip.NewReader(bytes.NewReader(got.body)))))
	}
	return got
}

func TestAFeedRunsItsCourse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{})
		c := newClient(t, f)
		must(f.AddProduct(NewProduct{SKU: "B", OnHand: 1}))
		doc := c.upload(feedOf(message(1, "MUG", 3), message(2, "B", -1), message(3, "GONE", 5)))
		id := c.createFeed(doc).want(http.StatusAccepted).text("feedId")
		state := func(want string) reply {
			t.Helper()
			r := c.feed(id)
			if got := r.text("processingStatus"); got != want {
				t.Fatalf("%s, want %s", got, want)
			}
			return r
		}
		if r := state("IN_QUEUE"); r.at("processingStartTime") != nil {
			t.Errorf("body %s", r.body)
		}
		time.Sleep(time.Minute)
		state("IN_PROGRESS")
		c.do(http.MethodDelete, feedsPath+"/"+id, nil).want(400)
		time.Sleep(2*time.Minute - time.Millisecond)
		state("IN_PROGRESS")
		available(t, f, "MUG", 10)
		time.Sleep(time.Millisecond)
		if r := state("DONE"); r.text("processingEndTime") != "2000-01-01T00:03:00Z" {
			t.Errorf("body %s", r.body)
		}
		rep := c.result(id)
		for path, want := range map[string]string{
			"header.feedId": id, "summary.messagesProcessed": "3", "summary.messagesAccepted": "2", "summary.messagesInvalid": "1",
			"issues.0.messageId": "2", "issues.0.sku": "B", "issues.0.code": "90000900", "issues.0.severity": "ERROR",
		} {
			if got := rep.text(path); got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
		available(t, f, "MUG", 10) // accepted, and not yet live
		time.Sleep(30 * time.Second)
		available(t, f, "MUG", 3)
		available(t, f, "B", 1)
		if w := f.Writes(); len(w) != 1 || w[0].FeedID != id || w[0].MessageID != 1 || w[0].Quantity != 3 {
			t.Errorf("writes %+v", w)
		}
		if fd := f.Feeds()[0]; fd.Status != Done || fd.Messages != 3 || fd.Accepted != 2 || !fd.Result {
			t.Errorf("feed %+v", fd)
		}
		time.Sleep(29 * 24 * time.Hour)
		c.login()
		c.get(feedDocsPath + "/" + c.feed(id).text("resultFeedDocumentId")).want(404)
		time.Sleep(70 * 24 * time.Hour)
		c.login()
		c.get(feedsPath + "/" + id).want(404)
	})
}

func TestASellersFeedsWaitForOneAnother(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{TokenLifetime: 100 * time.Hour})
		c := newClient(t, f)
		upload := f.EnqueueFeed(time.Hour) // somebody's product upload
		first := c.submit(feedOf(message(1, "MUG", 5)))
		second := c.submit(feedOf(message(1, "MUG", 6)))
		third := c.submit(feedOf(message(1, "MUG", 7)))
		states := func(want ...string) {
			t.Helper()
			for i, id := range []string{upload, first, second, third} {
				if got := c.feed(id).text("processingStatus"); got != want[i] {
					t.Errorf("feed %d is %s, want %s", i, got, want[i])
				}
			}
		}
		time.Sleep(time.Minute)
		states("IN_PROGRESS", "IN_QUEUE", "IN_QUEUE", "IN_QUEUE")
		time.Sleep(time.Hour + 2*time.Minute)
		states("FATAL", "IN_PROGRESS", "IN_QUEUE", "IN_QUEUE")
		if r := c.do(http.MethodDelete, feedsPath+"/"+second, nil).want(200); len(r.body) > 0 {
			t.Errorf("body %q", r.body)
		}
		time.Sleep(2 * time.Minute)
		states("FATAL", "DONE", "CANCELLED", "IN_PROGRESS")
		time.Sleep(3 * time.Minute)
		states("FATAL", "DONE", "CANCELLED", "DONE")
		available(t, f, "MUG", 7)
	})
}

func TestFeedMoods(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{TokenLifetime: 1000 * time.Hour})
		c := newClient(t, f)
		run := func(ft FeedFault) string {
			t.Helper()
			f.FeedFault(ft)
			id := c.submit(feedOf(message(1, "MUG", 5), message(2, "MUG", 6)))
			time.Sleep(2 * time.Hour)
			return id
		}
		live := func(want int64) {
			t.Helper()
			available(t, f, "MUG", want)
			check(t, f.SetOnHand("MUG", 10))
		}
		stuck := run(FeedFault{StickQueued: true})
		if got := c.feed(stuck).text("processingStatus"); got != "IN_QUEUE" {
			t.Errorf("stuck in the queue: %s", got)
		}
		f.ReleaseFeeds()
		time.Sleep(time.Hour)
		live(6)
		stuck = run(FeedFault{StickRunning: true})
		behind := c.submit(feedOf(message(1, "MUG", 9)))
		time.Sleep(48 * time.Hour)
		if got := c.feed(stuck).text("processingStatus") + " " + c.feed(behind).text("processingStatus"); got != "IN_PROGRESS IN_QUEUE" {
			t.Errorf("stuck in progress: %s", got)
		}
		must(f.PlaceOrder(mugs(1)))
		f.ReleaseFeeds()
		time.Sleep(time.Minute)
		live(6)
		time.Sleep(time.Hour)
		live(9)
		late := run(FeedFault{Wait: time.Hour, Run: 3 * time.Hour})
		if got := c.feed(late).text("processingStatus"); got != "IN_PROGRESS" {
			t.Errorf("late: %s", got)
		}
		time.Sleep(3 * time.Hour)
		live(6)
		none := run(FeedFault{Fatal: true, NoResult: true})
		if r := c.feed(none); r.text("processingStatus") != "FATAL" || r.at("resultFeedDocumentId") != nil {
			t.Errorf("fatal without result: %s", r.body)
		}
		live(10)
		some := run(FeedFault{Fatal: true, Apply: 1})
		if r := c.feed(some); r.text("processingStatus") != "FATAL" || c.result(some).text("summary.messagesAccepted") != "1" {
			t.Errorf("fatal with result: %s", r.body)
		}
		if r := c.result(some); r.at("issues.0.messageId") != nil || r.text("issues.0.severity") != "ERROR" {
			t.Errorf("an issue of the whole feed: %s", r.body)
		}
		live(5)
		run(FeedFault{Fatal: true, Apply: -1})
		live(6)
		dropped := run(FeedFault{Dropped: true})
		if c.result(dropped).text("summary.messagesAccepted") != "2" {
			t.Error("not accepted")
		}
		live(10)
		if r := c.feed(run(FeedFault{Cancel: true})); r.text("processingStatus") != "CANCELLED" {
			t.Errorf("cancelled: %s", r.body)
		}
		f.FeedFault(FeedFault{After: 1, Times: -1, Dropped: true})
		run(FeedFault{})
		live(6)
	})
}

func TestBadFeedsAreFatal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{FeedWait: -1, FeedRun: -1, Quota: 1000})
		c := unheld(t, f) // what is uploaded breaks the schema
		many := make([]object, maxMessages+1)
		for i := range many {
			many[i] = message(i+1, "MUG", 1)
		}
		other := feedOf(message(1, "MUG", 1))
		other["header"] = object{"sellerId": "AOTHER", "version": "2.0"}
		old := feedOf(message(1, "MUG", 1))
		old["header"] = object{"sellerId": DefaultSellerID, "version": "1.0"}
		for name, tc := range map[string]struct {
			doc  any
			says string
		}{
			"another seller": {other, "sellerId"}, "another version": {old, "version"}, "no messages": {feedOf(), "no messages"},
			"no JSON": {[]byte("<xml/>"), "valid JSON"}, "too many": {feedOf(many...), "beyond allowed size"},
		} {
			id := c.submit(tc.doc)
			time.Sleep(time.Minute)
			if got := c.feed(id).text("processingStatus"); got != "FATAL" {
				t.Errorf("%s: %s", name, got)
			}
			c.result(id).says(tc.says)
		}
		never := c.do(http.MethodPost, feedDocsPath, object{"contentType": feedType}).want(201).text("feedDocumentId")
		id := c.createFeed(never).want(202).text("feedId")
		time.Sleep(time.Minute)
		if r := c.feed(id); r.text("processingStatus") != "FATAL" || r.at("resultFeedDocumentId") != nil {
			t.Errorf("not uploaded: %s", r.body)
		}
	})
}

func TestEveryMessageIsJudged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{FeedWait: -1, FeedRun: -1, EffectLag: -1})
		must(f.AddProduct(NewProduct{SKU: "LEAD", OnHand: 1, LeadTime: 4}))
		must(f.AddProduct(NewProduct{SKU: "OLD", OnHand: 1}))
		c := unheld(t, f)
		attrs := func(id int, op, sku string) object {
			return object{"messageId": id, "sku": sku, "operationType": op, "productType": "PRODUCT", "attributes": object{
				"fulfillment_availability": []any{object{"fulfillment_channel_code": "DEFAULT", "quantity": 8}},
			}}
		}
		id := c.submit(feedOf(
			message(1, "MUG", 2), attrs(2, "PARTIAL_UPDATE", "LEAD"), attrs(3, "UPDATE", "NEW"), object{"messageId": 4, "sku": "OLD", "operationType": "DELETE"},
			message(1, "MUG", 3), message(0, "MUG", 3), message(5, "", 3), object{"messageId": 6, "sku": "MUG", "operationType": "PATCH"},
			object{"messageId": 7, "sku": "MUG", "operationType": "MOVE"}, object{"messageId": 8, "sku": "MUG", "operationType": "UPDATE"},
			object{"messageId": 9, "sku": "MUG", "operationType": "UPDATE", "productType": "PRODUCT"},
		))
		time.Sleep(time.Second)
		if r := c.result(id); r.text("summary.messagesAccepted") != "4" || r.text("summary.messagesInvalid") != "7" {
			t.Errorf("report %s", r.body)
		}
		available(t, f, "MUG", 2)
		available(t, f, "LEAD", 8)
		if a := must(f.Submitted("LEAD", us)); a.LeadTime != -1 {
			t.Errorf("a partial update keeps the lead time: %+v", a)
		}
		if len(f.Products()) != 3 || len(f.Violations()) != 1 {
			t.Errorf("%d products, violations %q", len(f.Products()), f.Violations())
		}
	})
}

func TestCreateFeedRefuses(t *testing.T) {
	f := mugShop(t, Config{})
	c := newClient(t, f)
	doc := c.upload(feedOf(message(1, "MUG", 3)))
	for name, body := range map[string]object{
		"no type":             {"marketplaceIds": []string{us}, "inputFeedDocumentId": doc},
		"unknown type":        {"feedType": "X", "marketplaceIds": []string{us}, "inputFeedDocumentId": doc},
		"no marketplace":      {"feedType": listingsFeed, "marketplaceIds": []string{}, "inputFeedDocumentId": doc},
		"foreign marketplace": {"feedType": listingsFeed, "marketplaceIds": []string{ca}, "inputFeedDocumentId": doc},
		"no document":         {"feedType": listingsFeed, "marketplaceIds": []string{us}, "inputFeedDocumentId": "x"},
		"unknown field":       {"feedType": listingsFeed, "marketplaceIds": []string{us}, "inputFeedDocumentId": doc, "x": 1},
	} {
		if r := c.do(http.MethodPost, feedsPath, body); r.status != 400 || r.text("errors.0.code") != "400" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	c.do(http.MethodPost, feedDocsPath, object{}).want(400)
	c.do(http.MethodPost, feedDocsPath, object{"x": 1}).want(400)
	for _, id := range []string{"x", "1", "99999999999999"} {
		c.get(feedsPath + "/" + id).want(404)
	}
	c.get(feedDocsPath + "/x").want(404)
	c.get(feedDocsPath + "/" + doc).want(404) // no result
	c.get(feedDocsPath + "/x?enableContentEncodingUrlHeader=maybe").want(400)
	f = New(Config{Believed: Believed{TokenErrorsAre401: true}})
	c = newClient(t, f)
	c.token = "x"
	c.get(feedsPath + "/1").want(401)
	c.get(order404).want(403)
}

func TestListingsFeedsHaveASecondBucket(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{})
		c := newClient(t, f)
		doc := c.upload(feedOf(message(1, "MUG", 3)))
		for range 5 {
			c.createFeed(doc).want(202)
		}
		for range 20 { // costs nothing of the operation's own 15
			c.createFeed(doc).want(429)
		}
		time.Sleep(time.Minute - time.Second)
		c.createFeed(doc).want(429)
		time.Sleep(time.Second)
		c.createFeed(doc).want(202)
		if f.Throttled() != 21 {
			t.Errorf("throttled %d", f.Throttled())
		}
	})
}

func TestFeedsAreListed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{Quota: 1000, TokenLifetime: 100 * time.Hour, Rates: map[string]Rate{"getFeeds": {1, 100}}})
		c := newClient(t, f)
		doc := c.upload(feedOf(message(1, "MUG", 3)))
		var ids []string
		for range 25 {
			ids = append(ids, c.createFeed(doc).want(202).text("feedId"))
			time.Sleep(time.Minute)
		}
		list := func(kv ...string) reply { return c.get(feedsPath + query(kv...)) }
		r := list("feedTypes", listingsFeed).want(200)
		if r.text("feeds.0.feedId") != ids[24] || r.text("feeds.9.feedId") != ids[15] || r.at("feeds.10") != nil {
			t.Errorf("body %s", r.body)
		}
		r = list("nextToken", r.text("nextToken")).want(200)
		r = list("nextToken", r.text("nextToken")).want(200)
		if r.text("feeds.4.feedId") != ids[0] || r.at("nextToken") != nil {
			t.Errorf("last page %s", r.body)
		}
		if r = list("feedTypes", listingsFeed, "pageSize", "100", "createdSince", "2000-01-01T00:20:00Z", "createdUntil", "2000-01-01T00:22:00Z"); r.text("feeds.2.feedId") != ids[20] || r.at("feeds.3") != nil {
			t.Errorf("span %s", r.body)
		}
		if r = list("feedTypes", listingsFeed, "processingStatuses", "CANCELLED,FATAL", "marketplaceIds", us); r.text("feeds") != "[]" {
			t.Errorf("states %s", r.body)
		}
		for _, kv := range [][]string{
			nil,
			{"feedTypes", listingsFeed, "pageSize", "101"},
			{"feedTypes", listingsFeed, "processingStatuses", "OVER"},
			{"nextToken", "x"},
			{"feedTypes", listingsFeed, "nextToken", "eA=="},
			{"feedTypes", listingsFeed, "createdSince", "x"},
		} {
			list(kv...).want(400)
		}
	})
}

func TestPresignedAddresses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := mugShop(t, Config{})
		c := newClient(t, f)
		r := c.do(http.MethodPost, feedDocsPath, object{"contentType": feedType}).want(201)
		put := r.text("url")
		if !strings.HasPrefix(put, "https://tortuga-prod-na.s3.amazonaws.com/documents/") {
			t.Errorf("address %s", put)
		}
		raw := must(json.Marshal(feedOf(message(1, "MUG", 3))))
		c.storageCall(http.MethodPut, put, "application/json", raw).want(403).says("SignatureDoesNotMatch")
		c.storageCall(http.MethodGet, put, "", nil).want(403).says("SignatureDoesNotMatch")
		c.storageCall(http.MethodPut, strings.Replace(put, "Expires=300", "Expires=3000", 1), feedType, raw).want(403)
		req := must(http.NewRequestWithContext(t.Context(), http.MethodPut, put, bytes.NewReader(raw)))
		req.Header.Set("X-Amz-Access-Token", c.token)
		req.Header.Set("Content-Type", feedType)
		must(c.send(req)).want(403).says("not signed")
		time.Sleep(5*time.Minute - time.Second)
		c.storageCall(http.MethodPut, put, feedType, raw).want(200)
		time.Sleep(time.Second)
		c.storageCall(http.MethodPut, put, feedType, raw).want(403).says("AccessDenied").says("expired")
		unheld(t, f).get("/documents/x").want(403).says("Unauthorized") // the API's host has none
		unheld(t, f).storageCall(http.MethodDelete, put, "", nil).want(403)
		if calls := f.Calls(); calls[OpUpload] != 5 || calls[OpDownload] != 1 {
			t.Errorf("calls %v", calls)
		}
	})
}

func TestResultsArePackedInSeveralWays(t *testing.T) {
	for _, tc := range []struct {
		name            string
		cfg             Config
		inflate         bool
		algorithm, code string
		packed          bool
	}{
		{"packed", Config{}, false, "GZIP", "", true},
		{"by the connection", Config{}, true, "<nil>", "gzip", true},
		{"and not said", Config{HideCompression: true}, false, "<nil>", "", true},
		{"plain", Config{PlainDocuments: true}, true, "<nil>", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.cfg.FeedWait, tc.cfg.FeedRun = -1, -1
			f := mugShop(t, tc.cfg)
			c := newClient(t, f)
			id := c.submit(feedOf(message(1, "MUG", 3)))
			path := feedDocsPath + "/" + c.feed(id).text("resultFeedDocumentId")
			r := c.get(path + fmt.Sprintf("?enableContentEncodingUrlHeader=%t", tc.inflate)).want(200)
			got := c.storageCall(http.MethodGet, r.text("url"), "", nil).want(200)
			if r.text("compressionAlgorithm") != tc.algorithm || got.header.Get("Content-Encoding") != tc.code || bytes.HasPrefix(got.body, []byte{0x1f, 0x8b}) != tc.packed {
				t.Errorf("%s, %v", r.body, got.header)
			}
		})
	}
}

func TestDocumentsOnASocketHaveAPathOfTheirOwn(t *testing.T) {
	f := mugShop(t, Config{FeedWait: -1, FeedRun: -1})
	s := must(f.Serve(""))
	defer func() { _ = s.Close() }()
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	c := unheld(t, f)
	c.rt, c.root = tr, s.URL
	id := c.submit(feedOf(message(1, "MUG", 3)))
	c.result(id).says(`"messagesAccepted":1`)
	r := c.get(feedDocsPath + "/" + c.feed(id).text("resultFeedDocumentId") + "?enableContentEncodingUrlHeader=true").want(200)
	if !strings.HasPrefix(r.text("url"), s.URL+"/documents/") {
		t.Errorf("address %s", r.text("url"))
	}
	c.storageCall(http.MethodGet, r.text("url"), "", nil).want(200).says("messagesAccepted") // the connection inflates
}

func TestALostAnswerLeavesAFeed(t *testing.T) {
	f := mugShop(t, Config{FeedWait: -1, FeedRun: -1, EffectLag: -1})
	c := unheld(t, f)
	doc := c.upload(feedOf(message(1, "MUG", 3)))
	f.Fault(Fault{Op: "createFeed", Kind: DropAfter})
	body := object{"feedType": listingsFeed, "marketplaceIds": []string{us}, "inputFeedDocumentId": doc}
	if _, err := c.send(c.request(http.MethodPost, feedsPath, body)); err == nil {
		t.Fatal("an answer")
	}
	c.get(feedsPath + query("feedTypes", listingsFeed)).want(200).says("DONE")
	available(t, f, "MUG", 3)
}

func FuzzFeed(f *testing.F) {
	f.Add(must(json.Marshal(feedOf(message(1, "MUG", 3)))))
	f.Add([]byte(`{"header":{"sellerId":"A3TESTSELLER01","version":"2.0"},"messages":[{"messageId":1,"sku":"MUG","operationType":"UPDATE","productType":"X","attributes":{"a":[{}]}}]}`))
	f.Add([]byte(`{"messages":[null]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		fake := New(Config{FeedWait: -1, FeedRun: -1, EffectLag: -1})
		must(fake.AddProduct(NewProduct{SKU: "MUG", OnHand: 1}))
		c := unheld(t, fake)
		r := c.feed(c.submit(doc))
		if got := r.text("processingStatus"); got != "DONE" && got != "FATAL" {
			t.Errorf("%s", got)
		}
	})
}
