package guest

import (
	"slices"
	"strconv"
	"strings"

	"abi/bindings/airlock_connect_log"
	"abi/bindings/airlock_connect_metrics"
	info "abi/bindings/airlock_connect_plugin_info"
	records "abi/bindings/airlock_connect_records"
	"abi/bindings/airlock_connect_schemas"

	wit "go.bytecodealliance.org/pkg/wit/types"
)

// How many words each command has; the last one takes the rest of the line.
var commands = map[string]int{
	"put": 4, "replace": 4, "remove": 3, "rename": 4, "kind": 6, "write-field": 4, "remove-field": 3, "copy": 5,
	"overwrite": 5, "add": 4, "cast": 3, "convert": 4, "scale": 4, "suffix": 4, "field-kinds": 4, "kinds": 3, "rows": 2, "retain": 4, "put-at": 5,
	"discard": 2, "discard-tombstones": 1, "reject": 3, "discard-row": 2, "expand": 2, "topics": 2,
	"original-topics": 2, "partitions": 2, "original-partitions": 2, "offsets": 2, "timestamps": 2, "set-topics": 2,
	"set-partitions": 2, "set-timestamps": 2, "headers": 2, "set-header": 3, "clear-header": 2, "schema": 3,
	"has-schemas": 3, "intern": 3, "no-schema": 2, "rewrite": 3, "write": 4, "nullify": 2, "fail": 3, "note": 2, "try": 2,
}

var (
	kinds = []string{"absent", "null", "boolean", "integer", "fraction", "text", "array", "object"}
	parts = []string{"key", "value"}
	forms = []string{"raw", "json", "cbor"}
	// The forms of fields.
	fieldForms = []string{"json", "text", "integer", "number"}
)

func enum(names []string, word string) uint8 { return uint8(slices.Index(names, word)) }

func part(word string) records.Part { return enum(parts, word) }

func path(word string) []string {
	if word == "." {
		return nil
	}
	return strings.Split(word, "/")
}

func number[T int | int32 | uint32 | int64](word string) T {
	value, error := strconv.ParseInt(word, 10, 64)
	if error != nil {
		panic(fatal(word + " is no number"))
	}
	return T(value)
}

// texts returns the texts of a column; none is nil.
func texts(column records.BytesColumn) [][]byte {
	found, rest := make([][]byte, len(column.Lengths)), column.Data
	for row, length := range column.Lengths {
		if length >= 0 {
			found[row], rest = rest[:length:length], rest[length:]
		}
	}
	return found
}

func columnOf(values [][]byte) records.BytesColumn {
	column := records.BytesColumn{Lengths: make([]int32, len(values))}
	for row, value := range values {
		column.Lengths[row] = int32(len(value))
		if value == nil {
			column.Lengths[row] = -1
		}
		column.Data = append(column.Data, value...)
	}
	return column
}

// changed returns a column with other texts, and no others changed.
func changed(column records.BytesColumn, change func([]byte) []byte) records.BytesColumn {
	next := records.BytesColumn{Lengths: slices.Clone(column.Lengths)}
	for row, text := range texts(column) {
		if column.Lengths[row] >= 0 {
			text = change(text)
			next.Lengths[row], next.Data = int32(len(text)), append(next.Data, text...)
		}
	}
	return next
}

type script [][]string

func words(line string) []string {
	name, _, _ := strings.Cut(line, " ")
	count, known := commands[name]
	if !known {
		panic(invalid("script", name+" is no command"))
	}
	return strings.SplitN(line, " ", count)
}

func parse(text string) script {
	var lines script
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, words(line))
	}
	return lines
}

func change(words []string) (change records.FieldChange, isChange bool) {
	constant := func() records.FieldValue { return records.MakeFieldValueConstant([]byte(words[3])) }
	switch words[0] {
	case "put":
		return records.MakeFieldChangePut(constant()), true
	case "replace":
		return records.MakeFieldChangeReplace(constant()), true
	case "remove":
		return records.MakeFieldChangeRemove(), true
	case "rename":
		return records.MakeFieldChangeRename(words[3]), true
	case "retain":
		return records.MakeFieldChangeRetain(strings.Split(words[3], ",")), true
	case "kind":
		rule := wit.Tuple2[records.ValueKind, records.KindOutcome]{F0: enum(kinds, words[3]), F1: outcome(words[4:])}
		return records.MakeFieldChangeByKind([]wit.Tuple2[records.ValueKind, records.KindOutcome]{rule}), true
	}
	return change, false
}

func outcome(words []string) records.KindOutcome {
	switch words[0] {
	case "put":
		return records.MakeKindOutcomePut([]byte(words[1]))
	case "remove":
		return records.MakeKindOutcomeRemove()
	case "reject":
		return records.MakeKindOutcomeReject(words[1])
	}
	return records.MakeKindOutcomeKeep()
}

func (s script) apply(batch *records.Batch) {
	var pending []records.EditOperation
	var of records.Part
	flush := func() {
		if len(pending) > 0 {
			must(batch.Edit(of, pending, allRows))
		}
		pending = nil
	}
	for _, words := range s {
		change, isChange := change(words)
		if !isChange || of != part(words[1]) {
			flush()
		}
		if isChange {
			of = part(words[1])
			pending = add(pending, records.EditOperation{Path: path(words[2]), Change: change})
		} else {
			command{batch, int(batch.RowCount())}.run(words[0], append(words[1:], "", "", ""))
		}
	}
	flush()
}

// add joins rules by kind of one field that follow one another to one change.
func add(pending []records.EditOperation, next records.EditOperation) []records.EditOperation {
	if len(pending) > 0 && next.Change.Tag() == records.FieldChangeByKind {
		last := &pending[len(pending)-1]
		if last.Change.Tag() == records.FieldChangeByKind && slices.Equal(last.Path, next.Path) {
			last.Change = records.MakeFieldChangeByKind(append(last.Change.ByKind(), next.Change.ByKind()...))
			return pending
		}
	}
	return append(pending, next)
}

type command struct {
	batch *records.Batch
	rows  int
}

func (c command) show(to string, values []string) {
	var texts [][]byte
	for _, value := range values {
		texts = append(texts, append([]byte{}, value...))
	}
	must(c.batch.WriteField(records.PartValue, path(to), records.MakeFieldColumnText(columnOf(texts))))
}

func (c command) integers(to string, values []int64, states []int8) {
	column := records.MakeFieldColumnInteger(records.IntegerColumn{States: states, Values: values})
	must(c.batch.WriteField(records.PartValue, path(to), column))
}

func wide(values []int32) (wide []int64) {
	for _, value := range values {
		wide = append(wide, int64(value))
	}
	return wide
}

func named(topics records.TopicColumn) (names []string) {
	for _, row := range topics.Rows {
		names = append(names, topics.Names[row])
	}
	return names
}

func kindNames(found []records.ValueKind) (names []string) {
	for _, kind := range found {
		names = append(names, kinds[kind])
	}
	return names
}

func (c command) ofKind(word string) (rows []uint32) {
	for row, kind := range c.batch.Kinds(records.PartValue) {
		if kind == enum(kinds, word) {
			rows = append(rows, uint32(row))
		}
	}
	return rows
}

func (c command) run(name string, words []string) {
	batch, of := c.batch, part(words[0])
	switch name {
	case "write-field":
		column := columnOf(slices.Repeat([][]byte{[]byte(words[2])}, c.rows))
		must(batch.WriteField(of, path(words[1]), records.MakeFieldColumnJson(column)))
	case "remove-field":
		must(batch.RemoveField(of, path(words[1])))
	case "copy":
		must(batch.WriteField(of, path(words[3]), must(batch.ReadField(of, path(words[2]), enum(fieldForms, words[1])))))
	case "overwrite":
		column := records.MakeFieldValueColumn(must(batch.ReadField(of, path(words[2]), enum(fieldForms, words[1]))))
		operation := records.EditOperation{Path: path(words[3]), Change: records.MakeFieldChangeReplace(column)}
		must(batch.Edit(of, []records.EditOperation{operation}, allRows))
	case "add", "scale", "suffix":
		c.compute(name, of, path(words[1]), words[2])
	case "cast":
		c.cast(of, path(words[1]))
	case "convert":
		c.convert(of, path(words[1]), words[2])
	case "field-kinds":
		c.show(words[2], kindNames(must(batch.FieldKinds(of, path(words[1])))))
	case "kinds":
		c.show(words[1], kindNames(batch.Kinds(of)))
	case "rows":
		c.integers(words[0], slices.Repeat([]int64{int64(c.rows)}, c.rows), nil)
	case "put-at":
		var rows []uint32
		for row := range strings.SplitSeq(words[1], ",") {
			rows = append(rows, number[uint32](row))
		}
		put := records.MakeFieldChangePut(records.MakeFieldValueConstant([]byte(words[3])))
		operations := []records.EditOperation{{Path: path(words[2]), Change: put}}
		must(batch.Edit(part(words[0]), operations, wit.Some(rows)))
	case "has-schemas":
		var has int64
		if batch.HasSchemas(part(words[0])) {
			has = 1
		}
		c.integers(words[1], slices.Repeat([]int64{has}, c.rows), nil)
	case "discard":
		must(batch.Discard(c.ofKind(words[0])))
	case "discard-tombstones":
		must(batch.Discard(batch.Tombstones()))
	case "discard-row":
		must(batch.Discard([]uint32{number[uint32](words[0])}))
	case "reject":
		must(batch.Reject(c.ofKind(words[0]), words[1]))
	case "expand":
		var origins []uint32
		for row := range uint32(c.rows) {
			origins = append(origins, slices.Repeat([]uint32{row}, number[int](words[0]))...)
		}
		must(batch.Expand(origins))
	case "rewrite":
		must(batch.Write(of, enum(forms, words[1]), must(batch.Read(of, enum(forms, words[1])))))
	case "write":
		must(batch.Write(of, enum(forms, words[1]), columnOf(slices.Repeat([][]byte{[]byte(words[2])}, c.rows))))
	case "nullify":
		must(batch.Write(of, records.FormRaw, columnOf(make([][]byte, c.rows))))
	case "try":
		c.try(words[0])
	case "fail":
		c.fail(words[0], words[1])
	case "note":
		if airlock_connect_log.Enabled(airlock_connect_log.LevelInfo) {
			airlock_connect_log.Write(airlock_connect_log.LevelInfo, words[0])
		}
		airlock_connect_metrics.Count("abi_notes", 1)
		airlock_connect_metrics.Gauge("abi_note_length", float64(len(words[0])))
	default:
		c.routing(name, words)
	}
}

func (c command) routing(name string, words []string) {
	batch := c.batch
	switch name {
	case "topics":
		c.show(words[0], named(batch.Topics()))
	case "original-topics":
		c.show(words[0], named(batch.OriginalTopics()))
	case "partitions":
		c.integers(words[0], wide(batch.Partitions()), nil)
	case "original-partitions":
		c.integers(words[0], wide(batch.OriginalPartitions()), nil)
	case "offsets":
		c.integers(words[0], batch.Offsets(), nil)
	case "timestamps":
		// A row without a timestamp gets no field.
		times, states := batch.Timestamps(), make([]int8, c.rows)
		for row, time := range times {
			if time < 0 {
				states[row] = -3
			}
		}
		c.integers(words[0], times, states)
	case "set-topics":
		topics := batch.Topics()
		for at := range topics.Names {
			topics.Names[at] += words[0]
		}
		must(batch.SetTopics(topics))
	case "set-partitions":
		must(batch.SetPartitions(slices.Repeat([]int32{number[int32](words[0])}, c.rows)))
	case "set-timestamps":
		times := batch.Timestamps()
		for row, time := range times {
			if time >= 0 {
				times[row] += number[int64](words[0])
			}
		}
		must(batch.SetTimestamps(times))
	case "headers", "set-header", "clear-header":
		c.headers(name, words)
	case "schema", "intern", "no-schema":
		c.schema(name, part(words[0]), words[1])
	}
}

func (c command) compute(name string, of records.Part, at []string, by string) {
	form := map[string]records.FieldForm{
		"add": records.FieldFormInteger, "scale": records.FieldFormNumber, "suffix": records.FieldFormText,
	}[name]
	found := must(c.batch.ReadField(of, at, form))
	switch name {
	case "add":
		column := found.Integer()
		for row := range column.Values {
			column.Values[row] += number[int64](by)
		}
	case "scale":
		column := found.Number()
		factor, _ := strconv.ParseFloat(by, 64)
		for row := range column.Values {
			column.Values[row] *= factor
		}
	default:
		longer := func(text []byte) []byte { return append(text, by...) }
		found = records.MakeFieldColumnText(changed(found.Text(), longer))
	}
	must(c.batch.WriteField(of, at, found))
}

// cast casts a field to int64 as Kafka's Cast does.
func (c command) cast(of records.Part, at []string) {
	json := texts(must(c.batch.ReadField(of, at, records.FieldFormJson)).Json())
	text := texts(must(c.batch.ReadField(of, at, records.FieldFormText)).Text())
	doubles := must(c.batch.ReadField(of, at, records.FieldFormNumber)).Number().Values
	states, values, refused := make([]int8, c.rows), make([]int64, c.rows), []uint32(nil)
	for row, kind := range must(c.batch.FieldKinds(of, at)) {
		isCast := true
		switch kind {
		case records.ValueKindAbsent, records.ValueKindNull:
			states[row] = -1
		case records.ValueKindInteger:
			states[row] = -3
		case records.ValueKindFraction:
			values[row] = truncated(doubles[row])
		case records.ValueKindBoolean:
			if string(json[row]) == "true" {
				values[row] = 1
			}
		case records.ValueKindText:
			value, error := strconv.ParseInt(string(text[row]), 10, 64)
			values[row], isCast = value, error == nil
		default:
			isCast = false
		}
		if !isCast {
			states[row], refused = -3, append(refused, uint32(row))
		}
	}
	column := records.MakeFieldColumnInteger(records.IntegerColumn{States: states, Values: values})
	must(c.batch.WriteField(of, at, column))
	must(c.batch.Reject(refused, "can't be cast to int64"))
}

// convert writes a field as text, boolean, float64 or int32, by a column of that type, where its kind allows it.
func (c command) convert(of records.Part, at []string, to string) {
	json := texts(must(c.batch.ReadField(of, at, records.FieldFormJson)).Json())
	doubles := must(c.batch.ReadField(of, at, records.FieldFormNumber)).Number().Values
	states, values, refused := make([]int8, c.rows), make([]float64, c.rows), []uint32(nil)
	for row, kind := range must(c.batch.FieldKinds(of, at)) {
		fits := true
		switch {
		case kind == records.ValueKindAbsent, kind == records.ValueKindNull, kind == records.ValueKindText && to == "text":
			states[row] = -3
		case kind == records.ValueKindInteger, kind == records.ValueKindFraction:
			values[row] = doubles[row]
			fits = to != "int32" || -1<<31-1 < values[row] && values[row] < 1<<31
		case string(json[row]) == "true", kind == records.ValueKindText && to == "boolean" && string(json[row]) == `"true"`:
			values[row] = 1
		default:
			isFalse := kind == records.ValueKindText && to == "boolean" && string(json[row]) == `"false"`
			fits = kind == records.ValueKindBoolean || isFalse
		}
		if !fits {
			states[row], refused = -3, append(refused, uint32(row))
		}
	}
	column := records.MakeFieldValueColumn(converted(to, states, values, json))
	operation := records.EditOperation{Path: at, Change: records.MakeFieldChangeReplace(column)}
	must(c.batch.Edit(of, []records.EditOperation{operation}, allRows))
	must(c.batch.Reject(refused, "can't be "+to))
}

func converted(to string, states []int8, values []float64, json [][]byte) records.FieldColumn {
	switch to {
	case "float64":
		return records.MakeFieldColumnNumber(records.NumberColumn{States: states, Values: values})
	case "int32":
		integers := make([]int64, len(values))
		for row, value := range values {
			integers[row] = truncated(value)
		}
		return records.MakeFieldColumnInteger(records.IntegerColumn{States: states, Values: integers})
	}
	found := make([][]byte, len(states))
	for row, state := range states {
		switch {
		case state != 0:
		case to == "text":
			found[row] = json[row]
		default:
			found[row] = strconv.AppendBool(nil, truncated(values[row]) != 0)
		}
	}
	column := columnOf(found)
	for row, state := range states {
		if state != 0 {
			column.Lengths[row] = int32(state)
		}
	}
	if to == "text" {
		return records.MakeFieldColumnText(column)
	}
	return records.MakeFieldColumnJson(column)
}

// truncated rounds towards zero and stops at the limits, where Go's own conversion says nothing.
func truncated(double float64) int64 {
	switch {
	case double >= 1<<63:
		return 1<<63 - 1
	case double <= -1<<63:
		return -1 << 63
	}
	return int64(double)
}

type header struct {
	key   string
	value []byte
}

func (c command) headerRows() [][]header {
	column := c.batch.Headers()
	rows, values, at := make([][]header, len(column.Counts)), texts(column.Values), 0
	for row, count := range column.Counts {
		for range count {
			rows[row] = append(rows[row], header{column.Keys[at], values[at]})
			at++
		}
	}
	return rows
}

func (c command) setHeaders(rows [][]header) {
	column := records.HeaderColumn{}
	var values [][]byte
	for _, row := range rows {
		column.Counts = append(column.Counts, uint32(len(row)))
		for _, header := range row {
			column.Keys, values = append(column.Keys, header.key), append(values, header.value)
		}
	}
	column.Values = columnOf(values)
	must(c.batch.SetHeaders(column))
}

func (c command) headers(name string, words []string) {
	rows := c.headerRows()
	lines := make([]string, len(rows))
	for at, row := range rows {
		switch name {
		case "headers":
			var told []string
			for _, header := range row {
				text := header.key
				if header.value != nil {
					text += "=" + string(header.value)
				}
				told = append(told, text)
			}
			lines[at] = strings.Join(told, ",")
		case "set-header":
			value := []byte(words[1])
			if words[1] == "null" {
				value = nil
			}
			rows[at] = append(row, header{words[0], value})
		case "clear-header":
			rows[at] = slices.DeleteFunc(row, func(header header) bool { return header.key == words[0] })
		}
	}
	if name == "headers" {
		c.show(words[0], lines)
	} else {
		c.setHeaders(rows)
	}
}

func (c command) schema(name string, of records.Part, word string) {
	var id uint32
	switch name {
	case "schema":
		rows := c.headerRows()
		for at, id := range c.batch.Schemas(of) {
			rows[at] = append(rows[at], header{word, airlock_connect_schemas.Schema(id).SomeOr(nil)})
		}
		c.setHeaders(rows)
		return
	case "intern":
		interned := airlock_connect_schemas.Intern([]byte(word))
		if interned.IsErr() {
			panic(fatal("schema: " + interned.Err()))
		}
		id = interned.Ok()
	}
	must(c.batch.SetSchemas(of, slices.Repeat([]uint32{id}, c.rows)))
}

// try runs a command that should be refused, and writes how into a field.
func (c command) try(line string) {
	result := guarded(func() wit.Unit { script{words(line)}.apply(c.batch); return wit.Unit{} })
	if result.IsErr() {
		kind, _, _ := strings.Cut(result.Err().Fatal(), ":")
		c.show("refused", slices.Repeat([]string{kind}, c.rows))
	}
}

func (c command) fail(kind, message string) {
	switch kind {
	case "trap":
		panic(message)
	case "retriable":
		panic(failure{info.MakeErrorRetriable(message)})
	case "invalid-config":
		panic(invalid("script", message))
	}
	panic(fatal(message))
}
