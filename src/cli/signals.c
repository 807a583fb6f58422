#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "files/deaf.h"
#include "files/temporary.h"

/* Microseconds. */
#define LOOK_AGAIN 300000

static volatile sig_atomic_t asked, at_once;
static const char *last_words; /* changed while no signal ends the command at once */
static size_t last_size;

/* Leave nothing behind. */
static void go(void)
{
    seam_temporary_remove_all();
    _exit(EXIT_CANCELLED);
}

static void say(void)
{
    static const char words[] = "seamless: error: cancelled\n";
    (void)!write(STDERR_FILENO, words, sizeof(words) - 1);
    if (last_words)
        (void)!write(STDOUT_FILENO, last_words, last_size);
}

/* A moment after it was asked for, and again and again until the command has ended. */
static void look_again(void)
{
    const struct itimerval soon = { .it_value.tv_usec = LOOK_AGAIN };
    const int error = errno;
    setitimer(ITIMER_REAL, &soon, NULL); /* a system call and no more, as alarm() is */
    errno = error;
}

static void on_signal(int number)
{
    (void)number;
    if (at_once && !asked)
        say();
    /* Somebody is in a hurry, or nothing has begun. */
    if (asked++ || at_once)
        go();
    look_again();
}

/* Of what libvips does while it opens a file nobody would wait for the end. */
static void on_alarm(int number)
{
    (void)number;
    if (seam_is_deaf()) {
        say();
        go();
    }
    look_again();
}

void cli_signals_at_once(bool on)
{
    at_once = on;
}

void cli_signals_say(const char *text)
{
    last_words = NULL;
    last_size = text ? strlen(text) : 0;
    last_words = text;
}

void cli_signals_init(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction before;
        /* What nohup or a shell's background job has switched off stays off. */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    /* A closed pipe and a full quota are errors of the write, not ends of the process. */
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);
}

bool cli_cancelled(void)
{
    return asked != 0;
}

static bool cancel_asked(void *opaque)
{
    (void)opaque;
    return cli_cancelled();
}

const struct seam_cancel cli_cancel = { cancel_asked, NULL };
