#!/usr/bin/env bash
# Runs a command on a display in memory, drawn by the processor:
#
#   packaging/bench/display.sh COMMAND...
set -euo pipefail

exec 3< <(exec Xvfb -displayfd 1 -screen 0 1600x900x24 -nolisten tcp -noreset +extension GLX +render 2>/dev/null)
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
read -r -u 3 -t 30 number || { echo "display.sh: Xvfb did not start; packaging/setup.sh --test-extras installs it" >&2; exit 1; }
DISPLAY=:$number LIBGL_ALWAYS_SOFTWARE=1 "$@"
