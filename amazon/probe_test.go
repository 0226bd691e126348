package amazon_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/amazon"
	"github.com/penstock-go/penstock/amazon/amazontest"
	"github.com/penstock-go/penstock/channel"
)

func TestProbe(t *testing.T) {
	europe := accountConfig{Marketplaces: []string{"A1PA6795UKMFR9", "A1F83G8C2ARO7P"}, ClockOffset: 50 * time.Second}
	onAccount(t, europe, func(c *amazon.Config) {
		c.MarketplaceIDs = []string{"A1PA6795UKMFR9", "A13V1IB3VIYZZH"}
		c.Credentials.SecretExpires = time.Now().AddDate(0, 3, 0)
	}, func(r *rig) {
		a := must(r.ch.Probe(r.Context()))
		r.golden("probe")
		if a.Currency != "EUR" || a.Marketplace != "amazon" || a.Offset != 50*time.Second || len(a.Missing) > 0 || a.Falls != channel.FallsAtSale {
			r.Errorf("%+v", a)
		}
		notes := strings.Join(a.Notes, "\n")
		for _, want := range []string{"does not sell in marketplace A13V1IB3VIYZZH", "also sells in A1F83G8C2ARO7P (GB)"} {
			if !strings.Contains(notes, want) {
				r.Errorf("notes %q, want %q", notes, want)
			}
		}
		if len(a.Notes) != 2 {
			r.Errorf("notes %q", notes)
		}
	})
}

// A role that is missing is named with the jobs that need it; what is wrong with
// the connection is no missing role.
func TestProbeFindsMissingRoles(t *testing.T) {
	for name, tt := range map[string]struct {
		roles []amazontest.Role
		jobs  []channel.Job // that cannot run
	}{
		"orders alone":   {[]amazontest.Role{amazontest.RoleInventory, amazontest.RolePartnerInsight}, []channel.Job{channel.JobStock, channel.JobListings}},
		"listings alone": {[]amazontest.Role{amazontest.RoleListing}, []channel.Job{channel.JobOrders, channel.JobShip}},
		"all":            {amazontest.AllRoles(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			onAccount(t, accountConfig{Roles: tt.roles}, nil, func(r *rig) {
				var jobs []channel.Job
				for _, m := range must(r.ch.Probe(r.Context())).Missing {
					if m.Fatal {
						jobs = append(jobs, m.Job)
					}
				}
				if !slices.Equal(jobs, tt.jobs) {
					r.Errorf("cannot run %v, want %v", jobs, tt.jobs)
				}
			})
		})
	}
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.wire.Set(func(w *wire) {
			w.Reply = func(req *http.Request) *http.Response {
				if strings.Contains(req.URL.Path, "/orders/") {
					return answer(503, "application/json", "")
				}
				return nil
			}
		})
		if _, err := r.ch.Probe(r.Context()); !errors.Is(err, channel.ErrUnavailable) {
			r.Errorf("err = %v", err)
		}
	})
}

// An account of another region is refused everything, and the refusal names that
// among its causes.
func TestWrongRegion(t *testing.T) {
	onAccount(t, accountConfig{}, func(c *amazon.Config) { c.MarketplaceIDs = []string{"A1PA6795UKMFR9"} }, func(r *rig) {
		if _, err := r.ch.OrderPage(r.Context(), channel.OrderQuery{}); !errors.Is(err, channel.ErrForbidden) || !strings.Contains(err.Error(), "another region") {
			r.Errorf("err = %v", err)
		}
		if a, err := r.ch.Probe(r.Context()); !errors.Is(err, channel.ErrForbidden) || !strings.Contains(err.Error(), "another region") || len(a.Missing) > 0 {
			r.Errorf("%+v, %v", a, err)
		}
	})
}

// A client secret that has ended, told by Login with Amazon or by the API, is
// the probe's error and no missing role.
func TestProbeTellsTheSecretFromRoles(t *testing.T) {
	probed := func(r *rig) {
		r.Helper()
		a, err := r.ch.Probe(r.Context())
		if !errors.Is(err, channel.ErrForbidden) || !strings.Contains(err.Error(), "make a new one") || len(a.Missing)+len(a.Notes) > 0 {
			r.Errorf("%+v, %v", a, err)
		}
	}
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		r.fake.ExpireSecret()
		probed(r)
		pass(2 * time.Hour)
		probed(r)
	})
	onAccount(t, accountConfig{}, nil, func(r *rig) {
		must(r.ch.Probe(r.Context()))
		r.fake.ExpireSecret() // while there is a token
		probed(r)
		pass(2 * time.Hour)
		probed(r)
	})
	for _, part := range []string{"/sellers/", "/orders/", "/listings/"} { // at any of its calls
		onAccount(t, accountConfig{}, nil, func(r *rig) {
			r.wire.Set(func(w *wire) {
				w.Reply = func(req *http.Request) *http.Response {
					if !strings.HasPrefix(req.URL.Path, part) {
						return nil
					}
					return answer(403, "application/json", apiErrors("Unauthorized", denied, "LWA secret for the application has expired."))
				}
			})
			probed(r)
		})
	}
}
