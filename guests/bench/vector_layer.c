/* Two layers of a neural network: bytes with sums of words, then singles, each behind a
   rectifier. */
#include <stdio.h>
#include "vector.h"

enum { INPUTS = 512, HIDDEN = 256, OUTPUTS = 64, ROUNDS = 12000 };

static int8_t first[HIDDEN][INPUTS], input[INPUTS];
static float second[OUTPUTS][HIDDEN], hidden[HIDDEN], output[OUTPUTS];

/* The native compiler makes vectors of this by itself. */
static int32_t dot_bytes(const int8_t *a, const int8_t *b)
{
#ifdef __ARM_NEON
    int32x4_t sum = vdupq_n_s32(0);
    for (int i = 0; i < INPUTS; i += 16) {
        int8x16_t x = vld1q_s8(a + i), y = vld1q_s8(b + i);
        sum = vpadalq_s16(sum, vmull_s8(vget_low_s8(x), vget_low_s8(y)));
        sum = vpadalq_s16(sum, vmull_s8(vget_high_s8(x), vget_high_s8(y)));
    }
    int32x2_t half = vadd_s32(vget_low_s32(sum), vget_high_s32(sum));
    return vget_lane_s32(vpadd_s32(half, half), 0);
#else
    int32_t sum = 0;
    for (int i = 0; i < INPUTS; i++)
        sum += a[i] * b[i];
    return sum;
#endif
}

static float dot(const float *a, const float *b)
{
    vf p = VF_SPLAT(0), q = VF_SPLAT(0);
    for (int i = 0; i < HIDDEN; i += 8) {
        p = VF_MLA(p, VF_LOAD(a + i), VF_LOAD(b + i));
        q = VF_MLA(q, VF_LOAD(a + i + 4), VF_LOAD(b + i + 4));
    }
    p = VF_ADD(p, q);
    return vf_lane(p, 0) + vf_lane(p, 1) + (vf_lane(p, 2) + vf_lane(p, 3));
}

static void rectify(float *values, int count)
{
    for (int i = 0; i < count; i += 4)
        VF_STORE(values + i, vf_relu(VF_LOAD(values + i)));
}

int main(void)
{
    uint32_t seed = 1, bits, sum = 0;
    for (int i = 0; i < HIDDEN * INPUTS; i++) {
        seed = seed * 1103515245 + 12345;
        first[i / INPUTS][i % INPUTS] = (int8_t)(seed >> 24);
    }
    for (int i = 0; i < OUTPUTS * HIDDEN; i++) {
        seed = seed * 1103515245 + 12345;
        second[i / HIDDEN][i % HIDDEN] = (float)(int8_t)(seed >> 24) / 128;
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < INPUTS; i++) {
            seed = seed * 1103515245 + 12345;
            input[i] = (int8_t)(seed >> 24);
        }
        for (int i = 0; i < HIDDEN; i++)
            hidden[i] = (float)dot_bytes(first[i], input) / 16384;
        rectify(hidden, HIDDEN);
        for (int i = 0; i < OUTPUTS; i++)
            output[i] = dot(second[i], hidden);
        rectify(output, OUTPUTS);
        for (int i = 0; i < OUTPUTS; i++) {
            memcpy(&bits, &output[i], sizeof bits);
            sum = sum * 31 + bits;
        }
    }
    printf("vector_layer %08x\n", (unsigned)sum);
    return 0;
}
