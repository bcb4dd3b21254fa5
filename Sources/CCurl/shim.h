// What Swift cannot import from libcurl: variadics. The functions are given, since the library is loaded late. No logic.
#pragma once
#include <curl/curl.h>

typedef size_t (*ccurl_data_function)(char *bytes, size_t size, size_t count, void *context);
typedef CURLcode (*ccurl_setopt_function)(CURL *curl, CURLoption option, ...);
typedef CURLcode (*ccurl_getinfo_function)(CURL *curl, CURLINFO info, ...);

static inline CURLcode ccurl_set_long(void *setopt, CURL *curl, CURLoption option, long value) {
  return ((ccurl_setopt_function)setopt)(curl, option, value);
}
static inline CURLcode ccurl_set_string(void *setopt, CURL *curl, CURLoption option, const char *value) {
  return ((ccurl_setopt_function)setopt)(curl, option, value);
}
static inline CURLcode ccurl_set_pointer(void *setopt, CURL *curl, CURLoption option, void *value) {
  return ((ccurl_setopt_function)setopt)(curl, option, value);
}
static inline CURLcode ccurl_set_function(void *setopt, CURL *curl, CURLoption option, ccurl_data_function value) {
  return ((ccurl_setopt_function)setopt)(curl, option, value);
}
static inline CURLcode ccurl_get_long(void *getinfo, CURL *curl, CURLINFO info, long *value) {
  return ((ccurl_getinfo_function)getinfo)(curl, info, value);
}
static inline CURLcode ccurl_get_offset(void *getinfo, CURL *curl, CURLINFO info, curl_off_t *value) {
  return ((ccurl_getinfo_function)getinfo)(curl, info, value);
}

static const long ccurl_global_default = CURL_GLOBAL_DEFAULT;
static const long ccurl_http_and_https = CURLPROTO_HTTP | CURLPROTO_HTTPS;
// The options that take the protocols as text came with 7.85; these work everywhere.
static const CURLoption ccurl_protocols = CURLOPT_PROTOCOLS;
static const CURLoption ccurl_redirect_protocols = CURLOPT_REDIR_PROTOCOLS;
// With 7.87; older libraries take no notice.
static const CURLoption ccurl_quick_exit = (CURLoption)322;
static const long ccurl_basic_and_digest = CURLAUTH_BASIC | CURLAUTH_DIGEST;
