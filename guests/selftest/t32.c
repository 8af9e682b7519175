/* The kernels as T32 code. */
#define ISA t32
#ifdef __arm__
#pragma GCC target("thumb")
#endif
#include "kernels.h"
