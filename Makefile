# make deps         what a bare Debian 12 lacks, and the noise model
# make build        bin/parleyd (static), bin/parleyctl
# make test         everything .ci/run checks: vet (for Windows and macOS, too, by a test), tests (-race), real sound and networks
# make soak         a million sequences of events, and the real-world tests in their long form (PARLEY_SOAK=1)
# make fuzz         each fuzz target for FUZZTIME
# make bench-voice  JSON lines: delay, CPU, memory, join; PEERS=1 measures Mumble and Chromium in the same run
# make run          a server on this machine, and how to join it from a shell

GO        ?= go
GOTESTFLAGS ?=
FUZZTIME  ?= 30s
LISTEN    ?= 127.0.0.1:7440
DATA      ?= $(HOME)/.local/share/parleyd

# What needs the real world runs by itself, without -race, which would make it a test of patience.
REAL      := /test$$|/test/|/bench/
FAST       = $(shell $(GO) list ./... | grep -vE '$(REAL)')

.PHONY: deps build test vet test-fast test-real soak fuzz bench-voice run clean

deps:
	scripts/deps.sh

build: deps bin

bin: FORCE
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/parleyd ./cmd/parleyd
	CGO_ENABLED=1 $(GO) build -trimpath -ldflags '-s -w' -o bin/parleyctl ./cmd/parleyctl
FORCE:

test: build vet test-fast test-real

vet:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...

test-fast:
	$(GO) test -race -timeout 15m $(GOTESTFLAGS) $(FAST)

# One package after the other: they share two cores, and a starved sound server is not what they are about.
test-real: bin
	PARLEY_BIN=$(CURDIR)/bin $(GO) test -count=1 -p 1 -timeout 25m $(GOTESTFLAGS) ./test/... ./bench/...

soak: build
	PARLEY_SOAK=1 PARLEY_BIN=$(CURDIR)/bin $(GO) test -count=1 -p 1 -v -timeout 3h ./call ./test/...

# go test takes one fuzz target at a time.
fuzz:
	@set -e; for p in $(FAST); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
			echo "== $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$p; \
		done; \
	done

bench-voice: build
	$(if $(PEERS),scripts/deps.sh peers)
	@$(GO) run ./bench/voice -bin bin $(if $(PEERS),-peers) $(BENCHFLAGS)

run: build
	@mkdir -p '$(DATA)'
	@echo 'parleyd listens on $(LISTEN), its data is in $(DATA). Its first line holds the invite; from another shell:'
	@echo '  bin/parleyctl join "INVITE" --channel General --name Me'
	@bin/parleyd serve --listen $(LISTEN) --data '$(DATA)'

clean:
	rm -rf bin
