// The upstream of the benchmarks: a model server that costs next to nothing and does exactly what a request's model name asks for.
//
//   cc -O2 -o upstream upstream.c && ./upstream PORT
//
// A model is a row of letters with numbers, in any order: `t50-c100-g10000-b1000`.
//   t  milliseconds of thought before the first byte (0)      c  content chunks of a stream (100)
//   g  microseconds between two chunks (0)                    b  bytes of text in a JSON answer (1000)
// `"stream":true` in the body asks for server-sent events. A path that ends in /messages is answered as Anthropic answers, any other as
// OpenAI chat does. Each content chunk carries "@" and the 19 digits of CLOCK_MONOTONIC at its sending, so that a client on
// the same machine knows how long it was under way. One thread, loopback only, every connection kept alive.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { openai, anthropic, contracts };

typedef struct { char *bytes; size_t length, capacity; } Buffer;
typedef struct { int contract, stream, chunks; long thinkMs, gapUs, textBytes; } Ask;
typedef struct {
  int fd, place, waitsToWrite; // place: where it stands in the agenda, -1 when nothing is due
  uint64_t due;
  Ask ask;
  int sent; // content chunks of the running stream
  Buffer in, out;
} Connection;

static int poller;

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void append(Buffer *buffer, const char *bytes, size_t length) {
  if (buffer->length + length > buffer->capacity) {
    buffer->capacity = 2 * (buffer->length + length);
    buffer->bytes = realloc(buffer->bytes, buffer->capacity);
  }
  memcpy(buffer->bytes + buffer->length, bytes, length);
  buffer->length += length;
}

static void dropFront(Buffer *buffer, size_t length) {
  memmove(buffer->bytes, buffer->bytes + length, buffer->length - length);
  buffer->length -= length;
}

// ---- The agenda: a binary heap of connections by the instant at which each has something to say.

static Connection **agenda;
static int agendaLength, agendaCapacity;

static void put(int place, Connection *c) { (agenda[place] = c)->place = place; }

static void settle(int place, Connection *c) {
  for (int above; place > 0 && agenda[above = (place - 1) / 2]->due > c->due; place = above) put(place, agenda[above]);
  for (int below; (below = 2 * place + 1) < agendaLength; place = below) {
    if (below + 1 < agendaLength && agenda[below + 1]->due < agenda[below]->due) below++;
    if (agenda[below]->due >= c->due) break;
    put(place, agenda[below]);
  }
  put(place, c);
}

static void schedule(Connection *c, uint64_t due) {
  c->due = due;
  if (c->place >= 0) { settle(c->place, c); return; }
  if (agendaLength == agendaCapacity) agenda = realloc(agenda, (size_t)(agendaCapacity = 2 * agendaCapacity + 64) * sizeof *agenda);
  settle(agendaLength++, c);
}

static void unschedule(Connection *c) {
  if (c->place < 0) return;
  Connection *last = agenda[--agendaLength];
  if (last != c) settle(c->place, last);
  c->place = -1;
}

// ---- Writing

static void watch(Connection *c, int alsoWrites) {
  if (c->waitsToWrite == alsoWrites) return;
  c->waitsToWrite = alsoWrites;
  struct epoll_event event = {.events = EPOLLIN | (alsoWrites ? EPOLLOUT : 0u), .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

static void flush(Connection *c) {
  ssize_t written = send(c->fd, c->out.bytes, c->out.length, MSG_NOSIGNAL);
  if (written > 0) dropFront(&c->out, (size_t)written);
  watch(c, c->out.length > 0);
}

static void say(Connection *c, const char *bytes, size_t length) {
  ssize_t written = c->out.length ? 0 : send(c->fd, bytes, length, MSG_NOSIGNAL);
  if (written < 0) written = 0; // a full socket waits; a broken one shows itself on the next read
  if ((size_t)written == length) return;
  append(&c->out, bytes + written, length - (size_t)written);
  watch(c, 1);
}

// ---- Answers

static const char *jsonShape[contracts] = {
  "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1767225600,\"model\":\"bench\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"%s\",\"refusal\":null},"
  "\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":512,\"completion_tokens\":100,\"total_tokens\":612,\"prompt_tokens_details\":{\"cached_tokens\":128}}}",
  "{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench\",\"content\":[{\"type\":\"text\",\"text\":\"%s\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,"
  "\"usage\":{\"input_tokens\":384,\"cache_read_input_tokens\":128,\"cache_creation_input_tokens\":0,\"output_tokens\":100}}",
};
static const char *firstEvents[contracts] = {
  "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1767225600,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n",
  "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench\",\"content\":[],\"stop_reason\":null,"
  "\"stop_sequence\":null,\"usage\":{\"input_tokens\":384,\"cache_read_input_tokens\":128,\"cache_creation_input_tokens\":0,\"output_tokens\":1}}}\n\n"
  "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
};
static const char *contentEvent[contracts] = {
  "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1767225600,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"@%019llu a few more words\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n",
  "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"@%019llu a few more words\"}}\n\n",
};
static const char *lastEvents[contracts] = {
  "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1767225600,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
  "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1767225600,\"model\":\"bench\",\"choices\":[],\"usage\":{\"prompt_tokens\":512,\"completion_tokens\":100,\"total_tokens\":612,"
  "\"prompt_tokens_details\":{\"cached_tokens\":128}}}\n\ndata: [DONE]\n\n",
  "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
  "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":100}}\n\n"
  "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
};
// The last header keeps nginx from gathering small chunks before it passes them on.
static const char streamHead[] = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\nx-request-id: req-bench\r\ntransfer-encoding: chunked\r\nx-accel-buffering: no\r\n\r\n";

// Kept from call to call, since nearly all calls of one run ask for the same answer.
static void answerJson(Connection *c) {
  static Buffer kept[contracts];
  static long keptBytes[contracts] = {-1, -1};
  int contract = c->ask.contract;
  if (keptBytes[contract] != c->ask.textBytes) {
    char *text, *body, *whole;
    asprintf(&text, "%0*d", (int)c->ask.textBytes, 0);
    int length = asprintf(&body, jsonShape[contract], text);
    length = asprintf(&whole, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req-bench\r\ncontent-length: %d\r\n\r\n%s", length, body);
    kept[contract].length = 0;
    append(&kept[contract], whole, (size_t)length);
    keptBytes[contract] = c->ask.textBytes;
    free(text); free(body); free(whole);
  }
  say(c, kept[contract].bytes, kept[contract].length);
}

static int asChunk(char *to, const char *text) { return sprintf(to, "%zx\r\n%s\r\n", strlen(text), text); }

static int contentChunk(char *to, int contract) {
  char event[512];
  sprintf(event, contentEvent[contract], (unsigned long long)now());
  return asChunk(to, event);
}

// The next piece of a stream: head, opening events and the first chunk together, then a chunk at a time, then the ending.
static int streamOn(Connection *c) { // false once the stream has ended
  char piece[4096];
  int length = 0, contract = c->ask.contract;
  if (c->sent == 0) length = sprintf(piece, "%s", streamHead), length += asChunk(piece + length, firstEvents[contract]);
  int ends = c->sent == c->ask.chunks;
  if (ends) length += asChunk(piece + length, lastEvents[contract]), length += sprintf(piece + length, "0\r\n\r\n");
  else length += contentChunk(piece + length, contract), c->sent++;
  say(c, piece, (size_t)length);
  return !ends;
}

// ---- Requests

// The length of the whole request at the front of the buffer and where its body stands; 0 while some of it is missing.
static size_t wholeRequest(const Buffer *in, char **body, size_t *bodyLength) {
  char *head = in->bytes, *end = in->bytes + in->length, *blank = memmem(head, in->length, "\r\n\r\n", 4);
  if (!blank) return 0;
  long declared = 0;
  int chunked = 0;
  for (char *line = head; line < blank; line = (char *)memchr(line, '\n', (size_t)(end - line)) + 1) {
    if (!strncasecmp(line, "content-length:", 15)) declared = atol(line + 15);
    if (!strncasecmp(line, "transfer-encoding:", 18)) chunked = 1;
  }
  char *at = *body = blank + 4;
  if (!chunked) {
    *bodyLength = (size_t)declared;
    return end - at < declared ? 0 : (size_t)(at + declared - head);
  }
  for (long size = 1; size;) { // the chunk lines stay in the body: it is only looked into, never parsed
    char *line = memchr(at, '\n', (size_t)(end - at));
    if (!line) return 0;
    size = strtol(at, NULL, 16);
    at = line + 1 + size + 2;
    if (at > end) return 0;
  }
  *bodyLength = (size_t)(at - *body);
  return (size_t)(at - head);
}

// Model and stream flag stand near one end of a body, whatever its size.
static char *near(char *body, size_t length, const char *word) {
  size_t window = length < 4096 ? length : 4096;
  char *found = memmem(body, window, word, strlen(word));
  return found || length <= window ? found : memmem(body + length - window, window, word, strlen(word));
}

static Ask asked(const Buffer *in, char *body, size_t length) {
  Ask ask = {.chunks = 100, .textBytes = 1000};
  char *line = memchr(in->bytes, '\n', in->length);
  ask.contract = memmem(in->bytes, (size_t)(line - in->bytes), "/messages", 9) ? anthropic : openai;
  ask.stream = near(body, length, "\"stream\":true") || near(body, length, "\"stream\": true");
  char *model = near(body, length, "\"model\":");
  if (!model) return ask;
  model = strchr(model + 8, '"') + 1;
  for (char *at = model; *at && *at != '"'; at++) {
    long value = strtol(at + 1, NULL, 10);
    if (*at == 't') ask.thinkMs = value;
    if (*at == 'c') ask.chunks = (int)value;
    if (*at == 'g') ask.gapUs = value;
    if (*at == 'b') ask.textBytes = value;
  }
  return ask;
}

static void takeRequests(Connection *c) {
  char *body;
  size_t bodyLength, length;
  while (c->place < 0 && c->in.length && (length = wholeRequest(&c->in, &body, &bodyLength))) {
    c->ask = asked(&c->in, body, bodyLength);
    c->sent = 0;
    dropFront(&c->in, length);
    if (c->ask.stream || c->ask.thinkMs) schedule(c, now() + (uint64_t)c->ask.thinkMs * 1000000u);
    else answerJson(c);
  }
}

static void speakWhatIsDue(void) {
  uint64_t instant = now();
  for (int turns = agendaLength; turns-- && agendaLength && agenda[0]->due <= instant;) {
    Connection *c = agenda[0];
    if (c->ask.stream && streamOn(c)) { schedule(c, c->due + (uint64_t)c->ask.gapUs * 1000u + 1); continue; }
    if (!c->ask.stream) answerJson(c);
    unschedule(c);
    takeRequests(c);
  }
}

// ---- Sockets

static void acceptAll(int listener) {
  for (int fd, yes = 1; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    Connection *c = calloc(1, sizeof *c);
    c->fd = fd, c->place = -1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
  }
}

static void hear(Connection *c) {
  static char bytes[1 << 18];
  ssize_t length = recv(c->fd, bytes, sizeof bytes - 1, 0);
  if (length < 0 && errno == EAGAIN) return;
  if (length <= 0) {
    unschedule(c);
    close(c->fd);
    free(c->in.bytes); free(c->out.bytes); free(c);
    return;
  }
  append(&c->in, bytes, (size_t)length);
  append(&c->in, "", 1), c->in.length--; // a zero behind the bytes stops every search for a letter
  takeRequests(c);
}

int main(int count, char **arguments) {
  int port = count > 1 ? atoi(arguments[1]) : 0, yes = 1;
  if (!port) return fprintf(stderr, "upstream PORT\n"), 64;
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files), files.rlim_cur = files.rlim_max, setrlimit(RLIMIT_NOFILE, &files);

  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) return perror("upstream"), 1;
  poller = epoll_create1(0);
  struct epoll_event listens = {.events = EPOLLIN}, events[256];
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &listens);

  for (;;) {
    uint64_t instant = now(), wait = agendaLength && agenda[0]->due > instant ? agenda[0]->due - instant : 0;
    struct timespec pause = {.tv_sec = (time_t)(wait / 1000000000u), .tv_nsec = (long)(wait % 1000000000u)};
    int ready = epoll_pwait2(poller, events, 256, agendaLength ? &pause : NULL, NULL);
    for (int i = 0; i < ready; i++) {
      Connection *c = events[i].data.ptr;
      if (!c) { acceptAll(listener); continue; }
      if (events[i].events & EPOLLOUT) flush(c);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) hear(c);
    }
    speakWhatIsDue();
  }
}
