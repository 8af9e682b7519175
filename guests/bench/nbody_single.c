/* As nbody.c in single precision. */
#include <stdint.h>
#define REAL float
#define BITS uint32_t
#define SQRT sqrtf
#include "nbody.c"
