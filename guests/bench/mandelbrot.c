/* The Mandelbrot set in doubles: short dependent chains and a compare in every step. */
#include <stdint.h>
#include <stdio.h>

enum { WIDTH = 960, HEIGHT = 720, LIMIT = 600 };

int main(void)
{
    uint32_t inside = 0, steps = 0;
    for (int row = 0; row < HEIGHT; row++)
        for (int column = 0; column < WIDTH; column++) {
            double cx = column * (3.0 / WIDTH) - 2.25, cy = row * (2.5 / HEIGHT) - 1.25;
            double x = 0, y = 0;
            int i = 0;
            for (; i < LIMIT && x * x + y * y <= 4; i++) {
                double t = x * x - y * y + cx;
                y = 2 * x * y + cy;
                x = t;
            }
            inside += i == LIMIT;
            steps += (uint32_t)i;
        }
    printf("mandelbrot %u %u\n", (unsigned)inside, (unsigned)steps);
    return 0;
}
