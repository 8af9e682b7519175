/* N bodies under gravity: multiply, divide, square root. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef REAL
#define REAL double
#define BITS uint64_t
#define SQRT sqrt
#endif

enum { BODIES = 5, STEPS = 4000000 };

static struct body { REAL x[3], v[3], mass; } bodies[BODIES] = {
    { { 0, 0, 0 }, { 0, 0, 0 }, 39.47841760435743 },
    { { 4.84143144246472090, -1.16032004402742839, -0.103622044471123109 },
      { 0.606326392995832, 2.81198684491626, -0.0252183616598876 }, 0.0376936749096668 },
    { { 8.34336671824457987, 4.12479856412430479, -0.403523417114321381 },
      { -1.01077434617879, 1.82566237123041, 0.00841576137658415 }, 0.0112863261319688 },
    { { 12.8943695621391310, -15.1111514016986312, -0.223307578892655734 },
      { 1.08279100644154, 0.868713018169608, -0.0108326374013636 }, 0.00172372405705971 },
    { { 15.3796971148509165, -25.9193146099879641, 0.179258772950371181 },
      { 0.979090732243898, 0.594698998647676, -0.0347559555040781 }, 0.00203368686992463 },
};

static void advance(REAL dt)
{
    for (int i = 0; i < BODIES; i++)
        for (int j = i + 1; j < BODIES; j++) {
            REAL d[3], square = 0;
            for (int k = 0; k < 3; k++) {
                d[k] = bodies[i].x[k] - bodies[j].x[k];
                square += d[k] * d[k];
            }
            REAL scale = dt / (square * SQRT(square));
            for (int k = 0; k < 3; k++) {
                bodies[i].v[k] -= d[k] * bodies[j].mass * scale;
                bodies[j].v[k] += d[k] * bodies[i].mass * scale;
            }
        }
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < 3; k++)
            bodies[i].x[k] += dt * bodies[i].v[k];
}

int main(void)
{
    uint64_t sum = 0;
    BITS bits;
    for (int i = 0; i < STEPS; i++)
        advance((REAL)0.001);
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < 3; k++) {
            /* Bit for bit: there is one correct answer. */
            memcpy(&bits, &bodies[i].x[k], sizeof bits);
            sum = sum * 31 + bits;
        }
    printf("nbody %.9f %08x%08x\n", (double)bodies[0].x[0], (unsigned)(sum >> 32), (unsigned)sum);
    return 0;
}
