# What a developer needs day by day. make without a word lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

# The tools of make check, each at the version that this tree is clean with. Raise one, run make check, mend, commit.
GOFUMPT_VERSION := v0.12.0
STATICCHECK_VERSION := v0.8.2
GOLANGCI_VERSION := v2.15.0
DEADCODE_VERSION := v0.52.0
GOVULNCHECK_VERSION := v1.9.0

# The tools of make release.
NFPM_VERSION := v2.47.0
CYCLONEDX_VERSION := v1.10.0

GO ?= go
TOOLS := $(CURDIR)/.tools
BIN := $(TOOLS)/bin
GO_VERSION := $(shell $(GO) env GOVERSION)

# What version says: the tag, or the commit, with "-dirty" where the tree differs from it.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.buildVersion=$(VERSION)

FUZZTIME ?= 60s
FUZZ ?= internal/intake/parse internal/intake/clean internal/opml internal/search

# What is left out of race beside what -short leaves out: long tests of what one goroutine does, and tests of programs that are killed, of faults of the
# disk and of restores.
ONE_GOROUTINE := DailyHeadline|ThirtyVersions|WildDates|LongHTML|NewestOfMany|HostilePages|SchedulesByTheClocks|Vectors|DoctorRepairs|GroupSlowInput|ReadOnlyFolder|NextOfLogin|PicturesAreServed|NoTableIsReadWhole|UnreadLists|DatabasesThatDoNotServe|DatabaseShrinks|Month|RestartWithinADay
OF_PROGRAMS := Killed.*|Restore.*|InterruptedRestore.*|Disk.*|PowerFails|ServerKilled.*|FullDisk.*|MovedToTheOtherEngine.*|Cluster
RACE ?= -race -short -skip '^Test($(ONE_GOROUTINE)|$(OF_PROGRAMS))$$'
BENCH ?= .

.PHONY: help
help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F'\t' '{printf "make %-10s %s\n", $$1, $$2}'

# The first build compiles SQLite, which takes a minute. exec gives Ctrl-C and the exit code to the program itself.
PROGRAM := $(TOOLS)/headwater
define built
	@echo "building headwater; the first time that takes a minute or two"
	@mkdir -p $(TOOLS)
	@CGO_ENABLED=0 $(GO) build -ldflags '$(LDFLAGS)' -o $(PROGRAM) ./cmd/headwater
endef

.PHONY: run
run: ## serve the pages with the settings of config.yaml, and poll; ARGS='--listen 127.0.0.1:9000' adds flags
	$(built)
	@exec $(PROGRAM) serve $(ARGS)

.PHONY: demo
demo: ## show a small made-up newsroom, without any network; ARGS as for run
	$(built)
	@exec $(PROGRAM) demo $(ARGS)

.PHONY: pictures
pictures: debian-chromium ## draw docs/pictures, five pages of the demo, and the icons, with Chromium
	@.ci/debian fonts-ipafont-gothic "the name of a folder in Japanese" /usr/share/fonts/opentype/ipafont-gothic/ipag.ttf
	$(built)
	@$(GO) run ./cmd/pictures -program $(PROGRAM) -out docs/pictures

.PHONY: site
site: ## write the help, docs/help, as pages that a browser opens from a disk, into the folder site
	@$(GO) run ./cmd/site -out site

.PHONY: cluster
cluster: debian-postgresql ## run two pollers, two settlers and two web nodes over a PostgreSQL of their own; ARGS='-listen 127.0.0.1:9000'
	$(built)
	@$(GO) build -o $(TOOLS)/cluster ./cmd/cluster
	@exec $(TOOLS)/cluster -program $(PROGRAM) $(ARGS)

.PHONY: build
build: ## build bin/headwater, one static file
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/headwater ./cmd/headwater

TARGETS ?= linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64,freebsd/amd64,freebsd/arm64
RELEASE := $(GO) run ./cmd/release -nfpm $(BIN)/nfpm -cyclonedx $(BIN)/cyclonedx-gomod

.PHONY: release
release: $(BIN)/nfpm $(BIN)/cyclonedx-gomod ## build archives, packages, lists of components, licences and checksums into dist/; TARGETS=linux/amd64 builds less
	$(RELEASE) -targets $(TARGETS)

# The second build is of a clone in another folder. Both are of the commit: what is not committed is in neither.
.PHONY: release-check
release-check: TARGETS := linux/amd64
release-check: $(BIN)/nfpm $(BIN)/cyclonedx-gomod ## build TARGETS (linux/amd64) twice, in two folders, and compare every byte
	@rm -rf $(TOOLS)/first $(TOOLS)/second
	@mkdir -p $(TOOLS)/first $(TOOLS)/second/deeper
	@for folder in first second/deeper; do \
		git clone --quiet . "$(TOOLS)/$$folder/headwater"; \
		(cd "$(TOOLS)/$$folder/headwater" && $(RELEASE) -targets $(TARGETS)); \
	done
	diff -r $(TOOLS)/first/headwater/dist $(TOOLS)/second/deeper/headwater/dist
	@cat $(TOOLS)/first/headwater/dist/SHA256SUMS

.PHONY: package-test
package-test: $(BIN)/nfpm ## install, upgrade and remove the deb in a fresh Debian under systemd, and run the image's layout; needs root
	@.ci/debian mmdebstrap "the test of the package" mmdebstrap
	@.ci/debian systemd-container "the test of the package" systemd-nspawn
	HEADWATER_TEST_NFPM=$(BIN)/nfpm $(GO) test -count=1 -timeout 20m -v ./packaging

.PHONY: test
test: debian axe ## run every test; installs the browser, the feed reader and the PostgreSQL that some of them drive
	@.ci/promtool $(BIN)/promtool
	.ci/in-memory $(GO) test -timeout 30m ./...

.PHONY: debian
debian: debian-postgresql debian-chromium
	@.ci/debian newsboat "the test with a feed reader" newsboat

.PHONY: debian-chromium
debian-chromium:
	@.ci/debian chromium "the tests of the pages in a browser" chromium chromium-browser google-chrome google-chrome-stable

.PHONY: debian-postgresql
debian-postgresql:
	@.ci/debian postgresql "what is tested on PostgreSQL" postgres $(wildcard /usr/lib/postgresql/*/bin/postgres)

.PHONY: axe
axe:
	@.ci/debian npm "the test of accessibility" npm
	@.ci/axe/install $(TOOLS)/axe

# make test tries one page of each kind.
PAGES ?= 12

.PHONY: browser
browser: debian-chromium axe ## try PAGES pages of each kind in a browser, at three widths and in each theme, hold each against all rules of accessibility, and try every vector of ../shared/hostile
	HEADWATER_TEST_PAGES=$(PAGES) HEADWATER_TEST_VECTORS=all $(GO) test -count=1 -timeout 2h -run 'InBrowser$$' -v ./cmd/headwater ./internal/serve/web

.PHONY: rssguard
rssguard: ## read the demo with Debian's RSS Guard, on a display without a screen, and compare its marks with those of the pages
	@.ci/debian rssguard "the test with RSS Guard" rssguard
	@.ci/debian xvfb "the test with RSS Guard" Xvfb
	@.ci/debian xdotool "the test with RSS Guard" xdotool
	HEADWATER_TEST_RSSGUARD=yes $(GO) test -count=1 -run 'TestRSSGuard$$' -v ./cmd/headwater

EVAL ?= ../shared/eval

.PHONY: train
train: ## fit grouping's weights to the labelled articles in EVAL, and print how they do on the part held out
	$(GO) run ./cmd/train $(EVAL) internal/stories/group/model.json

.PHONY: check
check: gofumpt vet staticcheck lint deadcode vulncheck race ## formatting, four linters, dead code, known vulnerabilities, data races

.PHONY: gofumpt
gofumpt: $(BIN)/gofumpt
	@echo "gofumpt -l"
	@unformatted="$$($(BIN)/gofumpt -l cmd feeds internal *.go)"; \
	if [ -n "$$unformatted" ]; then echo "not as gofumpt writes it (make format mends it):"; echo "$$unformatted"; exit 1; fi

.PHONY: format
format: $(BIN)/gofumpt ## write every file as gofumpt would
	$(BIN)/gofumpt -w cmd feeds internal *.go

.PHONY: vet
vet:
	$(GO) vet ./...

.PHONY: staticcheck
staticcheck: $(BIN)/staticcheck
	$(BIN)/staticcheck ./...

.PHONY: lint
lint: $(BIN)/golangci-lint
	$(BIN)/golangci-lint run ./...

# deadcode exits 0 whatever it finds. Only what main reaches counts: what tests alone reach is dead,
# but for the packages that are made for them.
.PHONY: deadcode
deadcode: $(BIN)/deadcode
	@echo "deadcode ./..."
	@dead="$$($(BIN)/deadcode ./... | sed -E '/^internal\/(pipeline\/pipelinetest|serve\/browsertest|store\/(pgtest|storetest))\//d')"; \
	if [ -n "$$dead" ]; then echo "reached by no command:"; echo "$$dead"; exit 1; fi

# govulncheck exits with 3 for a vulnerability, and with 1 for anything else. Where its database can't be reached, nothing is known:
# that is said, and is no failure, so that the other checks run without a network.
.PHONY: vulncheck
vulncheck: $(BIN)/govulncheck ## hold what is linked in against Go's database of vulnerabilities
	@echo "govulncheck ./..."
	@code=0; said="$$($(BIN)/govulncheck ./... 2>&1)" || code=$$?; echo "$$said"; \
	if [ $$code -eq 1 ] && grep -q 'fetching vulnerabilities: Get' <<<"$$said"; then \
		echo "vulnerabilities: NOT CHECKED, since the database can't be reached"; \
	else exit $$code; fi

# With -short: the tests of minutes (killed polls, the record end to end, the browser) have run once in make test, and
# take three to ten times as long under the race detector. make race RACE=-race runs them too. SQLite's own code, a
# translation from C, is not instrumented: its memory is not Go's, so the detector sees none of it, at half of the time.
# A program under the detector sleeps for a second before it ends with 0, so that its other goroutines can be caught.
# The commands of scripts are hundreds of programs, and end their goroutines themselves.
.PHONY: race
race:
	GORACE=atexit_sleep_ms=50 .ci/in-memory $(GO) test $(RACE) -gcflags=modernc.org/sqlite/lib=-race=false -timeout 30m ./...

# What reads bytes from outside: documents, HTML, lists of feeds, addresses, searches. Inputs that fail are written to testdata/fuzz
# and belong into the commit that mends them. make fuzz FUZZ='internal/*' runs the other targets too.
# What docs/reliability.md is measured with. make test does some of these runs.
FAULTS ?= 2105
FULL ?= 100
POWER ?= 1000
DAMAGES ?= 100
CRASHES ?= 40
OUTAGES ?= 20

.PHONY: faults
faults: ## fail FAULTS writes and syncs of SQLite one by one, fill its disk at FULL points, lose the power POWER times, and damage the index DAMAGES times on each engine
	HEADWATER_TEST_FAULTS=$(FAULTS) HEADWATER_TEST_FULL=$(FULL) HEADWATER_TEST_POWER=$(POWER) \
		$(GO) test -count=1 -timeout 3h -run '^Test(DiskFails|DiskFills|PowerFails)$$' -v ./internal/store
	$(GO) test -count=1 -run '^TestFullDiskEndsTheServer$$' -v ./cmd/headwater
	HEADWATER_TEST_DAMAGES=$(DAMAGES) $(GO) test -count=1 -timeout 1h -run '^TestIndexDamaged$$' -v ./internal/pipeline

.PHONY: crash
crash: ## kill the program 50 times on each engine while it polls, settles, indexes and delivers, CRASHES times (40: 2,000 kills each)
	$(GO) test -count=$(CRASHES) -timeout 12h -run '^TestCrash$$' -v ./internal/pipeline

.PHONY: outages
outages: ## stop, kill and replace PostgreSQL below the store and a server, and cut its connections, OUTAGES times
	$(GO) test -count=$(OUTAGES) -timeout 3h -run '^Test(ServerGoesAway|ConnectionsCut|Failover|CommitInDoubt|Deadlock)$$' ./internal/store
	$(GO) test -count=$(OUTAGES) -timeout 3h -run '^TestDatabaseGoesAway$$' ./cmd/headwater

CHAOS ?= 300

.PHONY: chaos
chaos: ## run two nodes of each role over one PostgreSQL, or three with all roles, and CHAOS times kill, stop, cut off or hold up one of them
	HEADWATER_TEST_CHAOS=$(CHAOS) $(GO) test -count=1 -timeout 3h -run '^TestChaos$$' -v ./internal/pipeline

.PHONY: fuzz
fuzz: ## run each fuzz target of the packages in FUZZ for FUZZTIME (60s)
	@for file in $$(grep -rl --include='*_test.go' '^func Fuzz' $(FUZZ)); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\)(.*/\1/p' "$$file"); do \
			echo "$$file $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5s "./$$(dirname "$$file")"; \
		done; \
	done

.PHONY: bench
bench: ## run the benchmarks that match BENCH (all)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...

.PHONY: tools
tools: $(BIN)/gofumpt $(BIN)/staticcheck $(BIN)/golangci-lint $(BIN)/deadcode $(BIN)/govulncheck ## install what make check needs

.PHONY: clean
clean: ## remove what make built and installed
	rm -rf bin dist $(TOOLS)

# A tool is installed again where its version, or that of Go, is another than the one in its stamp's name.
define tool
$(BIN)/$(1): $(TOOLS)/$(1)@$(3)-$(GO_VERSION)
$(TOOLS)/$(1)@$(3)-$(GO_VERSION):
	@mkdir -p $(BIN)
	@rm -f $(TOOLS)/$(1)@*
	@echo "installing $(1) $(3)"
	@GOBIN=$(BIN) $(GO) install $(2)@$(3)
	@touch $$@ $(BIN)/$(1)
endef

$(eval $(call tool,gofumpt,mvdan.cc/gofumpt,$(GOFUMPT_VERSION)))
$(eval $(call tool,staticcheck,honnef.co/go/tools/cmd/staticcheck,$(STATICCHECK_VERSION)))
$(eval $(call tool,golangci-lint,github.com/golangci/golangci-lint/v2/cmd/golangci-lint,$(GOLANGCI_VERSION)))
$(eval $(call tool,nfpm,github.com/goreleaser/nfpm/v2/cmd/nfpm,$(NFPM_VERSION)))
$(eval $(call tool,cyclonedx-gomod,github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod,$(CYCLONEDX_VERSION)))
$(eval $(call tool,deadcode,golang.org/x/tools/cmd/deadcode,$(DEADCODE_VERSION)))
$(eval $(call tool,govulncheck,golang.org/x/vuln/cmd/govulncheck,$(GOVULNCHECK_VERSION)))
