#!/bin/sh
# The first program of the Linux that runs QEMU on KVM: Busybox's, with KVM's
# modules, a disk in memory and a bridge, and commands for the shell:
#
#	guest NAME [ARG...]   start one; its console is this one, and reads /tmp/NAME.in
#	join NAME             plug its network adapter into the bridge
#	exits                 print how many exits all guests have had
export PATH=/bin:/usr/bin HOME=/root
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t debugfs debugfs /sys/kernel/debug
for m in /modules/*; do
	args=
	case $m in *-brd.ko) args="rd_nr=1 rd_size=65536";; esac
	insmod $m $args || echo "insmod $m: failed"
done
ip link set lo up
ip link add br0 type bridge && ip link set br0 up

cat > /bin/guest <<'END'
name=$1; shift
mkfifo /tmp/$name.in /tmp/$name.out
cat /tmp/$name.out &
qemu-system-x86_64 -machine pc,accel=kvm -cpu host -smp 1 -m 128M -nodefaults -display none -no-reboot \
	-kernel /guest/vmlinuz -initrd /guest/initrd -chardev pipe,id=line,path=/tmp/$name -serial chardev:line "$@" < /dev/null &
END
cat > /bin/join <<'END'
ip link set $1 up 2>/dev/null && ip link set $1 master br0
END
cat > /bin/exits <<'END'
echo; echo "     $(cat /sys/kernel/debug/kvm/exits) exits, all guests"
END
chmod +x /bin/guest /bin/join /bin/exits
echo "host: ready"
setsid cttyhack sh
poweroff -f
