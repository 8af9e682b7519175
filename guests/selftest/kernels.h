/* The work, compiled twice: a32.c makes it A32 code, t32.c makes it T32 code.
 * Each function returns a number that main.c compares with a known answer. */
#include "selftest.h"

#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)
#define K(name) JOIN(ISA, name)

static u32 rotr(u32 x, int n) { return x >> n | x << (32 - n); }

/* SHA-256 (FIPS 180-4) of a million letters 'a', a standard test vector. */
static void sha_block(u32 h[8], const u8 *p)
{
    u32 w[64], s[8];
    for (int i = 0; i < 16; i++, p += 4)
        w[i] = (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
    for (int i = 16; i < 64; i++) {
        u32 a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotr(a, 7) ^ rotr(a, 18) ^ a >> 3)
             + (rotr(b, 17) ^ rotr(b, 19) ^ b >> 10);
    }
    for (int i = 0; i < 8; i++)
        s[i] = h[i];
    for (int i = 0; i < 64; i++) {
        u32 a = s[0], e = s[4];
        u32 t1 = s[7] + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25))
               + ((e & s[5]) ^ (~e & s[6])) + sha_constants[i] + w[i];
        u32 t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22))
               + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        for (int j = 7; j > 0; j--)
            s[j] = s[j - 1];
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        h[i] += s[i];
}

static u32 K(sha256)(void)
{
    u32 h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    u8 block[64];
    for (int i = 0; i < 64; i++)
        block[i] = 'a';
    for (int i = 0; i < 1000000 / 64; i++)
        sha_block(h, block);
    /* 1,000,000 is a multiple of 64, so the last block is padding and length. */
    for (int i = 0; i < 64; i++)
        block[i] = 0;
    block[0] = 0x80;
    block[61] = 8000000 >> 16 & 255;
    block[62] = 8000000 >> 8 & 255;
    block[63] = 8000000 & 255;
    sha_block(h, block);
    static const u32 known[8] = { 0xcdc76e5c, 0x9914fb92, 0x81a1c7e2, 0x84d73e67,
                                  0xf1809a48, 0xa497200e, 0x046d39cc, 0xc7112cd0 };
    for (int i = 0; i < 8; i++)
        if (h[i] != known[i])
            return 0;
    return h[0];
}

/* CRC-32 of the same million letters, by table. */
static u32 K(crc32)(void)
{
    u32 table[256], crc = ~0u;
    for (u32 i = 0; i < 256; i++) {
        u32 c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
        table[i] = c;
    }
    for (int i = 0; i < 1000000; i++)
        crc = table[(crc ^ 'a') & 255] ^ crc >> 8;
    return ~crc;
}

/* Quicksort with a comparator behind a pointer. */
static int compare(const void *a, const void *b)
{
    u32 x = *(const u32 *)a, y = *(const u32 *)b;
    return x < y ? -1 : x > y;
}

static void sort(u32 *a, int n, int (*cmp)(const void *, const void *))
{
    while (n > 1) {
        u32 pivot = a[n / 2];
        int i = 0, j = n - 1;
        while (i <= j) {
            while (cmp(&a[i], &pivot) < 0)
                i++;
            while (cmp(&a[j], &pivot) > 0)
                j--;
            if (i <= j) {
                u32 t = a[i];
                a[i++] = a[j];
                a[j--] = t;
            }
        }
        /* The smaller part by recursion, the larger by iteration. */
        if (j + 1 < n - i) {
            sort(a, j + 1, cmp);
            a += i;
            n -= i;
        } else {
            sort(a + i, n - i, cmp);
            n = j + 1;
        }
    }
}

static u32 K(sort)(void)
{
    u32 *a = workspace, x = 1, sum = 0;
    for (int i = 0; i < 100000; i++)
        a[i] = x = x * 1664525 + 1013904223;
    sort(a, 100000, compare);
    for (int i = 1; i < 100000; i++) {
        if (a[i - 1] > a[i])
            return 0;
        sum = sum * 31 + a[i];
    }
    return sum;
}

/* Integer matrix product. */
static u32 K(matrix)(void)
{
    enum { N = 112 };
    u32 *a = workspace, *b = a + N * N, *c = b + N * N, sum = 0;
    for (u32 i = 0; i < N * N; i++) {
        a[i] = i * 7 + 3;
        b[i] = i * 5 + 1;
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            u32 dot = 0;
            for (int k = 0; k < N; k++)
                dot += a[i * N + k] * b[k * N + j];
            c[i * N + j] = dot;
        }
    for (int i = 0; i < N * N; i++)
        sum = sum * 33 ^ c[i];
    return sum;
}

/* The sieve of Eratosthenes: there are 78498 primes below a million. */
static u32 K(primes)(void)
{
    u8 *composite = (u8 *)workspace;
    u32 count = 0;
    for (u32 i = 0; i < 1000000; i++)
        composite[i] = 0;
    for (u32 i = 2; i < 1000000; i++) {
        if (composite[i])
            continue;
        count++;
        if (i < 1000)
            for (u32 j = i * i; j < 1000000; j += i)
                composite[j] = 1;
    }
    return count;
}

/* A small machine whose program looks for the longest Collatz chain that starts below
 * 6000: it starts at 3711 and has 238 numbers. */
enum { SET, MOV, INC, HALF, TRIPLE, ODD, LESS, JUMP, WHEN, STOP };

static u32 K(interpreter)(void)
{
    /* r0 start, r1 number, r2 length, r3 longest, r4 its start, r5 condition, r6 limit, r7 one */
    static const u8 program[] = {
        /*  0 */ SET, 0, 1,     SET, 7, 1,
        /*  6 */ MOV, 1, 0,     SET, 2, 1,                      /* next start */
        /* 12 */ LESS, 7, 1,    WHEN, 27, 0,                    /* while 1 < number */
        /* 18 */ LESS, 3, 2,    WHEN, 48, 0,    JUMP, 54, 0,    /* a record? */
        /* 27 */ INC, 2, 0,     ODD, 1, 0,      WHEN, 42, 0,
        /* 36 */ HALF, 1, 0,    JUMP, 12, 0,
        /* 42 */ TRIPLE, 1, 0,  JUMP, 12, 0,
        /* 48 */ MOV, 3, 2,     MOV, 4, 0,
        /* 54 */ INC, 0, 0,     LESS, 0, 6,     WHEN, 6, 0,
        /* 63 */ STOP, 0, 0,
    };
    u32 r[8] = { 0, 0, 0, 0, 0, 0, 6000, 0 };
    const u8 *p = program;
    for (;;) {
        u32 a = p[1], b = p[2];
        p += 3;
        switch (p[-3]) {
        case SET: r[a] = b; break;
        case MOV: r[a] = r[b]; break;
        case INC: r[a]++; break;
        case HALF: r[a] >>= 1; break;
        case TRIPLE: r[a] = r[a] * 3 + 1; break;
        case ODD: r[5] = r[a] & 1; break;
        case LESS: r[5] = r[a] < r[b]; break;
        case JUMP: p = program + a; break;
        case WHEN: if (r[5]) p = program + a; break;
        default: return r[4] << 16 | r[3];
        }
    }
}

/* Recursion: the 29th Fibonacci number is 514229. */
static __attribute__((noinline)) u32 fib(u32 n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static u32 K(recursion)(void)
{
    return fib(29);
}

/* A walk along a cycle of pointers that visits all of 64 Ki nodes. */
static u32 K(pointers)(void)
{
    enum { N = 65536 };
    struct node { struct node *next; u32 value; } *nodes = (struct node *)workspace;
    u32 at = 0, sum = 0;
    for (u32 i = 0; i < N; i++) {
        /* A full-period generator modulo N makes the cycle. */
        u32 to = (at * 5 + 12345) % N;
        nodes[at].next = &nodes[to];
        nodes[at].value = i;
        at = to;
    }
    struct node *n = nodes;
    for (u32 i = 0; i < 16 * N; i++, n = n->next)
        sum = (sum << 5 | sum >> 27) + n->value;
    return n == nodes ? sum : 0;
}

/* Copies of bytes and words, with every alignment. */
static u32 K(copies)(void)
{
    u8 *from = (u8 *)workspace, *to = from + 70000;
    u32 sum = 0;
    for (u32 i = 0; i < 65536; i++)
        from[i] = i * 7 >> 3;
    for (int round = 0; round < 128; round++) {
        memcpy(to + (round & 3), from + (round >> 2 & 3), 65000);
        for (u32 i = 0; i < 65000; i += 13)
            sum = sum * 31 + to[i + (round & 3)];
    }
    return sum;
}

/* 64-bit arithmetic: a Fermat test of the prime 2^61 - 1 by shifts and long products. */
static u64 mulmod(u64 a, u64 b)
{
    const u64 m = (1ull << 61) - 1;
    u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
    u64 mid = al * bh + ah * bl, low = al * bl;
    /* 2^61 = 1, so 2^64 = 8 and 2^32 x = (x mod 2^29) 2^32 + (x / 2^29). */
    u64 sum = (low & m) + (low >> 61) + ((mid & 0x1fffffff) << 32) + (mid >> 29) + ah * bh * 8;
    while (sum >= m)
        sum = (sum & m) + (sum >> 61) == m ? 0 : (sum & m) + (sum >> 61);
    return sum;
}

static u32 K(fermat)(void)
{
    const u64 m = (1ull << 61) - 1;
    u32 passed = 0;
    for (u64 base = 2; base < 3002; base++) {
        u64 power = 1, square = base;
        for (u64 e = m - 1; e; e >>= 1) {
            if (e & 1)
                power = mulmod(power, square);
            square = mulmod(square, square);
        }
        passed += power == 1;
    }
    return passed;
}

/* Floating point: points of the Mandelbrot set on a grid, in doubles. */
static u32 K(mandelbrot)(void)
{
    u32 inside = 0, steps = 0;
    for (int row = 0; row < 96; row++)
        for (int column = 0; column < 128; column++) {
            double cx = column * (3.0 / 128) - 2.25, cy = row * (2.5 / 96) - 1.25;
            double x = 0, y = 0;
            int i = 0;
            for (; i < 100 && x * x + y * y <= 4; i++) {
                double t = x * x - y * y + cx;
                y = 2 * x * y + cy;
                x = t;
            }
            inside += i == 100;
            steps += i;
        }
    return inside << 20 ^ steps;
}

const struct kernel K(kernels)[KERNELS] = {
    { "SHA-256 of a million 'a'", K(sha256), 0xcdc76e5c },
    { "CRC-32 of the same", K(crc32), 0xdc25bfbc },
    { "quicksort, comparator by pointer", K(sort), EXPECT_SORT },
    { "matrix product", K(matrix), EXPECT_MATRIX },
    { "primes below a million", K(primes), 78498 },
    { "bytecode interpreter", K(interpreter), 3711 << 16 | 238 },
    { "recursion", K(recursion), 514229 },
    { "pointer chase", K(pointers), EXPECT_POINTERS },
    { "unaligned copies", K(copies), EXPECT_COPIES },
    { "64-bit products (Fermat test)", K(fermat), 3000 },
    { "double precision (Mandelbrot)", K(mandelbrot), EXPECT_MANDELBROT },
};
