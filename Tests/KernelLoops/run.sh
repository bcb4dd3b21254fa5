#!/usr/bin/env bash
# Looks at the machine code of the kernels: their sums must stay in registers.
#
#   Tests/KernelLoops/run.sh BUILD-FOLDER
#
# Where the compiler keeps a tile's sums in memory, its innermost loop stores as many vectors on the stack as it multiplies. The
# results are right, and take a quarter longer: nothing but the code shows it. Kernels of all instruction sets are looked at, also of those
# that this machine lacks. OBJDUMP: what disassembles them, for a build for another processor.
set -euo pipefail
folder=${1:?the folder of a build, such as .build/release}
# Of the bodies that all sets share only the baseline's: the rest is code for no set in particular, which nothing runs.
objects=$(find -L "$folder" -path '*/Kernels*.build/*.o' -not -path '*Tests.build*' \
  '(' -not -path '*/Kernels.build/*' -o -name '*Baseline*' ')')
[ -n "$objects" ] || { echo "no kernels in $folder: build first"; exit 1; }
# shellcheck disable=SC2086
"${OBJDUMP:-objdump}" -d --no-show-raw-insn $objects | awk '
  BEGIN {
    products = "^(v?pmaddwd|vf[n]?madd|v?pdpbusd|[{]vex[}] vpdpbusd|vdpbf16ps|v?mulps|v?pmulld|fmla|fmul|bfmmla|smull|smlal|sdot|usmmla)"
    stores = "^(v?mov[a-z0-9]*[ \t]+%[xyz]mm[0-9]+,-?(0x[0-9a-f]+)?[(]%r[bs]p[)]|st[rp][ \t]+q[0-9]+,.*[[](sp|x29))"
  }
  # Loops that have no other inside them: of each jump back the nearest.
  function finish(  i, k, from, multiplied, stored) {
    for (i = 1; i <= count; i++) {
      if (!(i in back)) continue
      from = back[i]
      multiplied = stored = 0
      for (k = from; k < i && !(k in back && back[k] >= from); k++) {
        if (text[k] ~ products) multiplied++
        if (text[k] ~ stores) stored++
      }
      if (k < i || multiplied == 0) continue
      loops++
      if (multiplied >= 4 && stored >= multiplied) {
        printf "%s stores %d sums for %d products, %s\n", name, stored, multiplied, file
        wrong++
      }
    }
    for (i in back) delete back[i]
    for (i in place) delete place[i]
    count = 0
  }
  /file format/ { finish(); file = $1; sub(/.*release\//, "", file); next }
  /^[0-9a-f]+ <.*>:$/ { finish(); name = $2; next }
  /^ *[0-9a-f]+:/ {
    address = $1; sub(/:/, "", address)
    line = $0; sub(/^ *[0-9a-f]+:[ \t]*/, "", line)
    text[++count] = line; place[address] = count
    if (line ~ /^(j|b[. \t]|cb|tb)/ && match(line, /[0-9a-f]+ </)) {
      target = substr(line, RSTART, RLENGTH - 2)
      if (target in place) back[count] = place[target]
    }
  }
  END {
    finish()
    printf "%d innermost loops of products looked at, %d keep their sums in memory\n", loops, wrong
    exit(wrong > 0 || loops < 20)
  }'
