# Plays 'go build': what it writes depends on sources, flags and variables.
set -e
mkdir -p /out /root/.cache/go-build
{
    echo "$GOOS/$GOARCH $CGO_ENABLED $GOFLAGS"
    printf '%s\n' "$@"
    find cmd internal -type f | sort | xargs cat
    cat /go/pkg/mod/cache/go.sum
} >/out/service
chmod 755 /out/service
cp /out/service /root/.cache/go-build/
