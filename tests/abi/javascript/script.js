// `Script`: does what its configuration says, a command a line. Every function of the batch has one.

import * as log from "airlock:connect/log@0.1.0";
import * as metrics from "airlock:connect/metrics@0.1.0";
import * as schemas from "airlock:connect/schemas@0.1.0";

const encoder = new TextEncoder(), decoder = new TextDecoder();

export const bytes = (text) => encoder.encode(text);
export const textOf = (data) => decoder.decode(data);

// The texts of a column, as bytes; none is null.
export function texts({ lengths, data }) {
  let at = 0;
  return Array.from(lengths, (length) => (length < 0 ? null : data.subarray(at, (at += length))));
}

export function joined(parts) {
  const data = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return data;
}

function columnOf(values) {
  const parts = values.map((value) => (typeof value === "string" ? bytes(value) : value));
  const lengths = Int32Array.from(parts, (part) => (part === null ? -1 : part.length));
  return { lengths, data: joined(parts.filter((part) => part !== null)) };
}

// How many words each command has; the last one takes the rest of the line.
const words = {
  put: 4, replace: 4, remove: 3, rename: 4, retain: 4, "put-at": 5, kind: 6,
  "write-field": 4, "remove-field": 3, copy: 5, overwrite: 5,
  add: 4, cast: 3, convert: 4, scale: 4, suffix: 4, "field-kinds": 4, kinds: 3, rows: 2, discard: 2, "discard-tombstones": 1,
  reject: 3, "discard-row": 2, expand: 2, topics: 2, "original-topics": 2, partitions: 2, "original-partitions": 2,
  offsets: 2, timestamps: 2, "set-topics": 2, "set-partitions": 2, "set-timestamps": 2, headers: 2, "set-header": 3,
  "clear-header": 2, "has-schemas": 3, schema: 3, intern: 3, "no-schema": 2, rewrite: 3, write: 4, nullify: 2,
  fail: 3, note: 2, try: 2,
};

function pathOf(word) {
  return word === "." ? [] : word.split("/");
}

function wordsOf(line) {
  const all = line.split(" ");
  const count = words[all[0]];
  return all.length <= count ? all : [...all.slice(0, count - 1), all.slice(count - 1).join(" ")];
}

function changeOf([name, , , word, ...outcome]) {
  const constant = () => ({ tag: "constant", val: bytes(word) });
  switch (name) {
    case "put": return { tag: "put", val: constant() };
    case "replace": return { tag: "replace", val: constant() };
    case "remove": return { tag: "remove" };
    case "rename": return { tag: "rename", val: word };
    case "retain": return { tag: "retain", val: word.split(",") };
    case "kind": return { tag: "by-kind", val: [[word, outcomeOf(outcome)]] };
  }
}

function outcomeOf([name, text]) {
  if (name === "put") return { tag: name, val: bytes(text) };
  return name === "reject" ? { tag: name, val: text } : { tag: name };
}

export class Script {
  static keys = ["script"];

  constructor(text) {
    for (const line of text.split("\n")) {
      const [name] = line.split(" ");
      if (!(name in words)) throw { tag: "invalid-config", val: [{ key: "script", message: `${name} is no command` }] };
    }
    this.commands = text.split("\n").map(wordsOf);
  }

  apply(batch) {
    let pending = [], of;
    for (const command of [...this.commands, undefined]) {
      const change = command && changeOf(command);
      if (pending.length > 0 && (!change || of !== command[1])) {
        batch.edit(of, pending);
        pending = [];
      }
      if (change) {
        of = command[1];
        add(pending, { path: pathOf(command[2]), change });
      } else if (command) {
        run(batch, command);
      }
    }
  }
}

// Rules by kind of one field follow one another, and are one change.
function add(pending, { path, change }) {
  const last = pending.at(-1);
  const both = last?.change.tag === "by-kind" && change.tag === "by-kind";
  if (both && last.path.join("/") === path.join("/")) last.change.val.push(...change.val);
  else pending.push({ path, change });
}

function run(batch, [name, ...rest]) {
  commands[name](batch, ...rest);
}

function show(batch, to, values) {
  batch.writeField("value", pathOf(to), { tag: "text", val: columnOf(Array.from(values)) });
}

function showIntegers(batch, to, values) {
  const column = { states: new Int8Array(), values: BigInt64Array.from(values, BigInt) };
  batch.writeField("value", pathOf(to), { tag: "integer", val: column });
}

const namesOf = ({ names, rows }) => Array.from(rows, (row) => names[row]);

function ofKind(batch, word) {
  const kinds = batch.kinds("value");
  return Uint32Array.from([...kinds.keys()].filter((row) => kinds[row] === word));
}

const repeated = (batch, value) => Array(batch.rowCount()).fill(value);

// Reads a field, changes its values and writes it.
function compute(batch, [part, path, form], change) {
  const column = batch.readField(part, pathOf(path), form);
  column.val.values = column.val.values.map(change);
  batch.writeField(part, pathOf(path), column);
}

function parsed(text) {
  const value = /^[+-]?[0-9]+$/.test(text) ? BigInt(text.replace("+", "")) : 2n ** 63n;
  return BigInt.asIntN(64, value) === value ? value : null;
}

// Java's own cast: rounds towards zero, and stops at the limits.
function truncated(double) {
  if (double >= 2 ** 63) return 2n ** 63n - 1n;
  return double <= -(2 ** 63) ? -(2n ** 63n) : BigInt(Math.trunc(double));
}

// Casts a field to int64 as Kafka's `Cast` does.
function cast(batch, part, path) {
  const read = (form) => batch.readField(part, pathOf(path), form).val;
  const json = texts(read("json")), text = texts(read("text")), doubles = read("number").values;
  const refused = [], kinds = batch.fieldKinds(part, pathOf(path));
  const states = new Int8Array(kinds.length), values = new BigInt64Array(kinds.length);
  kinds.forEach((kind, row) => {
    let value = null;
    if (kind === "absent" || kind === "null" || kind === "integer") {
      states[row] = kind === "integer" ? -3 : -1;
      return;
    }
    if (kind === "fraction") value = truncated(doubles[row]);
    if (kind === "boolean") value = textOf(json[row]) === "true" ? 1n : 0n;
    if (kind === "text") value = parsed(textOf(text[row]));
    if (value === null) {
      refused.push(row);
      states[row] = -3;
    } else {
      values[row] = value;
    }
  });
  batch.writeField(part, pathOf(path), { tag: "integer", val: { states, values } });
  batch.reject(Uint32Array.from(refused), "can't be cast to int64");
}

// Writes a field as text, boolean, float64 or int32, by a column of that type, where its kind allows it.
function convert(batch, part, path, to) {
  const read = (form) => batch.readField(part, pathOf(path), form).val;
  const json = texts(read("json")).map((text) => text && textOf(text)), doubles = read("number").values;
  const refused = [], kinds = batch.fieldKinds(part, pathOf(path));
  const states = new Int8Array(kinds.length), values = new Float64Array(kinds.length);
  kinds.forEach((kind, row) => {
    if (kind === "absent" || kind === "null" || (kind === "text" && to === "text")) return (states[row] = -3);
    let value = null;
    if (kind === "integer" || kind === "fraction") value = doubles[row];
    if (kind === "boolean") value = Number(json[row] === "true");
    if (kind === "text" && to === "boolean") value = { '"true"': 1, '"false"': 0 }[json[row]] ?? null;
    if (value === null || (to === "int32" && !(-(2 ** 31) - 1 < value && value < 2 ** 31))) {
      refused.push(row);
      states[row] = -3;
    } else {
      values[row] = value;
    }
  });
  const val = { tag: "column", val: converted(to, { states, values }, json) };
  batch.edit(part, [{ path: pathOf(path), change: { tag: "replace", val } }]);
  batch.reject(Uint32Array.from(refused), `can't be ${to}`);
}

function converted(to, { states, values }, json) {
  if (to === "float64") return { tag: "number", val: { states, values } };
  if (to === "int32") return { tag: "integer", val: { states, values: BigInt64Array.from(values, truncated) } };
  const text = (row) => (to === "text" ? json[row] : String(Math.trunc(values[row]) !== 0));
  const val = columnOf(Array.from(states, (state, row) => (state === 0 ? text(row) : null)));
  states.forEach((state, row) => { if (state < 0) val.lengths[row] = state; });
  return { tag: to === "text" ? "text" : "json", val };
}

// The headers of each row, as pairs.
function headerRows(batch) {
  const { counts, keys, values } = batch.headers();
  const found = texts(values);
  let at = 0;
  return Array.from(counts, (count) => Array.from({ length: count }, () => [keys[at], found[at++]]));
}

function setHeaders(batch, rows) {
  const pairs = rows.flat();
  const counts = Uint32Array.from(rows, (row) => row.length);
  batch.setHeaders({ counts, keys: pairs.map(([key]) => key), values: columnOf(pairs.map(([, value]) => value)) });
}

function attempt(batch, line) {
  const command = wordsOf(line), change = changeOf(command);
  try {
    if (change) batch.edit(command[1], [{ path: pathOf(command[2]), change }]);
    else run(batch, command);
  } catch (error) {
    const of = error.payload ?? error;
    show(batch, "refused", repeated(batch, of.tag === "fatal" ? of.val.split(":")[0] : of.tag));
  }
}

function fail(_, kind, message) {
  if (kind === "trap") throw new Error(message);
  throw { tag: kind, val: kind === "invalid-config" ? [{ key: "script", message }] : message };
}

function intern(batch, part, text) {
  let id;
  try {
    id = schemas.intern(bytes(text));
  } catch (error) {
    throw { tag: "fatal", val: `schema: ${error.payload}` };
  }
  batch.setSchemas(part, Uint32Array.from(repeated(batch, id)));
}

const commands = {
  try: attempt,
  cast,
  convert,
  fail,
  intern,
  "write-field": (batch, part, to, text) =>
    batch.writeField(part, pathOf(to), { tag: "json", val: columnOf(repeated(batch, text)) }),
  "remove-field": (batch, part, path) => batch.removeField(part, pathOf(path)),
  copy: (batch, part, form, from, to) =>
    batch.writeField(part, pathOf(to), batch.readField(part, pathOf(from), form)),
  overwrite: (batch, part, form, from, to) => {
    const val = { tag: "column", val: batch.readField(part, pathOf(from), form) };
    batch.edit(part, [{ path: pathOf(to), change: { tag: "replace", val } }]);
  },
  add: (batch, part, path, by) =>
    compute(batch, [part, path, "integer"], (value) => BigInt.asIntN(64, value + BigInt(by))),
  scale: (batch, part, path, by) => compute(batch, [part, path, "number"], (value) => value * Number(by)),
  suffix: (batch, part, path, more) => {
    const { val: column } = batch.readField(part, pathOf(path), "text");
    const { lengths, data } = columnOf(texts(column).map((text) => (text === null ? null : textOf(text) + more)));
    column.lengths.forEach((length, row) => { if (length < 0) lengths[row] = length; });
    batch.writeField(part, pathOf(path), { tag: "text", val: { lengths, data } });
  },
  "field-kinds": (batch, part, path, to) => show(batch, to, batch.fieldKinds(part, pathOf(path))),
  kinds: (batch, part, to) => show(batch, to, batch.kinds(part)),
  rows: (batch, to) => showIntegers(batch, to, repeated(batch, batch.rowCount())),
  "put-at": (batch, part, rows, to, text) => {
    const change = { tag: "put", val: { tag: "constant", val: bytes(text) } };
    batch.edit(part, [{ path: pathOf(to), change }], Uint32Array.from(rows.split(","), Number));
  },
  "has-schemas": (batch, part, to) => showIntegers(batch, to, repeated(batch, batch.hasSchemas(part) ? 1 : 0)),
  discard: (batch, word) => batch.discard(ofKind(batch, word)),
  "discard-tombstones": (batch) => batch.discard(batch.tombstones()),
  "discard-row": (batch, row) => batch.discard(Uint32Array.of(row)),
  reject: (batch, word, reason) => batch.reject(ofKind(batch, word), reason),
  expand: (batch, times) =>
    batch.expand(Uint32Array.from(repeated(batch).flatMap((_, row) => Array(Number(times)).fill(row)))),
  topics: (batch, to) => show(batch, to, namesOf(batch.topics())),
  "original-topics": (batch, to) => show(batch, to, namesOf(batch.originalTopics())),
  partitions: (batch, to) => showIntegers(batch, to, batch.partitions()),
  "original-partitions": (batch, to) => showIntegers(batch, to, batch.originalPartitions()),
  offsets: (batch, to) => showIntegers(batch, to, batch.offsets()),
  timestamps: (batch, to) => {
    // A row without a timestamp gets no field.
    const values = batch.timestamps(), states = Int8Array.from(values, (time) => (time < 0n ? -3 : 0));
    batch.writeField("value", pathOf(to), { tag: "integer", val: { states, values } });
  },
  "set-topics": (batch, suffix) => {
    const { names, rows } = batch.topics();
    batch.setTopics({ names: names.map((name) => name + suffix), rows });
  },
  "set-partitions": (batch, partition) => batch.setPartitions(Int32Array.from(repeated(batch, partition))),
  "set-timestamps": (batch, by) =>
    batch.setTimestamps(batch.timestamps().map((time) => (time < 0n ? time : time + BigInt(by)))),
  headers: (batch, to) => {
    const text = ([key, value]) => (value === null ? key : `${key}=${textOf(value)}`);
    show(batch, to, headerRows(batch).map((row) => row.map(text).join(",")));
  },
  "set-header": (batch, key, value) =>
    setHeaders(batch, headerRows(batch).map((row) => [...row, [key, value === "null" ? null : bytes(value)]])),
  "clear-header": (batch, key) =>
    setHeaders(batch, headerRows(batch).map((row) => row.filter(([found]) => found !== key))),
  schema: (batch, part, header) => {
    const ids = batch.schemas(part);
    setHeaders(batch, headerRows(batch).map((row, at) => [...row, [header, schemas.schema(ids[at]) ?? null]]));
  },
  "no-schema": (batch, part) => batch.setSchemas(part, Uint32Array.from(repeated(batch, 0))),
  rewrite: (batch, part, form) => batch.write(part, form, batch.read(part, form)),
  write: (batch, part, form, text) => batch.write(part, form, columnOf(repeated(batch, text))),
  nullify: (batch, part) => batch.write(part, "raw", columnOf(repeated(batch, null))),
  note: (_, message) => {
    if (log.enabled("info")) log.write("info", message);
    metrics.count("abi_notes", 1n);
    metrics.gauge("abi_note_length", message.length);
  },
};
