/* After which instructions of a method each may run: the optional C twin of auditor/extract/android/body.py.
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

PyMethodDef BODY_METHODS[] = {
    {"dexfollow", dexfollow, METH_VARARGS, "dexfollow(units) -> (starts, offsets, before), or None"},
    {NULL, NULL, 0, NULL}};
