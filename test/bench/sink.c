/* The bench's bucket: it takes PUTs as fast as one core reads them and keeps nothing, so that what is timed is the
 * client. One thread a connection, HTTP/1.1, keep-alive, TLS where it has a certificate.
 *
 *     cc -O2 -o sink sink.c -lssl -lcrypto -lpthread
 *     ./sink BLOCK [CERT KEY]
 *
 * It prints its port, and ends when its standard input does. The ETag is the MD5 of BLOCK's bytes, repeated to the
 * body's length and worked out once for each length: right for a body that begins at a multiple of the block's size in a
 * file that is made of it, and no burden on cores that the client needs. A GET answers how many bytes, PUTs and
 * connections there were since the last one. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { HEAD_MOST = 64 * 1024, READ_SIZE = 512 * 1024, LENGTHS_MOST = 256, ETAG_SIZE = 33 };

static SSL_CTX *tls;
static unsigned char *block;
static size_t block_size;
static atomic_ullong bytes_in, puts_in, connections_in;

static struct { unsigned long long length; char hex[ETAG_SIZE]; } known[LENGTHS_MOST];
static int known_count;
static pthread_mutex_t known_lock = PTHREAD_MUTEX_INITIALIZER;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void md5_of_block(unsigned long long length, char hex[ETAG_SIZE]) {
  unsigned char digest[16];
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_md5(), NULL);
  while (length > 0) {
    size_t piece = length < block_size ? (size_t)length : block_size;
    EVP_DigestUpdate(context, block, piece);
    length -= piece;
  }
  EVP_DigestFinal_ex(context, digest, NULL);
  EVP_MD_CTX_free(context);
  for (int i = 0; i < 16; i++) sprintf(hex + 2 * i, "%02x", digest[i]);
}

static void etag_of(unsigned long long length, char hex[ETAG_SIZE]) {
  pthread_mutex_lock(&known_lock);
  int at = 0;
  while (at < known_count && known[at].length != length) at++;
  if (at == known_count) {
    if (known_count < LENGTHS_MOST) known_count++;
    else at = 0;
    known[at].length = length;
    md5_of_block(length, known[at].hex);
  }
  memcpy(hex, known[at].hex, ETAG_SIZE);
  pthread_mutex_unlock(&known_lock);
}

struct peer { int fd; SSL *ssl; };

static long take(struct peer *peer, void *into, size_t most) {
  return peer->ssl ? SSL_read(peer->ssl, into, (int)most) : read(peer->fd, into, most);
}

static int say(struct peer *peer, const char *words) {
  size_t length = strlen(words);
  long said = peer->ssl ? SSL_write(peer->ssl, words, (int)length) : write(peer->fd, words, length);
  return said == (long)length;
}

/* Reads until the head of a request is whole. Answers its length, or 0 where none comes any more. */
static size_t take_head(struct peer *peer, char *buffer, size_t *have) {
  for (;;) {
    buffer[*have] = 0;
    char *end = strstr(buffer, "\r\n\r\n");
    if (end) return (size_t)(end - buffer) + 4;
    if (*have >= HEAD_MOST) return 0;
    long more = take(peer, buffer + *have, HEAD_MOST - *have);
    if (more <= 0) return 0;
    *have += (size_t)more;
  }
}

static const char *field(const char *head, const char *name) {
  size_t length = strlen(name);
  for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
    if (!strncasecmp(line + 2, name, length)) return line + 2 + length;
  return NULL;
}

/* Answers whether the whole body came. */
static int take_body(struct peer *peer, char *buffer, unsigned long long left) {
  while (left > 0) {
    long more = take(peer, buffer, left < READ_SIZE ? (size_t)left : READ_SIZE);
    if (more <= 0) return 0;
    left -= (unsigned long long)more;
  }
  return 1;
}

static int answer_put(struct peer *peer, unsigned long long length) {
  char etag[ETAG_SIZE], reply[128];
  atomic_fetch_add(&bytes_in, length);
  atomic_fetch_add(&puts_in, 1);
  etag_of(length, etag);
  snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\netag: \"%s\"\r\ncontent-length: 0\r\n\r\n", etag);
  return say(peer, reply);
}

static int answer_count(struct peer *peer) {
  char body[96], reply[192];
  snprintf(body, sizeof body, "%llu %llu %llu\n", atomic_exchange(&bytes_in, 0), atomic_exchange(&puts_in, 0),
           atomic_exchange(&connections_in, 0));
  snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\ncontent-length: %zu\r\nconnection: close\r\n\r\n%s", strlen(body), body);
  say(peer, reply);
  return 0;
}

/* Answers whether the connection may carry another request. */
static int serve_one(struct peer *peer, char *buffer, size_t *have) {
  size_t head = take_head(peer, buffer, have);
  if (head == 0) return 0;
  buffer[head - 1] = 0;
  if (!strncmp(buffer, "GET ", 4)) return answer_count(peer);
  const char *length_field = field(buffer, "content-length:");
  if (!length_field) return say(peer, "HTTP/1.1 411 Length Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n") && 0;
  unsigned long long length = strtoull(length_field, NULL, 10);
  if (field(buffer, "expect:") && !say(peer, "HTTP/1.1 100 Continue\r\n\r\n")) return 0;
  unsigned long long here = *have - head;
  size_t rest = here > length ? (size_t)(here - length) : 0;
  memmove(buffer, buffer + head + (here - rest), rest);
  *have = rest;
  if (here < length && !take_body(peer, buffer, length - here)) return 0;
  return answer_put(peer, length);
}

static void *serve(void *given) {
  struct peer peer = {(int)(long)given, NULL};
  int on = 1, welcome = 1;
  setsockopt(peer.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (tls) {
    peer.ssl = SSL_new(tls);
    SSL_set_fd(peer.ssl, peer.fd);
    welcome = SSL_accept(peer.ssl) == 1;
  }
  char *buffer = malloc(READ_SIZE + 1);
  size_t have = 0;
  while (welcome && serve_one(&peer, buffer, &have)) {}
  free(buffer);
  if (peer.ssl) SSL_free(peer.ssl);
  close(peer.fd);
  return NULL;
}

static void *end_with_input(void *unused) {
  char byte;
  while (read(0, &byte, 1) > 0) {}
  exit(0);
  return unused;
}

static void read_block(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) die(path);
  fseek(file, 0, SEEK_END);
  block_size = (size_t)ftell(file);
  rewind(file);
  block = malloc(block_size);
  if (block_size == 0 || fread(block, 1, block_size, file) != block_size) die(path);
  fclose(file);
}

static void read_certificate(const char *cert, const char *key) {
  tls = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(tls, cert) != 1) die(cert);
  if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) die(key);
  SSL_CTX_set_read_ahead(tls, 1);
  SSL_CTX_set_default_read_buffer_len(tls, READ_SIZE);
}

int main(int count, char **words) {
  if (count != 2 && count != 4) return fprintf(stderr, "usage: sink BLOCK [CERT KEY]\n"), 2;
  signal(SIGPIPE, SIG_IGN);
  read_block(words[1]);
  if (count == 4) read_certificate(words[2], words[3]);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof here;
  if (bind(listener, (struct sockaddr *)&here, size) || listen(listener, 512)) die("sink");
  getsockname(listener, (struct sockaddr *)&here, &size);
  printf("%d\n", ntohs(here.sin_port));
  fflush(stdout);
  pthread_t thread;
  if (pthread_create(&thread, NULL, end_with_input, NULL)) die("sink");
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) continue;
    atomic_fetch_add(&connections_in, 1);
    if (pthread_create(&thread, NULL, serve, (void *)(long)fd)) close(fd);
    else pthread_detach(thread);
  }
}
