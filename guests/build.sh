#!/bin/sh
# Builds the guests and the examples into target/components: `<package>.wasm`, and `examples/<package>.wasm`.
# Files that stay the same keep their time, so that nothing is built again because of them.
set -eu
cd "$(dirname "$0")/.."
target="$PWD/target/guests"
built="$target/wasm32-wasip2/release"
out="$PWD/target/components"
mkdir -p "$out/examples"

collect() { # collect FOLDER INTO
    name=$(sed -n 's/^name = "\(.*\)"/\1/p' "$1/Cargo.toml" | head -n 1)
    from="$built/$(printf %s "$name" | tr - _).wasm"
    cmp -s "$from" "$2/$name.wasm" || cp "$from" "$2/$name.wasm"
}

# Cargo takes the target and its flags from the .cargo of the folder that it runs in.
(cd guests && CARGO_TARGET_DIR="$target" cargo build --release --locked)
for guest in guests/standard guests/sources/* guests/sinks/*; do
    collect "$guest" "$out"
done
for example in examples/*/Cargo.toml; do
    example=$(dirname "$example")
    (cd "$example" && CARGO_TARGET_DIR="$target" cargo build --release --locked --target wasm32-wasip2)
    collect "$example" "$out/examples"
done
