#!/bin/sh
# Stage 2: what the boot entry starts as process 1. Activates, remembers what was booted, becomes systemd.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
echo "booting system configuration @out@"
mkdir -p /run/log
@out@/activate
ln -sfn @out@ /run/booted-system
: >> /etc/machine-id
exec /usr/lib/systemd/systemd "$@"
