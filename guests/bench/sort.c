/* Quicksort with a comparator behind a pointer: indirect calls and returns, branches that
 * nobody can predict. */
#include <stdint.h>
#include <stdio.h>

enum { COUNT = 400000, ROUNDS = 5 };

struct record { uint32_t key, value; };

static struct record records[COUNT];

static int by_key(const void *a, const void *b)
{
    uint32_t x = ((const struct record *)a)->key, y = ((const struct record *)b)->key;
    return x < y ? -1 : x > y;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = ((const struct record *)a)->value, y = ((const struct record *)b)->value;
    return x < y ? -1 : x > y;
}

static __attribute__((noinline, noclone)) void
sort(struct record *a, int32_t n, int (*compare)(const void *, const void *))
{
    while (n > 1) {
        struct record pivot = a[n / 2], t;
        int32_t i = 0, j = n - 1;
        while (i <= j) {
            while (compare(&a[i], &pivot) < 0)
                i++;
            while (compare(&a[j], &pivot) > 0)
                j--;
            if (i <= j)
                t = a[i], a[i++] = a[j], a[j--] = t;
        }
        if (j + 1 < n - i)
            sort(a, j + 1, compare), a += i, n -= i;
        else
            sort(a + i, n - i, compare), n = j + 1;
    }
}

int main(void)
{
    uint32_t x = 1, sum = 0;
    for (int r = 0; r < ROUNDS; r++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            records[i].key = x = x * 1664525 + 1013904223;
            records[i].value = i ^ x >> 7;
        }
        sort(records, COUNT, r & 1 ? by_value : by_key);
        for (uint32_t i = 0; i < COUNT; i += 7)
            sum = sum * 31 + records[i].key + records[i].value;
    }
    printf("sort %08x\n", (unsigned)sum);
    return 0;
}
