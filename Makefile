# The jobs of the project. Needed: Rust (rust-version in Cargo.toml), a C compiler, Python 3.10 with venv.

CARGO_DENY := 0.20.2

.PHONY: help demo test kill-test fault-test bench lint deny clean rust

help:
	@echo "make demo   build plumb and show the main job on the AWS emulator, from plan to destroy"
	@echo "make test   all tests; the AWS emulator is installed into .venv first"
	@echo "make kill-test   end plumb at every boundary of several applies (hours); KILL=20: at 20 of each"
	@echo "make fault-test  a life of the example under throttling, failures and lost answers; SEED=n for another"
	@echo "make bench  benchmarks: API calls, seconds, memory"
	@echo "make lint   formatting and clippy"
	@echo "make deny   licences, sources and bans of all dependencies"
	@echo "make clean  remove build results and tools"

rust:
	@command -v cargo >/dev/null || { echo "Rust is needed: install it with rustup (https://rustup.rs)." >&2; exit 1; }

demo: rust
	@scripts/demo

test: rust
	@scripts/emulator setup
	cargo test --workspace

kill-test: rust
	@scripts/emulator setup
	PLUMB_KILL="$${KILL:-all}" cargo test --package plumb-tests --test suite -- kill:: --test-threads 1

fault-test: rust
	@scripts/emulator setup
	PLUMB_FAULT_SEED="$${SEED:-7}" cargo test --package plumb-tests --test suite -- faults:: --test-threads 1

bench: rust
	@scripts/emulator setup
	cargo build --package plumb-cli
	@scripts/emulator run scripts/bench.py --plumb "$${CARGO_TARGET_DIR:-target}/debug/plumb"

lint: rust
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

deny: rust .tools/cargo-deny-$(CARGO_DENY)
	.tools/bin/cargo-deny check licenses bans sources

# An optimised build would take minutes more than it saves.
.tools/cargo-deny-$(CARGO_DENY):
	cargo install --locked --debug cargo-deny --version $(CARGO_DENY) --root .tools
	@touch $@

clean:
	rm -rf target .venv .tools
