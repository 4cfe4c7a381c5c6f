/* Enough of Linux for a program of the bare-metal toolchain to run under qemu-arm: write, exit, and memory for printf. */
#include <stddef.h>
#include <stdio.h>

int main(void);

static long call(long number, long a, long b, long c)
{
    register long r0 __asm__("r0") = a;
    register long r1 __asm__("r1") = b;
    register long r2 __asm__("r2") = c;
    register long r7 __asm__("r7") = number;
    __asm__ volatile("svc 0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r7) : "memory");
    return r0;
}

void _exit(int code)
{
    for (;;) call(1, code, 0, 0);
}

int _write(int file, const char *text, int n)
{
    return (int)call(4, file, (long)text, n);
}

void *_sbrk(ptrdiff_t n)
{
    static char heap[16384];
    static ptrdiff_t used;
    used += n;
    return heap + used - n;
}

void run(void)
{
    const int code = main();
    fflush(NULL);
    _exit(code);
}

__asm__(".thumb\n.global _start\n.thumb_func\n_start: bl run\n");
