// Memory, texts and columns.

#include "guest.h"

typedef struct chunk {
  struct chunk *next;
  size_t size, used;
  _Alignas(16) char bytes[];
} chunk_t;

static chunk_t *chunks;

void *take(size_t size) {
  size = (size + 15) & ~(size_t)15;
  if (!chunks || chunks->size - chunks->used < size) {
    size_t room = size > 1 << 18 ? size : 1 << 18;
    chunk_t *chunk = malloc(sizeof(chunk_t) + room);
    if (!chunk) __builtin_trap();
    *chunk = (chunk_t){.next = chunks, .size = room};
    chunks = chunk;
  }
  void *taken = chunks->bytes + chunks->used;
  chunks->used += size;
  return taken;
}

// Keeps one chunk for the next call.
void release(void) {
  while (chunks && chunks->next) {
    chunk_t *next = chunks->next;
    free(chunks);
    chunks = next;
  }
  if (chunks) chunks->used = 0;
}

// In place of the weak one of the bindings: what the host answers needs no freeing one by one.
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)align;
  void *taken = take(size);
  if (old_size) memcpy(taken, old, old_size < size ? old_size : size);
  return taken;
}

text_t text_of(const char *words) { return (text_t){(uint8_t *)words, strlen(words)}; }

// A copy that outlives the call; the bindings free those that they return. Their own `transforms_string_dup` takes
// its memory from `cabi_realloc`.
text_t copy_of(text_t text) {
  text_t copy = {malloc(text.len), text.len};
  if (text.len) memcpy(copy.ptr, text.ptr, text.len);
  return copy;
}

text_t joined(text_t left, text_t right) {
  text_t both = {take(left.len + right.len), left.len + right.len};
  memcpy(both.ptr, left.ptr, left.len);
  memcpy(both.ptr + left.len, right.ptr, right.len);
  return both;
}

bool same(text_t text, const char *words) { return text.len == strlen(words) && !memcmp(text.ptr, words, text.len); }

// Takes what is before the next `at`, or all.
text_t cut(text_t *rest, char at) {
  uint8_t *end = memchr(rest->ptr, at, rest->len);
  text_t before = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
  size_t used = end ? before.len + 1 : before.len;
  *rest = (text_t){rest->ptr + used, rest->len - used};
  return before;
}

path_t path_of(text_t text, char between) {
  path_t path = {TAKE(text_t, text.len + 1), 0};
  bool more = !same(text, ".");
  while (more) {
    size_t before = text.len;
    text_t name = cut(&text, between);
    path.ptr[path.len++] = name;
    more = name.len < before;
  }
  return path;
}

// The texts of a column; those that are none have no pointer.
text_t *texts_of(bytes_column_t column) {
  text_t *texts = TAKE(text_t, column.lengths.len);
  uint8_t *at = column.data.ptr;
  for (size_t row = 0; row < column.lengths.len; row++) {
    int32_t length = column.lengths.ptr[row];
    texts[row] = length < 0 ? (text_t){NULL, 0} : (text_t){at, (size_t)length};
    at += length < 0 ? 0 : length;
  }
  return texts;
}

bytes_column_t column_of(const text_t *texts, size_t count) {
  bytes_column_t column = {{TAKE(int32_t, count), count}, {NULL, 0}};
  for (size_t row = 0; row < count; row++) column.data.len += texts[row].len;
  uint8_t *at = column.data.ptr = take(column.data.len);
  for (size_t row = 0; row < count; row++) {
    column.lengths.ptr[row] = texts[row].ptr ? (int32_t)texts[row].len : -1;
    if (texts[row].len) memcpy(at, texts[row].ptr, texts[row].len);
    at += texts[row].len;
  }
  return column;
}

bytes_column_t repeated(text_t text, size_t count) {
  text_t *texts = TAKE(text_t, count);
  for (size_t row = 0; row < count; row++) texts[row] = text;
  return column_of(texts, count);
}
