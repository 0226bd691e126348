package ebaytest

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"
)

const tasksPath = "/sell/feed/v1/task"

// newTask creates a task and returns its address.
func (c *client) newTask(path, kind string) reply {
	c.t.Helper()
	req := c.request(http.MethodPost, path, object{"feedType": kind, "schemaVersion": tradingLevel})
	req.Header.Set(headerMarket, "EBAY_US")
	return must(c.send(req))
}

func (c *client) createTask() string {
	c.t.Helper()
	return c.newTask(tasksPath, feedRevise).want(202).header.Get("Location")
}

// upload sends a file as a part of a form.
func (c *client) upload(task, part string, data []byte) reply {
	c.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_, err := must(form.CreateFormFile(part, "stock.xml")).Write(data)
	check(c.t, err)
	check(c.t, form.Close())
	req := c.request(http.MethodPost, task+"/upload_file", b.String())
	req.Header.Set("Content-Type", form.FormDataContentType())
	return must(c.send(req))
}

// feedOf is a feed's document: a request for each text of nodes.
func feedOf(requests ...string) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><BulkDataExchangeRequests><Header><SiteID>0</SiteID><Version>` + tradingLevel + `</Version></Header>`)
	for i, nodes := range requests {
		fmt.Fprintf(&b, `<ReviseInventoryStatusRequest xmlns="%s"><Version>%s</Version><MessageID>%d</MessageID>%s</ReviseInventoryStatusRequest>`, tradingSpace, tradingLevel, i+1, nodes)
	}
	b.WriteString(`</BulkDataExchangeRequests>`)
	return []byte(b.String())
}

// submit uploads a feed as a task of its own and returns the task's address.
func (c *client) submit(requests ...string) string {
	c.t.Helper()
	task := c.createTask()
	if r := c.upload(task, "file", feedOf(requests...)).want(200); len(r.body) != 0 {
		c.t.Errorf("answered %s", r.body)
	}
	return task
}

// result downloads a task's result file and unpacks it.
func (c *client) result(task string) doc {
	c.t.Helper()
	_, id, _ := strings.Cut(task, "task/")
	r := c.get(tasksPath + "/" + id + "/download_result_file").want(200)
	text := must((&taskFile{data: r.body}).unpacked())
	return docOf(c.t, text)
}

// A feed's task is polled through its states, and its file tells of each
// request.
func TestFeed(t *testing.T) {
	for _, gzipped := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			f, cup, shirt := shirtShop(t, Config{GzipResults: gzipped})
			c := newClient(t, f)
			task := c.createTask()
			state := func(want TaskStatus) {
				t.Helper()
				if got := c.get(task).want(200).text("status"); got != string(want) {
					t.Errorf("status %s, want %s", got, want)
				}
			}
			state(TaskCreated)
			c.upload(task, "file", feedOf(status(cup, "", 7)+status(shirt, "S", 0), status(shirt, "L", 3), status(shirt, "M", 6)))
			state(TaskQueued)
			c.get(task+"/download_result_file").refused(404, 160014)
			time.Sleep(time.Minute + time.Second)
			state(TaskInProcess)
			if f.shownOf(t, "CUP") != 10 {
				t.Error("done early")
			}
			time.Sleep(2 * time.Minute)
			state(TaskCompletedWithError)
			if got := c.get(task); got.text("uploadSummary.successCount") != "2" || got.text("uploadSummary.failureCount") != "1" {
				t.Errorf("%s", got.body)
			}
			all := c.result(task).all("ReviseInventoryStatusResponse")
			if len(all) != 3 || all[0].value("Ack") != "Success" || all[1].value("Ack") != "Failure" || all[2].value("Ack") != "Warning" ||
				all[1].value("CorrelationID") != "2" || all[1].one("Errors").value("ErrorCode") != "21916799" {
				t.Errorf("%+v", all)
			}
			if f.shownOf(t, "CUP") != 7 || f.shownOf(t, "S") != 0 {
				t.Errorf("%+v", f.Quantities())
			}
			if w := f.Writes(); len(w) != 3 || w[0].TaskID == "" || !strings.HasSuffix(task, w[0].TaskID) {
				t.Errorf("%+v", w)
			}
			if got := c.get(task + "/download_input_file").want(200); !bytes.Contains(got.body, []byte("BulkDataExchangeRequests")) {
				t.Errorf("%s", got.body)
			}
			list := c.get(tasksPath + query("feed_type", feedRevise, "limit", "1"))
			if list.text("total") != "1" || list.text("tasks.0.status") != string(TaskCompletedWithError) {
				t.Errorf("%s", list.body)
			}
			if n := len(f.Violations()); n != 0 {
				t.Errorf("%v", f.Violations())
			}
		})
	}
}

// What the upload sends is judged before it waits, and its time is limited.
func TestUploadsThatAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, cup, _ := shirtShop(t, Config{})
		c, loose := newClient(t, f), unheld(t, f)
		c.newTask(tasksPath, "LMS_NOTHING").refused(400, 160017)
		c.newTask(tasksPath, feedReport).refused(400, 160030)
		task := c.createTask()
		loose.upload(task, "document", feedOf(status(cup, "", 1))).refused(400, 160100)
		loose.upload(task, "file", make([]byte, maxUpload+1)).refused(400, 160028)
		loose.upload(task, "file", nil).refused(400, 160020)
		time.Sleep(time.Hour)
		c.upload(task, "file", feedOf(status(cup, "", 1))).refused(400, 160026)
		done := c.submit(status(cup, "", 1))
		c.upload(done, "file", feedOf(status(cup, "", 1))).refused(400, 160023)
		c.get(tasksPath+"/task-1-1").refused(404, 160003)
		loose.get(tasksPath).refused(400, 160004)
		loose.get(tasksPath+query("feed_type", feedRevise, "limit", "2", "offset", "1")).refused(400, 160029)
		loose.get(tasksPath+query("feed_type", feedRevise, "limit", "501")).refused(400, 160012)
		loose.get(tasksPath+query("feed_type", feedRevise, "look_back_days", "91")).refused(400, 160011)
	})
}

// A document that is none fails as a whole, without a file.
func TestFeedsThatFail(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, cup, _ := shirtShop(t, Config{FeedQueue: -1, FeedRun: -1})
		c := newClient(t, f)
		for _, text := range []string{
			"nonsense", "<BulkDataExchangeRequests/>", string(feedOf()), strings.Replace(string(feedOf(status(cup, "", 1))), "<SiteID>0</SiteID>", "", 1),
			strings.ReplaceAll(string(feedOf(status(cup, "", 1))), opRevise, opComplete),
		} {
			task := c.createTask()
			c.upload(task, "file", []byte(text)).want(200)
			if got := c.get(task).text("status"); got != "FAILED" {
				t.Errorf("%q: %s", text, got)
			}
			c.get(task+"/download_result_file").refused(404, 160014)
		}
		if f.shownOf(t, "CUP") != 10 || len(f.Writes()) != 0 {
			t.Errorf("%+v", f.Writes())
		}
	})
}

// So many tasks at once, and so many a day.
func TestFeedLimits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, cup, _ := shirtShop(t, Config{FeedTasks: 2})
		c := newClient(t, f)
		c.submit(status(cup, "", 1))
		f.EnqueueTask(time.Hour)
		c.newTask(tasksPath, feedRevise).refused(409, 160024)
		time.Sleep(time.Hour + 2*time.Minute + time.Second)
		for range 24 {
			c.newTask("/sell/feed/v1/inventory_task", feedReport).want(202)
			time.Sleep(4 * time.Minute)
			c.login()
		}
		c.newTask("/sell/feed/v1/inventory_task", feedReport).want(202)
		time.Sleep(4 * time.Minute)
		c.newTask("/sell/feed/v1/inventory_task", feedReport).refused(409, 160025)
		got := c.get("/developer/analytics/v1_beta/user_rate_limit/" + query("api_name", "feed")).want(200)
		if got.text("rateLimits.0.resources.0.rates.0.remaining") != "0" {
			t.Errorf("%s", got.body)
		}
		f.SetScopes(ScopeFulfillment)
		c.newTask(tasksPath, feedRevise).refused(403, 160002)
	})
}

func TestFeedFaults(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, cup, shirt := shirtShop(t, Config{FeedQueue: -1, FeedRun: -1})
		c := newClient(t, f)
		run := func(ft FeedFault) (string, TaskStatus) {
			t.Helper()
			f.FeedFault(ft)
			task := c.submit(status(cup, "CUP", 3), status(shirt, "S", 3))
			return task, TaskStatus(c.get(task).text("status"))
		}
		if _, s := run(FeedFault{Fail: true}); s != TaskFailed || len(f.Writes()) != 0 {
			t.Errorf("%s %v", s, f.Writes())
		}
		task, s := run(FeedFault{Partial: true, Apply: 1})
		if got := c.result(task); s != TaskPartiallyProcessed || len(got.all("ReviseInventoryStatusResponse")) != 1 || f.shownOf(t, "CUP") != 3 || f.shownOf(t, "S") != 4 {
			t.Errorf("%s %s", s, got.text)
		}
		if _, s := run(FeedFault{SKU: "S", Dropped: true}); s != TaskCompleted || f.shownOf(t, "S") != 4 {
			t.Errorf("%s %v", s, f.Quantities())
		}
		task, s = run(FeedFault{NoResult: true})
		c.get(task+"/download_result_file").refused(404, 160014)
		if s != TaskCompleted || f.shownOf(t, "S") != 3 {
			t.Errorf("%s %v", s, f.Quantities())
		}
		task, _ = run(FeedFault{Corrupt: true})
		if _, err := (&taskFile{data: c.get(task + "/download_result_file").want(200).body}).unpacked(); err == nil {
			t.Error("whole")
		}
		for _, ft := range []FeedFault{{StickQueued: true}, {StickRunning: true}} {
			task, s := run(ft)
			time.Sleep(time.Minute)
			if s != TaskQueued && s != TaskInProcess {
				t.Errorf("%+v: %s", ft, s)
			}
			f.ReleaseFeeds()
			if got := c.get(task).text("status"); got != "COMPLETED" {
				t.Errorf("%+v: %s", ft, got)
			}
		}
		if ts := f.Tasks(); len(ts) != 7 || !ts[0].Struck || ts[0].Result || ts[1].Requests != 2 || ts[1].Succeeded != 1 {
			t.Errorf("%+v", ts)
		}
	})
}

// The report lists what is active in both worlds, with what is available.
func TestReport(t *testing.T) {
	for _, sold := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			f, cup, shirt := shirtShop(t, Config{FeedQueue: -1, FeedRun: -1, Believed: Believed{ReportCountsSold: sold}})
			c := newClient(t, f)
			must(f.PlaceOrder(NewOrder{Lines: []NewLine{{SKU: "CUP", Quantity: 3}}}))
			req := c.request(http.MethodPost, "/sell/feed/v1/inventory_task", object{
				"feedType": feedReport, "schemaVersion": tradingLevel, "filterCriteria": object{"listingFormat": "FIXED_PRICE"},
			})
			req.Header.Set(headerMarket, "EBAY_US")
			task := must(c.send(req)).want(202).header.Get("Location")
			if got := c.get(task); got.text("status") != "COMPLETED" || got.text("filterCriteria.listingFormat") != "FIXED_PRICE" {
				t.Errorf("%s", got.body)
			}
			rows := docOf(t, []byte(c.result(task).text)).path("ActiveInventoryReport").all("SKUDetails")
			want := "7"
			if sold {
				want = "10"
			}
			if len(rows) != 3 || rows[1].value("ItemID") != cup || rows[1].value("Quantity") != want {
				t.Fatalf("%+v", rows)
			}
			if vars := rows[2].one("Variations").all("Variation"); rows[2].value("ItemID") != shirt || len(vars) != 2 || vars[1].value("Quantity") != "6" {
				t.Errorf("%+v", rows[2])
			}
			c.get("/sell/feed/v1/inventory_task" + query("feed_type", feedReport)).want(200).says(`"total":1`)
		})
	}
}
