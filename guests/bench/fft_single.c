/* As fft.c in single precision. */
#include <stdint.h>
#define REAL float
#define BITS uint32_t
#include "fft.c"
