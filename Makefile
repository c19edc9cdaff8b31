# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make help` lists what can be made. Objects and programs go to $(BUILD). What a user gives in
# CFLAGS, CPPFLAGS and LDFLAGS comes last, and so wins.

VERSION := 0.1.0
BUILD   ?= build
CC      ?= cc
PREFIX  ?= /usr/local

# SANDBOX=0 builds without the sandbox, for what it does not allow: sanitizers, coverage.
SANDBOX ?= 1

# HARDEN=0 builds without the flags against exploits; sanitizers take the place of some.
HARDEN ?= 1
ifneq ($(HARDEN),0)
harden_cflags  := $(shell scripts/hardening '$(CC)' '$(BUILD)' cflags)
harden_ldflags := $(shell scripts/hardening '$(CC)' '$(BUILD)' ldflags)
endif

V ?= 0
quiet = $(if $(filter 1,$(V)),,@echo '  $(1)' $(patsubst $(BUILD)/%,%,$@);)

warnings := -Wall -Wextra -Wformat=2 -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes \
            -Wmissing-prototypes -Wvla
# WERROR=1, as in CI: a warning fails the build.
warnings += $(if $(filter 1,$(WERROR)),-Werror)

all_cppflags = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DQEDSCRUB_VERSION='"$(VERSION)"' \
               -Isrc -I. -I$(BUILD)/gen \
               $(if $(filter 0,$(SANDBOX)),-DQEDSCRUB_NO_SANDBOX) $(CPPFLAGS)
all_cflags   = -std=c17 -O2 -g -pthread $(harden_cflags) $(warnings) $(CFLAGS)
all_ldflags  = $(harden_ldflags) $(LDFLAGS)

bundle_libs := -larchive -lz -ldeflate -ljansson -lnettle $(if $(filter 0,$(SANDBOX)),,-lseccomp)

base_sources     := $(wildcard src/base/*.c)
qed_sources      := $(wildcard src/qed/*.c)
bug_sources      := $(wildcard bugreport/*.c bugreport/*/*.c)
qedscrub_sources := $(wildcard src/qedscrub/*.c)
qed_tool_sources := $(wildcard src/qed-tool/*.c)
mkimage_sources  := $(wildcard tests/mkimage/*.c)
unit_sources     := $(wildcard tests/unit/test_*.c)
fuzz_sources     := $(wildcard tests/fuzz/*.c)
bench_sources    := $(wildcard tests/bench/*.c)

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
all_sources := $(base_sources) $(qed_sources) $(bug_sources) $(qedscrub_sources) \
               $(qed_tool_sources) $(mkimage_sources) $(unit_sources) $(fuzz_sources) \
               $(bench_sources)

libbase      := $(BUILD)/libbase.a
libqed       := $(BUILD)/libqed.a
libbugreport := $(BUILD)/libbugreport.a
programs     := $(BUILD)/qedscrub $(if $(qed_tool_sources),$(BUILD)/qed-tool)
fuzz_targets := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_replays := $(addprefix $(BUILD)/tests/fuzz/replay_,$(fuzz_targets))
unit_tests   := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(unit_sources))

# Objects of tests are kept as well.
.SECONDARY:

.PHONY: all
all: $(programs)  ## build the programs (the default)

# Rebuild everything when the compiler or its flags change.
flags := $(CC) $(all_cppflags) $(all_cflags) $(all_ldflags)
$(shell mkdir -p $(BUILD); \
        printf '%s\n' '$(subst ','"'"',$(flags))' | cmp -s - $(BUILD)/flags || \
        printf '%s\n' '$(subst ','"'"',$(flags))' > $(BUILD)/flags)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,CC     )$(CC) $(all_cppflags) $(all_cflags) -MMD -MP -c -o $@ $<

-include $(patsubst %.o,%.d,$(call objects,$(all_sources)))

$(libbase): $(call objects,$(base_sources))
$(libqed): $(call objects,$(qed_sources))
$(libbugreport): $(call objects,$(bug_sources))
$(libbase) $(libqed) $(libbugreport):
	$(call quiet,AR     )rm -f $@ && $(AR) rcs $@ $^

# Texts of bundles and pages as C strings.
templates := $(BUILD)/gen/bugreport/templates.h
$(templates): scripts/embed $(wildcard bugreport/templates/*)
	@mkdir -p $(@D)
	$(call quiet,EMBED  )scripts/embed $(wordlist 2,$(words $^),$^) > $@.new && mv $@.new $@
$(call objects,$(bug_sources)): | $(templates)

$(BUILD)/qedscrub: $(call objects,$(qedscrub_sources)) $(libbugreport) $(libqed) $(libbase)
	$(call quiet,LINK   )$(CC) $(all_cflags) $(all_ldflags) -o $@ $^ $(bundle_libs)

$(BUILD)/qed-tool: $(call objects,$(qed_tool_sources)) $(libqed) $(libbase)
	$(call quiet,LINK   )$(CC) $(all_cflags) $(all_ldflags) -o $@ $^ -ljansson

$(BUILD)/mkimage: $(call objects,$(mkimage_sources))
	$(call quiet,LINK   )$(CC) $(all_cflags) $(all_ldflags) -o $@ $^

# A unit test links the libraries, and of the programs the modules that it names; that of the
# edits all of qed-tool but main. Fuzz targets are run by unit tests on random input, and mkimage's
# layouts are what encoders are tried on.
$(BUILD)/tests/unit/test_status: $(BUILD)/src/qedscrub/status.o
$(BUILD)/tests/unit/test_progress: $(BUILD)/src/qedscrub/progress.o
$(BUILD)/tests/unit/test_terminal: $(BUILD)/src/qedscrub/terminal.o
$(BUILD)/tests/unit/test_nearest: $(BUILD)/src/qedscrub/nearest.o
$(BUILD)/tests/unit/test_worker: $(BUILD)/src/qedscrub/worker.o $(BUILD)/src/qedscrub/progress.o
$(BUILD)/tests/unit/test_files: $(BUILD)/src/qedscrub/files.o
$(BUILD)/tests/unit/test_find: $(addprefix $(BUILD)/src/qedscrub/,find.o files.o)
$(BUILD)/tests/unit/test_names: $(BUILD)/src/qedscrub/names.o
$(BUILD)/tests/unit/test_gather: $(addprefix $(BUILD)/src/qedscrub/,gather.o find.o files.o \
                                 name_list.o)
$(BUILD)/tests/unit/test_interrupt: $(BUILD)/src/qedscrub/interrupt.o
$(BUILD)/tests/unit/test_journal: $(BUILD)/src/qedscrub/journal.o
$(BUILD)/tests/unit/test_message: $(BUILD)/src/qedscrub/message.o
$(BUILD)/tests/unit/test_name_list: $(BUILD)/src/qedscrub/name_list.o
$(BUILD)/tests/unit/test_pool: $(addprefix $(BUILD)/src/qedscrub/,pool.o message.o worker.o progress.o)
$(BUILD)/tests/unit/test_examine: $(addprefix $(BUILD)/src/qedscrub/,examine.o image.o)
$(BUILD)/tests/unit/test_sweep: $(addprefix $(BUILD)/src/qedscrub/,sweep.o examine.o image.o \
                                files.o find.o interrupt.o journal.o pool.o message.o worker.o progress.o)
qedscrub_modules := $(filter-out %/main.o,$(call objects,$(qedscrub_sources)))
qed_tool_modules := $(filter-out %/main.o,$(call objects,$(qed_tool_sources)))
$(BUILD)/tests/unit/test_edit: $(qed_tool_modules) \
                               $(addprefix $(BUILD)/tests/fuzz/,fuzz_edit.o image.o)
layout_objects := $(addprefix $(BUILD)/tests/mkimage/,order.o number.o)
$(BUILD)/tests/unit/test_table_deflate: $(BUILD)/tests/fuzz/fuzz_deflate.o $(layout_objects)
$(foreach test,gzip_block gzip gunzip replay,$(BUILD)/tests/unit/test_$(test)): $(layout_objects)
$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(libbugreport) $(libqed) $(libbase)
	$(call quiet,LINK   )$(CC) $(all_cflags) $(all_ldflags) -o $@ \
	    $(filter %.o,$^) $(filter %.a,$^) $(bundle_libs) -lcmocka

# A fuzz target with the plain main replays files; with libFuzzer's it looks for new ones. Of the
# programs it links all but main, where it needs them.
$(addprefix $(BUILD)/tests/fuzz/,replay_edit fuzz_edit): $(qed_tool_modules)
$(addprefix $(BUILD)/tests/fuzz/,replay_options fuzz_options): $(qedscrub_modules)
$(addprefix $(BUILD)/tests/fuzz/,replay_number fuzz_number): $(BUILD)/src/qed-tool/number.o
fuzz_link = $(CC) $(all_cflags) $(all_ldflags) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(bundle_libs)
$(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o \
                              $(BUILD)/tests/fuzz/image.o $(libbugreport) $(libqed) $(libbase)
	$(call quiet,LINK   )$(fuzz_link)
$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/image.o \
                            $(libbugreport) $(libqed) $(libbase)
	$(call quiet,LINK   )$(fuzz_link) -fsanitize=fuzzer

$(BUILD)/tests/fuzz/dump: $(addprefix $(BUILD)/tests/fuzz/,dump.o image.o) $(libqed) $(libbase)
	$(call quiet,LINK   )$(fuzz_link)

$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(libbugreport) $(libqed) $(libbase)
	$(call quiet,LINK   )$(CC) $(all_cflags) $(all_ldflags) -o $@ $^ $(bundle_libs)

.PHONY: demo
demo:  ## install what is missing, build, run the main job on a real image, show the result
	@scripts/deps build demo
	@$(MAKE) --no-print-directory all $(BUILD)/mkimage
	@scripts/demo $(BUILD)

.PHONY: check
check:  ## install what the tests need, build, and pass every test
	@scripts/deps build check
	@$(MAKE) --no-print-directory check-only

# All that the tests run.
.PHONY: check-built
check-built: all $(BUILD)/mkimage $(BUILD)/tests/bench/audits $(BUILD)/tests/fuzz/dump $(unit_tests) $(fuzz_replays)

.PHONY: check-only
check-only: check-built  ## the tests alone; TESTS='unit cli ...' picks
	@BUILD='$(abspath $(BUILD))' tests/run $(TESTS)

.PHONY: check-more
check-more:  ## sanitizers, lint and what else takes longer
	@scripts/deps build check more
	@$(MAKE) --no-print-directory lint check-package check-faults check-valgrind \
	    check-thread check-sanitize coverage
	@$(MAKE) --no-print-directory check-only TESTS=browser

.PHONY: check-faults
check-faults:  ## full disks, bad disks, kills, files that change; needs root
	@scripts/deps build check faults
	@$(MAKE) --no-print-directory all $(BUILD)/mkimage $(BUILD)/tests/unit/test_sandbox
	@BUILD='$(abspath $(BUILD))' tests/faults/run

SECONDS ?= 60
fuzz_build = $(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)/fuzz SANDBOX=0 HARDEN=0 \
    CFLAGS='-O2 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' \
    LDFLAGS='-fsanitize=address,undefined'
.PHONY: fuzz
fuzz:  ## look for inputs that break a promise: T=walk (of tests/fuzz/fuzz_*.c), SECONDS=60
	@scripts/deps build fuzz
	@+$(fuzz_build) $(BUILD)/fuzz/tests/fuzz/fuzz_$(T)
	@BUILD='$(BUILD)/fuzz' scripts/fuzz '$(T)' '$(SECONDS)'

N ?= 1000
.PHONY: check-leaks
check-leaks:  ## try N hostile images (1000): does any word of a guest come out?
	@scripts/deps build check
	@$(MAKE) --no-print-directory all $(BUILD)/mkimage
	@BUILD='$(abspath $(BUILD))' /usr/bin/python3 tests/qemu/test_leaks.py $(N)
	@BUILD='$(abspath $(BUILD))' /usr/bin/python3 tests/qemu/test_oracle.py $(N)

.PHONY: check-slurm
check-slurm:  ## the recipe of contrib/slurm on a cluster of one node, started for it
	@scripts/deps build slurm
	@$(MAKE) --no-print-directory all $(BUILD)/mkimage
	@BUILD='$(abspath $(BUILD))' tests/slurm/check

BENCH ?= quick
.PHONY: bench
bench:  ## measure beside the peers; BENCH=full takes minutes; ONLY='pack audit ...' picks
	@scripts/deps build bench
	@$(MAKE) --no-print-directory all $(BUILD)/mkimage $(BUILD)/tests/bench/stages
	@BUILD='$(abspath $(BUILD))' PATH='$(abspath $(BUILD))':"$$PATH" BENCH='$(BENCH)' \
	    ONLY='$(ONLY)' /usr/bin/python3 tests/bench/run.py

FIRST ?= 20001
.PHONY: check-oracle
check-oracle:  ## N hostile images (10000) from seed FIRST on: leaks, verdicts, copies of copies
	@scripts/deps build check
	@$(MAKE) --no-print-directory all $(BUILD)/mkimage
	@BUILD='$(abspath $(BUILD))' /usr/bin/python3 tests/qemu/test_oracle.py \
	    $(if $(filter file,$(origin N)),10000,$(N)) $(FIRST)

.PHONY: check-sanitize
check-sanitize:  ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0 \
	$(MAKE) --no-print-directory check-only BUILD=$(BUILD)/sanitize SANDBOX=0 HARDEN=0 WERROR=$(WERROR) \
	    CFLAGS='-O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' \
	    LDFLAGS='-fsanitize=address,undefined' TESTS='$(TESTS)'

.PHONY: check-thread
check-thread:  ## what runs in threads, under ThreadSanitizer
	@$(MAKE) --no-print-directory check-only BUILD=$(BUILD)/thread SANDBOX=0 HARDEN=0 WERROR=$(WERROR) \
	    CFLAGS='-O1 -fsanitize=thread' LDFLAGS='-fsanitize=thread' TESTS=threads

.PHONY: coverage
coverage:  ## which lines of src/ and bugreport/ the tests do not reach; fails below nine tenths
	@scripts/deps build check coverage
	@$(MAKE) --no-print-directory check-built BUILD=$(BUILD)/coverage SANDBOX=0 HARDEN=0 WERROR=$(WERROR) \
	    CFLAGS='-O1 --coverage -fprofile-update=atomic' LDFLAGS=--coverage
	@BUILD='$(abspath $(BUILD)/coverage)' scripts/coverage $(TESTS)

.PHONY: check-valgrind
check-valgrind: all $(BUILD)/mkimage $(fuzz_replays)  ## the programs, and the corpus of the fuzz targets, under valgrind
	@scripts/deps valgrind
	@BUILD='$(abspath $(BUILD))' tests/valgrind
	@for target in $(fuzz_targets); do \
	    echo "# valgrind: $$target"; \
	    valgrind --quiet --error-exitcode=1 --leak-check=full \
	        $(BUILD)/tests/fuzz/replay_$$target tests/fuzz/corpus/$$target/* >/dev/null || exit 1; \
	done

.PHONY: lint
lint: $(templates)  ## formatting, static analysis, shell scripts, layers
	@BUILD='$(BUILD)' tests/lint

manuals     := src/qedscrub/qedscrub.1 src/qed-tool/qed-tool.1 bugreport/qedscrub-bundle.5
bash_completions := contrib/completions/qedscrub.bash contrib/completions/qed-tool.bash
share := $(DESTDIR)$(PREFIX)/share

# What install puts where: uninstall removes just these.
installed = $(patsubst $(BUILD)/%,$(DESTDIR)$(PREFIX)/bin/%,$(programs)) \
            $(foreach page,$(manuals),$(share)/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
            $(patsubst %.bash,$(share)/bash-completion/completions/%,$(notdir $(bash_completions))) \
            $(share)/zsh/vendor-completions/_qedscrub $(share)/zsh/vendor-completions/_qed-tool \
            $(share)/fish/vendor_completions.d/qedscrub.fish \
            $(share)/fish/vendor_completions.d/qed-tool.fish

.PHONY: install
install: all  ## install programs, manuals and completions under $(DESTDIR)$(PREFIX)
	install -d $(sort $(dir $(installed)))
	install -m 755 $(programs) '$(DESTDIR)$(PREFIX)/bin'
	install -m 644 $(filter %.1,$(manuals)) '$(share)/man/man1'
	install -m 644 $(filter %.5,$(manuals)) '$(share)/man/man5'
	for file in $(bash_completions); do \
	    install -m 644 $$file '$(share)/bash-completion/completions/'$$(basename $$file .bash); done
	install -m 644 contrib/completions/_qedscrub contrib/completions/_qed-tool \
	    '$(share)/zsh/vendor-completions'
	install -m 644 contrib/completions/qedscrub.fish contrib/completions/qed-tool.fish \
	    '$(share)/fish/vendor_completions.d'

.PHONY: uninstall
uninstall:  ## remove what install put there
	rm -f $(installed)

# Of the libraries only what is used is linked in, since libarchive knows far more formats than we do.
static_libs := -lacl -llzma -lzstd -llz4 -lbz2 -lxml2 -lm
.PHONY: static
static:  ## programs that need no libraries, in $(BUILD)/static
	@scripts/deps build static
	@$(MAKE) --no-print-directory all BUILD=$(BUILD)/static \
	    LDFLAGS='-static -Wl,--gc-sections $(LDFLAGS)' bundle_libs='$(bundle_libs) $(static_libs)'
	strip $(BUILD)/static/qedscrub $(BUILD)/static/qed-tool

dist := qedscrub-$(VERSION)
.PHONY: dist
dist:  ## a tarball of the committed tree: the same bytes each time
	@mkdir -p $(BUILD)
	git archive --format=tar --prefix=$(dist)/ HEAD | gzip -n9 > $(BUILD)/$(dist).tar.gz
	@echo $(BUILD)/$(dist).tar.gz

.PHONY: check-package
check-package:  ## install, uninstall, tarball, static programs, the Debian package
	@scripts/deps build static package
	@$(MAKE) --no-print-directory all
	@BUILD='$(abspath $(BUILD))' tests/run package

.PHONY: clean
clean:  ## remove everything that was built
	rm -rf $(BUILD)

.PHONY: help
help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26
