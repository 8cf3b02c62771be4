# make demo   a synthetic slide, analysed, with pictures in out/demo
# make run    the program
# make build  bin/zoomscope, with the native libraries in bin/lib; make headless  without the window
# make test   all tests            make check  what a change must pass
# make demo-model  the model in assets, made again
# make bench  speed and memory against their budgets (docs/benchmarks.md)
# make bench-micro  Go's benchmarks  make fuzz  every fuzz target, FUZZTIME each

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: demo demo-model run build headless test check bench bench-micro fuzz setup extras format clean

# packaging/setup.sh puts a Go here where the machine has none that is new enough.
export PATH := $(CURDIR)/third_party/go/bin:$(PATH):/usr/local/go/bin
export CGO_ENABLED := 1
export GOFLAGS ?= -buildvcs=false

VERSION := $(shell sed -n 's/^Version = "\(.*\)"$$/\1/p' FyneApp.toml)
# Named in the environment, they are part of what go test's cache goes by: results
# from before the data came do not stand in for a run with it.
export ZOOMSCOPE_GOLDEN ?= $(realpath ../shared/golden)
export ZOOMSCOPE_DATA ?= $(realpath ../shared/data)
FUZZTIME ?= 60s
BENCHTIME ?= 1s
TEST_TIMEOUT ?= 20m

# place FILE TARGET: copies where they differ, by rename: a program that runs on the
# old file keeps it.
place = cmp -s $(1) $(2) || { cp $(1) $(2).new && mv -f $(2).new $(2); }

demo: build
	bin/zoomscope demo --out out/demo

run: build
	bin/zoomscope

# Without the tag the toolkit looks at every refresh which thread it is called on, which
# costs as much as all else; the test of the window is built without it, and looks.
build: setup
	@mkdir -p bin/lib
	@$(call place,third_party/onnxruntime/libonnxruntime.so.1,bin/lib/libonnxruntime.so.1)
	@$(call place,third_party/openslide/libopenslide.so.1,bin/lib/libopenslide.so.1)
	go build -trimpath -tags migrated_fynedo -ldflags '-X main.version=$(VERSION)' -o bin/zoomscope .

# For a server: every command, no window, no library of a display.
headless:
	@packaging/setup.sh --headless
	@mkdir -p bin/lib
	@$(call place,third_party/onnxruntime/libonnxruntime.so.1,bin/lib/libonnxruntime.so.1)
	@$(call place,third_party/openslide/libopenslide.so.1,bin/lib/libopenslide.so.1)
	go build -trimpath -tags headless -ldflags '-X main.version=$(VERSION)' -o bin/zoomscope .

setup:
	@packaging/setup.sh

extras: setup
	@packaging/setup.sh --test-extras || echo "make: not all is there that tests can use; what needs it is skipped"

test: extras
	@echo go test -timeout $(TEST_TIMEOUT) ./...
	@go test -v -timeout $(TEST_TIMEOUT) ./... 2>&1 | awk -f packaging/check/tests.awk

check: extras
	@unformatted=$$(gofmt -l $(wildcard main.go app ui engine slideio assets packaging)); \
	  if [[ -n $$unformatted ]]; then echo "gofmt -w is due on:" $$unformatted; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	go test -race -shuffle=on -timeout 60m ./...

# The Python to compare with, where one has PyTorch; BENCHFLAGS is for all three,
# such as --json. Slides that are drawn stay in out/bench.
TORCH ?= $(shell /usr/bin/python3 -c 'import torch' 2>/dev/null && echo /usr/bin/python3)
BENCH_SLIDES ?= $(wildcard $(or $(ZOOMSCOPE_DATA),../shared/data)/slides/CMU-1-Small-Region.svs)

# The model in assets, from nothing but its seeds: slides are drawn and encoded, a
# model is trained on them and tested on slides of another seed. What is in
# out/demo-model is not done again; without it this takes about half an hour.
demo-model: build
	bin/zoomscope demo-model --work out/demo-model --out assets

bench: build
	bin/zoomscope bench encoder --out out/bench $(if $(TORCH),--torch $(TORCH)) $(BENCHFLAGS)
	bin/zoomscope bench analysis --out out/bench $(BENCHFLAGS) $(BENCH_SLIDES)
	bin/zoomscope bench memory --out out/bench $(BENCHFLAGS)
	bin/zoomscope bench step $(BENCHFLAGS)
	packaging/bench/display.sh bin/zoomscope bench viewer $(BENCHFLAGS) out/bench/bench-12k.tiff

bench-micro: setup
	go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) -timeout 60m ./...

# One target at a time: that is all go test -fuzz does. Making an input smaller takes a
# minute each unless told otherwise, in which nothing new is tried.
fuzz: setup
	@grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' $(wildcard app ui engine slideio assets packaging) | sort | \
	while IFS=: read -r file func; do \
	  echo "== $$(dirname $$file) $${func#func }"; \
	  go test -run '^$$' -fuzz "^$${func#func }\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "./$$(dirname $$file)" </dev/null; \
	done

format:
	gofmt -w $(wildcard main.go app ui engine slideio assets packaging)

clean:
	rm -rf bin out
