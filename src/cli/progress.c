#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"

#define BAR_WIDTH 24
#define INTERVAL 100000 /* microseconds between two drawings */
#define SECOND 1000000
#define LOG_SECONDS 60 /* between two lines where there is no terminal */

/* What is on the terminal now, so that a message can clear its line first. */
static struct cli_progress *current;

/* As the environment says, or a minute. */
static gint64 log_interval(void)
{
    const char *text = g_getenv("SEAMLESS_LOG_SECONDS");
    char *end = NULL;
    const double seconds = text ? g_ascii_strtod(text, &end) : LOG_SECONDS;
    const bool told = text && end != text && *end == '\0' && seconds >= 0 && seconds < 1e9;
    return (gint64)((told ? seconds : LOG_SECONDS) * SECOND);
}

void cli_progress_begin(struct cli_progress *progress, const struct cli_options *options)
{
    *progress = (struct cli_progress){
        .shown = !options->quiet && isatty(STDERR_FILENO),
        .logged = !options->quiet && !isatty(STDERR_FILENO),
        .log_interval = log_interval(),
        .start = g_get_monotonic_time(),
        .told = g_get_monotonic_time(),
        .begin = g_get_monotonic_time(),
        .begun = SEAM_AUTO,
    };
    current = progress;
}

static void print_time(char *text, size_t size, double seconds)
{
    const int s = (int)(seconds + 0.5);
    if (s >= 3600)
        g_snprintf(text, size, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    else
        g_snprintf(text, size, "%d:%02d", s / 60, s % 60);
}

void cli_print_duration(char *text, size_t size, double seconds)
{
    if (seconds < 0.01)
        g_snprintf(text, size, "under 0.01 s");
    else if (seconds < 100)
        g_snprintf(text, size, "about %.3g s", seconds);
    else if (seconds < 3600)
        g_snprintf(text, size, "about %.0f minutes", seconds / 60);
    else if (seconds < 48 * 3600)
        g_snprintf(text, size, "about %.1f hours", seconds / 3600);
    else
        g_snprintf(text, size, "about %.3g days", seconds / 86400);
}

static size_t columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

/* Append to the line what still fits before the last column, whole or not at all. */
static void append(char *line, size_t room, const char *part)
{
    const size_t used = strlen(line);
    if (used + strlen(part) < room)
        g_strlcat(line, part, room);
}

/* Seconds that are left: of all pictures where there are several, taken to be like those before. */
static double seconds_left(const struct cli_progress *progress, const struct seam_progress *now,
                           double elapsed)
{
    const double here = (double)(now->tiles_done - progress->begun);
    const double done = (double)now->tiles_done / (double)now->tiles;
    if (progress->pictures < 2)
        return elapsed / here * (double)(now->tiles - now->tiles_done);
    const double all = (double)(g_get_monotonic_time() - progress->begin) / 1e6;
    const double behind = (double)progress->picture - 1 + done;
    return all / behind * ((double)progress->pictures - behind);
}

/* Which picture of how many, and its name; "" where there is one. */
static void print_picture(char *text, size_t size, const struct cli_progress *progress)
{
    text[0] = '\0';
    if (progress->pictures > 1)
        g_snprintf(text, size, "  %zu of %zu  %.40s", progress->picture, progress->pictures,
                   progress->name ? progress->name : "");
}

/* The last row that is done, and of which page where that is not the first. */
static void print_row(char *text, size_t size, const struct seam_plan *plan, double pixels)
{
    const int64_t height = plan->picture.height;
    const int64_t row = (int64_t)floor(pixels / (double)plan->picture.width);
    const int64_t page = MAX((row + height - 1) / height, 1);
    text[0] = '\0';
    if (page > 1)
        g_snprintf(text, size, "  page %lld", (long long)page);
    const size_t used = strlen(text);
    g_snprintf(text + used, size - used, "  row %lld of %lld",
               (long long)(row - (page - 1) * height), (long long)height);
}

/* Tiles, or the picture's rows where those stream through the network, and how fast they come, once
 * that can be told: `share` of what is done is done in a second. */
static void print_work(char *text, size_t size, const struct seam_progress *now, double share)
{
    const struct seam_plan *plan = now->plan;
    const double rate = now->input_pixels_done * share / 1e6;
    if (plan && plan->rows)
        print_row(text, size, plan, now->input_pixels_done);
    else
        g_snprintf(text, size, "  tile %lld of %lld", (long long)now->tiles_done,
                   (long long)now->tiles);
    const size_t used = strlen(text);
    if (rate > 0)
        g_snprintf(text + used, size - used, "  %.3g MP/s", rate);
}

/* On one line of any terminal: a line that wraps is one that stays. What matters most comes
 * first. */
static void draw(struct cli_progress *progress, const struct seam_progress *now, double elapsed)
{
    char line[160] = "", bar[BAR_WIDTH + 2] = "", percent[32], left[32], part[128];
    const size_t room = MIN(columns(), sizeof(line));
    const double done = (double)now->tiles_done / (double)now->tiles;
    const double here = (double)(now->tiles_done - progress->begun);
    g_snprintf(percent, sizeof(percent), "%3.0f %%", 100 * done);
    print_time(left, sizeof(left), seconds_left(progress, now, elapsed));
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < (int)(done * BAR_WIDTH) ? '#' : '.';
    bar[BAR_WIDTH] = ' ';
    if (room > BAR_WIDTH + sizeof("100 %  00:00 left"))
        append(line, room, bar);
    append(line, room, percent);
    print_picture(part, sizeof(part), progress);
    if (strlen(line) + strlen(part) + strlen(left) + sizeof("   left") < room)
        append(line, room, part);
    print_work(part, sizeof(part), now, here / (double)now->tiles_done / elapsed);
    if (strlen(line) + strlen(part) + strlen(left) + sizeof("   left") < room)
        append(line, room, part);
    append(line, room, "  ");
    append(line, room, left);
    append(line, room, " left");
    fprintf(stderr, "\r%s\033[K", line);
    fflush(stderr);
    progress->drawn = true;
}

/* A whole line, for a file that somebody looks into. */
static void print_line(const struct cli_progress *progress, const struct seam_progress *now,
                       double elapsed)
{
    char left[32], part[128];
    print_time(left, sizeof(left), seconds_left(progress, now, elapsed));
    print_picture(part, sizeof(part), progress);
    fprintf(stderr, "seamless: %.0f %%%s  %s left\n",
            100 * (double)now->tiles_done / (double)now->tiles, part, left);
}

bool cli_progress_update(void *opaque, const struct seam_progress *now)
{
    struct cli_progress *progress = opaque;
    const gint64 time = g_get_monotonic_time();
    if (!now->plan) {
        progress->start = time;
        progress->begun = SEAM_AUTO;
    }
    if (progress->begun == SEAM_AUTO && now->tiles_done > 0)
        progress->begun = now->tiles_done - 1;
    const bool due = time - progress->last >= INTERVAL || now->tiles_done == now->tiles;
    if (progress->shown && due && now->tiles_done > 0) {
        progress->last = time;
        draw(progress, now, (double)(time - progress->start) / 1e6 + 1e-6);
    }
    if (progress->logged && time - progress->told >= progress->log_interval &&
        now->tiles_done > 0) {
        progress->told = time;
        print_line(progress, now, (double)(time - progress->start) / 1e6 + 1e-6);
    }
    return !cli_cancelled();
}

void cli_progress_wipe(void)
{
    if (current && current->drawn) {
        fputs("\r\033[K", stderr);
        current->drawn = false;
    }
}

void cli_progress_end(struct cli_progress *progress)
{
    cli_progress_wipe();
    if (current == progress)
        current = NULL;
}
