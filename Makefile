# Signet: make run, make test. Everything else is for those who change it.

GO      ?= go
VERSION ?= $(shell git describe --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X signet/agent/command.Version=$(VERSION)
BUILD   := CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)'
FPS     ?=
CAMERA  ?=
PORT    ?= 8480
MQTT    ?= localhost:8883
HTTPS   ?= localhost:8443
BOARDS  ?=
BENCH   ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## cloud, camera and owner's page on this machine; CAMERA=file|folder|/dev/videoN FPS=n PORT=n MQTT=host:port HTTPS=host:port
	@test/need.sh go
	@$(MAKE) --no-print-directory build
	@exec bin/signet-demo --bin bin --dir run --port $(PORT) --mqtt $(MQTT) --https $(HTTPS) --camera '$(CAMERA)' --fps '$(FPS)'

.PHONY: test
test: ## everything that is checked, with what it needs installed first
	@test/need.sh test
	@test/all.sh

.PHONY: build
build: ## the programs for this machine, into bin/
	@for p in agent/signet-agent cloud/signet-cloud owner/signet-owner test/signet-demo; do \
		echo "building $${p##*/}"; $(BUILD) -o bin/ ./$$p || exit; \
	done

.PHONY: arm
arm: ## signet-agent for linux/arm (6 and 7), arm64 and amd64, with sizes
	@test/arm.sh '$(LDFLAGS)'

.PHONY: boards
boards: ## the agent on virtual ARM boards with real camera drivers; BOARDS="-run REGEXP -v"
	@test/need.sh boards
	@. test/go.sh && $(GO) build -o bin/ ./test/boards && exec bin/boards -ldflags '$(LDFLAGS)' $(BOARDS)

.PHONY: page
page: ## build the owner's page from its TypeScript
	@cd owner/web && npm ci --silent && npm run build

.PHONY: bench
bench: ## costs per frame, record and receipt
	@$(GO) test -run '^$$' -bench . -benchmem ./capture/... ./certs/... ./uplink/... ./agent/...

.PHONY: bench-motion
bench-motion: ## how well and at what cost motion is found, beside others, with footage of SIGNET_FOOTAGE; BENCH="-run costs"
	@test/need.sh bench
	@$(MAKE) --no-print-directory build
	@. test/go.sh && $(GO) build -o bin/ ./test/benchmotion && exec bin/benchmotion $(BENCH)

.PHONY: insn
insn: ## instructions a frame on 32-bit ARM, counted under emulation
	@test/insn.sh

.PHONY: fuzz
fuzz: ## every parser of outside bytes, a minute each
	@test/fuzz.sh

.PHONY: clean
clean: ## remove what was built; run/ (demo's state) stays
	rm -rf bin test/out
