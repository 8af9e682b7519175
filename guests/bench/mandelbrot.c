/* The Mandelbrot set: short dependent chains and a compare in every step. */
#include <stdint.h>
#include <stdio.h>

#ifndef REAL
#define REAL double
#endif

enum { WIDTH = 960, HEIGHT = 720, LIMIT = 600 };

int main(void)
{
    uint32_t inside = 0, steps = 0;
    for (int row = 0; row < HEIGHT; row++)
        for (int column = 0; column < WIDTH; column++) {
            REAL cx = column * (REAL)(3.0 / WIDTH) - (REAL)2.25;
            REAL cy = row * (REAL)(2.5 / HEIGHT) - (REAL)1.25;
            REAL x = 0, y = 0;
            int i = 0;
            for (; i < LIMIT && x * x + y * y <= 4; i++) {
                REAL t = x * x - y * y + cx;
                y = 2 * x * y + cy;
                x = t;
            }
            inside += i == LIMIT;
            steps += (uint32_t)i;
        }
    printf("mandelbrot %u %u\n", (unsigned)inside, (unsigned)steps);
    return 0;
}
