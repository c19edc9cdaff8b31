/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_MESSAGE_H
#define QEDSCRUB_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What passes between the process that opens files and one that reads them, over a stream socket: a
 * task with a descriptor one way, an answer the other way. Results are 0, or -1 with errno set.
 */
struct message_task {
    bool in_use; /* a program has the file open for writing */
};

struct message_answer {
    uint32_t status; /* 0 to 255; what it means is the work's */
    uint32_t size;   /* bytes of text that follow */
};

int message_send_task(int to, const struct message_task *task, int fd);

/* Waits for a task and its descriptor: 1, or 0 when the other end is closed. */
int message_take_task(int from, struct message_task *task, int *fd);

int message_send_answer(int to, uint32_t status, const char *text, size_t size);

/* An answer as it comes in, in as many pieces as it likes. */
struct message_buffer {
    struct message_answer answer;
    size_t got; /* bytes of answer and text so far */
    char *text; /* NUL-terminated when all is there; the buffer's */
};

/* What is more is not taken. */
#define MESSAGE_MAX_STATUS 255
#define MESSAGE_MAX        (UINT32_C(1) << 30)

/*
 * Takes what has come in, without waiting: 1 when the answer is complete, 0 when more is due, -1
 * with errno EPIPE when the other end is closed, EPROTO when it has said more than an answer or
 * other nonsense.
 */
int message_take_answer(int from, struct message_buffer *buffer);

/* Makes the buffer ready for another answer. */
void message_reset(struct message_buffer *buffer);

#endif
