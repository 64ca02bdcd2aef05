#!/usr/bin/env bash
# Makes this machine able to build images: a Docker engine, buildx, and a Python base image.
#
#   scripts/setup-host.sh                 install and start what is missing
#   scripts/setup-host.sh --engine-only   the engine and buildx, not the base image
#   scripts/setup-host.sh --check         say what is there and what would be done; change nothing
#
# What is there already is used as it is. An engine is installed only on Debian 12 and 13, and only by root.
# The chosen base image is written to .builder/python-image (one line): Dockerfile.base takes it as
# ARG PYTHON_IMAGE. PYTHON_IMAGE in the environment overrides the choice (a company's own mirror, say).
#
# Exit codes: 0 ready; 64 usage; 69 (EX_UNAVAILABLE) not ready, and the message says what to install.
set -euo pipefail

readonly OFFICIAL_IMAGE=python:3.13-slim-trixie
readonly LOCAL_IMAGE=toolbox-python:3.13-trixie
readonly SUITE=trixie            # Debian 13: Docker 26 and Python 3.13
readonly ENGINE_MAJOR=23         # the first engine whose BuildKit has named contexts (target:...) and SOURCE_DATE_EPOCH
readonly BUILDX_MINOR=10         # buildx 0.10 brought `attest` to bake
readonly START_SECONDS=60
readonly PULL_SECONDS=${SETUP_PULL_SECONDS:-120}
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
readonly CACHE=${SETUP_CACHE_DIR:-/var/cache/toolbox-setup}
readonly ENGINE_LOG=/var/log/dockerd.log

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly choice_file=$root/.builder/python-image
engine_error=''

say() { printf 'setup-host: %s\n' "$*"; }

unavailable() { # WHAT REMEDY
  printf 'setup-host: %s\n' "$1; remedy: $2" \
    'validate, plan, sql, in-process invoke and test work without Docker.' >&2
  exit 69
}

# macOS has no timeout(1); there the command runs unbounded.
bounded() { # SECONDS COMMAND...
  local seconds=$1
  shift
  if command -v timeout >/dev/null; then timeout "$seconds" "$@"; else "$@"; fi
}

# Runs a step quietly; on failure prints the end of what it said, and the remedy.
step() { # WHAT REMEDY COMMAND...
  local what=$1 remedy=$2 log
  shift 2
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    rm -f "$log"
    unavailable "$what failed" "$remedy"
  fi
  rm -f "$log"
}

# --- what is there -----------------------------------------------------------------------------------------------

# Unlike `docker info`, `docker version` with a server field fails when the engine does not answer or refuses the
# client's API version, so it is the better question. Prints "engine api client".
engine_versions() {
  bounded 10 docker version --format '{{.Server.Version}} {{.Server.APIVersion}} {{.Client.Version}}' 2>/dev/null
}

engine_answers() { command -v docker >/dev/null && engine_versions >/dev/null; }

# A client in the PATH may not be the one that the engine came with, and plugins are looked up per client.
buildx_version() { docker buildx version 2>/dev/null | awk '{print $2}'; }

image_present() { docker image inspect --format '{{.Id}}' "$1" >/dev/null 2>&1; }

debian_field() { # NAME of a field of /etc/os-release; empty on anything but Debian
  [[ -r /etc/os-release ]] || return 0
  # shellcheck source=/dev/null
  (. /etc/os-release && if [[ ${ID:-} == debian ]]; then printf '%s' "${!1:-}"; fi)
}

debian_release() { debian_field VERSION_ID; }

can_install() {
  [[ $(id -u) -eq 0 ]] && case $(debian_release) in 12 | 13) true ;; *) false ;; esac
}

why_not_install() {
  if [[ $(id -u) -ne 0 ]]; then printf 'this user is not root'; else printf 'this is not Debian 12 or 13'; fi
}

engine_installed() { command -v dockerd >/dev/null || [[ -x /usr/sbin/dockerd ]]; }

check_engine_version() {
  local engine api client
  read -r engine api client < <(engine_versions)
  # A development build has no number, and is taken as new enough.
  if [[ $engine =~ ^[0-9]+ ]] && ((BASH_REMATCH[0] < ENGINE_MAJOR)); then
    unavailable "Docker engine $engine is too old to build from named contexts" "install Docker $ENGINE_MAJOR or newer"
  fi
  say "Docker engine $engine answers (API $api, client $client)"
}

check_buildx_version() {
  local version minor
  version=$(buildx_version)
  minor=${version#v}
  minor=${minor#0.}
  minor=${minor%%[.+~-]*}
  # Distributions build without a version, and 1.x has none below it: only a plain "0.N" can be too old.
  if [[ $version =~ ^v?0\.[0-9]+ ]] && ((minor < BUILDX_MINOR)); then
    unavailable "docker buildx $version is too old" "install docker-buildx 0.$BUILDX_MINOR or newer"
  fi
  say "docker buildx ${version:-of unknown version} is there"
}

# --- the engine --------------------------------------------------------------------------------------------------

# Debian 12's own Docker is 20.10, whose BuildKit has no named contexts. Debian 13's three packages need no newer
# libc than Debian 12's, so they are fetched from the same mirror through a private apt configuration: the host's
# own sources never see the newer suite, and no later apt-get upgrades from it.
private_apt() {
  "$1" -o Dir::Etc::SourceList="$CACHE/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
    -o Dir::State::Lists="$CACHE/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o APT::Sandbox::User=root "${@:2}"
}

mirror() { # the address that the host's own apt sources give for Debian's main component
  # shellcheck disable=SC2016  # $(...) here is apt's own notation
  apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
    awk -v release="$(debian_field VERSION_CODENAME)" '$1 == release && $2 == "main" { print $3; exit }'
}

update_apt() {
  step 'apt-get update' 'check the apt sources and the network, then run this again' apt-get -qq update
}

open_suite() {
  local uri
  uri=$(mirror)
  [[ -n $uri ]] || unavailable "no Debian mirror found in the host's apt sources" 'add one to /etc/apt/sources.list.d'
  mkdir -p "$CACHE/lists/partial" "$CACHE/packages"
  printf 'deb [signed-by=%s] %s %s main\n' "$KEYRING" "$uri" "$SUITE" >"$CACHE/sources.list"
  step "reading suite $SUITE from the mirror" "the mirror must carry $SUITE, and debian-archive-keyring its key" \
    private_apt apt-get -qq update
}

install_packages() { # PACKAGE... of the host's own release
  say "installing $*"
  DEBIAN_FRONTEND=noninteractive step "installing $*" 'run the same apt-get install by hand to see why' \
    apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"
}

install_from_suite() { # PACKAGE... of Debian 13 on a Debian 12 host
  say "installing $* from Debian $SUITE"
  open_suite
  rm -f "$CACHE"/packages/*.deb
  (
    cd "$CACHE/packages"
    step "downloading $*" 'check the network, then run this again' private_apt apt-get -qq download "$@"
  )
  # --force-overwrite: a file that moved between packages (docker.io to docker-cli) is no reason to stop.
  DEBIAN_FRONTEND=noninteractive step "installing $*" "run dpkg -i --force-overwrite $CACHE/packages/*.deb by hand" \
    dpkg -i --force-overwrite "$CACHE"/packages/*.deb
}

install_docker() { # PACKAGE...
  update_apt
  if [[ $(debian_release) == 12 ]]; then
    if [[ " $* " == *' docker.io '* ]]; then
      install_packages containerd runc tini iptables ca-certificates xz-utils
    fi
    install_from_suite "$@"
  else
    install_packages "$@" ca-certificates
  fi
  hash -r
}

# A PID file that outlived its process (a killed session, a restored machine) may name some other process by now.
# dockerd would refuse to start for the first of these, and wait for ever on the containerd that the second names.
drop_stale_pid() { # FILE PROGRAM
  local pid
  [[ -r $1 ]] || return 0
  pid=$(<"$1")
  if [[ $(cat "/proc/$pid/comm" 2>/dev/null) != "$2" ]]; then rm -f "$1"; fi
}

start_engine() {
  local pid deadline
  if [[ -d /run/systemd/system ]]; then
    say 'starting the engine: systemctl start docker'
    step 'systemctl start docker' 'journalctl -u docker says why' systemctl start docker
    return
  fi
  drop_stale_pid /var/run/docker.pid dockerd
  drop_stale_pid /var/run/docker/containerd/containerd.pid containerd
  if [[ -r /var/run/docker.pid ]]; then
    say 'waiting for the dockerd that is starting'
    pid=$(</var/run/docker.pid)
  else
    say "starting the engine: dockerd in the background, log in $ENGINE_LOG"
    # Its own session and no inherited descriptors: it outlives this script, its terminal and a CI step's pipes.
    # The caller's umask must not become the containers'.
    (umask 022 && cd / && exec setsid dockerd >>"$ENGINE_LOG" 2>&1 </dev/null) &
    pid=$!
    disown "$pid"
  fi
  deadline=$((SECONDS + START_SECONDS))
  until engine_answers; do
    if ! kill -0 "$pid" 2>/dev/null; then
      unavailable "dockerd stopped at once: $(tail -n 1 "$ENGINE_LOG")" "see $ENGINE_LOG"
    fi
    ((SECONDS < deadline)) || unavailable "dockerd did not answer within $START_SECONDS s" "see $ENGINE_LOG"
    sleep 0.1
  done
}

ensure_engine() {
  if engine_answers; then
    check_engine_version
    return
  fi
  engine_error=$( (docker version >/dev/null) 2>&1 | tail -n 1) || true
  if [[ -n ${DOCKER_HOST:-}${DOCKER_CONTEXT:-} ]]; then
    unavailable "the engine that DOCKER_HOST or DOCKER_CONTEXT names does not answer: $engine_error" \
      'start it, or unset the variable'
  fi
  if [[ $engine_error == *'permission denied'* ]]; then
    unavailable 'the Docker engine refuses this user (permission denied)' \
      'add the user to the group docker and log in again, or run this as root'
  fi
  if ! can_install; then
    unavailable "no Docker engine answers, and $(why_not_install): ${engine_error:-docker is not installed}" \
      'install and start Docker Engine or Docker Desktop, 23 or newer, with buildx; on Debian 12 or 13 run this as root'
  fi
  engine_installed || install_docker docker.io docker-cli docker-buildx
  engine_answers || start_engine # some hosts start it on installation
  check_engine_version
}

ensure_buildx() {
  if [[ -z $(buildx_version) ]]; then
    can_install || unavailable "docker buildx is missing, and $(why_not_install)" \
      "install the buildx plugin (package docker-buildx or docker-buildx-plugin)"
    install_docker docker-buildx
    [[ -n $(buildx_version) ]] || unavailable "docker finds no buildx plugin ($(command -v docker))" \
      'link docker-buildx into ~/.docker/cli-plugins'
  fi
  check_buildx_version
}

# --- the base image ----------------------------------------------------------------------------------------------

# The first of: PYTHON_IMAGE, the choice of an earlier run, the official image, the one made here. Only if present.
present_image() {
  local image recorded=''
  [[ -r $choice_file ]] && recorded=$(<"$choice_file")
  if [[ -n ${PYTHON_IMAGE:-} ]]; then
    image_present "$PYTHON_IMAGE" && printf '%s' "$PYTHON_IMAGE"
    return
  fi
  for image in "$recorded" "$OFFICIAL_IMAGE" "$LOCAL_IMAGE"; do
    if [[ -n $image ]] && image_present "$image"; then
      printf '%s' "$image"
      return
    fi
  done
  return 1
}

# A Debian with Python, from the host's own mirror. The archive's own date is the clock (SOURCE_DATE_EPOCH), and what
# mmdebstrap copies from the host (host name, resolver) is taken out: the same archive gives the same layer anywhere.
make_image() {
  local tar=$CACHE/rootfs.tar epoch release
  update_apt
  command -v mmdebstrap >/dev/null || install_packages mmdebstrap
  open_suite
  release=$(find "$CACHE/lists" -maxdepth 1 -name '*_InRelease' | head -n 1)
  epoch=$(date --utc --date "$(awk -F': ' '$1 == "Date" { print $2; exit }' "$release")" +%s)
  say "making $LOCAL_IMAGE from Debian $SUITE (about half a minute)"
  # shellcheck disable=SC2016  # "$1" is the root that mmdebstrap hands to its hooks
  SOURCE_DATE_EPOCH=$epoch step "making $LOCAL_IMAGE" "or set PYTHON_IMAGE to a Python 3.13 image that can be pulled" \
    bash -c 'umask 022 && exec "$@"' mmdebstrap mmdebstrap --quiet --mode=root --variant=apt \
    --include=python3-minimal,python3-venv,ca-certificates \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --customize-hook='ln -s python3 "$1/usr/bin/python"' \
    --customize-hook='rm -f "$1/etc/hostname" "$1/etc/resolv.conf" "$1/var/lib/dbus/machine-id"' \
    --customize-hook='rm -rf "$1"/var/log/* "$1"/var/cache/ldconfig/aux-cache' \
    "$SUITE" "$tar" "$CACHE/sources.list"
  step "importing $LOCAL_IMAGE" 'free disk space, or see the log of the engine' \
    docker import --change 'CMD ["python3"]' --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    --message "Debian $SUITE with Python" "$tar" "$LOCAL_IMAGE"
  rm -f "$tar"
}

pull_image() { # IMAGE
  say "pulling $1 (at most $PULL_SECONDS s)"
  bounded "$PULL_SECONDS" docker pull --quiet "$1" >/dev/null 2>&1
}

ensure_image() {
  local image
  if ! image=$(present_image); then
    image=${PYTHON_IMAGE:-$OFFICIAL_IMAGE}
    if ! pull_image "$image"; then
      [[ -z ${PYTHON_IMAGE:-} ]] || unavailable "PYTHON_IMAGE=$image cannot be pulled" 'name one that can, or unset it'
      can_install || unavailable "$image cannot be pulled, and $(why_not_install)" \
        'set PYTHON_IMAGE to a Python 3.13 image on Debian trixie that can be pulled'
      say "$image cannot be pulled"
      make_image
      image=$LOCAL_IMAGE
    fi
  fi
  record_image "$image"
  say "base image $image"
}

record_image() { # IMAGE; an unchanged file is not touched, so that nothing downstream looks newer
  [[ -r $choice_file && $(<"$choice_file") == "$1" ]] && return
  mkdir -p "${choice_file%/*}"
  printf '%s\n' "$1" >"$choice_file.new"
  mv "$choice_file.new" "$choice_file"
}

# --- --check -----------------------------------------------------------------------------------------------------

check() { # ENGINE_ONLY
  local engine='' image ready=0
  if engine_answers; then
    engine=$(engine_versions)
    (check_engine_version) || ready=69
  elif engine_installed; then
    say 'Docker engine: installed, does not answer; would be started'
  else
    say 'Docker engine: none; would install docker.io docker-cli docker-buildx and start it'
  fi
  [[ -n $engine ]] || ready=69
  if [[ -n $(buildx_version) ]]; then
    (check_buildx_version) || ready=69
  else
    say 'docker buildx: missing; would install docker-buildx'
    ready=69
  fi
  if ((!$1)); then
    if [[ -n $engine ]] && image=$(present_image); then
      say "base image $image"
    else
      say "base image: none; would pull ${PYTHON_IMAGE:-$OFFICIAL_IMAGE}, or else make $LOCAL_IMAGE with mmdebstrap"
      ready=69
    fi
  fi
  if ((ready)); then
    can_install || unavailable "not ready, and nothing can be installed here: $(why_not_install)" \
      'install and start Docker Engine or Docker Desktop, 23 or newer, with buildx'
    say 'not ready'
  else
    say 'ready'
  fi
  exit "$ready"
}

main() {
  local engine_only=0 check_only=0 option
  for option in "$@"; do
    case $option in
      --engine-only) engine_only=1 ;;
      --check) check_only=1 ;;
      -h | --help)
        sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p;}' "${BASH_SOURCE[0]}"
        exit 0
        ;;
      *)
        printf 'setup-host: unknown option %s; there are --engine-only and --check\n' "$option" >&2
        exit 64
        ;;
    esac
  done
  ((!check_only)) || check "$engine_only"
  ensure_engine
  ensure_buildx
  ((engine_only)) || ensure_image
}

main "$@"
