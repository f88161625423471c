/* What the tables of a DEX file name, bounds-checked: the optional C twin of auditor/extract/android/names.py.
 *
 * Both give the same values; tests/extract/android/test_names.py compares them. Format: Dalvik executable format
 * (source.android.com/docs/core/runtime/dex-format). Strings may share their bytes, so that a small file could ask for any
 * amount of memory and time: every look at them is paid for out of a budget.
 */
#include "dexwalk.h"

typedef struct { const uint8_t *data; uint64_t size; uint32_t count, table; } Strings;

/* Return 0 where the header or the table of strings lies outside the file. */
static int strings_of(Strings *s, const Py_buffer *data, Py_ssize_t header) {
    s->data = data->buf;
    s->size = (uint64_t)data->len;
    if (header < 0 || (uint64_t)header + 0x70 > s->size) return 0;
    s->count = read32(s->data + header + 0x38);
    s->table = read32(s->data + header + 0x3c);
    return (uint64_t)s->table + 4 * (uint64_t)s->count <= s->size;
}

/* Return where a string's bytes start, and how many there are before its end; NULL where it cannot be read, or is longer than
 * `longest` or `budget`. What is looked at is taken off the budget. */
static const uint8_t *string_at(const Strings *s, uint32_t index, uint64_t longest, uint64_t *budget, uint64_t *length) {
    uint64_t at = read32(s->data + s->table + 4 * (uint64_t)index);
    for (int skipped = 0; at < s->size && s->data[at] >= 0x80 && skipped < 5; skipped++) at++;
    if (at >= s->size) return NULL;
    const uint8_t *start = s->data + at + 1;
    uint64_t room = s->size - at - 1, most = longest < room ? longest : room;
    const uint8_t *end = most ? memchr(start, 0, most) : NULL;
    if (!end || (uint64_t)(end - start) > *budget) return NULL;
    *length = (uint64_t)(end - start);
    *budget -= *length;
    return start;
}

/* dexstrings(data, header, longest, budget): every string as its bytes, empty where string_at gives none */
static PyObject *dexstrings(PyObject *module, PyObject *args) {
    Py_buffer data;
    Py_ssize_t header;
    unsigned long long longest, budget;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*nKK", &data, &header, &longest, &budget)) return NULL;
    Strings strings;
    PyObject *list = NULL;
    uint64_t left = budget;
    if (!strings_of(&strings, &data, header)) PyErr_SetString(PyExc_ValueError, "a table lies outside the file");
    else list = PyList_New((Py_ssize_t)strings.count);
    for (uint32_t i = 0; list && i < strings.count; i++) {
        uint64_t length = 0;
        const uint8_t *start = string_at(&strings, i, longest, &left, &length);
        PyObject *one = PyBytes_FromStringAndSize(start ? (const char *)start : "", start ? (Py_ssize_t)length : 0);
        if (!one || PyList_SetItem(list, (Py_ssize_t)i, one) < 0) Py_CLEAR(list);
    }
    PyBuffer_Release(&data);
    return list;
}

static uint64_t hash_of(const uint8_t *bytes, uint64_t length) {
    uint64_t hash = length * 0x9e3779b97f4a7c15u, word;
    while (length >= 8) {
        memcpy(&word, bytes, 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
        bytes += 8;
        length -= 8;
    }
    word = 0;
    memcpy(&word, bytes, length);
    hash = (hash ^ word) * 0xff51afd7ed558ccdu;
    return hash ^ hash >> 32;
}

typedef struct { const uint8_t *bytes; uint64_t length, hash; uint32_t number; } Name;

/* dexfind(data, header, names, budget): which strings are one of `names` (bytes, each once): pairs of 32-bit words, the string's
 * index and the name's number, in the order of the table. Strings longer than the longest name cost nothing. */
static PyObject *dexfind(PyObject *module, PyObject *args) {
    Py_buffer data;
    Py_ssize_t header;
    PyObject *names;
    unsigned long long allowed;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*nO!K", &data, &header, &PyTuple_Type, &names, &allowed)) return NULL;
    Py_ssize_t number = PyTuple_Size(names);
    uint64_t places = 16, longest = 0, budget = allowed;
    while (places < 4 * (uint64_t)number) places *= 2;
    Name *table = calloc(places, sizeof *table);
    uint32_t *found = NULL;
    size_t used = 0, room = 0;
    PyObject *result = NULL;
    Strings strings;
    if (!table) { PyErr_NoMemory(); goto done; }
    if (!strings_of(&strings, &data, header)) { PyErr_SetString(PyExc_ValueError, "a table lies outside the file"); goto done; }
    for (Py_ssize_t i = 0; i < number; i++) {
        char *bytes;
        Py_ssize_t length;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(names, i), &bytes, &length) < 0) goto done;
        if ((uint64_t)length > longest) longest = (uint64_t)length;
        uint64_t hash = hash_of((const uint8_t *)bytes, (uint64_t)length), place = hash & (places - 1);
        while (table[place].bytes) place = (place + 1) & (places - 1);
        table[place] = (Name){(const uint8_t *)bytes, (uint64_t)length, hash, (uint32_t)i};
    }
    int no_memory = 0;
    Py_BEGIN_ALLOW_THREADS
    for (uint32_t i = 0; i < strings.count && !no_memory; i++) {
        uint64_t length = 0;
        const uint8_t *start = string_at(&strings, i, longest + 1, &budget, &length);
        if (!start) continue;
        uint64_t hash = hash_of(start, length);
        for (uint64_t place = hash & (places - 1); table[place].bytes; place = (place + 1) & (places - 1)) {
            const Name *one = table + place;
            if (one->hash != hash || one->length != length || memcmp(one->bytes, start, length)) continue;
            if (used == room) {
                room = room ? 2 * room : 1024;
                uint32_t *grown = realloc(found, room * sizeof *found);
                if (!grown) { no_memory = 1; break; }
                found = grown;
            }
            found[used++] = i;
            found[used++] = one->number;
            break;
        }
    }
    Py_END_ALLOW_THREADS
    if (no_memory) PyErr_NoMemory();
    else result = PyBytes_FromStringAndSize(found ? (const char *)found : "", (Py_ssize_t)(used * sizeof *found));
done:
    free(found);
    free(table);
    PyBuffer_Release(&data);
    return result;
}

/* dextypes(data, header, longest, budget, decode): the dotted name of every type, empty where it is no class or cannot be read;
 * `decode` turns bytes that are no UTF-8 into text. */
static PyObject *dextypes(PyObject *module, PyObject *args) {
    Py_buffer data;
    Py_ssize_t header;
    unsigned long long longest, allowed;
    PyObject *decode, *list = NULL, *empty = NULL;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*nKKO", &data, &header, &longest, &allowed, &decode)) return NULL;
    char dotted[4096];
    uint64_t budget = allowed;
    Strings strings;
    if (longest > sizeof dotted) longest = sizeof dotted;
    if (!strings_of(&strings, &data, header)) goto outside;
    uint32_t count = read32(strings.data + header + 0x40), table = read32(strings.data + header + 0x44);
    if ((uint64_t)table + 4 * (uint64_t)count > strings.size) goto outside;
    empty = PyUnicode_FromStringAndSize("", 0);
    list = empty ? PyList_New((Py_ssize_t)count) : NULL;
    for (uint32_t i = 0; list && i < count; i++) {
        uint32_t index = read32(strings.data + table + 4 * (uint64_t)i);
        uint64_t length = 0;
        const uint8_t *start = index < strings.count ? string_at(&strings, index, longest, &budget, &length) : NULL;
        PyObject *one;
        if (!start || length < 3 || start[0] != 'L' || start[length - 1] != ';') {
            one = empty;
            Py_INCREF(one);
        } else {
            for (uint64_t k = 0; k < length - 2; k++) dotted[k] = start[k + 1] == '/' ? '.' : (char)start[k + 1];
            one = PyUnicode_DecodeUTF8(dotted, (Py_ssize_t)(length - 2), NULL);
            if (!one && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
                PyErr_Clear();
                one = PyObject_CallFunction(decode, "y#", dotted, (Py_ssize_t)(length - 2));
            }
        }
        if (!one || PyList_SetItem(list, (Py_ssize_t)i, one) < 0) Py_CLEAR(list);
    }
    Py_XDECREF(empty);
    PyBuffer_Release(&data);
    return list;
outside:
    PyBuffer_Release(&data);
    PyErr_SetString(PyExc_ValueError, "a table lies outside the file");
    return NULL;
}

/* dexmembers(data, table, count, names, owners): which entries of a table of methods or fields have a name with flag 1, or one
 * with flag 2 and a class with a flag: their indices as 32-bit words. */
static PyObject *dexmembers(PyObject *module, PyObject *args) {
    Py_buffer data, names, owners;
    Py_ssize_t table, count;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*nny*y*", &data, &table, &count, &names, &owners)) return NULL;
    PyObject *result = NULL;
    uint32_t *found = NULL;
    size_t used = 0, room = 0;
    int no_memory = 0;
    if (table < 0 || count < 0 || (uint64_t)count > (uint64_t)data.len / 8 || (uint64_t)table + 8 * (uint64_t)count > (uint64_t)data.len)
        PyErr_SetString(PyExc_ValueError, "a table lies outside the file");
    else {
        const uint8_t *at = (const uint8_t *)data.buf + table, *name_flags = names.buf, *owner_flags = owners.buf;
        for (uint32_t i = 0; i < (uint64_t)count && !no_memory; i++, at += 8) {
            uint32_t owner = read16(at), name = read32(at + 4);
            uint8_t flags = name < (uint64_t)names.len ? name_flags[name] : 0;
            if (!(flags & 1) && !(flags & 2 && owner < (uint64_t)owners.len && owner_flags[owner])) continue;
            if (used == room) {
                room = room ? 2 * room : 1024;
                uint32_t *grown = realloc(found, room * sizeof *found);
                if (!grown) { no_memory = 1; break; }
                found = grown;
            }
            found[used++] = i;
        }
        if (no_memory) PyErr_NoMemory();
        else result = PyBytes_FromStringAndSize(found ? (const char *)found : "", (Py_ssize_t)(used * sizeof *found));
    }
    free(found);
    PyBuffer_Release(&data);
    PyBuffer_Release(&names);
    PyBuffer_Release(&owners);
    return result;
}

PyMethodDef NAMES_METHODS[] = {
    {"dexstrings", dexstrings, METH_VARARGS, "dexstrings(data, header, longest, budget) -> the strings, as bytes"},
    {"dexfind", dexfind, METH_VARARGS, "dexfind(data, header, names, budget) -> pairs of string index and number of the name"},
    {"dextypes", dextypes, METH_VARARGS, "dextypes(data, header, longest, budget, decode) -> dotted names of the types"},
    {"dexmembers", dexmembers, METH_VARARGS, "dexmembers(data, table, count, names, owners) -> indices of methods or fields"},
    {NULL, NULL, 0, NULL}};
