// Package export_airlock_connect_predicate is where the bindings look for the exported interface.
package export_airlock_connect_predicate

import (
	info "abi/bindings/airlock_connect_plugin_info"
	"abi/bindings/airlock_connect_records"
	"abi/guest"

	wit "go.bytecodealliance.org/pkg/wit/types"
)

func Test(batch *airlock_connect_records.Batch) wit.Result[[]uint32, info.Error] {
	defer batch.Drop()
	return guest.Exported(func() []uint32 { return guest.Test(batch) })
}
