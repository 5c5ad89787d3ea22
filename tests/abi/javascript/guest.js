// The guest of tests/abi in JavaScript: `../README.md` says what each plugin does.

import { Script, bytes, joined, texts, textOf } from "./script.js";

const threeEdits = [
  { path: ["phone"], change: { tag: "remove" } },
  {
    path: ["ssn"],
    change: {
      tag: "by-kind",
      val: [["absent", { tag: "put", val: bytes("null") }], ["text", { tag: "put", val: bytes('"****"') }]],
    },
  },
  { path: ["source"], change: { tag: "put", val: { tag: "constant", val: bytes('"web"') } } },
];

// Discards tombstones, rejects rows in which the field is no text, masks it in the others.
class Mask {
  static keys = ["field", "replacement"];

  constructor(field, replacement) {
    this.field = field;
    this.path = field.split("/");
    this.replacement = replacement;
  }

  apply(batch) {
    const { lengths: found } = batch.readField("value", this.path, "text").val;
    const length = bytes(this.replacement).length;
    const lengths = found.map((length_) => (length_ >= 0 ? length : -3));
    const data = bytes(this.replacement.repeat(found.filter((length_) => length_ >= 0).length));
    batch.writeField("value", this.path, { tag: "text", val: { lengths, data } });
    const others = [...found.keys()].filter((row) => found[row] === -3);
    batch.reject(Uint32Array.from(others), `${this.field} is no text`);
    batch.discard(batch.tombstones());
  }
}

class Uppercase {
  static keys = ["field"];

  constructor(field) {
    this.path = field.split("/");
  }

  apply(batch) {
    const column = batch.readField("value", this.path, "text");
    const text = textOf(column.val.data);
    if (text.length === column.val.data.length) {
      // All of ASCII: no length changes, so that the whole column is one text.
      column.val.data = bytes(text.toUpperCase());
    } else {
      const upper = texts(column.val).map((one) => (one === null ? null : bytes(textOf(one).toUpperCase())));
      column.val.lengths = column.val.lengths.map((length, row) => (length < 0 ? length : upper[row].length));
      column.val.data = joined(upper.filter((one) => one !== null));
    }
    batch.writeField("value", this.path, column);
  }
}

class ThreeEdits {
  static keys = [];

  apply(batch) {
    batch.edit("value", threeEdits);
  }
}

// Numbers that are no doubles keep their digits.
function exact(_, value, context) {
  return typeof value === "number" && String(value) !== context.source ? JSON.rawJSON(context.source) : value;
}

// The three edits again, on whole documents.
class Documents {
  static keys = [];

  apply(batch) {
    const column = batch.read("value", "json");
    const parts = [], others = [];
    const found = texts(column);
    const lengths = column.lengths.map((length, row) => {
      if (length < 0) return -3;
      const text = textOf(found[row]);
      // A reviver is slow, and only numbers of many digits need it.
      const document = /[\d.]{16}|\d[eE]/.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
      if (typeof document !== "object" || Array.isArray(document)) {
        others.push(row);
        return -3;
      }
      delete document.phone;
      document.ssn ??= null;
      if (typeof document.ssn === "string") document.ssn = "****";
      document.source = "web";
      const edited = bytes(JSON.stringify(document));
      parts.push(edited);
      return edited.length;
    });
    batch.write("value", "json", { lengths, data: joined(parts) });
    batch.reject(Uint32Array.from(others), "the value is no object");
  }
}

// A predicate: the field is there.
class HasField {
  static keys = ["field"];

  constructor(field) {
    this.path = field.split("/");
  }

  chosen(batch, negate) {
    const rows = [];
    batch.fieldKinds("value", this.path).forEach((kind, row) => {
      if ((kind !== "absent") !== negate) rows.push(row);
    });
    return Uint32Array.from(rows);
  }
}

const plugins = { Mask, Uppercase, ThreeEdits, Documents, Script, HasField };
const runs = [];

function configured(name, config) {
  const kind = plugins[name.slice(name.lastIndexOf(".") + 1)];
  const values = new Map(config);
  const missing = kind.keys.find((key) => !values.has(key));
  // What is thrown is the error of the WIT; an `Error` would be a trap.
  if (missing !== undefined) throw { tag: "invalid-config", val: [{ key: missing, message: "is missing" }] };
  return new kind(...kind.keys.map((key) => values.get(key)));
}

// Errors of the batch become errors of the plugin; others are what they are.
function told(run) {
  try {
    return run();
  } catch (error) {
    const of = error?.payload;
    if (of?.tag === "invalid-argument" || of?.tag === "unsupported") throw { tag: "fatal", val: `${of.tag}: ${of.val}` };
    throw error;
  }
}

export const plugin = {
  describe() {
    return Object.entries(plugins).map(([name, kind]) => ({
      kind: name === "HasField" ? "predicate" : "transform",
      classNames: [`abi.javascript.${name}`],
      version: "1.0.0",
      documentation: `${name}, for tests.`,
      config: kind.keys.map((key) => ({
        name: key, valueType: "text", required: true, importance: "high", documentation: `The ${key}.`, validValues: [],
        displayName: "", group: "", nonEmpty: true, grants: "nothing",
      })),
      capabilities: [],
    }));
  },

  configure(steps) {
    for (const { plugin, config, predicate } of steps) {
      const choice = predicate && { chooser: configured(predicate.plugin, predicate.config), negate: predicate.negate };
      runs.push({ step: configured(plugin, config), choice });
    }
  },
};

export const transform = {
  apply(batch) {
    told(() => runs.forEach(({ step, choice }, index) => {
      if (index > 0) batch.enterStep(index, undefined);
      if (choice) batch.enterStep(index, choice.chooser.chosen(batch, choice.negate));
      step.apply(batch);
    }));
  },
};

export const predicate = {
  test(batch) {
    return told(() => runs[0].step.chosen(batch, false));
  },
};
