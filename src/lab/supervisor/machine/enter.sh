#!/bin/bash
# Joins cgroups, lets go of what no machine has, and becomes what follows: enter.sh CAPABILITIES CGROUP... -- COMMAND...
set -euo pipefail
capabilities=$1
shift
while [ "$1" != -- ]; do
  echo $$ >"$1/cgroup.procs"
  shift
done
shift
# Whatever this process was given beside its own four is not for a machine.
for open in /proc/self/fd/*; do
  number=${open##*/}
  ((number < 4 || number == 255)) || eval "exec $number>&-"
done
# As on a machine of its own: docker's service asks for as much, and cannot raise it without the capability.
for limit in 'n 1048576' 'u unlimited'; do ulimit -H${limit% *} "${limit#* }" 2>/dev/null || true; done
exec setpriv --bounding-set "$capabilities" --inh-caps=-all -- "$@"
