/* One bounds-checked pass over every method of a DEX file: the optional C twin of auditor/extract/android/walk.py.
 *
 * Both give the same records in the same order; tests/extract/android/test_walk.py compares them. Format: Dalvik executable
 * format and Dalvik bytecode (source.android.com/docs/core/runtime/dex-format, .../dalvik-bytecode). Nothing here trusts a
 * length, count or offset of the file. Limited API of Python 3.11, so that one build serves all later versions.
 * What stands in the same module besides: the call graph in dexwalk_graph.c, the tables in
 * dexnames.c, one method in dexbody.c.
 */
#include "dexwalk.h"

enum { WORDS = 6 }; /* opcode, class_def index, method index, offset in code units, index referred to, place of the code item */

/* what an opcode's second code unit refers to */
enum { NOTHING, METHOD, FIELD, STRING, TYPE };

static int refers_to(uint8_t op) {
    if ((op >= 0x6e && op <= 0x72) || (op >= 0x74 && op <= 0x78) || op == 0xfa || op == 0xfb) return METHOD;
    if (op >= 0x52 && op <= 0x6d) return FIELD;
    if (op == 0x1a || op == 0x1b) return STRING;
    if (op == 0x1c || op == 0x22) return TYPE; /* const-class, new-instance */
    return NOTHING;
}

typedef struct { const uint8_t *flags; uint64_t count; } Wanted;
typedef struct { uint8_t *bytes; size_t used, room; } Records;
typedef struct {
    const uint8_t *data; uint64_t size;
    Wanted wanted[5];
    uint8_t kinds[256]; /* what each opcode refers to, where any of that is wanted */
    Records out;
    uint64_t budget;
    uint64_t entries; /* of class data that may still be read: classes may share theirs */
    uint64_t bad_classes, bad_methods;
    int exhausted, no_memory;
} Walk;

static int spend(uint64_t *left, uint64_t cost, int *exhausted) {
    if (cost > *left) { *left = 0; *exhausted = 1; return 0; }
    *left -= cost;
    return 1;
}

static int put(Walk *w, uint32_t op, uint32_t cls, uint32_t method, uint32_t offset, uint32_t ref, uint32_t code) {
    if (w->out.used + WORDS * 4 > w->out.room) {
        size_t room = w->out.room ? w->out.room * 2 : 4096;
        uint8_t *grown = realloc(w->out.bytes, room);
        if (!grown) { w->no_memory = 1; return 0; }
        w->out.bytes = grown;
        w->out.room = room;
    }
    uint32_t words[WORDS] = {op, cls, method, offset, ref, code};
    memcpy(w->out.bytes + w->out.used, words, sizeof words);
    w->out.used += sizeof words;
    return 1;
}

/* Return 1 when the code item was walked to its end, 0 when it is broken. */
static int walk_code(Walk *w, uint32_t cls, uint32_t method, uint32_t code) {
    if ((uint64_t)code + 16 > w->size) return 0;
    const uint64_t units = read32(w->data + code + 12);
    if ((uint64_t)code + 16 + 2 * units > w->size) return 0;
    const uint8_t *insns = w->data + code + 16;
    uint64_t at = 0, left = w->budget; /* of our own: what is written through a pointer is read again each time */
    while (at < units) {
        if (!left--) { w->budget = 0; w->exhausted = 1; return 1; }
        uint32_t unit = read16(insns + 2 * at);
        uint8_t op = (uint8_t)unit, kind = w->kinds[op];
        uint64_t length = LENGTH[op];
        if (kind == NOTHING) {
            if (op == 0 && unit != 0) length = payload_length(insns, at, units);
        } else {
            uint64_t needs = op == 0x1b ? 3 : 2;
            if (at + needs > units) { w->budget = left; return 0; }
            uint32_t ref = op == 0x1b ? read32(insns + 2 * at + 2) : read16(insns + 2 * at + 2);
            const Wanted *wanted = &w->wanted[kind];
            if (ref < wanted->count && wanted->flags[ref] && !put(w, op, cls, method, (uint32_t)at, ref, code)) { w->budget = left; return 0; }
        }
        at += length;
    }
    w->budget = left;
    return at == units;
}

static int walk_class(Walk *w, uint32_t cls, uint32_t offset) {
    if (offset >= w->size) return 0;
    const uint8_t *at = w->data + offset, *end = w->data + w->size;
    uint32_t counts[4], skipped, difference, code;
    for (int i = 0; i < 4; i++) if (!uleb(&at, end, counts + i)) return 0;
    uint64_t fields = (uint64_t)counts[0] + counts[1];
    if (!spend(&w->entries, fields, &w->exhausted)) return 1;
    for (uint64_t i = 0; i < 2 * fields; i++) if (!uleb(&at, end, &skipped)) return 0;
    for (int list = 2; list < 4; list++) {
        uint32_t method = 0;
        for (uint32_t i = 0; i < counts[list]; i++) {
            if (!spend(&w->entries, 1, &w->exhausted)) return 1;
            if (!uleb(&at, end, &difference) || !uleb(&at, end, &skipped) || !uleb(&at, end, &code)) return 0;
            method += difference;
            if (code && !walk_code(w, cls, method, code)) {
                if (w->no_memory) return 0;
                w->bad_methods++;
            }
            if (w->exhausted) return 1;
        }
    }
    return 1;
}

static PyObject *dexwalk(PyObject *module, PyObject *args) {
    Py_buffer data, flags[4];
    Py_ssize_t header;
    unsigned long long budget;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*ny*y*y*y*K", &data, &header, &flags[0], &flags[1], &flags[2], &flags[3], &budget)) return NULL;
    Walk walk = {0};
    walk.data = data.buf;
    walk.size = (uint64_t)data.len;
    walk.budget = budget;
    walk.entries = walk.size;
    for (int kind = METHOD; kind <= TYPE; kind++) {
        walk.wanted[kind].flags = flags[kind - 1].buf;
        walk.wanted[kind].count = (uint64_t)flags[kind - 1].len;
    }
    for (int op = 0; op < 256; op++) {
        int kind = refers_to((uint8_t)op);
        walk.kinds[op] = (uint8_t)(walk.wanted[kind].count ? kind : NOTHING);
    }
    int readable = header >= 0 && (uint64_t)header + 0x70 <= walk.size;
    if (readable) {
        uint32_t count = read32(walk.data + header + 0x60), table = read32(walk.data + header + 0x64);
        readable = is_inside(table, count, 32, walk.size);
        if (readable) {
            Py_BEGIN_ALLOW_THREADS
            for (uint32_t cls = 0; cls < count && !walk.exhausted && !walk.no_memory; cls++) {
                uint32_t offset = read32(walk.data + table + 32 * (uint64_t)cls + 24);
                if (offset && !walk_class(&walk, cls, offset)) walk.bad_classes++;
            }
            Py_END_ALLOW_THREADS
        }
    }
    PyObject *result = NULL;
    if (walk.no_memory) PyErr_NoMemory();
    else if (!readable) PyErr_SetString(PyExc_ValueError, "the class table lies outside the file");
    else
        result = Py_BuildValue("y#KKO", walk.out.bytes ? (const char *)walk.out.bytes : "", (Py_ssize_t)walk.out.used,
                               (unsigned long long)walk.bad_classes, (unsigned long long)walk.bad_methods,
                               walk.exhausted ? Py_True : Py_False);
    free(walk.out.bytes);
    PyBuffer_Release(&data);
    for (int i = 0; i < 4; i++) PyBuffer_Release(&flags[i]);
    return result;
}

/* Which classes refer to which types: each pair once. One stamp per type tells whether the class at hand named it already. */
typedef struct {
    const uint8_t *data; uint64_t size;
    uint32_t types, method_table, methods, field_table, fields;
    uint32_t *stamps;
    Records out;
    uint64_t budget, entries;
    int exhausted, no_memory;
} Edges;

static int name_type(Edges *e, uint32_t cls, uint32_t type) {
    if (type >= e->types || e->stamps[type] == cls + 1) return 1;
    e->stamps[type] = cls + 1;
    if (e->out.used + 8 > e->out.room) {
        size_t room = e->out.room ? e->out.room * 2 : 4096;
        uint8_t *grown = realloc(e->out.bytes, room);
        if (!grown) { e->no_memory = 1; return 0; }
        e->out.bytes = grown;
        e->out.room = room;
    }
    uint32_t words[2] = {cls, type};
    memcpy(e->out.bytes + e->out.used, words, sizeof words);
    e->out.used += sizeof words;
    return 1;
}

static void edges_of_code(Edges *e, uint32_t cls, uint32_t code) {
    if ((uint64_t)code + 16 > e->size) return;
    uint64_t units = read32(e->data + code + 12);
    if ((uint64_t)code + 16 + 2 * units > e->size) return;
    const uint8_t *insns = e->data + code + 16;
    uint64_t at = 0;
    while (at < units) {
        if (!e->budget--) { e->budget = 0; e->exhausted = 1; return; }
        uint32_t unit = read16(insns + 2 * at);
        uint8_t op = (uint8_t)unit;
        uint64_t length = LENGTH[op];
        if (op == 0 && unit != 0) {
            length = payload_length(insns, at, units);
        } else if (at + 1 < units) {
            uint32_t ref = read16(insns + 2 * at + 2);
            int kind = refers_to(op), whole = 1;
            if (kind == METHOD && ref < e->methods) whole = name_type(e, cls, read16(e->data + e->method_table + 8 * (uint64_t)ref));
            else if (kind == FIELD && ref < e->fields) whole = name_type(e, cls, read16(e->data + e->field_table + 8 * (uint64_t)ref));
            else if (kind == TYPE) whole = name_type(e, cls, ref);
            if (!whole) return;
        }
        at += length;
    }
}

static void edges_of_class(Edges *e, uint32_t cls, uint32_t offset) {
    if (offset >= e->size) return;
    const uint8_t *at = e->data + offset, *end = e->data + e->size;
    uint32_t counts[4], skipped, code;
    for (int i = 0; i < 4; i++) if (!uleb(&at, end, counts + i)) return;
    if (!spend(&e->entries, (uint64_t)counts[0] + counts[1], &e->exhausted)) return;
    for (uint64_t i = 0; i < 2 * ((uint64_t)counts[0] + counts[1]); i++) if (!uleb(&at, end, &skipped)) return;
    for (uint64_t i = 0; i < (uint64_t)counts[2] + counts[3]; i++) {
        if (!spend(&e->entries, 1, &e->exhausted)) return;
        if (!uleb(&at, end, &skipped) || !uleb(&at, end, &skipped) || !uleb(&at, end, &code)) return;
        if (code) edges_of_code(e, cls, code);
        if (e->exhausted || e->no_memory) return;
    }
}

static PyObject *dexedges(PyObject *module, PyObject *args) {
    Py_buffer data;
    Py_ssize_t header;
    unsigned long long budget;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*nK", &data, &header, &budget)) return NULL;
    Edges e = {0};
    e.data = data.buf;
    e.size = (uint64_t)data.len;
    e.budget = budget;
    e.entries = e.size;
    int readable = header >= 0 && (uint64_t)header + 0x70 <= e.size;
    uint32_t count = 0, table = 0;
    if (readable) {
        const uint8_t *h = e.data + header;
        e.types = read32(h + 0x40);
        e.fields = read32(h + 0x50); e.field_table = read32(h + 0x54);
        e.methods = read32(h + 0x58); e.method_table = read32(h + 0x5c);
        count = read32(h + 0x60); table = read32(h + 0x64);
        readable = is_inside(table, count, 32, e.size) && is_inside(e.method_table, e.methods, 8, e.size)
            && is_inside(e.field_table, e.fields, 8, e.size)
            && (uint64_t)e.types * 4 <= e.size;
    }
    if (readable) {
        uint64_t room = e.size;
        e.stamps = calloc(e.types ? e.types : 1, sizeof *e.stamps);
        if (!e.stamps) e.no_memory = 1;
        Py_BEGIN_ALLOW_THREADS
        for (uint32_t cls = 0; cls < count && !e.exhausted && !e.no_memory; cls++) {
            const uint8_t *definition = e.data + table + 32 * (uint64_t)cls;
            uint32_t parent = read32(definition + 8), interfaces = read32(definition + 12), offset = read32(definition + 24);
            uint64_t number = 0;
            if (interfaces && (uint64_t)interfaces + 4 <= e.size) {
                uint64_t most = (e.size - interfaces - 4) / 2;
                number = read32(e.data + interfaces);
                if (number > 65536) number = 65536;
                if (number > most) number = most;
            }
            /* classes may share their lists of interfaces, too */
            if (!spend(&room, number, &e.exhausted)) break;
            if (parent != 0xffffffff) name_type(&e, cls, parent);
            for (uint64_t i = 0; i < number; i++) name_type(&e, cls, read16(e.data + interfaces + 4 + 2 * i));
            if (offset) edges_of_class(&e, cls, offset);
        }
        Py_END_ALLOW_THREADS
    }
    PyObject *result = NULL;
    if (e.no_memory) PyErr_NoMemory();
    else if (!readable) PyErr_SetString(PyExc_ValueError, "the class table lies outside the file");
    else
        result = Py_BuildValue("y#O", e.out.bytes ? (const char *)e.out.bytes : "", (Py_ssize_t)e.out.used,
                               e.exhausted ? Py_True : Py_False);
    free(e.stamps);
    free(e.out.bytes);
    PyBuffer_Release(&data);
    return result;
}

static PyMethodDef methods[] = {
    {"dexedges", dexedges, METH_VARARGS, "dexedges(data, header, budget) -> (pairs of class_def and type index, exhausted)"},
    {"dexwalk", dexwalk, METH_VARARGS,
     "dexwalk(data, header, methods, fields, strings, types, budget) -> (records, bad_classes, bad_methods, exhausted)"},
    {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "auditor._native.dexwalk", NULL, 0, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit_dexwalk(void) {
    PyObject *module = PyModule_Create(&definition), *graph = module ? call_graph_type() : NULL;
    if (!graph || PyModule_AddFunctions(module, NAMES_METHODS) < 0 || PyModule_AddFunctions(module, BODY_METHODS) < 0 || PyModule_AddObjectRef(module, "CallGraph", graph) < 0) Py_CLEAR(module);
    Py_XDECREF(graph);
    return module;
}
