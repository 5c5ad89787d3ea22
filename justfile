# Every command that CI runs. `./bootstrap <command>` installs what is missing first.

guest-clippy := "cargo clippy --release --locked --target wasm32-wasip2 --target-dir " + target + "/guests -- -D warnings"
guest-test := "cargo test --locked --target " + arch() + "-unknown-linux-gnu --target-dir " + target + "/guests-native"
target := justfile_directory() / "target"

# Lists the commands.
default:
    @just --list --unsorted

# Runs the main job end to end: `--keep` leaves the worker up.
demo *arguments: build
    @cargo run --quiet -p airlock-tests --bin demo -- {{arguments}}

# Runs all tests, a real Kafka broker included.
test: build abi-guests kafka-install oracle-install registry-install && (in-guests guest-test)
    cargo test --workspace --no-fail-fast

# Runs the tests that need no broker.
test-fast: build
    cargo test --workspace --exclude airlock-tests
    cargo test -p airlock-tests --lib --test cases --test sandbox --test typed --test architecture

# Builds the guests, then the program that carries them.
build: guests
    cargo build -p airlock -p airlock-tests --bins

# Builds the guests, the examples and the tests' own guests into target/components.
guests:
    @guests/build.sh

# Builds the guests and runs the cases of one folder, such as `sinks/file`, in the real sandbox.
guest folder: build
    AIRLOCK_GUEST={{folder}} cargo test -p airlock-tests --test cases

# Builds the guests of tests/abi, all or the languages named: `just abi-guests python`.
abi-guests *languages:
    @tests/abi/build.sh {{languages}}

# Runs the same cases on guests in five languages; `AIRLOCK_CASE` chooses some by a part of their names.
abi: build abi-guests
    cargo test -p airlock-tests --test abi

# Runs a command in the folder of each package or workspace of guests, where cargo finds the flags for wasm.
[private]
in-guests +command:
    for manifest in guests/Cargo.toml examples/*/Cargo.toml tests/guests/*/Cargo.toml; do \
        (cd "$(dirname "$manifest")" && {{command}}) || exit 1; \
    done

# Formats everything.
fmt: (in-guests "cargo fmt --all")
    cargo fmt --all
    cargo fmt --manifest-path tests/abi/rust/Cargo.toml

# Checks formatting, lints, documentation, licences and the WIT package.
lint: guests (in-guests "cargo fmt --all --check") (in-guests guest-clippy)
    cargo fmt --all --check
    cargo fmt --manifest-path tests/abi/rust/Cargo.toml --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test -p airlock-sdk --test wit
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
    command -v cargo-deny >/dev/null || cargo install --locked --quiet cargo-deny
    cargo deny --log-level error check bans licenses sources

# Fetches the jars of Apache Kafka once.
kafka-install:
    @tests/kafka/install.sh >/dev/null

# Compiles the program that asks Kafka Connect's own classes what is right.
oracle-install:
    @tests/oracle/build.sh >/dev/null

# Compiles the benchmarks of Kafka's transforms with JMH.
bench-install:
    @tests/bench/java/build.sh >/dev/null

# Fetches the schema registry of the tests once.
registry-install:
    @tests/registry/install.sh >/dev/null

# Starts Apache Kafka on free loopback ports until Ctrl-C: `just kafka --brokers 3`.
kafka *arguments: kafka-install
    cargo run --quiet -p airlock-tests --bin kafka -- {{arguments}}

# Runs the simulation of tasks with one seed, or many.
sim seed="" count="500":
    AIRLOCK_SIM_SEED={{seed}} AIRLOCK_SIM_COUNT={{count}} cargo test -p airlock --test simulation -- --nocapture

# Lets faults come at random moments under load, on real processes, and counts what is lost: `--rounds 200 --seed 7`.
torture *arguments: build kafka-install
    cargo run --quiet -p airlock-tests --bin torture -- {{arguments}}

# Compares transforms and predicates with Kafka's own classes: `just oracle --cases 20000 --seed 7 MaskField`.
oracle *arguments: build oracle-install
    cargo run --quiet -p airlock-tests --bin oracle -- {{arguments}}

# Measures everything that has a goal, into target/bench/*.json.
bench *arguments: build abi-guests kafka-install bench-install
    cargo run --quiet -p airlock-bench -- {{arguments}}

# Measures the ABI anew and writes docs/benchmarks/abi.md. Needs a quiet machine and a minute or two.
bench-abi: build abi-guests
    cargo run --quiet -p airlock-bench -- --write-abi docs/benchmarks/abi.md

# Measures Kafka's transforms, ours and Java's by JMH in turns, and writes docs/benchmarks/transforms.md. Needs a quiet
# machine and a quarter of an hour.
bench-transforms: build bench-install
    cargo run --quiet -p airlock-bench -- --write-transforms docs/benchmarks/transforms.md

# What CI runs.
ci: lint test
