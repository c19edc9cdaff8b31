/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for one descriptor beside a message, aligned as it must be. */
union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

int message_send_task(int to, const struct message_task *task, int fd)
{
    union control control = {0};
    struct iovec part = {(void *)task, sizeof(*task)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    ssize_t sent;

    *rights = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof(fd)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
    do {
        sent = sendmsg(to, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == sizeof(*task) ? 0 : -1;
}

int message_take_task(int from, struct message_task *task, int *fd)
{
    union control control;
    struct iovec part = {task, sizeof(*task)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *rights;
    ssize_t got;

    do {
        got = recvmsg(from, &message, MSG_WAITALL | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got == 0)
        return 0;
    rights = got == sizeof(*task) ? CMSG_FIRSTHDR(&message) : NULL;
    if (!rights || rights->cmsg_type != SCM_RIGHTS) {
        errno = EPROTO;
        return -1;
    }
    memcpy(fd, CMSG_DATA(rights), sizeof(*fd));
    return 1;
}

/* Drops what has been sent from the front of the parts; whether anything is left. */
static bool advance(struct msghdr *message, size_t sent)
{
    while (message->msg_iovlen > 0 && sent >= message->msg_iov->iov_len) {
        sent -= message->msg_iov->iov_len;
        message->msg_iov++;
        message->msg_iovlen--;
    }
    if (message->msg_iovlen == 0)
        return false;
    message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + sent;
    message->msg_iov->iov_len -= sent;
    return true;
}

int message_send_answer(int to, uint32_t status, const char *text, size_t size)
{
    struct message_answer answer = {status, (uint32_t)size};
    struct iovec parts[] = {{&answer, sizeof(answer)}, {(void *)text, size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent = 0;

    if (size > MESSAGE_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    while (advance(&message, (size_t)sent)) {
        do {
            sent = sendmsg(to, &message, MSG_NOSIGNAL);
        } while (sent < 0 && errno == EINTR);
        if (sent < 0)
            return -1;
    }
    return 0;
}

/* Where the next bytes belong and how many may come. */
static char *next_place(struct message_buffer *buffer, size_t *room)
{
    size_t head = sizeof(buffer->answer);

    if (buffer->got < head) {
        *room = head - buffer->got;
        return (char *)&buffer->answer + buffer->got;
    }
    if (!buffer->text && buffer->answer.status <= MESSAGE_MAX_STATUS &&
        buffer->answer.size <= MESSAGE_MAX)
        buffer->text = calloc(1, (size_t)buffer->answer.size + 1);
    if (!buffer->text)
        return NULL;
    *room = buffer->answer.size - (buffer->got - head);
    return buffer->text + (buffer->got - head);
}

/* Whether the other end says more than it was asked. */
static bool goes_on(int from)
{
    char byte;

    return recv(from, &byte, 1, MSG_DONTWAIT | MSG_PEEK) > 0;
}

int message_take_answer(int from, struct message_buffer *buffer)
{
    for (;;) {
        size_t room;
        char *place = next_place(buffer, &room);
        ssize_t got;

        if (!place || (room == 0 && goes_on(from))) {
            errno = EPROTO;
            return -1;
        }
        if (room == 0)
            return 1;
        got = recv(from, place, room, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return 0;
        if (got <= 0) {
            errno = EPIPE;
            return -1;
        }
        buffer->got += (size_t)got;
    }
}

void message_reset(struct message_buffer *buffer)
{
    free(buffer->text);
    *buffer = (struct message_buffer){0};
}
