// The plugins, but for `Script` and `Documents`, and what the component exports.

#include "guest.h"

typedef enum { MASK, UPPERCASE, THREE_EDITS, DOCUMENTS, SCRIPT, HAS_FIELD, PLUGINS } plugin_kind_t;

static const struct {
  const char *name;
  const char *keys[2];
} plugins[PLUGINS] = {
    {"Mask", {"field", "replacement"}}, {"Uppercase", {"field"}}, {"ThreeEdits", {NULL}},
    {"Documents", {NULL}},              {"Script", {"script"}},   {"HasField", {"field"}},
};

typedef struct {
  plugin_kind_t kind;
  // What the keys say.
  text_t values[2];
  script_t script;
} plugin_t;

typedef struct {
  plugin_t plugin, predicate;
  bool has_predicate, negate;
} run_t;

static run_t *runs;
static size_t run_count;

INFO(error) failed;
RECORDS(batch_error) refused;

static const uint8_t VALUE = AIRLOCK_CONNECT_RECORDS_PART_VALUE;
static const uint8_t TEXT = AIRLOCK_CONNECT_RECORDS_FIELD_FORM_TEXT;

bool fail(uint8_t tag, text_t words) {
  failed.tag = tag;
  failed.val.fatal = copy_of(words);
  return false;
}

bool fail_config(const char *key, text_t message) {
  INFO(config_problem) *problem = malloc(sizeof *problem);
  *problem = (INFO(config_problem)){copy_of(text_of(key)), copy_of(message)};
  failed.tag = AIRLOCK_CONNECT_PLUGIN_INFO_ERROR_INVALID_CONFIG;
  failed.val.invalid_config.ptr = problem;
  failed.val.invalid_config.len = 1;
  return false;
}

bool fail_batch(void) {
  bool invalid = refused.tag == AIRLOCK_CONNECT_RECORDS_BATCH_ERROR_INVALID_ARGUMENT;
  text_t kind = text_of(invalid ? "invalid-argument: " : "unsupported: ");
  return fail(AIRLOCK_CONNECT_PLUGIN_INFO_ERROR_FATAL, joined(kind, refused.val.unsupported));
}

static bool configured(text_t class, const INFO(config) *config, plugin_t *plugin) {
  text_t name = class;
  while (memchr(name.ptr, '.', name.len)) cut(&name, '.');
  plugin->kind = 0;
  while (!same(name, plugins[plugin->kind].name)) plugin->kind++;
  for (size_t key = 0; key < 2 && plugins[plugin->kind].keys[key]; key++) {
    const char *wanted = plugins[plugin->kind].keys[key];
    bool found = false;
    for (size_t at = 0; at < config->len; at++) {
      if (!same(config->ptr[at].f0, wanted)) continue;
      plugin->values[key] = copy_of(config->ptr[at].f1);
      found = true;
    }
    if (!found) return fail_config(wanted, text_of("is missing"));
  }
  return plugin->kind != SCRIPT || script_parse(plugin->values[0], &plugin->script);
}

// Discards tombstones, rejects rows in which the field is no text, masks it in the others.
static bool mask(const plugin_t *plugin, batch_t batch) {
  path_t path = path_of(plugin->values[0], '/');
  field_column_t field;
  CALL(BATCH(read_field)(batch, VALUE, &path, TEXT, &field, &refused));
  bytes_column_t *column = &field.val.text;
  text_t replacement = plugin->values[1];
  rows_t others = {TAKE(uint32_t, column->lengths.len), 0};
  size_t masked = 0;
  for (size_t row = 0; row < column->lengths.len; row++) {
    int32_t *length = &column->lengths.ptr[row];
    if (*length == -3) others.ptr[others.len++] = (uint32_t)row;
    masked += *length >= 0;
    *length = *length < 0 ? -3 : (int32_t)replacement.len;
  }
  column->data = repeated(replacement, masked).data;
  CALL(BATCH(write_field)(batch, VALUE, &path, &field, &refused));
  text_t reason = joined(plugin->values[0], text_of(" is no text"));
  CALL(BATCH(reject)(batch, &others, &reason, &refused));
  rows_t tombstones;
  BATCH(tombstones)(batch, &tombstones);
  CALL(BATCH(discard)(batch, &tombstones, &refused));
  return true;
}

// Knows the letters of ASCII only: C has no others.
static bool uppercase(const plugin_t *plugin, batch_t batch) {
  path_t path = path_of(plugin->values[0], '/');
  field_column_t field;
  CALL(BATCH(read_field)(batch, VALUE, &path, TEXT, &field, &refused));
  transforms_list_u8_t data = field.val.text.data;
  for (size_t at = 0; at < data.len; at++) {
    if (data.ptr[at] >= 'a' && data.ptr[at] <= 'z') data.ptr[at] -= 'a' - 'A';
  }
  CALL(BATCH(write_field)(batch, VALUE, &path, &field, &refused));
  return true;
}

static bool three_edits(batch_t batch) {
  text_t names[3] = {text_of("phone"), text_of("ssn"), text_of("source")};
  text_t null = text_of("null"), stars = text_of("\"****\""), web = text_of("\"web\"");
  RECORDS(tuple2_value_kind_kind_outcome) rules[2] = {{.f0 = KIND(ABSENT)}, {.f0 = KIND(TEXT)}};
  rules[0].f1.tag = rules[1].f1.tag = AIRLOCK_CONNECT_RECORDS_KIND_OUTCOME_PUT;
  rules[0].f1.val.put = (transforms_list_u8_t){null.ptr, null.len};
  rules[1].f1.val.put = (transforms_list_u8_t){stars.ptr, stars.len};
  operation_t operations[3] = {
      {{&names[0], 1}, {.tag = AIRLOCK_CONNECT_RECORDS_FIELD_CHANGE_REMOVE}},
      {{&names[1], 1}, {.tag = AIRLOCK_CONNECT_RECORDS_FIELD_CHANGE_BY_KIND, .val.by_kind = {rules, 2}}},
      {{&names[2], 1}, {.tag = AIRLOCK_CONNECT_RECORDS_FIELD_CHANGE_PUT, .val.put.val.constant = {web.ptr, web.len}}},
  };
  RECORDS(list_edit_operation) all = {operations, 3};
  CALL(BATCH(edit)(batch, VALUE, &all, NULL, &refused));
  return true;
}

static bool chosen(const plugin_t *plugin, batch_t batch, bool negate, rows_t *rows) {
  path_t path = path_of(plugin->values[0], '/');
  kinds_t kinds;
  CALL(BATCH(field_kinds)(batch, VALUE, &path, &kinds, &refused));
  for (size_t row = 0; row < kinds.len; row++) {
    if ((kinds.ptr[row] != KIND(ABSENT)) != negate) rows->ptr[rows->len++] = (uint32_t)row;
  }
  return true;
}

static bool run(const plugin_t *plugin, batch_t batch) {
  switch (plugin->kind) {
    case MASK: return mask(plugin, batch);
    case UPPERCASE: return uppercase(plugin, batch);
    case THREE_EDITS: return three_edits(batch);
    case DOCUMENTS: return documents_run(batch);
    case SCRIPT: return script_run(&plugin->script, batch);
    default: return fail(AIRLOCK_CONNECT_PLUGIN_INFO_ERROR_FATAL, text_of("a predicate is no transform"));
  }
}

static bool run_all(batch_t batch) {
  for (size_t index = 0; index < run_count; index++) {
    transforms_list_u32_t rows = {NULL, 0};
    if (index > 0) CALL(BATCH(enter_step)(batch, (uint32_t)index, NULL, &refused));
    if (runs[index].has_predicate) {
      rows.ptr = TAKE(uint32_t, BATCH(row_count)(batch));
      TRY(chosen(&runs[index].predicate, batch, runs[index].negate, &rows));
      CALL(BATCH(enter_step)(batch, (uint32_t)index, &rows, &refused));
    }
    TRY(run(&runs[index].plugin, batch));
  }
  return true;
}

static void describe_key(INFO(config_key) *key, const char *name) {
  *key = (INFO(config_key)){.name = copy_of(text_of(name)), .required = true, .non_empty = true};
  key->value_type = AIRLOCK_CONNECT_PLUGIN_INFO_CONFIG_TYPE_TEXT;
  key->documentation = copy_of(joined(text_of("The "), key->name));
}

void exports_airlock_connect_plugin_describe(exports_airlock_connect_plugin_list_description_t *ret) {
  *ret = (exports_airlock_connect_plugin_list_description_t){calloc(PLUGINS, sizeof *ret->ptr), PLUGINS};
  for (size_t at = 0; at < PLUGINS; at++) {
    INFO(description) *one = &ret->ptr[at];
    if (at == HAS_FIELD) one->kind = AIRLOCK_CONNECT_PLUGIN_INFO_KIND_PREDICATE;
    one->class_names = (transforms_list_string_t){malloc(sizeof(text_t)), 1};
    one->class_names.ptr[0] = copy_of(joined(text_of("abi.c."), text_of(plugins[at].name)));
    one->version = copy_of(text_of("1.0.0"));
    one->documentation = copy_of(text_of(plugins[at].name));
    one->config.ptr = calloc(2, sizeof *one->config.ptr);
    while (one->config.len < 2 && plugins[at].keys[one->config.len]) {
      describe_key(&one->config.ptr[one->config.len], plugins[at].keys[one->config.len]);
      one->config.len++;
    }
  }
  release();
}

bool exports_airlock_connect_plugin_configure(exports_airlock_connect_plugin_list_step_t *steps,
                                              exports_airlock_connect_plugin_error_t *err) {
  bool done = true;
  runs = calloc(steps->len, sizeof *runs);
  for (run_count = 0; done && run_count < steps->len; run_count++) {
    INFO(step) *step = &steps->ptr[run_count];
    run_t *run = &runs[run_count];
    done = configured(step->plugin, &step->config, &run->plugin);
    run->has_predicate = step->predicate.is_some;
    if (!done || !run->has_predicate) continue;
    run->negate = step->predicate.val.negate;
    done = configured(step->predicate.val.plugin, &step->predicate.val.config, &run->predicate);
  }
  *err = failed;
  release();
  return done;
}

// A borrowed batch that isn't dropped before the return traps.
bool exports_airlock_connect_transform_apply(batch_t batch, exports_airlock_connect_transform_error_t *err) {
  bool done = run_all(batch);
  *err = failed;
  release();
  airlock_connect_records_batch_drop_borrow(batch);
  return done;
}

bool exports_airlock_connect_predicate_test(batch_t batch, transforms_list_u32_t *ret,
                                            exports_airlock_connect_predicate_error_t *err) {
  // The bindings free what is returned.
  *ret = (transforms_list_u32_t){malloc(4 * BATCH(row_count)(batch)), 0};
  bool done = chosen(&runs[0].plugin, batch, false, ret);
  *err = failed;
  release();
  airlock_connect_records_batch_drop_borrow(batch);
  return done;
}
