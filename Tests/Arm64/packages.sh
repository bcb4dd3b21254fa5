# Sourced: packages of Debian sid, fetched and unpacked into "$cache", where nothing of them is installed.
give_up() {
  echo "$1 (log: $log)"
  exit 1
}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e $keyring ] || give_up "no $keyring (Debian's debian-archive-keyring)"

# apt with lists and a cache of its own, for a machine on which nothing is installed; its `options`.
lists() { # ARCHITECTURE
  local arch=$1 apt=$cache/apt/$1
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/etc"
  : > "$apt/status"
  echo "deb [arch=$arch signed-by=$keyring] ${MOBILECAM_MIRROR:-http://deb.debian.org/debian} sid main" > "$apt/etc/sources.list"
  options=(
    -o "Dir::Etc::sourcelist=$apt/etc/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null
    -o "Dir::State=$apt" -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status"
    -o "Dir::Cache=$apt" -o "Dir::Cache::archives=$apt/archives" -o "APT::Architecture=$arch" -o "APT::Architectures=$arch"
    -o APT::Install-Recommends=false -o APT::Sandbox::User= -o Acquire::Retries=3 -o Acquire::Languages=none
  )
  apt-get "${options[@]}" update >> "$log" 2>&1 || give_up "apt-get update for $arch: $(tail -n 1 "$log")"
}
fetch() { # ARCHITECTURE PACKAGE…
  local arch=$1
  shift
  echo "fetching Debian sid's packages for $arch: $*" >&2
  lists "$arch"
  apt-get "${options[@]}" install --yes --download-only "$@" >> "$log" 2>&1 ||
    give_up "apt-get install --download-only for $arch: $(grep '^E:\|Depends' "$log" | tail -n 1)"
}
unpack() { # ARCHITECTURE FOLDER
  echo "unpacking what is for $1" >&2
  mkdir -p "$2"
  local package
  for package in "$cache/apt/$1"/archives/*.deb; do
    dpkg-deb -x "$package" "$2" 2>> "$log" || give_up "$package: $(tail -n 1 "$log")"
  done
  # The links of a merged /usr, where no package has them.
  for package in bin sbin lib lib64; do
    [ -e "$2/$package" ] || [ ! -d "$2/usr/$package" ] || ln -s "usr/$package" "$2/$package"
  done
}
