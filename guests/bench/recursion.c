/* Recursive Fibonacci: calls, returns and the stack. */
#include <stdint.h>
#include <stdio.h>

static __attribute__((noinline)) uint32_t direct(uint32_t n)
{
    return n < 2 ? n : direct(n - 1) + direct(n - 2);
}

/* The same by pointer, so that the compiler cannot unfold it. */
typedef uint32_t function(uint32_t n, const void *self);

static __attribute__((noinline)) uint32_t by_pointer(uint32_t n, const void *self)
{
    function *again = *(function *const *)self;
    return n < 2 ? n : again(n - 1, self) + again(n - 2, self);
}

int main(void)
{
    function *const self = by_pointer;
    unsigned a = direct(40), b = by_pointer(34, &self);
    printf("recursion %u %u\n", a, b);
    return 0;
}
