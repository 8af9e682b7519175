/* Does a program's work TIMES times over, so that what it takes to start does not count. The
 * compiler is told to call the program's own `main` by the name of `once`. */
#undef main

int once(void);

int main(void)
{
    int times = TIMES, status = 0;
    while (times-- > 0 && !status)
        status = once();
    return status;
}
