#!/usr/bin/env bash
# Copies the built guests into target/components, whence the program takes those it carries, and the
# examples into target/components/examples. A file that didn't change is left alone, so that nothing is
# built again for it.
set -euo pipefail
cd "$(dirname "$0")/.."
built=target/guests/wasm32-wasip2/release
install() {
  mkdir -p "$(dirname "$2")"
  cmp -s "$1" "$2" || cp "$1" "$2"
}
install "$built/standard.wasm" target/components/standard.wasm
install "$built/file_source.wasm" target/components/file-source.wasm
install "$built/file_sink.wasm" target/components/file-sink.wasm
install "$built/redact.wasm" target/components/examples/redact.wasm
install "$built/probe.wasm" target/components/tests/probe.wasm
