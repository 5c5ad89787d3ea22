// The three edits on whole documents. C has no JSON of its own; the host has checked that it is JSON, so that a
// scanner will do here.

#include "guest.h"

typedef struct {
  const uint8_t *at, *end;
} scan_t;

static void skip_blanks(scan_t *scan) {
  while (scan->at < scan->end && strchr(" \t\r\n", *scan->at)) scan->at++;
}

// Returns the text of the next value.
static text_t value(scan_t *scan) {
  const uint8_t *begin = scan->at;
  size_t depth = 0;
  do {
    uint8_t byte = *scan->at++;
    if (byte == '"') {
      for (; *scan->at != '"'; scan->at++)
        if (*scan->at == '\\') scan->at++;
      scan->at++;
    } else if (byte == '{' || byte == '[') {
      depth++;
    } else if (byte == '}' || byte == ']') {
      depth--;
    } else if (!depth) {
      while (scan->at < scan->end && !strchr(",]} \t\r\n", *scan->at)) scan->at++;
    }
  } while (depth);
  return (text_t){(uint8_t *)begin, (size_t)(scan->at - begin)};
}

static uint8_t *append(uint8_t *at, text_t text) {
  memcpy(at, text.ptr, text.len);
  return at + text.len;
}

static uint8_t *field(uint8_t *at, text_t key, text_t value) {
  if (at[-1] != '{') *at++ = ',';
  at = append(at, key);
  *at++ = ':';
  return append(at, value);
}

// Writes the edited document, at most 40 bytes longer, and returns where it ends.
static uint8_t *edited(text_t document, uint8_t *out) {
  scan_t scan = {document.ptr + 1, document.ptr + document.len};
  bool has_ssn = false;
  *out++ = '{';
  for (skip_blanks(&scan); *scan.at != '}'; skip_blanks(&scan)) {
    if (*scan.at == ',') scan.at++;
    skip_blanks(&scan);
    text_t key = value(&scan);
    skip_blanks(&scan);
    scan.at++;
    skip_blanks(&scan);
    text_t found = value(&scan);
    if (same(key, "\"phone\"") || same(key, "\"source\"")) continue;
    if (same(key, "\"ssn\"")) {
      has_ssn = true;
      if (*found.ptr == '"') found = text_of("\"****\"");
    }
    out = field(out, key, found);
  }
  if (!has_ssn) out = field(out, text_of("\"ssn\""), text_of("null"));
  out = field(out, text_of("\"source\""), text_of("\"web\""));
  *out++ = '}';
  return out;
}

bool documents_run(batch_t batch) {
  bytes_column_t column;
  CALL(BATCH(read)(batch, AIRLOCK_CONNECT_RECORDS_PART_VALUE, AIRLOCK_CONNECT_RECORDS_FORM_JSON, &column, &refused));
  size_t count = column.lengths.len;
  text_t *documents = texts_of(column);
  rows_t others = {TAKE(uint32_t, count), 0};
  uint8_t *data = take(column.data.len + 40 * count), *at = data;
  for (size_t row = 0; row < count; row++) {
    text_t document = documents[row];
    int32_t *length = &column.lengths.ptr[row];
    *length = -3;
    if (!document.ptr) continue;
    while (strchr(" \t\r\n", *document.ptr)) document.ptr++, document.len--;
    if (*document.ptr != '{') {
      others.ptr[others.len++] = (uint32_t)row;
      continue;
    }
    uint8_t *end = edited(document, at);
    *length = (int32_t)(end - at);
    at = end;
  }
  column.data = (transforms_list_u8_t){data, (size_t)(at - data)};
  CALL(BATCH(write)(batch, AIRLOCK_CONNECT_RECORDS_PART_VALUE, AIRLOCK_CONNECT_RECORDS_FORM_JSON, &column, &refused));
  text_t reason = text_of("the value is no object");
  CALL(BATCH(reject)(batch, &others, &reason, &refused));
  return true;
}
