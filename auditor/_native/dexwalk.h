/* How a DEX file is read, bounds-checked: what the parts of the C twin share. */
#ifndef AUDITOR_DEXWALK_H
#define AUDITOR_DEXWALK_H
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* length of each instruction in 16-bit code units */
static const uint8_t LENGTH[256] = {
    1,1,2,3,1,2,3,1,2,3,1,1,1,1,1,1,1,1,1,2,3,2,2,3,5,2,2,3,2,1,1,2,
    2,1,2,2,3,3,3,1,1,2,3,3,3,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,1,1,
    1,1,1,1,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,
    2,2,2,2,2,2,2,2,2,2,2,2,2,2,3,3,3,3,3,1,3,3,3,3,3,1,1,1,1,1,1,1,
    1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,
    2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,
    1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,
    2,2,2,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4,4,3,3,2,2};

static inline uint32_t read32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint32_t read16(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }

/* Whether a table lies inside the file; one of nothing does, wherever it is said to stand. */
static inline int is_inside(uint32_t table, uint32_t count, uint32_t width, uint64_t size) {
    return !count || (uint64_t)table + width * (uint64_t)count <= size;
}

static inline int uleb(const uint8_t **at, const uint8_t *end, uint32_t *out) {
    uint32_t value = 0;
    for (int shift = 0; shift <= 28; shift += 7) {
        if (*at >= end) return 0;
        uint8_t byte = *(*at)++;
        value |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80) { *out = value; return 1; }
    }
    return 0;
}

/* Length of what starts with a zero opcode and is no nop: the data of a switch or an array. */
static inline uint64_t payload_length(const uint8_t *insns, uint64_t at, uint64_t units) {
    uint32_t unit = read16(insns + 2 * at);
    if (unit == 0x0100 && at + 1 < units) return 4 + 2 * (uint64_t)read16(insns + 2 * at + 2);
    if (unit == 0x0200 && at + 1 < units) return 2 + 4 * (uint64_t)read16(insns + 2 * at + 2);
    if (unit == 0x0300 && at + 3 < units)
        return 4 + ((uint64_t)read32(insns + 2 * at + 4) * read16(insns + 2 * at + 2) + 1) / 2;
    return 1;
}

/* The call graph's type; NULL with an exception set where it cannot be made. */
PyObject *call_graph_type(void);

/* What dexnames.c and dexbody.c add to the module. */
extern PyMethodDef NAMES_METHODS[], BODY_METHODS[];

#endif
