# The targets are thin: what they do is in cmd/ringo, which one can also call
# by itself (build/bin/ringo help).

M        ?= qemu-svm
ARGS     ?=
CONFIG   ?=
FUZZTIME ?= 1m
SOAKTIME ?= 30m
TAMAGO   ?=
PEER     ?= $(if $(filter 1,$(IO)),kvm)
LINUX    ?=
SMP      ?=
IO       ?=
DEV      ?=
FORCE    ?=

RINGO   := build/bin/ringo
RINGO_FLAGS := -install -tamago '$(TAMAGO)'
# For what boots.
CONFIG_FLAG := $(if $(CONFIG),-config '$(CONFIG)')

.DEFAULT_GOAL := help
.PHONY: help build run test soak bench iso usb pxe vet fuzz clean $(RINGO)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  CONFIG=FILE.toml        for run, iso, usb and pxe: the virtual machines"
	@echo "  M=MACHINE, ARGS='...'   for run and bench: ringo run -h lists the machines and flags"
	@echo "  DEV=/dev/sdX, FORCE=1   for usb"
	@echo "  SOAKTIME=30m            for soak: how long it takes, but for what it does to disks"
	@echo "  FUZZTIME=1m             for fuzz: how long each target runs"
	@echo "  PEER=kvm, LINUX=1       for bench: beside KVM; and time Linux to its shell; SMP=1: several processors; IO=1: disks and network, both beside KVM"
	@echo "  TAMAGO=/path/to/go      for all: build with TamaGo's Go distribution"

build: $(RINGO) ## build the kernel, build/ringo.elf
	$(RINGO) build $(RINGO_FLAGS)

run: $(RINGO) ## boot the kernel on an emulated machine (M, CONFIG, ARGS)
	@$(RINGO) run $(RINGO_FLAGS) $(CONFIG_FLAG) -m '$(M)' $(ARGS)

test: $(RINGO) ## vet, unit tests with the race detector, boot tests
	$(RINGO) test $(RINGO_FLAGS)

soak: $(RINGO) ## try for SOAKTIME to hang four processors, with guests
	$(RINGO) test $(RINGO_FLAGS) -soak '$(SOAKTIME)'

bench: $(RINGO) ## measure, and write build/bench.json (M, PEER=kvm, LINUX=1, SMP=1, IO=1)
	@$(RINGO) bench $(RINGO_FLAGS) -m '$(M)' -peer '$(PEER)' $(if $(filter 1,$(LINUX)),-linux 5) $(if $(filter 1,$(SMP)),-smp) $(if $(filter 1,$(IO)),-io)

iso: $(RINGO) ## make build/ringo.iso, for CD and USB stick, BIOS and UEFI
	$(RINGO) iso $(RINGO_FLAGS) $(CONFIG_FLAG)

usb: $(RINGO) ## write the ISO to a USB stick and verify it (DEV, FORCE)
	$(RINGO) usb $(RINGO_FLAGS) $(CONFIG_FLAG) -dev '$(DEV)' $(if $(filter 1,$(FORCE)),-force)

pxe: $(RINGO) ## make build/pxe, the folder of a network boot server
	$(RINGO) pxe $(RINGO_FLAGS) $(CONFIG_FLAG)

vet: $(RINGO) ## go vet, for the host's build and the kernel's
	$(RINGO) vet -tamago '$(TAMAGO)'

fuzz: $(RINGO) ## run every fuzz target for FUZZTIME
	$(RINGO) fuzz -time '$(FUZZTIME)'

clean: ## remove all that was built
	rm -rf build

$(RINGO):
	@go build -buildvcs=false -o $@ ./cmd/ringo
