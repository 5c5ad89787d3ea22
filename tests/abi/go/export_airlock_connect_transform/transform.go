// Package export_airlock_connect_transform is where the bindings look for the exported interface.
package export_airlock_connect_transform

import (
	info "abi/bindings/airlock_connect_plugin_info"
	"abi/bindings/airlock_connect_records"
	"abi/guest"

	wit "go.bytecodealliance.org/pkg/wit/types"
)

func Apply(batch *airlock_connect_records.Batch) wit.Result[wit.Unit, info.Error] {
	// A borrowed batch that isn't dropped before the return traps.
	defer batch.Drop()
	return guest.Exported(func() wit.Unit { guest.Apply(batch); return wit.Unit{} })
}
