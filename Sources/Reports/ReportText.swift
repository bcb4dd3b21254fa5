import Platform

// Figures in words, as all reports have them.

package func milliseconds(_ nanoseconds: Int64) -> String { fixed(Double(nanoseconds) / 1e6, 3) + " ms" }

package func percent(_ share: Double) -> String { fixed(share * 100, 1) + " %" }

package func million(_ number: Int, _ places: Int) -> String { fixed(Double(number) / 1e6, places) }
