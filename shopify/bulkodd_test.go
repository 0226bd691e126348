package shopify_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/channel"
	"github.com/penstock-go/penstock/shopify"
	"github.com/penstock-go/penstock/shopify/shopifytest"
)

// bentBulk changes what bulk operations answer.
type bentBulk struct {
	base   http.RoundTripper
	result func(lines [][]byte) io.Reader // nil leaves it
	link   [2]string                      // replaced in addresses
	asked  int                            // for results
}

func (b *bentBulk) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	out := io.Reader(bytes.NewReader(bytes.ReplaceAll(body, []byte(b.link[0]), []byte(b.link[1]))))
	if strings.Contains(req.URL.Path, "/__bulk/") {
		b.asked++
		if b.result != nil {
			out = b.result(bytes.SplitAfter(bytes.TrimSuffix(body, []byte("\n")), []byte("\n")))
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(out), -1
	return resp, err
}

// onBentBulk runs f on a shop of n orders of two lines, with a finished snapshot
// of them.
func onBentBulk(t *testing.T, n int, bulk *bentBulk, f func(r rig, orders channel.Ticket)) {
	t.Helper()
	onShop(t, shopifytest.Config{}, func(c *shopify.Config) { bulk.base, c.Transport = c.Transport, bulk }, func(r rig) {
		r.product("MUG", 5000)
		for range n {
			r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}, {SKU: "MUG"}}})
		}
		f(r, r.finished(channel.BackfillQuery{Kind: channel.BackfillOrders}))
	})
}

// snapshot reads one: how many lines each order has, and pages.
func (r rig) snapshot(t channel.Ticket) (lines map[channel.OrderID]int, parked []channel.Parked, pages int, err error) {
	lines = map[channel.OrderID]int{}
	for p, err := range r.ch.BackfillOrders(r.Context(), t) {
		if err != nil {
			return lines, parked, pages, err
		}
		pages++
		parked = append(parked, p.Parked...)
		for _, o := range p.Items {
			lines[o.ID] = len(o.Lines)
		}
	}
	return lines, parked, pages, nil
}

func isChild(line []byte) bool { return bytes.Contains(line, []byte(`"__parentId"`)) }

// Lines that come before their orders lose nothing: those orders are read by
// id, a page of them at a time.
func TestOrdersOfAnUngroupedSnapshotAreReadByID(t *testing.T) {
	const n = 120
	bulk := &bentBulk{result: func(lines [][]byte) io.Reader {
		slices.SortStableFunc(lines, func(a, b []byte) int {
			switch {
			case isChild(a) == isChild(b):
				return 0
			case isChild(a):
				return -1
			}
			return 1
		})
		for i := range lines {
			lines[i] = append(bytes.TrimSpace(lines[i]), '\n')
		}
		return bytes.NewReader(bytes.Join(lines, nil))
	}}
	onBentBulk(t, n, bulk, func(r rig, ticket channel.Ticket) {
		lines, parked, pages, err := r.snapshot(ticket)
		r.must(err)
		whole := 0
		for _, l := range lines {
			if l == 2 {
				whole++
			}
		}
		if whole != n || len(parked) > 0 || pages < 3 {
			r.Errorf("%d whole orders of %d, %d parked, %d pages", whole, n, len(parked), pages)
		}
	})
}

// endless writes a line for each i below n.
func endless(n int, line func(i int) string) io.Reader {
	r, w := io.Pipe()
	go func() {
		for i := range n {
			if _, err := io.WriteString(w, line(i)+"\n"); err != nil {
				break
			}
		}
		_ = w.Close()
	}()
	return r
}

func TestASnapshotThatCannotBeHeldIsRefused(t *testing.T) {
	for name, result := range map[string]func([][]byte) io.Reader{
		"lines of ever more orders": func([][]byte) io.Reader {
			return endless(shopify.MaxStrays+1, func(i int) string {
				return fmt.Sprintf(`{"id":"gid://shopify/LineItem/%d","__parentId":"gid://shopify/Order/%d"}`, i, i)
			})
		},
		"a line without end": func([][]byte) io.Reader {
			return strings.NewReader(`{"id":"` + strings.Repeat("x", shopify.MaxBulkLine))
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBentBulk(t, 1, &bentBulk{result: result}, func(r rig, ticket channel.Ticket) {
				if _, _, _, err := r.snapshot(ticket); !errors.Is(err, channel.ErrInvalid) {
					r.Errorf("%v", err)
				}
			})
		})
	}
}

// An order with more lines than are held is read by id.
func TestAnOrderTooLargeToBeHeldIsReadByID(t *testing.T) {
	bulk := &bentBulk{}
	bulk.result = func(lines [][]byte) io.Reader {
		parent, _, _ := strings.Cut(strings.TrimPrefix(string(lines[0]), `{"id":"`), `"`)
		pad := strings.Repeat("x", 1<<20)
		return io.MultiReader(bytes.NewReader(lines[0]), endless(shopify.MaxBulkParent>>20+1, func(i int) string {
			return fmt.Sprintf(`{"id":"gid://shopify/LineItem/%d","__parentId":%q,"title":%q}`, i, parent, pad)
		}), bytes.NewReader(bytes.Join(lines[3:], nil)))
	}
	onBentBulk(t, 2, bulk, func(r rig, ticket channel.Ticket) {
		lines, parked, _, err := r.snapshot(ticket)
		r.must(err)
		if len(lines) != 2 || len(parked) > 0 {
			r.Errorf("%v, parked %v", lines, parked)
		}
		for id, n := range lines {
			if n != 2 {
				r.Errorf("order %s has %d lines", id, n)
			}
		}
	})
}

// A record without an id is parked, not passed over.
func TestARecordOfASnapshotWithoutAnIDIsParked(t *testing.T) {
	bulk := &bentBulk{result: func(lines [][]byte) io.Reader {
		return io.MultiReader(strings.NewReader("{\"name\":\"#1001\"}\n"), bytes.NewReader(bytes.Join(lines, nil)))
	}}
	onBentBulk(t, 1, bulk, func(r rig, ticket channel.Ticket) {
		lines, parked, _, err := r.snapshot(ticket)
		r.must(err)
		if len(lines) != 1 || len(parked) != 1 || !errors.Is(parked[0].Err, channel.ErrInvalid) {
			r.Errorf("%v, parked %v", lines, parked)
		}
	})
}

// Who has a result's address has the orders, so it is not asked for in the open.
func TestASnapshotIsFetchedOverTLS(t *testing.T) {
	for _, link := range []string{"http://storage.example", "//storage.example", "file://storage.example", "https:", "%"} {
		bulk := &bentBulk{}
		onBentBulk(t, 1, bulk, func(r rig, ticket channel.Ticket) {
			bulk.link = [2]string{"https://" + r.fake.Shop(), link}
			if _, _, _, err := r.snapshot(ticket); !errors.Is(err, channel.ErrInvalid) || strings.Contains(err.Error(), "jsonl") {
				r.Errorf("%s: %v", link, err)
			}
			if bulk.asked > 0 || r.fake.Stats().TokenLeaks > 0 {
				r.Errorf("%s: asked for %d times", link, bulk.asked)
			}
		})
	}
}

// A fake on a socket has no TLS; its results are where its calls go.
func TestASnapshotIsFetchedFromTheConfiguredEndpoint(t *testing.T) {
	onShop(t, shopifytest.Config{}, func(c *shopify.Config) { c.Endpoint = "http://127.0.0.1:8080" }, func(r rig) {
		r.product("MUG", 5)
		r.order(shopifytest.NewOrder{Lines: []shopifytest.NewLine{{SKU: "MUG"}}})
		lines, _, _, err := r.snapshot(r.finished(channel.BackfillQuery{Kind: channel.BackfillOrders}))
		if err != nil || len(lines) != 1 || r.fake.Stats().TokenLeaks > 0 {
			t.Errorf("%d orders, %v", len(lines), err)
		}
	})
}
