package trading

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sellingPage = `<?xml version="1.0" encoding="UTF-8"?>
<GetMyeBaySellingResponse xmlns="urn:ebay:apis:eBLBaseComponents">
 <Timestamp>2026-11-20T10:00:00.000Z</Timestamp><Ack>Warning</Ack>
 <Errors><ShortMessage>Old</ShortMessage><LongMessage>Old version</LongMessage><ErrorCode>21919456</ErrorCode><SeverityCode>Warning</SeverityCode>
  <ErrorParameters ParamID="0"><Value>x</Value></ErrorParameters><ErrorClassification>RequestError</ErrorClassification></Errors>
 <ActiveList><ItemArray>
  <Item><ItemID>110500000001</ItemID><Title>A &amp; B</Title><SKU>A</SKU><Quantity>7</Quantity><QuantityAvailable>5</QuantityAvailable></Item>
  <Item><ItemID>110500000002</ItemID><Unknown><Deep>1</Deep></Unknown><Quantity>9</Quantity><SellingStatus><QuantitySold>2</QuantitySold></SellingStatus>
   <Variations><Variation><SKU>B-L</SKU><Quantity>4</Quantity><SellingStatus><QuantitySold>1</QuantitySold></SellingStatus>
    <VariationSpecifics><NameValueList><Name>Size</Name><Value>L</Value></NameValueList></VariationSpecifics></Variation></Variations></Item>
 </ItemArray><PaginationResult><TotalNumberOfPages>3</TotalNumberOfPages><TotalNumberOfEntries>402</TotalNumberOfEntries></PaginationResult></ActiveList>
</GetMyeBaySellingResponse>
`

func TestAPageOfListingsIsRead(t *testing.T) {
	var got SellingResponse
	if err := Unmarshal([]byte(sellingPage), "GetMyeBaySellingResponse", &got); err != nil {
		t.Fatal(err)
	}
	if !got.OK() || len(got.Failed()) != 0 || got.Errors[0].Parameters[0].Value != "x" || got.Errors[0].Parameters[0].ID != "0" {
		t.Errorf("head %+v", got.Head)
	}
	if len(got.Active.Items) != 2 || got.Active.Pages.Pages != 3 || got.Active.Pages.Entries != 402 {
		t.Fatalf("page %+v", got.Active)
	}
	a, b := &got.Active.Items[0], &got.Active.Items[1]
	if a.Title != "A & B" || a.Left() != 5 || b.Left() != 7 {
		t.Errorf("items %+v %+v", a, b)
	}
	if v := &b.Variations[0]; v.SKU != "B-L" || v.Left() != 3 || v.Specifics[0].Name != "Size" || v.Specifics[0].Value[0] != "L" {
		t.Errorf("variation %+v", v)
	}
}

func TestRequestsAreWritten(t *testing.T) {
	const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	for name, tt := range map[string]struct {
		in   any
		want string
	}{
		"quantities": {
			&ReviseRequest{Nodes: []Status{{"1", "", 3}, {"2", "A<&>", 0}}},
			`<ReviseInventoryStatusRequest xmlns="urn:ebay:apis:eBLBaseComponents"><InventoryStatus><ItemID>1</ItemID><Quantity>3</Quantity></InventoryStatus>` +
				`<InventoryStatus><ItemID>2</ItemID><SKU>A&lt;&amp;&gt;</SKU><Quantity>0</Quantity></InventoryStatus></ReviseInventoryStatusRequest>`,
		},
		"listings": {
			Selling(200, 2),
			`<GetMyeBaySellingRequest xmlns="urn:ebay:apis:eBLBaseComponents"><DetailLevel>ReturnAll</DetailLevel><ActiveList><Include>true</Include>` +
				`<Pagination><EntriesPerPage>200</EntriesPerPage><PageNumber>2</PageNumber></Pagination><Sort>StartTime</Sort></ActiveList></GetMyeBaySellingRequest>`,
		},
		"a listing": {
			ItemByID("110"),
			`<GetItemRequest xmlns="urn:ebay:apis:eBLBaseComponents"><DetailLevel>ReturnAll</DetailLevel><ItemID>110</ItemID></GetItemRequest>`,
		},
		"a preference": {
			&PreferencesRequest{OutOfStock: true},
			`<GetUserPreferencesRequest xmlns="urn:ebay:apis:eBLBaseComponents"><ShowOutOfStockControlPreference>true</ShowOutOfStockControlPreference>` +
				`</GetUserPreferencesRequest>`,
		},
		"a parcel": {
			&SaleRequest{OrderID: "1-2", Shipped: true, Shipment: &Shipment{Tracking: []Tracking{{"UPS", "1Z"}}}},
			`<CompleteSaleRequest xmlns="urn:ebay:apis:eBLBaseComponents"><OrderID>1-2</OrderID><Shipped>true</Shipped><Shipment><ShipmentTrackingDetails>` +
				`<ShippingCarrierUsed>UPS</ShippingCarrierUsed><ShipmentTrackingNumber>1Z</ShipmentTrackingNumber></ShipmentTrackingDetails></Shipment></CompleteSaleRequest>`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Marshal(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(head+tt.want, string(got)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestOtherAnswersAreRead(t *testing.T) {
	const head = `<Timestamp>t</Timestamp><Ack>Success</Ack>`
	wrap := func(name, body string) []byte {
		return []byte("<" + name + ` xmlns="` + Space + `">` + head + body + "</" + name + ">")
	}
	var item ItemResponse
	if err := Unmarshal(wrap("GetItemResponse", "<Item><ItemID>7</ItemID><SellingStatus><ListingStatus>Completed</ListingStatus></SellingStatus></Item>"), "GetItemResponse", &item); err != nil {
		t.Fatal(err)
	}
	var prefs PreferencesResponse
	if err := Unmarshal(wrap("GetUserPreferencesResponse", "<OutOfStockControlPreference>true</OutOfStockControlPreference>"), "GetUserPreferencesResponse", &prefs); err != nil {
		t.Fatal(err)
	}
	var revised ReviseResponse
	if err := Unmarshal(wrap("ReviseInventoryStatusResponse", "<InventoryStatus><ItemID>7</ItemID><Quantity>3</Quantity></InventoryStatus>"), "ReviseInventoryStatusResponse", &revised); err != nil {
		t.Fatal(err)
	}
	var sale SaleResponse
	if err := Unmarshal(wrap("CompleteSaleResponse", ""), "CompleteSaleResponse", &sale); err != nil {
		t.Fatal(err)
	}
	if item.Item.Selling.Status != "Completed" || prefs.OutOfStock == nil || !*prefs.OutOfStock || len(revised.Nodes) != 1 || !sale.OK() {
		t.Errorf("%+v %+v %+v %+v", item, prefs, revised, sale)
	}
}

// What is not plain XML of that call is not read, whatever else it is.
func TestDocumentsOfOtherKindsAreNotRead(t *testing.T) {
	deep := strings.Repeat("<A>", MaxDepth) + strings.Repeat("</A>", MaxDepth)
	var attributes strings.Builder
	for i := range MaxAttributes + 1 {
		attributes.WriteString(" a" + strconv.Itoa(i) + `="1"`)
	}
	for name, tt := range map[string]string{
		"empty":                 "",
		"space":                 "  \n",
		"a document type":       `<!DOCTYPE X [<!ENTITY a "b">]><X>&a;</X>`,
		"an outer entity":       `<!DOCTYPE X SYSTEM "file:///etc/passwd"><X/>`,
		"an unknown entity":     `<X>&a;</X>`,
		"an instruction":        `<?xml-stylesheet href="x"?><X/>`,
		"another encoding":      `<?xml version="1.0" encoding="ISO-8859-1"?><X/>`,
		"nested too deep":       "<X>" + deep + "</X>",
		"too many attributes":   "<X" + attributes.String() + "/>",
		"another root":          "<Y/>",
		"another namespace":     `<X xmlns="urn:else"/>`,
		"cut":                   "<X><Ack>Succ",
		"cut between":           "<X><Ack>Success</Ack>",
		"crossed":               "<X><A></X></A>",
		"a second root":         "<X/><X/>",
		"something after it":    "<X/>more",
		"a bare ampersand":      "<X>a & b</X>",
		"a control character":   "<X>\x01</X>",
		"broken text":           "<X>\xff</X>",
		"a quantity of letters": "<X><Quantity>many</Quantity></X>",
		"a web page":            "<html><body>Gateway<br></body></html>",
	} {
		t.Run(name, func(t *testing.T) {
			var v struct {
				Ack      string
				Quantity int64
			}
			if err := Unmarshal([]byte(tt), "X", &v); err == nil {
				t.Errorf("read as %+v", v)
			}
		})
	}
}

func TestAStreamIsReadRecordByRecord(t *testing.T) {
	doc := `<?xml version="1.0" encoding="UTF-8"?><List xmlns="` + Space + `"><Other><A/></Other>` +
		strings.Repeat(`<InventoryStatus><ItemID>7</ItemID><Quantity>2</Quantity></InventoryStatus>`, 3) + `</List>`
	d := NewDecoder(strings.NewReader(doc), 1<<20)
	if err := d.Root("List"); err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		start, err := d.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start.Name.Local != "InventoryStatus" {
			if err := d.Skip(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var s Status
		if err := d.Decode(start, &s); err != nil || s != (Status{"7", "", 2}) {
			t.Fatalf("%+v, %v", s, err)
		}
		n++
	}
	if err := d.End(); err != nil || n != 3 {
		t.Errorf("%d records, %v", n, err)
	}
}

// endless is a document that never ends.
type endless struct{ begin, again string }

func (e *endless) Read(p []byte) (int, error) {
	if e.begin == "" {
		e.begin = e.again
	}
	n := copy(p, e.begin)
	e.begin = e.begin[n:]
	return n, nil
}

func TestAStreamIsBounded(t *testing.T) {
	for name, in := range map[string]*endless{
		"a text without end":     {"<List><A>", strings.Repeat("x", 1000)},
		"records without end":    {"<List>", "<A>1</A>"},
		"elements without end":   {"<List><A>", "<B/>"},
		"a name without end":     {"<List><A", strings.Repeat("x", 1000)},
		"attributes without end": {"<List><A ", `a="1" `},
	} {
		t.Run(name, func(t *testing.T) {
			d := NewDecoder(in, 1<<20)
			err := d.Root("List")
			for err == nil {
				var start xml.StartElement
				if start, err = d.Next(); err == nil {
					err = d.Decode(start, &struct{}{})
				}
			}
			if !errors.Is(err, ErrDocument) {
				t.Errorf("%v", err)
			}
		})
	}
}

// broken fails after a while.
type broken struct{ err error }

func (b *broken) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	b.err = io.ErrUnexpectedEOF
	return copy(p, "<List><A>"), nil
}

func TestWhatTheSourceSaidIsTold(t *testing.T) {
	d := NewDecoder(&broken{}, 1<<20)
	if err := d.Root("List"); err != nil {
		t.Fatal(err)
	}
	if start, err := d.Next(); err != nil || d.Decode(start, &struct{}{}) == nil || !errors.Is(d.Source(), io.ErrUnexpectedEOF) {
		t.Errorf("%v, source %v", err, d.Source())
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(sellingPage))
	f.Add([]byte(`<!DOCTYPE X><GetMyeBaySellingResponse/>`))
	f.Fuzz(func(_ *testing.T, doc []byte) {
		var v SellingResponse
		if Unmarshal(doc, "GetMyeBaySellingResponse", &v) == nil {
			for i := range v.Active.Items {
				if v.Active.Items[i].Left() < 0 {
					panic("below zero")
				}
			}
		}
	})
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte(`<List xmlns="urn:ebay:apis:eBLBaseComponents"><A>1</A><B><C/></B></List>`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		d := NewDecoder(strings.NewReader(string(doc)), 1<<16)
		if d.Root("List") != nil {
			return
		}
		for range len(doc) + 1 {
			if _, err := d.Next(); err != nil {
				return
			}
			if d.Skip() != nil {
				return
			}
		}
		t.Error("more elements than bytes")
	})
}

func BenchmarkUnmarshal(b *testing.B) {
	item := sellingPage[strings.Index(sellingPage, "<Item>") : strings.Index(sellingPage, "</Item>")+len("</Item>")]
	doc := []byte(strings.Replace(sellingPage, item, strings.Repeat(item, 200), 1))
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		var v SellingResponse
		if err := Unmarshal(doc, "GetMyeBaySellingResponse", &v); err != nil {
			b.Fatal(err)
		}
	}
}
