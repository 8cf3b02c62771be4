#!/usr/bin/env bash
# Tries the set-up on a bare Debian 12: makes one in a new folder with debootstrap,
# clones the last commit into it and runs a command there, by default
#
#   packaging/setup.sh && make demo && time make demo
#
# usage (as root, with debootstrap and git installed):
#
#   packaging/check/bare.sh FOLDER [COMMAND]
#
# FOLDER must not exist; about 3 GB are used there and left for inspection. The bare
# system is given this machine's name resolution, its local certificate
# authorities and the variables by which the registries' clients are configured
# (*_proxy, PIP_*, NPM_CONFIG_*, NODE_EXTRA_CA_CERTS, GOPROXY, GOSUMDB), nothing
# else. MIRROR names another Debian mirror than debootstrap's own. If SHARED names a
# folder, it stands read-only beside the clone as ../shared.
set -euo pipefail

if (($# < 1 || $# > 2)) || ((EUID != 0)) || [[ -e $1 ]]; then
	sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
	exit 2
fi
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bare=$1
command=${2-packaging/setup.sh && make demo && time make demo}

debootstrap --variant=minbase bookworm "$bare" ${MIRROR+"$MIRROR"} >"$bare.log" 2>&1 ||
	{ tail "$bare.log" >&2; exit 1; }
git clone --quiet "$repo" "$bare/src/zoomscope"
cp -L /etc/resolv.conf /etc/hosts "$bare/etc/"
mkdir -p "$bare/usr/local/share/ca-certificates"
cp -r /usr/local/share/ca-certificates/. "$bare/usr/local/share/ca-certificates/"

carried=(HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
while IFS= read -r name; do
	carried+=("$name=${!name}")
done < <(compgen -e | grep -iE '^([a-z]+_proxy|PIP_(CERT|INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|PROXY|DEFAULT_TIMEOUT)|NPM_CONFIG_.*|NODE_EXTRA_CA_CERTS|GOPROXY|GOSUMDB)$')

# Mounts live in a namespace of their own: they end with it.
export BARE=$bare COMMAND=$command SHARED=${SHARED-}
exec unshare --mount bash -euc '
	mount -t proc proc "$BARE/proc"
	mkdir -p "$BARE/dev/pts"
	mount -t devpts devpts "$BARE/dev/pts"
	if [[ -n $SHARED ]]; then
		mkdir -p "$BARE/src/shared"
		mount --bind -o ro "$SHARED" "$BARE/src/shared"
	fi
	exec chroot "$BARE" env -i "$@" bash -euo pipefail -c "cd /src/zoomscope; $COMMAND"
' bare "${carried[@]}"
