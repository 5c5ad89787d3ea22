module abi

go 1.25

// wit-bindgen's runtime; a newer one asks for a newer Go.
require go.bytecodealliance.org/pkg v0.2.3
