"""`Script`: does what its configuration says, a command a line. Every function of the batch has one."""

from componentize_py_types import Err
from wit_world.imports import log, metrics, schemas
from wit_world.imports.plugin_info import ConfigProblem, Error_Fatal, Error_InvalidConfig, Error_Retriable
from wit_world.imports.records import (
    BatchError_InvalidArgument, BytesColumn, EditOperation, FieldChange_ByKind, FieldChange_Put, FieldChange_Remove,
    FieldChange_Rename, FieldChange_Replace, FieldChange_Retain,
    FieldColumn_Integer, FieldColumn_Json, FieldColumn_Number, FieldColumn_Text, FieldForm,
    FieldValue_Column, FieldValue_Constant, Form, HeaderColumn, IntegerColumn, KindOutcome_Keep, KindOutcome_Put,
    KindOutcome_Reject, KindOutcome_Remove, NumberColumn, Part, ValueKind,
)

# How many words each command has; the last one takes the rest of the line.
COMMANDS = {
    "put": 4, "replace": 4, "remove": 3, "rename": 4, "kind": 6, "write-field": 4, "remove-field": 3, "copy": 5,
    "overwrite": 5, "add": 4, "cast": 3, "convert": 4, "scale": 4, "suffix": 4, "field-kinds": 4, "kinds": 3, "rows": 2,
    "retain": 4, "put-at": 5,
    "discard": 2, "discard-tombstones": 1, "reject": 3, "discard-row": 2, "expand": 2, "topics": 2,
    "original-topics": 2, "partitions": 2, "original-partitions": 2, "offsets": 2, "timestamps": 2, "set-topics": 2,
    "set-partitions": 2, "set-timestamps": 2, "headers": 2, "set-header": 3, "clear-header": 2, "schema": 3,
    "has-schemas": 3,
    "intern": 3, "no-schema": 2, "rewrite": 3, "write": 4, "nullify": 2, "fail": 3, "note": 2, "try": 2,
}


def words_of(line):
    name = line.split(" ", 1)[0]
    return line.split(" ", COMMANDS[name] - 1)


def texts(column):
    """The texts of a column; none is None."""
    found, at = [], 0
    for length in column.lengths:
        found.append(column.data[at:at + length] if length >= 0 else None)
        at += max(length, 0)
    return found


def column_of(values):
    lengths = [-1 if value is None else len(value) for value in values]
    return BytesColumn(lengths, b"".join(value for value in values if value is not None))


def states_of(values):
    """Small signed integers are passed as bytes: -1 is 255."""
    return bytes(value & 0xFF for value in values)


def path_of(word):
    return [] if word == "." else word.split("/")


def part_of(word):
    return Part[word.upper()]


def change_of(words):
    match words:
        case ["put", _, _, text]:
            return FieldChange_Put(FieldValue_Constant(text.encode()))
        case ["replace", _, _, text]:
            return FieldChange_Replace(FieldValue_Constant(text.encode()))
        case ["remove", _, _]:
            return FieldChange_Remove()
        case ["rename", _, _, name]:
            return FieldChange_Rename(name)
        case ["retain", _, _, names]:
            return FieldChange_Retain(names.split(","))
        case ["kind", _, _, kind, *outcome]:
            return FieldChange_ByKind([(ValueKind[kind.upper()], outcome_of(outcome))])
    return None


def outcome_of(words):
    match words:
        case ["put", text]:
            return KindOutcome_Put(text.encode())
        case ["remove"]:
            return KindOutcome_Remove()
        case ["reject", reason]:
            return KindOutcome_Reject(reason)
    return KindOutcome_Keep()


def converted(to, states, values, json):
    match to:
        case "int32":
            return FieldColumn_Integer(IntegerColumn(states_of(states), [int(value) for value in values]))
        case "float64":
            return FieldColumn_Number(NumberColumn(states_of(states), values))
    found = json if to == "text" else [b"true" if int(value) else b"false" for value in values]
    column = column_of([text if state == 0 else b"" for text, state in zip(found, states)])
    column.lengths = [length if state == 0 else -3 for length, state in zip(column.lengths, states)]
    return FieldColumn_Text(column) if to == "text" else FieldColumn_Json(column)


class Script:
    keys = ["script"]

    def __init__(self, text):
        for line in text.split("\n"):
            name = line.split(" ", 1)[0]
            if name not in COMMANDS:
                raise Err(Error_InvalidConfig([ConfigProblem("script", f"{name} is no command")]))
        self.commands = [words_of(line) for line in text.split("\n")]

    def apply(self, batch):
        part, pending = None, []
        for words in self.commands + [None]:
            change = change_of(words) if words else None
            if pending and (change is None or part != part_of(words[1])):
                batch.edit(part, pending, None)
                pending = []
            if change is not None:
                part, path = part_of(words[1]), path_of(words[2])
                self.add(pending, EditOperation(path, change))
            elif words:
                Command(batch).run(words)

    def add(self, pending, operation):
        """Rules by kind of one field follow one another, and are one change."""
        both = [operation.change, pending[-1].change if pending else None]
        if all(isinstance(change, FieldChange_ByKind) for change in both) and pending[-1].path == operation.path:
            pending[-1].change.value.extend(operation.change.value)
        else:
            pending.append(operation)


class Command:
    def __init__(self, batch):
        self.batch, self.rows = batch, batch.row_count()

    def run(self, words):
        getattr(self, words[0].replace("-", "_") + "_")(*words[1:])

    def show(self, to, values):
        if values and isinstance(values[0], int):
            column = FieldColumn_Integer(IntegerColumn(b"", values))
        else:
            column = FieldColumn_Text(column_of([value.encode() for value in values]))
        self.batch.write_field(Part.VALUE, path_of(to), column)

    def try_(self, line):
        words = words_of(line)
        try:
            change = change_of(words)
            if change is not None:
                self.batch.edit(part_of(words[1]), [EditOperation(path_of(words[2]), change)], None)
            else:
                self.run(words)
        except Err as error:
            match error.value:
                case Error_Fatal(message):
                    kind = message.split(":")[0]
                case BatchError_InvalidArgument():
                    kind = "invalid-argument"
                case _:
                    kind = "unsupported"
            self.show("refused", [kind] * self.rows)

    def write_field_(self, part, to, text):
        column = FieldColumn_Json(column_of([text.encode()] * self.rows))
        self.batch.write_field(part_of(part), path_of(to), column)

    def remove_field_(self, part, path):
        self.batch.remove_field(part_of(part), path_of(path))

    def read(self, part, path, form):
        return self.batch.read_field(part_of(part), path_of(path), FieldForm[form.upper()])

    def copy_(self, part, form, source, to):
        self.batch.write_field(part_of(part), path_of(to), self.read(part, source, form))

    def overwrite_(self, part, form, source, to):
        change = FieldChange_Replace(FieldValue_Column(self.read(part, source, form)))
        self.batch.edit(part_of(part), [EditOperation(path_of(to), change)], None)

    def add_(self, part, path, by):
        column = self.read(part, path, "integer")
        column.value.values = [(value + int(by) + 2**63) % 2**64 - 2**63 for value in column.value.values]
        self.batch.write_field(part_of(part), path_of(path), column)

    def scale_(self, part, path, by):
        column = self.read(part, path, "number")
        column.value.values = [value * float(by) for value in column.value.values]
        self.batch.write_field(part_of(part), path_of(path), column)

    def suffix_(self, part, path, text):
        column, more = self.read(part, path, "text"), text.encode()
        longer = [found + more for found in texts(column.value) if found is not None]
        lengths = [length + len(more) if length >= 0 else length for length in column.value.lengths]
        self.batch.write_field(part_of(part), path_of(path), FieldColumn_Text(BytesColumn(lengths, b"".join(longer))))

    def cast_(self, part, path):
        """Casts a field to int64 as Kafka's `Cast` does."""
        json, text = (texts(self.read(part, path, form).value) for form in ("json", "text"))
        doubles = self.read(part, path, "number").value.values
        states, values, refused = [], [], []
        for row, kind in enumerate(self.batch.field_kinds(part_of(part), path_of(path))):
            state, value = 0, None
            if kind in (ValueKind.ABSENT, ValueKind.NULL):
                state, value = -1, 0
            elif kind == ValueKind.INTEGER:
                state, value = -3, 0
            elif kind == ValueKind.FRACTION:
                value = max(-(2**63), min(2**63 - 1, int(doubles[row])))
            elif kind == ValueKind.BOOLEAN:
                value = int(json[row] == b"true")
            elif kind == ValueKind.TEXT:
                value = parsed(text[row])
            if value is None:
                refused.append(row)
            states.append(-3 if value is None else state)
            values.append(value or 0)
        column = FieldColumn_Integer(IntegerColumn(states_of(states), values))
        self.batch.write_field(part_of(part), path_of(path), column)
        self.batch.reject(refused, "can't be cast to int64")

    def convert_(self, part, path, to):
        """Writes a field as text, boolean, float64 or int32, by a column of that type, where its kind allows it."""
        json, doubles = texts(self.read(part, path, "json").value), self.read(part, path, "number").value.values
        states, values, refused = [], [], []
        for row, kind in enumerate(self.batch.field_kinds(part_of(part), path_of(path))):
            state, value = 0, None
            if kind in (ValueKind.ABSENT, ValueKind.NULL) or (kind == ValueKind.TEXT and to == "text"):
                state, value = -3, 0.0
            elif kind in (ValueKind.INTEGER, ValueKind.FRACTION):
                value = doubles[row]
            elif kind == ValueKind.BOOLEAN:
                value = float(json[row] == b"true")
            elif kind == ValueKind.TEXT and to == "boolean":
                value = {b'"true"': 1.0, b'"false"': 0.0}.get(json[row])
            if value is None or (to == "int32" and not -(2**31) - 1 < value < 2**31):
                refused.append(row)
                state, value = -3, 0.0
            states.append(state)
            values.append(value)
        change = FieldChange_Replace(FieldValue_Column(converted(to, states, values, json)))
        self.batch.edit(part_of(part), [EditOperation(path_of(path), change)], None)
        self.batch.reject(refused, f"can't be {to}")

    def field_kinds_(self, part, path, to):
        kinds = self.batch.field_kinds(part_of(part), path_of(path))
        self.show(to, [kind.name.lower() for kind in kinds])

    def kinds_(self, part, to):
        self.show(to, [kind.name.lower() for kind in self.batch.kinds(part_of(part))])

    def rows_(self, to):
        self.show(to, [self.rows] * self.rows)

    def put_at_(self, part, rows, to, text):
        change = FieldChange_Put(FieldValue_Constant(text.encode()))
        rows = [int(row) for row in rows.split(",")]
        self.batch.edit(part_of(part), [EditOperation(path_of(to), change)], rows)

    def has_schemas_(self, part, to):
        self.show(to, [int(self.batch.has_schemas(part_of(part)))] * self.rows)

    def of_kind(self, word):
        kinds = self.batch.kinds(Part.VALUE)
        return [row for row, kind in enumerate(kinds) if kind == ValueKind[word.upper()]]

    def discard_(self, word):
        self.batch.discard(self.of_kind(word))

    def discard_tombstones_(self):
        self.batch.discard(self.batch.tombstones())

    def discard_row_(self, row):
        self.batch.discard([int(row)])

    def reject_(self, word, reason):
        self.batch.reject(self.of_kind(word), reason)

    def expand_(self, times):
        self.batch.expand([row for row in range(self.rows) for _ in range(int(times))])

    def topics_(self, to):
        topics = self.batch.topics()
        self.show(to, [topics.names[row] for row in topics.rows])

    def original_topics_(self, to):
        topics = self.batch.original_topics()
        self.show(to, [topics.names[row] for row in topics.rows])

    def partitions_(self, to):
        self.show(to, self.batch.partitions())

    def original_partitions_(self, to):
        self.show(to, self.batch.original_partitions())

    def offsets_(self, to):
        self.show(to, self.batch.offsets())

    def timestamps_(self, to):
        """A row without a timestamp gets no field."""
        times = self.batch.timestamps()
        column = IntegerColumn(states_of([-3 if time < 0 else 0 for time in times]), times)
        self.batch.write_field(Part.VALUE, path_of(to), FieldColumn_Integer(column))

    def set_topics_(self, suffix):
        topics = self.batch.topics()
        topics.names = [name + suffix for name in topics.names]
        self.batch.set_topics(topics)

    def set_partitions_(self, partition):
        self.batch.set_partitions([int(partition)] * self.rows)

    def set_timestamps_(self, by):
        self.batch.set_timestamps([time if time < 0 else time + int(by) for time in self.batch.timestamps()])

    def header_rows(self):
        """The headers of each row, as pairs."""
        column = self.batch.headers()
        pairs = iter(zip(column.keys, texts(column.values)))
        return [[next(pairs) for _ in range(count)] for count in column.counts]

    def set_headers(self, rows):
        pairs = [pair for row in rows for pair in row]
        values = column_of([value for _, value in pairs])
        self.batch.set_headers(HeaderColumn([len(row) for row in rows], [key for key, _ in pairs], values))

    def headers_(self, to):
        def text(pair):
            return pair[0] if pair[1] is None else f"{pair[0]}={pair[1].decode()}"

        self.show(to, [",".join(map(text, row)) for row in self.header_rows()])

    def set_header_(self, key, value):
        pair = (key, None if value == "null" else value.encode())
        self.set_headers([row + [pair] for row in self.header_rows()])

    def clear_header_(self, key):
        self.set_headers([[pair for pair in row if pair[0] != key] for row in self.header_rows()])

    def schema_(self, part, header):
        ids = self.batch.schemas(part_of(part))
        self.set_headers([row + [(header, schemas.schema(id))] for row, id in zip(self.header_rows(), ids)])

    def intern_(self, part, text):
        try:
            id = schemas.intern(text.encode())
        except Err as error:
            raise Err(Error_Fatal(f"schema: {error.value}"))
        self.batch.set_schemas(part_of(part), [id] * self.rows)

    def no_schema_(self, part):
        self.batch.set_schemas(part_of(part), [0] * self.rows)

    def rewrite_(self, part, form):
        self.batch.write(part_of(part), Form[form.upper()], self.batch.read(part_of(part), Form[form.upper()]))

    def write_(self, part, form, text):
        self.batch.write(part_of(part), Form[form.upper()], column_of([text.encode()] * self.rows))

    def nullify_(self, part):
        self.batch.write(part_of(part), Form.RAW, column_of([None] * self.rows))

    def fail_(self, kind, message):
        match kind:
            case "trap":
                raise RuntimeError(message)
            case "retriable":
                raise Err(Error_Retriable(message))
            case "invalid-config":
                raise Err(Error_InvalidConfig([ConfigProblem("script", message)]))
        raise Err(Error_Fatal(message))

    def note_(self, message):
        if log.enabled(log.Level.INFO):
            log.write(log.Level.INFO, message)
        metrics.count("abi_notes", 1)
        metrics.gauge("abi_note_length", float(len(message)))


def parsed(text):
    digits = text.removeprefix(b"-").removeprefix(b"+")
    value = int(text) if digits.isdigit() else 2**63
    return value if -(2**63) <= value < 2**63 else None
