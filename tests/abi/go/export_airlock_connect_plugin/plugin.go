// Package export_airlock_connect_plugin is where the bindings look for the exported interface.
package export_airlock_connect_plugin

import (
	info "abi/bindings/airlock_connect_plugin_info"
	"abi/guest"

	wit "go.bytecodealliance.org/pkg/wit/types"
)

func Describe() []info.Description { return guest.Describe() }

func Configure(steps []info.Step) wit.Result[wit.Unit, info.Error] {
	return guest.Exported(func() wit.Unit { guest.Configure(steps); return wit.Unit{} })
}
