/* Integer matrix product: nested loops, multiply and accumulate. */
#include <stdint.h>
#include <stdio.h>

enum { N = 256, ROUNDS = 60 };

static int32_t a[N][N], b[N][N], c[N][N];

static __attribute__((noinline)) void multiply(void)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            uint32_t sum = 0;
            for (int k = 0; k < N; k++)
                sum += (uint32_t)a[i][k] * (uint32_t)b[k][j];
            c[i][j] = (int32_t)sum;
        }
}

int main(void)
{
    uint32_t sum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = i * 3 - j;
            b[i][j] = j * 5 + i;
        }
    for (int r = 0; r < ROUNDS; r++) {
        multiply();
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                sum = (sum << 3 | sum >> 29) ^ (uint32_t)c[i][j];
                a[i][j] = c[j][i] >> 8;
            }
    }
    printf("matrix %08x\n", (unsigned)sum);
    return 0;
}
