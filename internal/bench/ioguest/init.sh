#!/bin/sh
# The first program of the guest that uses disks: Busybox's, with drivers.
export PATH=/bin HOME=/root
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for m in /modules/*; do insmod $m || echo "insmod $m: failed"; done
hostname disks
# A disk is there some time after its driver.
want=$(sed -n 's/.*disks=\([0-9]*\).*/\1/p' /proc/cmdline)
for i in $(seq 200); do
	[ $(ls /sys/block | grep -c '^[sv]d') -ge ${want:-0} ] && break
	usleep 50000
done
# What to do may be on the kernel's command line.
run=$(sed -n 's/.*run=\([^ ]*\).*/\1/p' /proc/cmdline)
if [ -n "$run" ]; then
	for r in ${run//;/ }; do /bin/iobench ${r//:/ }; done
	poweroff -f
fi
echo "busybox: ready"
setsid cttyhack sh
poweroff -f
