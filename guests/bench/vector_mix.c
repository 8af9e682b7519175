/* Dot products, saxpy and an integer mix, four elements at a time. */
#include <stdio.h>
#include "vector.h"

enum { N = 4096, ROUNDS = 60000 };

static float x[N], y[N];
static uint32_t words[N];

static float dot(void)
{
    vf a = VF_SPLAT(0), b = VF_SPLAT(0);
    for (int i = 0; i < N; i += 8) {
        a = VF_MLA(a, VF_LOAD(x + i), VF_LOAD(y + i));
        b = VF_MLA(b, VF_LOAD(x + i + 4), VF_LOAD(y + i + 4));
    }
    a = VF_ADD(a, b);
    return vf_lane(a, 0) + vf_lane(a, 1) + (vf_lane(a, 2) + vf_lane(a, 3));
}

static void saxpy(float k)
{
    vf factor = VF_SPLAT(k);
    for (int i = 0; i < N; i += 4)
        VF_STORE(y + i, VF_MLA(VF_LOAD(y + i), factor, VF_LOAD(x + i)));
}

static void mix(uint32_t key)
{
    vu k = VU_SPLAT(key), odd = VU_SPLAT(2654435761u);
    for (int i = 0; i < N; i += 4) {
        vu w = VU_LOAD(words + i);
        w = VU_MUL(VU_ADD(w, k), odd);
        w = VU_XOR(w, VU_SHR(w, 15));
        w = VU_ADD(w, VU_SHL(w, 7));
        VU_STORE(words + i, VU_XOR(w, VU_SHR(w, 13)));
    }
}

int main(void)
{
    uint32_t seed = 1, bits, sum = 0;
    float total = 0;
    for (int i = 0; i < N; i++) {
        seed = seed * 1103515245 + 12345;
        x[i] = (float)(int32_t)(seed >> 16) / 65536 - 0.25f;
        y[i] = 1 - x[i];
        words[i] = seed;
    }
    for (int round = 0; round < ROUNDS; round++) {
        total = total * 0.5f + dot();
        saxpy(round & 1 ? 0.001f : -0.001f);
        mix((uint32_t)round);
    }
    for (int i = 0; i < N; i++)
        sum = sum * 31 + words[i];
    memcpy(&bits, &total, sizeof bits);
    printf("vector_mix %08x %08x\n", (unsigned)bits, (unsigned)sum);
    return 0;
}
