# make deps         what a bare Debian 12 lacks, and the noise model
# make build        bin/parleyd (static), bin/parleyctl
# make app          bin/parley, the window
# make test         everything .ci/run checks: vet (for Windows and macOS, too, by a test), tests (-race), real sound and networks
# make soak         a million sequences of events, and the real-world tests in their long form (PARLEY_SOAK=1);
#                   PARLEY_CHAOS=N go test -run 'TestChaos$$' ./test is the chaos of another seed, or of one that has failed
# make asan         hostile pictures through a libvpx that watches its memory
# make fuzz         each fuzz target for FUZZTIME
# make bench-voice  JSON lines: delay, CPU, memory, join; PEERS=1 measures Mumble and Chromium in the same run
# make bench-app    JSON lines: the window's start, CPU, memory, stalls, frames
# make bench-video  JSON lines: pictures shown, freezes, delay, CPU, memory, quality; PEERS=1 measures Chromium in the same run
# make bench-net    JSON lines: sound over bad networks: invented, late, delay, back after an outage; PEERS=1 measures Chromium in the same
#                   run
# make bench-rate   JSON lines: links that carry less than a call could use, or lose packets: how soon pictures fit, silence, freezes;
#                   what a shared screen costs; a browser's first picture; PEERS=1 measures Chromium in the same run
# make bench-quality  JSON lines: what the echo canceller leaves, and of the voice; the sending chain's time; PEERS=1: SpeexDSP's
#                   canceller, and Chromium's voice processing beside ours in a room between virtual cables
# make packages     everything that is given to people, in dist/: packages for Linux, installers for Windows, the server, sums, licences;
#                   half an hour at the first time. PARTS="binaries linux" is some of it
# make packages-repro  builds that twice, in two places, and compares it to the byte
# make packages-test   tries the packages: installs, starts and removes them, on Linux and in Wine
# make screenshots  docs/: each screen in both themes, from the real window
# make run          the app with a server inside; without a display, make demo
# make demo         the app on a display and sound card in memory, somebody who talks to it, and what its speaker played

GO        ?= go
GOTESTFLAGS ?=
FUZZTIME  ?= 30s
LISTEN    ?= 127.0.0.1:7440
DATA      ?= $(HOME)/.local/share/parleyd

# What needs the real world runs by itself, without -race, which would make it a test of patience.
TAGS      := migrated_fynedo
# What needs the real world, or the graphics driver, is not run with the race detector.
REAL      := /test$$|/test/|/bench/|/cmd/parley$$
FAST       = $(shell $(GO) list ./... | grep -vE '$(REAL)')

.PHONY: deps build app test vet test-fast test-real soak asan fuzz bench-voice bench-app bench-video bench-net bench-rate bench-quality \
	run demo screenshots packages packages-repro packages-test clean

deps:
	scripts/deps.sh

build: deps bin

# The server and the headless client need no display to be built; the app needs OpenGL's headers, and its first build takes minutes.
bin: FORCE
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/parleyd ./cmd/parleyd
	CGO_ENABLED=1 $(GO) build -trimpath -ldflags '-s -w' -o bin/parleyctl ./cmd/parleyctl

app: FORCE
	scripts/deps.sh build app
	CGO_ENABLED=1 $(GO) build -trimpath -tags $(TAGS) -ldflags '-s -w' -o bin/parley ./cmd/parley
FORCE:

test: build app vet test-fast test-real

vet:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet -tags $(TAGS) ./...

# The golden pictures are one goroutine's work, at which the race detector would look for minutes.
LOOKS     := ^Test.+Looks?$$

test-fast:
	$(GO) test -race -tags $(TAGS) -timeout 15m -skip '$(LOOKS)' $(GOTESTFLAGS) $(FAST)
	$(GO) test -tags $(TAGS) -timeout 5m -run '$(LOOKS)' $(GOTESTFLAGS) ./ui

# One package after the other: they share two cores, and a starved sound server is not what they are about.
test-real: bin app
	PARLEY_BIN=$(CURDIR)/bin $(GO) test -count=1 -p 1 -tags $(TAGS) -timeout 25m $(GOTESTFLAGS) ./cmd/parley ./test/... ./bench/...

soak: build app
	PARLEY_SOAK=1 PARLEY_BIN=$(CURDIR)/bin $(GO) test -tags $(TAGS) -count=1 -p 1 -v -timeout 3h \
		./call ./call/rate ./server ./video/vp9 ./test/...

# The codecs' tests with libvpx under the address sanitizer; builds it from Debian's source once.
asan:
	scripts/asan.sh

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

run: build app
	@if [ "$$(uname)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		echo 'There is no display here to show the window on. make demo follows: the app on a virtual one, with somebody who talks.'; \
		$(MAKE) demo; \
	else \
		bin/parley --host; \
	fi

demo: build app
	scripts/deps.sh test
	$(GO) run ./test/demo -bin bin

screenshots: build app
	scripts/deps.sh test
	$(GO) run ./test/screenshots -bin bin -out docs

bench-app: build app
	scripts/deps.sh test
	@$(GO) run ./bench/app -bin bin $(BENCHFLAGS)

bench-video: build app
	scripts/deps.sh test $(if $(PEERS),peers)
	@$(GO) run ./bench/video -bin bin $(if $(PEERS),-peers) $(BENCHFLAGS)

bench-net: build
	scripts/deps.sh test $(if $(PEERS),peers)
	@$(GO) run ./bench/net -bin bin $(if $(PEERS),-peers) $(BENCHFLAGS)

bench-rate: build
	scripts/deps.sh test $(if $(PEERS),peers)
	@$(GO) run ./bench/rate -bin bin $(if $(PEERS),-peers) $(BENCHFLAGS)

bench-quality: build
	scripts/deps.sh test $(if $(PEERS),peers)
	@$(GO) run ./bench/quality -bin bin $(if $(PEERS),-speex -peers) $(BENCHFLAGS)

packages:
	@packaging/packages.sh $(PARTS)

packages-repro:
	@packaging/repro.sh $(PARTS)

packages-test:
	@packaging/test/all.sh $(PARTS)

# build/ has what took long to compile, dist/ what people may already have been given.
clean:
	rm -rf bin
