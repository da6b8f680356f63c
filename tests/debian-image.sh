#!/bin/bash
# Usage: debian-image.sh small|packages|large      Prints the directory of an OCI image layout with the image under the tag "latest".
#
# small: debootstrap --variant=minbase of this machine's Debian release, one layer, about 200 MB unpacked.
# packages: on top of it a layer with a repository in /srv/packages, the only one that apt knows there: what tests/containerfiles install, without a network.
# large: on top of small a layer with gcc, g++ and python3 and one with Go: three layers, over 800 MB unpacked (for bench/).
#
# They are kept under ${XDG_CACHE_HOME:-/var/cache}/containertools-tests between runs. Mirror and keyring come from this machine's apt sources.
# Needs root, debootstrap and umoci.
set -euo pipefail
kind=${1:?small, packages or large}
case $kind in small | packages | large) ;; *) echo "debian-image.sh: '$kind' is neither small, packages nor large" >&2; exit 2 ;; esac
cache=${XDG_CACHE_HOME:-/var/cache}/containertools-tests
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9

. /etc/os-release
suite=${VERSION_CODENAME:?/etc/os-release names no release}
layout=$cache/debian-$suite-$kind

# The first deb source of the running release: "URI keyring", from deb822 or one-line files.
apt_source() {
    cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v suite="$suite" '
        function flush() { if (types ~ /deb/ && suites ~ ("(^| )" suite "( |$)")) { print uri, keyring; done = 1; exit } uri = keyring = suites = types = "" }
        /^$/ { flush() }
        tolower($1) == "types:" { $1 = ""; types = $0 }
        tolower($1) == "uris:" { uri = $2 }
        tolower($1) == "suites:" { $1 = ""; suites = $0 }
        tolower($1) == "signed-by:" { keyring = $2 }
        END { if (!done) flush() }'
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk -v suite="$suite" '
        $1 == "deb" {
            keyring = ""
            if (match($0, /\[[^]]*\]/)) {
                options = substr($0, RSTART + 1, RLENGTH - 2)
                $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
                if (match(options, /signed-by=[^ ]*/)) keyring = substr(options, RSTART + 10, RLENGTH - 10)
            }
            if ($3 == suite) print $2, keyring
        }'
}

in_root() { # directory command...: runs with /proc, and without letting packages start services
    local root=$1 status=0
    shift
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    cp -L --remove-destination /etc/resolv.conf "$root/etc/resolv.conf"
    # A mount namespace of its own: /proc is unmounted however this ends.
    unshare --mount --propagation private sh -c 'mount -t proc proc "$1/proc" && shift 1 && exec chroot "$@"' sh "$root" "$root" \
        env DEBIAN_FRONTEND=noninteractive "$@" >&2 </dev/null || status=$?
    rm -f "$root/usr/sbin/policy-rc.d" "$root/etc/resolv.conf"
    return $status
}

install_layer() { # layout bundle packages...
    local target=$1 bundle=$2
    shift 2
    in_root "$bundle/rootfs" apt-get -q update
    in_root "$bundle/rootfs" apt-get -q install -y --no-install-recommends "$@"
    rm -rf "$bundle"/rootfs/var/lib/apt/lists/* "$bundle"/rootfs/var/cache/apt/*
    umoci repack --refresh-bundle --image "$target:latest" "$bundle" >&2
}

make_small() { # target
    local uri keyring
    read -r uri keyring < <(apt_source) || true
    [ -n "${uri:-}" ] || { echo "debian-image.sh: no apt source for $suite on this machine" >&2; exit 1; }
    [ -n "${keyring:-}" ] || keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    debootstrap --variant=minbase --keyring="$keyring" "$suite" "$work/root" "$uri" >&2
    rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
    umoci init --layout "$1"
    umoci new --image "$1:latest"
    umoci unpack --image "$1:latest" "$work/bundle" >&2
    cp -a "$work/root/." "$work/bundle/rootfs/"
    umoci repack --image "$1:latest" "$work/bundle" >&2
    umoci config --image "$1:latest" --config.cmd bash --config.env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    umoci gc --layout "$1" >&2
}

make_packages() { # target
    local root=$work/packages/rootfs repository=$work/packages/rootfs/srv/packages file
    cp -a "$small/." "$1"
    umoci unpack --image "$1:latest" "$work/packages" >&2
    in_root "$root" apt-get -q update
    in_root "$root" apt-get -q install -y --no-install-recommends --download-only ca-certificates tini make tcc libc6-dev python3-minimal
    mkdir -p "$repository"
    mv "$root"/var/cache/apt/archives/*.deb "$repository"
    for file in "$repository"/*.deb; do
        dpkg-deb --field "$file"
        printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${file##*/}" "$(stat -c %s "$file")" "$(sha256sum <"$file" | cut -d' ' -f1)"
    done >"$repository/Packages"
    rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/etc/apt/sources.list.d/*
    echo 'deb [trusted=yes] file:/srv/packages ./' >"$root/etc/apt/sources.list"
    # As in the images that docker has: dpkg does not wait for the disk.
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
    umoci repack --refresh-bundle --image "$1:latest" "$work/packages" >&2
    umoci gc --layout "$1" >&2
}

make_large() { # target
    cp -a "$small/." "$1"
    umoci unpack --image "$1:latest" "$work/large" >&2
    install_layer "$1" "$work/large" gcc g++ make python3 perl
    install_layer "$1" "$work/large" golang-go
    umoci gc --layout "$1" >&2
}

if [ ! -e "$layout/index.json" ]; then
    if [ "$kind" != small ]; then
        small=$(flock -u 9; exec 9>&-; bash "$0" small)
        flock 9
    fi
    work=$(mktemp -d "$cache/work.XXXXXX")
    trap 'rm -rf --one-file-system "$work"' EXIT
    "make_$kind" "$work/layout"
    rm -rf "$layout"
    mv "$work/layout" "$layout"
fi
echo "$layout"
