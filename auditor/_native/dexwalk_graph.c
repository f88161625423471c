/* The call graph over all DEX files of a build: the optional C twin of auditor/extract/android/callgraph_python.py, which says what
 * each step is for. Both give the same results; tests/extract/android/test_callgraph.py compares them.
 */
#include "dexwalk.h"
#include <setjmp.h>

enum { DIRECT, STATIC, SUPER, VIRTUAL, NEW, TOUCH, LITERAL, NAMED, NAME };
enum { SURE, CALLED_BACK, CHOSEN, BY_NAME, OF_CLASS };
enum { USE = 2 };
#define NONE 0xffffffffu
#define ABSTRACT 0x400u
#define INTERFACE 0x200u
#define LONGEST_NAME 255
#define LONGEST_MEMBER 64
#define LONGEST_STRING 65536
#define MANY 65536
#define WIDTHS 32
#define EITHER 2

/* -- memory that grows; a failure leaves through `failed` -- */

typedef struct { uint32_t *at; size_t used, room; } Words;
typedef struct { uint64_t *keys; uint32_t *values; size_t used, room; } Map;
typedef struct { char *bytes; size_t used, room; Words starts; uint32_t *slots; size_t slot_count; } Texts;

typedef struct { /* the classes there are objects of, and for each type those of them that are of it, as linked lists */
    uint8_t *made;
    uint32_t *first, *last;
    Words items, next;
} World;

typedef struct { char *class_, *name; int trigger; uint32_t type, number; } Rule;

typedef struct {
    PyObject_HEAD
    jmp_buf failed;
    int broken;
    Texts types, names, protos;
    Map signatures, refs;
    Words signature_names, signature_protos, ref_types, ref_signatures;
    Words class_of;                                 /* by type */
    Words order, parents, access;                   /* by class */
    Words interface_starts, interfaces;             /* by class; list */
    Words defined_starts, defined;                  /* by class; methods in file order */
    Words edge_starts, edge_ends, edges;            /* by method */
    Words flags;                                    /* by method: 1 defined, 2 has a body */
    Words entered;                                  /* by method: when something outside enters it by its annotation, 0 = not */
    Words entered_classes;                          /* by class: 1 = defines such methods */
    Words defaults;                                 /* by signature: an interface gives it a body */
    Words triggers;                                 /* by name: 1 + what the prefixes say */
    Words platform;                                 /* by class: 1 = has nothing of the platform, 2 = has, 0 = not yet known */
    Rule *prefixes, *exact, *annotations;
    size_t prefix_count, exact_count, annotation_count;
    World *worlds;
    size_t world_count;
    uint32_t object, constructor, initialiser;      /* java.lang.Object, <init>, <clinit>; settled by link */
    uint32_t *stamps; uint32_t stamp; size_t stamp_room; /* by type */
    Words found;                                    /* what ancestors() found */
} Graph;

static void *resized(Graph *g, void *old, size_t bytes) {
    void *fresh = realloc(old, bytes ? bytes : 1);
    if (!fresh) longjmp(g->failed, 1);
    return fresh;
}

static void push(Graph *g, Words *w, uint32_t value) {
    if (w->used == w->room) {
        size_t room = w->room ? w->room * 2 : 64;
        w->at = resized(g, w->at, room * sizeof *w->at);
        w->room = room;
    }
    w->at[w->used++] = value;
}

/* Let `w` have `count` words; new ones are `value`. */
static void extend(Graph *g, Words *w, size_t count, uint32_t value) {
    while (w->used < count) push(g, w, value);
}

static uint64_t mixed(uint64_t key) {
    key ^= key >> 32; key *= 0x9e3779b97f4a7c15u; key ^= key >> 29; key *= 0xbf58476d1ce4e5b9u; return key ^ key >> 32;
}

static uint32_t map_get(const Map *m, uint64_t key) {
    if (!m->room) return NONE;
    for (size_t slot = mixed(key) & (m->room - 1);; slot = (slot + 1) & (m->room - 1)) {
        if (m->values[slot] == NONE) return NONE;
        if (m->keys[slot] == key) return m->values[slot];
    }
}

static void map_put(Graph *g, Map *m, uint64_t key, uint32_t value) {
    if (2 * (m->used + 1) > m->room) {
        Map old = *m;
        size_t room = old.room ? old.room * 2 : 1024;
        uint64_t *keys = malloc(room * sizeof *keys);
        uint32_t *values = malloc(room * sizeof *values);
        if (!keys || !values) { free(keys); free(values); longjmp(g->failed, 1); }
        memset(values, 0xff, room * sizeof *values);
        m->keys = keys; m->values = values; m->room = room; m->used = 0;
        for (size_t i = 0; i < old.room; i++) if (old.values[i] != NONE) map_put(g, m, old.keys[i], old.values[i]);
        free(old.keys); free(old.values);
    }
    size_t slot = mixed(key) & (m->room - 1);
    while (m->values[slot] != NONE) slot = (slot + 1) & (m->room - 1);
    m->keys[slot] = key; m->values[slot] = value; m->used++;
}

static uint64_t hash_of(const char *text, size_t length) {
    uint64_t hash = 0xcbf29ce484222325u ^ length, part;
    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&part, text, 8);
        hash = (hash ^ part) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    part = 0;
    memcpy(&part, text, length);
    return mixed(hash ^ part);
}

static size_t text_length(const Texts *t, uint32_t number) {
    return (number + 1 < t->starts.used ? t->starts.at[number + 1] : t->used) - t->starts.at[number];
}

static const char *text_at(const Texts *t, uint32_t number) { return t->bytes + t->starts.at[number]; }

static size_t text_slot(const Texts *t, const char *text, size_t length) {
    size_t slot = hash_of(text, length) & (t->slot_count - 1);
    while (t->slots[slot] != NONE) {
        uint32_t number = t->slots[slot];
        if (text_length(t, number) == length && (!length || !memcmp(text_at(t, number), text, length))) break;
        slot = (slot + 1) & (t->slot_count - 1);
    }
    return slot;
}

static uint32_t text_find(const Texts *t, const char *text, size_t length) {
    return t->slot_count ? t->slots[text_slot(t, text, length)] : NONE;
}

static uint32_t text_number(Graph *g, Texts *t, const char *text, size_t length) {
    if (2 * (t->starts.used + 1) > t->slot_count) {
        size_t count = t->slot_count ? t->slot_count * 2 : 1024;
        t->slots = resized(g, t->slots, count * sizeof *t->slots);
        t->slot_count = count;
        memset(t->slots, 0xff, count * sizeof *t->slots);
        for (uint32_t i = 0; i < t->starts.used; i++) t->slots[text_slot(t, text_at(t, i), text_length(t, i))] = i;
    }
    size_t slot = text_slot(t, text, length);
    if (t->slots[slot] != NONE) return t->slots[slot];
    if (t->used + length > NONE) longjmp(g->failed, 1);
    if (t->used + length > t->room) {
        size_t room = t->room ? t->room : 4096;
        while (room < t->used + length) room *= 2;
        t->bytes = resized(g, t->bytes, room);
        t->room = room;
    }
    uint32_t number = (uint32_t)t->starts.used;
    push(g, &t->starts, (uint32_t)t->used);
    if (length) memcpy(t->bytes + t->used, text, length);
    t->used += length;
    t->slots[slot] = number;
    return number;
}

/* -- numbers -- */

static uint32_t type_number(Graph *g, const char *name, size_t length) {
    uint32_t number = text_number(g, &g->types, name, length);
    extend(g, &g->class_of, (size_t)number + 1, NONE);
    return number;
}

static uint32_t signature_number(Graph *g, uint32_t name, uint32_t proto) {
    uint64_t key = (uint64_t)name << 32 | proto;
    uint32_t found = map_get(&g->signatures, key);
    if (found == NONE) {
        found = (uint32_t)g->signature_names.used;
        push(g, &g->signature_names, name);
        push(g, &g->signature_protos, proto);
        push(g, &g->defaults, 0);
        map_put(g, &g->signatures, key, found);
    }
    return found;
}

static uint32_t ref_number(Graph *g, uint32_t type, uint32_t signature) {
    uint64_t key = (uint64_t)type << 32 | signature;
    uint32_t found = map_get(&g->refs, key);
    if (found == NONE) {
        found = (uint32_t)g->ref_types.used;
        push(g, &g->ref_types, type);
        push(g, &g->ref_signatures, signature);
        push(g, &g->edge_starts, 0);
        push(g, &g->edge_ends, 0);
        push(g, &g->flags, 0);
        push(g, &g->entered, 0);
        map_put(g, &g->refs, key, found);
    }
    return found;
}

/* -- reading one DEX -- */

typedef struct {
    const uint8_t *data; uint64_t size, left;
    uint64_t text_left;                             /* bytes of protos: types may share theirs */
    int exhausted;
    uint32_t strings, types, type_at, protos, proto_at, fields, field_at, methods, method_at, classes, class_at;
    uint32_t handles, handle_at, sites, site_at;
    uint32_t *string_at, *string_length;
    uint32_t *type_map, *proto_map, *ref_map;       /* numbers by index, NONE until used */
    uint8_t *annotations;                           /* by type index: when it lets methods be entered; NULL = no such type here */
    Map seen; Words fresh, members;                 /* edges of the method at hand */
    char *scratch; size_t scratch_room;
} Dex;

static void dex_free(Dex *d) {
    free(d->string_at); free(d->string_length); free(d->annotations); free(d->type_map); free(d->proto_map); free(d->ref_map);
    free(d->seen.keys); free(d->seen.values); free(d->fresh.at); free(d->members.at); free(d->scratch);
}

/* The strings as dexstrings reads them. */
static void read_strings(Graph *g, Dex *d, uint32_t table) {
    d->string_at = resized(g, NULL, sizeof(uint32_t) * (size_t)d->strings);
    d->string_length = resized(g, NULL, sizeof(uint32_t) * (size_t)d->strings);
    uint64_t budget = 2 * d->size;
    for (uint32_t i = 0; i < d->strings; i++) {
        uint64_t at = read32(d->data + table + 4 * (uint64_t)i), length = 0;
        for (int skipped = 0; at < d->size && d->data[at] >= 0x80 && skipped < 5; skipped++) at++;
        if (at < d->size) {
            uint64_t room = d->size - at - 1, most = LONGEST_STRING < room ? LONGEST_STRING : room;
            const uint8_t *start = d->data + at + 1, *end = most ? memchr(start, 0, most) : NULL;
            if (end && (uint64_t)(end - start) <= budget) length = (uint64_t)(end - start);
        }
        budget -= length;
        d->string_at[i] = length ? (uint32_t)at + 1 : 0;
        d->string_length[i] = (uint32_t)length;
    }
}

static const char *string_of(const Dex *d, uint32_t index, size_t *length) {
    if (index >= d->strings) { *length = 0; return ""; }
    *length = d->string_length[index];
    return (const char *)d->data + d->string_at[index];
}

static const char *type_name(const Dex *d, uint32_t index, size_t *length) {
    if (index >= d->types) { *length = 0; return ""; }
    return string_of(d, read32(d->data + d->type_at + 4 * (uint64_t)index), length);
}

static uint32_t dex_type(Graph *g, Dex *d, uint32_t index) {
    if (index < d->types && d->type_map[index] != NONE) return d->type_map[index];
    size_t length;
    const char *name = type_name(d, index, &length);
    uint32_t number = type_number(g, name, length);
    if (index < d->types) d->type_map[index] = number;
    return number;
}

static void note(Graph *g, Dex *d, size_t *used, const char *text, size_t length) {
    if (*used + length > d->scratch_room) {
        size_t room = d->scratch_room ? d->scratch_room : 1024;
        while (room < *used + length) room *= 2;
        d->scratch = resized(g, d->scratch, room);
        d->scratch_room = room;
    }
    if (length) memcpy(d->scratch + *used, text, length);
    *used += length;
}

static uint32_t dex_proto(Graph *g, Dex *d, uint32_t index) {
    if (index >= d->protos) return text_number(g, &g->protos, "()?", 3);
    if (d->proto_map[index] != NONE) return d->proto_map[index];
    const uint8_t *proto = d->data + d->proto_at + 12 * (uint64_t)index;
    uint32_t result = read32(proto + 4), at = read32(proto + 8);
    size_t used = 0, length;
    const char *name = type_name(d, result, &length);
    uint32_t count = at && (uint64_t)at + 4 <= d->size ? read32(d->data + at) : 0;
    if (count >= 256 || (uint64_t)at + 4 + 2 * count > d->size) count = 0;
    uint64_t whole = length + 2;
    for (uint32_t i = 0; i < count; i++) { type_name(d, read16(d->data + at + 4 + 2 * i), &length); whole += length; }
    if (whole > d->text_left) return d->proto_map[index] = text_number(g, &g->protos, "()?", 3);
    d->text_left -= whole;
    note(g, d, &used, "(", 1);
    for (uint32_t i = 0; i < count; i++) {
        name = type_name(d, read16(d->data + at + 4 + 2 * i), &length);
        note(g, d, &used, name, length);
    }
    note(g, d, &used, ")", 1);
    name = type_name(d, result, &length);
    note(g, d, &used, name, length);
    return d->proto_map[index] = text_number(g, &g->protos, d->scratch, used);
}

static uint32_t dex_signature(Graph *g, Dex *d, uint32_t index) {
    const uint8_t *id = d->data + d->method_at + 8 * (uint64_t)index;
    uint32_t proto = dex_proto(g, d, read16(id + 2));
    size_t length;
    const char *name = string_of(d, read32(id + 4), &length);
    return signature_number(g, text_number(g, &g->names, name, length), proto);
}

static uint32_t dex_ref(Graph *g, Dex *d, uint32_t index) {
    if (d->ref_map[index] == NONE) {
        uint32_t owner = dex_type(g, d, read16(d->data + d->method_at + 8 * (uint64_t)index));
        d->ref_map[index] = ref_number(g, owner, dex_signature(g, d, index));
    }
    return d->ref_map[index];
}

static void see(Graph *g, Dex *d, uint32_t target, uint32_t kind) {
    uint32_t edge = target << 4 | kind;
    if (d->fresh.used < 16) { /* most methods are short */
        for (size_t i = 0; i < d->fresh.used; i++) if (d->fresh.at[i] == edge) return;
    } else {
        if (d->fresh.used == 16) for (size_t i = 0; i < 16; i++) map_put(g, &d->seen, d->fresh.at[i], 0);
        if (map_get(&d->seen, edge) != NONE) return;
        map_put(g, &d->seen, edge, 0);
    }
    push(g, &d->fresh, edge);
}

static int is_start(uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
static int is_part(uint8_t c) { return is_start(c) || (c >= '0' && c <= '9'); }

/* 2 for a name of several dotted parts, 1 for one part, 0 for anything else. */
static int name_kind(const char *text, size_t length) {
    int parts = 1;
    if (!length || !is_start((uint8_t)text[0])) return 0;
    for (size_t i = 1; i < length; i++) {
        if (text[i] == '.') {
            if (++i == length || !is_start((uint8_t)text[i])) return 0;
            parts = 2;
        } else if (!is_part((uint8_t)text[i])) return 0;
    }
    return parts;
}

static void see_string(Graph *g, Dex *d, uint32_t index) {
    size_t length;
    const char *text = string_of(d, index, &length);
    if (length > LONGEST_NAME) return;
    int kind = name_kind(text, length);
    if (kind == 2) {
        size_t used = 0;
        note(g, d, &used, "L", 1);
        note(g, d, &used, text, length);
        note(g, d, &used, ";", 1);
        for (size_t i = 0; i < used; i++) if (d->scratch[i] == '.') d->scratch[i] = '/';
        see(g, d, type_number(g, d->scratch, used), NAMED);
    } else if (kind == 1 && length <= LONGEST_MEMBER) push(g, &d->members, index);
}

static void see_handle(Graph *g, Dex *d, uint32_t index) {
    static const uint8_t KIND[] = {STATIC, VIRTUAL, DIRECT, DIRECT, VIRTUAL};
    if (index >= d->handles) return;
    const uint8_t *handle = d->data + d->handle_at + 8 * (uint64_t)index;
    uint32_t kind = read16(handle), target = read16(handle + 4);
    if (kind < 4 || kind > 8 || target >= d->methods) return;
    uint32_t ref = dex_ref(g, d, target);
    if (kind == 6) see(g, d, g->ref_types.at[ref], NEW);
    see(g, d, ref, KIND[kind - 4]);
}

/* Method handles among the arguments of a call site; the first is what links it, and left out. */
static void see_site(Graph *g, Dex *d, uint32_t index) {
    if (index >= d->sites) return;
    uint32_t place = read32(d->data + d->site_at + 4 * (uint64_t)index), count;
    if (place >= d->size) return;
    const uint8_t *at = d->data + place, *end = d->data + d->size;
    if (!uleb(&at, end, &count)) return;
    for (uint32_t i = 0; i < count && i < 64; i++) {
        if (at >= end) return;
        uint32_t kind = *at & 0x1f, length = (uint32_t)(*at >> 5) + 1, value = 0;
        at++;
        if (kind == 0x1c || kind == 0x1d || (uint64_t)(end - at) < length) return;
        if (kind == 0x1e || kind == 0x1f) length = 0;
        for (uint32_t j = 0; j < length && j < 4; j++) value |= (uint32_t)at[j] << 8 * j;
        if (kind == 0x16 && i) see_handle(g, d, value);
        at += length;
    }
}

static void read_map(Dex *d, uint32_t at) {
    if (!at || (uint64_t)at + 4 > d->size) return;
    uint32_t count = read32(d->data + at);
    for (uint32_t i = 0; i < count && i < 64; i++) {
        uint64_t item = (uint64_t)at + 4 + 12 * (uint64_t)i;
        if (item + 12 > d->size) return;
        uint32_t kind = read16(d->data + item), number = read32(d->data + item + 4), offset = read32(d->data + item + 8);
        if (kind == 0x0008 && is_inside(offset, number, 8, d->size)) { d->handles = number; d->handle_at = offset; }
        else if (kind == 0x0007 && is_inside(offset, number, 4, d->size)) { d->sites = number; d->site_at = offset; }
    }
}

static void read_code(Graph *g, Dex *d, uint32_t code, uint32_t method) {
    static const uint8_t INVOKED[] = {VIRTUAL, SUPER, DIRECT, STATIC, VIRTUAL};
    if ((uint64_t)code + 16 > d->size) return;
    uint64_t units = read32(d->data + code + 12), at = 0;
    if ((uint64_t)code + 16 + 2 * units > d->size) return;
    const uint8_t *insns = d->data + code + 16;
    d->fresh.used = d->members.used = 0;
    while (at < units) {
        if (!d->left--) { d->left = 0; d->exhausted = 1; break; }
        uint32_t unit = read16(insns + 2 * at);
        uint8_t op = (uint8_t)unit;
        if (op == 0 && unit) { at += payload_length(insns, at, units); continue; }
        if (at + 1 < units) {
            uint32_t index = read16(insns + 2 * at + 2);
            if (op >= 0x6e && op <= 0x78 && op != 0x73) {
                if (index < d->methods) see(g, d, dex_ref(g, d, index), INVOKED[(op - 0x6e) % 6]);
            } else if (op == 0x22) see(g, d, dex_type(g, d, index), NEW);
            else if (op == 0x1c) see(g, d, dex_type(g, d, index), LITERAL);
            else if (op >= 0x60 && op <= 0x6d) {
                if (index < d->fields) see(g, d, dex_type(g, d, read16(d->data + d->field_at + 8 * (uint64_t)index)), TOUCH);
            } else if (op == 0x1a) see_string(g, d, index);
            else if (op == 0x1b && at + 2 < units) see_string(g, d, read32(insns + 2 * at + 2));
            else if (op == 0xfc || op == 0xfd) see_site(g, d, index);
            else if (op == 0xfe) see_handle(g, d, index);
        }
        at += LENGTH[op];
    }
    int named = 0;
    g->edge_starts.at[method] = (uint32_t)g->edges.used;
    for (size_t i = 0; i < d->fresh.used; i++) {
        named |= (d->fresh.at[i] & 15) == NAMED;
        push(g, &g->edges, d->fresh.at[i]);
    }
    if (d->fresh.used >= 16) { free(d->seen.keys); free(d->seen.values); memset(&d->seen, 0, sizeof d->seen); }
    if (named && d->members.used) {
        d->fresh.used = 0;
        for (size_t i = 0; i < d->members.used; i++) {
            size_t length;
            const char *text = string_of(d, d->members.at[i], &length);
            see(g, d, text_number(g, &g->names, text, length), NAME);
        }
        for (size_t i = 0; i < d->fresh.used; i++) push(g, &g->edges, d->fresh.at[i]);
        if (d->fresh.used >= 16) { free(d->seen.keys); free(d->seen.values); memset(&d->seen, 0, sizeof d->seen); }
    }
    if (g->edges.used > NONE) longjmp(g->failed, 1);
    g->edge_ends.at[method] = (uint32_t)g->edges.used;
}

/* Count what an interface or an entry of the class data costs; 0 when the budget is used up. */
static int spend(Dex *d, uint64_t cost) {
    if (cost > d->left) { d->left = 0; d->exhausted = 1; return 0; }
    d->left -= cost;
    return 1;
}

static uint32_t fresh_stamp(Graph *g) {
    if (g->stamp_room < g->types.starts.used) {
        size_t room = g->types.starts.used + 64;
        g->stamps = resized(g, g->stamps, room * sizeof *g->stamps);
        memset(g->stamps, 0, room * sizeof *g->stamps);
        g->stamp_room = room;
        g->stamp = 0;
    }
    if (++g->stamp == 0) { memset(g->stamps, 0, g->stamp_room * sizeof *g->stamps); g->stamp = 1; }
    return g->stamp;
}

static void read_interfaces(Graph *g, Dex *d, uint32_t at) {
    size_t start = g->interfaces.used;
    if (at && (uint64_t)at + 4 <= d->size) {
        uint64_t count = read32(d->data + at), room = (d->size - at - 4) / 2;
        if (count > MANY) count = MANY;
        if (count > room) count = room;
        if (!spend(d, count)) return;
        for (uint64_t i = 0; i < count; i++) push(g, &g->interfaces, dex_type(g, d, read16(d->data + at + 4 + 2 * i)));
        uint32_t stamp = fresh_stamp(g); /* each once */
        size_t kept = start;
        for (size_t i = start; i < g->interfaces.used; i++) {
            uint32_t type = g->interfaces.at[i];
            if (g->stamps[type] != stamp) { g->stamps[type] = stamp; g->interfaces.at[kept++] = type; }
        }
        g->interfaces.used = kept;
    }
}

static void read_class(Graph *g, Dex *d, uint32_t access, uint32_t type, uint32_t offset) {
    if (offset >= d->size) return;
    const uint8_t *at = d->data + offset, *end = d->data + d->size;
    uint32_t counts[4], skipped, difference, flags, code;
    for (int i = 0; i < 4; i++) if (!uleb(&at, end, counts + i)) return;
    uint64_t fields = (uint64_t)counts[0] + counts[1];
    if (!spend(d, fields)) return;
    for (uint64_t i = 0; i < 2 * fields; i++) if (!uleb(&at, end, &skipped)) return;
    for (int list = 2; list < 4; list++) {
        uint32_t index = 0;
        for (uint32_t i = 0; i < counts[list]; i++) {
            if (!spend(d, 1)) return;
            if (!uleb(&at, end, &difference) || !uleb(&at, end, &flags) || !uleb(&at, end, &code)) return;
            index += difference;
            if (index >= d->methods) continue;
            uint32_t method = ref_number(g, type, dex_signature(g, d, index));
            if (g->flags.at[method]) continue;
            push(g, &g->defined, method);
            g->flags.at[method] = flags & ABSTRACT ? 1 : 3;
            if (!(flags & ABSTRACT) && access & INTERFACE) g->defaults.at[g->ref_signatures.at[method]] = 1;
            if (code) read_code(g, d, code, method);
            if (d->exhausted) return;
        }
    }
}

static void find_annotations(Graph *g, Dex *d) {
    for (uint32_t i = 0; i < d->types && g->annotation_count; i++) {
        size_t length;
        const char *name = type_name(d, i, &length);
        for (size_t k = 0; k < g->annotation_count; k++) {
            if (strlen(g->annotations[k].name) != length || memcmp(g->annotations[k].name, name, length)) continue;
            if (!d->annotations) {
                d->annotations = resized(g, NULL, d->types);
                memset(d->annotations, 0, d->types);
            }
            d->annotations[i] = (uint8_t)g->annotations[k].trigger;
        }
    }
}

/* When the annotations of a set let a method be entered at the earliest; 0 = never. */
static uint32_t entered_by(Dex *d, uint32_t set) {
    if ((uint64_t)set + 4 > d->size) return 0;
    uint32_t count = read32(d->data + set), found = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t entry = (uint64_t)set + 4 + 4 * (uint64_t)i;
        if (entry + 4 > d->size || !spend(d, 1)) break;
        uint32_t item = read32(d->data + entry), index;
        if (item >= d->size) continue;
        const uint8_t *at = d->data + item + 1;
        if (!uleb(&at, d->data + d->size, &index) || index >= d->types) continue;
        uint32_t trigger = d->annotations[index];
        if (trigger && (!found || trigger < found)) found = trigger;
    }
    return found;
}

/* The annotations of the methods of the class read last. */
static void read_annotations(Graph *g, Dex *d, uint32_t type, uint32_t offset) {
    uint64_t at = (uint64_t)offset + 16;
    if (at > d->size) return;
    uint32_t count = read32(d->data + offset + 8);
    at += 8 * (uint64_t)read32(d->data + offset + 4);
    for (uint32_t i = 0; i < count && at + 8 <= d->size; i++, at += 8) {
        if (!spend(d, 1)) return;
        uint32_t index = read32(d->data + at), trigger = entered_by(d, read32(d->data + at + 4));
        if (d->exhausted) return;
        if (!trigger || index >= d->methods) continue;
        uint32_t method = map_get(&g->refs, (uint64_t)type << 32 | dex_signature(g, d, index));
        if (method == NONE || !(g->flags.at[method] & 2)) continue;
        g->entered.at[method] = trigger;
        g->entered_classes.at[g->order.used - 1] = 1;
    }
}

static int read_dex(Graph *g, Dex *d, uint64_t header) {
    const uint8_t *h = d->data + header;
    if (header + 0x70 > d->size) return 0;
    d->strings = read32(h + 0x38); d->types = read32(h + 0x40); d->type_at = read32(h + 0x44);
    d->protos = read32(h + 0x48); d->proto_at = read32(h + 0x4c);
    d->fields = read32(h + 0x50); d->field_at = read32(h + 0x54);
    d->methods = read32(h + 0x58); d->method_at = read32(h + 0x5c);
    d->classes = read32(h + 0x60); d->class_at = read32(h + 0x64);
    if (!is_inside(read32(h + 0x3c), d->strings, 4, d->size) || !is_inside(d->type_at, d->types, 4, d->size)
        || !is_inside(d->proto_at, d->protos, 12, d->size) || !is_inside(d->field_at, d->fields, 8, d->size)
        || !is_inside(d->method_at, d->methods, 8, d->size) || !is_inside(d->class_at, d->classes, 32, d->size)) return 0;
    read_strings(g, d, read32(h + 0x3c));
    d->type_map = resized(g, NULL, sizeof(uint32_t) * (size_t)d->types);
    d->proto_map = resized(g, NULL, sizeof(uint32_t) * (size_t)d->protos);
    d->ref_map = resized(g, NULL, sizeof(uint32_t) * (size_t)d->methods);
    memset(d->type_map, 0xff, sizeof(uint32_t) * (size_t)d->types);
    memset(d->proto_map, 0xff, sizeof(uint32_t) * (size_t)d->protos);
    memset(d->ref_map, 0xff, sizeof(uint32_t) * (size_t)d->methods);
    read_map(d, read32(h + 0x34));
    find_annotations(g, d);
    for (uint32_t i = 0; i < d->classes && !d->exhausted; i++) {
        const uint8_t *definition = d->data + d->class_at + 32 * (uint64_t)i;
        uint32_t type = dex_type(g, d, read32(definition)), parent = read32(definition + 8);
        if (g->class_of.at[type] != NONE) continue;
        g->class_of.at[type] = (uint32_t)g->order.used;
        push(g, &g->order, type);
        push(g, &g->parents, parent == NONE ? NONE : dex_type(g, d, parent));
        push(g, &g->interface_starts, (uint32_t)g->interfaces.used);
        read_interfaces(g, d, read32(definition + 12));
        push(g, &g->access, read32(definition + 4));
        push(g, &g->defined_starts, (uint32_t)g->defined.used);
        push(g, &g->entered_classes, 0);
        if (!d->exhausted && read32(definition + 24)) read_class(g, d, read32(definition + 4), type, read32(definition + 24));
        if (!d->exhausted && d->annotations && read32(definition + 20)) read_annotations(g, d, type, read32(definition + 20));
    }
    return 1;
}

/* -- the hierarchy -- */

static uint32_t class_number(const Graph *g, uint32_t type) { return type < g->class_of.used ? g->class_of.at[type] : NONE; }
static size_t range_end(const Words *starts, const Words *list, uint32_t number) {
    return number + 1 < starts->used ? starts->at[number + 1] : list->used;
}

/* Leave in g->found a type and everything it extends or implements. */
static void ancestors(Graph *g, uint32_t type) {
    uint32_t stamp = fresh_stamp(g);
    g->found.used = 0;
    push(g, &g->found, type);
    g->stamps[type] = stamp;
    for (size_t i = 0; i < g->found.used; i++) {
        uint32_t number = class_number(g, g->found.at[i]);
        if (number == NONE) continue;
        uint32_t parent = g->parents.at[number];
        if (parent != NONE && g->stamps[parent] != stamp) { g->stamps[parent] = stamp; push(g, &g->found, parent); }
        for (size_t k = g->interface_starts.at[number], end = range_end(&g->interface_starts, &g->interfaces, number); k < end; k++) {
            uint32_t above = g->interfaces.at[k];
            if (g->stamps[above] != stamp) { g->stamps[above] = stamp; push(g, &g->found, above); }
        }
    }
}

/* Whether a class extends or implements something that the build does not define, Object apart. May change g->found. */
static int has_platform(Graph *g, uint32_t type) {
    uint32_t number = class_number(g, type);
    extend(g, &g->platform, g->order.used, 0);
    if (!g->platform.at[number]) {
        ancestors(g, type);
        g->platform.at[number] = 1;
        for (size_t i = 0; i < g->found.used; i++)
            if (class_number(g, g->found.at[i]) == NONE && g->found.at[i] != g->object) { g->platform.at[number] = 2; break; }
    }
    return g->platform.at[number] == 2;
}

static uint32_t trigger_of(Graph *g, uint32_t name) {
    extend(g, &g->triggers, g->names.starts.used, 0);
    if (!g->triggers.at[name]) {
        const char *text = text_at(&g->names, name);
        size_t length = text_length(&g->names, name), best = 0;
        uint32_t found = 0;
        int any = 0;
        for (size_t i = 0; i < g->prefix_count; i++) {
            size_t own = strlen(g->prefixes[i].name);
            if (own <= length && (!any || own > best) && !memcmp(text, g->prefixes[i].name, own)
                && !(own < length && text[own] >= 'a' && text[own] <= 'z')) {
                best = own; any = 1; found = (uint32_t)g->prefixes[i].trigger;
            }
        }
        g->triggers.at[name] = found + 1;
    }
    return g->triggers.at[name] - 1;
}

/* -- searching -- */

typedef struct {
    Graph *g;
    World *world;
    int in_use, growing, exhausted;
    uint64_t steps;
    uint32_t *parents; uint8_t *how;                /* by method */
    uint8_t *held, *begun, *met, *read;             /* by type */
    uint8_t *called;                                /* by method */
    uint32_t *call_first, *call_last;               /* by type: calls made on it, as a linked list */
    Words call_signature, call_by, call_next;
    Words queue, named, ruled, targets;
    uint32_t *marks, mark;                          /* by method */
    Words guesses[WIDTHS];                          /* what, by, how of what is left that is not sure */
    size_t taken[WIDTHS];
} Run;

static void run_free(Run *r) {
    free(r->parents); free(r->how); free(r->held); free(r->begun); free(r->met); free(r->called);
    free(r->call_first); free(r->call_last); free(r->call_signature.at); free(r->call_by.at); free(r->call_next.at);
    free(r->queue.at); free(r->named.at); free(r->ruled.at); free(r->targets.at); free(r->read); free(r->marks);
    for (size_t i = 0; i < WIDTHS; i++) free(r->guesses[i].at);
}

static int step(Run *r, uint64_t count) {
    if (count > r->steps) { r->steps = 0; r->exhausted = 1; return 0; }
    r->steps -= count;
    return 1;
}

static void reach(Run *r, uint32_t method, uint32_t by, uint8_t how) {
    if (r->parents[method] == NONE) {
        r->parents[method] = by;
        r->how[method] = how;
        push(r->g, &r->queue, method);
    }
}

static void by_name(Run *r, uint32_t type, uint32_t by);

static void take(Run *r, uint32_t what, uint32_t by, uint32_t how) {
    if (how == OF_CLASS) by_name(r, what, by); else reach(r, what, by, (uint8_t)how);
}

/* A guess, one of so many ways, is kept until nothing surer is left. */
static void perhaps(Run *r, uint32_t what, uint32_t by, uint32_t how, size_t ways) {
    if (r->growing) { take(r, what, by, how); return; }
    if (how != OF_CLASS && r->parents[what] != NONE) return;
    size_t width = 0;
    for (; ways && width < WIDTHS - 1; ways >>= 1) width++;
    push(r->g, &r->guesses[width], what);
    push(r->g, &r->guesses[width], by);
    push(r->g, &r->guesses[width], how);
}

/* Follow the guesses among the fewest; whether there were any. */
static int guess(Run *r) {
    for (size_t width = 0; width < WIDTHS; width++) {
        Words *guesses = &r->guesses[width];
        size_t end = guesses->used, i = r->taken[width];
        if (i == end) continue;
        r->taken[width] = end;
        for (; i < end && !r->exhausted; i += 3) take(r, guesses->at[i], guesses->at[i + 1], guesses->at[i + 2]);
        return 1;
    }
    return 0;
}

static uint32_t body_of(const Graph *g, uint32_t type, uint32_t signature) {
    uint32_t found = map_get(&g->refs, (uint64_t)type << 32 | signature);
    return found != NONE && g->flags.at[found] & 2 ? found : NONE;
}

/* The method with a body that a class defines or inherits. */
static uint32_t up(Run *r, uint32_t type, uint32_t signature) {
    Graph *g = r->g;
    uint32_t start = type, number = class_number(g, type), found;
    while (number != NONE) {
        if (!step(r, 1)) return NONE;
        if ((found = body_of(g, type, signature)) != NONE) return found;
        type = g->parents.at[number];
        number = class_number(g, type);
    }
    if (g->defaults.at[signature]) {
        if (start == NONE) return NONE;
        ancestors(g, start);
        for (size_t i = 0; i < g->found.used; i++) {
            if (!step(r, 1)) return NONE;
            if ((found = body_of(g, g->found.at[i], signature)) != NONE) return found;
        }
    }
    return NONE;
}

static void list_put(Graph *g, uint32_t *first, uint32_t *last, Words *next, uint32_t type, uint32_t item) {
    push(g, next, NONE);
    if (first[type] == NONE) first[type] = item; else next->at[last[type]] = item;
    last[type] = item;
}

static void dispatch(Run *r, uint32_t ref, uint32_t type, uint32_t signature, uint32_t by) {
    Graph *g = r->g;
    if (r->called[ref]) return;
    r->called[ref] = 1;
    uint32_t item = r->world->first[type], found;
    int own = r->growing || item == NONE;
    r->targets.used = 0;
    r->mark++;
    for (;;) {
        if (item == NONE && !own) break;
        found = up(r, item == NONE ? type : r->world->items.at[item], signature);
        if (r->exhausted) return;
        if (found != NONE && r->marks[found] != r->mark) { r->marks[found] = r->mark; push(g, &r->targets, found); }
        if (item == NONE) break;
        item = r->world->next.at[item];
    }
    for (size_t i = 0; i < r->targets.used; i++) {
        if (r->targets.used == 1) reach(r, r->targets.at[i], by, SURE);
        else perhaps(r, r->targets.at[i], by, CHOSEN, r->targets.used);
    }
    if (r->growing) {
        uint32_t call = (uint32_t)r->call_signature.used;
        push(g, &r->call_signature, signature);
        push(g, &r->call_by, by);
        list_put(g, r->call_first, r->call_last, &r->call_next, type, call);
    }
}

static uint32_t name_of(const Graph *g, uint32_t method) { return g->signature_names.at[g->ref_signatures.at[method]]; }

/* The first use of a class leads to its static initialiser and those above it. */
static void begin(Run *r, uint32_t type, uint32_t by, uint8_t how) {
    Graph *g = r->g;
    for (uint32_t number = class_number(g, type); number != NONE && !r->begun[type]; number = class_number(g, type)) {
        r->begun[type] = 1;
        if (!step(r, 1)) return;
        for (size_t i = g->defined_starts.at[number], end = range_end(&g->defined_starts, &g->defined, number); i < end; i++)
            if (name_of(g, g->defined.at[i]) == g->initialiser) reach(r, g->defined.at[i], by, how);
        type = g->parents.at[number];
        if (type == NONE) return;
    }
}

/* Let there be an object of a class; leaves its ancestors in g->found. */
static void join(Run *r, uint32_t type) {
    Graph *g = r->g;
    ancestors(g, type);
    if (!step(r, g->found.used)) return;
    if (!r->growing || r->world->made[type]) return;
    r->world->made[type] = 1;
    Words above = g->found; /* up() looks for ancestors of its own */
    memset(&g->found, 0, sizeof g->found);
    for (size_t i = 0; i < above.used && !r->exhausted; i++) {
        uint32_t one = above.at[i], item = (uint32_t)r->world->items.used;
        push(g, &r->world->items, type);
        list_put(g, r->world->first, r->world->last, &r->world->next, one, item);
        for (uint32_t call = r->call_first[one]; call != NONE; call = r->call_next.at[call]) {
            uint32_t found = up(r, type, r->call_signature.at[call]);
            if (r->exhausted) break;
            if (found != NONE) reach(r, found, r->call_by.at[call], CHOSEN);
        }
    }
    free(g->found.at);
    g->found = above;
}

/* Whether a method is one that something of the build, which has nothing of the platform, asks for. */
static int is_own(Run *r, uint32_t type, const Words *above, uint32_t signature) {
    Graph *g = r->g;
    for (size_t i = 0; i < above->used; i++) {
        uint32_t one = above->at[i], found;
        if (!step(r, 1)) return 1;
        if (one == type || class_number(g, one) == NONE) continue;
        found = map_get(&g->refs, (uint64_t)one << 32 | signature);
        if (found != NONE && g->flags.at[found] && !has_platform(g, one)) return 1;
    }
    return 0;
}

/* The making of an object: the platform calls back what the rules name. */
static void make(Run *r, uint32_t type, uint32_t by, uint8_t how) {
    Graph *g = r->g;
    uint32_t number = class_number(g, type);
    if (number == NONE || r->met[type]) return;
    r->met[type] = 1;
    join(r, type);
    if (r->exhausted) return;
    Words above = g->found; /* what follows looks for ancestors of its own */
    memset(&g->found, 0, sizeof g->found);
    int platform = has_platform(g, type);
    r->ruled.used = 0; /* the exact rules that hold for the class, the last one first where several name one method */
    for (size_t i = above.used; platform && i-- > 0;)
        if (class_number(g, above.at[i]) == NONE)
            for (size_t k = g->exact_count; k-- > 0;)
                if (g->exact[k].type == above.at[i]) push(g, &r->ruled, (uint32_t)k);
    for (; number != NONE && !r->exhausted; number = class_number(g, g->parents.at[number])) {
        if (!platform && !g->entered_classes.at[number]) continue;
        for (size_t i = g->defined_starts.at[number], end = range_end(&g->defined_starts, &g->defined, number); i < end; i++) {
            uint32_t method = g->defined.at[i], name = name_of(g, method), trigger = 0;
            if (r->exhausted || !step(r, 1)) break;
            if (!(g->flags.at[method] & 2)) continue;
            for (size_t k = 0; k < r->ruled.used && !trigger; k++)
                if (g->exact[r->ruled.at[k]].number == name) trigger = (uint32_t)g->exact[r->ruled.at[k]].trigger;
            uint32_t entered = g->entered.at[method];
            if (entered && (!trigger || entered < trigger) && (entered != USE || r->in_use)) trigger = entered;
            int exactly = trigger != 0;
            uint32_t signature = g->ref_signatures.at[method];
            if (!trigger && platform) trigger = trigger_of(g, name);
            if (!trigger || (trigger == USE && !r->in_use) || up(r, type, signature) != method) continue;
            if (exactly) reach(r, method, by, how);
            else if (!is_own(r, type, &above, signature) && !r->exhausted) perhaps(r, method, by, how > CHOSEN ? how : CHOSEN, EITHER);
            if (r->exhausted) break;
        }
    }
    free(g->found.at);
    g->found = above;
}

/* A class literal or the name of a class, a guess: an object may be made of it. */
static void read_name(Run *r, uint32_t type, uint32_t by) {
    if (class_number(r->g, type) == NONE || r->held[type] || r->read[type]) return;
    r->read[type] = 1;
    perhaps(r, type, by, OF_CLASS, EITHER);
}

static void by_name(Run *r, uint32_t type, uint32_t by) {
    Graph *g = r->g;
    uint32_t number = class_number(g, type);
    begin(r, type, by, BY_NAME);
    if (r->exhausted) return;
    make(r, type, by, BY_NAME);
    if (r->exhausted) return;
    for (size_t i = g->defined_starts.at[number], end = range_end(&g->defined_starts, &g->defined, number); i < end; i++) {
        if (!step(r, 1)) return;
        if (g->flags.at[g->defined.at[i]] & 2 && name_of(g, g->defined.at[i]) == g->constructor)
            reach(r, g->defined.at[i], by, BY_NAME);
    }
}

/* The name of a member beside the name of its class. */
static void members(Run *r, uint32_t type, uint32_t name, uint32_t by) {
    Graph *g = r->g;
    for (uint32_t number = class_number(g, type); number != NONE; number = class_number(g, g->parents.at[number]))
        for (size_t i = g->defined_starts.at[number], end = range_end(&g->defined_starts, &g->defined, number); i < end; i++) {
            if (!step(r, 1)) return;
            if (g->flags.at[g->defined.at[i]] & 2 && name_of(g, g->defined.at[i]) == name) perhaps(r, g->defined.at[i], by, BY_NAME, EITHER);
        }
}

static void follow(Run *r, uint32_t method) {
    Graph *g = r->g;
    uint32_t own = g->ref_types.at[method];
    r->named.used = 0;
    for (size_t i = g->edge_starts.at[method]; i < g->edge_ends.at[method] && !r->exhausted; i++) {
        if (!step(r, 1)) return;
        uint32_t kind = g->edges.at[i] & 15, target = g->edges.at[i] >> 4;
        if (kind <= VIRTUAL) {
            uint32_t type = g->ref_types.at[target], signature = g->ref_signatures.at[target];
            if (kind == VIRTUAL) { dispatch(r, target, type, signature, method); continue; }
            if (kind == SUPER && type == own) {
                uint32_t number = class_number(g, type);
                type = number == NONE ? NONE : g->parents.at[number];
            }
            uint32_t found = up(r, type, signature);
            if (r->exhausted) return;
            if (found != NONE) reach(r, found, method, SURE);
            if (kind == STATIC) begin(r, type, method, SURE);
        } else if (kind == NEW) {
            begin(r, target, method, SURE);
            if (!r->exhausted) make(r, target, method, CALLED_BACK);
        } else if (kind == TOUCH) begin(r, target, method, SURE);
        else if (kind == LITERAL) { if (target != own) read_name(r, target, method); }
        else if (kind == NAMED) {
            if (class_number(g, target) != NONE) { push(g, &r->named, target); read_name(r, target, method); }
        } else for (size_t k = 0; k < r->named.used && !r->exhausted; k++) members(r, r->named.at[k], target, method);
    }
}

static void *blank(Graph *g, size_t count, int value) {
    void *fresh = malloc(count ? count : 1);
    if (!fresh) longjmp(g->failed, 1);
    memset(fresh, value, count);
    return fresh;
}

static void run_start(Run *r, const uint32_t *roots, size_t root_count, const uint32_t *made, size_t made_count, const uint32_t *held,
                      size_t held_count) {
    Graph *g = r->g;
    size_t methods = g->ref_types.used, types = g->types.starts.used;
    r->parents = blank(g, methods * sizeof(uint32_t), 0xff);
    r->how = blank(g, methods, 0);
    r->called = blank(g, methods, 0);
    r->held = blank(g, types, 0);
    r->begun = blank(g, types, 0);
    r->met = blank(g, types, 0);
    r->read = blank(g, types, 0);
    r->marks = blank(g, methods * sizeof(uint32_t), 0);
    if (r->growing) {
        r->call_first = blank(g, types * sizeof(uint32_t), 0xff);
        r->call_last = blank(g, types * sizeof(uint32_t), 0xff);
    }
    for (size_t i = 0; i < held_count; i++) if (held[i] < types) r->held[held[i]] = 1;
    for (size_t i = 0; i < made_count && !r->exhausted; i++) if (made[i] < types) join(r, made[i]);
    for (size_t i = 0; i < root_count && !r->exhausted; i++) if (roots[i] < methods) reach(r, roots[i], roots[i], SURE);
    for (size_t i = 0; !r->exhausted && (i < r->queue.used || guess(r));)
        while (i < r->queue.used && !r->exhausted) follow(r, r->queue.at[i++]);
}

/* -- the Python type -- */

#define GUARDED(g, cleanup) \
    if ((g)->broken || setjmp((g)->failed)) { (g)->broken = 1; cleanup; return PyErr_NoMemory(); }

static void rules_free(Rule *rules, size_t count) {
    for (size_t i = 0; i < count; i++) { free(rules[i].class_); free(rules[i].name); }
    free(rules);
}

static char *copied(PyObject *bytes) {
    char *text; Py_ssize_t length;
    if (PyBytes_AsStringAndSize(bytes, &text, &length) < 0) return NULL;
    char *own = malloc((size_t)length + 1);
    if (!own) { PyErr_NoMemory(); return NULL; }
    memcpy(own, text, (size_t)length + 1);
    return own;
}

static Rule *rules_from(PyObject *list, int with_class, size_t *count) {
    Py_ssize_t number = PyList_Size(list);
    if (number < 0) return NULL;
    Rule *rules = calloc((size_t)number + 1, sizeof *rules);
    if (!rules) { PyErr_NoMemory(); return NULL; }
    for (Py_ssize_t i = 0; i < number; i++) {
        PyObject *item = PyList_GetItem(list, i), *class_ = NULL, *name = NULL;
        *count = (size_t)i + 1;
        if (!item || !(with_class ? PyArg_ParseTuple(item, "SSi", &class_, &name, &rules[i].trigger)
                                  : PyArg_ParseTuple(item, "Si", &name, &rules[i].trigger))
            || !(rules[i].name = copied(name)) || (with_class && !(rules[i].class_ = copied(class_)))) {
            rules_free(rules, *count);
            *count = 0;
            return NULL;
        }
    }
    return rules;
}

static PyObject *graph_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    PyObject *prefixes, *exact, *annotations;
    (void)keywords;
    if (!PyArg_ParseTuple(args, "OOO", &prefixes, &exact, &annotations)) return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Graph *g = (Graph *)allocate(type, 0);
    if (!g) return NULL;
    memset((char *)g + sizeof(PyObject), 0, sizeof *g - sizeof(PyObject));
    if (!(g->prefixes = rules_from(prefixes, 0, &g->prefix_count)) || !(g->exact = rules_from(exact, 1, &g->exact_count))
        || !(g->annotations = rules_from(annotations, 0, &g->annotation_count))) {
        Py_DECREF(g);
        return NULL;
    }
    return (PyObject *)g;
}

static void texts_free(Texts *t) { free(t->bytes); free(t->starts.at); free(t->slots); }

static void world_free(World *w) {
    free(w->made); free(w->first); free(w->last); free(w->items.at); free(w->next.at);
}

static void graph_free(PyObject *self) {
    Graph *g = (Graph *)self;
    texts_free(&g->types); texts_free(&g->names); texts_free(&g->protos);
    free(g->signatures.keys); free(g->signatures.values); free(g->refs.keys); free(g->refs.values);
    Words *all[] = {&g->signature_names, &g->signature_protos, &g->ref_types, &g->ref_signatures, &g->class_of, &g->order,
                    &g->parents, &g->access, &g->interface_starts, &g->interfaces, &g->defined_starts, &g->defined,
                    &g->edge_starts, &g->edge_ends, &g->edges, &g->flags, &g->entered, &g->entered_classes, &g->defaults, &g->triggers, &g->platform, &g->found};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]->at);
    rules_free(g->prefixes, g->prefix_count);
    rules_free(g->exact, g->exact_count);
    rules_free(g->annotations, g->annotation_count);
    for (size_t i = 0; i < g->world_count; i++) world_free(&g->worlds[i]);
    free(g->worlds);
    free(g->stamps);
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static PyObject *graph_add(PyObject *self, PyObject *args) {
    Graph *g = (Graph *)self;
    Py_buffer data;
    Py_ssize_t header;
    unsigned long long budget;
    if (!PyArg_ParseTuple(args, "y*nK", &data, &header, &budget)) return NULL;
    Dex *d = calloc(1, sizeof *d);
    if (!d) { PyBuffer_Release(&data); return PyErr_NoMemory(); }
    GUARDED(g, dex_free(d); free(d); PyBuffer_Release(&data))
    d->data = data.buf; d->size = (uint64_t)data.len; d->left = budget; d->text_left = 4 * d->size;
    int readable = header >= 0 && read_dex(g, d, (uint64_t)header), exhausted = d->exhausted;
    dex_free(d);
    free(d);
    PyBuffer_Release(&data);
    if (!readable) { PyErr_SetString(PyExc_ValueError, "a table lies outside the file"); return NULL; }
    return PyBool_FromLong(exhausted);
}

static PyObject *graph_link(PyObject *self, PyObject *unused) {
    Graph *g = (Graph *)self;
    (void)unused;
    unsigned long cut = 0;
    size_t count = g->order.used;
    uint32_t *walks = calloc(count + 1, sizeof *walks);
    if (!walks) return PyErr_NoMemory();
    for (uint32_t number = 0; number < count; number++) {
        uint32_t at = number;
        while (!walks[at]) {
            walks[at] = number + 1;
            uint32_t above = g->parents.at[at] == NONE ? NONE : class_number(g, g->parents.at[at]);
            if (above == NONE) break;
            if (walks[above] == number + 1) { g->parents.at[at] = NONE; cut++; break; }
            at = above;
        }
    }
    free(walks);
    g->object = text_find(&g->types, "Ljava/lang/Object;", 18);
    g->constructor = text_find(&g->names, "<init>", 6);
    g->initialiser = text_find(&g->names, "<clinit>", 8);
    for (size_t i = 0; i < g->exact_count; i++) {
        g->exact[i].type = text_find(&g->types, g->exact[i].class_, strlen(g->exact[i].class_));
        g->exact[i].number = text_find(&g->names, g->exact[i].name, strlen(g->exact[i].name));
        if (g->exact[i].number == NONE) g->exact[i].type = NONE;
    }
    return PyLong_FromUnsignedLong(cut);
}

static PyObject *bytes_of(const Texts *t, uint32_t number) {
    return PyBytes_FromStringAndSize(text_at(t, number), (Py_ssize_t)text_length(t, number));
}

static PyObject *graph_type_of(PyObject *self, PyObject *args) {
    Graph *g = (Graph *)self;
    const char *text; Py_ssize_t length;
    if (!PyArg_ParseTuple(args, "y#", &text, &length)) return NULL;
    uint32_t type = text_find(&g->types, text, (size_t)length);
    return PyLong_FromUnsignedLong(type != NONE && class_number(g, type) != NONE ? type : NONE);
}

static PyObject *graph_classes(PyObject *self, PyObject *unused) {
    Graph *g = (Graph *)self;
    (void)unused;
    PyObject *list = PyList_New((Py_ssize_t)g->order.used);
    for (size_t i = 0; list && i < g->order.used; i++) {
        PyObject *name = bytes_of(&g->types, g->order.at[i]);
        if (!name || PyList_SetItem(list, (Py_ssize_t)i, name) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *graph_parent(PyObject *self, PyObject *args) {
    Graph *g = (Graph *)self;
    unsigned long type;
    if (!PyArg_ParseTuple(args, "k", &type)) return NULL;
    uint32_t number = type < NONE ? class_number(g, (uint32_t)type) : NONE;
    return PyLong_FromUnsignedLong(number == NONE ? NONE : g->parents.at[number]);
}

static PyObject *graph_methods(PyObject *self, PyObject *args) {
    Graph *g = (Graph *)self;
    unsigned long type;
    if (!PyArg_ParseTuple(args, "k", &type)) return NULL;
    uint32_t number = type < NONE ? class_number(g, (uint32_t)type) : NONE;
    PyObject *list = PyList_New(0);
    if (!list || number == NONE) return list;
    for (size_t i = g->defined_starts.at[number], end = range_end(&g->defined_starts, &g->defined, number); i < end; i++) {
        uint32_t method = g->defined.at[i], signature = g->ref_signatures.at[method];
        if (!(g->flags.at[method] & 2)) continue;
        PyObject *item = Py_BuildValue("kNN", (unsigned long)method, bytes_of(&g->names, g->signature_names.at[signature]),
                                       bytes_of(&g->protos, g->signature_protos.at[signature]));
        if (!item || PyList_Append(list, item) < 0) { Py_XDECREF(item); Py_DECREF(list); return NULL; }
        Py_DECREF(item);
    }
    return list;
}

static PyObject *graph_method(PyObject *self, PyObject *args) {
    Graph *g = (Graph *)self;
    const char *class_, *name, *proto; Py_ssize_t class_length, name_length, proto_length;
    if (!PyArg_ParseTuple(args, "y#y#y#", &class_, &class_length, &name, &name_length, &proto, &proto_length)) return NULL;
    uint32_t type = text_find(&g->types, class_, (size_t)class_length), found = NONE;
    uint32_t name_number = text_find(&g->names, name, (size_t)name_length);
    uint32_t proto_number = text_find(&g->protos, proto, (size_t)proto_length);
    if (type != NONE && name_number != NONE && proto_number != NONE) {
        uint32_t signature = map_get(&g->signatures, (uint64_t)name_number << 32 | proto_number);
        if (signature != NONE) found = map_get(&g->refs, (uint64_t)type << 32 | signature);
        if (found != NONE && !g->flags.at[found]) found = NONE;
    }
    return PyLong_FromUnsignedLong(found);
}

static PyObject *graph_name(PyObject *self, PyObject *args) {
    Graph *g = (Graph *)self;
    unsigned long method;
    if (!PyArg_ParseTuple(args, "k", &method)) return NULL;
    if (method >= g->ref_types.used) { PyErr_SetString(PyExc_IndexError, "no such method"); return NULL; }
    uint32_t signature = g->ref_signatures.at[method];
    return Py_BuildValue("NNN", bytes_of(&g->types, g->ref_types.at[method]), bytes_of(&g->names, g->signature_names.at[signature]),
                         bytes_of(&g->protos, g->signature_protos.at[signature]));
}

static PyObject *graph_entered(PyObject *self, PyObject *args) {
    Graph *g = (Graph *)self;
    unsigned long method;
    if (!PyArg_ParseTuple(args, "k", &method)) return NULL;
    if (method >= g->ref_types.used) { PyErr_SetString(PyExc_IndexError, "no such method"); return NULL; }
    return PyLong_FromUnsignedLong(g->entered.at[method]);
}

static PyObject *graph_asked(PyObject *self, PyObject *args) {
    Graph *g = (Graph *)self;
    unsigned int type;
    if (!PyArg_ParseTuple(args, "I", &type)) return NULL;
    PyObject *names = PySet_New(NULL), *list;
    if (!names) return NULL;
    if (class_number(g, type) != NONE) {
        GUARDED(g, Py_DECREF(names))
        ancestors(g, type);
        for (size_t i = 0; i < g->found.used; i++) {
            if (class_number(g, g->found.at[i]) != NONE) continue;
            for (size_t k = 0; k < g->exact_count; k++) {
                if (g->exact[k].type != g->found.at[i] || g->exact[k].number == NONE) continue;
                PyObject *name = bytes_of(&g->names, g->exact[k].number);
                int added = name ? PySet_Add(names, name) : -1;
                Py_XDECREF(name);
                if (added < 0) { Py_DECREF(names); return NULL; }
            }
        }
    }
    list = PySequence_List(names);
    Py_DECREF(names);
    if (list && PyList_Sort(list) < 0) Py_CLEAR(list);
    return list;
}

static PyObject *graph_heirs(PyObject *self, PyObject *args) {
    Graph *g = (Graph *)self;
    const char *text; Py_ssize_t length;
    if (!PyArg_ParseTuple(args, "y#", &text, &length)) return NULL;
    PyObject *list = PyList_New(0);
    uint32_t above = text_find(&g->types, text, (size_t)length);
    if (!list || above == NONE) return list;
    /* every class below every type, as linked lists; then breadth first from the one asked for */
    uint32_t *volatile first = NULL;
    Words items = {0}, next = {0}, queue = {0};
    Words *volatile lists[] = {&items, &next, &queue};
    GUARDED(g, free(first); for (int i = 0; i < 3; i++) free(lists[i]->at); Py_DECREF(list))
    first = blank(g, g->types.starts.used * sizeof(uint32_t), 0xff);
    for (uint32_t number = 0; number < g->order.used; number++) {
        for (size_t k = g->interface_starts.at[number], end = range_end(&g->interface_starts, &g->interfaces, number); k <= end; k++) {
            uint32_t one = k < end ? g->interfaces.at[k] : g->parents.at[number];
            if (one == NONE) continue;
            push(g, &items, g->order.at[number]);
            push(g, &next, first[one]);
            first[one] = (uint32_t)items.used - 1;
        }
    }
    uint32_t stamp = fresh_stamp(g);
    g->stamps[above] = stamp;
    push(g, &queue, above);
    for (size_t i = 0; i < queue.used; i++)
        for (uint32_t item = first[queue.at[i]]; item != NONE; item = next.at[item])
            if (g->stamps[items.at[item]] != stamp) { g->stamps[items.at[item]] = stamp; push(g, &queue, items.at[item]); }
    for (size_t i = 0; list && i < g->order.used; i++) {
        uint32_t type = g->order.at[i];
        if (type == above || g->stamps[type] != stamp) continue;
        PyObject *number = PyLong_FromUnsignedLong(type);
        if (!number || PyList_Append(list, number) < 0) Py_CLEAR(list);
        Py_XDECREF(number);
    }
    free(first); free(items.at); free(next.at); free(queue.at);
    return list;
}

static PyObject *graph_uses(PyObject *self, PyObject *unused) {
    Graph *g = (Graph *)self;
    (void)unused;
    size_t count = g->order.used;
    Words pairs = {0};
    Words *volatile kept = &pairs;
    uint32_t *stamps = calloc(count + 1, sizeof *stamps);
    if (!stamps) return PyErr_NoMemory();
    GUARDED(g, free(stamps); free(kept->at))
    for (uint32_t number = 0; number < count; number++)
        for (size_t i = g->defined_starts.at[number], end = range_end(&g->defined_starts, &g->defined, number); i < end; i++) {
            uint32_t method = g->defined.at[i];
            for (size_t k = g->edge_starts.at[method]; k < g->edge_ends.at[method]; k++) {
                uint32_t kind = g->edges.at[k] & 15, target = g->edges.at[k] >> 4;
                if (kind == NAME) continue;
                uint32_t other = class_number(g, kind <= VIRTUAL ? g->ref_types.at[target] : target);
                if (other == NONE || other == number || stamps[other] == number + 1) continue;
                stamps[other] = number + 1;
                push(g, &pairs, number);
                push(g, &pairs, other);
            }
        }
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)pairs.at, (Py_ssize_t)(pairs.used * sizeof(uint32_t)));
    free(stamps);
    free(pairs.at);
    return bytes;
}

static PyObject *graph_callers(PyObject *self, PyObject *args) {
    Graph *g = (Graph *)self;
    Py_buffer asked;
    if (!PyArg_ParseTuple(args, "y*", &asked)) return NULL;
    uint8_t *volatile wanted = NULL;
    Words pairs = {0};
    Words *volatile list = &pairs;
    GUARDED(g, free(wanted); free(list->at); PyBuffer_Release(&asked))
    uint32_t methods = (uint32_t)g->ref_types.used;
    wanted = blank(g, methods, 0);
    for (size_t i = 0; i < (size_t)asked.len / 4; i++) {
        uint32_t method = ((const uint32_t *)asked.buf)[i];
        if (method < methods) wanted[method] = 1;
    }
    for (uint32_t method = 0; method < methods; method++)
        for (size_t i = g->edge_starts.at[method]; i < g->edge_ends.at[method]; i++) {
            uint32_t target = g->edges.at[i] >> 4;
            if ((g->edges.at[i] & 15) == STATIC && wanted[target]) { push(g, &pairs, target); push(g, &pairs, method); }
        }
    PyObject *result = PyBytes_FromStringAndSize((const char *)pairs.at, (Py_ssize_t)(pairs.used * sizeof(uint32_t)));
    free(wanted);
    free(pairs.at);
    PyBuffer_Release(&asked);
    return result;
}

static PyObject *graph_size(PyObject *self, PyObject *unused) {
    Graph *g = (Graph *)self;
    (void)unused;
    return PyLong_FromSize_t(g->edges.used + g->defined.used + g->order.used);
}

static World *world_new(Graph *g, const World *base) {
    size_t types = g->types.starts.used;
    World *worlds = resized(g, g->worlds, (g->world_count + 1) * sizeof *worlds);
    g->worlds = worlds;
    World *w = &worlds[g->world_count];
    memset(w, 0, sizeof *w);
    g->world_count++;
    w->made = blank(g, types, 0);
    w->first = blank(g, types * sizeof(uint32_t), 0xff);
    w->last = blank(g, types * sizeof(uint32_t), 0xff);
    if (base) {
        memcpy(w->made, base->made, types);
        memcpy(w->first, base->first, types * sizeof(uint32_t));
        memcpy(w->last, base->last, types * sizeof(uint32_t));
        for (size_t i = 0; i < base->items.used; i++) { push(g, &w->items, base->items.at[i]); push(g, &w->next, base->next.at[i]); }
    }
    return w;
}

static PyObject *graph_grow(PyObject *self, PyObject *args) {
    Graph *g = (Graph *)self;
    Py_buffer roots, made, held;
    int in_use, base;
    unsigned long long steps;
    if (!PyArg_ParseTuple(args, "y*y*y*piK", &roots, &made, &held, &in_use, &base, &steps)) return NULL;
    Run *r = calloc(1, sizeof *r);
    if (!r) goto out;
    if (g->broken || setjmp(g->failed)) { g->broken = 1; run_free(r); free(r); r = NULL; goto out; }
    r->g = g; r->in_use = in_use; r->growing = 1; r->steps = steps;
    World before = {0};
    int known = base >= 0 && (size_t)base < g->world_count;
    if (known) before = g->worlds[base]; /* a copy: the list of worlds may move */
    r->world = world_new(g, known ? &before : NULL);
    run_start(r, roots.buf, (size_t)roots.len / 4, made.buf, (size_t)made.len / 4, held.buf, (size_t)held.len / 4);
out:
    PyBuffer_Release(&roots); PyBuffer_Release(&made); PyBuffer_Release(&held);
    if (!r) return PyErr_NoMemory();
    PyObject *result = Py_BuildValue("nO", (Py_ssize_t)g->world_count - 1, r->exhausted ? Py_True : Py_False);
    run_free(r);
    free(r);
    return result;
}

static PyObject *graph_search(PyObject *self, PyObject *args) {
    Graph *g = (Graph *)self;
    Py_buffer roots, held;
    int in_use, world;
    unsigned long long steps;
    if (!PyArg_ParseTuple(args, "iy*y*pK", &world, &roots, &held, &in_use, &steps)) return NULL;
    uint8_t *volatile classes = NULL;
    Run *r = calloc(1, sizeof *r);
    if (!r) goto out;
    if (g->broken || setjmp(g->failed)) { g->broken = 1; run_free(r); free(r); r = NULL; goto out; }
    if (world < 0 || (size_t)world >= g->world_count) {
        free(r);
        PyBuffer_Release(&roots); PyBuffer_Release(&held);
        PyErr_SetString(PyExc_IndexError, "no such world");
        return NULL;
    }
    r->g = g; r->in_use = in_use; r->steps = steps; r->world = &g->worlds[world];
    run_start(r, roots.buf, (size_t)roots.len / 4, NULL, 0, held.buf, (size_t)held.len / 4);
    classes = blank(g, g->order.used, 0);
    for (uint32_t number = 0; number < g->order.used; number++)
        for (size_t i = g->defined_starts.at[number], end = range_end(&g->defined_starts, &g->defined, number); i < end; i++)
            if (r->parents[g->defined.at[i]] != NONE) { classes[number] = 1; break; }
out:
    PyBuffer_Release(&roots); PyBuffer_Release(&held);
    if (!r) { free(classes); return PyErr_NoMemory(); }
    PyObject *result = Py_BuildValue("y#y#y#O", (const char *)r->parents, (Py_ssize_t)(g->ref_types.used * sizeof(uint32_t)),
                                     (const char *)r->how, (Py_ssize_t)g->ref_types.used, (const char *)classes,
                                     (Py_ssize_t)g->order.used, r->exhausted ? Py_True : Py_False);
    free(classes);
    run_free(r);
    free(r);
    return result;
}

static PyMethodDef graph_methods_table[] = {
    {"add", graph_add, METH_VARARGS, "add(data, header, budget) -> exhausted"},
    {"link", graph_link, METH_NOARGS, "link() -> classes that inherited from themselves"},
    {"type_of", graph_type_of, METH_VARARGS, "type_of(descriptor) -> number of a class of the build"},
    {"classes", graph_classes, METH_NOARGS, "classes() -> descriptors, in order of definition"},
    {"parent", graph_parent, METH_VARARGS, "parent(type) -> superclass"},
    {"methods", graph_methods, METH_VARARGS, "methods(type) -> [(number, name, descriptor)]"},
    {"method", graph_method, METH_VARARGS, "method(class, name, descriptor) -> number"},
    {"name", graph_name, METH_VARARGS, "name(method) -> (class, name, descriptor)"},
    {"entered", graph_entered, METH_VARARGS, "entered(method) -> when something outside enters it, 0 = never"},
    {"asked", graph_asked, METH_VARARGS, "asked(type) -> names of methods that exact rules say are called on it"},
    {"heirs", graph_heirs, METH_VARARGS, "heirs(descriptor) -> classes below it"},
    {"uses", graph_uses, METH_NOARGS, "uses() -> pairs of classes, as words"},
    {"callers", graph_callers, METH_VARARGS, "callers(methods) -> pairs of a method and one that calls it, as words"},
    {"size", graph_size, METH_NOARGS, "size() -> edges, methods and classes"},
    {"grow", graph_grow, METH_VARARGS, "grow(roots, made, held, in_use, base, steps) -> (world, exhausted)"},
    {"search", graph_search, METH_VARARGS, "search(world, roots, held, in_use, steps) -> (parents, how, classes, exhausted)"},
    {NULL, NULL, 0, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_new, graph_new}, {Py_tp_dealloc, graph_free}, {Py_tp_methods, graph_methods_table},
    {Py_tp_doc, "The call graph of a build; see auditor.extract.android.callgraph."}, {0, NULL}};
static PyType_Spec spec = {"auditor._native.dexwalk.CallGraph", sizeof(Graph), 0, Py_TPFLAGS_DEFAULT, slots};

PyObject *call_graph_type(void) { return PyType_FromSpec(&spec); }
