/*
 * libseamless: restore pictures of any size with neural networks, tile by tile, without a seam.
 *
 * A complete use, from rows in memory to rows in memory:
 *
 *     struct seam_log log;
 *     seam_log_init(&log);
 *
 *     struct seam_model_params mp;
 *     seam_model_params_init(&mp);
 *     struct seam_model *model = NULL;
 *     if (seam_model_open(&model, "denoise.onnx", &mp, &log) != SEAM_OK)
 *         die(log.error);
 *
 *     struct seam_params params;
 *     seam_params_init(&params);
 *     struct seam_picture picture = { .width = 4000, .height = 3000, .bands = 3,
 *                                     .sample = SEAM_SAMPLE_U8 };
 *     struct seam_plan plan;
 *     struct seam_facts facts;
 *     struct seam_machine machine;
 *     seam_model_describe(model, &facts);
 *     seam_machine_measure(&machine);
 *     if (seam_plan_make(&plan, &picture, &facts, &params, &machine, &log) != SEAM_OK)
 *         die(log.error);
 *
 *     struct seam_source source = { .opaque = file, .read = read_rows };
 *     struct seam_stream *stream = NULL;
 *     if (seam_stream_open(&stream, model, &plan, &source, NULL, &log) != SEAM_OK)
 *         die(log.error);
 *     for (int64_t y = 0; y < plan.y.out_size; y++)
 *         if (seam_stream_read(stream, 1, row, 0) != SEAM_OK)
 *             die(log.error);
 *     seam_stream_close(&stream);
 *     seam_model_close(&model);
 *
 * Rules that hold for every object here, said once:
 * - `_open` makes a resource and `_close` ends it; `_close` takes the address of the pointer, sets
 *   it to NULL, and accepts NULL. When `_open` fails it leaves the pointer NULL and owns nothing.
 * - `_init` fills a struct of settings with every default; `_make` computes and allocates nothing.
 * - A NULL log is valid: nothing is printed and no message is kept.
 * - Pictures are rows of interleaved samples in the machine's byte order, top row first.
 * - Nothing that the process shares is changed, with exceptions that libraries outside force: the
 *   first network that ONNX Runtime opens sets ORT_DISABLE_TELEMETRY to 1 in the environment,
 *   unless it is 1, and begins the one environment of the runtime that a process has. A program
 *   whose threads read the environment sets it when it starts. What libvips says of a failure goes
 *   through the one buffer it has for all threads.
 * - Coordinates are int64_t in pixels, sizes in bytes are uint64_t or size_t.
 */
#ifndef SEAMLESS_SEAMLESS_H
#define SEAMLESS_SEAMLESS_H

#include <seamless/base.h>
#include <seamless/model.h>
#include <seamless/plan.h>
#include <seamless/stream.h>

#endif /* SEAMLESS_SEAMLESS_H */
