/* As mandelbrot.c in single precision. */
#define REAL float
#include "mandelbrot.c"
