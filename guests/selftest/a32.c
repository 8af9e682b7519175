/* The kernels as A32 code. */
#define ISA a32
#ifdef __arm__
#pragma GCC target("arm")
#endif
#include "kernels.h"
