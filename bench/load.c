// The load generator of the benchmarks: one thread, HTTP/1.1 with kept connections, one line of JSON at the end.
//
//   load -p PORT -u PATH -b BODYFILE [-H "name: value"]... [-i "name: value"]... [-c CONNECTIONS] [-r RATE] [-w SECONDS] [-d SECONDS] [-n CALLS]
//        [-t TEXT] [-k CHUNKS] [-g SECONDS] [-a PID]... [-s]
//
// -H is a header of every request; the -i are dealt out to the connections in turn, one each, as callers with keys and
// loopback addresses (127.0.0.1, .2, .3 …) of their own.
// Without -r the loop is closed: each connection calls again as soon as it has its answer. With -r it is open: call i is due at i / RATE
// and its latency counts from that instant, also where no connection was free, so a server that stalls cannot hide it.
// After -w seconds of warm-up the window of -d seconds opens. Throughput is what ends inside the window; latencies belong to the calls due inside
// it, for which -g seconds of grace are left at the end. -n ends the run after so many calls instead.
// An answer counts as right when its status is 200, -t stands in its last 64 bytes and it had -k content chunks ("@" and 19 digits,
// the CLOCK_MONOTONIC of their sending). -a adds the CPU of each thread and the memory of a process, taken at both ends of the window.
// The generator spins, since a sleeping one flatters a server whose writes need not wake anybody; -s makes it sleep.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <sched.h>
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

enum { second = 1000000000, tailLength = 64, headLimit = 16384, pidLimit = 32, headerLimit = 64 };

static int port, connectionCount = 1, chunksExpected = -1, sleeps;
static double rate, warmSeconds = 1, windowSeconds = 5, graceSeconds = 5;
static long callLimit = -1;
static const char *terminal = "";

static uint64_t clockOf(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (uint64_t)t.tv_sec * second + (uint64_t)t.tv_nsec;
}
static uint64_t now(void) { return clockOf(CLOCK_MONOTONIC); }

// ---- Histograms of nanoseconds: exact below 2^15, then 2^14 steps to each doubling, so a second is known to 30 microseconds.

enum { fineness = 14 };
typedef struct { uint64_t count, largest, steps[(65 - fineness) << fineness]; double sum; } Histogram;

static void record(Histogram *h, uint64_t value) {
  int shift = value >> (fineness + 1) ? 63 - fineness - __builtin_clzll(value) : 0;
  h->steps[((uint64_t)shift << fineness) + (value >> shift)]++;
  h->count++, h->sum += (double)value;
  if (value > h->largest) h->largest = value;
}

static double quantile(const Histogram *h, double share) { // in microseconds
  uint64_t wanted = (uint64_t)ceil(share * (double)h->count), seen = 0;
  for (uint64_t i = 0; wanted && i < sizeof h->steps / sizeof *h->steps; i++) {
    if ((seen += h->steps[i]) < wanted) continue;
    uint64_t shift = i >> (fineness + 1) ? (i >> fineness) - 1 : 0;
    return fmin(ldexp((double)(i - (shift << fineness)) + (shift ? 0.5 : 0), (int)shift), (double)h->largest) / 1e3;
  }
  return 0;
}

static void print(const char *name, const Histogram *h) {
  printf(",\"%s\":{\"count\":%llu,\"mean\":%.1f,\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"largest\":%.1f}", name, (unsigned long long)h->count,
         h->count ? h->sum / (double)h->count / 1e3 : 0, quantile(h, 0.5), quantile(h, 0.99), quantile(h, 0.999), (double)h->largest / 1e3);
}

// ---- What the operating system has on its books

typedef struct { int pid, tid; char name[32]; uint64_t nanoseconds; } Thread;
typedef struct { Thread threads[1024]; int count; uint64_t self, machine; } Books;

static int pids[pidLimit], pidCount;

static int readInto(char *to, size_t size, const char *format, int a, int b) {
  char path[64];
  snprintf(path, sizeof path, format, a, b);
  int fd = open(path, O_RDONLY);
  ssize_t length = fd < 0 ? 0 : read(fd, to, size - 1);
  if (fd >= 0) close(fd);
  to[length < 0 ? 0 : length] = 0;
  return length > 0;
}

static void readBooks(Books *books) {
  char text[4096];
  books->count = 0;
  for (int p = 0; p < pidCount; p++) {
    snprintf(text, sizeof text, "/proc/%d/task", pids[p]);
    DIR *tasks = opendir(text);
    for (struct dirent *entry; tasks && books->count < 1024 && (entry = readdir(tasks));) {
      Thread *thread = &books->threads[books->count];
      thread->pid = pids[p], thread->tid = atoi(entry->d_name);
      if (!thread->tid || !readInto(thread->name, sizeof thread->name, "/proc/%d/task/%d/comm", pids[p], thread->tid)) continue;
      thread->name[strcspn(thread->name, "\n\"\\")] = 0;
      if (!readInto(text, sizeof text, "/proc/%d/task/%d/schedstat", pids[p], thread->tid)) continue;
      thread->nanoseconds = strtoull(text, NULL, 10);
      books->count++;
    }
    if (tasks) closedir(tasks);
  }
  unsigned long user = 0, nice = 0, system = 0, idle, wait, interrupt = 0, softInterrupt = 0;
  readInto(text, sizeof text, "/proc/stat", 0, 0);
  sscanf(text, "cpu %lu %lu %lu %lu %lu %lu %lu", &user, &nice, &system, &idle, &wait, &interrupt, &softInterrupt);
  books->machine = (user + nice + system + interrupt + softInterrupt) * (uint64_t)(second / sysconf(_SC_CLK_TCK));
  books->self = clockOf(CLOCK_PROCESS_CPUTIME_ID);
}

static uint64_t spent(const Books *before, const Thread *after) {
  for (int i = 0; i < before->count; i++)
    if (before->threads[i].tid == after->tid) return after->nanoseconds - before->threads[i].nanoseconds;
  return after->nanoseconds;
}

static long memory(const char *status, const char *field) { // in KiB
  const char *line = strstr(status, field);
  return line ? atol(line + strlen(field)) : 0;
}

static void printBooks(const Books *before, const Books *after, double seconds) {
  uint64_t known = after->self - before->self;
  printf(",\"threads\":[");
  for (int i = 0; i < after->count; i++) {
    const Thread *thread = &after->threads[i];
    uint64_t nanoseconds = spent(before, thread);
    known += nanoseconds;
    printf("%s{\"pid\":%d,\"tid\":%d,\"name\":\"%s\",\"us\":%.1f}", i ? "," : "", thread->pid, thread->tid, thread->name, (double)nanoseconds / 1e3);
  }
  printf("],\"generatorCores\":%.3f,\"otherCores\":%.3f", (double)(after->self - before->self) / seconds / second,
         ((double)(after->machine - before->machine) - (double)known) / seconds / second);
}

static void printMemory(void) {
  char status[4096];
  printf(",\"memory\":[");
  for (int p = 0; p < pidCount; p++) {
    readInto(status, sizeof status, "/proc/%d/status", pids[p], 0);
    printf("%s{\"pid\":%d,\"residentKb\":%ld,\"peakKb\":%ld}", p ? "," : "", pids[p], memory(status, "VmRSS:"), memory(status, "VmHWM:"));
  }
  printf("]");
}

// ---- Calls

typedef struct {
  int fd, busy, waitsToWrite;
  uint64_t due;
  uint32_t caller;
  const char *request;
  size_t requestLength, written;
  char head[headLimit + 1];
  size_t headLength;
  int inBody, status, chunked, closes;
  long remaining; // of the body, or of the HTTP chunk; -1 up to the close
  int framing;    // where a chunked body stands
  int bodySeen, digits, chunks;
  uint64_t sentAt;
  char tail[tailLength + 1]; // the last bytes of the body
  size_t tailFill;
} Connection;

enum { inSize, inSizeLine, inData, afterData, atTrailer, inTrailer };

static int poller;
static char complaint[160];
static Connection *connections, **idle;
static int idleCount;
static uint64_t from, until, started, startedInside, endedInside, ended;
static uint64_t wrongStatus, wrongEnd, wrongChunks, broken, reopened, chunksInside, bytesInside, answeredWell;
static Histogram latency, firstByte, transit;

static int inside(uint64_t instant) { return instant >= from && instant < until; }

static void watch(Connection *c, int alsoWrites, int operation) {
  c->waitsToWrite = alsoWrites;
  struct epoll_event event = {.events = EPOLLIN | (alsoWrites ? EPOLLOUT : 0u), .data.ptr = c};
  epoll_ctl(poller, operation, c->fd, &event);
}

static void connectAgain(Connection *c) {
  int yes = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + c->caller)};
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  if (bind(c->fd, (void *)&own, sizeof own) || connect(c->fd, (void *)&address, sizeof address)) perror("load: connect"), exit(1);
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  watch(c, 0, EPOLL_CTL_ADD);
}

static void writeOn(Connection *c) {
  while (c->written < c->requestLength) {
    ssize_t length = send(c->fd, c->request + c->written, c->requestLength - c->written, MSG_NOSIGNAL);
    if (length <= 0) break; // a broken connection shows itself on the next read
    c->written += (size_t)length;
  }
  int waits = c->written < c->requestLength;
  if (waits != c->waitsToWrite) watch(c, waits, EPOLL_CTL_MOD);
}

static void call(Connection *c, uint64_t due) {
  started++;
  if (inside(due)) startedInside++;
  c->busy = 1, c->due = due, c->written = c->headLength = c->tailFill = 0;
  c->inBody = c->bodySeen = c->digits = c->chunks = 0;
  writeOn(c);
}

// The call is over, well or not. A closed loop starts the next at once; an open one waits for the schedule.
static void over(Connection *c, uint64_t instant) {
  c->busy = 0;
  ended++;
  if (inside(instant)) endedInside++;
  int goesOn = rate == 0 && instant < until && (callLimit < 0 || (long)started < callLimit);
  if (goesOn) call(c, now());
  else idle[idleCount++] = c;
}

static void reopen(Connection *c) {
  reopened++;
  close(c->fd);
  connectAgain(c);
}

static void complain(const Connection *c, const char *what) {
  if (!complaint[0]) snprintf(complaint, sizeof complaint, "%s; status %d; ends with %.64s", what, c->status, c->tail);
}

static void answered(Connection *c, uint64_t instant) {
  uint64_t wrong = wrongStatus + wrongEnd + wrongChunks;
  c->tail[c->tailFill] = 0;
  if (c->status != 200) wrongStatus++, complain(c, "wrong status");
  else if (!memmem(c->tail, c->tailFill, terminal, strlen(terminal))) wrongEnd++, complain(c, "wrong end");
  else if (chunksExpected >= 0 && c->chunks != chunksExpected) wrongChunks++, complain(c, "wrong number of chunks");
  if (wrong == wrongStatus + wrongEnd + wrongChunks) answeredWell++;
  if (inside(c->due)) record(&latency, instant - c->due);
  if (c->closes) reopen(c);
  over(c, instant);
}

static void lost(Connection *c, uint64_t instant) {
  int wasBusy = c->busy;
  if (wasBusy) broken++, complain(c, "connection lost");
  reopen(c);
  if (wasBusy) over(c, instant);
}

static void keepTail(Connection *c, const char *bytes, size_t length) {
  if (length > tailLength) bytes += length - tailLength, length = tailLength;
  size_t kept = c->tailFill + length > tailLength ? tailLength - length : c->tailFill;
  memmove(c->tail, c->tail + c->tailFill - kept, kept);
  memcpy(c->tail + kept, bytes, length);
  c->tailFill = kept + length;
}

static void countChunks(Connection *c, const char *bytes, size_t length, uint64_t instant) {
  for (const char *at = bytes, *end = bytes + length; at < end; at++) {
    if (!c->digits) {
      if (!(at = memchr(at, '@', (size_t)(end - at)))) return;
      c->digits = 1, c->sentAt = 0;
      continue;
    }
    if (*at < '0' || *at > '9') { c->digits = 0; continue; }
    c->sentAt = c->sentAt * 10 + (uint64_t)(*at - '0');
    if (++c->digits < 20) continue;
    c->digits = 0, c->chunks++;
    if (inside(instant)) chunksInside++, record(&transit, instant - c->sentAt);
  }
}

static void content(Connection *c, const char *bytes, size_t length, uint64_t instant) {
  if (!c->bodySeen && inside(c->due)) record(&firstByte, instant - c->due);
  c->bodySeen = 1;
  if (inside(instant)) bytesInside += length;
  countChunks(c, bytes, length, instant);
  keepTail(c, bytes, length);
}

static int digitOf(char letter) { return letter <= '9' ? letter - '0' : (letter | 32) - 'a' + 10; }

// Takes body bytes off the wire; true once the body is whole.
static int bodyOn(Connection *c, const char *bytes, size_t length, uint64_t instant) {
  if (!c->chunked) {
    if (length) content(c, bytes, length, instant);
    if (c->remaining > 0) c->remaining -= (long)length;
    return c->remaining == 0;
  }
  for (const char *at = bytes, *end = bytes + length; at < end;) {
    if (c->framing == inData) {
      size_t part = (size_t)c->remaining < (size_t)(end - at) ? (size_t)c->remaining : (size_t)(end - at);
      content(c, at, part, instant);
      at += part, c->remaining -= (long)part;
      if (!c->remaining) c->framing = afterData;
      continue;
    }
    char letter = *at++;
    if (letter == '\n' && c->framing == atTrailer) return 1;
    if (letter == '\n') c->framing = c->framing == afterData ? inSize : c->framing == inTrailer || !c->remaining ? atTrailer : inData;
    else if (c->framing == inSize && strchr("0123456789abcdefABCDEF", letter)) c->remaining = c->remaining * 16 + digitOf(letter);
    else if (c->framing == inSize) c->framing = inSizeLine;
    else if (c->framing == atTrailer && letter != '\r') c->framing = inTrailer;
  }
  return 0;
}

static void readHead(Connection *c, char *blank) {
  c->inBody = 1, c->chunked = c->closes = 0, c->remaining = -1, c->framing = inSize;
  c->status = atoi(c->head + 9);
  for (char *line = c->head; line < blank; line = strchr(line, '\n') + 1) {
    if (!strncasecmp(line, "content-length:", 15)) c->remaining = atol(line + 15);
    if (!strncasecmp(line, "transfer-encoding: chunked", 26)) c->chunked = 1, c->remaining = 0;
    if (!strncasecmp(line, "connection: close", 17)) c->closes = 1;
  }
  if (c->remaining < 0) c->closes = 1;
}

static void hear(Connection *c) {
  static char bytes[1 << 18];
  ssize_t got = recv(c->fd, bytes, sizeof bytes, 0);
  if (got < 0 && errno == EAGAIN) return;
  uint64_t instant = now();
  if (got == 0 && c->busy && c->inBody && !c->chunked && c->remaining < 0) { answered(c, instant); return; }
  if (got <= 0 || !c->busy) { lost(c, instant); return; }
  size_t length = (size_t)got, offset = 0;
  if (!c->inBody) {
    size_t part = length < headLimit - c->headLength ? length : headLimit - c->headLength, before = c->headLength;
    memcpy(c->head + before, bytes, part);
    c->head[c->headLength += part] = 0;
    char *blank = strstr(c->head, "\r\n\r\n");
    if (!blank && c->headLength == headLimit) { lost(c, instant); return; }
    if (!blank) return;
    readHead(c, blank + 2);
    offset = (size_t)(blank + 4 - c->head) - before;
  }
  if (bodyOn(c, bytes + offset, length - offset, instant)) answered(c, instant);
}

// ---- The run

typedef struct { char *lines[headerLimit]; int count; } Headers;

static void add(Headers *headers, char *line) { if (headers->count < headerLimit) headers->lines[headers->count++] = line; }

// One request for each caller, shared by that caller's connections.
static void prepareRequests(const char *path, const char *bodyFile, const Headers *common, const Headers *callers) {
  char *body = NULL;
  size_t bodyLength = 0, capacity = 0;
  FILE *file = bodyFile ? fopen(bodyFile, "r") : NULL;
  if (file) bodyLength = (size_t)getdelim(&body, &capacity, EOF, file), fclose(file);
  int variants = callers->count ? callers->count : 1;
  for (int i = 0; i < connectionCount; i++) {
    Connection *c = &connections[i];
    c->caller = (uint32_t)(i % variants);
    if (i >= variants) { c->request = connections[i - variants].request, c->requestLength = connections[i - variants].requestLength; continue; }
    FILE *out = open_memstream((char **)&c->request, &c->requestLength);
    fprintf(out, "POST %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n", path, port, bodyLength);
    for (int h = 0; h < common->count; h++) fprintf(out, "%s\r\n", common->lines[h]);
    if (callers->count) fprintf(out, "%s\r\n", callers->lines[i]);
    fprintf(out, "\r\n");
    fwrite(body, 1, bodyLength, out);
    fclose(out);
  }
}

static int finished(uint64_t instant) {
  if (callLimit >= 0 && (long)ended >= callLimit) return 1;
  if (instant < until) return 0;
  return latency.count + broken >= startedInside || instant >= until + (uint64_t)(graceSeconds * second);
}

static void printComplaint(void) {
  printf(",\"complaint\":\"");
  for (const char *at = complaint; *at; at++) putchar(*at < ' ' || *at == '"' || *at == '\\' ? ' ' : *at);
  printf("\"");
}

int main(int count, char **arguments) {
  const char *path = "/", *bodyFile = NULL;
  Headers common = {0}, callers = {0};
  int option;
  while ((option = getopt(count, arguments, "p:u:b:H:i:c:r:w:d:n:t:k:g:a:s")) != -1) switch (option) {
    case 'p': port = atoi(optarg); break;
    case 'u': path = optarg; break;
    case 'b': bodyFile = optarg; break;
    case 'H': add(&common, optarg); break;
    case 'i': add(&callers, optarg); break;
    case 'c': connectionCount = atoi(optarg); break;
    case 'r': rate = atof(optarg); break;
    case 'w': warmSeconds = atof(optarg); break;
    case 'd': windowSeconds = atof(optarg); break;
    case 'n': callLimit = atol(optarg); break;
    case 't': terminal = optarg; break;
    case 'k': chunksExpected = atoi(optarg); break;
    case 'g': graceSeconds = atof(optarg); break;
    case 'a': if (pidCount < pidLimit) pids[pidCount++] = atoi(optarg); break;
    case 's': sleeps = 1; break;
    default: return 64;
  }
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files), files.rlim_cur = files.rlim_max, setrlimit(RLIMIT_NOFILE, &files);
  poller = epoll_create1(0);
  connections = calloc((size_t)connectionCount, sizeof *connections);
  idle = calloc((size_t)connectionCount, sizeof *idle);
  prepareRequests(path, bodyFile, &common, &callers);
  for (int i = 0; i < connectionCount; i++) connectAgain(&connections[i]), idle[idleCount++] = &connections[i];

  static Books before, after;
  int opened = 0, closed = 0;
  uint64_t begin = now();
  from = begin + (uint64_t)(warmSeconds * second), until = from + (uint64_t)(windowSeconds * second);
  while (rate == 0 && idleCount && (callLimit < 0 || (long)started < callLimit)) call(idle[--idleCount], now());

  for (struct epoll_event events[256];;) {
    uint64_t instant = now();
    if (!opened && instant >= from) readBooks(&before), opened = 1;
    if (!closed && instant >= until) readBooks(&after), closed = 1;
    if (finished(instant)) break;
    uint64_t due = begin, wait = second / 1000;
    while (rate > 0 && (due = begin + (uint64_t)((double)started * second / rate)) <= instant && due < until && idleCount) call(idle[--idleCount], due);
    if (rate > 0 && due > instant && due - instant < wait) wait = due - instant;
    struct timespec pause = {.tv_nsec = sleeps ? (long)wait : 0};
    int ready = epoll_pwait2(poller, events, 256, &pause, NULL);
    if (!ready && !sleeps) sched_yield();
    for (int i = 0; i < ready; i++) {
      Connection *c = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) writeOn(c);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) hear(c);
    }
  }

  if (!opened) readBooks(&before), from = begin;
  if (!closed) readBooks(&after), until = now();
  double seconds = (double)(until - from) / second;
  printf("{\"seconds\":%.3f,\"calls\":%llu,\"perSecond\":%.1f,\"wrongStatus\":%llu,\"wrongEnd\":%llu,\"wrongChunks\":%llu,\"broken\":%llu,\"reopened\":%llu,\"unanswered\":%llu,\"chunks\":%llu,\"bytes\":%llu,\"started\":%llu,\"answered\":%llu",
         seconds, (unsigned long long)endedInside, (double)endedInside / seconds, (unsigned long long)wrongStatus, (unsigned long long)wrongEnd, (unsigned long long)wrongChunks,
         (unsigned long long)broken, (unsigned long long)reopened, (unsigned long long)(startedInside - latency.count), (unsigned long long)chunksInside, (unsigned long long)bytesInside, (unsigned long long)started, (unsigned long long)answeredWell);
  print("latency", &latency), print("firstByte", &firstByte), print("transit", &transit);
  printBooks(&before, &after, seconds);
  printMemory();
  printComplaint();
  printf("}\n");
  return 0;
}
