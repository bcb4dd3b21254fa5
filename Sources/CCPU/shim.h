// Time stamp counter, CPU features and intrinsics. No logic.
#pragma once
#include <stdint.h>
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
#elif defined(__aarch64__)
static inline uint64_t mobilecam_ticks(void) {
  uint64_t t;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(t));
  return t;
}
static inline void mobilecam_pause(void) { __asm__ volatile("yield"); }
#endif
