"""The guest of tests/abi in Python: `../README.md` says what each plugin does."""

import json

import script
from componentize_py_types import Err
from wit_world.imports.plugin_info import (
    ConfigKey, ConfigProblem, ConfigType, Description, Error_Fatal, Error_InvalidConfig, Grant, Importance, Kind,
)
from wit_world.imports.records import (
    BatchError_InvalidArgument, BatchError_Unsupported, BytesColumn, EditOperation, FieldChange_ByKind,
    FieldChange_Put, FieldChange_Remove, FieldColumn_Text, FieldForm, FieldValue_Constant, Form, KindOutcome_Put,
    Part, ValueKind,
)

THREE_EDITS = [
    EditOperation(["phone"], FieldChange_Remove()),
    EditOperation(["ssn"], FieldChange_ByKind([
        (ValueKind.ABSENT, KindOutcome_Put(b"null")), (ValueKind.TEXT, KindOutcome_Put(b'"****"')),
    ])),
    EditOperation(["source"], FieldChange_Put(FieldValue_Constant(b'"web"'))),
]


class Mask:
    """Discards tombstones, rejects rows in which the field is no text, masks it in the others."""

    keys = ["field", "replacement"]

    def __init__(self, field, replacement):
        self.field, self.path, self.replacement = field, field.split("/"), replacement.encode()

    def apply(self, batch):
        found = batch.read_field(Part.VALUE, self.path, FieldForm.TEXT).value.lengths
        lengths = [len(self.replacement) if length >= 0 else -3 for length in found]
        data = self.replacement * sum(length >= 0 for length in found)
        batch.write_field(Part.VALUE, self.path, FieldColumn_Text(BytesColumn(lengths, data)))
        batch.reject([row for row, length in enumerate(found) if length == -3], f"{self.field} is no text")
        batch.discard(batch.tombstones())


class Uppercase:
    """Writes a field of text in capitals."""

    keys = ["field"]

    def __init__(self, field):
        self.path = field.split("/")

    def apply(self, batch):
        column = batch.read_field(Part.VALUE, self.path, FieldForm.TEXT).value
        if column.data.isascii():
            # No length changes, so that the whole column is one text.
            column.data = column.data.upper()
        else:
            texts = script.texts(column)
            upper = [text.decode().upper().encode() for text in texts if text is not None]
            ends = iter(upper)
            column.lengths = [len(next(ends)) if length >= 0 else length for length in column.lengths]
            column.data = b"".join(upper)
        batch.write_field(Part.VALUE, self.path, FieldColumn_Text(column))


class ThreeEdits:
    """Drops, masks and inserts a field by one call."""

    keys = []

    def apply(self, batch):
        batch.edit(Part.VALUE, THREE_EDITS, None)


class Documents:
    """The three edits again, on whole documents."""

    keys = []

    def apply(self, batch):
        column = batch.read(Part.VALUE, Form.JSON)
        lengths, data, others, at = [], [], [], 0
        for row, length in enumerate(column.lengths):
            if length < 0:
                lengths.append(-3)
                continue
            document = json.loads(column.data[at:at + length])
            at += length
            if not isinstance(document, dict):
                others.append(row)
                lengths.append(-3)
                continue
            text = self.edited(document)
            lengths.append(len(text))
            data.append(text)
        batch.write(Part.VALUE, Form.JSON, BytesColumn(lengths, b"".join(data)))
        batch.reject(others, "the value is no object")

    def edited(self, document):
        document.pop("phone", None)
        ssn = document.setdefault("ssn", None)
        if isinstance(ssn, str):
            document["ssn"] = "****"
        document["source"] = "web"
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


class HasField:
    """A predicate: the field is there."""

    keys = ["field"]

    def __init__(self, field):
        self.path = field.split("/")

    def chosen(self, batch, negate):
        kinds = batch.field_kinds(Part.VALUE, self.path)
        return [row for row, kind in enumerate(kinds) if (kind != ValueKind.ABSENT) != negate]


PLUGINS = {
    "Mask": Mask, "Uppercase": Uppercase, "ThreeEdits": ThreeEdits, "Documents": Documents, "Script": script.Script,
    "HasField": HasField,
}
runs = []


def configured(plugin, config):
    kind, values = PLUGINS[plugin.rsplit(".", 1)[1]], dict(config)
    for key in kind.keys:
        if key not in values:
            raise Err(Error_InvalidConfig([ConfigProblem(key, "is missing")]))
    return kind(*[values[key] for key in kind.keys])


def told(error):
    """An error of the batch as one of the plugin; others are what they are."""
    match error.value:
        case BatchError_InvalidArgument(words):
            return Err(Error_Fatal(f"invalid-argument: {words}"))
        case BatchError_Unsupported(words):
            return Err(Error_Fatal(f"unsupported: {words}"))
    return error


class Plugin:
    def describe(self):
        return [self.description(name, kind) for name, kind in PLUGINS.items()]

    def description(self, name, plugin):
        kind = Kind.PREDICATE if name == "HasField" else Kind.TRANSFORM
        keys = [
            ConfigKey(key, ConfigType.TEXT, None, True, Importance.HIGH, f"The {key}.", [], "", "", True, Grant.NOTHING)
            for key in plugin.keys
        ]
        return Description(kind, [f"abi.python.{name}"], "1.0.0", f"{name}, for tests.", keys, [])

    def configure(self, steps):
        for step in steps:
            predicate = None
            if step.predicate is not None:
                predicate = (configured(step.predicate.plugin, step.predicate.config), step.predicate.negate)
            runs.append((configured(step.plugin, step.config), predicate))


class Transform:
    def apply(self, batch):
        try:
            for index, (plugin, predicate) in enumerate(runs):
                if index > 0:
                    batch.enter_step(index, None)
                if predicate is not None:
                    batch.enter_step(index, predicate[0].chosen(batch, predicate[1]))
                plugin.apply(batch)
        except Err as error:
            raise told(error)


class Predicate:
    def test(self, batch):
        try:
            return runs[0][0].chosen(batch, False)
        except Err as error:
            raise told(error)
