# Every command that CI runs. `./bootstrap <command>` installs what is missing first.

native := arch() + "-unknown-linux-gnu"

# Lists the commands.
default:
    @just --list --unsorted

# Runs the main job end to end: `--keep` leaves the worker up.
demo *arguments: build
    @cargo run --quiet -p airlock-tests --bin demo -- {{arguments}}

# Runs all tests, a real Kafka broker included.
test: build kafka-install
    cargo test --workspace
    cd guests && cargo test --target {{native}} --target-dir ../target/guests-native
    cd examples/redact && cargo test --target {{native}} --target-dir ../../target/guests-native

# Runs the tests that need no broker.
test-fast: build
    cargo test --workspace --exclude airlock-tests
    cargo test -p airlock-tests --lib --test cases --test sandbox --test architecture --test wit

# Builds the guests, then the program that carries them.
build: guests
    cargo build -p airlock -p airlock-tests --bins

# Builds the guests and the examples into target/components.
guests: (guest-folder "guests") (guest-folder "examples/redact") (guest-folder "tests/guests/probe")
    @tests/install-components.sh

# Builds the guests and runs the cases of one folder, such as `sinks/file`, in the real sandbox.
guest folder: build
    AIRLOCK_GUEST={{folder}} cargo test -p airlock-tests --test cases

# In its own folder, where cargo finds the flags for wasm.
[private]
guest-folder folder:
    cd {{folder}} && cargo build --release --target wasm32-wasip2 --target-dir {{justfile_directory()}}/target/guests

# Formats everything.
fmt:
    cargo fmt --all
    cargo fmt --manifest-path guests/Cargo.toml --all
    cargo fmt --manifest-path examples/redact/Cargo.toml

# Checks formatting, lints, documentation, licences and the WIT package.
lint: guests
    cargo fmt --all --check
    cargo fmt --manifest-path guests/Cargo.toml --all --check
    cargo fmt --manifest-path examples/redact/Cargo.toml --check
    cargo clippy --workspace --all-targets -- -D warnings
    cd guests && cargo clippy --release --target wasm32-wasip2 --target-dir ../target/guests -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
    command -v cargo-deny >/dev/null || cargo install --locked --quiet cargo-deny
    cargo deny --log-level error check bans licenses sources

# Fetches the jars of Apache Kafka once.
kafka-install:
    @tests/kafka/install.sh >/dev/null

# Starts Apache Kafka on free loopback ports until Ctrl-C: `just kafka --brokers 3`.
kafka *arguments: kafka-install
    cargo run --quiet -p airlock-tests --bin kafka -- {{arguments}}

# Runs the simulation of tasks with one seed, or many.
sim seed="" count="500":
    AIRLOCK_SIM_SEED={{seed}} AIRLOCK_SIM_COUNT={{count}} cargo test -p airlock --test simulation -- --nocapture

# Measures everything that has a goal, into target/bench/*.json.
bench *arguments: build kafka-install
    cargo run --quiet -p airlock-bench -- {{arguments}}

# What CI runs.
ci: lint test
