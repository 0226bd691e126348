package ebaytest

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"time"
)

// FeedFault is what befalls feed tasks to come.
type FeedFault struct {
	Type  string // LMS_REVISE_INVENTORY_STATUS or LMS_ACTIVE_INVENTORY_REPORT; "" is either
	SKU   string // only tasks whose file names it; "" is any
	After int    // of such tasks, let through first
	Times int    // tasks struck; 0 means 1, -1 all

	StickQueued  bool          // it waits until ReleaseFeeds
	StickRunning bool          // it stays in process until ReleaseFeeds
	Wait, Run    time.Duration // it waits or is in process so much longer

	Fail     bool // it ends FAILED before anything was done, without a file
	Partial  bool // it ends PARTIALLY_PROCESSED: only Apply of its requests are done and told
	Apply    int
	NoResult bool // it has no result file
	Corrupt  bool // its result file is cut off
	Dropped  bool // it ends COMPLETED without errors and has no effect
}

// FeedFault puts a fault in force.
func (f *Fake) FeedFault(ft FeedFault) {
	f.lock()
	defer f.mu.Unlock()
	if ft.Times == 0 {
		ft.Times = 1
	}
	f.feeds.faults = append(f.feeds.faults, &ft)
}

// strike puts the first fault that is in force for a task on it.
func (f *Fake) strike(t *task) {
	for _, ft := range f.feeds.faults {
		switch {
		case ft.Times == 0 || ft.Type != "" && ft.Type != t.kind || ft.SKU != "" && !t.names(ft.SKU):
			continue
		case ft.After > 0:
			ft.After--
			continue
		case ft.Times > 0:
			ft.Times--
		}
		t.fault, t.struck = *ft, true
		return
	}
}

// names reports whether a task's file has a node for a SKU.
func (t *task) names(sku string) bool {
	requests, err := t.read()
	return err == nil && slices.ContainsFunc(requests, func(r *node) bool {
		return slices.ContainsFunc(r.all("InventoryStatus"), func(n *node) bool { return n.value("SKU") == sku })
	})
}

// ReleaseFeeds lets the tasks that stick go on: those that are in process end
// now.
func (f *Fake) ReleaseFeeds() {
	now := f.lock()
	defer f.mu.Unlock()
	for _, t := range f.feeds.all {
		switch {
		case t.fault.StickQueued && t.status == TaskQueued:
			t.fault.StickQueued = false
			f.start(t, now)
		case t.fault.StickRunning && t.status == TaskInProcess:
			t.fault.StickRunning = false
			f.finish(t, now)
		}
	}
}

// queue has a task wait for its turn.
func (f *Fake) queue(t *task, now time.Time) {
	f.strike(t)
	t.status = TaskQueued
	if !t.fault.StickQueued {
		f.due.Add(now.Add(f.cfg.FeedQueue+t.fault.Wait), func(at time.Time) { f.start(t, at) })
	}
}

func (f *Fake) start(t *task, at time.Time) {
	t.status, t.started = TaskInProcess, f.round(at)
	if !t.fault.StickRunning {
		f.due.Add(at.Add(f.cfg.FeedRun+t.fault.Run), func(at time.Time) { f.finish(t, at) })
	}
}

func (f *Fake) finish(t *task, at time.Time) {
	t.ended = f.round(at)
	var root *node
	switch {
	case t.fault.Fail:
	case t.kind == feedReport:
		root = f.report(t, at)
	case t.input == nil: // somebody else's
		t.status = TaskCompleted
		return
	default:
		root = f.process(t, at)
	}
	if t.status = t.outcome(root); root == nil || t.fault.NoResult {
		return
	}
	t.result = f.packFile(t, root.document())
	if t.fault.Corrupt {
		t.result.data = t.result.data[:len(t.result.data)/2]
	}
}

// outcome is the state a task ends in; root is its result's document.
func (t *task) outcome(root *node) TaskStatus {
	switch {
	case root == nil:
		return TaskFailed
	case t.fault.Partial:
		return TaskPartiallyProcessed
	case t.bad > 0:
		return TaskCompletedWithError
	default:
		return TaskCompleted
	}
}

const maxUnpacked = 64 << 20 // of an uploaded file, ours

var errFeed = errors.New("ebaytest: not a feed's document")

// unpacked is a file's text, whether it was sent packed or plain.
func (file *taskFile) unpacked() ([]byte, error) {
	var r io.Reader = bytes.NewReader(file.data)
	switch {
	case bytes.HasPrefix(file.data, []byte("PK\x03\x04")):
		z, err := zip.NewReader(bytes.NewReader(file.data), int64(len(file.data)))
		if err != nil || len(z.File) != 1 {
			return nil, errFeed
		}
		in, err := z.File[0].Open()
		if err != nil {
			return nil, err
		}
		defer func() { _ = in.Close() }()
		r = in
	case bytes.HasPrefix(file.data, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		r = z
	}
	text, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if len(text) > maxUnpacked {
		return nil, errFeed
	}
	return text, err
}

// read returns the requests in a task's file. An error means that the whole of
// it fails.
func (t *task) read() ([]*node, error) {
	if t.input == nil {
		return nil, errFeed
	}
	text, err := t.input.unpacked()
	if err != nil {
		return nil, err
	}
	root, err := parseXML(text)
	if err != nil {
		return nil, err
	}
	head := root.one("Header")
	requests := root.all(opRevise + "Request")
	if root.name != "BulkDataExchangeRequests" || marketplaceBySite[head.value("SiteID")] == nil || !number(head.value("Version")) ||
		len(requests) == 0 || len(requests)+1 != len(root.kids) {
		return nil, errFeed
	}
	return requests, nil
}

// process carries a task's file out and returns the document that tells of it,
// nil where the file is none.
func (f *Fake) process(t *task, now time.Time) *node {
	requests, err := t.read()
	if err != nil {
		f.violate("feed task %s: %v", t.id, err)
		return nil
	}
	t.requests = len(requests)
	if t.fault.Partial {
		requests = requests[:min(t.fault.Apply, len(requests))]
	}
	root := el("BulkDataExchangeResponses")
	for _, r := range requests {
		for _, name := range []string{"ErrorLanguage", "Version", "WarningLevel"} {
			r.all(name)
		}
		id := r.value("MessageID")
		t.nodes += len(r.all("InventoryStatus"))
		var res result
		if !t.fault.Dropped {
			res = f.reviseNodes(Write{Op: opRevise, TaskID: t.id}, r, now)
			for _, name := range r.unread() {
				f.violate("feed task %s: the request has no element %s", t.id, name)
			}
		}
		if res.ack() == "Failure" || res.partly {
			t.bad++
		} else {
			t.good++
		}
		if f.cfg.Believed.NoMessageIDs {
			id = ""
		}
		root.add(res.into(el(opRevise+"Response"), id, now))
	}
	return root
}

// report lists the active listings, of both worlds.
func (f *Fake) report(t *task, now time.Time) *node {
	list := el("ActiveInventoryReport", moment("Timestamp", now), leaf("Ack", "Success"), leaf("Version", t.schema), leaf("Build", tradingBuild))
	for _, l := range f.catalog.all {
		if l.ended || l.m != t.m || t.format == "AUCTION" {
			continue
		}
		list.add(f.reportNode(l))
		t.nodes++
	}
	return el("BulkDataExchangeResponses", list)
}

func (f *Fake) reportNode(l *listing) *node {
	total, sold := l.sums()
	quantity := func(total, sold int64) *node {
		if f.cfg.Believed.ReportCountsSold {
			return count("Quantity", total)
		}
		return count("Quantity", total-sold)
	}
	u := l.units[0]
	n := el("SKUDetails")
	if !l.variations && u.sku != "" {
		n.add(leaf("SKU", u.sku))
	}
	n.add(price("Price", u.price, l.m.currency), quantity(total, sold), leaf("ItemID", l.id))
	if !l.variations {
		return n
	}
	vars := el("Variations")
	for _, u := range l.units {
		if u.gone {
			continue
		}
		v := el("Variation")
		if u.sku != "" {
			v.add(leaf("SKU", u.sku))
		}
		vars.add(v.add(price("Price", u.price, l.m.currency), quantity(u.total(), u.sold)))
	}
	return n.add(vars)
}

// packFile packs a document as the marketplace does: zipped, or with gzip.
func (f *Fake) packFile(t *task, text []byte) *taskFile {
	name := t.kind + "-" + t.id + ".xml"
	var b bytes.Buffer
	var w io.WriteCloser
	if f.cfg.GzipResults {
		name += ".gz"
		w = gzip.NewWriter(&b)
		_, _ = w.Write(text) // a Buffer takes everything
		_ = w.Close()
		return &taskFile{name, b.Bytes()}
	}
	z := zip.NewWriter(&b)
	if in, err := z.Create(name); err == nil {
		_, _ = in.Write(text)
	}
	_ = z.Close()
	return &taskFile{t.kind + "-" + t.id + ".zip", b.Bytes()}
}

// Task is a feed task as the account has it.
type Task struct {
	ID, Type  string
	Status    TaskStatus
	Created   time.Time
	Uploaded  time.Time // zero until its file is, and of reports
	Started   time.Time // zero while it waits
	Ended     time.Time // zero until it ends
	Requests  int       // its file held, known when it has ended
	Nodes     int       // in them, or lines of the report
	Succeeded int       // requests
	Failed    int
	Result    bool // it has a result file
	Struck    bool // a FeedFault befell it
}

// Tasks returns the feed tasks so far, in order.
func (f *Fake) Tasks() []Task {
	f.lock()
	defer f.mu.Unlock()
	out := make([]Task, len(f.feeds.all))
	for i, t := range f.feeds.all {
		out[i] = Task{
			t.id, t.kind, t.status, t.created, t.uploaded, t.started, t.ended, t.requests, t.nodes, t.good, t.bad, t.result != nil, t.struck,
		}
	}
	return out
}

// EnqueueTask has somebody else's feed task of the seller's wait now and then be
// in process for a time. It does nothing, and counts among those that may be
// open at once.
func (f *Fake) EnqueueTask(run time.Duration) string {
	now := f.lock()
	defer f.mu.Unlock()
	t := f.addTask(&task{kind: feedRevise, schema: tradingLevel}, now)
	t.fault.Run, t.status = run, TaskQueued
	f.due.Add(now.Add(f.cfg.FeedQueue), func(at time.Time) { f.start(t, at) })
	return t.id
}
