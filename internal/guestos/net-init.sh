#!/bin/sh
# The first program of the network guest: it loads the kernel's drivers for
# network adapters, asks for an address on each, and gives a shell.
export PATH=/bin HOME=/root
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
for m in /modules/$(uname -r)/*; do
	insmod "$m" || echo "init: $m does not load"
done
ip link set lo up
for d in /sys/class/net/eth*; do
	n=${d##*/}
	[ "$n" = "eth*" ] && continue
	ip link set "$n" up
	udhcpc -q -n -t 5 -T 2 -i "$n" -s /etc/dhcp.sh 2>&1 || echo "net: $n has no address"
done
echo "net: ready"
setsid cttyhack sh
poweroff -f
