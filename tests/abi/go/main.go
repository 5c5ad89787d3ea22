// The guest of tests/abi in Go: ../README.md says what each plugin does.
package main

import _ "abi/bindings/wit_exports"

func main() {}
