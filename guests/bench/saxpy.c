/* y += a * x and dot products over arrays in the first-level cache. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef REAL
#define REAL double
#define BITS uint64_t
#endif

enum { N = 1024, ROUNDS = 200000 };

static REAL x[N], y[N];

static __attribute__((noinline)) void axpy(REAL a)
{
    for (int i = 0; i < N; i++)
        y[i] += a * x[i];
}

static __attribute__((noinline)) REAL dot(void)
{
    REAL sum = 0;
    for (int i = 0; i < N; i++)
        sum += x[i] * y[i];
    return sum;
}

int main(void)
{
    uint64_t sum = 0;
    BITS bits;
    for (int i = 0; i < N; i++) {
        x[i] = (REAL)(i % 17 - 8) / 64;
        y[i] = (REAL)(i % 23) / 32;
    }
    for (int round = 0; round < ROUNDS; round++) {
        REAL d = dot();
        axpy(d > 0 ? (REAL)-0.0078125 : (REAL)0.00390625);
        memcpy(&bits, &d, sizeof bits);
        sum = sum * 31 + bits;
    }
    printf("saxpy %08x%08x\n", (unsigned)(sum >> 32), (unsigned)sum);
    return 0;
}
