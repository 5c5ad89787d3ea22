#!/usr/bin/env bash
# Builds every guest into target/components, where the program and the tests take them from:
#   guests/{debezium,explode,json-schema,standard}, guests/sources/*, guests/sinks/*  →  NAME.wasm, built into the program
#   examples/*                                         →  examples/NAME.wasm
#   tests/guests/*                                     →  tests/NAME.wasm
# NAME is the package's. Files that stay the same keep their time, so that nothing is built again because of
# them; those whose folder is gone are removed.
set -euo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob
target=$PWD/target/guests
out=$PWD/target/components
kept=()

build() { # build FOLDER: cargo takes wasm's flags from the .cargo of the folder that it runs in
  (cd "$1" && cargo build --release --locked --target wasm32-wasip2 --target-dir "$target")
}

collect() { # collect FOLDER INTO
  local name from
  name=$(sed -n 's/^name = "\(.*\)"/\1/p' "$1/Cargo.toml" | head -n 1)
  from=$target/wasm32-wasip2/release/${name//-/_}.wasm
  mkdir -p "$2"
  cmp -s "$from" "$2/$name.wasm" || cp "$from" "$2/$name.wasm"
  kept+=("$2/$name.wasm")
}

build guests
for manifest in guests/{debezium,explode,json-schema,standard}/Cargo.toml guests/{sources,sinks}/*/Cargo.toml; do
  collect "${manifest%/Cargo.toml}" "$out"
done
for manifest in examples/*/Cargo.toml tests/guests/*/Cargo.toml; do
  folder=${manifest%/Cargo.toml}
  build "$folder"
  case $folder in
    examples/*) collect "$folder" "$out/examples" ;;
    *) collect "$folder" "$out/tests" ;;
  esac
done
for file in "$out"/*.wasm "$out"/{examples,tests}/*.wasm; do
  [[ " ${kept[*]} " == *" $file "* ]] || rm "$file"
done
