// Package guest has the plugins of tests/abi in Go: ../README.md says what each does.
package guest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"

	info "abi/bindings/airlock_connect_plugin_info"
	records "abi/bindings/airlock_connect_records"

	wit "go.bytecodealliance.org/pkg/wit/types"
)

type plugin interface{ apply(batch *records.Batch) }

type run struct {
	plugin    plugin
	predicate *hasField
	negate    bool
}

var runs []run

// A failure is thrown as a panic, which keeps the plugins short; any other panic is a trap.
type failure struct{ error info.Error }

func fatal(words string) failure { return failure{info.MakeErrorFatal(words)} }

func invalid(key, message string) failure {
	return failure{info.MakeErrorInvalidConfig([]info.ConfigProblem{{Key: key, Message: message}})}
}

// How many bytes of objects and garbage there may be before they are collected.
const collectAt = 32 << 20

var heap = []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}

// The host's answers are allocated while the guest may call nothing, and Go's collector asks for the time: one that
// begins or ends there traps. So it runs between calls only.
func init() { debug.SetGCPercent(-1) }

func collect() {
	if metrics.Read(heap); heap[0].Value.Uint64() > collectAt {
		runtime.GC()
	}
}

// Exported runs what an export does, and collects garbage afterwards.
func Exported[T any](run func() T) wit.Result[T, info.Error] {
	defer collect()
	return guarded(run)
}

// guarded answers with what was thrown.
func guarded[T any](run func() T) (result wit.Result[T, info.Error]) {
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case failure:
			result = wit.Err[T](thrown.error)
		default:
			panic(thrown)
		}
	}()
	return wit.Ok[T, info.Error](run())
}

// must returns what the batch answered, or throws its error.
func must[T any](result wit.Result[T, records.BatchError]) T {
	if result.IsOk() {
		return result.Ok()
	}
	if error := result.Err(); error.Tag() == records.BatchErrorUnsupported {
		panic(fatal("unsupported: " + error.Unsupported()))
	} else {
		panic(fatal("invalid-argument: " + error.InvalidArgument()))
	}
}

var plugins = []struct {
	name string
	keys []string
}{
	{"Mask", []string{"field", "replacement"}}, {"Uppercase", []string{"field"}}, {"ThreeEdits", nil},
	{"Documents", nil}, {"Script", []string{"script"}}, {"HasField", []string{"field"}},
}

func Describe() []info.Description {
	var described []info.Description
	for _, plugin := range plugins {
		kind := info.KindTransform
		if plugin.name == "HasField" {
			kind = info.KindPredicate
		}
		var keys []info.ConfigKey
		for _, key := range plugin.keys {
			keys = append(keys, info.ConfigKey{
				Name: key, ValueType: info.ConfigTypeText, DefaultValue: wit.None[string](), Required: true,
				Importance: info.ImportanceHigh, Documentation: "The " + key + ".", NonEmpty: true,
			})
		}
		described = append(described, info.Description{
			Kind: kind, ClassNames: []string{"abi.go." + plugin.name}, Version: "1.0.0",
			Documentation: plugin.name + ", for tests.", Config: keys,
		})
	}
	return described
}

func Configure(steps []info.Step) {
	for _, step := range steps {
		next := run{plugin: configured(step.Plugin, step.Config)}
		if step.Predicate.IsSome() {
			predicate := step.Predicate.Some()
			chooser := configured(predicate.Plugin, predicate.Config).(hasField)
			next.predicate, next.negate = &chooser, predicate.Negate
		}
		runs = append(runs, next)
	}
}

func configured(class string, config info.Config) plugin {
	get := func(key string) string {
		for _, pair := range config {
			if pair.F0 == key {
				return pair.F1
			}
		}
		panic(invalid(key, "is missing"))
	}
	path := func() []string { return strings.Split(get("field"), "/") }
	switch class[strings.LastIndexByte(class, '.')+1:] {
	case "Mask":
		return mask{path(), get("replacement")}
	case "Uppercase":
		return uppercase{path()}
	case "ThreeEdits":
		return threeEdits{}
	case "Documents":
		return documents{}
	case "Script":
		return parse(get("script"))
	case "HasField":
		return hasField{path()}
	}
	panic(fatal("no plugin " + class))
}

func Apply(batch *records.Batch) {
	for index, run := range runs {
		if index > 0 {
			must(batch.EnterStep(uint32(index), wit.None[[]uint32]()))
		}
		if run.predicate != nil {
			must(batch.EnterStep(uint32(index), wit.Some(run.predicate.chosen(batch, run.negate))))
		}
		run.plugin.apply(batch)
	}
}

func Test(batch *records.Batch) []uint32 { return runs[0].plugin.(hasField).chosen(batch, false) }

// hasField is a predicate: the field is there.
type hasField struct{ path []string }

func (p hasField) apply(*records.Batch) { panic(fatal("a predicate is no transform")) }

func (p hasField) chosen(batch *records.Batch, negate bool) []uint32 {
	var rows []uint32
	for row, kind := range must(batch.FieldKinds(records.PartValue, p.path)) {
		if (kind != records.ValueKindAbsent) != negate {
			rows = append(rows, uint32(row))
		}
	}
	return rows
}

// mask discards tombstones, rejects rows in which the field is no text, masks it in the others.
type mask struct {
	path        []string
	replacement string
}

func (p mask) apply(batch *records.Batch) {
	found := must(batch.ReadField(records.PartValue, p.path, records.FieldFormText)).Text()
	lengths, count, others := make([]int32, len(found.Lengths)), 0, []uint32(nil)
	for row, length := range found.Lengths {
		lengths[row] = -3
		if length >= 0 {
			lengths[row] = int32(len(p.replacement))
			count++
		} else if length == -3 {
			others = append(others, uint32(row))
		}
	}
	column := records.BytesColumn{Lengths: lengths, Data: []byte(strings.Repeat(p.replacement, count))}
	must(batch.WriteField(records.PartValue, p.path, records.MakeFieldColumnText(column)))
	must(batch.Reject(others, strings.Join(p.path, "/")+" is no text"))
	must(batch.Discard(batch.Tombstones()))
}

type uppercase struct{ path []string }

func (p uppercase) apply(batch *records.Batch) {
	column := must(batch.ReadField(records.PartValue, p.path, records.FieldFormText)).Text()
	if upper := bytes.ToUpper(column.Data); len(upper) == len(column.Data) && isASCII(column.Data) {
		column.Data = upper
	} else {
		column = changed(column, bytes.ToUpper)
	}
	must(batch.WriteField(records.PartValue, p.path, records.MakeFieldColumnText(column)))
}

func isASCII(data []byte) bool {
	for _, byte := range data {
		if byte >= 0x80 {
			return false
		}
	}
	return true
}

// threeEdits drops, masks and inserts a field by one call.
type threeEdits struct{}

var operations = []records.EditOperation{
	{Path: []string{"phone"}, Change: records.MakeFieldChangeRemove()},
	{Path: []string{"ssn"}, Change: records.MakeFieldChangeByKind([]wit.Tuple2[records.ValueKind, records.KindOutcome]{
		{F0: records.ValueKindAbsent, F1: records.MakeKindOutcomePut([]byte("null"))},
		{F0: records.ValueKindText, F1: records.MakeKindOutcomePut([]byte(`"****"`))},
	})},
	{Path: []string{"source"}, Change: records.MakeFieldChangePut(records.MakeFieldValueConstant([]byte(`"web"`)))},
}

// No list of rows: an edit is about all of them.
var allRows = wit.None[[]uint32]()

func (threeEdits) apply(batch *records.Batch) { must(batch.Edit(records.PartValue, operations, allRows)) }

// documents makes the three edits again, on whole documents.
type documents struct{}

func (documents) apply(batch *records.Batch) {
	column := must(batch.Read(records.PartValue, records.FormJson))
	lengths, data, others := make([]int32, len(column.Lengths)), []byte(nil), []uint32(nil)
	for row, text := range texts(column) {
		lengths[row] = -3
		if text == nil {
			continue
		}
		document, isObject := decoded(text).(map[string]any)
		if !isObject {
			others = append(others, uint32(row))
			continue
		}
		delete(document, "phone")
		if ssn, found := document["ssn"]; !found {
			document["ssn"] = nil
		} else if _, isText := ssn.(string); isText {
			document["ssn"] = "****"
		}
		document["source"] = "web"
		edited := encoded(document)
		lengths[row], data = int32(len(edited)), append(data, edited...)
	}
	must(batch.Write(records.PartValue, records.FormJson, records.BytesColumn{Lengths: lengths, Data: data}))
	must(batch.Reject(others, "the value is no object"))
}

// decoded reads JSON with numbers as their text: a float64 would lose digits.
func decoded(text []byte) (value any) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if error := decoder.Decode(&value); error != nil {
		panic(fatal(fmt.Sprint(error)))
	}
	return value
}

func encoded(value any) []byte {
	text, error := json.Marshal(value)
	if error != nil {
		panic(fatal(fmt.Sprint(error)))
	}
	return text
}
