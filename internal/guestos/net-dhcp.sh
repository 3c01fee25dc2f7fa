#!/bin/sh
# What the DHCP client runs: the address, the way out and the name server.
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr flush dev "$interface"
ip addr add "$ip/$mask" dev "$interface"
for r in $router; do
	ip route add default via "$r" dev "$interface" && break
done
: > /etc/resolv.conf
[ -z "$domain" ] || echo "search $domain" >> /etc/resolv.conf
for s in $dns; do
	echo "nameserver $s" >> /etc/resolv.conf
done
[ -z "$hostname" ] || hostname "$hostname"
echo "net: $interface is $ip, $hostname"
