/* Fast Fourier transforms, there and back: loads and stores at powers of two. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef REAL
#define REAL double
#define BITS uint64_t
#endif

enum { LOG = 11, N = 1 << LOG, ROUNDS = 1200 };

static REAL re[N], im[N], cosine[N / 2], sine[N / 2];

/* Twiddle factors by halving angles: no library function decides the last bit. */
static void twiddle(void)
{
    /* cos and sin of 2 pi / N, correctly rounded for N = 2048. */
    double c1 = 0.9999952938095762, s1 = 0.003067956762965976, c = 1, s = 0;
    for (int i = 0; i < N / 2; i++) {
        cosine[i] = (REAL)c;
        sine[i] = (REAL)s;
        double t = c * c1 - s * s1;
        s = s * c1 + c * s1;
        c = t;
    }
}

static void transform(REAL sign)
{
    for (int i = 1, j = 0; i < N; i++) {
        int bit = N >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            REAL t = re[i];
            re[i] = re[j];
            re[j] = t;
            t = im[i];
            im[i] = im[j];
            im[j] = t;
        }
    }
    for (int len = 2; len <= N; len <<= 1)
        for (int start = 0; start < N; start += len)
            for (int k = 0; k < len / 2; k++) {
                REAL c = cosine[k * (N / len)], s = sign * sine[k * (N / len)];
                int a = start + k, b = a + len / 2;
                REAL x = re[b] * c - im[b] * s, y = re[b] * s + im[b] * c;
                re[b] = re[a] - x;
                im[b] = im[a] - y;
                re[a] += x;
                im[a] += y;
            }
}

int main(void)
{
    uint64_t sum = 0;
    uint32_t seed = 1;
    BITS bits;
    twiddle();
    for (int i = 0; i < N; i++) {
        seed = seed * 1103515245 + 12345;
        re[i] = (REAL)(int32_t)(seed >> 8) / 4096;
    }
    for (int round = 0; round < ROUNDS; round++) {
        transform(1);
        transform(-1);
        for (int i = 0; i < N; i++) {
            re[i] /= N;
            im[i] /= N;
        }
    }
    for (int i = 0; i < N; i++) {
        memcpy(&bits, &re[i], sizeof bits);
        sum = sum * 31 + bits;
    }
    printf("fft %.3f %08x%08x\n", (double)re[1], (unsigned)(sum >> 32), (unsigned)sum);
    return 0;
}
