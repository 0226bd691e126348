# make test    the tests, as plain `go test ./...` runs them
# make race    the same under the race detector
# make lint    golangci-lint, built once into the user's cache
# make bench   the benchmarks
# make long    the tests with PENSTOCK_LONG=1: randomised and simulated ones run for hours' worth of cases;
#              then the main job on a year of real orders
#
# GOTESTFLAGS adds flags to any of them: make test GOTESTFLAGS='-run Money -v'; what tests measure, the long ones too, they
# print with -v

GO          ?= go
GOTESTFLAGS ?=
SHARED      := $(or $(PENSTOCK_SHARED),../shared)

LINT_VERSION := v2.15.0
LINT_DIR     := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/penstock/golangci-lint-$(LINT_VERSION)-$(shell $(GO) env GOVERSION)
LINT         := $(LINT_DIR)/golangci-lint

.PHONY: test race lint lint-tool fmt bench long

test:
	$(GO) test $(GOTESTFLAGS) ./...

# SQLite's machine-made Go is built as ever: it is not what is looked at, and with the detector in it the engine's tests take
# twice to three times as long. Everything that calls it is looked at.
RACE_FLAGS := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false

race:
	$(GO) test $(RACE_FLAGS) -timeout 12m $(GOTESTFLAGS) ./...

lint: $(LINT)
	$(LINT) run ./...

fmt: $(LINT)
	$(LINT) fmt ./...

lint-tool: $(LINT)

# The linter is a tool, not a dependency: it is built from its module outside
# this one, and once per version of it and of Go.
$(LINT):
	cd / && GOBIN=$(LINT_DIR) GOFLAGS= $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

bench:
	$(GO) test -run '^$$' -bench . -benchmem $(GOTESTFLAGS) ./...

long:
	PENSTOCK_LONG=1 $(GO) test -timeout 6h $(GOTESTFLAGS) ./...
	$(GO) run ./examples/quickstart -orders $(SHARED)/data/online-retail.csv.gz
