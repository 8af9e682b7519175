/* Copies: by bytes, by words, and by the C library's memcpy at every alignment. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 60000, ROUNDS = 4000 };

static uint32_t from_words[SIZE / 4 + 8], to_words[SIZE / 4 + 8];

/* Without this the compiler makes all three the same call. */
#define PLAIN __attribute__((noinline, optimize("no-tree-loop-distribute-patterns", "no-tree-vectorize")))

static PLAIN void by_bytes(uint8_t *to, const uint8_t *from, uint32_t n)
{
    while (n--)
        *to++ = *from++;
}

static PLAIN void by_words(uint32_t *to, const uint32_t *from, uint32_t n)
{
    while (n--)
        *to++ = *from++;
}

int main(void)
{
    uint8_t *from = (uint8_t *)from_words, *to = (uint8_t *)to_words;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < SIZE; i++)
        from[i] = i * 7 >> 3;
    for (uint32_t r = 0; r < ROUNDS; r++) {
        by_bytes(to + 1, from, SIZE);
        sum = sum * 31 + to[r * 37 % SIZE];
        by_words(to_words, from_words, SIZE / 4);
        sum = sum * 31 + to[r * 41 % SIZE];
        for (int i = 0; i < 4; i++)
            memcpy(to + (r + i) % 8, from + r % 4, SIZE);
        sum = sum * 31 + to[r * 43 % SIZE];
        from[r % SIZE] ^= sum;
    }
    printf("copies %08x\n", (unsigned)sum);
    return 0;
}
