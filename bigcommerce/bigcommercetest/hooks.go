package bigcommercetest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	hooksPerScope = 10
	hookIdle      = 90 * 24 * time.Hour
)

var hookRoutes = []route{
	{method: http.MethodPost, path: "/v3/hooks", handle: (*Fake).postHook},
	{method: "GET", path: "/v3/hooks", query: []string{"page", "limit", "is_active", "scope", "destination"}, handle: (*Fake).listHooks},
	{method: "GET", path: "/v3/hooks/{id}", handle: withHook((*Fake).getHook)},
	{method: http.MethodPut, path: "/v3/hooks/{id}", handle: withHook((*Fake).putHook)},
	{method: http.MethodDelete, path: "/v3/hooks/{id}", handle: withHook((*Fake).deleteHook)},
	{method: "GET", path: "/v3/hooks/admin", query: []string{"is_active"}, handle: (*Fake).getHooksAdmin},
	{method: http.MethodPut, path: "/v3/hooks/admin", handle: (*Fake).putHooksAdmin},
}

// hook is a client's subscription to a scope.
type hook struct {
	id          int
	client      string
	scope       string
	destination string
	headers     map[string]string
	active      bool
	deactivated bool // by the marketplace
	created     time.Time
	updated     time.Time
	used        time.Time // last delivery, or creation
}

type hookBook struct {
	all    []*hook
	nextID int
	emails map[string][]string // by client

	queue   []*delivery // not yet delivered, oldest event first
	sent    []*delivery // delivered or given up, for redelivery
	domains map[domainKey]*domain
	wake    chan struct{}

	reversed bool
	lose     func(scope string) bool
}

func (b *hookBook) init() {
	b.nextID = 18048287
	b.emails = map[string][]string{}
	b.domains = map[domainKey]*domain{}
	b.wake = make(chan struct{}, 1)
}

func (b *hookBook) deleteClient(client string) {
	b.all = slices.DeleteFunc(b.all, func(h *hook) bool { return h.client == client })
	b.queue = slices.DeleteFunc(b.queue, func(d *delivery) bool { return d.hook.client == client })
}

type hookJSON struct {
	ID          int               `json:"id"`
	ClientID    string            `json:"client_id"`
	StoreHash   string            `json:"store_hash"`
	Scope       string            `json:"scope"`
	Destination string            `json:"destination"`
	Headers     map[string]string `json:"headers"`
	IsActive    bool              `json:"is_active"`
	CreatedAt   int64             `json:"created_at"`
	UpdatedAt   int64             `json:"updated_at"`
}

func (f *Fake) hookJSON(h *hook) hookJSON {
	return hookJSON{h.id, h.client, f.cfg.StoreHash, h.scope, h.destination, maps.Clone(h.headers), h.active, h.created.Unix(), h.updated.Unix()}
}

func hookAnswer(j hookJSON) answer { return ok(map[string]any{"data": j, "meta": map[string]any{}}) }

// retire deactivates hooks that nothing was sent to for 90 days.
func (f *Fake) retire(now time.Time) {
	for _, h := range f.hooks.all {
		if h.active && now.Sub(h.used) >= hookIdle {
			f.deactivate(h, now)
		}
	}
}

func (f *Fake) deactivate(h *hook, now time.Time) {
	h.active, h.deactivated, h.updated = false, true, now
	f.hooks.queue = slices.DeleteFunc(f.hooks.queue, func(d *delivery) bool { return d.hook == h })
	f.emails = append(f.emails, Email{Time: now, Kind: EmailHookDeactivate, To: f.hookEmail(h.client)})
}

func (f *Fake) hookEmail(client string) string {
	if to := f.hooks.emails[client]; len(to) > 0 {
		return to[0]
	}
	return sellerEmail
}

func withHook(handle func(f *Fake, c *call, h *hook) answer) func(*Fake, *call) answer {
	return func(f *Fake, c *call) answer {
		f.retire(c.now)
		for _, h := range f.hooks.all {
			if h.id == c.vars[0] && h.client == c.token.ClientID {
				return handle(f, c, h)
			}
		}
		return c.refuse(http.StatusNotFound, "Webhook with id [%d] not found", c.vars[0])
	}
}

type hookBody struct {
	Scope       *string            `json:"scope"`
	Destination *string            `json:"destination"`
	IsActive    *bool              `json:"is_active"`
	Headers     *map[string]string `json:"headers"`
}

// readHook judges a body and returns the hook it makes of h.
func (c *call) readHook(h hook) (hook, hookBody, answer, bool) {
	var in hookBody
	if json.Unmarshal(c.body, &in) != nil {
		return h, in, c.refuse(http.StatusBadRequest, "Input is invalid."), true
	}
	assign(&h.scope, in.Scope)
	assign(&h.destination, in.Destination)
	assign(&h.headers, in.Headers)
	assign(&h.active, in.IsActive)
	errs := map[string]string{}
	if h.scope == "" || h.destination == "" {
		for name, v := range map[string]string{"scope": h.scope, "destination": h.destination} {
			if v == "" {
				errs[name] = "error.path.missing"
			}
		}
	}
	if h.scope != "" && (!strings.HasPrefix(h.scope, "store/") || strings.Count(h.scope, "/") < 2) {
		errs["scope"] = "unknown scope"
	}
	if u, err := url.Parse(h.destination); h.destination != "" && (err != nil || u.Host == "" ||
		!c.f.cfg.AnyHookPort && (u.Scheme != "https" || u.Port() != "" && u.Port() != "443")) {
		errs["destination"] = "must be an https URL on port 443"
	}
	if len(errs) > 0 {
		return h, in, v3Refusal(http.StatusUnprocessableEntity, "JSON data is missing or invalid", errs), true
	}
	if c.f.cfg.Believed.HooksNeedScope && !c.token.holdsAny(scopeOf(h.scope)) {
		return h, in, c.refuse(http.StatusForbidden, msgNoScope), true
	}
	return h, in, answer{}, false
}

// scopeOf returns the scope that reads the subject of a hook's scope.
func scopeOf(scope string) []string {
	switch {
	case strings.Contains(scope, "/order") && !strings.Contains(scope, "inventory"), strings.Contains(scope, "/shipment"):
		return []string{ScopeOrdersRead}
	case strings.Contains(scope, "/sku"), strings.Contains(scope, "/product"):
		return []string{ScopeProductsRead}
	default:
		return nil
	}
}

// taken refuses a hook that its client has already, or one too many.
func (f *Fake) taken(c *call, h *hook) (answer, bool) {
	n := 0
	for _, o := range f.hooks.all {
		if o.id == h.id || o.client != h.client || o.scope != h.scope {
			continue
		}
		if n++; o.destination == h.destination {
			status := http.StatusUnprocessableEntity
			if f.cfg.Believed.DuplicateHookIs409 {
				status = http.StatusConflict
			}
			return c.refuse(status, "A webhook with this scope and destination exists already"), true
		}
	}
	if n >= hooksPerScope {
		return c.refuse(http.StatusUnprocessableEntity, "The limit of %d webhooks per scope is reached", hooksPerScope), true
	}
	return answer{}, false
}

func (f *Fake) postHook(c *call) answer {
	h, _, refusal, bad := c.readHook(hook{client: c.token.ClientID, active: true, created: c.now, updated: c.now, used: c.now})
	if bad {
		return refusal
	}
	if refusal, bad := f.taken(c, &h); bad {
		return refusal
	}
	h.id = f.hooks.nextID
	f.hooks.nextID++
	f.hooks.all = append(f.hooks.all, &h)
	return hookAnswer(f.hookJSON(&h))
}

func (f *Fake) listHooks(c *call) answer {
	f.retire(c.now)
	p := params{c: c}
	active, activeSet := p.boolean("is_active")
	pg, tooLarge := p.page(maxLimit)
	if tooLarge {
		return c.limitTooLarge(maxLimit)
	}
	if a, bad := p.refusal(); bad {
		return a
	}
	out := []hookJSON{}
	for _, h := range f.hooks.all {
		if h.client != c.token.ClientID || activeSet && h.active != active || p.has("scope") && h.scope != c.query.Get("scope") ||
			p.has("destination") && h.destination != c.query.Get("destination") {
			continue
		}
		out = append(out, f.hookJSON(h))
	}
	return ok(paged(c, out, pg))
}

func (f *Fake) getHook(_ *call, h *hook) answer { return hookAnswer(f.hookJSON(h)) }

func (f *Fake) putHook(c *call, h *hook) answer {
	changed, in, refusal, bad := c.readHook(*h)
	if bad {
		return refusal
	}
	if in == (hookBody{}) {
		return v3Refusal(http.StatusUnprocessableEntity, "JSON data is missing or invalid", map[string]string{"body": "at least one field is required"})
	}
	if refusal, bad := f.taken(c, &changed); bad {
		return refusal
	}
	changed.updated = c.now
	if changed.active && !h.active {
		changed.deactivated, changed.used = false, c.now
	}
	*h = changed
	return hookAnswer(f.hookJSON(h))
}

func (f *Fake) deleteHook(_ *call, h *hook) answer {
	f.hooks.all = slices.DeleteFunc(f.hooks.all, func(x *hook) bool { return x == h })
	f.hooks.queue = slices.DeleteFunc(f.hooks.queue, func(d *delivery) bool { return d.hook == h })
	return hookAnswer(f.hookJSON(h))
}

func (f *Fake) getHooksAdmin(c *call) answer {
	f.retire(c.now)
	p := params{c: c}
	active, activeSet := p.boolean("is_active")
	if a, bad := p.refusal(); bad {
		return a
	}
	list := []map[string]any{}
	for _, h := range f.hooks.all {
		if h.client != c.token.ClientID || activeSet && h.active != active {
			continue
		}
		status := "active"
		switch {
		case h.deactivated:
			status = "deactivated"
		case !h.active:
			status = "inactive"
		}
		j := f.hookJSON(h)
		list = append(list, map[string]any{
			"id": j.ID, "client_id": j.ClientID, "store_hash": j.StoreHash, "scope": j.Scope, "destination": j.Destination,
			"headers": j.Headers, "is_active": j.IsActive, "created_at": j.CreatedAt, "updated_at": j.UpdatedAt, "status": status,
		})
	}
	blocked := []map[string]any{}
	for key, d := range f.hooks.domains {
		if key.client == c.token.ClientID && d.blocked.After(c.now) {
			blocked = append(blocked, map[string]any{
				"destination": key.host, "time_left": int(d.blocked.Sub(c.now).Seconds()),
				"reasons": []map[string]any{{
					"failure_description": "too many failures", "count": d.reason, "timestamp": d.blocked.Add(-blockTime).Unix(),
				}},
			})
		}
	}
	emails := slices.Clone(f.hooks.emails[c.token.ClientID])
	if emails == nil {
		emails = []string{}
	}
	return ok(map[string]any{
		"data": map[string]any{"emails": emails, "hooks_list": list, "blocked_domains": blocked},
		"meta": map[string]any{"pagination": c.pagination(len(list), len(list), page{1, maxLimit})},
	})
}

func (f *Fake) putHooksAdmin(c *call) answer {
	var in struct {
		Emails []string `json:"emails"`
	}
	if json.Unmarshal(c.body, &in) != nil {
		return c.refuse(http.StatusBadRequest, "Input is invalid.")
	}
	f.hooks.emails[c.token.ClientID] = in.Emails
	return noContent()
}
