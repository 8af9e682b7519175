/* Fast Fourier transforms, four butterflies at a time. */
#include <stdio.h>
#include "vector.h"

enum { LOG = 11, N = 1 << LOG, ROUNDS = 9600 };

static float re[N], im[N], cosine[N], sine[N];

/* The factors of each length stand together, from `length / 2` on. */
static void twiddle(void)
{
    /* cos and sin of 2 pi / N, correctly rounded for N = 2048. */
    double c1 = 0.9999952938095762, s1 = 0.003067956762965976, c = 1, s = 0;
    for (int i = 0; i < N / 2; i++) {
        for (int len = 2; len <= N; len <<= 1)
            if (i % (N / len) == 0) {
                cosine[len / 2 + i / (N / len)] = (float)c;
                sine[len / 2 + i / (N / len)] = (float)s;
            }
        double t = c * c1 - s * s1;
        s = s * c1 + c * s1;
        c = t;
    }
}

static void swap(float *a, float *b)
{
    float t = *a;
    *a = *b;
    *b = t;
}

static void transform(float sign)
{
    for (int i = 1, j = 0; i < N; i++) {
        int bit = N >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            swap(re + i, re + j);
            swap(im + i, im + j);
        }
    }
    for (int len = 2; len <= 4; len <<= 1)
        for (int start = 0; start < N; start += len)
            for (int k = 0; k < len / 2; k++) {
                float c = cosine[len / 2 + k], s = sign * sine[len / 2 + k];
                int a = start + k, b = a + len / 2;
                float x = re[b] * c - im[b] * s, y = re[b] * s + im[b] * c;
                re[b] = re[a] - x;
                im[b] = im[a] - y;
                re[a] += x;
                im[a] += y;
            }
    vf direction = VF_SPLAT(sign);
    for (int len = 8; len <= N; len <<= 1)
        for (int start = 0; start < N; start += len)
            for (int k = 0; k < len / 2; k += 4) {
                int a = start + k, b = a + len / 2;
                vf c = VF_LOAD(cosine + len / 2 + k);
                vf s = VF_MUL(direction, VF_LOAD(sine + len / 2 + k));
                vf rb = VF_LOAD(re + b), ib = VF_LOAD(im + b);
                vf ra = VF_LOAD(re + a), ia = VF_LOAD(im + a);
                vf x = VF_MLS(VF_MUL(rb, c), ib, s), y = VF_MLA(VF_MUL(rb, s), ib, c);
                VF_STORE(re + b, VF_SUB(ra, x));
                VF_STORE(im + b, VF_SUB(ia, y));
                VF_STORE(re + a, VF_ADD(ra, x));
                VF_STORE(im + a, VF_ADD(ia, y));
            }
}

int main(void)
{
    uint32_t seed = 1, bits, sum = 0;
    twiddle();
    for (int i = 0; i < N; i++) {
        seed = seed * 1103515245 + 12345;
        re[i] = (float)(int32_t)(seed >> 8) / 4096;
    }
    vf scale = VF_SPLAT(1.0f / N);
    for (int round = 0; round < ROUNDS; round++) {
        transform(1);
        transform(-1);
        for (int i = 0; i < N; i += 4) {
            VF_STORE(re + i, VF_MUL(VF_LOAD(re + i), scale));
            VF_STORE(im + i, VF_MUL(VF_LOAD(im + i), scale));
        }
    }
    for (int i = 0; i < N; i++) {
        memcpy(&bits, &re[i], sizeof bits);
        sum = sum * 31 + bits;
    }
    printf("vector_fft %.3f %08x\n", (double)re[1], (unsigned)sum);
    return 0;
}
