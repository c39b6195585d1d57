# The commands of this project. `make` lists them.

GOLANGCI_LINT = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOFUMPT       = mvdan.cc/gofumpt@v0.12.0
ACTIONLINT    = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
CYCLONEDX     = github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
BIN           = $(CURDIR)/bin
# SQLite's C, translated to Go, is not ours to race; see docs/decisions/0060.
RACE          = -race '-gcflags=modernc.org/sqlite/...=-race=false' '-gcflags=modernc.org/libc/...=-race=false'
PLATFORMS     = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

.PHONY: build
build: ## build soak, trader and fakegateway into bin/
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/...

.PHONY: test
test: ## all tests and the short scenarios
	go test -timeout 20m ./...

.PHONY: race
race: ## the same under the race detector (needs a C compiler)
	GOFLAGS="$$GOFLAGS $(RACE)" GORACE=atexit_sleep_ms=0 go test -timeout 20m ./...

.PHONY: race-flags
race-flags:
	@printf '%s\n' "$(RACE)"

.PHONY: smoke
smoke: ## the scenarios alone, as sentences
	go tool ginkgo -v --timeout 20m ./scenarios

.PHONY: soak
soak: ## the long scenarios, in real time: more than an hour
	go run ./cmd/soak run --scenario consecutive-300
	go run ./cmd/soak run --scenario continuous-1h

.PHONY: campaign
campaign: ## good traders over the short scenarios, 300 runs, half of them on a busy machine: half an hour
	go test -timeout 3h -count 1 -v -run TestCampaign -parallel 3 ./examples/traders -campaign $(or $(RUNS),300)

.PHONY: picture
picture: ## docs/status-page.png, as a headless Chromium sees it
	go test ./trader/cli -run TestTheStatusPage -count 1 -picture $(CURDIR)/docs/status-page.png

.PHONY: kill
kill: ## the bundled trader, killed at 1000 seeded points (POINTS, SEED), its books compared to the cent: minutes
	go test -timeout 3h -count 1 -v -run 'TestKillCampaign|TestCampaignCatches' ./scenarios/campaign \
		-kill.points $(or $(POINTS),1000) -kill.seed $(or $(SEED),0)

.PHONY: month
month: ## the bundled trader through a month of nights, in six minutes
	go test -timeout 1h -count 1 -v -run TestMonth ./scenarios/campaign -month

.PHONY: keeper
keeper: ## the keeper at length: 200 clients and 200 keepers killed, and 32 clients for five minutes under -race
	go test -timeout 30m -count 1 -v -run TestKilled ./trader/keeper -crashes 100
	go test -race -timeout 30m -count 1 -v -run TestManyClientsStream ./trader/keeper -stream-for 5m

.PHONY: bench
bench: ## benchmarks; each prints its ratio to a baseline of the same run
	go test -run '^$$' -bench . -benchtime 1s ./internal/sockets ./fakegateway/... \
		./trader ./trader/journal ./trader/keeper ./trader/link ./trader/strategy ./backtest

.PHONY: pictures
pictures: ## the pictures of reports in docs/pictures, of three runs: eight minutes, needs Chromium
	go run ./internal/pictures

.PHONY: fuzz
fuzz: ## every fuzz target for 30 s
	@for target in $$(grep -ho 'func Fuzz[A-Za-z]*' internal/wire/*_test.go | cut -d' ' -f2); do \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime 30s -fuzzminimizetime 20x ./internal/wire || exit 1; \
	done

.PHONY: tools
tools: $(BIN)/golangci-lint $(BIN)/gofumpt $(BIN)/actionlint ## install the linters into bin/

$(BIN)/golangci-lint:
	GOBIN=$(BIN) go install $(GOLANGCI_LINT)

$(BIN)/gofumpt:
	GOBIN=$(BIN) go install $(GOFUMPT)

$(BIN)/actionlint:
	GOBIN=$(BIN) go install $(ACTIONLINT)

$(BIN)/cyclonedx-gomod:
	GOBIN=$(BIN) go install $(CYCLONEDX)

.PHONY: lint
lint: tools ## go vet, gofumpt and golangci-lint
	go vet ./...
	@unformatted=$$($(BIN)/gofumpt -l .); test -z "$$unformatted" || { echo "gofumpt: $$unformatted"; exit 1; }
	$(BIN)/golangci-lint run ./...
	$(BIN)/actionlint
	$(BIN)/actionlint deploy/soak-shards.yml

# This machine's own platform is built by everything else.
CROSS = $(filter-out $(shell go env GOOS)/$(shell go env GOARCH),$(PLATFORMS))

.PHONY: cross
cross: ## build and vet for every other platform
	@for p in $(CROSS); do \
		echo "build $$p"; \
		GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 go build ./... || exit 1; \
	done
	@for os in darwin windows; do \
		echo "vet $$os"; GOOS=$$os CGO_ENABLED=0 go vet ./... || exit 1; \
	done

.PHONY: dist
dist: $(BIN)/cyclonedx-gomod ## release archives for every platform, with checksums and SBOM, in dist/
	rm -rf dist && mkdir -p dist
	export SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct); \
		go run ./cmd/soak man dist/man && go run ./cmd/trader man dist/man
	@for p in $(PLATFORMS); do \
		name=ibsoak-$${p%/*}-$${p#*/}; echo "build $$name"; \
		GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 go build -trimpath -ldflags=-s -o dist/$$name/ ./cmd/... || exit 1; \
		cp -r README.md LICENSE dist/man dist/$$name/; \
		tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$$(git log -1 --format=%ct) \
			-C dist -c $$name | gzip -n >dist/$$name.tar.gz || exit 1; \
		rm -r dist/$$name; \
	done
	rm -r dist/man
	$(BIN)/cyclonedx-gomod mod -json -output dist/ibsoak.cdx.json
	cd dist && sha256sum * >SHA256SUMS

MODULE_NOW = $(shell go list -m)

.PHONY: rename
rename: ## give the module another path: make rename MODULE=host.example/you/ibsoak
	@test -n "$(MODULE)" || { echo 'say which: make rename MODULE=host.example/you/ibsoak'; exit 1; }
	go mod edit -module $(MODULE)
	grep -rl --include='*.go' '"$(MODULE_NOW)/' . | xargs sed -i.was 's|"$(MODULE_NOW)/|"$(MODULE)/|g'
	sed -i.was -E 's#(pkg: |module-path: |local-prefixes: \[)$(MODULE_NOW)#\1$(MODULE)#' .golangci.yml
	find . -name '*.was' -delete
	gofmt -w .
	go build ./...

.PHONY: clean
clean: ## remove what the other commands made
	rm -rf bin runs dist
