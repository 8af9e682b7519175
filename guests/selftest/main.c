/* The program that dbt-user runs when none is named: it says what it is, does real work
 * in both instruction sets, checks every answer and prints how fast it was. */
#include "system.h"

u32 workspace[262144];

const u32 sha_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static char line[128];
static int used;

static void text(const char *s)
{
    while (*s)
        line[used++] = *s++;
}

static void pad(int column)
{
    while (used < column)
        line[used++] = ' ';
}

static void number(u32 n, u32 base, int column)
{
    char digits[12];
    int count = 0;
    do
        digits[count++] = "0123456789abcdef"[n % base];
    while (n /= base);
    pad(column - count);
    while (count)
        line[used++] = digits[--count];
}

/* Milliseconds with one digit behind the point. */
static void time(u64 us, int column)
{
    u32 tenths = (u32)((us + 50) / 100);
    number(tenths / 10, 10, column - 2);
    text(".");
    number(tenths % 10, 10, 0);
}

static void flush(void)
{
    line[used++] = '\n';
    put(line, used);
    used = 0;
}

static u64 run(const struct kernel *kernel, int *failed)
{
    u64 start = microseconds();
    u32 answer = kernel->run();
    u64 taken = microseconds() - start;
    if (answer != kernel->expected) {
        text("  FAILED: ");
        text(kernel->name);
        text(" gave 0x");
        number(answer, 16, 0);
        text(", expected 0x");
        number(kernel->expected, 16, 0);
        flush();
        ++*failed;
    }
    return taken;
}

int selftest(void)
{
    u64 a32_total = 0, t32_total = 0;
    int failed = 0;
    text("dbt self-test: an ARMv7-A Linux program, every kernel once as A32 and once as T32 code");
    flush();
    text("  kernel");
    pad(38);
    text("A32 ms    T32 ms");
    flush();
    for (int i = 0; i < KERNELS; i++) {
        u64 a32 = run(&a32_kernels[i], &failed);
        u64 t32 = run(&t32_kernels[i], &failed);
        a32_total += a32;
        t32_total += t32;
        text("  ");
        text(a32_kernels[i].name);
        time(a32, 44);
        time(t32, 54);
        flush();
    }
    text("  total");
    time(a32_total, 44);
    time(t32_total, 54);
    flush();
    if (failed) {
        number(failed, 10, 0);
        text(" of ");
        number(2 * KERNELS, 10, 0);
        text(" checks FAILED");
    } else {
        text("all ");
        number(2 * KERNELS, 10, 0);
        text(" checks passed");
    }
    flush();
    return failed != 0;
}
