#!/usr/bin/env bash
# Builds the guests of tests/abi into target/components/abi: all, or the languages named. Tools are installed into
# target/abi, in the versions pinned here and in each language's folder. What is up to date is left alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
cache=$root/target/abi
components=$root/target/components/abi
mkdir -p "$cache" "$components"

# Whether a file is missing or older than something in the folders named behind it.
is_stale() {
  local file=$1
  shift
  [ ! -e "$file" ] || [ -n "$(find "$@" -name __pycache__ -prune -o -type f -newer "$file" -print -quit)" ]
}

# Runs what is behind the file name unless its outcome was there for the same words.
once() {
  local stamp=$cache/$1.installed
  shift
  cmp -s "$stamp" <(cat "$1") || { "${@:2}" && cp "$1" "$stamp"; }
}

python() {
  [ -x "$cache/venv/bin/python" ] || python3 -m venv "$cache/venv"
  once "$1" "tests/abi/$1/requirements.txt" \
    "$cache/venv/bin/pip" install --quiet --disable-pip-version-check -r "tests/abi/$1/requirements.txt"
}

npm_packages() {
  mkdir -p "$cache/npm"
  cp tests/abi/javascript/package.json "$cache/npm/"
  (cd "$cache/npm" && npm install --silent --no-audit --no-fund --no-package-lock)
}

tool() {
  cargo run --quiet -p airlock-abi -- "$@"
}

build_rust() {
  (cd tests/abi/rust && cargo build --quiet --release --target wasm32-wasip2 --target-dir "$root/target/guests")
  cp target/guests/wasm32-wasip2/release/abi_rust.wasm "$1"
}

build_python() {
  python python
  "$cache/venv/bin/componentize-py" --quiet -d wit -w transforms componentize -p tests/abi/python guest -o "$1"
}

build_javascript() {
  once javascript tests/abi/javascript/package.json npm_packages
  "$cache/npm/node_modules/.bin/componentize-js" tests/abi/javascript/guest.js --wit wit --world-name transforms \
    --disable http fetch-event stdio --out "$1" >/dev/null
}

# wit-bindgen's runtime for Go reaches for `runtime.sbrk`, which Go's linker refuses without the flag.
build_go() {
  rm -rf "$cache/go"
  cp -r tests/abi/go "$cache/go"
  tool go "$cache/go/bindings" abi
  (cd "$cache/go" && GOTOOLCHAIN=local GOOS=wasip1 GOARCH=wasm \
    go build -trimpath -buildmode=c-shared -ldflags="-s -checklinkname=0" -o "$cache/go.wasm" .)
  tool component "$cache/go.wasm" "$1"
}

build_c() {
  python c
  tool c "$cache/c"
  ZIG_GLOBAL_CACHE_DIR=$cache/zig ZIG_LOCAL_CACHE_DIR=$cache/zig "$cache/venv/bin/python" -m ziglang cc \
    -target wasm32-wasi -mexec-model=reactor -O3 -msimd128 -s -std=c17 -Wall -Wextra -Werror -I "$cache/c" \
    -o "$cache/c.wasm" tests/abi/c/*.c "$cache/c/transforms.c" "$cache/c/transforms_component_type.o"
  tool component "$cache/c.wasm" "$1"
}

for language in ${*:-rust python javascript go c}; do
  component=$components/$language.wasm
  is_stale "$component" wit tests/abi/build.sh tests/abi/tool/src "tests/abi/$language" || continue
  begun=$SECONDS
  "build_$language" "$component.part"
  mv "$component.part" "$component"
  echo "tests/abi: $language built in $((SECONDS - begun)) s"
done
