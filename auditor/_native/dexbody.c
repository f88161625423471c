/* After which instructions of a method each may run, and which gave a register its value: the optional C twin of
 * auditor/extract/android/body.py.
 *
 * Both give the same values; tests/extract/android/test_body.py compares them. Format: Dalvik bytecode
 * (source.android.com/docs/core/runtime/dalvik-bytecode).
 */
#include "dexwalk.h"

typedef struct { uint32_t *words; size_t used, room; } Words;

static int add(Words *w, uint32_t word) {
    if (w->used == w->room) {
        size_t room = w->room ? 2 * w->room : 256;
        uint32_t *grown = realloc(w->words, room * sizeof *grown);
        if (!grown) return 0;
        w->words = grown;
        w->room = room;
    }
    w->words[w->used++] = word;
    return 1;
}

/* goto, return and throw: the next instruction is reached from elsewhere only */
static int ends(uint8_t op) { return (op >= 0x0e && op <= 0x11) || op == 0x27 || (op >= 0x28 && op <= 0x2a); }

typedef struct { const uint8_t *units; int64_t end, left; Words starts, edges; /* pairs: to, from */ int too_many, no_memory; } Follow;

static void lead(Follow *f, int64_t from, int64_t to) {
    if (f->left-- <= 0) f->too_many = 1;
    else if (to >= 0 && to < f->end && (!add(&f->edges, (uint32_t)to) || !add(&f->edges, (uint32_t)from))) f->no_memory = 1;
}

static void branches(Follow *f, int64_t at, uint8_t op) {
    const uint8_t *here = f->units + 2 * at;
    if (op == 0x28) lead(f, at, at + (int8_t)here[1]);
    else if ((op == 0x29 || (op >= 0x32 && op <= 0x3d)) && at + 1 < f->end) lead(f, at, at + (int16_t)read16(here + 2));
    else if (op == 0x2a && at + 2 < f->end) lead(f, at, at + (int32_t)read32(here + 2));
    else if ((op == 0x2b || op == 0x2c) && at + 2 < f->end) {
        int64_t table = at + (int32_t)read32(here + 2);
        if (table < 0 || table >= f->end - 1) return;
        int64_t size = read16(f->units + 2 * table + 2);
        int64_t first = table + (read16(f->units + 2 * table) == 0x0100 ? 4 : 2 + 2 * size);
        for (int64_t i = first; i < first + 2 * size && i < f->end - 1 && !f->too_many && !f->no_memory; i += 2)
            lead(f, at, at + (int32_t)read32(f->units + 2 * i));
    }
}

/* dexfollow(units): where instructions start; for each code unit where among the third those stand after which what starts there
 * may run, and one more; where these start. 32-bit words. None where branches lead to more places than there are code units. */
static PyObject *dexfollow(PyObject *module, PyObject *args) {
    Py_buffer units;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*", &units)) return NULL;
    Follow f = {0};
    f.units = units.buf;
    f.end = f.left = (int64_t)(units.len / 2);
    int64_t last = -1;
    for (uint64_t at = 0; (int64_t)at < f.end && !f.too_many && !f.no_memory;) {
        uint32_t unit = read16(f.units + 2 * at);
        uint8_t op = (uint8_t)unit;
        if (op == 0 && unit) { /* the data of a switch or an array */
            at += payload_length(f.units, at, (uint64_t)f.end);
            last = -1;
            continue;
        }
        if (!add(&f.starts, (uint32_t)at)) f.no_memory = 1;
        if (last >= 0 && (!add(&f.edges, (uint32_t)at) || !add(&f.edges, (uint32_t)last))) f.no_memory = 1;
        branches(&f, (int64_t)at, op);
        last = ends(op) ? -1 : (int64_t)at;
        at += LENGTH[op];
    }
    PyObject *result = NULL;
    uint32_t *offsets = calloc((size_t)f.end + 2, sizeof *offsets), *before = malloc((f.edges.used / 2 + 1) * sizeof *before);
    if (!offsets || !before || f.no_memory) PyErr_NoMemory();
    else if (f.too_many) { result = Py_None; Py_INCREF(result); }
    else {
        /* counted, summed up and filled: offsets[to + 1] moves on as the places before `to` are given out */
        for (size_t i = 0; i < f.edges.used; i += 2) offsets[f.edges.words[i] + 2]++;
        for (int64_t i = 0; i < f.end; i++) offsets[i + 2] += offsets[i + 1];
        for (size_t i = 0; i < f.edges.used; i += 2) before[offsets[f.edges.words[i] + 1]++] = f.edges.words[i + 1];
        result = Py_BuildValue("y#y#y#", f.starts.words ? (const char *)f.starts.words : "", (Py_ssize_t)(f.starts.used * 4),
                               (const char *)offsets, (Py_ssize_t)((f.end + 1) * 4), (const char *)before, (Py_ssize_t)(f.edges.used * 2));
    }
    free(f.starts.words);
    free(f.edges.words);
    free(offsets);
    free(before);
    PyBuffer_Release(&units);
    return result;
}

/* How each instruction names the register it writes: 0 = it writes none, 1 in the upper byte, 2 in the four bits above the opcode, 3 in
 * the second code unit; 4 more = it writes two. */
static const uint8_t WRITES[256] = {
    0,2,1,3,6,5,7,2,1,3,1,5,1,1,0,0,0,0,2,1,1,1,5,5,5,5,1,1,1,0,0,0,
    2,2,1,2,0,0,0,0,0,0,0,0,0,1,1,1,1,1,0,0,0,0,0,0,0,0,0,0,0,0,1,1,
    1,1,1,1,1,5,1,1,1,1,1,0,0,0,0,0,0,0,2,6,2,2,2,2,2,0,0,0,0,0,0,0,
    1,5,1,1,1,1,1,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0,0,0,0,1,1,2,2,6,6,2,
    6,6,2,6,2,2,6,2,6,6,2,6,2,2,2,2,1,1,1,1,1,1,1,1,1,1,1,5,5,5,5,5,
    5,5,5,5,5,5,1,1,1,1,1,5,5,5,5,5,2,2,2,2,2,2,2,2,2,2,2,6,6,6,6,6,
    6,6,6,6,6,6,2,2,2,2,2,6,6,6,6,6,2,2,2,2,2,2,2,2,1,1,1,1,1,1,1,1,
    1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,0,0,0,0,1,1};

typedef struct { const uint32_t *words; uint64_t count; } Table;

static Table table_of(const Py_buffer *buffer) { return (Table){buffer->buf, (uint64_t)buffer->len / 4}; }

static int by_place(const void *one, const void *other) {
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return a < b ? -1 : a > b;
}

/* Mark a place; whether it was marked before, or lies outside. */
static int marked(uint8_t *marks, uint64_t count, uint32_t place) {
    if (place >= count || marks[place >> 3] >> (place & 7) & 1) return 1;
    marks[place >> 3] |= (uint8_t)(1 << (place & 7));
    return 0;
}

/* dexdefinitions(units, starts, offsets, before, thrown, at, register, most): the instructions that may have given a register its
 * value before the one at `at`, sorted, or None; and the steps it took. `thrown` has triples of words, sorted: a handler, and the
 * range of the starts that may throw to it. Words and units are the machine's, which is little-endian. */
static PyObject *dexdefinitions(PyObject *module, PyObject *args) {
    Py_buffer given[5];
    long long first_node, wanted, most;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*LLL", &given[0], &given[1], &given[2], &given[3], &given[4], &first_node, &wanted, &most))
        return NULL;
    const uint8_t *units = given[0].buf;
    uint64_t count = (uint64_t)given[0].len / 2;
    Table starts = table_of(&given[1]), offsets = table_of(&given[2]), before = table_of(&given[3]), thrown = table_of(&given[4]);
    uint64_t triples = thrown.count / 3, nodes = offsets.count ? offsets.count - 1 : 0;
    uint8_t *seen = calloc(2 * (count / 8 + 1), 1), *given_by = seen ? seen + count / 8 + 1 : NULL;
    Words open = {0}, found = {0};
    long long steps = 0;
    int known = first_node >= 0 && (uint64_t)first_node < nodes && (uint64_t)first_node < count, no_memory = !seen;
    if (!known) steps = 1; /* nothing leads to what is no instruction */
    else if (!no_memory) {
        marked(seen, count, (uint32_t)first_node);
        no_memory = !add(&open, (uint32_t)first_node);
    }
    while (known && !no_memory && open.used) {
        uint32_t node = open.words[--open.used], from = offsets.words[node], to = offsets.words[node + 1];
        uint64_t low = 0, high = triples;
        while (low < high) {
            uint64_t middle = (low + high) / 2;
            if (thrown.words[3 * middle] < node) low = middle + 1;
            else high = middle;
        }
        if (to > before.count || from > to) { known = 0; break; }
        steps += 1 + (long long)(to - from);
        for (high = low; high < triples && thrown.words[3 * high] == node; high++)
            steps += (long long)thrown.words[3 * high + 2] - thrown.words[3 * high + 1];
        if (steps > most || !node || (from == to && low == high)) { known = 0; break; }
        for (uint32_t i = from; i < to && known && !no_memory; i++) {
            uint32_t one = before.words[i], unit, target;
            if (one >= count) { known = 0; break; }
            unit = read16(units + 2 * (uint64_t)one);
            uint8_t how = WRITES[unit & 0xff];
            int gives = 0;
            if (how) {
                if ((how & 3) == 3) {
                    if ((uint64_t)one + 1 >= count) { known = 0; break; }
                    target = read16(units + 2 * (uint64_t)one + 2);
                } else target = (how & 3) == 2 ? unit >> 8 & 0xf : unit >> 8;
                gives = target == wanted || ((how & 4) && (long long)target + 1 == wanted);
            }
            if (gives) { if (!marked(given_by, count, one)) no_memory = !add(&found, one); }
            else if (!marked(seen, count, one)) no_memory = !add(&open, one);
        }
        for (; known && !no_memory && low < high; low++)
            for (uint64_t i = thrown.words[3 * low + 1]; i < thrown.words[3 * low + 2] && i < starts.count && !no_memory; i++)
                if (!marked(seen, count, starts.words[i])) no_memory = !add(&open, starts.words[i]);
    }
    PyObject *result = NULL, *list = NULL;
    if (no_memory) PyErr_NoMemory();
    else if (!known) result = Py_BuildValue("(OL)", Py_None, steps);
    else {
        if (found.used) qsort(found.words, found.used, sizeof *found.words, by_place);
        list = PyList_New((Py_ssize_t)found.used);
        for (size_t i = 0; list && i < found.used; i++) {
            PyObject *one = PyLong_FromUnsignedLong(found.words[i]);
            if (!one || PyList_SetItem(list, (Py_ssize_t)i, one) < 0) Py_CLEAR(list);
        }
        if (list) result = Py_BuildValue("(NL)", list, steps);
    }
    free(seen);
    free(open.words);
    free(found.words);
    for (int i = 0; i < 5; i++) PyBuffer_Release(&given[i]);
    return result;
}

PyMethodDef BODY_METHODS[] = {
    {"dexdefinitions", dexdefinitions, METH_VARARGS,
     "dexdefinitions(units, starts, offsets, before, thrown, at, register, most) -> (instructions or None, steps)"},
    {"dexfollow", dexfollow, METH_VARARGS, "dexfollow(units) -> (starts, offsets, before), or None"},
    {NULL, NULL, 0, NULL}};
