package channeltest

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/penstock-go/penstock/channel"
)

func TestMemoryPassesTheSuite(t *testing.T) {
	for name, cfg := range presets() {
		t.Run(name, func(t *testing.T) { Run(t, memoryFixture(cfg)) })
	}
}

func TestMemoryOfSeveralLocationsPassesTheSuite(t *testing.T) {
	Run(t, memoryFixture(MemoryConfig{Locations: []channel.Location{
		{ID: "A", Active: true, Default: true, Ours: true}, {ID: "B", Active: true, Ours: true},
	}}))
}

func TestMemoryWithAClockOfItsOwnPassesTheSuite(t *testing.T) {
	Run(t, memoryFixture(MemoryConfig{Offset: 2 * time.Second, Latency: Range{10 * time.Millisecond, 300 * time.Millisecond}}))
}

var everyCapability = func() (names []string) {
	for _, c := range Capabilities() {
		names = append(names, c.Name)
	}
	return names
}()

func memoryFixture(cfg MemoryConfig) Fixture {
	// What goes wrong by chance is not what the suite asks about.
	cfg.Late, cfg.Dropped = 0, 0
	f := Fixture{
		New:          func(testing.TB) World { return newMemoryWorld(cfg) },
		Capabilities: everyCapability,
	}
	if cfg.Tickets == 0 {
		f.Cannot = map[string]string{"tickets are followed to the end": "this configuration answers without tickets"}
	}
	return f
}

// memoryWorld drives a Memory for the suite.
type memoryWorld struct {
	m    *Memory
	log  bytes.Buffer
	wrap func(*Memory) channel.Channel // a mutant
}

func newMemoryWorld(cfg MemoryConfig) *memoryWorld { return &memoryWorld{m: NewMemory(cfg)} }

func (w *memoryWorld) Open() channel.Channel {
	slog.New(slog.NewTextHandler(&w.log, nil)).Info("opened", "token", channel.Secret(w.Secrets()[0]))
	if w.wrap != nil {
		return w.wrap(w.m)
	}
	return w.m
}

func (w *memoryWorld) AddListing(sku string, quantity int64) (channel.ListingID, error) {
	return w.m.AddListing(NewListing{SKU: sku, Quantity: quantity}).ID, nil
}

func (w *memoryWorld) PlaceOrder(p Purchase) (channel.OrderID, error) {
	s := Sale{Payment: PaidNow}
	for _, l := range p.Lines {
		s.Lines = append(s.Lines, SaleLine{Listing: l.Listing, Quantity: l.Quantity})
	}
	if p.Shipping {
		s.Shipping = "4.90"
	}
	if p.BuyerCurrency != "" {
		s.BuyerCurrency, s.Rate = p.BuyerCurrency, 160
	}
	if p.Buyer != "" {
		name := channel.Personal(p.Buyer)
		s.Recipient = &channel.Recipient{Address: channel.Address{
			Name: name, Lines: []channel.Personal{name + " Street 1"}, City: "Exampleton", Country: "DE",
		}}
		s.Buyer = &channel.Buyer{ID: "B1", Name: name, Email: name + "@example.com"}
		s.Note = "from " + name
	}
	return w.m.PlaceSale(s)
}

func (w *memoryWorld) Cancel(id channel.OrderID) error { return w.m.Cancel(id) }

func (w *memoryWorld) Refund(id channel.OrderID, line channel.LineID, units int64) error {
	return w.m.Refund(id, line, units, true)
}

func (w *memoryWorld) ShipOutside(id channel.OrderID, line channel.LineID, units int64, number string) error {
	return w.m.ShipOutside(id, channel.Tracking{Number: number}, channel.ShipmentLine{Line: line, Quantity: units})
}

func (w *memoryWorld) Remove(id channel.OrderID) error { return w.m.Remove(id) }

func (w *memoryWorld) Poison(id channel.OrderID) error { return w.m.Poison(id) }

func (w *memoryWorld) SetStatus(id channel.OrderID, raw string) error {
	return w.m.SetRawStatus(id, raw)
}

func (w *memoryWorld) WithholdPeople() error {
	w.m.cfg.Personal = channel.MissingNotGranted
	return nil
}

func (w *memoryWorld) location() channel.LocationID { return w.m.cfg.Locations[0].ID }

func (w *memoryWorld) Edit(id channel.ListingID, by int64) error {
	return w.m.Edit(id, w.location(), by)
}

func (w *memoryWorld) Quantity(id channel.ListingID) int64 { return w.m.Quantity(id, w.location()) }

func (w *memoryWorld) Parcels(id channel.OrderID) []channel.RemoteShipment {
	var all []channel.RemoteShipment
	for _, p := range w.m.Parcels(id) {
		all = append(all, p.RemoteShipment)
	}
	return all
}

func (w *memoryWorld) Inject(t Trouble) (func(), error) {
	lasting := map[Trouble]Fault{
		TroubleUnavailable:  {Kind: FaultUnavailable},
		TroubleThrottled:    {Kind: FaultThrottled, RetryAfter: 10 * time.Minute},
		TroubleUnauthorized: {Kind: FaultUnauthorized},
		TroubleForbidden:    {Kind: FaultForbidden},
		TroubleSuspended:    {Kind: FaultSuspended},
		TroubleStall:        {Kind: FaultStall},
		TroubleEcho:         {Kind: FaultInvalid}, // there is no answer that could repeat anything
	}
	if f, found := lasting[t]; found {
		f.Times = -1
		return w.m.Inject(f), nil
	}
	if t == TroubleTruncated {
		return w.m.Inject(Fault{Op: OpOrders, Kind: FaultTruncated}), nil
	}
	kind := map[Trouble]FaultKind{TroubleAnswerLost: FaultAnswerLost, TroubleRequestLost: FaultLost}[t]
	lifts := []func(){w.m.Inject(Fault{Op: OpShip, Kind: kind}), w.m.Inject(Fault{Op: OpSetStock, Kind: kind})}
	return func() {
		for _, lift := range lifts {
			lift()
		}
	}, nil
}

func (w *memoryWorld) Secrets() []string { return []string{"shpat_0123456789abcdef"} }

func (w *memoryWorld) Output() string { return w.log.String() }
