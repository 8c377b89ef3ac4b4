# The commands of a newcomer: make test, make bench. Everything they need that
# is missing (libzmq, for ZeroMQ) is installed first, on Debian and Ubuntu.

COUNT     ?= 6
BENCHTIME ?= 150ms
BENCH     ?= BenchmarkEcho
PROTO     ?=
SERVER    ?= inproc
RESULTS   ?= results/$(shell date +%Y%m%d-%H%M%S).txt

.PHONY: bench test lint generate setup

# 125 cells, $(COUNT) samples each, then benchstat's table across protocols.
bench: setup
	@mkdir -p $(dir $(RESULTS))
	@rc=0; { go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -count $(COUNT) -timeout 0 . \
		$(if $(PROTO),-proto $(PROTO)) -server $(SERVER); echo $$? > $(RESULTS).rc; } | tee $(RESULTS); \
		rc=$$(cat $(RESULTS).rc); rm -f $(RESULTS).rc; \
		scripts/compare.sh $(RESULTS); \
		echo "# results: $(RESULTS)"; exit $$rc

test: setup
	go vet ./...
	go test -race ./...

lint: setup
	test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	go vet ./...
	go vet -tags nozmq ./...
	go build -C tools -o "$(CURDIR)/results/bin/" honnef.co/go/tools/cmd/staticcheck
	results/bin/staticcheck ./...
	for platform in darwin/amd64 darwin/arm64 windows/amd64 windows/arm64 linux/arm64; do \
		echo "vet $$platform"; CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} go vet ./... || exit 1; done

# Needs protoc; its plugins come at the versions that tools/go.mod pins.
generate:
	@command -v protoc >/dev/null || scripts/apt.sh protobuf-compiler
	go generate ./...

# CGO_ENABLED=0 needs nothing of this: ZeroMQ is then reported as skipped. (Unset,
# go takes it for 0 where there is no C compiler, so it is not asked here.)
setup:
	@if [ "$${CGO_ENABLED:-1}" != 0 ] && ! { command -v "$$(go env CC)" && command -v pkg-config && pkg-config --exists libzmq; } >/dev/null; then \
		scripts/apt.sh gcc libc6-dev libzmq3-dev pkg-config; fi
