/*
 * Opening a network's file against reading its bytes.
 *
 *     load_network FILE ROUNDS
 *
 * In turn: every byte is read into memory and looked at no further; the file is opened as a graph,
 * which reads every byte, sums them up, and finds the architecture. Prints the CPU's seconds of
 * both, medians.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "graph/read.h"

#define MOST_ROUNDS 99

static void die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* Of this process: others on the machine do not count. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Into memory of their own, as a program has them that reads a file. */
static double read_bytes(const char *path)
{
    const double begin = now();
    const int fd = open(path, O_RDONLY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        die("the file cannot be opened");
    char *const bytes = malloc((size_t)st.st_size);
    ssize_t n = 1;
    for (off_t at = 0; bytes && n > 0 && at < st.st_size; at += n)
        n = read(fd, bytes + at, (size_t)(st.st_size - at));
    close(fd);
    if (!bytes || n <= 0)
        die("the file cannot be read");
    const double taken = now() - begin;
    free(bytes);
    return taken;
}

static double open_network(const char *path)
{
    struct seam_graph *graph;
    struct seam_log log;
    seam_log_init(&log);
    const double begin = now();
    if (seam_graph_open(&graph, path, &log) != SEAM_OK)
        die(log.error);
    const double taken = now() - begin;
    seam_graph_close(&graph);
    return taken;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    const int rounds = argc == 3 ? atoi(argv[2]) : 0;
    double bytes[MOST_ROUNDS], whole[MOST_ROUNDS];
    if (rounds < 1 || rounds > MOST_ROUNDS)
        die("usage: load_network FILE ROUNDS");
    (void)read_bytes(argv[1]);
    (void)open_network(argv[1]);
    for (int i = 0; i < rounds; i++) {
        bytes[i] = read_bytes(argv[1]);
        whole[i] = open_network(argv[1]);
    }
    qsort(bytes, (size_t)rounds, sizeof(*bytes), compare);
    qsort(whole, (size_t)rounds, sizeof(*whole), compare);
    printf("%.6f %.6f\n", bytes[rounds / 2], whole[rounds / 2]);
    return 0;
}
