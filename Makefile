# The commands of the README and of the workflows; `make` alone lists them. What a
# target needs and Debian or Ubuntu lacks (libzmq, protoc) is installed by
# scripts/apt.sh, which prints each command before it runs it.

NOW       := $(shell date +%Y%m%d-%H%M%S)
COUNT     ?= 6
BENCHTIME ?= 150ms
BENCH     ?= BenchmarkEcho
PROTO     ?=
SERVER    ?= inproc
RESULTS   ?= results/$(NOW).txt
REPORT    ?= $(firstword $(PRESENT:.txt=)).html
FUZZTIME  ?= 10s
SOAK      ?= 10m
SEED      ?= 0
OLD       ?=
NEW       ?= .
WITH      ?=
UNITS     ?=
ARGS      ?=
BUDGET    ?= 20m
QUICK     ?=

.DEFAULT_GOAL := help
.PHONY: help bench summary report layers compare test check claims commands test-nozmq test-nocgo test-386 newest lint vet-all tidy generate generated vuln fuzz soak attack setup

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

bench: setup ## run the 125 cells, then summary and report; COUNT BENCHTIME BENCH PROTO SERVER RESULTS
	@mkdir -p $(dir $(RESULTS))
	@{ go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -count $(COUNT) . \
		$(if $(PROTO),-proto $(PROTO)) -server $(SERVER) -hgrm '$(RESULTS:.txt=)'; echo $$? > $(RESULTS).rc; } | tee $(RESULTS); \
		rc=$$(cat $(RESULTS).rc); rm -f $(RESULTS).rc; echo; \
		$(MAKE_COMMAND) -s report RESULTS=$(RESULTS) >/dev/null 2>results/report.err || \
			echo "no report, because: $$(cat results/report.err results/report.log | grep -v '^make' | head -2)"; \
		$(MAKE_COMMAND) -s summary RESULTS=$(RESULTS) || exit 1; exit $$rc

# Without RESULTS, these two read the newest file in results/.
PRESENT = $(if $(filter file,$(origin RESULTS)),$(shell ls -t results/*.txt 2>/dev/null | head -1),$(RESULTS))

summary: ## print the summary of a results file; RESULTS
	@test -n '$(PRESENT)' || { echo 'no results: make summary RESULTS=file' >&2; exit 2; }
	@mkdir -p results/bin
	@go test -c -o results/bin/summary.test ./internal/measure/summary
	@results/bin/summary.test -results '$(PRESENT)' $(if $(wildcard $(PRESENT:.txt=.html)),-report '$(PRESENT:.txt=.html)')

report: ## write a page with plots of a results file, of several, or of a folder of make compare; RESULTS REPORT
	@mkdir -p results
	@test -n '$(PRESENT)' || { echo 'no results: make report RESULTS="file [file ...]"|folder' >&2; exit 2; }
	@cd report && go test -count 1 -run '^TestReport$$' . -results '$(foreach file,$(PRESENT),$(abspath $(file)))' -html '$(abspath $(REPORT))' >../results/report.log || { cat ../results/report.log; exit 1; }
	@echo '$(REPORT)'

layers: COUNT = 6
layers: BENCHTIME = 5s
layers: PROTO = tcp,rest,grpc
layers: LAYERS = $(RESULTS:.txt=)-layers
layers: setup ## print where the processor time goes, beside a study's table; COUNT BENCHTIME PROTO RESULTS
	@mkdir -p '$(LAYERS)' && rm -rf '$(LAYERS)/profiles'
	@go test -run '^$$' -bench '^BenchmarkEcho$$' -benchtime $(BENCHTIME) -count $(COUNT) . -proto $(PROTO) -size 4KiB -par 1 \
		-server child -profile '$(LAYERS)/profiles' >'$(LAYERS)/echo.txt' || { cat '$(LAYERS)/echo.txt'; exit 1; }
	@cd report && go test -count 1 -run '^TestWrite$$' ./layers -profiles '$(abspath $(LAYERS))/profiles' -shares '$(abspath $(LAYERS))/shares.txt' \
		-table '$(abspath $(LAYERS))/table.txt' -flames '$(abspath $(LAYERS))' >../results/layers.log || { cat ../results/layers.log; exit 1; }
	@cat '$(LAYERS)/table.txt'
	@echo; echo 'flame graphs, shares, profiles and results: $(LAYERS)'

# quote returns a text as one word of the shell.
quote = '$(subst ','\'',$(1))'

# The test binary exits with 1 if something is slower and with 3 if too little is judged.
# make prints that number as "Error 1" or "Error 3"; its own exit status is then 2.
compare: setup ## compare two builds in turns; OLD=revision, and NEW WITH BENCH PROTO UNITS ARGS BUDGET
	@test -n $(call quote,$(OLD)) || { echo 'make compare OLD=revision [NEW=revision|.|from..to] [WITH=module@version] [BENCH=regexp] [PROTO=names] [UNITS=units] [ARGS=flags] [BUDGET=20m]' >&2; exit 2; }
	@mkdir -p results/bin
	@go test -c -o results/bin/compare.test .
	@results/bin/compare.test -test.run '^TestCompare$$' -compare.old $(call quote,$(OLD)) -compare.new $(call quote,$(NEW)) -compare.with $(call quote,$(WITH)) \
		-compare.bench $(call quote,$(BENCH)) -compare.units $(call quote,$(UNITS)) -compare.budget $(call quote,$(BUDGET)) \
		-compare.folder $(call quote,$(RESULTS:.txt=)) $(if $(PROTO),-proto $(call quote,$(PROTO))) $(ARGS)

# Which tests run here is said in the tests themselves: those that take long run only
# with ECHOBENCH_LONG, and those without goroutines not under the race detector.
test: setup ## run vet and the tests
	go vet ./...
	go test ./...

# GORACE shortens the race detector's exit delay. The tests of consumer run go commands only. Most of the long tests wait, hence -p.
check: setup lint vet-all tidy generated test-nozmq test-nocgo test-386 test-report ## run everything: the race detector, long tests, other builds, lint
	GORACE="atexit_sleep_ms=20 $$GORACE" go test -vet off -race $$(go list ./... | grep -v '/internal/test/consumer$$')
	ECHOBENCH_LONG=1 go test -vet off -p 3 -timeout 20m ./...

# What was measured before counts, so that a run that was interrupted goes on.
claims: setup ## measure the claims of the studies; QUICK=1; verdicts in results/claims/claims.md
	go test -run '^$$' -bench Claims -timeout 0 ./claims $(if $(QUICK),-claims.quick) -claims.folder '$(CURDIR)/results/claims$(if $(QUICK),-quick)'

commands: setup ## run every command of the documents, shortened, in a fresh clone
	ECHOBENCH_LONG=every go test -count 1 -timeout 60m -v -run '^(TestCommandsRun|TestAdoption)$$' ./internal/test/commands
	ECHOBENCH_LONG=every go test -count 1 -v -run '^TestRows$$' ./claims

# The report is a module of its own. Its pages are opened in Chromium if that is installed.
test-report: ## run vet and the tests of the report's module
	go -C report mod tidy -diff
	go -C report vet ./...
	go -C report test ./...

# ZeroMQ and cgo make a difference to zmqecho, and to what the root package says of it.
test-nozmq: ## run the tests that depend on ZeroMQ without it
	go vet -tags nozmq ./...
	go test -tags nozmq -bench 'Echo/proto=zmq' -benchtime 1x .
	go test -tags nozmq ./zmqecho

test-nocgo: ## run the same tests without cgo, and so without ZeroMQ
	CGO_ENABLED=0 go vet ./...
	CGO_ENABLED=0 go test -bench 'Echo/proto=zmq' -benchtime 1x .
	CGO_ENABLED=0 go test ./zmqecho

# What compares builds, and what runs commands, does not depend on the size of a word.
test-386: ## run tests, and a cell with 100 workers, for 32 bits, where the kernel can
	@if GOOS=linux GOARCH=386 CGO_ENABLED=0 go test -count 1 -run '^$$' ./payload 2>&1 | grep 'exec format error'; then \
		echo 'skipped: this system runs no programs for linux/386'; else \
		set -x; GOOS=linux GOARCH=386 CGO_ENABLED=0 go test -vet off $$(GOOS=linux GOARCH=386 CGO_ENABLED=0 go list ./... | grep -Ev '/(claims|compare|internal/test)(/|$$)') && \
		GOOS=linux GOARCH=386 CGO_ENABLED=0 go test -run '^$$' -bench 'Echo' -benchtime 1x . -size 64B -par 100; fi

# The dependencies are named one by one because gorpc resolves at its exact
# pseudo-version only.
newest: setup ## run every test with the newest releases of the dependencies; go.mod stays as it is
	@mkdir -p results
	cp go.mod results/newest.mod
	cp go.sum results/newest.sum
	go get -modfile=results/newest.mod $$(go list -m -f '{{if not (or .Main .Indirect)}}{{.Path}}@latest{{end}}' all | grep -v valyala/gorpc)
	go test -modfile=results/newest.mod ./...

lint: setup ## run gofmt, vet and staticcheck
	test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	go vet ./...
	go vet -tags nozmq ./...
	go build -C tools -o "$(CURDIR)/results/bin/" honnef.co/go/tools/cmd/staticcheck
	results/bin/staticcheck ./...
	cd report && ../results/bin/staticcheck ./...

# On a platform of 32 bits, an int has 32 bits as well.
vet-all: ## run vet for further platforms, tests included
	for platform in linux/386 linux/arm linux/arm64 darwin/arm64 freebsd/amd64 windows/amd64; do \
		echo "vet $$platform"; CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} go vet ./... || exit 1; done

tidy: ## check that go.mod and go.sum are tidy, here and in tools
	go mod tidy -diff
	go -C tools mod tidy -diff

# Needs protoc; its plugins come at the versions that tools/go.mod pins.
generate: ## generate the protobuf code
	@command -v protoc >/dev/null || scripts/apt.sh protobuf-compiler
	go generate ./...

generated: ## check that the generated code is up to date
	scripts/generated.sh

# Reads the Go vulnerability database, https://vuln.go.dev.
vuln: setup ## look for known vulnerabilities in the dependencies and in the standard library
	go build -C tools -o "$(CURDIR)/results/bin/" golang.org/x/vuln/cmd/govulncheck
	results/bin/govulncheck -test ./...

fuzz: setup ## run each fuzz target for FUZZTIME, and count the executions
	scripts/fuzz.sh $(FUZZTIME)

soak: setup ## try every protocol under random faults for SOAK; SEED
	go test -race -count 1 -timeout 0 -run '^TestSoak$$' -v ./internal/test/soak -soak $(SOAK) -seed $(SEED)

attack: setup ## measure what hostile clients do to each library's server; tables in results/attacks.md
	@mkdir -p results
	go test -run '^$$' -bench '^BenchmarkAttack$$' -benchtime 1x ./internal/test/attack -attack.table '$(CURDIR)/results/attacks.md'
	@cat results/attacks.md

# CGO_ENABLED=0 needs nothing of this: ZeroMQ is then reported as skipped. If it is
# unset, go takes it for 0 where there is no C compiler, so go is not asked here.
setup: ## install the C compiler and libzmq if they are missing
	@if [ "$${CGO_ENABLED:-1}" != 0 ] && ! { command -v "$$(go env CC)" && command -v pkg-config && pkg-config --exists libzmq; } >/dev/null; then \
		scripts/apt.sh gcc libc6-dev libzmq3-dev pkg-config; fi
