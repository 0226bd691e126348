package ebaytest

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	feedRevise = "LMS_REVISE_INVENTORY_STATUS"
	feedReport = "LMS_ACTIVE_INVENTORY_REPORT"

	taskPath      = "/task"
	reportPath    = "/inventory_task"
	headerMarket  = "X-EBAY-C-MARKETPLACE-ID"
	maxUpload     = 15 << 20 // of a file, error 160028
	maxTasks      = 500
	defaultTasks  = 10
	tasksLookBack = 90 // days
)

var (
	taskLists = []string{"date_range", "feed_type", "limit", "look_back_days", "offset", "schedule_id"}

	feedRoutes = []route{
		{op: "createTask", api: APIFeed, method: http.MethodPost, path: taskPath, handle: (*Fake).createTask},
		{op: "getTasks", api: APIFeed, method: http.MethodGet, path: taskPath, scopes: inventoryWriters, query: taskLists, handle: (*Fake).getTasks},
		{op: "getTask", api: APIFeed, method: http.MethodGet, path: taskPath + "/{task_id}", scopes: inventoryWriters, handle: withTask((*Fake).getTask)},
		{
			op: "uploadFile", api: APIFeed, method: http.MethodPost, path: taskPath + "/{task_id}/upload_file", scopes: inventoryWriters, form: true,
			handle: withTask((*Fake).uploadFile),
		},
		{
			op: "getInputFile", api: APIFeed, method: http.MethodGet, path: taskPath + "/{task_id}/download_input_file", scopes: inventoryWriters,
			handle: withTask((*Fake).getInputFile),
		},
		{
			op: "getResultFile", api: APIFeed, method: http.MethodGet, path: taskPath + "/{task_id}/download_result_file", scopes: inventoryWriters,
			handle: withTask((*Fake).getResultFile),
		},
		{op: "createInventoryTask", api: APIFeed, method: http.MethodPost, path: reportPath, handle: (*Fake).createReport},
		{op: "getInventoryTasks", api: APIFeed, method: http.MethodGet, path: reportPath, scopes: inventoryWriters, query: taskLists, handle: (*Fake).getTasks},
		{
			op: "getInventoryTask", api: APIFeed, method: http.MethodGet, path: reportPath + "/{task_id}", scopes: inventoryWriters,
			handle: withTask((*Fake).getTask),
		},
	}

	// feedTypes are the kinds of task there are, and how many of each a seller may
	// create on a day: 25 reports, from the vendor's page "data-file-limits", and
	// 400 of the others, which that page has for requests of a kind in general.
	feedTypes = map[string]int64{feedRevise: 400, feedReport: 25}
)

func (f *Fake) feedLimit(kind string) Limit { return Limit{PerDay: f.scaled(feedTypes[kind])} }

// task is a feed task.
type task struct {
	id, kind, schema string
	m                *marketplace
	format           string // listingFormat of a report
	status           TaskStatus
	created          time.Time
	uploaded         time.Time
	started, ended   time.Time
	input, result    *taskFile
	requests, nodes  int
	good, bad        int
	fault            FeedFault
	struck           bool
}

// taskFile is a file as it was sent, or is to send.
type taskFile struct {
	name string
	data []byte
}

type feedBook struct {
	all    []*task
	byID   map[string]*task
	faults []*FeedFault
}

func (b *feedBook) init() { b.byID = map[string]*task{} }

// open counts the tasks that wait or are in process.
func (b *feedBook) open() int {
	n := 0
	for _, t := range b.all {
		if t.status == TaskQueued || t.status == TaskInProcess {
			n++
		}
	}
	return n
}

// withTask finds the task; operations of reports know no others, and the other
// way round, but files are those of either.
func withTask(handle func(f *Fake, c *call, t *task) answer) func(*Fake, *call) answer {
	return func(f *Fake, c *call) answer {
		t := f.feeds.byID[c.vars[0]]
		if t == nil || (c.op == "getTask" || c.op == "getInventoryTask") && (t.kind == feedReport) != (c.op == "getInventoryTask") {
			return refuse(http.StatusNotFound, 160003, "taskID", c.vars[0])
		}
		return handle(f, c, t)
	}
}

type taskBody struct {
	FeedType      string `json:"feedType"`
	SchemaVersion string `json:"schemaVersion"`
}

func (f *Fake) createTask(c *call) answer {
	var in taskBody
	if a, refused := c.read(&in); refused {
		return a
	}
	return f.newTask(c, in, "", feedRevise)
}

type reportBody struct {
	taskBody
	FilterCriteria *criteriaJSON `json:"filterCriteria"`
}

type criteriaJSON struct {
	ListingFormat string `json:"listingFormat"`
}

func (f *Fake) createReport(c *call) answer {
	var in reportBody
	if a, refused := c.read(&in); refused {
		return a
	}
	format := ""
	if in.FilterCriteria != nil {
		if format = in.FilterCriteria.ListingFormat; format != "FIXED_PRICE" && format != "AUCTION" {
			return bad(160019, "additionalInfo", "listingFormat")
		}
	}
	return f.newTask(c, in.taskBody, format, feedReport)
}

// newTask creates a task of the one kind that the operation is for. A report
// waits at once, another task for its file.
func (f *Fake) newTask(c *call, in taskBody, format, kind string) answer {
	m := f.home[0]
	if id := c.r.Header.Get(headerMarket); id != "" {
		if m = marketplaceByID[id]; m == nil {
			return bad(160027)
		}
	}
	switch {
	case feedTypes[in.FeedType] == 0:
		return bad(160017)
	case in.FeedType != kind:
		return bad(160030, "feedTypeValue", in.FeedType)
	case !number(in.SchemaVersion):
		return bad(160018)
	case !c.token.holdsAny(inventoryWriters):
		return refuse(http.StatusForbidden, 160002, "scope", strings.Join(c.token.scopes, " "), "feedType", kind)
	case f.feeds.open() >= f.cfg.FeedTasks:
		return refuse(http.StatusConflict, 160024)
	case !f.quota.take(f.sellerKey(c, kind), f.feedLimit(kind), 1, c.now):
		return refuse(http.StatusConflict, 160025)
	}
	t := f.addTask(&task{kind: kind, schema: in.SchemaVersion, m: m, format: format}, c.now)
	if kind == feedReport {
		f.queue(t, c.now)
	}
	a := empty(http.StatusAccepted)
	a.header = http.Header{"Location": {c.origin() + apis[APIFeed].base + c.route.path + "/" + t.id}}
	return a
}

func (f *Fake) addTask(t *task, now time.Time) *task {
	t.id = fmt.Sprintf("task-%d-%d", 10+len(f.feeds.all)%10, 1000000001+len(f.feeds.all))
	t.status, t.created = TaskCreated, f.round(now)
	f.feeds.all = append(f.feeds.all, t)
	f.feeds.byID[t.id] = t
	return t
}

func (f *Fake) uploadFile(c *call, t *task) answer {
	file, a, refused := readUpload(c)
	switch {
	case t.kind == feedReport:
		return bad(160030, "feedTypeValue", t.kind)
	case t.status != TaskCreated:
		return bad(160023, "taskID", t.id)
	case c.now.Sub(t.created) >= f.cfg.UploadWindow:
		return bad(160026)
	case refused:
		return a
	case len(file.data) > maxUpload:
		return bad(160028)
	case len(file.data) == 0:
		return bad(160020, "additionalInfo", "The file is empty.")
	case f.feeds.open() >= f.cfg.FeedTasks:
		return refuse(http.StatusConflict, 160024)
	}
	t.input, t.uploaded = file, f.round(c.now)
	f.queue(t, c.now)
	return empty(http.StatusOK)
}

// readUpload reads the one part of a form that is the file.
func readUpload(c *call) (*taskFile, answer, bool) {
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, refuse(http.StatusUnsupportedMediaType, 2006), true
	}
	form := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, bad(160100), true
		}
		if part.FormName() != "file" {
			continue
		}
		data, err := io.ReadAll(part) // the whole body is in memory and bounded
		if err != nil {
			return nil, bad(160020, "additionalInfo", "The form is cut off."), true
		}
		return &taskFile{part.FileName(), data}, answer{}, false
	}
}

type taskJSON struct {
	TaskID         string        `json:"taskId"`
	Status         TaskStatus    `json:"status"`
	FeedType       string        `json:"feedType"`
	CreationDate   string        `json:"creationDate"`
	CompletionDate string        `json:"completionDate,omitzero"`
	SchemaVersion  string        `json:"schemaVersion"`
	DetailHref     string        `json:"detailHref"`
	UploadSummary  *uploadJSON   `json:"uploadSummary,omitzero"`
	FilterCriteria *criteriaJSON `json:"filterCriteria,omitzero"`
}

type uploadJSON struct {
	SuccessCount int `json:"successCount"`
	FailureCount int `json:"failureCount"`
}

func (t *task) json(c *call) taskJSON {
	path := taskPath
	if t.kind == feedReport {
		path = reportPath
	}
	out := taskJSON{
		TaskID: t.id, Status: t.status, FeedType: t.kind, CreationDate: stamp(t.created), CompletionDate: stampOr(t.ended), SchemaVersion: t.schema,
		DetailHref: c.origin() + apis[APIFeed].base + path + "/" + t.id,
	}
	if t.kind != feedReport && t.result != nil {
		out.UploadSummary = &uploadJSON{t.good, t.bad}
	}
	if t.format != "" {
		out.FilterCriteria = &criteriaJSON{t.format}
	}
	return out
}

func (f *Fake) getTask(c *call, t *task) answer { return ok(t.json(c)) }

type tasksJSON struct {
	Href   string     `json:"href"`
	Limit  int        `json:"limit"`
	Offset int        `json:"offset"`
	Total  int        `json:"total"`
	Next   string     `json:"next,omitzero"`
	Prev   string     `json:"prev,omitzero"`
	Tasks  []taskJSON `json:"tasks"`
}

// getTasks lists tasks, the newest first.
func (f *Fake) getTasks(c *call) answer {
	limit, goodLimit := c.number("limit", defaultTasks)
	offset, goodOffset := c.number("offset", 0)
	days, goodDays := c.number("look_back_days", 30)
	kind := c.query.Get("feed_type")
	switch {
	case kind == "" && c.query.Get("schedule_id") == "":
		return bad(160004)
	case kind != "" && feedTypes[kind] == 0 || (kind == feedReport) != (c.op == "getInventoryTasks"):
		return bad(160006, "feedTypeValue", kind)
	case !goodLimit || limit < 1 || limit > maxTasks:
		return bad(160012)
	case !goodOffset || offset < 0:
		return bad(160013)
	case offset%limit != 0:
		return bad(160029)
	case !goodDays || days < 1 || days > tasksLookBack:
		return bad(160011)
	}
	sp := &span{from: c.now.AddDate(0, 0, -days)}
	if text := c.query.Get("date_range"); text != "" {
		first, last, _ := strings.Cut(text, "..")
		from, goodFrom := readStamp(first)
		to, goodTo := readStamp(last)
		if !goodFrom || last != "" && !goodTo {
			return bad(2004, "reason", "date_range")
		}
		sp = &span{from, to}
	}
	var all []*task
	for _, t := range slices.Backward(within(f.feeds.all, sp, func(t *task) time.Time { return t.created })) {
		if t.kind == kind {
			all = append(all, t)
		}
	}
	out := tasksJSON{Href: c.self(), Limit: limit, Offset: offset, Total: len(all), Tasks: []taskJSON{}}
	for _, t := range all[min(offset, len(all)):min(offset+limit, len(all))] {
		out.Tasks = append(out.Tasks, t.json(c))
	}
	if offset+limit < len(all) {
		out.Next = c.page(limit, offset+limit)
	}
	if offset > 0 {
		out.Prev = c.page(limit, max(offset-limit, 0))
	}
	return ok(out)
}

func (f *Fake) getInputFile(_ *call, t *task) answer { return t.download(t.input) }

func (f *Fake) getResultFile(_ *call, t *task) answer { return t.download(t.result) }

func (t *task) download(file *taskFile) answer {
	if file == nil {
		return refuse(http.StatusNotFound, 160014, "taskID", t.id)
	}
	return answer{
		status: http.StatusOK, ctype: "application/octet-stream", body: file.data,
		header: http.Header{"Content-Disposition": {"attachment; filename=" + strconv.Quote(file.name)}},
	}
}
