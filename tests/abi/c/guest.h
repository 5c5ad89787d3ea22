// The guest of tests/abi in C: ../README.md says what each plugin does.
#pragma once

#include <stdlib.h>
#include <string.h>

#include "transforms.h"

// Short names for what the bindings spell out.
#define BATCH(method) airlock_connect_records_method_batch_##method
#define RECORDS(name) airlock_connect_records_##name##_t
#define INFO(name) airlock_connect_plugin_info_##name##_t
#define KIND(name) AIRLOCK_CONNECT_RECORDS_VALUE_KIND_##name

typedef RECORDS(borrow_batch) batch_t;
typedef transforms_string_t text_t;
typedef transforms_list_u32_t rows_t;
typedef RECORDS(bytes_column) bytes_column_t;
typedef RECORDS(field_column) field_column_t;
typedef RECORDS(edit_operation) operation_t;
typedef RECORDS(list_value_kind) kinds_t;
typedef transforms_list_string_t path_t;

// Memory of one call, given back as a whole when it ends. The host's answers are there too.
void *take(size_t size);
void release(void);
#define TAKE(type, count) ((type *)take((count) * sizeof(type)))

// What went wrong, for the export to answer. All functions that can fail return false then.
extern INFO(error) failed;
extern RECORDS(batch_error) refused;
bool fail(uint8_t tag, text_t words);
bool fail_config(const char *key, text_t message);
bool fail_batch(void);
#define TRY(run) do { if (!(run)) return false; } while (0)
// Calls the batch; the last argument of such a call is `&refused`.
#define CALL(call) TRY((call) || fail_batch())

// Texts.
text_t text_of(const char *words);
text_t copy_of(text_t text);
text_t joined(text_t left, text_t right);
bool same(text_t text, const char *words);
text_t cut(text_t *rest, char at);
path_t path_of(text_t text, char between);

// Columns.
text_t *texts_of(bytes_column_t column);
bytes_column_t column_of(const text_t *texts, size_t count);
bytes_column_t repeated(text_t text, size_t count);

// `Script`.
typedef struct {
  text_t words[6];
  size_t count;
} line_t;
typedef struct {
  line_t *lines;
  size_t count;
} script_t;
bool script_parse(text_t text, script_t *script);
bool script_run(const script_t *script, batch_t batch);

// `Documents`.
bool documents_run(batch_t batch);
