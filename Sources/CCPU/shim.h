// Time stamp counter, CPU features and intrinsics. No logic.
#pragma once
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1
#endif
#include <stdint.h>
#define MOBILECAM_INTRINSIC static inline __attribute__((always_inline))
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
static inline uint64_t mobilecam_ticks(void) { return __rdtsc(); }
static inline void mobilecam_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t registers[4]) {
  __cpuid_count(leaf, subleaf, registers[0], registers[1], registers[2], registers[3]);
}
static inline uint64_t mobilecam_xgetbv0(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((uint64_t)high << 32) | low;
}
static inline void mobilecam_pause(void) { __builtin_ia32_pause(); }
#define MOBILECAM_INTRINSIC static inline __attribute__((always_inline))
// Macros in C, which Swift does not import: 32 products of bytes, in their VEX form, and in that of AVX-512.
#if defined(__AVXVNNI__)
MOBILECAM_INTRINSIC __m256i mobilecam_dpbusd_256(__m256i sums, __m256i a, __m256i b) {
  return _mm256_dpbusd_avx_epi32(sums, a, b);
}
#elif defined(__AVX512VNNI__)
MOBILECAM_INTRINSIC __m256i mobilecam_dpbusd_256(__m256i sums, __m256i a, __m256i b) {
  return _mm256_dpbusd_epi32(sums, a, b);
}
#endif
#ifdef __AVX512BF16__
// Swift does not import vectors of __bf16: these take and give their bits.
MOBILECAM_INTRINSIC __m512 mobilecam_dpbf16_512(__m512 sums, __m512i a, __m512i b) {
  return _mm512_dpbf16_ps(sums, (__m512bh)a, (__m512bh)b);
}
MOBILECAM_INTRINSIC __m256 mobilecam_dpbf16_256(__m256 sums, __m256i a, __m256i b) {
  return _mm256_dpbf16_ps(sums, (__m256bh)a, (__m256bh)b);
}
MOBILECAM_INTRINSIC __m512i mobilecam_cvtne2ps_pbh_512(__m512 high, __m512 low) {
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}
MOBILECAM_INTRINSIC __m256i mobilecam_cvtneps_pbh_512(__m512 x) { return (__m256i)_mm512_cvtneps_pbh(x); }
MOBILECAM_INTRINSIC __m128i mobilecam_cvtneps_pbh_256(__m256 x) { return (__m128i)_mm256_cvtneps_pbh(x); }
#endif
#elif defined(__aarch64__)
#include <arm_neon.h>
#include <sys/auxv.h>
// Bits of <asm/hwcap.h>, which C libraries older than an instruction set do not name.
static inline uint64_t mobilecam_hwcap(void) { return getauxval(AT_HWCAP); }
static inline uint64_t mobilecam_hwcap2(void) { return getauxval(AT_HWCAP2); }
static inline uint64_t mobilecam_ticks(void) {
  uint64_t t;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(t));
  return t;
}
// Not `yield`, which most cores without hardware threads take for nothing: this one takes some tens of cycles, as x86's does.
static inline void mobilecam_pause(void) { __asm__ volatile("isb" ::: "memory"); }
// Bytes 0…255 as signed ones, 128 less. The compiler must not see through it: it would do the same to each lane that is taken
// out, one after the other and outside of vector registers.
MOBILECAM_INTRINSIC int32x4_t mobilecam_signed_bytes(int32x4_t bytes) {
  int32x4_t result = veorq_s32(bytes, vdupq_n_s32((int32_t)0x80808080));
  __asm__("" : "+w"(result));
  return result;
}
// A macro in C, which Swift does not import: 24 bytes, R, G, B in turn.
MOBILECAM_INTRINSIC void mobilecam_store_rgb(
    uint8_t *output, uint8x8_t red, uint8x8_t green, uint8x8_t blue) {
  uint8x8x3_t pixels = {{red, green, blue}};
  vst3_u8(output, pixels);
}
#ifdef __ARM_FEATURE_BF16_VECTOR_ARITHMETIC
// Swift does not import vectors of __bf16: these take and give their bits, two in each float.
MOBILECAM_INTRINSIC float32x4_t mobilecam_bfdot(float32x4_t sums, float32x4_t a, float32x4_t b) {
  return vbfdotq_f32(sums, (bfloat16x8_t)a, (bfloat16x8_t)b);
}
MOBILECAM_INTRINSIC float32x4_t mobilecam_bfmmla(float32x4_t sums, float32x4_t a, float32x4_t b) {
  return vbfmmlaq_f32(sums, (bfloat16x8_t)a, (bfloat16x8_t)b);
}
MOBILECAM_INTRINSIC float32x4_t mobilecam_bfcvtn(float32x4_t low, float32x4_t high) {
  return (float32x4_t)vcvtq_high_bf16_f32(vcvtq_low_bf16_f32(low), high);
}
#endif
#endif

static inline void mobilecam_prefetch_read(const void *line) { __builtin_prefetch(line, 0, 3); }
static inline void mobilecam_prefetch_write(const void *line) { __builtin_prefetch(line, 1, 3); }
