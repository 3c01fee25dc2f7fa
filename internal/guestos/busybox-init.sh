#!/bin/sh
# The first program of the busybox guest: a shell on the console. When the
# shell ends, so does the machine.
export PATH=/bin HOME=/root
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
hostname busybox
echo "busybox: ready"
# cttyhack makes the console the shell's terminal, for Ctrl-C.
setsid cttyhack sh
poweroff -f
