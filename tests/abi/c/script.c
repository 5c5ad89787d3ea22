// `Script`: does what its configuration says, a command a line. Every function of the batch has one.

#include <errno.h>
#include <stdio.h>

#include "guest.h"

typedef struct {
  batch_t batch;
  size_t rows;
  const text_t *words;
} command_t;

static const char *KINDS[] = {"absent", "null", "boolean", "integer", "fraction", "text", "array", "object", NULL};
static const char *PARTS[] = {"key", "value", NULL};
static const char *FORMS[] = {"raw", "json", "cbor", NULL};
static const char *FIELD_FORMS[] = {"json", "text", "integer", "number", NULL};
static const uint8_t VALUE = AIRLOCK_CONNECT_RECORDS_PART_VALUE;
static const uint8_t FATAL = AIRLOCK_CONNECT_PLUGIN_INFO_ERROR_FATAL;

static uint8_t number_of(const char **names, text_t word) {
  uint8_t number = 0;
  while (names[number] && !same(word, names[number])) number++;
  return number;
}

#define PART(at) number_of(PARTS, command->words[at])

static char *ended(text_t text) {
  char *copy = take(text.len + 1);
  memcpy(copy, text.ptr, text.len);
  copy[text.len] = 0;
  return copy;
}

static int64_t integer(text_t word) { return strtoll(ended(word), NULL, 10); }

// Writes what was read into a field of the value.
static bool show(const command_t *command, text_t to, const text_t *texts) {
  path_t path = path_of(to, '/');
  field_column_t field = {.tag = AIRLOCK_CONNECT_RECORDS_FIELD_COLUMN_TEXT};
  field.val.text = column_of(texts, command->rows);
  CALL(BATCH(write_field)(command->batch, VALUE, &path, &field, &refused));
  return true;
}

static bool show_integers(const command_t *command, text_t to, transforms_list_s64_t values, transforms_list_s8_t states) {
  path_t path = path_of(to, '/');
  field_column_t field = {.tag = AIRLOCK_CONNECT_RECORDS_FIELD_COLUMN_INTEGER};
  field.val.integer = (RECORDS(integer_column)){states, values};
  CALL(BATCH(write_field)(command->batch, VALUE, &path, &field, &refused));
  return true;
}

static const transforms_list_s8_t ALL_VALUES = {NULL, 0};

static bool show_kinds(const command_t *command, text_t to, kinds_t kinds) {
  text_t *names = TAKE(text_t, kinds.len);
  for (size_t row = 0; row < kinds.len; row++) names[row] = text_of(KINDS[kinds.ptr[row]]);
  return show(command, to, names);
}

static bool show_topics(const command_t *command, RECORDS(topic_column) topics) {
  text_t *names = TAKE(text_t, command->rows);
  for (size_t row = 0; row < command->rows; row++) names[row] = topics.names.ptr[topics.rows.ptr[row]];
  return show(command, command->words[1], names);
}

static bool show_partitions(const command_t *command, transforms_list_s32_t partitions) {
  transforms_list_s64_t wide = {TAKE(int64_t, partitions.len), partitions.len};
  for (size_t row = 0; row < wide.len; row++) wide.ptr[row] = partitions.ptr[row];
  return show_integers(command, command->words[1], wide, ALL_VALUES);
}

static bool read_field(const command_t *command, text_t path, uint8_t form, field_column_t *field) {
  path_t at = path_of(path, '/');
  CALL(BATCH(read_field)(command->batch, PART(1), &at, form, field, &refused));
  return true;
}

static bool write_field(const command_t *command, text_t path, field_column_t *field) {
  path_t at = path_of(path, '/');
  CALL(BATCH(write_field)(command->batch, PART(1), &at, field, &refused));
  return true;
}

static bool edit(batch_t batch, uint8_t part, operation_t *operations, size_t count) {
  RECORDS(list_edit_operation) all = {operations, count};
  CALL(BATCH(edit)(batch, part, &all, NULL, &refused));
  return true;
}

static rows_t of_kind(const command_t *command, text_t word) {
  kinds_t kinds;
  BATCH(kinds)(command->batch, VALUE, &kinds);
  rows_t rows = {TAKE(uint32_t, kinds.len), 0};
  for (size_t row = 0; row < kinds.len; row++) {
    if (kinds.ptr[row] == number_of(KINDS, word)) rows.ptr[rows.len++] = (uint32_t)row;
  }
  return rows;
}

// Fields.

static bool run_write_field(const command_t *command) {
  field_column_t field = {.tag = AIRLOCK_CONNECT_RECORDS_FIELD_COLUMN_JSON};
  field.val.json = repeated(command->words[3], command->rows);
  return write_field(command, command->words[2], &field);
}

static bool run_remove_field(const command_t *command) {
  path_t path = path_of(command->words[2], '/');
  CALL(BATCH(remove_field)(command->batch, PART(1), &path, &refused));
  return true;
}

static bool run_put_at(const command_t *command) {
  path_t words = path_of(command->words[2], ',');
  transforms_list_u32_t rows = {TAKE(uint32_t, words.len), words.len};
  for (size_t at = 0; at < rows.len; at++) rows.ptr[at] = (uint32_t)integer(words.ptr[at]);
  operation_t put = {path_of(command->words[3], '/'), {.tag = AIRLOCK_CONNECT_RECORDS_FIELD_CHANGE_PUT}};
  put.change.val.put.val.constant = (transforms_list_u8_t){command->words[4].ptr, command->words[4].len};
  RECORDS(list_edit_operation) all = {&put, 1};
  CALL(BATCH(edit)(command->batch, PART(1), &all, &rows, &refused));
  return true;
}

static bool run_copy(const command_t *command) {
  field_column_t field;
  TRY(read_field(command, command->words[3], number_of(FIELD_FORMS, command->words[2]), &field));
  return write_field(command, command->words[4], &field);
}

static bool run_overwrite(const command_t *command) {
  operation_t replace = {path_of(command->words[4], '/'), {.tag = AIRLOCK_CONNECT_RECORDS_FIELD_CHANGE_REPLACE}};
  replace.change.val.replace.tag = AIRLOCK_CONNECT_RECORDS_FIELD_VALUE_COLUMN;
  field_column_t *field = &replace.change.val.replace.val.column;
  TRY(read_field(command, command->words[3], number_of(FIELD_FORMS, command->words[2]), field));
  return edit(command->batch, PART(1), &replace, 1);
}

static bool run_add(const command_t *command) {
  field_column_t field;
  TRY(read_field(command, command->words[2], AIRLOCK_CONNECT_RECORDS_FIELD_FORM_INTEGER, &field));
  transforms_list_s64_t values = field.val.integer.values;
  int64_t by = integer(command->words[3]);
  for (size_t row = 0; row < values.len; row++) values.ptr[row] = (int64_t)((uint64_t)values.ptr[row] + (uint64_t)by);
  return write_field(command, command->words[2], &field);
}

static bool run_scale(const command_t *command) {
  field_column_t field;
  TRY(read_field(command, command->words[2], AIRLOCK_CONNECT_RECORDS_FIELD_FORM_NUMBER, &field));
  transforms_list_f64_t values = field.val.number.values;
  double by = strtod(ended(command->words[3]), NULL);
  for (size_t row = 0; row < values.len; row++) values.ptr[row] *= by;
  return write_field(command, command->words[2], &field);
}

static bool run_suffix(const command_t *command) {
  field_column_t field;
  TRY(read_field(command, command->words[2], AIRLOCK_CONNECT_RECORDS_FIELD_FORM_TEXT, &field));
  bytes_column_t *column = &field.val.text;
  text_t *texts = texts_of(*column);
  for (size_t row = 0; row < command->rows; row++) {
    if (!texts[row].ptr) continue;
    texts[row] = joined(texts[row], command->words[3]);
    column->lengths.ptr[row] = (int32_t)texts[row].len;
  }
  column->data = column_of(texts, command->rows).data;
  return write_field(command, command->words[2], &field);
}

static bool parsed(text_t text, int64_t *value) {
  if (!text.len || !(strchr("+-0123456789", *text.ptr))) return false;
  char *copy = ended(text), *end;
  errno = 0;
  *value = strtoll(copy, &end, 10);
  return !errno && end == copy + text.len && end[-1] >= '0';
}

// Rounds towards zero and stops at the limits, where C's own conversion is undefined.
static int64_t truncated(double value) {
  if (value >= 0x1p63) return INT64_MAX;
  return value <= -0x1p63 ? INT64_MIN : (int64_t)value;
}

// Casts a field to int64 as Kafka's `Cast` does.
static bool run_cast(const command_t *command) {
  field_column_t json, text, number, out = {.tag = AIRLOCK_CONNECT_RECORDS_FIELD_COLUMN_INTEGER};
  text_t at = command->words[2];
  TRY(read_field(command, at, AIRLOCK_CONNECT_RECORDS_FIELD_FORM_JSON, &json));
  TRY(read_field(command, at, AIRLOCK_CONNECT_RECORDS_FIELD_FORM_TEXT, &text));
  TRY(read_field(command, at, AIRLOCK_CONNECT_RECORDS_FIELD_FORM_NUMBER, &number));
  text_t *jsons = texts_of(json.val.json), *texts = texts_of(text.val.text);
  path_t path = path_of(at, '/');
  kinds_t kinds;
  CALL(BATCH(field_kinds)(command->batch, PART(1), &path, &kinds, &refused));
  int8_t *states = TAKE(int8_t, kinds.len);
  int64_t *values = TAKE(int64_t, kinds.len);
  rows_t others = {TAKE(uint32_t, kinds.len), 0};
  for (size_t row = 0; row < kinds.len; row++) {
    bool is_cast = true;
    values[row] = states[row] = 0;
    switch (kinds.ptr[row]) {
      case KIND(ABSENT):
      case KIND(NULL): states[row] = -1; break;
      case KIND(INTEGER): states[row] = -3; break;
      case KIND(FRACTION): values[row] = truncated(number.val.number.values.ptr[row]); break;
      case KIND(BOOLEAN): values[row] = same(jsons[row], "true"); break;
      case KIND(TEXT): is_cast = parsed(texts[row], &values[row]); break;
      default: is_cast = false;
    }
    if (is_cast) continue;
    states[row] = -3;
    others.ptr[others.len++] = (uint32_t)row;
  }
  out.val.integer.states = (transforms_list_s8_t){states, kinds.len};
  out.val.integer.values = (transforms_list_s64_t){values, kinds.len};
  TRY(write_field(command, at, &out));
  text_t reason = text_of("can't be cast to int64");
  CALL(BATCH(reject)(command->batch, &others, &reason, &refused));
  return true;
}

// The column of a type, and the texts of rows that have a value.
static void converted(field_column_t *out, text_t to, transforms_list_s8_t states, const double *values, const text_t *jsons) {
  size_t rows = states.len;
  if (same(to, "float64")) {
    out->tag = AIRLOCK_CONNECT_RECORDS_FIELD_COLUMN_NUMBER;
    out->val.number = (RECORDS(number_column)){states, {(double *)values, rows}};
    return;
  }
  if (same(to, "int32")) {
    transforms_list_s64_t integers = {TAKE(int64_t, rows), rows};
    for (size_t row = 0; row < rows; row++) integers.ptr[row] = truncated(values[row]);
    out->tag = AIRLOCK_CONNECT_RECORDS_FIELD_COLUMN_INTEGER;
    out->val.integer = (RECORDS(integer_column)){states, integers};
    return;
  }
  bool is_text = same(to, "text");
  text_t *texts = TAKE(text_t, rows);
  for (size_t row = 0; row < rows; row++) {
    text_t found = is_text ? jsons[row] : text_of(truncated(values[row]) ? "true" : "false");
    texts[row] = states.ptr[row] ? (text_t){NULL, 0} : found;
  }
  bytes_column_t column = column_of(texts, rows);
  for (size_t row = 0; row < rows; row++) {
    if (states.ptr[row]) column.lengths.ptr[row] = states.ptr[row];
  }
  out->tag = is_text ? AIRLOCK_CONNECT_RECORDS_FIELD_COLUMN_TEXT : AIRLOCK_CONNECT_RECORDS_FIELD_COLUMN_JSON;
  out->val.json = column;
}

// What a value is as a number; false: it is none.
static bool as_number(uint8_t kind, bool to_boolean, text_t json, double *value) {
  if (kind == KIND(INTEGER) || kind == KIND(FRACTION)) return true;
  bool is_text = kind == KIND(TEXT) && to_boolean;
  *value = same(json, is_text ? "\"true\"" : "true");
  return kind == KIND(BOOLEAN) || (is_text && (*value || same(json, "\"false\"")));
}

// Writes a field as text, boolean, float64 or int32, by a column of that type, where its kind allows it.
static bool run_convert(const command_t *command) {
  field_column_t json, number;
  text_t at = command->words[2], to = command->words[3];
  TRY(read_field(command, at, AIRLOCK_CONNECT_RECORDS_FIELD_FORM_JSON, &json));
  TRY(read_field(command, at, AIRLOCK_CONNECT_RECORDS_FIELD_FORM_NUMBER, &number));
  text_t *jsons = texts_of(json.val.json);
  double *values = number.val.number.values.ptr;
  operation_t replace = {path_of(at, '/'), {.tag = AIRLOCK_CONNECT_RECORDS_FIELD_CHANGE_REPLACE}};
  kinds_t kinds;
  CALL(BATCH(field_kinds)(command->batch, PART(1), &replace.path, &kinds, &refused));
  transforms_list_s8_t states = {TAKE(int8_t, kinds.len), kinds.len};
  rows_t others = {TAKE(uint32_t, kinds.len), 0};
  for (size_t row = 0; row < kinds.len; row++) {
    uint8_t kind = kinds.ptr[row];
    bool stays = kind == KIND(ABSENT) || kind == KIND(NULL) || (kind == KIND(TEXT) && same(to, "text"));
    states.ptr[row] = stays ? -3 : 0;
    if (stays) continue;
    bool fits = as_number(kind, same(to, "boolean"), jsons[row], &values[row]);
    if (same(to, "int32")) fits = fits && -0x1p31 - 1 < values[row] && values[row] < 0x1p31;
    if (fits) continue;
    states.ptr[row] = -3;
    others.ptr[others.len++] = (uint32_t)row;
  }
  replace.change.val.replace.tag = AIRLOCK_CONNECT_RECORDS_FIELD_VALUE_COLUMN;
  converted(&replace.change.val.replace.val.column, to, states, values, jsons);
  TRY(edit(command->batch, PART(1), &replace, 1));
  text_t reason = joined(text_of("can't be "), to);
  CALL(BATCH(reject)(command->batch, &others, &reason, &refused));
  return true;
}

static bool run_field_kinds(const command_t *command) {
  path_t path = path_of(command->words[2], '/');
  kinds_t kinds;
  CALL(BATCH(field_kinds)(command->batch, PART(1), &path, &kinds, &refused));
  return show_kinds(command, command->words[3], kinds);
}

static bool run_kinds(const command_t *command) {
  kinds_t kinds;
  BATCH(kinds)(command->batch, PART(1), &kinds);
  return show_kinds(command, command->words[2], kinds);
}

// Rows.

static bool show_number(const command_t *command, text_t to, int64_t number) {
  transforms_list_s64_t values = {TAKE(int64_t, command->rows), command->rows};
  for (size_t row = 0; row < values.len; row++) values.ptr[row] = number;
  return show_integers(command, to, values, ALL_VALUES);
}

static bool run_rows(const command_t *command) { return show_number(command, command->words[1], command->rows); }

static bool run_discard(const command_t *command) {
  rows_t rows = of_kind(command, command->words[1]);
  CALL(BATCH(discard)(command->batch, &rows, &refused));
  return true;
}

static bool run_discard_tombstones(const command_t *command) {
  rows_t rows;
  BATCH(tombstones)(command->batch, &rows);
  CALL(BATCH(discard)(command->batch, &rows, &refused));
  return true;
}

static bool run_discard_row(const command_t *command) {
  uint32_t row = (uint32_t)integer(command->words[1]);
  rows_t rows = {&row, 1};
  CALL(BATCH(discard)(command->batch, &rows, &refused));
  return true;
}

static bool run_reject(const command_t *command) {
  rows_t rows = of_kind(command, command->words[1]);
  text_t reason = command->words[2];
  CALL(BATCH(reject)(command->batch, &rows, &reason, &refused));
  return true;
}

static bool run_expand(const command_t *command) {
  size_t times = (size_t)integer(command->words[1]);
  rows_t origins = {TAKE(uint32_t, command->rows * times), 0};
  for (size_t row = 0; row < command->rows; row++) {
    for (size_t copy = 0; copy < times; copy++) origins.ptr[origins.len++] = (uint32_t)row;
  }
  CALL(BATCH(expand)(command->batch, &origins, &refused));
  return true;
}

// Routing.

static bool run_topics(const command_t *command) {
  RECORDS(topic_column) topics;
  BATCH(topics)(command->batch, &topics);
  return show_topics(command, topics);
}

static bool run_original_topics(const command_t *command) {
  RECORDS(topic_column) topics;
  BATCH(original_topics)(command->batch, &topics);
  return show_topics(command, topics);
}

static bool run_set_topics(const command_t *command) {
  RECORDS(topic_column) topics;
  BATCH(topics)(command->batch, &topics);
  for (size_t at = 0; at < topics.names.len; at++) topics.names.ptr[at] = joined(topics.names.ptr[at], command->words[1]);
  CALL(BATCH(set_topics)(command->batch, &topics, &refused));
  return true;
}

static bool run_partitions(const command_t *command) {
  transforms_list_s32_t partitions;
  BATCH(partitions)(command->batch, &partitions);
  return show_partitions(command, partitions);
}

static bool run_original_partitions(const command_t *command) {
  transforms_list_s32_t partitions;
  BATCH(original_partitions)(command->batch, &partitions);
  return show_partitions(command, partitions);
}

static bool run_set_partitions(const command_t *command) {
  transforms_list_s32_t partitions = {TAKE(int32_t, command->rows), command->rows};
  for (size_t row = 0; row < command->rows; row++) partitions.ptr[row] = (int32_t)integer(command->words[1]);
  CALL(BATCH(set_partitions)(command->batch, &partitions, &refused));
  return true;
}

static bool run_offsets(const command_t *command) {
  transforms_list_s64_t offsets;
  BATCH(offsets)(command->batch, &offsets);
  return show_integers(command, command->words[1], offsets, ALL_VALUES);
}

// A row without a timestamp gets no field.
static bool run_timestamps(const command_t *command) {
  transforms_list_s64_t times;
  BATCH(timestamps)(command->batch, &times);
  transforms_list_s8_t states = {TAKE(int8_t, times.len), times.len};
  for (size_t row = 0; row < times.len; row++) states.ptr[row] = times.ptr[row] < 0 ? -3 : 0;
  return show_integers(command, command->words[1], times, states);
}

static bool run_set_timestamps(const command_t *command) {
  transforms_list_s64_t times;
  BATCH(timestamps)(command->batch, &times);
  for (size_t row = 0; row < times.len; row++) {
    if (times.ptr[row] >= 0) times.ptr[row] += integer(command->words[1]);
  }
  CALL(BATCH(set_timestamps)(command->batch, &times, &refused));
  return true;
}

// Headers.

static bool run_headers(const command_t *command) {
  RECORDS(header_column) headers;
  BATCH(headers)(command->batch, &headers);
  text_t *values = texts_of(headers.values), *lines = TAKE(text_t, command->rows);
  size_t at = 0;
  for (size_t row = 0; row < command->rows; row++) {
    lines[row] = text_of("");
    for (uint32_t count = 0; count < headers.counts.ptr[row]; count++, at++) {
      if (count) lines[row] = joined(lines[row], text_of(","));
      lines[row] = joined(lines[row], headers.keys.ptr[at]);
      if (values[at].ptr) lines[row] = joined(joined(lines[row], text_of("=")), values[at]);
    }
  }
  return show(command, command->words[1], lines);
}

// Copies the headers of all rows, less those of one key, and adds one to each row where there are any to add.
static bool set_headers(const command_t *command, text_t less, text_t key, const text_t *more) {
  RECORDS(header_column) headers;
  BATCH(headers)(command->batch, &headers);
  size_t most = headers.keys.len + command->rows, at = 0, kept = 0;
  text_t *values = texts_of(headers.values), *keys = TAKE(text_t, most), *out = TAKE(text_t, most);
  for (size_t row = 0; row < command->rows; row++) {
    uint32_t *count = &headers.counts.ptr[row];
    size_t end = at + *count;
    for (*count = 0; at < end; at++) {
      if (less.len && same(headers.keys.ptr[at], ended(less))) continue;
      keys[kept] = headers.keys.ptr[at];
      out[kept++] = values[at];
      ++*count;
    }
    if (!more) continue;
    keys[kept] = key;
    out[kept++] = more[row];
    ++*count;
  }
  headers.keys = (transforms_list_string_t){keys, kept};
  headers.values = column_of(out, kept);
  CALL(BATCH(set_headers)(command->batch, &headers, &refused));
  return true;
}

static bool run_set_header(const command_t *command) {
  text_t *values = TAKE(text_t, command->rows), none = {NULL, 0};
  for (size_t row = 0; row < command->rows; row++) {
    values[row] = same(command->words[2], "null") ? none : command->words[2];
  }
  return set_headers(command, none, command->words[1], values);
}

static bool run_clear_header(const command_t *command) {
  return set_headers(command, command->words[1], text_of(""), NULL);
}

// Schemas.

static bool run_has_schemas(const command_t *command) {
  return show_number(command, command->words[2], BATCH(has_schemas)(command->batch, PART(1)));
}

static bool run_schema(const command_t *command) {
  transforms_list_u32_t ids;
  BATCH(schemas)(command->batch, PART(1), &ids);
  text_t *found = TAKE(text_t, ids.len), none = {NULL, 0};
  for (size_t row = 0; row < ids.len; row++) {
    transforms_list_u8_t schema;
    bool is_known = airlock_connect_schemas_schema(ids.ptr[row], &schema);
    found[row] = is_known ? (text_t){schema.ptr, schema.len} : none;
  }
  return set_headers(command, none, command->words[2], found);
}

static bool set_schemas(const command_t *command, uint32_t id) {
  transforms_list_u32_t ids = {TAKE(uint32_t, command->rows), command->rows};
  for (size_t row = 0; row < command->rows; row++) ids.ptr[row] = id;
  CALL(BATCH(set_schemas)(command->batch, PART(1), &ids, &refused));
  return true;
}

static bool run_intern(const command_t *command) {
  transforms_list_u8_t schema = {command->words[2].ptr, command->words[2].len};
  uint32_t id;
  text_t words;
  if (!airlock_connect_schemas_intern(&schema, &id, &words)) return fail(FATAL, joined(text_of("schema: "), words));
  return set_schemas(command, id);
}

static bool run_no_schema(const command_t *command) { return set_schemas(command, 0); }

// Whole keys and values.

static bool run_rewrite(const command_t *command) {
  uint8_t form = number_of(FORMS, command->words[2]);
  bytes_column_t column;
  CALL(BATCH(read)(command->batch, PART(1), form, &column, &refused));
  CALL(BATCH(write)(command->batch, PART(1), form, &column, &refused));
  return true;
}

static bool run_write(const command_t *command) {
  bytes_column_t column = repeated(command->words[3], command->rows);
  CALL(BATCH(write)(command->batch, PART(1), number_of(FORMS, command->words[2]), &column, &refused));
  return true;
}

static bool run_nullify(const command_t *command) {
  bytes_column_t column = repeated((text_t){NULL, 0}, command->rows);
  CALL(BATCH(write)(command->batch, PART(1), AIRLOCK_CONNECT_RECORDS_FORM_RAW, &column, &refused));
  return true;
}

// Errors, and what isn't about records.

static bool run_fail(const command_t *command) {
  text_t kind = command->words[1], message = command->words[2];
  if (same(kind, "trap")) __builtin_trap();
  if (same(kind, "invalid-config")) return fail_config("script", message);
  return fail(same(kind, "retriable") ? AIRLOCK_CONNECT_PLUGIN_INFO_ERROR_RETRIABLE : FATAL, message);
}

static bool run_note(const command_t *command) {
  text_t words = command->words[1], count = text_of("abi_notes"), length = text_of("abi_note_length");
  if (airlock_connect_log_enabled(AIRLOCK_CONNECT_LOG_LEVEL_INFO)) {
    airlock_connect_log_write(AIRLOCK_CONNECT_LOG_LEVEL_INFO, &words);
  }
  airlock_connect_metrics_count(&count, 1);
  airlock_connect_metrics_gauge(&length, (double)words.len);
  return true;
}

// Runs a command that should be refused, and writes how into a field.
static bool run_try(const command_t *command) {
  line_t line;
  script_t script;
  TRY(script_parse(command->words[1], &script));
  line = *script.lines;
  script = (script_t){&line, 1};
  if (script_run(&script, command->batch)) return true;
  text_t words = failed.val.fatal, kind = cut(&words, ':');
  text_t *kinds = TAKE(text_t, command->rows);
  for (size_t row = 0; row < command->rows; row++) kinds[row] = kind;
  return show(command, text_of("refused"), kinds);
}

// All commands, with how many words each has; the last one takes the rest of the line. Those that change fields
// by one `edit` have no function.
static const struct {
  const char *name;
  size_t words;
  bool (*run)(const command_t *);
} COMMANDS[] = {
    {"put", 4, NULL}, {"replace", 4, NULL}, {"remove", 3, NULL}, {"rename", 4, NULL}, {"kind", 6, NULL}, {"retain", 4, NULL},
    {"put-at", 5, run_put_at},
    {"write-field", 4, run_write_field}, {"remove-field", 3, run_remove_field}, {"copy", 5, run_copy},
    {"overwrite", 5, run_overwrite}, {"add", 4, run_add}, {"cast", 3, run_cast}, {"convert", 4, run_convert}, {"scale", 4, run_scale},
    {"suffix", 4, run_suffix}, {"field-kinds", 4, run_field_kinds}, {"kinds", 3, run_kinds}, {"rows", 2, run_rows},
    {"has-schemas", 3, run_has_schemas},
    {"discard", 2, run_discard}, {"discard-tombstones", 1, run_discard_tombstones},
    {"discard-row", 2, run_discard_row}, {"reject", 3, run_reject}, {"expand", 2, run_expand},
    {"topics", 2, run_topics}, {"original-topics", 2, run_original_topics}, {"set-topics", 2, run_set_topics},
    {"partitions", 2, run_partitions}, {"original-partitions", 2, run_original_partitions},
    {"set-partitions", 2, run_set_partitions}, {"offsets", 2, run_offsets}, {"timestamps", 2, run_timestamps},
    {"set-timestamps", 2, run_set_timestamps}, {"headers", 2, run_headers}, {"set-header", 3, run_set_header},
    {"clear-header", 2, run_clear_header}, {"schema", 3, run_schema}, {"intern", 3, run_intern},
    {"no-schema", 2, run_no_schema}, {"rewrite", 3, run_rewrite}, {"write", 4, run_write}, {"nullify", 2, run_nullify},
    {"fail", 3, run_fail}, {"note", 2, run_note}, {"try", 2, run_try},
};

static size_t command_of(text_t name) {
  size_t at = 0, count = sizeof COMMANDS / sizeof *COMMANDS;
  while (at < count && !same(name, COMMANDS[at].name)) at++;
  return at < count ? at : SIZE_MAX;
}

bool script_parse(text_t text, script_t *script) {
  *script = (script_t){calloc(text.len + 1, sizeof(line_t)), 0};
  while (text.len) {
    text_t rest = cut(&text, '\n'), begin = rest, name = cut(&begin, ' ');
    size_t command = command_of(name);
    if (command == SIZE_MAX) return fail_config("script", joined(name, text_of(" is no command")));
    line_t *line = &script->lines[script->count++];
    while (rest.len && line->count + 1 < COMMANDS[command].words) line->words[line->count++] = cut(&rest, ' ');
    if (rest.len) line->words[line->count++] = rest;
  }
  return true;
}

static RECORDS(kind_outcome) outcome_of(const text_t *words, size_t count) {
  RECORDS(kind_outcome) outcome = {.tag = AIRLOCK_CONNECT_RECORDS_KIND_OUTCOME_KEEP};
  if (same(words[0], "remove")) outcome.tag = AIRLOCK_CONNECT_RECORDS_KIND_OUTCOME_REMOVE;
  if (same(words[0], "put")) outcome.tag = AIRLOCK_CONNECT_RECORDS_KIND_OUTCOME_PUT;
  if (same(words[0], "reject")) outcome.tag = AIRLOCK_CONNECT_RECORDS_KIND_OUTCOME_REJECT;
  // Text and bytes look the same in memory.
  if (count > 1) outcome.val.reject = words[1];
  return outcome;
}

static bool change_of(const line_t *line, RECORDS(field_change) *change) {
  static const char *NAMES[] = {"put", "replace", "remove", "rename", "kind", "retain", NULL};
  const text_t *words = line->words;
  memset(change, 0, sizeof *change);
  change->tag = number_of(NAMES, words[0]);
  switch (change->tag) {
    case AIRLOCK_CONNECT_RECORDS_FIELD_CHANGE_PUT:
    case AIRLOCK_CONNECT_RECORDS_FIELD_CHANGE_REPLACE:
      change->val.put.val.constant = (transforms_list_u8_t){words[3].ptr, words[3].len};
      return true;
    case AIRLOCK_CONNECT_RECORDS_FIELD_CHANGE_REMOVE: return true;
    case AIRLOCK_CONNECT_RECORDS_FIELD_CHANGE_RENAME: change->val.rename = words[3]; return true;
    case AIRLOCK_CONNECT_RECORDS_FIELD_CHANGE_BY_KIND:
      // Room for all kinds.
      change->val.by_kind.ptr = TAKE(RECORDS(tuple2_value_kind_kind_outcome), 8);
      change->val.by_kind.len = 1;
      change->val.by_kind.ptr[0].f0 = number_of(KINDS, words[3]);
      change->val.by_kind.ptr[0].f1 = outcome_of(words + 4, line->count - 4);
      return true;
    case AIRLOCK_CONNECT_RECORDS_FIELD_CHANGE_RETAIN: change->val.retain = path_of(words[3], ','); return true;
    default: return false;
  }
}

static bool same_path(path_t left, path_t right) {
  bool is_same = left.len == right.len;
  for (size_t at = 0; is_same && at < left.len; at++) is_same = same(left.ptr[at], ended(right.ptr[at]));
  return is_same;
}

// Rules by kind of one field that follow one another are one change.
static size_t add(operation_t *pending, size_t count, operation_t next) {
  uint8_t by_kind = AIRLOCK_CONNECT_RECORDS_FIELD_CHANGE_BY_KIND;
  operation_t *last = count ? &pending[count - 1] : NULL;
  if (last && last->change.tag == by_kind && next.change.tag == by_kind && same_path(last->path, next.path)) {
    last->change.val.by_kind.ptr[last->change.val.by_kind.len++] = *next.change.val.by_kind.ptr;
    return count;
  }
  pending[count] = next;
  return count + 1;
}

bool script_run(const script_t *script, batch_t batch) {
  operation_t *pending = TAKE(operation_t, script->count), next;
  size_t count = 0;
  uint8_t part = VALUE;
  for (size_t at = 0; at < script->count; at++) {
    const line_t *line = &script->lines[at];
    bool is_change = change_of(line, &next.change);
    if (count && (!is_change || part != number_of(PARTS, line->words[1]))) {
      TRY(edit(batch, part, pending, count));
      count = 0;
    }
    if (is_change) {
      part = number_of(PARTS, line->words[1]);
      next.path = path_of(line->words[2], '/');
      count = add(pending, count, next);
      continue;
    }
    command_t command = {batch, BATCH(row_count)(batch), line->words};
    TRY(COMMANDS[command_of(line->words[0])].run(&command));
  }
  return !count || edit(batch, part, pending, count);
}
