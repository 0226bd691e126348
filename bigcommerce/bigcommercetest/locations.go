package bigcommercetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// DefaultLocation is the id of the location every store has, the origin of
// shipments.
const DefaultLocation = 1

// Location is a place that holds stock.
type Location struct {
	ID       int
	Code     string
	Label    string
	Enabled  bool // a disabled location takes no changes and sells nothing
	Virtual  bool
	External bool // managed_by_external_source
	Created  time.Time
}

// NewLocation describes a location to add; the zero value is an enabled one.
type NewLocation struct {
	Code     string // "" means BC-LOCATION-<id>
	Label    string // "" means Location <id>
	Disabled bool
	Virtual  bool
	External bool
}

// AddLocation adds a location and returns its id.
func (f *Fake) AddLocation(n NewLocation) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := f.locations[len(f.locations)-1].ID + 1
	f.locations = append(f.locations, &Location{
		ID: id, Code: cmp.Or(n.Code, fmt.Sprintf("BC-LOCATION-%d", id)), Label: cmp.Or(n.Label, fmt.Sprintf("Location %d", id)),
		Enabled: !n.Disabled, Virtual: n.Virtual, External: n.External, Created: f.now(),
	})
	return id
}

// EnableLocation switches a location on or off.
func (f *Fake) EnableLocation(id int, on bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.location(id)
	if l == nil {
		return fmt.Errorf("%w: location %d", ErrNotFound, id)
	}
	l.Enabled = on
	return nil
}

func (f *Fake) location(id int) *Location {
	i, found := slices.BinarySearchFunc(f.locations, id, func(l *Location, id int) int { return cmp.Compare(l.ID, id) })
	if !found {
		return nil
	}
	return f.locations[i]
}

var locationRoutes = []route{{
	method: "GET", path: "/v3/inventory/locations", scopes: []string{ScopeLocationsRead},
	query: []string{
		"location_id:in", "location_code:in", "is_default", "type_id:in", "managed_by_external_source", "is_active",
		"storefront_visibility", "page", "limit",
	},
	handle: (*Fake).listLocations,
}}

type hoursJSON struct {
	Open    bool   `json:"open"`
	Opening string `json:"opening"`
	Closing string `json:"closing"`
}

type locationJSON struct {
	ID             int                  `json:"id"`
	Code           string               `json:"code"`
	Label          string               `json:"label"`
	Description    string               `json:"description"`
	ManagedOutside bool                 `json:"managed_by_external_source"`
	TypeID         string               `json:"type_id"`
	Enabled        bool                 `json:"enabled"`
	OperatingHours map[string]hoursJSON `json:"operating_hours"`
	TimeZone       string               `json:"time_zone"`
	CreatedAt      string               `json:"created_at"`
	UpdatedAt      string               `json:"updated_at"`
	Address        locationAddressJSON  `json:"address"`
	Visible        bool                 `json:"storefront_visibility"`
	SpecialHours   []struct{}           `json:"special_hours"`
}

type locationAddressJSON struct {
	Address1       string             `json:"address1"`
	Address2       string             `json:"address2"`
	City           string             `json:"city"`
	State          string             `json:"state"`
	Zip            string             `json:"zip"`
	Email          string             `json:"email"`
	Phone          string             `json:"phone"`
	GeoCoordinates map[string]float64 `json:"geo_coordinates"`
	CountryCode    string             `json:"country_code"`
}

func (l *Location) typeID() string {
	if l.Virtual {
		return "VIRTUAL"
	}
	return "PHYSICAL"
}

func (l *Location) json() locationJSON {
	hours := map[string]hoursJSON{}
	for d := range 7 {
		hours[strings.ToLower(time.Weekday(d).String())] = hoursJSON{true, "09:00", "17:00"}
	}
	return locationJSON{
		ID: l.ID, Code: l.Code, Label: l.Label, ManagedOutside: l.External, TypeID: l.typeID(), Enabled: l.Enabled,
		OperatingHours: hours, TimeZone: "Etc/UTC", CreatedAt: v3Date(l.Created), UpdatedAt: v3Date(l.Created), Visible: true,
		Address: locationAddressJSON{
			Address1: "1 Warehouse Way", City: "Austin", State: "Texas", Zip: "78701", Email: "warehouse@example.com",
			Phone: "5550100", GeoCoordinates: map[string]float64{"latitude": 30.26, "longitude": -97.74}, CountryCode: "US",
		},
		SpecialHours: []struct{}{},
	}
}

func (f *Fake) listLocations(c *call) answer {
	p := params{c: c}
	ids, codes, types := p.ints("location_id:in"), p.list("location_code:in"), p.list("type_id:in")
	def, defSet := p.boolean("is_default")
	active, activeSet := p.boolean("is_active")
	outside, outsideSet := p.boolean("managed_by_external_source")
	visible, visibleSet := p.boolean("storefront_visibility")
	pg, tooLarge := p.page(maxInventory)
	if tooLarge {
		return c.limitTooLarge(maxInventory)
	}
	if a, bad := p.refusal(); bad {
		return a
	}
	out := []locationJSON{}
	for _, l := range f.locations {
		if ids != nil && !slices.Contains(ids, l.ID) || codes != nil && !slices.Contains(codes, l.Code) ||
			types != nil && !slices.Contains(types, l.typeID()) || defSet && def != (l.ID == DefaultLocation) ||
			activeSet && active != l.Enabled || outsideSet && outside != l.External || visibleSet && !visible {
			continue
		}
		out = append(out, l.json())
	}
	return ok(paged(c, out, pg))
}
