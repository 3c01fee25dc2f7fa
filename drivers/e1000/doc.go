// Package e1000 drives Intel's gigabit Ethernet adapters that are programmed
// like the 82540: those of emulators, PCI Express cards, and the ports that are
// part of Intel's chipsets. It uses what all of them share: one queue each way
// of legacy descriptors, one interrupt, no offloads, and every frame that comes
// by.
//
// The manual is Intel's PCI/PCI-X Family of Gigabit Ethernet Controllers
// Software Developer's Manual (SDM below); the 82574's datasheet and those of
// the 82579 and the I217 to I219 say what is different there. Package kernel is
// the caller. See docs/uplink.md.
package e1000
