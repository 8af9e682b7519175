/* Vectors of four singles or words: NEON's on the guest, the compiler's elsewhere. What
   is computed, and how it is rounded, is the same. */
#include <stdint.h>
#include <string.h>

#ifdef __ARM_NEON
#include <arm_neon.h>

typedef float32x4_t vf;
typedef int32x4_t vi;
typedef uint32x4_t vu;

#define VF_LOAD(p) vld1q_f32(p)
#define VF_STORE(p, a) vst1q_f32(p, a)
#define VF_SPLAT(x) vdupq_n_f32(x)
#define VF_ADD(a, b) vaddq_f32(a, b)
#define VF_SUB(a, b) vsubq_f32(a, b)
#define VF_MUL(a, b) vmulq_f32(a, b)
/* a + b * c and a - b * c, rounded twice. */
#define VF_MLA(a, b, c) vmlaq_f32(a, b, c)
#define VF_MLS(a, b, c) vmlsq_f32(a, b, c)
#define VU_LOAD(p) vld1q_u32(p)
#define VU_STORE(p, a) vst1q_u32(p, a)
#define VU_SPLAT(x) vdupq_n_u32(x)
#define VU_ADD(a, b) vaddq_u32(a, b)
#define VU_MUL(a, b) vmulq_u32(a, b)
#define VU_XOR(a, b) veorq_u32(a, b)
#define VU_SHL(a, n) vshlq_n_u32(a, n)
#define VU_SHR(a, n) vshrq_n_u32(a, n)

/* The larger of each and zero. */
static inline vf vf_relu(vf a) { return vmaxq_f32(a, vdupq_n_f32(0)); }
static inline float vf_lane(vf a, int n)
{
    float lanes[4];
    vst1q_f32(lanes, a);
    return lanes[n];
}
#else
typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
typedef uint32_t vu __attribute__((vector_size(16)));

static inline vf vf_load(const float *p)
{
    vf a;
    memcpy(&a, p, sizeof a);
    return a;
}
static inline vu vu_load(const uint32_t *p)
{
    vu a;
    memcpy(&a, p, sizeof a);
    return a;
}
#define VF_LOAD(p) vf_load(p)
static inline void vf_store(float *p, vf a) { memcpy(p, &a, sizeof a); }
static inline void vu_store(uint32_t *p, vu a) { memcpy(p, &a, sizeof a); }
#define VF_STORE(p, a) vf_store(p, a)
#define VF_SPLAT(x) ((vf){(x), (x), (x), (x)})
#define VF_ADD(a, b) ((a) + (b))
#define VF_SUB(a, b) ((a) - (b))
#define VF_MUL(a, b) ((a) * (b))
#define VF_MLA(a, b, c) ((a) + (b) * (c))
#define VF_MLS(a, b, c) ((a) - (b) * (c))
#define VU_LOAD(p) vu_load(p)
#define VU_STORE(p, a) vu_store(p, a)
#define VU_SPLAT(x) ((vu){(x), (x), (x), (x)})
#define VU_ADD(a, b) ((a) + (b))
#define VU_MUL(a, b) ((a) * (b))
#define VU_XOR(a, b) ((a) ^ (b))
#define VU_SHL(a, n) ((a) << (n))
#define VU_SHR(a, n) ((a) >> (n))

static inline vf vf_relu(vf a) { return (vf)((vi)a & (a > 0)); }
static inline float vf_lane(vf a, int n) { return a[n]; }
#endif
