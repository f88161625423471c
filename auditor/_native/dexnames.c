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
    return is_inside(s->table, s->count, 4, s->size);
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

/* Bytes as text; `decode` turns those that are no UTF-8 into some. */
static PyObject *text_of(const char *bytes, uint64_t length, PyObject *decode) {
    PyObject *text = PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)length, NULL);
    if (!text && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_Clear();
        text = PyObject_CallFunction(decode, "y#", bytes, (Py_ssize_t)length);
    }
    return text;
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
    if (!is_inside(table, count, 4, strings.size)) goto outside;
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
            one = text_of(dotted, length - 2, decode);
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

/* dexmembers(data, header, place, flags): which entries of the table of methods or fields whose size stands at `place` in the
 * header are looked for, by `flags` of the strings: 1 = name of any class's member, 2 = name only of a member of a class whose
 * descriptor has 4. Their indices as 32-bit words. */
static PyObject *dexmembers(PyObject *module, PyObject *args) {
    Py_buffer data, flags;
    Py_ssize_t header, place;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*nny*", &data, &header, &place, &flags)) return NULL;
    PyObject *result = NULL;
    uint32_t *found = NULL;
    size_t used = 0, room = 0;
    Strings strings;
    if (place < 0 || place > 0x68 || !strings_of(&strings, &data, header)) goto outside;
    const uint8_t *bytes = strings.data, *flag = flags.buf;
    uint64_t number = (uint64_t)flags.len;
    uint32_t types = read32(bytes + header + 0x40), type_at = read32(bytes + header + 0x44);
    uint32_t count = read32(bytes + header + place), table = read32(bytes + header + place + 4);
    if (!is_inside(type_at, types, 4, strings.size) || !is_inside(table, count, 8, strings.size)) goto outside;
    int no_memory = 0;
    const uint8_t *at = bytes + table;
    for (uint32_t i = 0; i < count && !no_memory; i++, at += 8) {
        uint32_t name = read32(at + 4), owner = read16(at);
        uint8_t wanted = name < number ? flag[name] : 0;
        if (!(wanted & 1)) {
            if (!(wanted & 2) || owner >= types) continue;
            uint32_t descriptor = read32(bytes + type_at + 4 * (uint64_t)owner);
            if (descriptor >= number || !(flag[descriptor] & 4)) continue;
        }
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
    goto done;
outside:
    PyErr_SetString(PyExc_ValueError, "a table lies outside the file");
done:
    free(found);
    PyBuffer_Release(&data);
    PyBuffer_Release(&flags);
    return result;
}

typedef struct { char *bytes; size_t used, room; } Text;

static int append(Text *text, const void *bytes, size_t length) {
    if (text->used + length > text->room) {
        size_t room = 2 * (text->used + length) + 128;
        char *grown = realloc(text->bytes, room);
        if (!grown) return 0;
        text->bytes = grown;
        text->room = room;
    }
    memcpy(text->bytes + text->used, bytes, length);
    text->used += length;
    return 1;
}

static int append_type(Text *text, const Strings *strings, const uint8_t *header, uint32_t type, uint64_t longest) {
    uint32_t types = read32(header + 0x40), table = read32(header + 0x44);
    uint64_t length = 0, budget = longest;
    const uint8_t *start = NULL;
    if (type < types && is_inside(table, types, 4, strings->size)) {
        uint32_t index = read32(strings->data + table + 4 * (uint64_t)type);
        if (index < strings->count) start = string_at(strings, index, longest, &budget, &length);
    }
    return start && length ? append(text, start, length) : append(text, "?", 1);
}

/* How the format writes a prototype, `(ILa/B;)V`; `()?` where it cannot be read. */
static PyObject *prototype(const Strings *strings, Py_ssize_t header, uint64_t number, uint64_t longest, PyObject *decode) {
    const uint8_t *head = strings->data + header;
    uint32_t count = read32(head + 0x48), table = read32(head + 0x4c);
    Text text = {0};
    int good = 1;
    if (number >= count || (uint64_t)table + 12 * (uint64_t)count > strings->size) good = append(&text, "()?", 3);
    else {
        const uint8_t *proto = strings->data + table + 12 * number;
        uint32_t returned = read32(proto + 4), list = read32(proto + 8), size = 0;
        if (list && (uint64_t)list + 4 <= strings->size) size = read32(strings->data + list);
        if (size >= 256 || (uint64_t)list + 4 + 2 * (uint64_t)size > strings->size) size = 0;
        good = append(&text, "(", 1);
        for (uint32_t i = 0; good && i < size; i++)
            good = append_type(&text, strings, head, read16(strings->data + list + 4 + 2 * (uint64_t)i), longest);
        good = good && append(&text, ")", 1) && append_type(&text, strings, head, returned, longest);
    }
    PyObject *result = good ? text_of(text.bytes, text.used, decode) : PyErr_NoMemory();
    free(text.bytes);
    return result;
}

/* The table of methods, and what was made of its prototypes by now. */
typedef struct {
    Strings strings;
    Py_ssize_t header;
    uint32_t count, table, prototypes;
    PyObject **known;
    uint64_t longest, longest_name;
    PyObject *decode;
} Methods;

/* 0 where a table lies outside the file, -1 with an exception where there is no memory. */
static int methods_of(Methods *m, const Py_buffer *data, Py_ssize_t header) {
    m->header = header;
    m->known = NULL;
    m->prototypes = 0;
    if (!strings_of(&m->strings, data, header)) return 0;
    const uint8_t *head = m->strings.data + header;
    m->count = read32(head + 0x58);
    m->table = read32(head + 0x5c);
    if (!is_inside(m->table, m->count, 8, m->strings.size)) return 0;
    /* a prototype's number has 16 bits */
    m->prototypes = read32(head + 0x48) < 1 << 16 ? read32(head + 0x48) : 1 << 16;
    m->known = calloc((size_t)m->prototypes + 1, sizeof *m->known);
    if (m->known) return 1;
    PyErr_NoMemory();
    return -1;
}

static void forget(Methods *m) {
    for (uint32_t i = 0; m->known && i <= m->prototypes; i++) Py_XDECREF(m->known[i]);
    free(m->known);
}

/* Name and descriptor of a method, "" and "()?" where no table has it: a new and a borrowed reference. */
static int method_names(Methods *m, uint32_t index, PyObject **name, PyObject **descriptor) {
    uint64_t length = 0, budget = m->longest;
    const uint8_t *start = NULL;
    uint32_t proto = m->prototypes;
    if (index < m->count) {
        const uint8_t *method = m->strings.data + m->table + 8 * (uint64_t)index;
        if (read16(method + 2) < m->prototypes) proto = read16(method + 2);
        if (read32(method + 4) < m->strings.count) start = string_at(&m->strings, read32(method + 4), m->longest, &budget, &length);
    }
    if (!m->known[proto])
        m->known[proto] = prototype(&m->strings, m->header, proto < m->prototypes ? proto : UINT64_MAX, m->longest_name, m->decode);
    *descriptor = m->known[proto];
    *name = *descriptor ? text_of(start ? (const char *)start : "", start ? length : 0, m->decode) : NULL;
    return *name != NULL;
}

/* dexmethods(data, header, indices, types, longest, longest_name, decode): class, name and descriptor of methods, by their indices
 * as 32-bit words; `types` are the dotted names of the types. */
static PyObject *dexmethods(PyObject *module, PyObject *args) {
    Py_buffer data, indices;
    Py_ssize_t header;
    PyObject *types, *list = NULL, *empty = NULL;
    unsigned long long longest, longest_name;
    Methods m;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*ny*O!KKO", &data, &header, &indices, &PyTuple_Type, &types, &longest, &longest_name, &m.decode)) return NULL;
    m.longest = longest;
    m.longest_name = longest_name;
    int good = methods_of(&m, &data, header);
    if (!good) PyErr_SetString(PyExc_ValueError, "a table lies outside the file");
    empty = good > 0 ? PyUnicode_FromStringAndSize("", 0) : NULL;
    list = empty ? PyList_New(indices.len / 4) : NULL;
    for (Py_ssize_t i = 0; list && i < indices.len / 4; i++) {
        uint32_t index;
        memcpy(&index, (const char *)indices.buf + 4 * i, 4);
        PyObject *class_ = empty, *name = NULL, *descriptor = NULL, *one = NULL;
        if (index < m.count) {
            uint32_t owner = read16(m.strings.data + m.table + 8 * (uint64_t)index);
            if (owner < PyTuple_Size(types)) class_ = PyTuple_GetItem(types, owner);
        }
        if (method_names(&m, index, &name, &descriptor)) one = PyTuple_Pack(3, class_, name, descriptor);
        Py_XDECREF(name);
        if (!one || PyList_SetItem(list, i, one) < 0) Py_CLEAR(list);
    }
    forget(&m);
    Py_XDECREF(empty);
    PyBuffer_Release(&data);
    PyBuffer_Release(&indices);
    return list;
}

/* dexcallers(data, header, records, types, longest, longest_name, decode): how evidence names the method that holds each reference,
 * `com.example.Foo.bar(I)V`; records as dexwalk gives them, those of one method one behind the other. */
static PyObject *dexcallers(PyObject *module, PyObject *args) {
    Py_buffer data, records;
    Py_ssize_t header;
    PyObject *types, *list = NULL, *last = NULL;
    unsigned long long longest, longest_name;
    uint32_t classes = 0, table = 0, last_class = 0, last_method = 0;
    Methods m;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*ny*O!KKO", &data, &header, &records, &PyTuple_Type, &types, &longest, &longest_name, &m.decode)) return NULL;
    m.longest = longest;
    m.longest_name = longest_name;
    int good = methods_of(&m, &data, header);
    if (good > 0) {
        classes = read32(m.strings.data + header + 0x60);
        table = read32(m.strings.data + header + 0x64);
        if (!is_inside(table, classes, 32, m.strings.size)) good = 0;
    }
    if (!good) PyErr_SetString(PyExc_ValueError, "a table lies outside the file");
    list = good > 0 ? PyList_New(records.len / 24) : NULL;
    for (Py_ssize_t i = 0; list && i < records.len / 24; i++) {
        uint32_t record[6];
        memcpy(record, (const char *)records.buf + 24 * i, sizeof record);
        if (!last || record[1] != last_class || record[2] != last_method) {
            PyObject *name = NULL, *descriptor = NULL, *class_ = NULL;
            uint32_t type = record[1] < classes ? read32(m.strings.data + table + 32 * (uint64_t)record[1]) : UINT32_MAX;
            if ((Py_ssize_t)type < PyTuple_Size(types)) class_ = PyTuple_GetItem(types, (Py_ssize_t)type);
            Py_CLEAR(last);
            if (method_names(&m, record[2], &name, &descriptor))
                last = class_ ? PyUnicode_FromFormat("%U.%U%U", class_, name, descriptor) : PyUnicode_FromFormat(".%U%U", name, descriptor);
            Py_XDECREF(name);
            last_class = record[1];
            last_method = record[2];
        }
        Py_XINCREF(last);
        if (!last || PyList_SetItem(list, i, last) < 0) Py_CLEAR(list);
    }
    forget(&m);
    Py_XDECREF(last);
    PyBuffer_Release(&data);
    PyBuffer_Release(&records);
    return list;
}

/* dexstring(data, at, longest): the bytes of the string whose data starts at `at`; empty where they cannot be read */
static PyObject *dexstring(PyObject *module, PyObject *args) {
    Py_buffer data;
    unsigned long long at, longest;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*KK", &data, &at, &longest)) return NULL;
    const uint8_t *bytes = data.buf, *end = NULL;
    uint64_t size = (uint64_t)data.len;
    for (int skipped = 0; at < size && bytes[at] >= 0x80 && skipped < 5; skipped++) at++;
    if (at < size && size - at > 1) end = memchr(bytes + at + 1, 0, longest < size - at - 1 ? longest : size - at - 1);
    PyObject *result = PyBytes_FromStringAndSize(end ? (const char *)bytes + at + 1 : "", end ? end - (bytes + at + 1) : 0);
    PyBuffer_Release(&data);
    return result;
}

PyMethodDef NAMES_METHODS[] = {
    {"dexstrings", dexstrings, METH_VARARGS, "dexstrings(data, header, longest, budget) -> the strings, as bytes"},
    {"dexfind", dexfind, METH_VARARGS, "dexfind(data, header, names, budget) -> pairs of string index and number of the name"},
    {"dextypes", dextypes, METH_VARARGS, "dextypes(data, header, longest, budget, decode) -> dotted names of the types"},
    {"dexmembers", dexmembers, METH_VARARGS, "dexmembers(data, header, place, flags) -> indices of methods or fields"},
    {"dexmethods", dexmethods, METH_VARARGS,
     "dexmethods(data, header, indices, types, longest, longest_name, decode) -> class, name and descriptor of methods"},
    {"dexcallers", dexcallers, METH_VARARGS,
     "dexcallers(data, header, records, types, longest, longest_name, decode) -> how evidence names the method of each record"},
    {"dexstring", dexstring, METH_VARARGS, "dexstring(data, at, longest) -> the bytes of one string"},
    {NULL, NULL, 0, NULL}};
